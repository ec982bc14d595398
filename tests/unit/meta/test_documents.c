/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of documents, what they name and refer to, and the walk over all of them. */
#include "meta/sqlite/sqlite_internal.h"
#include "unit/meta/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static void put(struct meta_transaction *transaction, const char *scope, const char *name, const char *subject) {
    const struct meta_document row = {
        .registry_id = "r2", .scope = scope, .name = name, .content = "{}", .content_length = 2, .subject = subject};
    assert_int_equal(meta_document_put(transaction, &row, NULL, 0, NULL), LREG_OK);
}

static bool is_named(struct meta_transaction *transaction, const char *scope, const char *target) {
    bool named = false;
    assert_int_equal(meta_document_target_is_named(transaction, "r2", scope, target, &named, NULL), LREG_OK);
    return named;
}

static const struct meta_document full = {
    .registry_id = "r2",
    .scope = "team/image",
    .name = "sha256:m",
    .media_type = "application/json",
    .content = "a\0b",
    .content_length = 3,
    .sha256 = {4, 5, 6},
    .subject = "sha256:s",
    .attributes = "{}",
    .revision = 12,
    .created_ms = 13,
};

static void assert_full(const struct meta_document *found) {
    assert_string_equal(found->registry_id, "r2");
    assert_string_equal(found->scope, "team/image");
    assert_string_equal(found->name, "sha256:m");
    assert_string_equal(found->media_type, "application/json");
    assert_int_equal(found->content_length, 3);
    assert_memory_equal(found->content, "a\0b", 3);
    assert_memory_equal(found->sha256, full.sha256, sizeof full.sha256);
    assert_string_equal(found->subject, "sha256:s");
    assert_string_equal(found->attributes, "{}");
    assert_int_equal(found->revision, 12);
    assert_int_equal(found->created_ms, 13);
}

static void test_meta_documents__what_is_put_is_found(void **state) {
    struct fixture *fixture = *state;
    struct arena *arena = &fixture->arena;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_document found = {0};
    assert_int_equal(meta_document_put(transaction, &full, NULL, 0, NULL), LREG_OK);
    assert_int_equal(meta_document_find(transaction, "r2", "team/image", "sha256:m", arena, &found, NULL), LREG_OK);
    assert_full(&found);
    assert_int_equal(meta_document_find_head(transaction, "r2", "team/image", "sha256:m", arena, &found, NULL),
                     LREG_OK);
    assert_null(found.content);
    assert_int_equal(found.content_length, 3);
    assert_int_equal(meta_document_find_head(transaction, "r1", "team/image", "sha256:m", arena, &found, NULL),
                     LREG_NOT_FOUND);
    assert_int_equal(meta_document_find(transaction, "r2", "team", "sha256:m", arena, &found, NULL), LREG_NOT_FOUND);
    meta_rollback(transaction);
}

static void test_meta_documents__who_names_a_target_is_listed(void **state) {
    static const char *const targets[] = {"sha256:a", "sha256:b", "sha256:a"};
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const char **names = NULL;
    size_t count = 0;
    struct meta_document other = full;
    other.name = "sha256:l";
    assert_int_equal(meta_document_put(transaction, &full, targets, 3, NULL), LREG_OK);
    assert_int_equal(meta_document_put(transaction, &other, targets, 1, NULL), LREG_OK);
    other.scope = "team/other";
    other.name = "sha256:k";
    assert_int_equal(meta_document_put(transaction, &other, targets, 1, NULL), LREG_OK);
    assert_int_equal(meta_document_list_naming(transaction, "r2", "team/image", "sha256:a", 9, &fixture->arena, &names,
                                               &count, NULL),
                     LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "sha256:l");
    assert_string_equal(names[1], "sha256:m");
    assert_int_equal(meta_document_list_naming(transaction, "r2", "team/image", "sha256:c", 9, &fixture->arena, &names,
                                               &count, NULL),
                     LREG_OK);
    assert_int_equal(count, 0);
    meta_rollback(transaction);
}

static void test_meta_documents__an_empty_content_is_not_null(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const struct meta_document row = {.registry_id = "r2", .scope = "s", .name = "n"};
    struct meta_document found = {0};
    assert_int_equal(meta_document_put(transaction, &row, NULL, 0, NULL), LREG_OK);
    assert_int_equal(meta_document_find(transaction, "r2", "s", "n", &fixture->arena, &found, NULL), LREG_OK);
    assert_non_null(found.content);
    assert_int_equal(found.content_length, 0);
    assert_null(found.subject);
    assert_string_equal(found.media_type, "");
    assert_string_equal(found.attributes, "");
    meta_rollback(transaction);
}

static void test_meta_documents__put_again_replaces_content_and_links(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    static const char *const before[] = {"sha256:a", "sha256:b", "sha256:a"}; /* one is named twice */
    static const char *const after[] = {"sha256:b", "sha256:c"};
    struct meta_document row = {.registry_id = "r2", .scope = "team/image", .name = "sha256:m"};
    struct meta_document found = {0};
    assert_int_equal(meta_document_put(transaction, &row, before, 3, NULL), LREG_OK);
    assert_true(is_named(transaction, "team/image", "sha256:a"));
    assert_true(is_named(transaction, "team/image", "sha256:b"));
    assert_false(is_named(transaction, "team", "sha256:a"));
    assert_int_equal(meta_document_put(transaction, &full, after, 2, NULL), LREG_OK);
    assert_false(is_named(transaction, "team/image", "sha256:a"));
    assert_true(is_named(transaction, "team/image", "sha256:b"));
    assert_true(is_named(transaction, "team/image", "sha256:c"));
    assert_int_equal(meta_document_find(transaction, "r2", "team/image", "sha256:m", &fixture->arena, &found, NULL),
                     LREG_OK);
    assert_full(&found);
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}

static void test_meta_documents__delete_takes_the_links_along(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    static const char *const targets[] = {"sha256:a"};
    assert_int_equal(meta_document_put(transaction, &full, targets, 1, NULL), LREG_OK);
    assert_int_equal(meta_document_delete(transaction, "r2", "team/image", "sha256:m", NULL), LREG_OK);
    assert_int_equal(meta_document_delete(transaction, "r2", "team/image", "sha256:m", NULL), LREG_NOT_FOUND);
    assert_false(is_named(transaction, "team/image", "sha256:a"));
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}

static void test_meta_documents__a_registry_that_is_not_there_is_told(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_document row = full;
    row.registry_id = "r9";
    assert_int_equal(meta_document_put(transaction, &row, NULL, 0, NULL), LREG_NOT_FOUND);
    meta_rollback(transaction);
}

static void test_meta_documents__the_head_comes_without_content(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_document row;
    put(transaction, "image", "sha256:3", "sha256:s");
    assert_int_equal(meta_document_find_head(transaction, "r2", "image", "sha256:3", &fixture->arena, &row, NULL),
                     LREG_OK);
    assert_null(row.content);
    assert_int_equal(row.content_length, 2);
    assert_string_equal(row.subject, "sha256:s");
    fixture_commit(fixture, transaction);
}

static void test_meta_documents__targets_come_in_pages(void **state) {
    struct fixture *fixture = *state;
    struct arena *arena = &fixture->arena;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    static const char *const targets[] = {"sha256:c", "sha256:a", "sha256:b", "sha256:a"};
    const char **found = NULL;
    size_t count = 0;
    assert_int_equal(meta_document_put(transaction, &full, targets, 4, NULL), LREG_OK);
    assert_int_equal(
        meta_document_targets(transaction, "r2", "team/image", "sha256:m", NULL, 2, arena, &found, &count, NULL),
        LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(found[0], "sha256:a");
    assert_string_equal(found[1], "sha256:b");
    assert_int_equal(
        meta_document_targets(transaction, "r2", "team/image", "sha256:m", found[1], 2, arena, &found, &count, NULL),
        LREG_OK);
    assert_int_equal(count, 1);
    assert_string_equal(found[0], "sha256:c");
    fixture_commit(fixture, transaction);
}

static void assert_scopes(struct fixture *fixture, struct meta_transaction *transaction, const char *prefix,
                          const char *after, size_t limit, const char *expected) {
    const char **scopes = NULL;
    size_t count = 0;
    char joined[256] = "";
    assert_int_equal(
        meta_document_scopes(transaction, "r2", prefix, after, limit, &fixture->arena, &scopes, &count, NULL), LREG_OK);
    for (size_t i = 0; i < count; i++) {
        fixture_append(joined, sizeof joined, scopes[i]);
        fixture_append(joined, sizeof joined, " ");
    }
    assert_string_equal(joined, expected);
}

static void test_meta_documents__scopes_are_distinct_within_a_prefix(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    static const char *const scopes[] = {"b", "a", "b/x", "b/y", "b0", "c", "\xc3\xa4"};
    for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++) {
        put(transaction, scopes[i], "1", NULL);
        put(transaction, scopes[i], "2", NULL);
    }
    assert_scopes(fixture, transaction, "", NULL, 99, "a b b/x b/y b0 c \xc3\xa4 ");
    assert_scopes(fixture, transaction, "", "b", 2, "b/x b/y ");
    assert_scopes(fixture, transaction, "b/", NULL, 99, "b/x b/y ");
    assert_scopes(fixture, transaction, "b/", "a", 99, "b/x b/y ");
    assert_scopes(fixture, transaction, "b/", "b/x", 99, "b/y ");
    assert_scopes(fixture, transaction, "b/", "b0", 99, "");
    assert_scopes(fixture, transaction, "b", NULL, 99, "b b/x b/y b0 ");
    assert_scopes(fixture, transaction, "b", "b", 1, "b/x ");
    assert_scopes(fixture, transaction, "", NULL, 0, "");
    meta_rollback(transaction);
}

struct walk {
    struct meta_transaction *transaction;
    size_t documents;
    size_t bytes;
    size_t stop_at;
};

static lreg_status count_document(void *user, const struct meta_document *document, struct error *err) {
    struct walk *walk = user;
    assert_non_null(document->content);
    assert_true(is_named(walk->transaction, document->scope, "sha256:a") == (document->content_length == 3));
    walk->documents++;
    walk->bytes += document->content_length;
    return walk->documents == walk->stop_at ? error_set(err, LREG_CORRUPT, "found", "wrong") : LREG_OK;
}

static void test_meta_documents__all_are_visited_with_their_content(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    static const char *const targets[] = {"sha256:a"};
    struct walk walk = {.transaction = transaction};
    put(transaction, "a", "1", NULL);
    assert_int_equal(meta_document_put(transaction, &full, targets, 1, NULL), LREG_OK);
    put(transaction, "a", "2", NULL);
    size_t used = fixture->arena.used_bytes;
    assert_int_equal(meta_document_visit_all(transaction, count_document, &walk, &fixture->err), LREG_OK);
    assert_int_equal(fixture->arena.used_bytes, used);
    assert_int_equal(walk.documents, 3);
    assert_int_equal(walk.bytes, 7);
    walk = (struct walk){.transaction = transaction, .stop_at = 2};
    assert_int_equal(meta_document_visit_all(transaction, count_document, &walk, &fixture->err), LREG_CORRUPT);
    assert_string_equal(fixture->err.code, "found");
    assert_int_equal(walk.documents, 2);
    fixture_commit(fixture, transaction);
}

static int64_t damaged_ms(struct meta_transaction *transaction, struct arena *arena) {
    struct meta_document found = {0};
    assert_int_equal(meta_document_find_head(transaction, "r2", "team/image", "sha256:m", arena, &found, NULL),
                     LREG_OK);
    return found.damaged_ms;
}

static bool set_damaged(struct meta_transaction *transaction, const uint8_t *sha256, int64_t at_ms) {
    bool changed = false;
    assert_int_equal(meta_document_set_damaged(transaction, 1, sha256, at_ms, &changed, NULL), LREG_OK);
    return changed;
}

static void test_meta_documents__damage_is_marked_until_the_document_is_put_again_or_gone(void **state) {
    struct fixture *fixture = *state;
    static const uint8_t other[DIGEST_SHA256_BYTES] = {1};
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(meta_document_put(transaction, &full, NULL, 0, NULL), LREG_OK);
    assert_false(set_damaged(transaction, full.sha256, 0));
    assert_false(set_damaged(transaction, other, 7)); /* it was put again meanwhile */
    assert_int_equal(damaged_ms(transaction, &fixture->arena), 0);
    assert_true(set_damaged(transaction, full.sha256, 7));
    assert_false(set_damaged(transaction, full.sha256, 8)); /* when it was found first */
    assert_false(set_damaged(transaction, other, 0));
    assert_int_equal(damaged_ms(transaction, &fixture->arena), 7);
    assert_true(set_damaged(transaction, full.sha256, 0));
    assert_int_equal(damaged_ms(transaction, &fixture->arena), 0);
    assert_true(set_damaged(transaction, full.sha256, 9));
    assert_int_equal(meta_document_put(transaction, &full, NULL, 0, NULL), LREG_OK);
    assert_int_equal(damaged_ms(transaction, &fixture->arena), 0);
    assert_true(set_damaged(transaction, full.sha256, 9));
    assert_int_equal(meta_document_delete(transaction, "r2", "team/image", "sha256:m", NULL), LREG_OK);
    assert_int_equal(meta_document_put(transaction, &full, NULL, 0, NULL), LREG_OK);
    assert_int_equal(damaged_ms(transaction, &fixture->arena), 0); /* at the position of the one before */
    meta_rollback(transaction);
}

/* The pages that a connection has read so far. */
static int pages_read(const struct fixture *fixture) {
    int pages = 0;
    int unused = 0;
    assert_int_equal(sqlite3_db_status(fixture->meta->idle->database, SQLITE_DBSTATUS_CACHE_MISS, &pages, &unused, 0),
                     SQLITE_OK);
    return pages;
}

static void test_meta_documents__the_head_is_read_without_the_pages_of_the_content(void **state) {
    struct fixture *fixture = fixture_new(true);
    void *own = fixture;
    struct meta_document long_one = full;
    struct meta_document found = {0};
    (void)state; /* of which nothing is on disk */
    long_one.content_length = (size_t)1 << 20;
    long_one.content = test_calloc(1, long_one.content_length);
    fixture_open(fixture);
    fixture_add_owners(fixture);
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(meta_document_put(transaction, &long_one, NULL, 0, NULL), LREG_OK);
    fixture_commit(fixture, transaction);
    test_free((void *)long_one.content);
    fixture_reopen(fixture);
    int before = pages_read(fixture);
    transaction = fixture_begin(fixture, META_READ);
    assert_int_equal(
        meta_document_find_head(transaction, "r2", "team/image", "sha256:m", &fixture->arena, &found, NULL), LREG_OK);
    assert_int_equal(found.content_length, (size_t)1 << 20);
    meta_rollback(transaction);
    assert_in_range(pages_read(fixture) - before, 0, 20);
    assert_int_equal(fixture_free(&own), 0);
}
