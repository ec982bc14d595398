/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Stored bytes that are not the published ones are in quarantine: a mark in the row, which readers check, so that no
 * process serves them. The mark is removed when equal content is published again, which brings a new object (publish.c)
 * or content, and when the bytes turn out to be right, as after a disk was repaired.
 */

#include "core/upkeep/quarantine.h"

#include "core/audit.h"
#include "core/instance/state.h"

#include "base/encoding.h"

#define USERS_MAX 100 /* that get an audit event */
#define ARENA_BYTES ((size_t)256 * 1024)

/* Commits only what changed a row, so that marking a row twice writes nothing. */
static lreg_status end_mark(struct meta_transaction *transaction, lreg_status status, bool changed, struct error *err) {
    if (!changed) {
        meta_rollback(transaction);
        return status;
    }
    return meta_end(transaction, status, err);
}

/* --- Blobs --- */

static lreg_status tell_users(struct core *core, struct meta_transaction *transaction, const struct meta_blob *blob,
                              struct error *err) {
    struct meta_blob_user *users = NULL;
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    lreg_status status = meta_blob_list_users(transaction, blob->id, USERS_MAX, &arena, &users, &count, err);
    for (size_t i = 0; status == LREG_OK && i < count; i++) {
        status = core_audit(core, transaction, &core_actor_host, users[i].organization_id, users[i].registry_id,
                            "BlobDamagedEvent", users[i].subject, NULL, err);
    }
    arena_free(&arena);
    return status;
}

/* The caller logs the damage only when the mark changed. */
static lreg_status mark_blob(struct core *core, const struct meta_blob *blob, int64_t damaged_ms, bool *out_changed,
                             struct error *err) {
    struct meta_transaction *transaction = NULL;
    *out_changed = false;
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_blob_set_damaged(transaction, blob->id, blob->key, damaged_ms, out_changed, err);
    if (status == LREG_OK && *out_changed && damaged_ms != 0) {
        status = tell_users(core, transaction, blob, err);
    }
    status = end_mark(transaction, status, *out_changed, err);
    *out_changed = *out_changed && status == LREG_OK;
    return status;
}

lreg_status core_quarantine_blob(struct core *core, const struct meta_blob *blob, struct error *err) {
    char name[DIGEST_SHA256_TEXT];
    bool changed = false;
    if (blob->damaged_ms != 0) {
        return LREG_OK;
    }
    lreg_status status = mark_blob(core, blob, hooks_now_ms(&core->hooks), &changed, err);
    if (changed) {
        hex_encode(blob->sha256, sizeof blob->sha256, name);
        hooks_log(&core->hooks, LREG_LOG_ERROR,
                  "blob sha256:%s is damaged and no longer served: publish it again, or bring object %s back", name,
                  blob->key);
    }
    return status;
}

lreg_status core_release_blob(struct core *core, const struct meta_blob *blob, struct error *err) {
    char name[DIGEST_SHA256_TEXT];
    bool changed = false;
    lreg_status status = mark_blob(core, blob, 0, &changed, err);
    if (changed) {
        hex_encode(blob->sha256, sizeof blob->sha256, name);
        hooks_log(&core->hooks, LREG_LOG_WARNING, "blob sha256:%s is whole again and served", name);
    }
    return status;
}

/* --- Documents --- */

static lreg_status find_organization(struct core *core, struct meta_transaction *transaction, const char *registry_id,
                                     struct arena *arena, const char **out, struct error *err) {
    struct meta_registry registry;
    (void)core;
    *out = NULL;
    lreg_status status = meta_registry_find_by_id(transaction, registry_id, arena, &registry, err);
    if (status == LREG_OK) {
        *out = registry.organization_id;
    }
    return status == LREG_NOT_FOUND ? LREG_OK : status; /* the registry was deleted */
}

static lreg_status tell_owner(struct core *core, struct meta_transaction *transaction,
                              const struct meta_document *document, struct error *err) {
    struct arena arena;
    const char *organization_id = NULL;
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    lreg_status status = find_organization(core, transaction, document->registry_id, &arena, &organization_id, err);
    if (status == LREG_OK && organization_id != NULL) {
        const char *subject = arena_format(&arena, "%s@%s", document->scope, document->name);
        status = subject == NULL ? error_no_memory(err)
                                 : core_audit(core, transaction, &core_actor_host, organization_id,
                                              document->registry_id, "DocumentDamagedEvent", subject, NULL, err);
    }
    arena_free(&arena);
    return status;
}

static lreg_status mark_document(struct core *core, int64_t position, const struct meta_document *document,
                                 int64_t damaged_ms, bool *out_changed, struct error *err) {
    struct meta_transaction *transaction = NULL;
    *out_changed = false;
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_document_set_damaged(transaction, position, document->sha256, damaged_ms, out_changed, err);
    if (status == LREG_OK && *out_changed && damaged_ms != 0) {
        status = tell_owner(core, transaction, document, err);
    }
    status = end_mark(transaction, status, *out_changed, err);
    *out_changed = *out_changed && status == LREG_OK;
    return status;
}

lreg_status core_quarantine_document(struct core *core, int64_t position, const struct meta_document *document,
                                     struct error *err) {
    bool changed = false;
    if (document->damaged_ms != 0) {
        return LREG_OK;
    }
    lreg_status status = mark_document(core, position, document, hooks_now_ms(&core->hooks), &changed, err);
    if (changed) {
        hooks_log(&core->hooks, LREG_LOG_ERROR, "document %s of %s is damaged and no longer served: publish it again",
                  document->name, document->scope);
    }
    return status;
}

lreg_status core_release_document(struct core *core, int64_t position, const struct meta_document *document,
                                  struct error *err) {
    bool changed = false;
    lreg_status status = mark_document(core, position, document, 0, &changed, err);
    if (changed) {
        hooks_log(&core->hooks, LREG_LOG_WARNING, "document %s of %s is whole again and served", document->name,
                  document->scope);
    }
    return status;
}
