/* SPDX-License-Identifier: Apache-2.0 */
/* Deleted registries: their content is invisible, and is removed in pages. */
#include "meta/sqlite/sqlite_internal.h"
#include "unit/meta/fixture.h"

#define PACKAGES 5

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static int64_t number(struct fixture *fixture, const char *sql) {
    int64_t value = -1;
    assert_int_equal(meta_connection_number(fixture->meta->idle, sql, &value, NULL), LREG_OK);
    return value;
}

/* All rows of "r1". */
static int64_t count_rows(struct fixture *fixture) {
    return number(fixture, "SELECT (SELECT count(*) FROM packages WHERE registry_id = 'r1')"
                           " + (SELECT count(*) FROM documents WHERE registry_id = 'r1')"
                           " + (SELECT count(*) FROM document_links WHERE registry_id = 'r1')"
                           " + (SELECT count(*) FROM blob_links WHERE registry_id = 'r1')"
                           " + (SELECT count(*) FROM uploads WHERE registry_id = 'r1')"
                           " + (SELECT count(*) FROM tokens WHERE registry_id = 'r1')"
                           " + (SELECT count(*) FROM registry_keys WHERE registry_id = 'r1')");
}

static void add_document(struct meta_transaction *transaction, const char *name, size_t length,
                         const char *const *targets, size_t target_count) {
    char *content = calloc(1, length);
    const struct meta_document row = {.registry_id = "r1",
                                      .scope = "image",
                                      .name = name,
                                      .subject = "sha256:s",
                                      .content = content,
                                      .content_length = length};
    assert_non_null(content);
    assert_int_equal(meta_document_put(transaction, &row, targets, target_count, NULL), LREG_OK);
    free(content);
}

static void add_packages(struct meta_transaction *transaction, int64_t blob) {
    for (int i = 0; i < PACKAGES; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "p%d", i);
        struct meta_package row = fixture_package(id, "name", id, id, i);
        row.blob_id = blob;
        row.index_entry = "P:name";
        row.size_bytes = 3;
        assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK);
    }
}

static const struct meta_token token = {
    .id = "t1", .organization_id = "o1", .registry_id = "r1", .secret_sha256 = {0x77}};
static const struct meta_upload upload = {.id = "u1", .registry_id = "r1", .storage = "main"};
static const struct meta_registry_key key = {
    .registry_id = "r1", .name = "index", .sealed = "x", .sealed_length = 1, .public_text = "PEM"};

/* Some of everything in "r1", and a package in "r2" that shares its blob. */
static void fill(struct fixture *fixture) {
    static const char *const targets[] = {"sha256:a", "sha256:b"};
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    int64_t own = fixture_add_blob(transaction, 1, 10);
    int64_t shared = fixture_add_blob(transaction, 2, 20);
    struct meta_package other = fixture_package("other", "name", "1", "other", 1);
    other.registry_id = "r2";
    other.blob_id = shared;
    assert_int_equal(meta_package_insert(transaction, &other, NULL), LREG_OK);
    add_packages(transaction, shared);
    const struct meta_blob_link links[] = {
        {.registry_id = "r1", .scope = "image", .digest = "sha256:a", .blob_id = own},
        {.registry_id = "r1", .scope = "image", .digest = "sha256:b", .blob_id = shared}};
    assert_int_equal(meta_blob_link_put(transaction, &links[0], NULL), LREG_OK);
    assert_int_equal(meta_blob_link_put(transaction, &links[1], NULL), LREG_OK);
    add_document(transaction, "sha256:m", 2, targets, 2);
    add_document(transaction, "sha256:n", 2, targets, 2);
    assert_int_equal(meta_token_insert(transaction, &token, NULL), LREG_OK);
    assert_int_equal(meta_upload_insert(transaction, &upload, NULL), LREG_OK);
    assert_int_equal(meta_registry_key_insert(transaction, &key, NULL), LREG_OK);
    fixture_commit(fixture, transaction);
}

static void delete_registry(struct fixture *fixture) {
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(meta_registry_delete(transaction, "r1", NULL), LREG_OK);
    fixture_commit(fixture, transaction);
}

static bool purge_page(struct fixture *fixture, size_t limit) {
    bool done = false;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(meta_registry_purge(transaction, "r1", limit, &done, &fixture->err), LREG_OK);
    fixture_commit(fixture, transaction);
    return done;
}

/* --- visibility --- */

static void assert_nothing_is_found(struct meta_transaction *t, struct arena *arena) {
    union {
        struct meta_registry registry;
        struct meta_registry_key key;
        struct meta_token token;
        struct meta_upload upload;
        struct meta_package package;
        struct meta_document document;
        struct meta_blob_link link;
    } row;
    struct meta_blob blob;
    uint64_t count = 9;
    uint64_t bytes = 9;
    bool is = true;
    assert_int_equal(meta_registry_find(t, "acme", "files", arena, &row.registry, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_registry_find_by_id(t, "r1", arena, &row.registry, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_registry_key_find(t, "r1", "index", arena, &row.key, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_token_find(t, "t1", arena, &row.token, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_token_find_by_secret(t, token.secret_sha256, arena, &row.token, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_upload_find(t, "u1", arena, &row.upload, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_package_find(t, "r1", "p1", arena, &row.package, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_package_find_by_filename(t, "r1", "p1", arena, &row.package, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_document_find(t, "r1", "image", "sha256:m", arena, &row.document, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_blob_link_find(t, "r1", "image", "sha256:a", arena, &row.link, &blob, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_blob_link_find_anywhere(t, "r1", "sha256:a", arena, &row.link, &blob, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_document_find_head(t, "r1", "image", "sha256:m", arena, &row.document, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_document_target_is_named(t, "r1", "image", "sha256:a", &is, NULL), LREG_OK);
    assert_false(is);
    assert_int_equal(meta_document_names(t, "r1", "image", "sha256:m", "sha256:a", &is, NULL), LREG_OK);
    assert_false(is);
    assert_int_equal(meta_upload_exists(t, "u1", &is, NULL), LREG_OK);
    assert_false(is);
    assert_int_equal(meta_upload_count(t, "r1", INT64_MIN, INT64_MAX, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_upload_count_of(t, "r1", "", INT64_MIN, INT64_MAX, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_upload_find_idlest(t, "r1", "", arena, &row.upload, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_package_count(t, "r1", &count, &bytes, NULL), LREG_OK);
    assert_int_equal(count + bytes, 0);
}

static lreg_status refuse_entry(void *user, const char *entry, struct error *err) {
    (void)user;
    (void)err;
    fail_msg("%s", entry);
    return LREG_OK;
}

static void assert_no_packages_are_listed(struct meta_transaction *t, struct arena *arena) {
    static const struct meta_package_query queries[] = {
        {.order = META_BY_TIME},
        {.order = META_BY_TIME, .name = "name"},
        {.order = META_BY_NAME},
        {.order = META_BY_NAME, .name = "name"},
        {.order = META_BY_NAME, .name = "name", .after_version = "0"},
        {.order = META_BY_NAME, .qualifier = ""},
    };
    struct meta_package *rows = NULL;
    size_t count = 9;
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct meta_package_query query = queries[i];
        query.registry_id = "r1";
        query.limit = 10;
        assert_int_equal(meta_package_list(t, &query, arena, &rows, &count, NULL), LREG_OK);
        assert_int_equal(count, 0);
    }
    assert_int_equal(meta_package_find_by_version(t, "r1", "name", "p1", arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_package_visit_index(t, "r1", "", "x", refuse_entry, NULL, NULL), LREG_OK);
    assert_int_equal(meta_package_visit_index(t, "r1", "x", "", refuse_entry, NULL, NULL), LREG_OK);
}

static void assert_nothing_is_listed(struct meta_transaction *t, struct arena *arena) {
    struct meta_registry *registries = NULL;
    struct meta_organization *organizations = NULL;
    struct meta_token *tokens = NULL;
    struct meta_upload *uploads = NULL;
    struct meta_referrer *referrers = NULL;
    const char **texts = NULL;
    size_t count = 9;
    assert_int_equal(meta_organization_list(t, NULL, 9, arena, &organizations, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_int_equal(meta_registry_list(t, "o1", NULL, 9, arena, &registries, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_string_equal(registries[0].id, "r2");
    assert_int_equal(meta_token_list(t, "o1", "r1", NULL, 9, arena, &tokens, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_referrer_list(t, "r1", "image", "sha256:s", NULL, 9, arena, &referrers, &count, NULL),
                     LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_document_scopes(t, "r1", "", NULL, 9, arena, &texts, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_document_scopes(t, "r1", "", "a", 9, arena, &texts, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_document_list_naming(t, "r1", "image", "sha256:a", 9, arena, &texts, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_upload_list(t, "r1", NULL, 9, arena, &uploads, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_package_names(t, "r1", NULL, 9, arena, &texts, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_package_names(t, "r1", "a", 9, arena, &texts, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_package_qualifiers(t, "r1", arena, &texts, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
}

static void test_meta_purge__nobody_sees_what_a_deleted_registry_has(void **state) {
    struct fixture *fixture = *state;
    fill(fixture);
    int64_t rows = count_rows(fixture);
    delete_registry(fixture);
    assert_int_equal(count_rows(fixture), rows - 1); /* its key is gone: a secret */
    fixture_check(fixture);
    struct meta_transaction *transaction = fixture_begin(fixture, META_READ);
    assert_nothing_is_found(transaction, &fixture->arena);
    assert_no_packages_are_listed(transaction, &fixture->arena);
    assert_nothing_is_listed(transaction, &fixture->arena);
    meta_rollback(transaction);
}

static void assert_unknown(lreg_status status, struct fixture *fixture) {
    assert_int_equal(status, LREG_NOT_FOUND);
    assert_string_equal(fixture->err.code, "registry_unknown");
    fixture->err = (struct error){0};
}

/* The transaction can still be committed. */
static void test_meta_purge__nothing_is_written_into_a_deleted_registry(void **state) {
    struct fixture *fixture = *state;
    struct error *err = &fixture->err;
    fill(fixture);
    delete_registry(fixture);
    int64_t rows = count_rows(fixture);
    struct meta_transaction *t = fixture_begin(fixture, META_WRITE);
    struct meta_upload moved = upload;
    const struct meta_document document = {.registry_id = "r1", .scope = "image", .name = "new"};
    const struct meta_blob_link link = {.registry_id = "r1", .scope = "image", .digest = "new", .blob_id = 1};
    const struct meta_registry row = {.id = "r1", .name = "n", .slug = "s", .storage = "main"};
    moved.received_bytes = 5;
    assert_unknown(meta_document_put(t, &document, NULL, 0, err), fixture);
    assert_unknown(meta_blob_link_put(t, &link, err), fixture);
    assert_unknown(meta_upload_insert(t, &upload, err), fixture);
    assert_unknown(meta_registry_key_insert(t, &key, err), fixture);
    assert_int_equal(meta_upload_advance(t, &moved, 0, err), LREG_NOT_FOUND);
    assert_int_equal(meta_document_delete(t, "r1", "image", "sha256:m", err), LREG_NOT_FOUND);
    assert_int_equal(meta_blob_link_delete(t, "r1", "image", "sha256:a", err), LREG_NOT_FOUND);
    assert_int_equal(meta_token_set_description(t, "t1", "d", err), LREG_NOT_FOUND);
    assert_int_equal(meta_token_delete(t, "t1", err), LREG_NOT_FOUND);
    assert_int_equal(meta_registry_touch(t, "r1", err), LREG_NOT_FOUND);
    assert_int_equal(meta_registry_update(t, &row, err), LREG_NOT_FOUND);
    assert_int_equal(meta_registry_delete(t, "r1", err), LREG_NOT_FOUND);
    fixture_commit(fixture, t);
    assert_int_equal(count_rows(fixture), rows);
}

static void test_meta_purge__the_slug_and_the_organisation_are_free_at_once(void **state) {
    struct fixture *fixture = *state;
    fill(fixture);
    delete_registry(fixture);
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_registry found = {0};
    assert_int_equal(fixture_add_registry(transaction, "r9", "files", NULL), LREG_OK);
    assert_int_equal(meta_registry_find(transaction, "acme", "files", &fixture->arena, &found, NULL), LREG_OK);
    assert_string_equal(found.id, "r9");
    assert_int_equal(meta_registry_delete(transaction, "r9", NULL), LREG_OK);
    assert_int_equal(meta_registry_delete(transaction, "r2", NULL), LREG_OK);
    assert_int_equal(meta_organization_delete(transaction, "o1", NULL), LREG_OK);
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}

/* --- pages --- */

static void test_meta_purge__takes_a_page_at_a_time_and_leaves_it_sound(void **state) {
    struct fixture *fixture = *state;
    size_t pages = 0;
    fill(fixture);
    delete_registry(fixture);
    for (bool done = false; !done; pages++) {
        int64_t before = count_rows(fixture);
        done = purge_page(fixture, 3);
        int64_t after = count_rows(fixture);
        assert_true(before - after <= 3);
        assert_true(done || after < before);
        assert_int_equal(done, number(fixture, "SELECT count(*) FROM registries WHERE id = 'r1'") == 0);
        fixture_check(fixture);
    }
    assert_true(pages > 4);
    assert_int_equal(count_rows(fixture), 0);
    assert_int_equal(number(fixture, "SELECT count(*) FROM packages"), 1);
    assert_true(purge_page(fixture, 3)); /* another was faster */
}

static void test_meta_purge__what_others_have_too_stays(void **state) {
    struct fixture *fixture = *state;
    struct meta_doom doom;
    fill(fixture);
    delete_registry(fixture);
    while (!purge_page(fixture, 3)) {
        /* until it is gone */
    }
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(meta_blobs_doom(transaction, "main", 10, &doom, NULL), LREG_OK);
    assert_int_equal(doom.looked_at, 2);
    assert_int_equal(doom.blobs, 1);
    assert_int_equal(doom.bytes, 10);
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}

static void test_meta_purge__leaves_a_living_registry_alone(void **state) {
    struct fixture *fixture = *state;
    fill(fixture);
    int64_t rows = count_rows(fixture);
    assert_true(purge_page(fixture, 1000));
    assert_int_equal(count_rows(fixture), rows);
    assert_int_equal(number(fixture, "SELECT count(*) FROM registries WHERE id = 'r1'"), 1);
}

/* The database pages that one transaction frees are bounded too. */
static void test_meta_purge__long_documents_make_short_pages(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    add_document(transaction, "a", (size_t)3 << 20, NULL, 0);
    add_document(transaction, "b", (size_t)3 << 20, NULL, 0);
    add_document(transaction, "c", (size_t)5 << 20, NULL, 0);
    add_document(transaction, "d", 10, NULL, 0);
    fixture_commit(fixture, transaction);
    delete_registry(fixture);
    for (int left = 3; left >= 0; left--) {
        assert_false(purge_page(fixture, 1000));
        assert_int_equal(number(fixture, "SELECT count(*) FROM documents"), left);
    }
    assert_true(purge_page(fixture, 1000));
}

static void test_meta_purge__the_deleted_are_listed(void **state) {
    struct fixture *fixture = *state;
    const char **ids = NULL;
    size_t count = 0;
    fill(fixture);
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(meta_registry_list_deleted(transaction, 9, &fixture->arena, &ids, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(meta_registry_delete(transaction, "r2", NULL), LREG_OK);
    assert_int_equal(meta_registry_delete(transaction, "r1", NULL), LREG_OK);
    assert_int_equal(meta_registry_list_deleted(transaction, 9, &fixture->arena, &ids, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(ids[0], "r1");
    assert_string_equal(ids[1], "r2");
    fixture_commit(fixture, transaction);
}
