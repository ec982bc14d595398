/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_META_SCRIPT_H
#define UNIT_META_SCRIPT_H

/*
 * One script that calls every function on rows, in three transactions, and returns the first failure. It can be run
 * again on the same database, because it removes what it made.
 */

#include "meta/meta.h"

#include <string.h>

/* After the first failure nothing more is called. */
static inline bool script_goes_on(lreg_status *status, lreg_status next) {
    *status = next;
    return next == LREG_OK;
}

#define THEN(call) (script_goes_on(&status, (call)))

static inline lreg_status script_visit_entry(void *user, const char *entry, struct error *err) {
    (void)user;
    (void)entry;
    (void)err;
    return LREG_OK;
}

static inline lreg_status script_visit_document(void *user, const struct meta_document *document, struct error *err) {
    (void)user;
    (void)document;
    (void)err;
    return LREG_OK;
}

static inline lreg_status script_visit_dangling(void *user, const char *registry_id, const char *filename,
                                                const char *document, struct error *err) {
    (void)user;
    (void)registry_id;
    (void)filename;
    (void)document;
    (void)err;
    return LREG_OK;
}

static const struct meta_organization script_organization = {.id = "so", .slug = "script", .name = "Script"};
static const struct meta_registry script_registry = {
    .id = "sr", .organization_id = "so", .slug = "reg", .name = "Reg", .ecosystem = "files", .storage = "main"};
static const struct meta_registry_key script_key = {
    .registry_id = "sr", .name = "index", .sealed = "x", .sealed_length = 1, .public_text = "PEM"};
static const struct meta_token script_token = {.id = "st", .organization_id = "so", .secret_sha256 = {0x5c}};
static const struct meta_upload script_upload = {.id = "su", .registry_id = "sr", .storage = "main"};
static const struct meta_audit_event script_event = {.id = "se", .organization_id = "so", .type = "X", .at_ms = 1};
static const char *const script_targets[] = {"sha256:a", "sha256:b"};
static const struct meta_document script_document = {
    .registry_id = "sr", .scope = "image", .name = "sha256:m", .subject = "sha256:s"};
static const struct meta_document script_document_left = {
    .registry_id = "sr", .scope = "image", .name = "sha256:n", .content = "{}", .content_length = 2};
static const struct meta_doomed script_doomed = {.storage = "main", .key = "script-surplus"};

static inline lreg_status script_create_package(struct meta_transaction *t, const struct meta_blob *blob,
                                                const char *id, struct error *err) {
    lreg_status status = LREG_OK;
    int64_t blob_id = 0;
    if (THEN(meta_blob_insert(t, blob, &blob_id, err))) {
        const struct meta_package package = {.id = id,
                                             .registry_id = "sr",
                                             .name = "name",
                                             .version = id,
                                             .filename = id,
                                             .document = "sha256:m",
                                             .blob_id = blob_id,
                                             .index_entry = "P:name",
                                             .created_ms = 5};
        const struct meta_blob_link link = {
            .registry_id = "sr", .scope = "image", .digest = id, .blob_id = blob_id, .claimed_ms = 1};
        (void)(THEN(meta_package_insert(t, &package, err)) && THEN(meta_blob_link_put(t, &link, err)));
    }
    return status;
}

static inline lreg_status script_create(struct meta_transaction *t, struct arena *arena, struct error *err) {
    static const struct meta_blob first = {.storage = "main", .sha256 = {0x51}, .size_bytes = 3, .key = "script-1"};
    static const struct meta_blob second = {.storage = "main", .sha256 = {0x52}, .size_bytes = 4, .key = "script-2"};
    lreg_status status = LREG_OK;
    bool changed = false;
    (void)arena;
    (void)(THEN(meta_organization_insert(t, &script_organization, err)) &&
           THEN(meta_organization_update(t, &script_organization, err)) &&
           THEN(meta_registry_insert(t, &script_registry, err)) &&
           THEN(meta_registry_key_insert(t, &script_key, err)) && THEN(meta_token_insert(t, &script_token, err)) &&
           THEN(meta_upload_insert(t, &script_upload, err)) && THEN(meta_audit_insert(t, &script_event, err)) &&
           THEN(meta_value_set(t, "script", "1", err)) && THEN(script_create_package(t, &first, "sha256:a", err)) &&
           THEN(script_create_package(t, &second, "sha256:z", err)) &&
           THEN(meta_document_put(t, &script_document, script_targets, 2, err)) &&
           THEN(meta_document_put(t, &script_document, script_targets, 2, err)) &&
           THEN(meta_document_put(t, &script_document_left, script_targets, 1, err)) &&
           THEN(meta_document_set_damaged(t, 1, script_document.sha256, 7, &changed, err)) &&
           THEN(meta_document_set_damaged(t, 1, script_document.sha256, 0, &changed, err)) &&
           THEN(meta_doomed_insert(t, &script_doomed, err)) && THEN(meta_registry_touch(t, "sr", err)));
    return status;
}

static inline lreg_status script_find(struct meta_transaction *t, struct arena *arena, struct error *err) {
    union {
        struct meta_organization organization;
        struct meta_registry registry;
        struct meta_registry_key key;
        struct meta_token token;
        struct meta_upload upload;
        struct meta_package package;
        struct meta_document document;
    } row;
    static const uint8_t sha256[DIGEST_SHA256_BYTES] = {0x51};
    struct meta_blob_link link;
    struct meta_blob blob;
    const char *value = NULL;
    bool is = false;
    uint64_t count = 0;
    uint64_t bytes = 0;
    struct meta_blob_total *totals = NULL;
    size_t totals_count = 0;
    lreg_status status = LREG_OK;
    (void)(THEN(meta_organization_find(t, "script", arena, &row.organization, err)) &&
           THEN(meta_organization_find_by_id(t, "so", arena, &row.organization, err)) &&
           THEN(meta_registry_find(t, "script", "reg", arena, &row.registry, err)) &&
           THEN(meta_registry_find_by_id(t, "sr", arena, &row.registry, err)) &&
           THEN(meta_registry_key_find(t, "sr", "index", arena, &row.key, err)) &&
           THEN(meta_token_find(t, "st", arena, &row.token, err)) &&
           THEN(meta_token_find_by_secret(t, script_token.secret_sha256, arena, &row.token, err)) &&
           THEN(meta_upload_find(t, "su", arena, &row.upload, err)) && THEN(meta_upload_exists(t, "su", &is, err)) &&
           THEN(meta_upload_count(t, "sr", 0, 9, &count, err)) && THEN(meta_upload_count_all(t, 0, 9, &count, err)) &&
           THEN(meta_upload_count_of(t, "sr", "", 0, 9, &count, err)) &&
           THEN(meta_upload_find_idlest(t, "sr", "", arena, &row.upload, err)) &&
           THEN(meta_value_find(t, "script", arena, &value, err)) &&
           THEN(meta_package_find(t, "sr", "sha256:a", arena, &row.package, err)) &&
           THEN(meta_package_find_by_filename(t, "sr", "sha256:a", arena, &row.package, err)) &&
           THEN(meta_package_count(t, "sr", &count, &bytes, err)) &&
           THEN(meta_document_find(t, "sr", "image", "sha256:m", arena, &row.document, err)) &&
           THEN(meta_document_find_head(t, "sr", "image", "sha256:m", arena, &row.document, err)) &&
           THEN(meta_document_target_is_named(t, "sr", "image", "sha256:a", &is, err)) &&
           THEN(meta_document_visit_all(t, script_visit_document, NULL, err)) &&
           THEN(meta_document_names(t, "sr", "image", "sha256:m", "sha256:a", &is, err)) &&
           THEN(meta_package_visit_dangling(t, script_visit_dangling, NULL, err)) &&
           THEN(meta_blob_link_find(t, "sr", "image", "sha256:a", arena, &link, &blob, err)) &&
           THEN(meta_blob_link_find_anywhere(t, "sr", "sha256:a", arena, &link, &blob, err)) &&
           THEN(meta_blob_find(t, "main", sha256, arena, &blob, err)) &&
           THEN(meta_blob_find_by_id(t, blob.id, arena, &blob, err)) &&
           THEN(meta_blob_has_key(t, "main", "script-1", &is, err)) &&
           THEN(meta_blob_has_key_anywhere(t, "script-1", &is, err)) &&
           THEN(meta_storage_exists(t, "main", &is, err)) && THEN(meta_storage_count_blobs(t, "main", &count, err)) &&
           THEN(meta_blob_list_totals(t, 2, arena, &totals, &totals_count, err)));
    return status;
}

static inline lreg_status script_list_packages(struct meta_transaction *t, struct arena *arena, struct error *err) {
    static const struct meta_package_query queries[] = {
        {.order = META_BY_TIME},
        {.order = META_BY_TIME, .after_id = "sha256:a"},
        {.order = META_BY_TIME, .name = "name"},
        {.order = META_BY_TIME, .document = "sha256:m"},
        {.order = META_BY_TIME, .qualifier = "", .name_contains = "A"},
        {.order = META_BY_NAME},
        {.order = META_BY_NAME, .name = "name"},
        {.order = META_BY_NAME, .name = "name", .after_version = "0"},
        {.order = META_BY_NAME, .qualifier = ""},
        {.order = META_BY_NAME, .document = "sha256:m"},
    };
    struct meta_package *rows = NULL;
    const char **texts = NULL;
    size_t count = 0;
    lreg_status status = LREG_OK;
    for (size_t i = 0; status == LREG_OK && i < sizeof queries / sizeof queries[0]; i++) {
        struct meta_package_query query = queries[i];
        query.registry_id = "sr";
        query.limit = 10;
        status = meta_package_list(t, &query, arena, &rows, &count, err);
    }
    (void)(status == LREG_OK &&
           THEN(meta_package_find_by_version(t, "sr", "name", "sha256:a", arena, &rows, &count, err)) &&
           THEN(meta_package_names(t, "sr", NULL, 10, arena, &texts, &count, err)) &&
           THEN(meta_package_qualifiers(t, "sr", arena, &texts, &count, err)) &&
           THEN(meta_package_visit_index(t, "sr", "", "noarch", script_visit_entry, NULL, err)));
    return status;
}

static inline lreg_status script_list(struct meta_transaction *t, struct arena *arena, struct error *err) {
    struct meta_organization *organizations = NULL;
    struct meta_registry *registries = NULL;
    struct meta_token *tokens = NULL;
    struct meta_upload *uploads = NULL;
    struct meta_referrer *referrers = NULL;
    struct meta_audit_event *events = NULL;
    struct meta_blob *blobs = NULL;
    struct meta_storage *storages = NULL;
    struct meta_doomed *doomed = NULL;
    const char **scopes = NULL;
    char newest[ID_TEXT];
    size_t count = 0;
    lreg_status status = LREG_OK;
    (void)(THEN(meta_organization_list(t, NULL, 10, arena, &organizations, &count, err)) &&
           THEN(meta_registry_list(t, "so", NULL, 10, arena, &registries, &count, err)) &&
           THEN(meta_token_list(t, "so", NULL, NULL, 10, arena, &tokens, &count, err)) &&
           THEN(meta_token_list(t, "so", "sr", NULL, 10, arena, &tokens, &count, err)) &&
           THEN(meta_upload_list_stale(t, NULL, 10, 10, arena, &uploads, &count, err)) &&
           THEN(meta_upload_list_lost(t, NULL, 10, 10, arena, &uploads, &count, err)) &&
           THEN(meta_upload_list(t, "sr", NULL, 10, arena, &uploads, &count, err)) &&
           THEN(meta_upload_list(t, "sr", "s", 10, arena, &uploads, &count, err)) &&
           THEN(meta_referrer_list(t, "sr", "image", "sha256:s", NULL, 10, arena, &referrers, &count, err)) &&
           THEN(meta_document_scopes(t, "sr", "", NULL, 10, arena, &scopes, &count, err)) &&
           THEN(meta_document_list_naming(t, "sr", "image", "sha256:a", 10, arena, &scopes, &count, err)) &&
           THEN(meta_document_targets(t, "sr", "image", "sha256:m", NULL, 10, arena, &scopes, &count, err)) &&
           THEN(meta_audit_newest(t, "so", newest, err)) && THEN(meta_token_newest(t, "so", NULL, newest, err)) &&
           THEN(meta_token_newest(t, "so", "sr", newest, err)) &&
           THEN(meta_package_newest_at(t, "sr", 5, newest, err)) &&
           THEN(meta_audit_list(t, "so", NULL, 10, arena, &events, &count, err)) &&
           THEN(meta_audit_list(t, "so", "sf", 10, arena, &events, &count, err)) &&
           THEN(meta_blob_list(t, "main", 0, 10, arena, &blobs, &count, err)) &&
           THEN(meta_doomed_list(t, "main", 10, arena, &doomed, &count, err)) &&
           THEN(meta_storage_list_others(t, "other", 10, arena, &storages, &count, err)));
    return status;
}

static inline lreg_status script_read(struct meta_transaction *t, struct arena *arena, struct error *err) {
    lreg_status status = LREG_OK;
    (void)(THEN(script_find(t, arena, err)) && THEN(script_list(t, arena, err)) &&
           THEN(script_list_packages(t, arena, err)));
    return status;
}

/* The first page ends with the document. */
static inline lreg_status script_purge(struct meta_transaction *t, struct arena *arena, struct error *err) {
    const char **ids = NULL;
    size_t count = 0;
    bool done = false;
    lreg_status status = LREG_OK;
    (void)(THEN(meta_registry_list_deleted(t, 10, arena, &ids, &count, err)) &&
           THEN(meta_registry_purge(t, "sr", 10, &done, err)) && THEN(meta_registry_purge(t, "sr", 10, &done, err)));
    return status;
}

static inline lreg_status script_remove(struct meta_transaction *t, struct arena *arena, struct error *err) {
    static const struct meta_package package = {.id = "sha256:a", .registry_id = "sr", .size_bytes = 77};
    struct meta_upload upload = script_upload;
    struct meta_doom doom;
    uint64_t count = 0;
    lreg_status status = LREG_OK;
    (void)arena;
    upload.received_bytes = 5;
    upload.digest_state = "state";
    upload.digest_state_length = 5;
    (void)(THEN(meta_registry_update(t, &script_registry, err)) && THEN(meta_package_update(t, &package, err)) &&
           THEN(meta_package_add_downloads(t, "sha256:a", 2, err)) &&
           THEN(meta_token_set_description(t, "st", "d", err)) && THEN(meta_upload_advance(t, &upload, 0, err)) &&
           THEN(meta_upload_lose(t, &upload, 9, err)) && THEN(meta_package_delete(t, "sr", "sha256:z", err)) &&
           THEN(meta_token_delete(t, "st", err)) && THEN(meta_blob_links_expire(t, 100, 10, &count, err)) &&
           THEN(meta_blob_link_delete(t, "sr", "image", "sha256:a", err)) &&
           THEN(meta_document_delete(t, "sr", "image", "sha256:m", err)) &&
           THEN(meta_blobs_doom(t, "main", 10, &doom, err)) && THEN(meta_storage_rename(t, "main", "other", err)) &&
           THEN(meta_storage_rename(t, "other", "main", err)) && THEN(meta_doomed_delete(t, &script_doomed, err)) &&
           THEN(meta_audit_rotate(t, 1, 1, 10, &count, err)) && THEN(meta_audit_rotate(t, 2, 1, 10, &count, err)) &&
           THEN(meta_upload_delete(t, "su", err)) && THEN(meta_registry_delete(t, "sr", err)) &&
           THEN(meta_organization_delete(t, "so", err)) && THEN(script_purge(t, arena, err)));
    const struct meta_doomed left[] = {{"main", "script-1"}, {"main", "script-2"}};
    (void)(status == LREG_OK && THEN(meta_doomed_delete(t, &left[0], err)) &&
           THEN(meta_doomed_delete(t, &left[1], err)));
    return status;
}

typedef lreg_status (*script_part)(struct meta_transaction *t, struct arena *arena, struct error *err);

static inline lreg_status script_transact(struct meta *meta, enum meta_mode mode, script_part part, struct arena *arena,
                                          struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(meta, mode, &transaction, err);
    if (status == LREG_OK) {
        status = part(transaction, arena, err);
        if (status != LREG_OK) {
            meta_rollback(transaction);
        } else {
            status = meta_commit(transaction, err);
        }
    }
    return status;
}

/* `arena` is reset. */
static inline lreg_status script_run(struct meta *meta, struct arena *arena, struct error *err) {
    uint64_t generation = 0;
    lreg_status status = LREG_OK;
    (void)(THEN(script_transact(meta, META_WRITE, script_create, arena, err)) &&
           THEN(meta_generation(meta, &generation, err)) &&
           THEN(script_transact(meta, META_READ, script_read, arena, err)) &&
           THEN(script_transact(meta, META_WRITE, script_remove, arena, err)));
    arena_free(arena);
    return status;
}

#undef THEN

#endif
