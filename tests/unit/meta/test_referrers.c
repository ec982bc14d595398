/* SPDX-License-Identifier: Apache-2.0 */
/* The content of referrer lists, and that nothing of it remains without its document. */
#include "unit/meta/fixture.h"

#include "meta/referrers.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static void put(struct meta_transaction *transaction, const char *scope, const char *name, const char *subject) {
    const struct meta_document row = {.registry_id = "r2",
                                      .scope = scope,
                                      .name = name,
                                      .content = "{}",
                                      .content_length = 2,
                                      .subject = subject,
                                      .listed_type = "type/x",
                                      .listed = "{\"x\":1}"};
    assert_int_equal(meta_document_put(transaction, &row, NULL, 0, NULL), LREG_OK);
}

static size_t list(struct fixture *fixture, struct meta_transaction *transaction, const char *after, size_t limit,
                   struct meta_referrer **out) {
    size_t count = 0;
    assert_int_equal(
        meta_referrer_list(transaction, "r2", "image", "sha256:s", after, limit, &fixture->arena, out, &count, NULL),
        LREG_OK);
    return count;
}

static void test_meta_referrers__come_by_name_with_what_lists_show(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_referrer *rows = NULL;
    put(transaction, "image", "sha256:3", "sha256:s");
    put(transaction, "image", "sha256:1", "sha256:s");
    put(transaction, "image", "sha256:2", "sha256:s");
    put(transaction, "image", "sha256:4", NULL);
    put(transaction, "other", "sha256:5", "sha256:s");
    assert_int_equal(list(fixture, transaction, NULL, 2, &rows), 2);
    assert_string_equal(rows[0].name, "sha256:1");
    assert_string_equal(rows[0].type, "type/x");
    assert_string_equal(rows[0].listed, "{\"x\":1}");
    assert_string_equal(rows[1].name, "sha256:2");
    assert_int_equal(list(fixture, transaction, "sha256:2", 9, &rows), 1);
    assert_string_equal(rows[0].name, "sha256:3");
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}

static void test_meta_referrers__go_with_their_document(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_referrer *rows = NULL;
    put(transaction, "image", "sha256:1", "sha256:s");
    put(transaction, "image", "sha256:1", "sha256:s"); /* again: is one */
    assert_int_equal(list(fixture, transaction, NULL, 9, &rows), 1);
    assert_int_equal(meta_document_delete(transaction, "r2", "image", "sha256:1", NULL), LREG_OK);
    assert_int_equal(list(fixture, transaction, NULL, 9, &rows), 0);
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}

static void test_meta_referrers__what_was_not_made_yet_is_told_and_set(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_referrer row = {.name = "sha256:1"};
    struct meta_referrer *rows = NULL;
    put(transaction, "image", "sha256:1", "sha256:s");
    assert_int_equal(meta_referrer_put(transaction, "r2", "image", "sha256:s", &row, NULL), LREG_OK);
    assert_int_equal(list(fixture, transaction, NULL, 9, &rows), 1);
    assert_null(rows[0].listed);
    row.listed = "{}";
    assert_int_equal(meta_referrer_put(transaction, "r2", "image", "sha256:s", &row, NULL), LREG_OK);
    assert_int_equal(list(fixture, transaction, NULL, 9, &rows), 1);
    assert_string_equal(rows[0].listed, "{}");
    fixture_commit(fixture, transaction);
}
