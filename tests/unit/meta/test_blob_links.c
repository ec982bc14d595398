/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of blob links, and their expiry while documents name them. */
#include "unit/meta/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static void put(struct meta_transaction *transaction, const char *scope, const char *digest, int64_t blob_id,
                int64_t claimed_ms) {
    const struct meta_blob_link row = {
        .registry_id = "r2", .scope = scope, .digest = digest, .blob_id = blob_id, .claimed_ms = claimed_ms};
    assert_int_equal(meta_blob_link_put(transaction, &row, NULL), LREG_OK);
}

static void name_it(struct meta_transaction *transaction, const char *scope, const char *document, const char *target) {
    const struct meta_document row = {.registry_id = "r2", .scope = scope, .name = document};
    assert_int_equal(meta_document_put(transaction, &row, &target, target != NULL ? 1 : 0, NULL), LREG_OK);
}

static uint64_t expire(struct meta_transaction *transaction, int64_t before_ms) {
    uint64_t removed = 99;
    assert_int_equal(meta_blob_links_expire(transaction, before_ms, 100, &removed, NULL), LREG_OK);
    return removed;
}

static void test_meta_blob_links__what_is_put_is_found_in_its_scope_and_anywhere(void **state) {
    struct fixture *fixture = *state;
    struct arena *arena = &fixture->arena;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_blob_link link = {0};
    struct meta_blob blob = {0};
    int64_t id = fixture_add_blob(transaction, 1, 5);
    put(transaction, "image", "sha256:a", id, 3);
    assert_int_equal(meta_blob_link_find(transaction, "r2", "image", "sha256:a", arena, &link, &blob, NULL), LREG_OK);
    assert_string_equal(link.registry_id, "r2");
    assert_string_equal(link.scope, "image");
    assert_string_equal(link.digest, "sha256:a");
    assert_int_equal(link.blob_id, id);
    assert_int_equal(link.claimed_ms, 3);
    assert_int_equal(blob.id, id);
    assert_int_equal(blob.size_bytes, 5);
    assert_string_equal(blob.key, "key-1");
    assert_int_equal(meta_blob_link_find(transaction, "r2", "other", "sha256:a", arena, &link, &blob, NULL),
                     LREG_NOT_FOUND);
    assert_int_equal(meta_blob_link_find_anywhere(transaction, "r2", "sha256:a", arena, &link, &blob, NULL), LREG_OK);
    assert_string_equal(link.scope, "image");
    assert_int_equal(meta_blob_link_find_anywhere(transaction, "r1", "sha256:a", arena, &link, &blob, NULL),
                     LREG_NOT_FOUND);
    assert_int_equal(meta_blob_link_find_anywhere(transaction, "r2", "sha256:b", arena, &link, &blob, NULL),
                     LREG_NOT_FOUND);
    meta_rollback(transaction);
}

static void test_meta_blob_links__put_again_renews_the_claim(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_blob_link link = {0};
    struct meta_blob blob = {0};
    int64_t first = fixture_add_blob(transaction, 1, 5);
    int64_t second = fixture_add_blob(transaction, 2, 6);
    put(transaction, "image", "sha256:a", first, 3);
    put(transaction, "image", "sha256:a", second, 9);
    assert_int_equal(meta_blob_link_find(transaction, "r2", "image", "sha256:a", &fixture->arena, &link, &blob, NULL),
                     LREG_OK);
    assert_int_equal(link.claimed_ms, 9);
    assert_int_equal(blob.id, second);
    meta_rollback(transaction);
}

static void test_meta_blob_links__delete_removes_one(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    int64_t id = fixture_add_blob(transaction, 1, 5);
    put(transaction, "image", "sha256:a", id, 3);
    put(transaction, "other", "sha256:a", id, 3);
    assert_int_equal(meta_blob_link_delete(transaction, "r2", "image", "sha256:a", NULL), LREG_OK);
    assert_int_equal(meta_blob_link_delete(transaction, "r2", "image", "sha256:a", NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_blob_link_delete(transaction, "r2", "other", "sha256:a", NULL), LREG_OK);
    meta_rollback(transaction);
}

static void test_meta_blob_links__a_blob_that_is_not_there_conflicts(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const struct meta_blob_link row = {.registry_id = "r2", .scope = "i", .digest = "sha256:a", .blob_id = 55};
    assert_int_equal(meta_blob_link_put(transaction, &row, NULL), LREG_CONFLICT);
    meta_rollback(transaction);
}

static void test_meta_blob_links__only_old_and_unnamed_ones_expire(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_blob_link link = {0};
    struct meta_blob blob = {0};
    int64_t id = fixture_add_blob(transaction, 1, 5);
    name_it(transaction, "image", "sha256:m", "sha256:early"); /* before the link is there */
    put(transaction, "image", "sha256:early", id, 1);
    put(transaction, "image", "sha256:named", id, 1);
    name_it(transaction, "image", "sha256:m2", "sha256:named");
    put(transaction, "other", "sha256:named", id, 1); /* named only in another scope */
    put(transaction, "image", "sha256:old", id, 9);
    put(transaction, "image", "sha256:young", id, 10);
    assert_int_equal(expire(transaction, 10), 2);
    assert_int_equal(expire(transaction, 10), 0);
    static const char *const kept[] = {"sha256:early", "sha256:named", "sha256:young"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(meta_blob_link_find(transaction, "r2", "image", kept[i], &fixture->arena, &link, &blob, NULL),
                         LREG_OK);
    }
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}

static void test_meta_blob_links__what_its_last_document_no_longer_names_expires(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    int64_t id = fixture_add_blob(transaction, 1, 5);
    put(transaction, "image", "sha256:a", id, 1);
    name_it(transaction, "image", "sha256:m1", "sha256:a");
    name_it(transaction, "image", "sha256:m2", "sha256:a");
    assert_int_equal(meta_document_delete(transaction, "r2", "image", "sha256:m1", NULL), LREG_OK);
    assert_int_equal(expire(transaction, 10), 0);
    name_it(transaction, "image", "sha256:m2", "sha256:b"); /* replaced by one that names another */
    assert_int_equal(expire(transaction, 10), 1);
    put(transaction, "image", "sha256:b", id, 1);
    assert_int_equal(expire(transaction, 10), 0);
    assert_int_equal(meta_document_delete(transaction, "r2", "image", "sha256:m2", NULL), LREG_OK);
    assert_int_equal(expire(transaction, 10), 1);
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}

static void test_meta_blob_links__expiry_goes_by_limit_oldest_first(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_blob_link link = {0};
    struct meta_blob blob = {0};
    uint64_t removed = 0;
    int64_t id = fixture_add_blob(transaction, 1, 5);
    put(transaction, "image", "sha256:a", id, 3);
    put(transaction, "image", "sha256:b", id, 1);
    put(transaction, "image", "sha256:c", id, 2);
    assert_int_equal(meta_blob_links_expire(transaction, 10, 2, &removed, NULL), LREG_OK);
    assert_int_equal(removed, 2);
    assert_int_equal(meta_blob_link_find(transaction, "r2", "image", "sha256:a", &fixture->arena, &link, &blob, NULL),
                     LREG_OK);
    meta_rollback(transaction);
}
