/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of tokens. */
#include "unit/meta/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static void add(struct meta_transaction *transaction, const char *id, const char *registry_id) {
    struct meta_token row = {.id = id, .organization_id = "o1", .registry_id = registry_id, .created_ms = 1};
    memcpy(row.secret_sha256, id, strlen(id));
    assert_int_equal(meta_token_insert(transaction, &row, NULL), LREG_OK);
}

static const struct meta_token full = {
    .id = "t5",
    .organization_id = "o1",
    .registry_id = "r2",
    .description = "for CI",
    .secret_sha256 = {9, 8, 7},
    .sealed_secret = "\0sealed",
    .sealed_length = 7,
    .scopes = 0x80000001u,
    .created_by = "user:ann",
    .created_ms = 3,
    .expires_ms = 4,
};

static void test_meta_tokens__what_is_inserted_is_found_by_secret_and_id(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_token found = {0};
    assert_int_equal(meta_token_insert(transaction, &full, NULL), LREG_OK);
    assert_int_equal(meta_token_find_by_secret(transaction, full.secret_sha256, &fixture->arena, &found, NULL),
                     LREG_OK);
    assert_string_equal(found.id, "t5");
    assert_int_equal(meta_token_find(transaction, "t5", &fixture->arena, &found, NULL), LREG_OK);
    assert_string_equal(found.organization_id, "o1");
    assert_string_equal(found.registry_id, "r2");
    assert_string_equal(found.description, "for CI");
    assert_memory_equal(found.secret_sha256, full.secret_sha256, sizeof found.secret_sha256);
    assert_int_equal(found.sealed_length, 7);
    assert_memory_equal(found.sealed_secret, "\0sealed", 7);
    assert_true(found.scopes == 0x80000001u);
    assert_string_equal(found.created_by, "user:ann");
    assert_int_equal(found.created_ms, 3);
    assert_int_equal(found.expires_ms, 4);
    meta_rollback(transaction);
}

static void test_meta_tokens__an_api_token_has_no_registry_and_no_sealed_secret(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_token found = full;
    add(transaction, "t1", NULL);
    assert_int_equal(meta_token_find(transaction, "t1", &fixture->arena, &found, NULL), LREG_OK);
    assert_null(found.registry_id);
    assert_null(found.sealed_secret);
    assert_int_equal(found.sealed_length, 0);
    assert_string_equal(found.description, "");
    meta_rollback(transaction);
}

static void test_meta_tokens__unknown_ones_are_not_found_and_secrets_are_not_told(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_token found = {0};
    assert_int_equal(meta_token_find_by_secret(transaction, full.secret_sha256, &fixture->arena, &found, &fixture->err),
                     LREG_NOT_FOUND);
    assert_string_equal(fixture->err.message, "no token of that secret");
    assert_int_equal(meta_token_find(transaction, "t5", &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_token_delete(transaction, "t5", NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_token_set_description(transaction, "t5", "x", NULL), LREG_NOT_FOUND);
    meta_rollback(transaction);
}

static void test_meta_tokens__a_secret_is_unique(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_token row = full;
    assert_int_equal(meta_token_insert(transaction, &row, NULL), LREG_OK);
    row.id = "t6";
    assert_int_equal(meta_token_insert(transaction, &row, NULL), LREG_CONFLICT);
    meta_rollback(transaction);
}

static void test_meta_tokens__lists_of_registry_and_organisation_are_apart(void **state) {
    struct fixture *fixture = *state;
    struct arena *arena = &fixture->arena;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_token *rows = NULL;
    size_t count = 0;
    add(transaction, "t3", "r1");
    add(transaction, "t1", "r1");
    add(transaction, "t2", NULL);
    add(transaction, "t4", NULL);
    add(transaction, "t5", "r2");
    assert_int_equal(meta_token_list(transaction, "o1", "r1", NULL, 9, arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].id, "t1");
    assert_string_equal(rows[1].id, "t3");
    assert_int_equal(meta_token_list(transaction, "o1", "r1", "t1", 9, arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].id, "t3");
    assert_int_equal(meta_token_list(transaction, "o1", NULL, NULL, 1, arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].id, "t2");
    assert_int_equal(meta_token_list(transaction, "o1", NULL, "t2", 9, arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].id, "t4");
    meta_rollback(transaction);
}

static void test_meta_tokens__description_changes_and_delete_removes(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_token found = {0};
    add(transaction, "t1", NULL);
    add(transaction, "t2", NULL);
    assert_int_equal(meta_token_set_description(transaction, "t1", "new", NULL), LREG_OK);
    assert_int_equal(meta_token_find(transaction, "t1", &fixture->arena, &found, NULL), LREG_OK);
    assert_string_equal(found.description, "new");
    assert_int_equal(meta_token_delete(transaction, "t1", NULL), LREG_OK);
    assert_int_equal(meta_token_find(transaction, "t1", &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_token_find(transaction, "t2", &fixture->arena, &found, NULL), LREG_OK);
    assert_string_equal(found.description, "");
    meta_rollback(transaction);
}
