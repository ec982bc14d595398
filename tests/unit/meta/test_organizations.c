/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of organizations and values of the instance. */
#include "unit/meta/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static void add(struct meta_transaction *transaction, const char *id, const char *slug) {
    const struct meta_organization row = {.id = id, .slug = slug, .name = "Näme", .created_ms = 12};
    assert_int_equal(meta_organization_insert(transaction, &row, NULL), LREG_OK);
}

static void test_meta_organizations__what_is_inserted_is_found(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_organization found = {0};
    add(transaction, "o2", "beta");
    assert_int_equal(meta_organization_find(transaction, "beta", &fixture->arena, &found, NULL), LREG_OK);
    assert_string_equal(found.id, "o2");
    assert_string_equal(found.slug, "beta");
    assert_string_equal(found.name, "Näme");
    assert_int_equal(found.created_ms, 12);
    meta_rollback(transaction);
}

static void test_meta_organizations__unknown_slug_is_not_found(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_READ);
    struct meta_organization found = {0};
    assert_int_equal(meta_organization_find(transaction, "ACME", &fixture->arena, &found, &fixture->err),
                     LREG_NOT_FOUND);
    assert_string_equal(fixture->err.message, "no organization ACME");
    meta_rollback(transaction);
}

static void test_meta_organizations__taken_slug_or_id_conflicts_and_the_transaction_goes_on(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const struct meta_organization same_slug = {.id = "o9", .slug = "acme", .name = "x"};
    const struct meta_organization same_id = {.id = "o1", .slug = "other", .name = "x"};
    assert_int_equal(meta_organization_insert(transaction, &same_slug, &fixture->err), LREG_CONFLICT);
    assert_string_equal(fixture->err.code, "exists");
    assert_int_equal(fixture->err.cause, 2067); /* SQLITE_CONSTRAINT_UNIQUE */
    assert_int_equal(meta_organization_insert(transaction, &same_id, &fixture->err), LREG_CONFLICT);
    add(transaction, "o2", "beta");
    fixture_commit(fixture, transaction);
}

static void test_meta_organizations__missing_text_is_a_bug_of_the_caller(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const struct meta_organization row = {.id = "o9", .slug = NULL, .name = "x"};
    assert_int_equal(meta_organization_insert(transaction, &row, &fixture->err), LREG_INTERNAL);
    meta_rollback(transaction);
}

static void test_meta_organizations__list_goes_by_slug_and_continues_behind(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_organization *rows = NULL;
    size_t count = 0;
    add(transaction, "o4", "zeta");
    add(transaction, "o2", "beta");
    add(transaction, "o3", "gamma");
    assert_int_equal(meta_organization_list(transaction, NULL, 2, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].slug, "acme");
    assert_string_equal(rows[1].slug, "beta");
    assert_int_equal(meta_organization_list(transaction, "beta", 10, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].slug, "gamma");
    assert_string_equal(rows[1].slug, "zeta");
    assert_int_equal(meta_organization_list(transaction, "zeta", 10, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_organization_list(transaction, NULL, 0, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    meta_rollback(transaction);
}

static void test_meta_organizations__no_page_is_longer_than_the_maximum(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_organization *rows = NULL;
    size_t count = 0;
    for (int i = 0; i < META_PAGE_MAX + 5; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "x%05d", i);
        add(transaction, text, text);
    }
    assert_int_equal(meta_organization_list(transaction, NULL, SIZE_MAX, &fixture->arena, &rows, &count, NULL),
                     LREG_OK);
    assert_int_equal(count, META_PAGE_MAX);
    assert_string_equal(rows[0].slug, "acme");
    assert_string_equal(rows[META_PAGE_MAX - 1].slug, "x00998");
    meta_rollback(transaction);
}

static void test_meta_organizations__delete_is_refused_while_there_are_registries(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(meta_organization_delete(transaction, "o1", &fixture->err), LREG_CONFLICT);
    assert_string_equal(fixture->err.code, "referenced");
    assert_int_equal(meta_registry_delete(transaction, "r1", NULL), LREG_OK);
    assert_int_equal(meta_registry_delete(transaction, "r2", NULL), LREG_OK);
    assert_int_equal(meta_organization_delete(transaction, "o1", NULL), LREG_OK);
    assert_int_equal(meta_organization_delete(transaction, "o1", NULL), LREG_NOT_FOUND);
    fixture_commit(fixture, transaction);
}

static void test_meta_organizations__delete_takes_its_tokens_along(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_token found = {0};
    add(transaction, "o2", "beta");
    const struct meta_token token = {.id = "t1", .organization_id = "o2", .secret_sha256 = {1}};
    assert_int_equal(meta_token_insert(transaction, &token, NULL), LREG_OK);
    assert_int_equal(meta_organization_delete(transaction, "o2", NULL), LREG_OK);
    assert_int_equal(meta_token_find(transaction, "t1", &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    fixture_commit(fixture, transaction);
}

static void test_meta_organizations__values_are_set_and_replaced(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const char *value = "x";
    assert_int_equal(meta_value_find(transaction, "id", &fixture->arena, &value, NULL), LREG_OK);
    assert_null(value);
    assert_int_equal(meta_value_set(transaction, "id", "", NULL), LREG_OK);
    assert_int_equal(meta_value_find(transaction, "id", &fixture->arena, &value, NULL), LREG_OK);
    assert_string_equal(value, "");
    assert_int_equal(meta_value_set(transaction, "id", "abc", NULL), LREG_OK);
    assert_int_equal(meta_value_find(transaction, "id", &fixture->arena, &value, NULL), LREG_OK);
    assert_string_equal(value, "abc");
    meta_rollback(transaction);
}
