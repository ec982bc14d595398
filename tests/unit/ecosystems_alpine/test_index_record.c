/* SPDX-License-Identifier: Apache-2.0 */
/* Index records: letters and order as apk writes them, and lengths that clients accept. */
#include "fixture.h"

#include "ecosystems/alpine/index_record.h"

#include <string.h>

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

static struct alpine_package usual_package(void) {
    return (struct alpine_package){.info = {.name = "a",
                                            .version = "1-r0",
                                            .architecture = "x86_64",
                                            .description = "",
                                            .url = "",
                                            .license = "",
                                            .origin = "",
                                            .maintainer = "",
                                            .commit = "",
                                            .depends = "",
                                            .provides = "",
                                            .install_if = "",
                                            .installed_bytes = 7},
                                   .package_bytes = 499};
}

static void expect_record(struct fixture *fixture, const struct alpine_package *package, const char *expected) {
    struct strbuf out;
    strbuf_init(&out, &fixture->hooks, 1 << 20);
    assert_int_equal(alpine_index_record_render(package, &out, NULL), LREG_OK);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_free(&out);
}

static void test_ecosystems_alpine_index_record__empty_fields_are_left_out_where_apk_does(void **state) {
    struct alpine_package package = usual_package();
    expect_record(*state, &package, "C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:a\nV:1-r0\nS:499\nI:7\nT:\nU:\nL:\n");
}

static void test_ecosystems_alpine_index_record__all_fields_come_in_the_order_of_apk(void **state) {
    struct alpine_package package = usual_package();
    memset(package.identity, 0xff, sizeof package.identity);
    package.info.description = "text";
    package.info.url = "https://example.org";
    package.info.license = "MIT";
    package.info.origin = "o";
    package.info.maintainer = "m";
    package.info.commit = "c0ffee";
    package.info.build_unix_s = 17;
    package.info.provider_priority = 3;
    package.info.depends = "x y";
    package.info.provides = "z=1";
    package.info.install_if = "q";
    expect_record(
        *state, &package,
        "C:Q1//////////////////////////8=\nP:a\nV:1-r0\nS:499\nI:7\nT:text\nU:https://example.org\nL:MIT\no:o\nm:m\n"
        "t:17\nc:c0ffee\nk:3\nD:x y\np:z=1\ni:q\n");
}

static void test_ecosystems_alpine_index_record__files_are_counted_when_the_package_says_0(void **state) {
    struct alpine_package package = usual_package();
    package.info.installed_bytes = 0;
    expect_record(*state, &package, "C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:a\nV:1-r0\nS:499\nI:0\nT:\nU:\nL:\n");
    package.file_bytes = 12;
    expect_record(*state, &package, "C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:a\nV:1-r0\nS:499\nI:12\nT:\nU:\nL:\n");
}

/* The longest description that is accepted, in bytes. */
static size_t longest_description(struct fixture *fixture, const char *architecture) {
    static char text[3000];
    for (size_t length = 1; length < sizeof text; length++) {
        struct strbuf out;
        struct alpine_package package = usual_package();
        memset(text, 'd', length);
        text[length] = '\0';
        package.info.description = text;
        package.info.architecture = architecture;
        strbuf_init(&out, &fixture->hooks, 1 << 20);
        struct error err;
        lreg_status status = alpine_index_record_render(&package, &out, &err);
        strbuf_free(&out);
        if (status != LREG_OK) {
            assert_string_equal(err.code, "metadata_too_long");
            return length - 1;
        }
    }
    return 0;
}

static void test_ecosystems_alpine_index_record__the_texts_stay_below_2048_bytes_with_their_architecture(void **state) {
    size_t rest = strlen("C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:a\nV:1-r0\nS:499\nI:7\nT:\nU:\nL:\n");
    assert_int_equal(longest_description(*state, "x86_64"), 2047 - rest - strlen("A:x86_64\n"));
    assert_int_equal(longest_description(*state, "noarch"), 2047 - rest - strlen("A:\n") - 64);
}

static void test_ecosystems_alpine_index_record__a_whole_record_has_a_limit(void **state) {
    struct fixture *fixture = *state;
    static char list[60001];
    struct alpine_package package = usual_package();
    struct strbuf out;
    struct error err;
    memset(list, 'x', sizeof list - 1);
    package.info.depends = list;
    strbuf_init(&out, &fixture->hooks, 1 << 20);
    assert_int_equal(alpine_index_record_render(&package, &out, NULL), LREG_OK);
    strbuf_clear(&out);
    package.info.provides = list;
    assert_int_equal(alpine_index_record_render(&package, &out, &err), LREG_UNPROCESSABLE);
    assert_string_equal(err.code, "record_too_long");
    strbuf_free(&out);
}

static void test_ecosystems_alpine_index_record__a_stored_record_is_taken_apart_behind_its_version(void **state) {
    (void)state;
    struct alpine_index_record record;
    assert_int_equal(alpine_index_record_split("C:c\nP:p\nV:v\nS:1\n", &record, NULL), LREG_OK);
    assert_true(slice_equals(record.identity, "C:c\nP:p\nV:v\n"));
    assert_true(slice_equals(record.rest, "S:1\n"));
    assert_int_equal(alpine_index_record_length(&record, "x86"), strlen("C:c\nP:p\nV:v\nA:x86\nS:1\n\n"));
    assert_int_equal(alpine_index_record_split("C:c\nV:v\nP:p\n", &record, NULL), LREG_CORRUPT);
    assert_int_equal(alpine_index_record_split("C:c\nP:p\nV:v", &record, NULL), LREG_CORRUPT);
    assert_int_equal(alpine_index_record_split("", &record, NULL), LREG_CORRUPT);
}
