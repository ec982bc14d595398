/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Upload sessions: a row that says how far an upload has come and the running digest of that, and a stage of the same
 * name with the bytes. The row is only moved when the bytes are durable, so what a client was told to be received is
 * there after a crash; what the stage holds beyond it is cut off when the session goes on. A session whose bytes are
 * gone after all (a crash without syncs, a storage that lost them) ends when that is found: its client begins anew.
 */

#include "core/content/upload.h"

#include "base/text.h"
#include "core/content/objects.h"
#include "core/content/stages.h"
#include "core/instance/state.h"

#include <string.h>

lreg_status core_upload_unknown(struct error *err) {
    return error_set(err, LREG_NOT_FOUND, "upload_unknown", "there is no such upload, or it has ended");
}

lreg_status core_upload_moved(struct error *err) {
    return error_set(err, LREG_CONFLICT, "upload_moved", "another request has gone on with this upload meanwhile");
}

static const char *principal_text(const struct auth_principal *principal) {
    if (principal->kind == AUTH_HOST) {
        return "host";
    }
    return principal->token_id[0] != '\0' ? principal->token_id : "anonymous";
}

static lreg_status insert_session(struct core *core, struct meta_transaction *transaction,
                                  const struct meta_upload *row, struct error *err) {
    uint64_t count = 0;
    lreg_status status = meta_upload_count(transaction, row->registry_id, &count, err);
    if (status != LREG_OK) {
        return status;
    }
    if (count >= core->limits.max_uploads) {
        return error_set(err, LREG_TOO_MANY, "too_many_uploads", "the registry has %llu uploads open, its limit is %zu",
                         (unsigned long long)count, core->limits.max_uploads);
    }
    return meta_upload_insert(transaction, row, err);
}

/* Without waiting for the disk: a power cut takes with the session nothing but its id, and the client begins again. */
static lreg_status note_session(struct core *core, const struct meta_upload *row, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin_unsynced(core->meta, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = insert_session(core, transaction, row, err);
    if (status != LREG_OK) {
        meta_rollback(transaction);
        return status;
    }
    return meta_commit(transaction, err);
}

/* The stage comes first: a stage without a row is collected, a row without a stage is a session that cannot go on. */
static lreg_status make_session(struct core *core, const struct meta_upload *row, struct error *err) {
    struct storage *storage = NULL;
    struct storage_stage *stage = NULL;
    lreg_status status = core_storage_find(core, row->storage, &storage, err);
    if (status != LREG_OK) {
        return status;
    }
    status = storage_stage_create(storage, row->id, &stage, err);
    if (status != LREG_OK) {
        return status;
    }
    /* Open until then, so that no collector of another process takes it. */
    status = note_session(core, row, err);
    if (status == LREG_OK) {
        storage_stage_close(stage);
    } else {
        storage_stage_drop(stage);
    }
    return status;
}

lreg_status core_upload_begin(struct core *core, const struct core_registry *registry,
                              const struct auth_principal *principal, const char *scope, char out_id[ID_TEXT],
                              struct error *err) {
    char id[ID_TEXT];
    struct core_stage_claim claim;
    out_id[0] = '\0';
    /* Not to be guessed: who knows the id is asked for nothing but the principal. */
    lreg_status status = id_new_secret(&core->hooks, id, err);
    if (status != LREG_OK) {
        return status;
    }
    int64_t now_ms = hooks_now_ms(&core->hooks);
    const struct meta_upload row = {
        .id = id,
        .registry_id = registry->row.id,
        .storage = registry->row.storage,
        .scope = scope,
        .principal = principal_text(principal),
        .created_ms = now_ms,
        .updated_ms = now_ms,
    };
    if (!core_stage_claim(core, &claim, id)) {
        return error_set(err, LREG_IO, "no_randomness", "the source of random bytes repeats itself");
    }
    status = make_session(core, &row, err);
    core_stage_release(core, &claim);
    if (status == LREG_OK) {
        memcpy(out_id, id, sizeof id);
    }
    return status;
}

lreg_status core_upload_find(struct core *core, const struct core_registry *registry, const char *scope, const char *id,
                             const struct auth_principal *principal, struct arena *arena, struct meta_upload *out,
                             struct error *err) {
    struct meta_transaction *transaction = NULL;
    if (!id_is_valid(id)) {
        return core_upload_unknown(err);
    }
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_upload_find(transaction, id, arena, out, err);
    meta_rollback(transaction);
    if (status != LREG_OK && status != LREG_NOT_FOUND) {
        return status;
    }
    if (status == LREG_NOT_FOUND || !text_equals(out->registry_id, registry->row.id) ||
        !text_equals(out->scope, scope)) {
        return core_upload_unknown(err);
    }
    /* Decided when it began: whether the token has expired since does not matter, whose token it is does. */
    if (!text_equals(out->principal, principal_text(principal))) {
        return error_set(err, LREG_FORBIDDEN, "upload_of_another", "the upload was begun with other credentials");
    }
    return LREG_OK;
}

lreg_status core_upload_advance(struct core *core, const struct meta_upload *upload, struct core_blob_writer *writer,
                                uint64_t *out_received, struct error *err) {
    uint8_t state[DIGEST_STATE_MAX];
    struct meta_upload row = *upload;
    struct meta_transaction *transaction = NULL;
    lreg_status status = core_blob_writer_suspend(writer, state, &row.digest_state_length, err);
    if (status != LREG_OK) {
        return status;
    }
    row.digest_state = state;
    row.received_bytes = core_blob_writer_length(writer);
    row.updated_ms = hooks_now_ms(&core->hooks);
    status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_upload_advance(transaction, &row, upload->received_bytes, err);
    if (status != LREG_OK) {
        meta_rollback(transaction);
    } else {
        status = meta_commit(transaction, err);
    }
    if (status == LREG_OK) {
        *out_received = row.received_bytes;
    } else if (status == LREG_NOT_FOUND) {
        status = core_upload_unknown(err);
    } else if (status == LREG_CONFLICT) {
        status = core_upload_moved(err);
    }
    return status;
}

/* Not deleted: another process may have made an object of the bytes, and be about to end the session in the transaction
 * that publishes it. What fails here is found again by the next request. */
void core_upload_lose(struct core *core, const struct meta_upload *upload) {
    struct meta_transaction *transaction = NULL;
    if (meta_begin_unsynced(core->meta, &transaction, NULL) != LREG_OK) {
        return;
    }
    if (meta_upload_lose(transaction, upload, hooks_now_ms(&core->hooks), NULL) == LREG_OK) {
        (void)meta_commit(transaction, NULL);
    } else {
        meta_rollback(transaction);
    }
}

static lreg_status delete_session(struct core *core, const char *id, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_upload_delete(transaction, id, err);
    if (status != LREG_OK) {
        meta_rollback(transaction);
        return status == LREG_NOT_FOUND ? core_upload_unknown(err) : status;
    }
    return meta_commit(transaction, err);
}

lreg_status core_upload_cancel(struct core *core, const struct meta_upload *upload, struct error *err) {
    struct core_stage_claim claim;
    struct storage *storage = NULL;
    lreg_status status = core_storage_find(core, upload->storage, &storage, err);
    if (status != LREG_OK) {
        return status;
    }
    status = delete_session(core, upload->id, err);
    if (status != LREG_OK) {
        return status;
    }
    /* A request that is at work on it finds its session gone; then the stage is left to the collector. */
    if (core_stage_claim(core, &claim, upload->id)) {
        (void)storage_stage_remove(storage, upload->id, NULL);
        core_stage_release(core, &claim);
    }
    return LREG_OK;
}
