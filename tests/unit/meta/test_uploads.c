/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of uploads in several requests. */
#include "unit/meta/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static struct meta_upload upload_of(const char *id, int64_t updated_ms) {
    struct meta_upload row = {
        .id = id,
        .registry_id = "r2",
        .storage = "main",
        .scope = "image",
        .principal = "token:t1",
        .created_ms = 1,
        .updated_ms = updated_ms,
    };
    return row;
}

static void add(struct meta_transaction *transaction, const char *id, int64_t updated_ms) {
    const struct meta_upload row = upload_of(id, updated_ms);
    assert_int_equal(meta_upload_insert(transaction, &row, NULL), LREG_OK);
}

static void test_meta_uploads__what_is_inserted_is_found(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_upload found = {.digest_state = "x", .digest_state_length = 9};
    add(transaction, "u1", 7);
    assert_int_equal(meta_upload_find(transaction, "u1", &fixture->arena, &found, NULL), LREG_OK);
    assert_string_equal(found.id, "u1");
    assert_string_equal(found.registry_id, "r2");
    assert_string_equal(found.storage, "main");
    assert_string_equal(found.scope, "image");
    assert_string_equal(found.principal, "token:t1");
    assert_int_equal(found.received_bytes, 0);
    assert_null(found.digest_state);
    assert_int_equal(found.digest_state_length, 0);
    assert_int_equal(found.created_ms, 1);
    assert_int_equal(found.updated_ms, 7);
    assert_int_equal(meta_upload_find(transaction, "u2", &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    meta_rollback(transaction);
}

static void test_meta_uploads__advance_goes_on_only_from_where_it_stands(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_upload row = upload_of("u1", 8);
    struct meta_upload found = {0};
    add(transaction, "u1", 7);
    row.received_bytes = 5000000000;
    row.digest_state = "\0state";
    row.digest_state_length = 6;
    assert_int_equal(meta_upload_advance(transaction, &row, 1, &fixture->err), LREG_CONFLICT);
    assert_string_equal(fixture->err.code, "upload_moved");
    assert_int_equal(meta_upload_advance(transaction, &row, 0, NULL), LREG_OK);
    assert_int_equal(meta_upload_advance(transaction, &row, 0, NULL), LREG_CONFLICT);
    assert_int_equal(meta_upload_find(transaction, "u1", &fixture->arena, &found, NULL), LREG_OK);
    assert_int_equal(found.received_bytes, 5000000000);
    assert_int_equal(found.digest_state_length, 6);
    assert_memory_equal(found.digest_state, "\0state", 6);
    assert_int_equal(found.updated_ms, 8);
    row.id = "u2";
    assert_int_equal(meta_upload_advance(transaction, &row, 0, NULL), LREG_NOT_FOUND);
    fixture_commit(fixture, transaction);
}

static void test_meta_uploads__a_length_beyond_63_bits_is_refused(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_upload row = upload_of("u1", 8);
    row.received_bytes = (uint64_t)INT64_MAX + 1;
    assert_int_equal(meta_upload_insert(transaction, &row, NULL), LREG_BAD_ARGUMENT);
    meta_rollback(transaction);
}

static void test_meta_uploads__delete_removes_one(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    bool exists = false;
    add(transaction, "u1", 7);
    add(transaction, "u2", 7);
    assert_int_equal(meta_upload_delete(transaction, "u1", NULL), LREG_OK);
    assert_int_equal(meta_upload_delete(transaction, "u1", NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_upload_exists(transaction, "u1", &exists, NULL), LREG_OK);
    assert_false(exists);
    assert_int_equal(meta_upload_exists(transaction, "u2", &exists, NULL), LREG_OK);
    assert_true(exists);
    meta_rollback(transaction);
}

static void test_meta_uploads__stale_ones_come_oldest_first(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_upload *rows = NULL;
    size_t count = 0;
    add(transaction, "u1", 30);
    add(transaction, "u2", 10);
    add(transaction, "u3", 20);
    assert_int_equal(meta_upload_list_stale(transaction, NULL, 30, 9, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].id, "u2");
    assert_string_equal(rows[1].id, "u3");
    assert_int_equal(meta_upload_list_stale(transaction, NULL, 99, 1, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_int_equal(meta_upload_list_stale(transaction, NULL, 10, 9, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    meta_rollback(transaction);
}

static void test_meta_uploads__count_is_of_one_registry(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    uint64_t count = 9;
    assert_int_equal(meta_upload_count(transaction, "r2", INT64_MIN, INT64_MAX, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    add(transaction, "u1", 30);
    add(transaction, "u2", 10);
    assert_int_equal(meta_upload_count(transaction, "r2", INT64_MIN, INT64_MAX, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_int_equal(meta_upload_count(transaction, "r1", INT64_MIN, INT64_MAX, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    meta_rollback(transaction);
}

static void add_of(struct meta_transaction *transaction, const char *id, const char *principal, int64_t updated_ms) {
    struct meta_upload row = upload_of(id, updated_ms);
    row.principal = principal;
    assert_int_equal(meta_upload_insert(transaction, &row, NULL), LREG_OK);
}

static uint64_t count_of(struct meta_transaction *transaction, const char *principal, int64_t since_ms,
                         int64_t until_ms) {
    uint64_t count = 9;
    assert_int_equal(meta_upload_count_of(transaction, "r2", principal, since_ms, until_ms, &count, NULL), LREG_OK);
    return count;
}

static void test_meta_uploads__those_of_a_principal_and_a_time_are_counted(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_upload found;
    uint64_t count = 0;
    add_of(transaction, "u1", "a", 10);
    add_of(transaction, "u2", "a", 20);
    add_of(transaction, "u3", "b", 30);
    add_of(transaction, "u4", "a", 5);
    assert_int_equal(count_of(transaction, "a", INT64_MIN, INT64_MAX), 3);
    assert_int_equal(count_of(transaction, "a", 10, 20), 2);
    assert_int_equal(count_of(transaction, "b", 10, 29), 0);
    assert_int_equal(meta_upload_count(transaction, "r2", 20, 30, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_int_equal(meta_upload_find_idlest(transaction, "r2", "a", &fixture->arena, &found, NULL), LREG_OK);
    assert_string_equal(found.id, "u4");
    assert_int_equal(meta_upload_find_idlest(transaction, "r1", "a", &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    meta_rollback(transaction);
}

static void test_meta_uploads__those_of_a_registry_are_listed(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_upload *rows = NULL;
    size_t count = 0;
    add(transaction, "u3", 1);
    add(transaction, "u1", 3);
    add(transaction, "u2", 2);
    assert_int_equal(meta_upload_list(transaction, "r2", NULL, 2, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].id, "u1");
    assert_string_equal(rows[1].id, "u2");
    assert_int_equal(meta_upload_list(transaction, "r2", "u2", 2, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].id, "u3");
    assert_int_equal(meta_upload_lose(transaction, &rows[0], 5, NULL), LREG_OK);
    assert_int_equal(meta_upload_list(transaction, "r2", "u2", 2, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_upload_list(transaction, "r1", NULL, 2, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    meta_rollback(transaction);
}

static void test_meta_uploads__a_lost_one_is_only_there_to_be_deleted(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_upload row = upload_of("u1", 30);
    struct meta_upload found = {0};
    struct meta_upload *rows = NULL;
    uint64_t count = 9;
    size_t listed = 9;
    bool exists = true;
    add(transaction, "u1", 30);
    add(transaction, "u2", 30);
    row.received_bytes = 5;
    assert_int_equal(meta_upload_lose(transaction, &row, 40, NULL), LREG_OK); /* another offset: nothing is done */
    assert_int_equal(meta_upload_find(transaction, "u1", &fixture->arena, &found, NULL), LREG_OK);
    row.received_bytes = 0;
    assert_int_equal(meta_upload_lose(transaction, &row, 40, NULL), LREG_OK);
    assert_int_equal(meta_upload_lose(transaction, &row, 99, NULL), LREG_OK); /* once */
    assert_int_equal(meta_upload_find(transaction, "u1", &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_upload_advance(transaction, &row, 0, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_upload_exists(transaction, "u1", &exists, NULL), LREG_OK);
    assert_false(exists);
    assert_int_equal(meta_upload_count(transaction, "r2", INT64_MIN, INT64_MAX, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_int_equal(meta_upload_list_lost(transaction, NULL, 40, 9, &fixture->arena, &rows, &listed, NULL), LREG_OK);
    assert_int_equal(listed, 0);
    assert_int_equal(meta_upload_list_lost(transaction, NULL, 41, 9, &fixture->arena, &rows, &listed, NULL), LREG_OK);
    assert_int_equal(listed, 1);
    assert_string_equal(rows[0].id, "u1");
    assert_int_equal(meta_upload_delete(transaction, "u1", NULL), LREG_OK);
    meta_rollback(transaction);
}
