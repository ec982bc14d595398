/* SPDX-License-Identifier: Apache-2.0 */
/* Names of generic files: which are refused, and how {BASENAME}-{SEMVER}.{EXT} is split. */
#include "ecosystems/files/filename.h"

#include <string.h>

struct split_case {
    const char *filename;
    const char *name;
    const char *version; /* NULL: not of the form */
};

static void check_split(const struct split_case *cases, size_t count, bool lenient) {
    for (size_t i = 0; i < count; i++) {
        struct filename_parts parts;
        bool split = filename_split(cases[i].filename, lenient, &parts);
        if (split != (cases[i].version != NULL) || !slice_equals(parts.name, cases[i].name) ||
            !slice_equals(parts.version, cases[i].version == NULL ? "" : cases[i].version)) {
            fail_msg("%s: %d \"%.*s\" \"%.*s\"", cases[i].filename, split, (int)parts.name.length, parts.name.bytes,
                     (int)parts.version.length, parts.version.bytes);
        }
    }
}

static void test_ecosystems_files_filename__names_of_the_documented_form_are_split(void **state) {
    (void)state;
    static const struct split_case cases[] = {
        {"my-app-1.0.0.zip", "my-app", "1.0.0"},
        {"firmware-2.3.1-beta.1.bin", "firmware", "2.3.1-beta.1"},
        {"my-custom-app-1.0.0.ipa", "my-custom-app", "1.0.0"},
        {"app-1.0.0+build.123.zip", "app", "1.0.0+build.123"},
        {"app-1.0.0-rc.1+build.5.tar.gz", "app", "1.0.0-rc.1+build.5"},
        {"app-1.0.0.tar.gz", "app", "1.0.0"},
        {"app-10.20.30.tar.xz", "app", "10.20.30"},
        {"app-2-1.0.0.zip", "app-2", "1.0.0"},
        {"a-0.0.0.b", "a", "0.0.0"},
        {"app-1.0.0-alpha.zip", "app", "1.0.0-alpha"},
        {"app-1.0.0-alpha-x.zip", "app", "1.0.0-alpha-x"},
        {"app-1.0.0-1.2.3.zip", "app", "1.0.0-1.2.3"},
    };
    check_split(cases, sizeof cases / sizeof cases[0], false);
}

static void test_ecosystems_files_filename__other_names_stay_whole(void **state) {
    (void)state;
    static const struct split_case cases[] = {
        {"app.zip", "app.zip", NULL},
        {"app-1.0.zip", "app-1.0.zip", NULL},
        {"app-1.0.0", "app-1.0.0", NULL},
        {"app-01.0.0.zip", "app-01.0.0.zip", NULL},
        {"app-1.0.0-.zip", "app-1.0.0-.zip", NULL},
        {"app-1.0.0-01.zip", "app-1.0.0-01.zip", NULL},
        {"app-1.0.0+.zip", "app-1.0.0+.zip", NULL},
        {"app-1.0.0_x.zip", "app-1.0.0_x.zip", NULL},
        {"-1.0.0.zip", "-1.0.0.zip", NULL},
        {"app-v1.0.0.zip", "app-v1.0.0.zip", NULL},
        {"app-1.0.0.", "app-1.0.0.", NULL},
        {"app-1.0.0..zip", "app-1.0.0..zip", NULL},
        {"my_app-1.0.0.zip", "my_app-1.0.0.zip", NULL},
        {"my.app-1.0.0.zip", "my.app-1.0.0.zip", NULL},
        {"app-1.0.0.z p", "app-1.0.0.z p", NULL},
        {"", "", NULL},
    };
    check_split(cases, sizeof cases / sizeof cases[0], false);
}

static void test_ecosystems_files_filename__lenient_takes_dots_and_underscores_in_the_base_name(void **state) {
    (void)state;
    static const struct split_case cases[] = {
        {"my_app-1.0.0.zip", "my_app", "1.0.0"},
        {"my.app-1.0.0.zip", "my.app", "1.0.0"},
        {"my app-1.0.0.zip", "my app-1.0.0.zip", NULL},
    };
    check_split(cases, sizeof cases / sizeof cases[0], true);
}

static void test_ecosystems_files_filename__paths_and_control_characters_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",     ".",     "..",      "a/b",      "/",     "a\\b",
                                      "a\nb", "a\x7f", "\x1b[0m", "\xff.bin", "\xc3(", "\xc2\x9bm"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct error err = {0};
        assert_int_equal(filename_check(bad[i], &err), LREG_UNPROCESSABLE);
        assert_string_equal(err.code, "bad_filename");
    }
    assert_int_equal(filename_check("...", NULL), LREG_OK);
    assert_int_equal(filename_check("na\xc3\xafve r\xc3\xa9sum\xc3\xa9.pdf", NULL), LREG_OK);
}

static void test_ecosystems_files_filename__length_is_bounded_in_bytes(void **state) {
    (void)state;
    char name[FILENAME_MAX_BYTES + 2];
    memset(name, 'a', sizeof name);
    name[FILENAME_MAX_BYTES + 1] = '\0';
    assert_int_equal(filename_check(name, NULL), LREG_UNPROCESSABLE);
    name[FILENAME_MAX_BYTES] = '\0';
    assert_int_equal(filename_check(name, NULL), LREG_OK);
}

static void test_ecosystems_files_filename__paths_of_any_system_are_cut_to_their_last_component(void **state) {
    (void)state;
    assert_string_equal(filename_last_component("C:\\x\\app.zip"), "app.zip");
    assert_string_equal(filename_last_component("/tmp/app.zip"), "app.zip");
    assert_string_equal(filename_last_component("app.zip"), "app.zip");
    assert_string_equal(filename_last_component("tmp/"), "");
}

static void test_ecosystems_files_filename__endings_give_media_types(void **state) {
    (void)state;
    assert_string_equal(filename_media_type("a.ZIP"), "application/zip");
    assert_string_equal(filename_media_type("a.tar.gz"), "application/gzip");
    assert_string_equal(filename_media_type("a.html"), "application/octet-stream");
    assert_string_equal(filename_media_type(".zip"), "application/octet-stream");
}
