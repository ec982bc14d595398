/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of packages, one at a time, and the totals of their registry. */
#include "unit/meta/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static struct meta_package full_package(int64_t blob_id) {
    struct meta_package row = {
        .id = "p1",
        .registry_id = "r1",
        .name = "curl",
        .version = "8.1",
        .qualifier = "x86_64",
        .filename = "x86_64/curl-8.1.apk",
        .media_type = "application/x-apk",
        .size_bytes = 6000000000,
        .blob_id = blob_id,
        .document = "sha256:m",
        .attributes = "{\"a\":1}",
        .index_entry = "P:curl\n",
        .downloads = 99, /* read only */
        .published_by = "ann",
        .created_ms = 5,
        .updated_ms = 6,
    };
    digest_of(DIGEST_ALL, "abc", 3, &row.digests);
    return row;
}

static void assert_same_content(const struct meta_package *found, const struct meta_package *row) {
    assert_string_equal(found->qualifier, row->qualifier);
    assert_string_equal(found->media_type, row->media_type);
    assert_int_equal(found->size_bytes, row->size_bytes);
    assert_int_equal(found->blob_id, row->blob_id);
    assert_string_equal(found->document, row->document);
    assert_int_equal(found->digests.algorithms, row->digests.algorithms);
    assert_memory_equal(found->digests.md5, row->digests.md5, sizeof row->digests.md5);
    assert_memory_equal(found->digests.sha1, row->digests.sha1, sizeof row->digests.sha1);
    assert_memory_equal(found->digests.sha256, row->digests.sha256, sizeof row->digests.sha256);
    assert_memory_equal(found->digests.sha512, row->digests.sha512, sizeof row->digests.sha512);
    assert_string_equal(found->attributes, row->attributes);
    assert_string_equal(found->index_entry, row->index_entry);
    assert_string_equal(found->published_by, row->published_by);
    assert_int_equal(found->updated_ms, row->updated_ms);
}

static void find(struct fixture *fixture, struct meta_transaction *transaction, const char *id,
                 struct meta_package *out) {
    assert_int_equal(meta_package_find(transaction, "r1", id, &fixture->arena, out, NULL), LREG_OK);
}

static void assert_totals(struct meta_transaction *transaction, const char *registry_id, uint64_t packages,
                          uint64_t bytes) {
    uint64_t found_packages = 99;
    uint64_t found_bytes = 99;
    assert_int_equal(meta_package_count(transaction, registry_id, &found_packages, &found_bytes, NULL), LREG_OK);
    assert_int_equal(found_packages, packages);
    assert_int_equal(found_bytes, bytes);
}

static void test_meta_packages__what_is_inserted_is_found(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const struct meta_package row = full_package(fixture_add_blob(transaction, 1, 3));
    struct meta_package found = {0};
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK);
    find(fixture, transaction, "p1", &found);
    assert_string_equal(found.id, "p1");
    assert_string_equal(found.registry_id, "r1");
    assert_string_equal(found.name, "curl");
    assert_string_equal(found.version, "8.1");
    assert_string_equal(found.filename, "x86_64/curl-8.1.apk");
    assert_int_equal(found.downloads, 0);
    assert_int_equal(found.created_ms, 5);
    assert_same_content(&found, &row);
    memset(&found, 0, sizeof found);
    assert_int_equal(
        meta_package_find_by_filename(transaction, "r1", "x86_64/curl-8.1.apk", &fixture->arena, &found, NULL),
        LREG_OK);
    assert_string_equal(found.id, "p1");
    meta_rollback(transaction);
}

static void test_meta_packages__what_was_not_given_is_null_empty_or_unset(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_package row = fixture_package("p1", "a", NULL, "a.zip", 1);
    struct meta_package found = full_package(1);
    digest_of(DIGEST_SHA256, "abc", 3, &row.digests);
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK);
    find(fixture, transaction, "p1", &found);
    assert_string_equal(found.version, "");
    assert_string_equal(found.qualifier, "");
    assert_string_equal(found.media_type, "");
    assert_string_equal(found.attributes, "");
    assert_string_equal(found.index_entry, "");
    assert_string_equal(found.published_by, "");
    assert_int_equal(found.blob_id, 0);
    assert_null(found.document);
    assert_int_equal(found.digests.algorithms, DIGEST_SHA256);
    meta_rollback(transaction);
}

static void test_meta_packages__another_registry_does_not_have_it(void **state) {
    struct fixture *fixture = *state;
    struct arena *arena = &fixture->arena;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_package row = fixture_package("p1", "a", "1", "a.zip", 1);
    struct meta_package found = {0};
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK);
    assert_int_equal(meta_package_find(transaction, "r2", "p1", arena, &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_package_find_by_filename(transaction, "r2", "a.zip", arena, &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_package_delete(transaction, "r2", "p1", NULL), LREG_NOT_FOUND);
    row.registry_id = "r2";
    assert_int_equal(meta_package_update(transaction, &row, NULL), LREG_NOT_FOUND);
    row.id = "p2";
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK); /* the file name is free there */
    meta_rollback(transaction);
}

static void test_meta_packages__a_filename_is_unique_in_its_registry(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_package row = fixture_package("p1", "a", "1", "a.zip", 1);
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK);
    row.id = "p2";
    row.name = "b";
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_CONFLICT);
    assert_totals(transaction, "r1", 1, 0);
    meta_rollback(transaction);
}

static void test_meta_packages__a_registry_or_blob_that_is_not_there_conflicts(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_package row = fixture_package("p1", "a", "1", "a.zip", 1);
    row.blob_id = 77;
    assert_int_equal(meta_package_insert(transaction, &row, &fixture->err), LREG_CONFLICT);
    assert_string_equal(fixture->err.code, "referenced");
    row.blob_id = 0;
    row.registry_id = "r9";
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_CONFLICT);
    meta_rollback(transaction);
}

static void test_meta_packages__update_replaces_the_content_and_keeps_the_address(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_package row = fixture_package("p1", "a", "1", "a.zip", 1);
    struct meta_package found = {0};
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK);
    assert_int_equal(meta_package_add_downloads(transaction, "p1", 3, NULL), LREG_OK);
    row = full_package(fixture_add_blob(transaction, 1, 3));
    assert_int_equal(meta_package_update(transaction, &row, NULL), LREG_OK);
    find(fixture, transaction, "p1", &found);
    assert_same_content(&found, &row);
    assert_string_equal(found.name, "a");
    assert_string_equal(found.version, "1");
    assert_string_equal(found.filename, "a.zip");
    assert_int_equal(found.created_ms, 1);
    assert_int_equal(found.downloads, 3);
    meta_rollback(transaction);
}

static void test_meta_packages__totals_follow_every_change(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_package row = fixture_package("p1", "a", "1", "a.zip", 1);
    assert_totals(transaction, "r1", 0, 0);
    row.size_bytes = 10;
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK);
    row.id = "p2";
    row.filename = "b.zip";
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK);
    assert_totals(transaction, "r1", 2, 20);
    row.size_bytes = 3;
    assert_int_equal(meta_package_update(transaction, &row, NULL), LREG_OK);
    assert_totals(transaction, "r1", 2, 13);
    assert_int_equal(meta_package_delete(transaction, "r1", "p1", NULL), LREG_OK);
    assert_totals(transaction, "r1", 1, 3);
    assert_totals(transaction, "r2", 0, 0);
    assert_totals(transaction, "r9", 0, 0);
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}

static void test_meta_packages__downloads_add_up_and_a_package_that_is_gone_does_no_harm(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const struct meta_package row = fixture_package("p1", "a", "1", "a.zip", 1);
    struct meta_package found = {0};
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK);
    assert_int_equal(meta_package_add_downloads(transaction, "p1", 3, NULL), LREG_OK);
    assert_int_equal(meta_package_add_downloads(transaction, "p1", 4, NULL), LREG_OK);
    assert_int_equal(meta_package_add_downloads(transaction, "p9", 4, NULL), LREG_OK);
    find(fixture, transaction, "p1", &found);
    assert_int_equal(found.downloads, 7);
    fixture_commit(fixture, transaction);
}

static void test_meta_packages__delete_removes_one(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const struct meta_package row = fixture_package("p1", "a", "1", "a.zip", 1);
    struct meta_package found = {0};
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK);
    assert_int_equal(meta_package_delete(transaction, "r1", "p1", NULL), LREG_OK);
    assert_int_equal(meta_package_delete(transaction, "r1", "p1", NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_package_find(transaction, "r1", "p1", &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    meta_rollback(transaction);
}

static void test_meta_packages__a_full_arena_is_no_memory_and_spoils_the_transaction(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const struct meta_package row = fixture_package("p1", "a", "1", "a.zip", 1);
    struct meta_package found = {0};
    struct arena small;
    arena_init(&small, &fixture->hooks, 64);
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK);
    assert_int_equal(meta_package_find(transaction, "r1", "p1", &small, &found, NULL), LREG_NO_MEMORY);
    assert_int_equal(meta_commit(transaction, &fixture->err), LREG_NO_MEMORY);
    assert_string_equal(fixture->err.code, "transaction_failed");
    arena_free(&small);
}
