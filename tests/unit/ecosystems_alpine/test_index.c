/* SPDX-License-Identifier: Apache-2.0 */
/* A whole index: two members, a valid signature, a readable archive. */
#include "fixture.h"

#include "ecosystems/alpine/index.h"
#include "ecosystems/alpine/members.h"
#include "ecosystems/alpine/tar_walk.h"

#include <archive.h>
#include <archive_entry.h>
#include <mbedtls/bignum.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <string.h>

#define KEY_NAME "0199d2b5-5c7e-7000-8000-000000000001_0199d2b5-5c7e-7000-8000-000000000002.rsa.pub"
#define RECORD "C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:a\nV:1-r0\nS:499\nI:7\nT:\nU:\nL:\n"

static mbedtls_pk_context key; /* made once, because that takes a while */
static char private_pem[8192];

static int random_for_mbedtls(void *user, unsigned char *bytes, size_t length) {
    return hooks_random(user, bytes, length, NULL) == LREG_OK ? 0 : -1;
}

static int group_setup(void **state) {
    struct hooks hooks;
    (void)state;
    hooks_default(&hooks);
    mbedtls_pk_init(&key);
    return mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)) != 0 ||
                   mbedtls_rsa_gen_key(mbedtls_pk_rsa(key), random_for_mbedtls, &hooks, 2048, 65537) != 0 ||
                   mbedtls_pk_write_key_pem(&key, (unsigned char *)private_pem, sizeof private_pem) != 0
               ? -1
               : 0;
}

static int group_teardown(void **state) {
    (void)state;
    mbedtls_pk_free(&key);
    return 0;
}

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

static lreg_status build(struct fixture *fixture, size_t records, const char *architecture, struct alpine_index *index,
                         struct error *err) {
    struct alpine_index_record record;
    lreg_status status = alpine_index_record_split(RECORD, &record, err);
    if (status != LREG_OK) {
        return status;
    }
    status =
        alpine_index_begin(index, &fixture->hooks, records * alpine_index_record_length(&record, architecture), err);
    for (size_t i = 0; status == LREG_OK && i < records; i++) {
        status = alpine_index_add(index, &record, architecture, err);
    }
    return status == LREG_OK ? alpine_index_finish(index, private_pem, KEY_NAME, err) : status;
}

/* The members of an index: the length of each, and its unpacked content. */
struct cut {
    size_t count;
    size_t packed[4];
    struct apk_bytes unpacked[4];
};

static lreg_status take_begin(void *user, struct error *err) {
    (void)user;
    (void)err;
    return LREG_OK;
}

static lreg_status take_packed(void *user, const void *bytes, size_t length, struct error *err) {
    struct cut *cut = user;
    (void)bytes;
    (void)err;
    cut->packed[cut->count] += length;
    return LREG_OK;
}

static lreg_status take_unpacked(void *user, const void *bytes, size_t length, struct error *err) {
    struct cut *cut = user;
    (void)err;
    apk_append(&cut->unpacked[cut->count], bytes, length);
    return LREG_OK;
}

static lreg_status take_end(void *user, struct error *err) {
    struct cut *cut = user;
    (void)err;
    cut->count++;
    assert_true(cut->count < 4);
    return LREG_OK;
}

static struct cut cut_members(struct fixture *fixture, const struct alpine_index *index) {
    struct cut cut = {0};
    const struct alpine_members_events events = {&cut, take_begin, take_packed, take_unpacked, take_end};
    struct alpine_members *members = NULL;
    assert_int_equal(alpine_members_new(&fixture->hooks, &events, &members, NULL), LREG_OK);
    assert_int_equal(alpine_members_write(members, index->packed.bytes, index->packed.length, NULL), LREG_OK);
    assert_int_equal(alpine_members_finish(members, NULL), LREG_OK);
    alpine_members_free(members);
    return cut;
}

static void forget(struct cut *cut) {
    for (size_t i = 0; i < 4; i++) {
        apk_free(&cut->unpacked[i]);
    }
}

static void test_ecosystems_alpine_index__two_members_of_which_the_first_signs_the_second(void **state) {
    struct fixture *fixture = *state;
    struct alpine_index index;
    struct digest_set digests;
    assert_int_equal(build(fixture, 3, "x86_64", &index, NULL), LREG_OK);
    struct cut cut = cut_members(fixture, &index);
    assert_int_equal(cut.count, 2);
    /* Header and one padded block of signature, and no end mark. */
    assert_int_equal(cut.unpacked[0].length, 2 * ALPINE_TAR_BLOCK);
    assert_string_equal((const char *)cut.unpacked[0].bytes, ".SIGN.RSA256." KEY_NAME);
    digest_of(DIGEST_SHA256, index.packed.bytes + cut.packed[0], cut.packed[1], &digests);
    assert_int_equal(mbedtls_pk_verify(&key, MBEDTLS_MD_SHA256, digests.sha256, sizeof digests.sha256,
                                       cut.unpacked[0].bytes + ALPINE_TAR_BLOCK, 256),
                     0);
    for (size_t i = ALPINE_TAR_BLOCK + 256; i < cut.unpacked[0].length; i++) {
        assert_int_equal(cut.unpacked[0].bytes[i], 0);
    }
    forget(&cut);
    alpine_index_end(&index);
}

static void test_ecosystems_alpine_index__the_archive_lists_its_two_files(void **state) {
    struct fixture *fixture = *state;
    struct alpine_index index;
    struct archive_entry *entry = NULL;
    char text[1000] = {0};
    assert_int_equal(build(fixture, 2, "aarch64", &index, NULL), LREG_OK);
    struct archive *archive = archive_read_new();
    assert_int_equal(archive_read_support_filter_gzip(archive), ARCHIVE_OK);
    assert_int_equal(archive_read_support_format_tar(archive), ARCHIVE_OK);
    assert_int_equal(archive_read_open_memory(archive, index.packed.bytes, index.packed.length), ARCHIVE_OK);
    assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_OK);
    assert_string_equal(archive_entry_pathname(entry), ".SIGN.RSA256." KEY_NAME);
    assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_OK);
    assert_string_equal(archive_entry_pathname(entry), "APKINDEX");
    assert_int_equal(archive_entry_mtime(entry), 0);
    assert_int_equal(archive_read_data(archive, text, sizeof text - 1), archive_entry_size(entry));
    assert_string_equal(text, "C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:a\nV:1-r0\nA:aarch64\nS:499\nI:7\nT:\nU:\nL:\n\n"
                              "C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:a\nV:1-r0\nA:aarch64\nS:499\nI:7\nT:\nU:\nL:\n\n");
    assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_EOF);
    archive_read_free(archive);
    alpine_index_end(&index);
}

static void test_ecosystems_alpine_index__equal_records_give_equal_bytes(void **state) {
    struct fixture *fixture = *state;
    struct alpine_index one;
    struct alpine_index two;
    assert_int_equal(build(fixture, 100, "x86_64", &one, NULL), LREG_OK);
    assert_int_equal(build(fixture, 100, "x86_64", &two, NULL), LREG_OK);
    assert_int_equal(one.packed.length, two.packed.length);
    assert_memory_equal(one.packed.bytes, two.packed.bytes, one.packed.length);
    alpine_index_end(&one);
    alpine_index_end(&two);
}

static void test_ecosystems_alpine_index__an_empty_one_is_signed_and_has_an_empty_file(void **state) {
    struct fixture *fixture = *state;
    struct alpine_index index;
    assert_int_equal(build(fixture, 0, "x86_64", &index, NULL), LREG_OK);
    struct cut cut = cut_members(fixture, &index);
    assert_int_equal(cut.count, 2);
    /* A header and the end mark. */
    assert_int_equal(cut.unpacked[1].length, 3 * ALPINE_TAR_BLOCK);
    assert_string_equal((const char *)cut.unpacked[1].bytes, "APKINDEX");
    forget(&cut);
    alpine_index_end(&index);
}

static void test_ecosystems_alpine_index__many_records_keep_memory_to_what_is_packed(void **state) {
    struct fixture *fixture = *state;
    struct alpine_index index;
    failing_allocator_fail_at(&fixture->memory, 0, false);
    assert_int_equal(build(fixture, 100000, "x86_64", &index, NULL), LREG_OK);
    assert_true(index.text_bytes > 7000000);
    assert_in_range(failing_allocator_peak_bytes(&fixture->memory), 0, 1 << 20);
    alpine_index_end(&index);
}

static void test_ecosystems_alpine_index__a_length_that_was_announced_wrongly_is_a_bug(void **state) {
    struct fixture *fixture = *state;
    struct alpine_index index;
    assert_int_equal(alpine_index_begin(&index, &fixture->hooks, 17, NULL), LREG_OK);
    assert_int_equal(alpine_index_finish(&index, private_pem, KEY_NAME, NULL), LREG_INTERNAL);
    alpine_index_end(&index);
    assert_int_equal(alpine_index_begin(&index, &fixture->hooks, UINT64_C(1) << 40, NULL), LREG_TOO_LARGE);
    alpine_index_end(&index);
}

static void test_ecosystems_alpine_index__an_unusable_key_is_told(void **state) {
    struct fixture *fixture = *state;
    struct alpine_index index;
    assert_int_equal(alpine_index_begin(&index, &fixture->hooks, 0, NULL), LREG_OK);
    assert_int_equal(alpine_index_finish(&index, "no key", KEY_NAME, NULL), LREG_CORRUPT);
    alpine_index_end(&index);
}

static void test_ecosystems_alpine_index__memory_that_is_out_is_told(void **state) {
    struct fixture *fixture = *state;
    for (size_t n = 1;; n++) {
        struct alpine_index index;
        failing_allocator_fail_at(&fixture->memory, n, false);
        lreg_status status = build(fixture, 10, "x86_64", &index, NULL);
        bool failed = failing_allocator_failed(&fixture->memory);
        assert_int_equal(status, failed ? LREG_NO_MEMORY : LREG_OK);
        alpine_index_end(&index);
        if (!failed) {
            break;
        }
    }
}
