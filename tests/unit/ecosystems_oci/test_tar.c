/* SPDX-License-Identifier: Apache-2.0 */
/* Tar archives as they arrive: files are reported in pieces of any size, and damage is detected. */
#include "ecosystems/oci/tar.h"

#include "support/tar_builder.h"

/* The events as text: "name(size)=content;". */
struct seen {
    char text[4096];
    size_t length;
    lreg_status refuse; /* returned by begin */
};

static void note(struct seen *seen, const char *bytes, size_t length) {
    assert_true(seen->length + length < sizeof seen->text);
    memcpy(seen->text + seen->length, bytes, length);
    seen->length += length;
    seen->text[seen->length] = '\0';
}

static lreg_status begin(void *user, const char *name, uint64_t size, struct error *err) {
    struct seen *seen = user;
    char text[300];
    int length = snprintf(text, sizeof text, "%s(%llu)=", name, (unsigned long long)size);
    note(seen, text, (size_t)length);
    return seen->refuse != LREG_OK ? error_set(err, seen->refuse, "", "refused") : LREG_OK;
}

static lreg_status data(void *user, const void *bytes, size_t length, struct error *err) {
    (void)err;
    note(user, bytes, length);
    return LREG_OK;
}

static lreg_status end(void *user, struct error *err) {
    (void)err;
    note(user, ";", 1);
    return LREG_OK;
}

static lreg_status read_pieces(const struct tar_builder *archive, size_t piece, struct seen *seen, struct error *err) {
    const struct oci_tar_events events = {.begin = begin, .data = data, .end = end, .user = seen};
    struct oci_tar tar;
    oci_tar_init(&tar, &events, 10);
    for (size_t at = 0; at < archive->length; at += piece) {
        size_t count = archive->length - at < piece ? archive->length - at : piece;
        lreg_status status = oci_tar_write(&tar, archive->bytes + at, count, err);
        if (status != LREG_OK) {
            return status;
        }
    }
    return oci_tar_finish(&tar, err);
}

/* In pieces of all sizes, with the same result. */
static void expect_seen(struct tar_builder *archive, const char *text) {
    static const size_t pieces[] = {1, 7, 511, 512, 513, 100000};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct seen seen = {.length = 0};
        struct error err;
        assert_int_equal(read_pieces(archive, pieces[i], &seen, &err), LREG_OK);
        assert_string_equal(seen.text, text);
    }
    free(archive->bytes);
}

static void expect_bad(struct tar_builder *archive, const char *message) {
    static const size_t pieces[] = {1, 512, 100000};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct seen seen = {.length = 0};
        struct error err = {0};
        assert_int_equal(read_pieces(archive, pieces[i], &seen, &err), LREG_UNPROCESSABLE);
        assert_string_equal(err.code, "bad_archive");
        assert_non_null(strstr(err.message, message));
    }
    free(archive->bytes);
}

static void test_ecosystems_oci_tar__files_are_told_in_order(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    tar_builder_file(&archive, "a", "first");
    tar_builder_file(&archive, "./b/c", "second");
    tar_builder_file(&archive, "empty", "");
    tar_builder_end(&archive);
    expect_seen(&archive, "a(5)=first;b/c(6)=second;empty(0)=;");
}

static void test_ecosystems_oci_tar__what_is_no_file_is_passed_over(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    (void)tar_builder_add(&archive, '5', "folder/", "", 0);
    (void)tar_builder_add(&archive, 'x', "PaxHeaders/a", "20 path=something\n", 18);
    (void)tar_builder_add(&archive, 'L', "././@LongLink", "long", 4);
    size_t link = tar_builder_add(&archive, '2', "link", "", 0);
    memcpy(archive.bytes + link + 124, "00000001000", 11); /* a size that has no meaning */
    tar_builder_sum(archive.bytes + link);
    tar_builder_file(&archive, "a", "x");
    tar_builder_end(&archive);
    expect_seen(&archive, "a(1)=x;");
}

static void test_ecosystems_oci_tar__names_have_a_prefix(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    size_t at = tar_builder_add(&archive, '0', "name", "x", 1);
    memcpy(archive.bytes + at + 345, "some/folder", 11);
    tar_builder_sum(archive.bytes + at);
    tar_builder_end(&archive);
    expect_seen(&archive, "some/folder/name(1)=x;");
}

static void test_ecosystems_oci_tar__the_longest_name_fits(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    char wanted[300];
    size_t at = tar_builder_add(&archive, '7', "", "x", 1);
    memset(archive.bytes + at, 'n', 100);
    memset(archive.bytes + at + 345, 'p', 155);
    tar_builder_sum(archive.bytes + at);
    memset(wanted, 'p', 155);
    wanted[155] = '/';
    memset(wanted + 156, 'n', 100);
    memcpy(wanted + 256, "(1)=x;", 7);
    expect_seen(&archive, wanted);
}

static void test_ecosystems_oci_tar__large_sizes_are_numbers_of_base_256(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    size_t at = tar_builder_add(&archive, '0', "a", "abc", 3);
    memset(archive.bytes + at + 124, 0, 12);
    archive.bytes[at + 124] = (char)0x80;
    archive.bytes[at + 135] = 3;
    tar_builder_sum(archive.bytes + at);
    expect_seen(&archive, "a(3)=abc;");
}

static void test_ecosystems_oci_tar__damage_is_found(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    size_t at = tar_builder_add(&archive, '0', "a", "abc", 3);
    archive.bytes[at + 5] ^= 1;
    expect_bad(&archive, "a header is damaged");

    archive = (struct tar_builder){NULL, 0};
    at = tar_builder_add(&archive, '0', "a", "abc", 3);
    memset(archive.bytes + at + 124, 'z', 11);
    tar_builder_sum(archive.bytes + at);
    expect_bad(&archive, "a header is damaged");

    archive = (struct tar_builder){NULL, 0};
    at = tar_builder_add(&archive, '0', "a", "abc", 3);
    memset(archive.bytes + at + 124, 0xff, 12);
    tar_builder_sum(archive.bytes + at);
    expect_bad(&archive, "a header is damaged");
}

static void test_ecosystems_oci_tar__a_torn_archive_is_found(void **state) {
    (void)state;
    static const size_t cuts[] = {1, 511, 513, 520, 1000, 1023};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct tar_builder archive = {NULL, 0};
        tar_builder_file(&archive, "a", "0123456789");
        archive.length = cuts[i];
        expect_bad(&archive, cuts[i] < 512 ? "no entries" : "ends within an entry");
    }
    struct tar_builder empty = {NULL, 0};
    tar_builder_end(&empty);
    expect_bad(&empty, "no entries");
}

static void test_ecosystems_oci_tar__entries_are_counted(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    for (size_t i = 0; i < 11; i++) {
        (void)tar_builder_add(&archive, '5', "folder/", "", 0);
    }
    expect_bad(&archive, "more than 10 entries");
}

static void test_ecosystems_oci_tar__a_refusal_ends_the_reading(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    struct seen seen = {.refuse = LREG_TOO_LARGE};
    struct error err;
    tar_builder_file(&archive, "a", "abc");
    tar_builder_file(&archive, "b", "abc");
    assert_int_equal(read_pieces(&archive, 100000, &seen, &err), LREG_TOO_LARGE);
    assert_string_equal(seen.text, "a(3)=");
    free(archive.bytes);
}

static void test_ecosystems_oci_tar__what_follows_the_end_does_not_matter(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    tar_builder_file(&archive, "a", "abc");
    tar_builder_end(&archive);
    memset(tar_builder_extend(&archive, 700), 'x', 700);
    expect_seen(&archive, "a(3)=abc;");
}
