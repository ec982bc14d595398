/* SPDX-License-Identifier: Apache-2.0 */
/* Tar segments: those that apk can read are accepted, however they are cut; those that only other readers can read are
 * not. */
#include "fixture.h"

#include "ecosystems/alpine/tar_walk.h"

#include <string.h>

static lreg_status walk(const struct apk_bytes *segment, enum alpine_tar_role role, size_t step,
                        struct alpine_tar_walk *out, struct error *err) {
    lreg_status status = LREG_OK;
    alpine_tar_walk_init(out, role);
    for (size_t at = 0; status == LREG_OK && at < segment->length; at += step) {
        size_t piece = step < segment->length - at ? step : segment->length - at;
        status = alpine_tar_walk_write(out, segment->bytes + at, piece, err);
    }
    return status == LREG_OK ? alpine_tar_walk_finish(out, err) : status;
}

static void expect_code(const struct apk_bytes *segment, enum alpine_tar_role role, const char *code) {
    static const size_t steps[] = {1, 511, 512, 513, 100000};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct alpine_tar_walk out;
        struct error err = {.code = ""};
        lreg_status status = walk(segment, role, steps[i], &out, &err);
        assert_int_equal(status, code != NULL ? LREG_UNPROCESSABLE : LREG_OK);
        assert_string_equal(err.code, code != NULL ? code : "");
    }
}

static void test_ecosystems_alpine_tar_walk__entries_and_bytes_are_counted_at_every_cut(void **state) {
    (void)state;
    struct apk_bytes data = {0};
    apk_tar_entry(&data, "usr/", '5', "", 0);
    apk_tar_entry(&data, "PaxHeaders/0", 'x', "19 path=usr/hello\n\n", 19);
    apk_tar_entry(&data, "usr/hello", '0', "hello", 5);
    apk_tar_entry(&data, "usr/link", '2', "", 0);
    apk_tar_end(&data);
    for (size_t step = 1; step <= data.length; step += step < 600 ? 1 : 512) {
        struct alpine_tar_walk out;
        assert_int_equal(walk(&data, ALPINE_TAR_DATA, step, &out, NULL), LREG_OK);
        assert_int_equal(out.entries, 3);
        assert_int_equal(out.file_bytes, 5);
    }
    apk_free(&data);
}

static void test_ecosystems_alpine_tar_walk__control_data_has_no_end_mark(void **state) {
    (void)state;
    struct apk_bytes control = {0};
    apk_tar_entry(&control, ".PKGINFO", '0', "pkgname = a\n", 12);
    expect_code(&control, ALPINE_TAR_CONTROL, NULL);
    expect_code(&control, ALPINE_TAR_DATA, NULL);
    apk_tar_end(&control);
    expect_code(&control, ALPINE_TAR_CONTROL, "bad_tar");
    expect_code(&control, ALPINE_TAR_DATA, NULL);
    apk_free(&control);
}

static void test_ecosystems_alpine_tar_walk__control_data_is_regular_files_only(void **state) {
    (void)state;
    static const char types[] = {'\0', '1', '2', '5', 'S', 'V'};
    for (size_t i = 0; i < sizeof types; i++) {
        struct apk_bytes control = {0};
        apk_tar_entry(&control, ".PKGINFO", types[i], "", 0);
        expect_code(&control, ALPINE_TAR_CONTROL, "bad_tar");
        expect_code(&control, ALPINE_TAR_DATA, NULL);
        apk_free(&control);
    }
}

static void test_ecosystems_alpine_tar_walk__headers_that_apk_cannot_read_are_refused(void **state) {
    (void)state;
    static const struct {
        size_t offset;
        char byte;
    } changes[] = {{257, 'U'}, {124, '\x80'}, {124, '8'}, {124, ' '},
                   {124, '-'}, {108, '\xff'}, {136, 'x'}, {335, '9'}};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct apk_bytes data = {0};
        apk_tar_entry(&data, "first", '0', "", 0);
        apk_tar_entry(&data, "second", '0', "", 0);
        data.bytes[512 + changes[i].offset] = (uint8_t)changes[i].byte;
        expect_code(&data, ALPINE_TAR_DATA, "bad_tar");
        apk_free(&data);
    }
}

static void test_ecosystems_alpine_tar_walk__what_ends_too_early_or_goes_on_too_long_is_refused(void **state) {
    (void)state;
    struct apk_bytes data = {0};
    apk_tar_entry(&data, "a", '0', "hello", 5);
    for (size_t length = 1; length < data.length; length++) {
        struct apk_bytes part = {data.bytes, length, length};
        struct alpine_tar_walk out;
        lreg_status status = walk(&part, ALPINE_TAR_DATA, length, &out, NULL);
        assert_int_equal(status, LREG_UNPROCESSABLE);
    }
    apk_tar_end(&data);
    apk_tar_end(&data); /* padding to full records is usual */
    expect_code(&data, ALPINE_TAR_DATA, NULL);
    apk_tar_entry(&data, "b", '0', "", 0);
    expect_code(&data, ALPINE_TAR_DATA, "bad_tar");
    apk_free(&data);
}

static void test_ecosystems_alpine_tar_walk__an_ordinary_archive_is_no_package(void **state) {
    (void)state;
    struct apk_bytes archive = {0};
    expect_code(&archive, ALPINE_TAR_CONTROL, "not_an_apk");
    apk_tar_entry(&archive, "hello.txt", '0', "hello", 5);
    expect_code(&archive, ALPINE_TAR_CONTROL, "not_an_apk");
    apk_free(&archive);
    char text[600] = "only text";
    apk_append(&archive, text, sizeof text);
    expect_code(&archive, ALPINE_TAR_CONTROL, "not_an_apk");
    apk_free(&archive);
}
