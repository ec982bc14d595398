/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over tar archives: what every caller gets refused, and what each option changes. */
#include "formats/tar.h"

#include "support/tar_builder.h"

/* The events as text: "type:name(size)=content;". */
struct seen {
    char text[4096];
    size_t length;
    enum tar_fault fault;
};

static void note(struct seen *seen, const char *bytes, size_t length) {
    assert_true(seen->length + length < sizeof seen->text);
    memcpy(seen->text + seen->length, bytes, length);
    seen->length += length;
    seen->text[seen->length] = '\0';
}

static lreg_status entry(void *user, const struct tar_entry *entry, bool *out_is_wanted, struct error *err) {
    char name[TAR_NAME_MAX + 1];
    char text[400];
    (void)err;
    assert_false(*out_is_wanted);
    tar_name(entry->header, name);
    char type = entry->type != 0 ? (char)entry->type : '-';
    int length = snprintf(text, sizeof text, "%c:%s(%llu)=", type, name, (unsigned long long)entry->size);
    note(user, text, (size_t)length);
    *out_is_wanted = true;
    return LREG_OK;
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

static lreg_status refuse(void *user, enum tar_fault fault, struct error *err) {
    struct seen *seen = user;
    seen->fault = fault;
    return error_set(err, LREG_UNPROCESSABLE, "", "refused");
}

static lreg_status read_pieces(const struct tar_builder *archive, unsigned options, size_t piece, struct seen *seen) {
    const struct tar_events events = {.entry = entry, .data = data, .end = end, .refuse = refuse, .user = seen};
    struct tar tar;
    lreg_status status = LREG_OK;
    tar_init(&tar, &events, options);
    for (size_t at = 0; status == LREG_OK && at < archive->length; at += piece) {
        size_t count = archive->length - at < piece ? archive->length - at : piece;
        size_t taken = 0;
        status = tar_take(&tar, archive->bytes + at, count, NULL, &taken, NULL);
        assert_true(status != LREG_OK || taken == count);
    }
    return status == LREG_OK ? tar_finish(&tar, NULL) : status;
}

static const size_t pieces[] = {1, 7, 511, 512, 513, 100000};

/* In pieces of all sizes, with the same result. */
static void expect_seen(const struct tar_builder *archive, unsigned options, const char *text) {
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct seen seen = {.length = 0};
        assert_int_equal(read_pieces(archive, options, pieces[i], &seen), LREG_OK);
        assert_string_equal(seen.text, text);
    }
}

static void expect_refused(const struct tar_builder *archive, unsigned options, enum tar_fault fault) {
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct seen seen = {.length = 0};
        assert_int_equal(read_pieces(archive, options, pieces[i], &seen), LREG_UNPROCESSABLE);
        assert_int_equal(seen.fault, fault);
    }
}

/* One file of three bytes, with a field of its header replaced and the checksum made right. */
static struct tar_builder changed(size_t at, const char *bytes, size_t length) {
    struct tar_builder archive = {NULL, 0};
    (void)tar_builder_add(&archive, '0', "a", "abc", 3);
    memcpy(archive.bytes + at, bytes, length);
    tar_builder_sum(archive.bytes);
    return archive;
}

static void test_formats_tar__entries_come_in_order(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    tar_builder_file(&archive, "a", "first");
    tar_builder_file(&archive, "./b/c", "second");
    (void)tar_builder_add(&archive, '5', "folder/", "", 0);
    (void)tar_builder_add(&archive, '\0', "old", "x", 1);
    tar_builder_file(&archive, "empty", "");
    tar_builder_end(&archive);
    static const char text[] = "0:a(5)=first;0:b/c(6)=second;5:folder/(0)=;-:old(1)=x;0:empty(0)=;";
    expect_seen(&archive, 0, text);
    expect_seen(&archive, TAR_OCTAL_ONLY | TAR_SIZE_IS_DATA, text);
    free(archive.bytes);
}

static void test_formats_tar__names_may_have_a_prefix(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    char wanted[300];
    (void)tar_builder_add(&archive, '0', "", "x", 1);
    memset(archive.bytes, 'n', 100);
    memset(archive.bytes + 345, 'p', 155);
    tar_builder_sum(archive.bytes);
    (void)snprintf(wanted, sizeof wanted, "0:%.*s/%.*s(1)=x;", 155, archive.bytes + 345, 100, archive.bytes);
    expect_seen(&archive, 0, wanted);
    free(archive.bytes);
}

/* Extended names are entries of their own. In GNU's format the place of the prefix holds other things. */
static void test_formats_tar__extensions_are_not_applied(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    (void)tar_builder_add(&archive, 'x', "PaxHeaders/a", "16 path=another\n", 16);
    (void)tar_builder_add(&archive, 'L', "././@LongLink", "long", 4);
    size_t at = tar_builder_add(&archive, '0', "a", "x", 1);
    memcpy(archive.bytes + at + 257, "ustar  \0", 8);
    memcpy(archive.bytes + at + 345, "00000000000", 11);
    tar_builder_sum(archive.bytes + at);
    expect_seen(&archive, 0, "x:PaxHeaders/a(16)=16 path=another\n;L:./@LongLink(4)=long;0:a(1)=x;");
    free(archive.bytes);
}

static void test_formats_tar__only_ustar_is_read(void **state) {
    (void)state;
    struct tar_builder archive = changed(257, "\0\0\0\0\0\0\0\0", 8);
    expect_refused(&archive, 0, TAR_NOT_USTAR);
    free(archive.bytes);
}

static void test_formats_tar__wrong_checksums_are_refused(void **state) {
    (void)state;
    struct tar_builder archive = changed(0, "b", 1);
    archive.bytes[0] = 'c';
    expect_refused(&archive, 0, TAR_BAD_CHECKSUM);
    expect_refused(&archive, TAR_OCTAL_ONLY | TAR_SIZE_IS_DATA, TAR_BAD_CHECKSUM);
    free(archive.bytes);
}

static void test_formats_tar__sizes_are_octal_or_of_base_256(void **state) {
    (void)state;
    static const char large[] = "\x80\0\0\0\0\0\0\0\0\0\0\3";
    static const char bad[][12] = {"z", " 0000000003", "-0000000003", "0000000003x", "\0", "\x90\0\0\0\0\0\0\0\0\0\0"};
    struct tar_builder archive = changed(124, large, 12);
    expect_seen(&archive, 0, "0:a(3)=abc;");
    expect_refused(&archive, TAR_OCTAL_ONLY, TAR_BAD_NUMBER);
    free(archive.bytes);
    archive = changed(124, "\x80\0\0\0\x10\0\0\0\0\0\0\1", 12); /* above TAR_SIZE_MAX */
    expect_refused(&archive, 0, TAR_BAD_NUMBER);
    free(archive.bytes);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        archive = changed(124, bad[i], 11);
        expect_refused(&archive, TAR_OCTAL_ONLY, TAR_BAD_NUMBER);
        free(archive.bytes);
    }
}

/* The mode, the owner, the time and the numbers of devices. */
static void test_formats_tar__other_numbers_matter_to_one_option(void **state) {
    (void)state;
    static const size_t offsets[] = {100, 108, 116, 136, 329, 337};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        struct tar_builder archive = changed(offsets[i], "\x80", 1);
        expect_seen(&archive, 0, "0:a(3)=abc;");
        expect_refused(&archive, TAR_OCTAL_ONLY, TAR_BAD_NUMBER);
        free(archive.bytes);
        archive = changed(offsets[i], "\0\0\0\0\0\0\0", 8);
        expect_seen(&archive, TAR_OCTAL_ONLY, "0:a(3)=abc;");
        free(archive.bytes);
    }
}

static void test_formats_tar__sizes_of_links_and_folders_are_data_for_one_option(void **state) {
    (void)state;
    static const char types[] = {'1', '2', '3', '4', '5', '6'};
    for (size_t i = 0; i < sizeof types; i++) {
        char wanted[64];
        struct tar_builder archive = {NULL, 0};
        (void)tar_builder_add(&archive, types[i], "a", "abc", 3);
        (void)snprintf(wanted, sizeof wanted, "%c:a(3)=abc;", types[i]);
        expect_seen(&archive, TAR_SIZE_IS_DATA, wanted);
        archive.length = 512;
        (void)snprintf(wanted, sizeof wanted, "%c:a(3)=;", types[i]);
        expect_seen(&archive, 0, wanted);
        free(archive.bytes);
    }
}

/* More headers follow that of a sparse file; they are no headers of entries. */
static void test_formats_tar__a_sparse_file_with_more_headers_is_refused(void **state) {
    (void)state;
    static const char pair[] = "000000010000000000000010"; /* offset and length of a piece */
    struct tar_builder archive = {NULL, 0};
    (void)tar_builder_add(&archive, 'S', "sparse", "", 0);
    memcpy(tar_builder_extend(&archive, 512), pair, sizeof pair);
    expect_refused(&archive, 0, TAR_NOT_USTAR);
    free(archive.bytes);
}

static void test_formats_tar__after_the_end_nothing_but_zeros(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    tar_builder_file(&archive, "a", "abc");
    tar_builder_end(&archive);
    tar_builder_end(&archive); /* padding to full records is usual */
    expect_seen(&archive, 0, "0:a(3)=abc;");
    expect_refused(&archive, TAR_NO_END_MARK, TAR_END_MARK);
    tar_builder_file(&archive, "b", "abc");
    expect_refused(&archive, 0, TAR_AFTER_END);
    expect_seen(&archive, TAR_STOPS_AT_MARK, "0:a(3)=abc;");
    free(archive.bytes);
}

static void test_formats_tar__one_block_of_zeros_is_not_the_end(void **state) {
    (void)state;
    struct tar_builder archive = {NULL, 0};
    tar_builder_file(&archive, "a", "abc");
    (void)tar_builder_extend(&archive, 512);
    tar_builder_file(&archive, "b", "abc");
    expect_seen(&archive, 0, "0:a(3)=abc;0:b(3)=abc;");
    expect_seen(&archive, TAR_STOPS_AT_MARK, "0:a(3)=abc;");
    free(archive.bytes);
}

static void test_formats_tar__a_name_of_zeros_is_no_end_mark(void **state) {
    (void)state;
    struct tar_builder archive = changed(0, "\0", 1);
    expect_refused(&archive, 0, TAR_BAD_CHECKSUM);
    expect_refused(&archive, TAR_STOPS_AT_MARK, TAR_BAD_CHECKSUM);
    free(archive.bytes);
}

static void test_formats_tar__truncated_archives_are_refused(void **state) {
    (void)state;
    static const size_t cuts[] = {1, 511, 512, 514, 515, 1023};
    struct tar_builder empty = {NULL, 0};
    expect_seen(&empty, 0, "");
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct tar_builder archive = changed(0, "a", 1);
        archive.length = cuts[i];
        expect_refused(&archive, 0, TAR_TRUNCATED);
        free(archive.bytes);
    }
}

static void test_formats_tar__a_turn_that_is_over_leaves_the_rest(void **state) {
    (void)state;
    struct tar_builder archive = changed(0, "a", 1);
    struct seen seen = {.length = 0};
    const struct tar_events events = {.entry = entry, .data = data, .end = end, .refuse = refuse, .user = &seen};
    struct turn turn = {.left = 0};
    struct tar tar;
    size_t taken = 1;
    tar_init(&tar, &events, 0);
    assert_int_equal(tar_take(&tar, archive.bytes, archive.length, &turn, &taken, NULL), LREG_OK);
    assert_int_equal(taken, 0);
    free(archive.bytes);
}
