/* SPDX-License-Identifier: Apache-2.0 */
/* Whole packages: their structure, their digests, and that the cuts of an upload do not matter. */
#include "fixture.h"

#include "base/text.h"

#include <string.h>

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

static void expect_code(struct fixture *fixture, const struct apk_bytes *package, const char *code) {
    for (size_t step = 0; step < 4; step++) {
        struct alpine_package_reader *reader = NULL;
        struct error err = {.code = "", .message = ""};
        lreg_status status = fixture_judge(&fixture->hooks, package, step, &reader, &err);
        if (status != (code != NULL ? LREG_UNPROCESSABLE : LREG_OK) ||
            strcmp(err.code, code != NULL ? code : "") != 0) {
            fail_msg("%d \"%s\" \"%s\"", status, err.code, err.message);
        }
        alpine_package_reader_free(reader);
    }
}

/* A package of hand-made members: the control data is a segment of `entries`. */
static void make_package(struct apk_bytes *out, const struct apk_bytes *lead, const struct apk_bytes *control,
                         const struct apk_bytes *data) {
    if (lead != NULL) {
        apk_gzip(out, lead);
    }
    apk_gzip(out, control);
    if (data != NULL) {
        apk_gzip(out, data);
    }
}

static void add_info(struct apk_bytes *control, const char *name, const struct apk_bytes *data) {
    char text[400];
    struct apk_bytes packed = {0};
    uint8_t digest[32];
    int length = snprintf(text, sizeof text, "pkgname = a\npkgver = 1\narch = x86_64\nsize = 1\ndatahash = ");
    apk_gzip(&packed, data);
    apk_sha256(packed.bytes, packed.length, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        length += snprintf(text + length, sizeof text - (size_t)length, "%02x", digest[i]);
    }
    apk_tar_entry(control, name, '0', text, (size_t)length);
    apk_free(&packed);
}

static void test_ecosystems_alpine_package_reader__every_cut_gives_the_same_package(void **state) {
    struct fixture *fixture = *state;
    struct apk_bytes package = {0};
    struct alpine_package_reader *reader = NULL;
    uint8_t identity[DIGEST_SHA1_BYTES];
    apk_build(&package, &(struct apk_recipe){.more = "depend = x\n"});
    assert_int_equal(fixture_judge(&fixture->hooks, &package, 0, &reader, NULL), LREG_OK);
    memcpy(identity, alpine_package_reader_result(reader)->identity, sizeof identity);
    alpine_package_reader_free(reader);
    for (size_t cut = 1; cut < package.length; cut++) {
        assert_int_equal(alpine_package_reader_new(&fixture->hooks, &fixture_ample, &reader, NULL), LREG_OK);
        assert_int_equal(fixture_write(reader, package.bytes, cut, NULL), LREG_OK);
        assert_int_equal(fixture_write(reader, package.bytes + cut, package.length - cut, NULL), LREG_OK);
        assert_int_equal(alpine_package_reader_finish(reader, NULL), LREG_OK);
        const struct alpine_package *result = alpine_package_reader_result(reader);
        assert_memory_equal(result->identity, identity, sizeof identity);
        assert_int_equal(result->package_bytes, package.length);
        assert_int_equal(result->entries, 2);
        assert_int_equal(result->file_bytes, 6);
        assert_string_equal(result->info.name, "hello");
        assert_string_equal(result->info.depends, "x");
        alpine_package_reader_free(reader);
    }
    apk_free(&package);
}

static void test_ecosystems_alpine_package_reader__the_identity_is_of_the_control_member_alone(void **state) {
    struct fixture *fixture = *state;
    struct apk_bytes signature = {0}, control = {0}, data = {0}, package = {0}, member = {0};
    struct alpine_package_reader *reader = NULL;
    struct digest_set expected;
    apk_tar_end(&data);
    apk_tar_entry(&signature, ".SIGN.RSA.key.rsa.pub", '0', "not a signature", 15);
    add_info(&control, ".PKGINFO", &data);
    make_package(&package, &signature, &control, &data);
    apk_gzip(&member, &control);
    digest_of(DIGEST_SHA1, member.bytes, member.length, &expected);
    assert_int_equal(fixture_judge(&fixture->hooks, &package, 7, &reader, NULL), LREG_OK);
    const struct alpine_package *result = alpine_package_reader_result(reader);
    assert_memory_equal(result->identity, expected.sha1, sizeof expected.sha1);
    assert_int_equal(result->signature_segments, 1);
    assert_int_equal(result->entries, 0);
    alpine_package_reader_free(reader);
    apk_free(&signature);
    apk_free(&control);
    apk_free(&data);
    apk_free(&package);
    apk_free(&member);
}

static void test_ecosystems_alpine_package_reader__control_data_is_known_before_the_data_is(void **state) {
    struct fixture *fixture = *state;
    struct apk_bytes package = {0};
    struct alpine_package_reader *reader = NULL;
    apk_build(&package, &(struct apk_recipe){.version = "7-r7"});
    assert_int_equal(alpine_package_reader_new(&fixture->hooks, &fixture_ample, &reader, NULL), LREG_OK);
    size_t known_at = 0;
    for (size_t at = 0; at < package.length && known_at == 0; at++) {
        assert_null(alpine_package_reader_info(reader));
        assert_int_equal(fixture_write(reader, package.bytes + at, 1, NULL), LREG_OK);
        known_at = alpine_package_reader_info(reader) != NULL ? at : 0;
    }
    assert_in_range(known_at, 1, package.length / 2);
    assert_string_equal(alpine_package_reader_info(reader)->version, "7-r7");
    alpine_package_reader_free(reader);
    apk_free(&package);
}

static void test_ecosystems_alpine_package_reader__a_package_that_is_cut_off_anywhere_is_refused(void **state) {
    struct fixture *fixture = *state;
    struct apk_bytes package = {0};
    apk_build(&package, &(struct apk_recipe){0});
    for (size_t length = 0; length < package.length; length++) {
        struct apk_bytes part = {package.bytes, length, length};
        struct alpine_package_reader *reader = NULL;
        assert_int_equal(fixture_judge(&fixture->hooks, &part, 0, &reader, NULL), LREG_UNPROCESSABLE);
        alpine_package_reader_free(reader);
    }
    apk_free(&package);
}

static void test_ecosystems_alpine_package_reader__other_formats_are_told_apart(void **state) {
    static const char *const other[] = {"", "P", "PK\3\4zip", "!<arch>\ndebian-binary", "\x1f\x8b"};
    static const char *const codes[] = {"not_an_apk", "not_an_apk", "not_an_apk", "not_an_apk", "truncated"};
    static const char *const v3[] = {"ADB.pckg", "ADBdxxxx", "ADBc\2\3xx"};
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        struct apk_bytes package = {0};
        apk_append(&package, other[i], strlen(other[i]));
        expect_code(*state, &package, codes[i]);
        apk_free(&package);
    }
    for (size_t i = 0; i < sizeof v3 / sizeof v3[0]; i++) {
        struct apk_bytes package = {0};
        apk_append(&package, v3[i], strlen(v3[i]));
        expect_code(*state, &package, "apk_v3");
        apk_free(&package);
    }
}

static void test_ecosystems_alpine_package_reader__changed_data_is_refused(void **state) {
    struct apk_bytes control = {0}, data = {0}, other = {0}, package = {0};
    apk_tar_end(&data);
    apk_tar_entry(&other, "usr/evil", '0', "x", 1);
    apk_tar_end(&other);
    add_info(&control, ".PKGINFO", &data);
    make_package(&package, NULL, &control, &other);
    expect_code(*state, &package, "datahash_mismatch");
    apk_free(&package);
    make_package(&package, NULL, &control, &data);
    expect_code(*state, &package, NULL);
    apk_gzip(&package, &data);
    expect_code(*state, &package, "bad_structure");
    apk_free(&package);
    make_package(&package, NULL, &control, NULL);
    expect_code(*state, &package, "bad_structure");
    apk_free(&package);
    apk_free(&control);
    apk_free(&data);
    apk_free(&other);
}

/* The effect of one odd entry before or after .PKGINFO. */
static void check_entry(struct fixture *fixture, const char *name, bool is_first, const char *code) {
    struct apk_bytes control = {0}, data = {0}, package = {0};
    apk_tar_end(&data);
    if (is_first) {
        apk_tar_entry(&control, name, '0', "odd", 3);
    }
    add_info(&control, ".PKGINFO", &data);
    if (!is_first) {
        apk_tar_entry(&control, name, '0', "odd", 3);
    }
    make_package(&package, NULL, &control, &data);
    expect_code(fixture, &package, code);
    apk_free(&control);
    apk_free(&data);
    apk_free(&package);
}

static void test_ecosystems_alpine_package_reader__control_data_may_hold_more_than_the_info(void **state) {
    check_entry(*state, ".post-install", false, NULL);
    check_entry(*state, ".melange.yaml", true, NULL);
}

static void test_ecosystems_alpine_package_reader__control_data_of_two_minds_is_refused(void **state) {
    check_entry(*state, ".PKGINFO", false, "bad_control");
    check_entry(*state, "usr/hello", false, "bad_control");
    check_entry(*state, "./.PKGINFO", false, "bad_control");
    check_entry(*state, ".INSTALL", true, "bad_control");
    check_entry(*state, ".SIGN.RSA.x.rsa.pub", true, "bad_control");
    check_entry(*state, ".SIGN.RSA.x.rsa.pub", false, "bad_control");
}

static void test_ecosystems_alpine_package_reader__names_are_literal(void **state) {
    struct apk_bytes package = {0};
    apk_build(&package, &(struct apk_recipe){.control_name = "./.PKGINFO"});
    expect_code(*state, &package, "bad_control");
    apk_free(&package);
    apk_build(&package, &(struct apk_recipe){.control_name = ".pkginfo"});
    expect_code(*state, &package, "no_pkginfo");
    apk_free(&package);
}

static void test_ecosystems_alpine_package_reader__an_extended_header_may_name_the_info(void **state) {
    struct apk_bytes control = {0}, data = {0}, package = {0};
    apk_tar_end(&data);
    apk_tar_entry(&control, "PaxHeaders/0", 'x', "17 path=.PKGINFO\n", 17);
    add_info(&control, "renamed", &data);
    make_package(&package, NULL, &control, &data);
    expect_code(*state, &package, NULL);
    apk_free(&control);
    apk_free(&data);
    apk_free(&package);
}

static void test_ecosystems_alpine_package_reader__signatures_alone_and_without_end_are_refused(void **state) {
    struct apk_bytes signature = {0}, package = {0};
    apk_tar_entry(&signature, ".SIGN.RSA.x.rsa.pub", '0', "x", 1);
    apk_gzip(&package, &signature);
    expect_code(*state, &package, "bad_structure");
    for (int i = 0; i < ALPINE_SIGNATURE_SEGMENTS_MAX; i++) {
        apk_gzip(&package, &signature);
    }
    expect_code(*state, &package, "bad_structure");
    apk_free(&signature);
    apk_free(&package);
}

static void test_ecosystems_alpine_package_reader__control_data_that_expands_is_given_up_early(void **state) {
    struct fixture *fixture = *state;
    struct apk_bytes control = {0}, data = {0}, package = {0};
    size_t length = ALPINE_CONTROL_MAX;
    char *zeros = calloc(1, length);
    assert_non_null(zeros);
    apk_tar_end(&data);
    add_info(&control, ".PKGINFO", &data);
    apk_tar_entry(&control, ".post-install", '0', zeros, length);
    make_package(&package, NULL, &control, &data);
    expect_code(fixture, &package, "control_too_large");
    assert_in_range(failing_allocator_peak_bytes(&fixture->memory), 0, 3 * ALPINE_CONTROL_MAX);
    free(zeros);
    apk_free(&control);
    apk_free(&data);
    apk_free(&package);
}

static void test_ecosystems_alpine_package_reader__a_lower_limit_holds(void **state) {
    struct fixture *fixture = *state;
    struct apk_bytes package = {0};
    struct alpine_package_reader *reader = NULL;
    struct error err;
    struct alpine_package_limits narrow = fixture_ample;
    narrow.max_control_bytes = 600;
    apk_build(&package, &(struct apk_recipe){0});
    assert_int_equal(alpine_package_reader_new(&fixture->hooks, &narrow, &reader, NULL), LREG_OK);
    assert_int_equal(fixture_write(reader, package.bytes, package.length, &err), LREG_UNPROCESSABLE);
    assert_string_equal(err.code, "control_too_large");
    alpine_package_reader_free(reader);
    apk_free(&package);
}

static void test_ecosystems_alpine_package_reader__memory_that_is_out_is_told(void **state) {
    struct fixture *fixture = *state;
    struct apk_bytes package = {0};
    apk_build(&package, &(struct apk_recipe){0});
    for (size_t n = 1;; n++) {
        struct alpine_package_reader *reader = NULL;
        failing_allocator_fail_at(&fixture->memory, n, false);
        lreg_status status = fixture_judge(&fixture->hooks, &package, 1000, &reader, NULL);
        bool failed = failing_allocator_failed(&fixture->memory);
        assert_int_equal(status, failed ? LREG_NO_MEMORY : LREG_OK);
        alpine_package_reader_free(reader);
        if (!failed) {
            break;
        }
    }
    apk_free(&package);
}

/* --- Bounds of the work --- */

/* A package with one file of zeros, which compresses 158 to 1. */
static void make_zeros(struct apk_bytes *out, size_t length) {
    void *zeros = calloc(1, length);
    assert_non_null(zeros);
    apk_build(out, &(struct apk_recipe){.content = zeros, .content_length = length, .packs_runs = 1});
    free(zeros);
}

static void expect_over(struct fixture *fixture, const struct apk_bytes *package,
                        const struct alpine_package_limits *limits, const char *code, const char *limit) {
    struct alpine_package_reader *reader = NULL;
    struct error err = {.code = ""};
    assert_int_equal(alpine_package_reader_new(&fixture->hooks, limits, &reader, NULL), LREG_OK);
    assert_int_equal(fixture_write(reader, package->bytes, package->length, &err), LREG_UNPROCESSABLE);
    assert_string_equal(err.code, code);
    assert_non_null(strstr(err.message, limit)); /* so that people know which one to change */
    alpine_package_reader_free(reader);
}

static void test_ecosystems_alpine_package_reader__what_it_unpacks_to_is_bounded(void **state) {
    struct alpine_package_limits limits = fixture_ample;
    struct apk_bytes package = {0};
    make_zeros(&package, 100000);
    expect_code(*state, &package, NULL);
    limits.max_unpacked_bytes = 100000; /* headers and control data count too */
    expect_over(*state, &package, &limits, "unpacked_too_large", "limit package-unpacked-bytes");
    apk_free(&package);
}

static void test_ecosystems_alpine_package_reader__a_bomb_is_told_by_its_ratio(void **state) {
    struct alpine_package_limits limits = fixture_ample;
    struct apk_bytes package = {0};
    limits.max_unpacked_ratio = 100;
    make_zeros(&package, (size_t)ALPINE_UNPACKED_FREE + 100000);
    expect_over(*state, &package, &limits, "unpacked_ratio", "limit unpacked-ratio");
    apk_free(&package);
}

static void test_ecosystems_alpine_package_reader__entries_are_bounded(void **state) {
    struct alpine_package_limits limits = fixture_ample;
    struct apk_bytes package = {0};
    apk_build(&package, &(struct apk_recipe){0}); /* a folder and a file */
    limits.max_entries = 1;
    expect_over(*state, &package, &limits, "too_many_entries", "limit archive-entries");
    apk_free(&package);
}

static void test_ecosystems_alpine_package_reader__the_work_comes_in_turns(void **state) {
    struct fixture *fixture = *state;
    struct apk_bytes package = {0};
    struct alpine_package_reader *reader = NULL;
    size_t unpacked = (size_t)(5 * TURN_UNITS);
    size_t turns = 0;
    make_zeros(&package, unpacked);
    assert_int_equal(alpine_package_reader_new(&fixture->hooks, &fixture_ample, &reader, NULL), LREG_OK);
    for (size_t at = 0, taken = 0; at < package.length; at += taken) {
        struct turn turn;
        turn_begin(&turn);
        assert_int_equal(
            alpine_package_reader_take(reader, package.bytes + at, package.length - at, &turn, &taken, NULL), LREG_OK);
        assert_true(taken < package.length / 4); /* none does more than its share */
        turns++;
    }
    assert_in_range(turns, 5, 7);
    assert_int_equal(alpine_package_reader_finish(reader, NULL), LREG_OK);
    assert_int_equal(alpine_package_reader_result(reader)->package_bytes, package.length);
    alpine_package_reader_free(reader);
    apk_free(&package);
}
