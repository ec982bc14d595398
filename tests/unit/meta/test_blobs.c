/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of blobs and their collection. */
#include "unit/meta/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static void add_package(struct meta_transaction *transaction, const char *id, int64_t blob_id) {
    struct meta_package row = fixture_package(id, "name", "1", id, 1);
    row.blob_id = blob_id;
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK);
}

static void add_link(struct meta_transaction *transaction, const char *digest, int64_t blob_id) {
    const struct meta_blob_link row = {
        .registry_id = "r2", .scope = "image", .digest = digest, .blob_id = blob_id, .claimed_ms = 10};
    assert_int_equal(meta_blob_link_put(transaction, &row, NULL), LREG_OK);
}

static uint64_t doom(struct meta_transaction *transaction, size_t limit, uint64_t *bytes) {
    struct meta_doom found = {0};
    assert_int_equal(meta_blobs_doom(transaction, "main", limit, &found, NULL), LREG_OK);
    *bytes = found.bytes;
    return found.blobs;
}

static void assert_totals(struct meta_transaction *transaction, uint64_t count, uint64_t bytes) {
    struct meta_blob_total *totals = NULL;
    size_t storages = 0;
    struct arena arena;
    struct hooks hooks;
    hooks_default(&hooks);
    arena_init(&arena, &hooks, 65536);
    assert_int_equal(meta_blob_list_totals(transaction, 2, &arena, &totals, &storages, NULL), LREG_OK);
    assert_true(storages == 1 || count == 0); /* a storage that never had one has no row */
    for (size_t i = 0; i < storages; i++) {
        assert_string_equal(totals[i].storage, "main");
        assert_int_equal(totals[i].count, count);
        assert_int_equal(totals[i].bytes, bytes);
    }
    arena_free(&arena);
}

static bool has_key(struct meta_transaction *transaction, const char *key) {
    bool has = false;
    assert_int_equal(meta_blob_has_key(transaction, "main", key, &has, NULL), LREG_OK);
    return has;
}

static void test_meta_blobs__what_is_inserted_is_found(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_blob row = {.storage = "s", .sha256 = {1, 2}, .size_bytes = 5, .key = "k", .created_ms = 9};
    struct meta_blob found = {0};
    int64_t id = 0;
    assert_int_equal(meta_blob_insert(transaction, &row, &id, NULL), LREG_OK);
    assert_true(id > 0);
    assert_int_equal(meta_blob_find(transaction, "s", row.sha256, &fixture->arena, &found, NULL), LREG_OK);
    assert_int_equal(found.id, id);
    assert_string_equal(found.storage, "s");
    assert_memory_equal(found.sha256, row.sha256, sizeof row.sha256);
    assert_int_equal(found.size_bytes, 5);
    assert_string_equal(found.key, "k");
    assert_int_equal(found.created_ms, 9);
    assert_int_equal(meta_blob_find_by_id(transaction, id, &fixture->arena, &found, NULL), LREG_OK);
    assert_string_equal(found.key, "k");
    assert_int_equal(meta_blob_find(transaction, "t", row.sha256, &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_blob_find_by_id(transaction, id + 1, &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    meta_rollback(transaction);
}

static void test_meta_blobs__one_storage_has_a_content_once(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_blob row = {.storage = "main", .sha256 = {1}, .key = "other"};
    int64_t id = 0;
    (void)fixture_add_blob(transaction, 1, 5);
    assert_int_equal(meta_blob_insert(transaction, &row, &id, NULL), LREG_CONFLICT);
    assert_int_equal(id, 0);
    row.sha256[0] = 2;
    row.key = "key-1"; /* nor does a key occur twice */
    assert_int_equal(meta_blob_insert(transaction, &row, &id, NULL), LREG_CONFLICT);
    row.storage = "second";
    assert_int_equal(meta_blob_insert(transaction, &row, &id, NULL), LREG_OK);
    meta_rollback(transaction);
}

static void test_meta_blobs__an_id_is_never_given_twice(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    uint64_t bytes = 0;
    int64_t first = fixture_add_blob(transaction, 1, 5);
    assert_int_equal(doom(transaction, 10, &bytes), 1);
    assert_true(fixture_add_blob(transaction, 1, 5) > first);
    meta_rollback(transaction);
}

static void test_meta_blobs__list_walks_by_id(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_blob *rows = NULL;
    size_t count = 0;
    int64_t after = 0;
    for (uint32_t i = 0; i < 5; i++) {
        (void)fixture_add_blob(transaction, i, i);
    }
    for (size_t expected = 2; expected > 0; expected--) {
        assert_int_equal(meta_blob_list(transaction, "main", after, 2, &fixture->arena, &rows, &count, NULL), LREG_OK);
        assert_int_equal(count, 2);
        assert_true(rows[0].id > after && rows[1].id > rows[0].id);
        after = rows[1].id;
    }
    assert_int_equal(meta_blob_list(transaction, "main", after, 2, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    meta_rollback(transaction);
}

static void test_meta_blobs__totals_follow_every_change(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    uint64_t bytes = 0;
    assert_totals(transaction, 0, 0);
    (void)fixture_add_blob(transaction, 1, 5);
    add_package(transaction, "p2", fixture_add_blob(transaction, 2, 7));
    assert_totals(transaction, 2, 12);
    (void)doom(transaction, 10, &bytes);
    assert_totals(transaction, 1, 7);
    meta_rollback(transaction);
    transaction = fixture_begin(fixture, META_READ);
    assert_totals(transaction, 0, 0);
    meta_rollback(transaction);
}

/* Doomed or not: a blob that is shared with another registry is no reason to check everything. */
static void test_meta_blobs__no_more_than_a_page_is_looked_at(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    static const uint64_t expected[][2] = {{2, 0}, {2, 1}, {2, 2}, {1, 1}, {0, 0}};
    for (uint32_t i = 0; i < 7; i++) {
        char id[16];
        int64_t blob = fixture_add_blob(transaction, i, 1);
        (void)snprintf(id, sizeof id, "p%u", i);
        if (i < 3) {
            add_package(transaction, id, blob);
        }
    }
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct meta_doom doom;
        assert_int_equal(meta_blobs_doom(transaction, "main", 2, &doom, NULL), LREG_OK);
        assert_int_equal(doom.looked_at, expected[i][0]);
        assert_int_equal(doom.blobs, expected[i][1]);
        assert_int_equal(doom.bytes, expected[i][1]);
    }
    assert_totals(transaction, 3, 3);
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}

static void test_meta_blobs__what_is_named_is_not_doomed(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    uint64_t bytes = 99;
    add_package(transaction, "p1", fixture_add_blob(transaction, 1, 1));
    add_link(transaction, "sha256:2", fixture_add_blob(transaction, 2, 2));
    assert_int_equal(doom(transaction, 10, &bytes), 0);
    assert_int_equal(bytes, 0);
    assert_totals(transaction, 2, 3);
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}

static void test_meta_blobs__what_nothing_names_any_more_is_doomed(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    uint64_t bytes = 0;
    int64_t shared = fixture_add_blob(transaction, 1, 100);
    add_package(transaction, "p1", shared);
    add_package(transaction, "p2", shared);
    add_link(transaction, "sha256:1", shared);
    assert_int_equal(doom(transaction, 10, &bytes), 0);
    assert_int_equal(meta_package_delete(transaction, "r1", "p1", NULL), LREG_OK);
    assert_int_equal(doom(transaction, 10, &bytes), 0);
    assert_int_equal(meta_blob_link_delete(transaction, "r2", "image", "sha256:1", NULL), LREG_OK);
    assert_int_equal(doom(transaction, 10, &bytes), 0);
    assert_int_equal(meta_package_delete(transaction, "r1", "p2", NULL), LREG_OK);
    assert_int_equal(doom(transaction, 10, &bytes), 1);
    assert_int_equal(bytes, 100);
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}

static void test_meta_blobs__what_was_replaced_is_doomed(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    uint64_t bytes = 0;
    add_package(transaction, "p1", fixture_add_blob(transaction, 1, 1));
    add_link(transaction, "sha256:x", fixture_add_blob(transaction, 2, 2));
    assert_int_equal(doom(transaction, 10, &bytes), 0); /* all are checked now */
    struct meta_package row = fixture_package("p1", "name", "1", "p1", 1);
    row.blob_id = fixture_add_blob(transaction, 3, 4);
    assert_int_equal(meta_package_update(transaction, &row, NULL), LREG_OK);
    assert_int_equal(doom(transaction, 10, &bytes), 1);
    assert_int_equal(bytes, 1);
    add_link(transaction, "sha256:x", fixture_add_blob(transaction, 4, 8));
    assert_int_equal(doom(transaction, 10, &bytes), 1);
    assert_int_equal(bytes, 2);
    row.blob_id = 0;
    assert_int_equal(meta_package_update(transaction, &row, NULL), LREG_OK);
    assert_int_equal(doom(transaction, 10, &bytes), 1);
    assert_int_equal(bytes, 4);
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}

static void test_meta_blobs__doom_goes_by_limit_and_tells_keys_until_they_are_deleted(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_doomed *rows = NULL;
    size_t count = 0;
    uint64_t bytes = 0;
    for (uint32_t i = 1; i <= 3; i++) {
        (void)fixture_add_blob(transaction, i, i);
    }
    assert_true(has_key(transaction, "key-1"));
    assert_int_equal(doom(transaction, 2, &bytes), 2);
    assert_int_equal(bytes, 3);
    assert_int_equal(meta_doomed_list(transaction, "main", 10, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].storage, "main");
    assert_string_equal(rows[0].key, "key-1");
    assert_string_equal(rows[1].key, "key-2");
    assert_true(has_key(transaction, "key-1"));
    assert_int_equal(meta_doomed_delete(transaction, &rows[0], NULL), LREG_OK);
    assert_false(has_key(transaction, "key-1"));
    assert_true(has_key(transaction, "key-2"));
    assert_int_equal(doom(transaction, 2, &bytes), 1);
    assert_int_equal(doom(transaction, 2, &bytes), 0);
    meta_rollback(transaction);
}

static void test_meta_blobs__a_surplus_object_is_noted_once(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const struct meta_doomed surplus = {.storage = "main", .key = "left"};
    struct meta_doomed *rows = NULL;
    size_t count = 0;
    assert_false(has_key(transaction, "left"));
    assert_int_equal(meta_doomed_insert(transaction, &surplus, NULL), LREG_OK);
    assert_int_equal(meta_doomed_insert(transaction, &surplus, NULL), LREG_OK);
    assert_true(has_key(transaction, "left"));
    assert_int_equal(meta_doomed_list(transaction, "main", 10, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_int_equal(meta_doomed_delete(transaction, &surplus, NULL), LREG_OK);
    assert_int_equal(meta_doomed_delete(transaction, &surplus, NULL), LREG_OK);
    meta_rollback(transaction);
}
