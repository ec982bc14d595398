/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log: order, paging, rotation. */
#include "unit/meta/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static void add(struct meta_transaction *transaction, const char *organization_id, int number) {
    char id[16];
    struct meta_audit_event row = {.id = id, .organization_id = organization_id, .type = "X", .at_ms = number};
    (void)snprintf(id, sizeof id, "e%05d", number);
    assert_int_equal(meta_audit_insert(transaction, &row, NULL), LREG_OK);
}

static size_t list(struct fixture *fixture, struct meta_transaction *transaction, const char *before_id, size_t limit,
                   struct meta_audit_event **rows) {
    size_t count = 0;
    assert_int_equal(meta_audit_list(transaction, "o1", before_id, limit, &fixture->arena, rows, &count, NULL),
                     LREG_OK);
    return count;
}

static uint64_t rotate(struct meta_transaction *transaction, int64_t before_ms, uint64_t keep, size_t limit) {
    uint64_t removed = 0;
    assert_int_equal(meta_audit_rotate(transaction, before_ms, keep, limit, &removed, NULL), LREG_OK);
    return removed;
}

static void test_meta_audit__what_is_inserted_is_listed(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const struct meta_audit_event row = {
        .id = "e1",
        .organization_id = "o1",
        .registry_id = "gone",
        .type = "RegistryDeletedEvent",
        .actor = "ann",
        .actor_token_id = "t1",
        .remote_address = "::1",
        .subject = "acme/files",
        .data = "{}",
        .at_ms = 44,
    };
    struct meta_audit_event *rows = NULL;
    assert_int_equal(meta_audit_insert(transaction, &row, NULL), LREG_OK);
    assert_int_equal(meta_audit_insert(transaction, &row, NULL), LREG_CONFLICT);
    assert_int_equal(list(fixture, transaction, NULL, 5, &rows), 1);
    assert_string_equal(rows[0].id, "e1");
    assert_string_equal(rows[0].organization_id, "o1");
    assert_string_equal(rows[0].registry_id, "gone");
    assert_string_equal(rows[0].type, "RegistryDeletedEvent");
    assert_string_equal(rows[0].actor, "ann");
    assert_string_equal(rows[0].actor_token_id, "t1");
    assert_string_equal(rows[0].remote_address, "::1");
    assert_string_equal(rows[0].subject, "acme/files");
    assert_string_equal(rows[0].data, "{}");
    assert_int_equal(rows[0].at_ms, 44);
    meta_rollback(transaction);
}

static void test_meta_audit__what_is_not_there_is_null_or_empty(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_audit_event *rows = NULL;
    add(transaction, "o1", 1);
    assert_int_equal(list(fixture, transaction, NULL, 5, &rows), 1);
    assert_null(rows[0].registry_id);
    assert_null(rows[0].actor_token_id);
    assert_string_equal(rows[0].actor, "");
    assert_string_equal(rows[0].remote_address, "");
    assert_string_equal(rows[0].subject, "");
    assert_string_equal(rows[0].data, "");
    meta_rollback(transaction);
}

static void test_meta_audit__list_is_newest_first_and_of_one_organisation(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_audit_event *rows = NULL;
    for (int i = 1; i <= 5; i++) {
        add(transaction, "o1", i);
        add(transaction, "o2", i);
    }
    assert_int_equal(list(fixture, transaction, NULL, 2, &rows), 2);
    assert_string_equal(rows[0].id, "e00005");
    assert_string_equal(rows[1].id, "e00004");
    assert_int_equal(list(fixture, transaction, "e00004", 9, &rows), 3);
    assert_string_equal(rows[0].id, "e00003");
    assert_string_equal(rows[2].id, "e00001");
    assert_int_equal(list(fixture, transaction, "e00001", 9, &rows), 0);
    meta_rollback(transaction);
}

static void test_meta_audit__rotation_removes_by_age(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_audit_event *rows = NULL;
    for (int i = 1; i <= 10; i++) {
        add(transaction, i % 2 == 0 ? "o1" : "o2", i);
    }
    assert_int_equal(rotate(transaction, 5, 100, 3), 3);
    assert_int_equal(rotate(transaction, 5, 100, 3), 1);
    assert_int_equal(rotate(transaction, 5, 100, 3), 0);
    assert_int_equal(list(fixture, transaction, NULL, 9, &rows), 3);
    assert_string_equal(rows[2].id, "e00006");
    meta_rollback(transaction);
}

static void test_meta_audit__rotation_keeps_the_newest(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_audit_event *rows = NULL;
    for (int i = 10; i >= 1; i--) { /* in the wrong order: age decides, not the order of insertion */
        add(transaction, "o1", i);
    }
    assert_int_equal(rotate(transaction, 0, 10, 100), 0);
    assert_int_equal(rotate(transaction, 0, 4, 5), 5);
    assert_int_equal(rotate(transaction, 0, 4, 5), 1);
    assert_int_equal(rotate(transaction, 0, 4, 5), 0);
    assert_int_equal(list(fixture, transaction, NULL, 9, &rows), 4);
    assert_string_equal(rows[0].id, "e00010");
    assert_string_equal(rows[3].id, "e00007");
    meta_rollback(transaction);
}

static void test_meta_audit__both_rules_share_one_limit(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_audit_event *rows = NULL;
    for (int i = 1; i <= 10; i++) {
        add(transaction, "o1", i);
    }
    assert_int_equal(rotate(transaction, 3, 5, 4), 4); /* two by age, two of the three beyond five */
    assert_int_equal(list(fixture, transaction, NULL, 99, &rows), 6);
    meta_rollback(transaction);
}

static void test_meta_audit__extremes_of_keep_are_fine(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(rotate(transaction, INT64_MIN, 0, SIZE_MAX), 0);
    add(transaction, "o1", 1);
    add(transaction, "o1", 2);
    assert_int_equal(rotate(transaction, INT64_MIN, UINT64_MAX, SIZE_MAX), 0);
    assert_int_equal(rotate(transaction, INT64_MIN, 0, 0), 0);
    assert_int_equal(rotate(transaction, INT64_MIN, 0, SIZE_MAX), 2);
    meta_rollback(transaction);
}
