/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of registries, their keys, and what is removed with a registry. */
#include "unit/meta/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static const struct meta_registry full = {
    .id = "r3",
    .organization_id = "o1",
    .slug = "apks",
    .name = "Apks",
    .description = "described",
    .emoji = ":mountain:",
    .color = "#fff",
    .ecosystem = "alpine",
    .storage = "other",
    .is_public = true,
    .allow_overwrite = false,
    .strict_names = true,
    .created_ms = 5,
    .updated_ms = 6,
};

static void assert_full(const struct meta_registry *found) {
    assert_string_equal(found->id, "r3");
    assert_string_equal(found->organization_id, "o1");
    assert_string_equal(found->organization_slug, "acme");
    assert_string_equal(found->slug, "apks");
    assert_string_equal(found->name, "Apks");
    assert_string_equal(found->description, "described");
    assert_string_equal(found->emoji, ":mountain:");
    assert_string_equal(found->color, "#fff");
    assert_string_equal(found->ecosystem, "alpine");
    assert_string_equal(found->storage, "other");
    assert_true(found->is_public);
    assert_false(found->allow_overwrite);
    assert_true(found->strict_names);
    assert_int_equal(found->revision, 0);
    assert_int_equal(found->created_ms, 5);
    assert_int_equal(found->updated_ms, 6);
}

static void test_meta_registries__what_is_inserted_is_found(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_registry found = {0};
    assert_int_equal(meta_registry_insert(transaction, &full, NULL), LREG_OK);
    assert_int_equal(meta_registry_find(transaction, "acme", "apks", &fixture->arena, &found, NULL), LREG_OK);
    assert_full(&found);
    memset(&found, 0, sizeof found);
    assert_int_equal(meta_registry_find_by_id(transaction, "r3", &fixture->arena, &found, NULL), LREG_OK);
    assert_full(&found);
    meta_rollback(transaction);
}

static void test_meta_registries__texts_that_were_not_given_are_empty(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_READ);
    struct meta_registry found = {0};
    assert_int_equal(meta_registry_find(transaction, "acme", "files", &fixture->arena, &found, NULL), LREG_OK);
    assert_string_equal(found.description, "");
    assert_string_equal(found.emoji, "");
    assert_string_equal(found.color, "");
    meta_rollback(transaction);
}

static void test_meta_registries__unknown_ones_are_not_found(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_registry found = {0};
    const struct meta_registry gone = {.id = "r9", .name = "", .slug = "x", .storage = "s"};
    assert_int_equal(meta_registry_find(transaction, "acme", "none", &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_registry_find(transaction, "none", "files", &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_registry_find_by_id(transaction, "r9", &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_registry_update(transaction, &gone, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_registry_delete(transaction, "r9", NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_registry_touch(transaction, "r9", NULL), LREG_NOT_FOUND);
    fixture_commit(fixture, transaction);
}

static void test_meta_registries__slugs_are_unique_in_their_organisation_only(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const struct meta_organization other = {.id = "o2", .slug = "beta", .name = "Beta"};
    struct meta_registry row = full;
    row.slug = "files";
    assert_int_equal(meta_registry_insert(transaction, &row, NULL), LREG_CONFLICT);
    assert_int_equal(meta_organization_insert(transaction, &other, NULL), LREG_OK);
    row.organization_id = "o2";
    assert_int_equal(meta_registry_insert(transaction, &row, NULL), LREG_OK);
    row.id = "r4";
    row.organization_id = "o3";
    assert_int_equal(meta_registry_insert(transaction, &row, NULL), LREG_CONFLICT); /* no such organization */
    meta_rollback(transaction);
}

static void test_meta_registries__list_goes_by_slug_and_continues_behind(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_registry *rows = NULL;
    size_t count = 0;
    assert_int_equal(meta_registry_insert(transaction, &full, NULL), LREG_OK);
    assert_int_equal(meta_registry_list(transaction, "o1", NULL, 2, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_full(&rows[0]);
    assert_string_equal(rows[1].slug, "files");
    assert_int_equal(meta_registry_list(transaction, "o1", "files", 2, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].slug, "images");
    assert_int_equal(meta_registry_list(transaction, "o2", NULL, 2, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    meta_rollback(transaction);
}

static void test_meta_registries__update_replaces_what_may_change(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_registry row = full;
    struct meta_registry found = {0};
    row.id = "r1";
    row.organization_id = "o7"; /* not among them, like the next two */
    row.created_ms = 77;
    row.ecosystem = "none";
    assert_int_equal(meta_registry_update(transaction, &row, NULL), LREG_OK);
    assert_int_equal(meta_registry_find(transaction, "acme", "apks", &fixture->arena, &found, NULL), LREG_OK);
    assert_string_equal(found.ecosystem, "files");
    assert_int_equal(found.created_ms, 1);
    found.id = "r3";
    found.ecosystem = "alpine";
    found.created_ms = 5;
    assert_full(&found);
    row.slug = "images";
    assert_int_equal(meta_registry_update(transaction, &row, NULL), LREG_CONFLICT);
    meta_rollback(transaction);
}

static void test_meta_registries__touch_moves_the_revision_of_one(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    struct meta_registry found = {0};
    assert_int_equal(meta_registry_touch(transaction, "r1", NULL), LREG_OK);
    assert_int_equal(meta_registry_touch(transaction, "r1", NULL), LREG_OK);
    assert_int_equal(meta_registry_find_by_id(transaction, "r1", &fixture->arena, &found, NULL), LREG_OK);
    assert_int_equal(found.revision, 2);
    assert_int_equal(meta_registry_find_by_id(transaction, "r2", &fixture->arena, &found, NULL), LREG_OK);
    assert_int_equal(found.revision, 0);
    meta_rollback(transaction);
}

static void test_meta_registries__keys_are_kept_by_name(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const struct meta_registry_key key = {
        .registry_id = "r1", .name = "index", .sealed = "a\0b", .sealed_length = 3, .public_text = "PEM"};
    struct meta_registry_key found = {0};
    assert_int_equal(meta_registry_key_find(transaction, "r1", "index", &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_registry_key_insert(transaction, &key, NULL), LREG_OK);
    assert_int_equal(meta_registry_key_insert(transaction, &key, NULL), LREG_CONFLICT);
    assert_int_equal(meta_registry_key_find(transaction, "r1", "index", &fixture->arena, &found, NULL), LREG_OK);
    assert_string_equal(found.registry_id, "r1");
    assert_string_equal(found.name, "index");
    assert_int_equal(found.sealed_length, 3);
    assert_memory_equal(found.sealed, "a\0b", 3);
    assert_string_equal(found.public_text, "PEM");
    meta_rollback(transaction);
}

static void fill_registry(struct meta_transaction *transaction) {
    int64_t blob = fixture_add_blob(transaction, 1, 10);
    struct meta_package package = fixture_package("p1", "name", "1", "name-1.zip", 1);
    package.blob_id = blob;
    assert_int_equal(meta_package_insert(transaction, &package, NULL), LREG_OK);
    const struct meta_blob_link link = {.registry_id = "r1", .scope = "image", .digest = "sha256:a", .blob_id = blob};
    assert_int_equal(meta_blob_link_put(transaction, &link, NULL), LREG_OK);
    const char *const targets[] = {"sha256:a"};
    const struct meta_document document = {.registry_id = "r1", .scope = "image", .name = "sha256:m"};
    assert_int_equal(meta_document_put(transaction, &document, targets, 1, NULL), LREG_OK);
    const struct meta_token token = {.id = "t1", .organization_id = "o1", .registry_id = "r1"};
    assert_int_equal(meta_token_insert(transaction, &token, NULL), LREG_OK);
    const struct meta_upload upload = {.id = "u1", .registry_id = "r1", .storage = "main"};
    assert_int_equal(meta_upload_insert(transaction, &upload, NULL), LREG_OK);
    const struct meta_registry_key key = {
        .registry_id = "r1", .name = "index", .sealed = "", .sealed_length = 0, .public_text = ""};
    assert_int_equal(meta_registry_key_insert(transaction, &key, NULL), LREG_OK);
    const struct meta_audit_event event = {.id = "e1", .organization_id = "o1", .registry_id = "r1", .type = "X"};
    assert_int_equal(meta_audit_insert(transaction, &event, NULL), LREG_OK);
}

static void test_meta_registries__delete_and_purge_remove_all_that_it_has_but_the_audit_log(void **state) {
    struct fixture *fixture = *state;
    struct arena *arena = &fixture->arena;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    union {
        struct meta_package package;
        struct meta_token token;
        struct meta_registry_key key;
        struct meta_document document;
    } found;
    struct meta_audit_event *events = NULL;
    struct meta_doom doom;
    bool exists = true;
    fill_registry(transaction);
    assert_int_equal(meta_registry_delete(transaction, "r1", NULL), LREG_OK);
    for (bool done = false; !done;) {
        assert_int_equal(meta_registry_purge(transaction, "r1", 1000, &done, NULL), LREG_OK);
    }
    fixture_commit(fixture, transaction);
    fixture_check(fixture);

    transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(meta_package_find(transaction, "r1", "p1", arena, &found.package, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_token_find(transaction, "t1", arena, &found.token, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_registry_key_find(transaction, "r1", "index", arena, &found.key, NULL), LREG_NOT_FOUND);
    assert_int_equal(meta_document_find_head(transaction, "r1", "image", "sha256:m", arena, &found.document, NULL),
                     LREG_NOT_FOUND);
    assert_int_equal(meta_upload_exists(transaction, "u1", &exists, NULL), LREG_OK);
    assert_false(exists);
    size_t count = 0;
    assert_int_equal(meta_audit_list(transaction, "o1", NULL, 9, arena, &events, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_string_equal(events[0].registry_id, "r1");
    assert_int_equal(meta_blobs_doom(transaction, "main", 10, &doom, NULL), LREG_OK);
    assert_int_equal(doom.blobs, 1); /* the one that its package and its link named */
    assert_int_equal(doom.bytes, 10);
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
}
