/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Blobs of a repository: HEAD, GET, DELETE. The location of a blob is cached, so that a warm answer needs no SQL. A
 * client that may push and asks whether a blob exists will rely on the answer, so a HEAD renews the blob's claim.
 */

#include "ecosystems/oci/oci_internal.h"

#include "base/text.h"

#include <stdio.h>

#define CACHE_KEY_MAX 1024
#define CACHED_BYTES ((size_t)1024) /* size of a cache entry, roughly */
#define ARENA_BYTES ((size_t)64 * 1024)

void oci_blob_release(const struct oci_blob *blob) {
    if (blob != NULL) {
        core_shared_release(blob->shared);
    }
}

/* --- Finding --- */

static lreg_status read_link(struct core *core, const struct core_registry *registry, const char *image,
                             const char *digest, struct oci_blob *blob, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core_meta(core), META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_blob_link_find(transaction, registry->row.id, image, digest, core_shared_arena(blob->shared),
                                 &blob->link, &blob->blob, err);
    meta_rollback(transaction);
    return status == LREG_NOT_FOUND ? oci_blob_unknown(digest, err) : status;
}

static lreg_status read_blob(struct core *core, const struct core_registry *registry, const char *image,
                             const char *digest, const struct oci_blob **out, struct error *err) {
    struct core_shared *shared = NULL;
    void *object = NULL;
    lreg_status status = core_shared_new(core, sizeof(struct oci_blob), NULL, &object, &shared, err);
    if (status != LREG_OK) {
        return status;
    }
    struct oci_blob *blob = object;
    blob->shared = shared;
    status = read_link(core, registry, image, digest, blob, err);
    if (status != LREG_OK) {
        core_shared_release(shared);
        return status;
    }
    *out = blob;
    return LREG_OK;
}

lreg_status oci_blob_find(struct core *core, const struct core_registry *registry, const char *image,
                          const char *digest, const struct oci_blob **out, struct error *err) {
    char key[CACHE_KEY_MAX];
    uint64_t generation = 0;
    *out = NULL;
    int length = snprintf(key, sizeof key, "image blob\n%s\n%s\n%s", registry->row.id, image, digest);
    if (length < 0 || (size_t)length >= sizeof key) {
        return oci_blob_unknown(digest, err);
    }
    lreg_status status = meta_generation(core_meta(core), &generation, err);
    if (status != LREG_OK) {
        return status;
    }
    struct core_shared *kept = core_cache_find(core, key, generation);
    if (kept != NULL) {
        *out = core_shared_object(kept);
        return LREG_OK;
    }
    status = read_blob(core, registry, image, digest, out, err);
    if (status == LREG_OK) {
        core_cache_put(core, key, generation, (*out)->shared, CACHED_BYTES);
    }
    return status;
}

static lreg_status find_by_path(struct call *call, const char **out_image, const struct oci_blob **out,
                                struct error *err) {
    struct oci_digest digest;
    lreg_status status = oci_image(call, out_image, err);
    if (status == LREG_OK) {
        status = oci_path_digest(call, &digest, err);
    }
    return status == LREG_OK ? oci_blob_find(call->core, call->registry, *out_image, digest.text, out, err) : status;
}

/* --- Claims --- */

/* Looks for the link again in the write transaction: it may be gone by now. */
static lreg_status renew_in(struct meta_transaction *transaction, const struct meta_blob_link *link, int64_t now_ms,
                            struct arena *arena, struct error *err) {
    struct meta_blob_link current;
    struct meta_blob blob;
    lreg_status status =
        meta_blob_link_find(transaction, link->registry_id, link->scope, link->digest, arena, &current, &blob, err);
    if (status == LREG_NOT_FOUND) {
        return oci_blob_unknown(link->digest, err);
    }
    current.claimed_ms = now_ms;
    return status == LREG_OK ? meta_blob_link_put(transaction, &current, err) : status;
}

static lreg_status renew_claim(const struct call *call, const struct meta_blob_link *link, int64_t now_ms,
                               struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct arena arena;
    lreg_status status = meta_begin(core_meta(call->core), META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    arena_init(&arena, call->hooks, ARENA_BYTES);
    status = renew_in(transaction, link, now_ms, &arena, err);
    arena_free(&arena);
    return meta_end(transaction, status, err);
}

/* The collector keeps a blob for the whole grace after its last claim. A client that is told not to send the blob must
 * have at least half of the grace left. So even a blob that is asked for all the time is written only now and then. */
static lreg_status claim(struct call *call, const struct oci_blob *blob, struct error *err) {
    int64_t now_ms = hooks_now_ms(call->hooks);
    if (core_is_read_only(call->core) ||
        now_ms - blob->link.claimed_ms < core_limits_of(call->core)->blob_grace_ms / 2) {
        return LREG_OK;
    }
    lreg_status status = core_authorize(call->core, &call->principal, AUTH_ACTION_WRITE_PACKAGES, call->organization,
                                        call->registry, NULL);
    if (status != LREG_OK || call_defers(call)) {
        return LREG_OK;
    }
    return renew_claim(call, &blob->link, now_ms, err);
}

/* --- Answers --- */

static lreg_status respond(struct call *call, const struct oci_blob *blob, struct storage_object *object,
                           struct error *err) {
    const struct served what = {
        .media_type = "application/octet-stream",
        .version = blob->link.digest,
        .modified_ms = -1,
        .is_fixed = true,
        .length = blob->blob.size_bytes,
        .bytes = "",
        .object = object,
    };
    lreg_status status = oci_add_digest(call, blob->link.digest, err);
    if (status != LREG_OK) {
        storage_object_close(object);
        return status;
    }
    return call_serve(call, &what, err);
}

lreg_status oci_blob_get(struct call *call, struct error *err) {
    const char *image = NULL;
    const struct oci_blob *blob = NULL;
    struct storage_object *object = NULL;
    uint64_t length = 0;
    lreg_status status = find_by_path(call, &image, &blob, err);
    if (status == LREG_OK) {
        status = core_blob_open(call->core, &blob->blob, &object, &length, err);
    }
    if (status == LREG_OK) {
        status = respond(call, blob, object, err);
    }
    oci_blob_release(blob);
    return status;
}

/* Clients ask whether they must send a blob. A blob that the storage lost, that is in quarantine, or whose storage is
 * not open counts as missing; otherwise no push could ever repair it. */
static lreg_status check_whole(struct call *call, const struct oci_blob *blob, struct error *err) {
    struct storage_object *object = NULL;
    uint64_t length = 0;
    lreg_status status = core_blob_open(call->core, &blob->blob, &object, &length, err);
    storage_object_close(object);
    bool can_be_mended = status == LREG_CORRUPT || (status == LREG_BUSY && text_equals(err->code, "storage_unknown"));
    return can_be_mended ? oci_blob_unknown(blob->link.digest, err) : status;
}

lreg_status oci_blob_head(struct call *call, struct error *err) {
    const char *image = NULL;
    const struct oci_blob *blob = NULL;
    lreg_status status = find_by_path(call, &image, &blob, err);
    if (status == LREG_OK) {
        status = check_whole(call, blob, err);
    }
    if (status == LREG_OK) {
        status = claim(call, blob, err);
    }
    if (status == LREG_OK && !call->is_deferred) {
        status = respond(call, blob, NULL, err);
    }
    oci_blob_release(blob);
    return status;
}

/* --- Deleting --- */

/* A deletion in progress. */
struct blob_deletion {
    struct call *call;
    struct meta_transaction *transaction;
    const char *image;
    struct oci_digest digest;
    struct oci_users users; /* if there are any, the blob stays */
};

static lreg_status note_deleted(const struct blob_deletion *deletion, struct error *err) {
    const struct call *call = deletion->call;
    const struct meta_registry *registry = &call->registry->row;
    const char *subject = arena_format(call->arena, "%s@%s", deletion->image, deletion->digest.text);
    if (subject == NULL) {
        return error_no_memory(err);
    }
    return core_audit(call->core, deletion->transaction, &call->actor, registry->organization_id, registry->id,
                      "BlobDeletedEvent", subject, NULL, err);
}

/* A blob that is not linked is unknown, even if a manifest names it. */
static lreg_status delete_in(struct blob_deletion *deletion, struct error *err) {
    const struct call *call = deletion->call;
    const char *registry_id = call->registry->row.id;
    const char *digest = deletion->digest.text;
    lreg_status status = meta_blob_link_delete(deletion->transaction, registry_id, deletion->image, digest, err);
    if (status == LREG_NOT_FOUND) {
        return oci_blob_unknown(digest, err);
    }
    if (status == LREG_OK) {
        status = oci_users_find(deletion->transaction, registry_id, deletion->image, digest, call->arena,
                                &deletion->users, err);
    }
    return status == LREG_OK && deletion->users.count == 0 ? note_deleted(deletion, err) : status;
}

/* Decides and deletes in one transaction. A blob that is in use is left unchanged. */
static lreg_status delete_unless_in_use(struct blob_deletion *deletion, struct error *err) {
    lreg_status status = meta_begin(core_meta(deletion->call->core), META_WRITE, &deletion->transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = delete_in(deletion, err);
    if (deletion->users.count > 0) {
        meta_rollback(deletion->transaction);
        return status;
    }
    return meta_end(deletion->transaction, status, err);
}

lreg_status oci_blob_delete(struct call *call, struct error *err) {
    struct blob_deletion deletion = {.call = call};
    lreg_status status = oci_image(call, &deletion.image, err);
    if (status == LREG_OK) {
        status = oci_path_digest(call, &deletion.digest, err);
    }
    if (status == LREG_OK) {
        status = delete_unless_in_use(&deletion, err);
    }
    if (status == LREG_OK) {
        status = deletion.users.count > 0
                     ? oci_respond_in_use(call, deletion.digest.text, &deletion.users, "GET, HEAD", err)
                     : call_respond(call, 202, err);
    }
    oci_users_free(&deletion.users);
    return status;
}
