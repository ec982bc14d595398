/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Upload sessions: a row with the received length and the running digest, and a stage of the same name with the bytes.
 * The row is updated only when the bytes are durable, so the length that a client was told exists after a crash;
 * further bytes in the stage are cut off when the session continues. A session whose bytes are gone all the same (a
 * crash without syncs, a storage that lost them) ends when that is detected, and its client begins again.
 */

#include "core/content/upload.h"

#include "base/text.h"
#include "core/content/objects.h"
#include "core/content/stages.h"
#include "core/instance/state.h"

#include <string.h>

#define ARENA_BYTES ((size_t)64 * 1024)

static const char *principal_text(const struct auth_principal *principal) {
    if (principal->kind == AUTH_HOST) {
        return "host";
    }
    return principal->token_id[0] != '\0' ? principal->token_id : "anonymous";
}

/* --- Beginning --- */

/* A principal with less than this part of the registry's limit may begin, although others have used it up. */
#define SHARE 64

/* A session that begins. */
struct beginning {
    struct core *core;
    const struct meta_upload *row;
    struct meta_transaction *transaction;
    struct arena arena;
    const char *ended; /* id of the session that ended to make room; NULL: none did */
};

static lreg_status too_many_own(const struct core_limits *limits, uint64_t count, struct error *err) {
    return error_set(err, LREG_TOO_MANY, "too_many_token_uploads",
                     "these credentials have %llu uploads in progress in the registry, the limit for each is %zu; end "
                     "some, or wait: one without progress for %lld s no longer counts",
                     (unsigned long long)count, limits->max_token_uploads,
                     (long long)(limits->max_upload_idle_ms / 1000));
}

/* One principal cannot use up the common limit: a principal with few sessions in progress may begin another. */
static lreg_status check_progress(const struct beginning *beginning, struct error *err) {
    const struct core_limits *limits = &beginning->core->limits;
    const struct meta_upload *row = beginning->row;
    int64_t since_ms = row->updated_ms - limits->max_upload_idle_ms;
    int64_t until_ms = row->updated_ms + limits->max_upload_idle_ms; /* later times come from a wrong clock */
    uint64_t own = 0;
    uint64_t all = 0;
    lreg_status status =
        meta_upload_count_of(beginning->transaction, row->registry_id, row->principal, since_ms, until_ms, &own, err);
    if (status == LREG_OK && own >= limits->max_token_uploads) {
        return too_many_own(limits, own, err);
    }
    if (status == LREG_OK) {
        status = meta_upload_count(beginning->transaction, row->registry_id, since_ms, until_ms, &all, err);
    }
    if (status != LREG_OK || all < limits->max_uploads || own < limits->max_uploads / SHARE) {
        return status;
    }
    return error_set(err, LREG_TOO_MANY, "too_many_uploads",
                     "the registry has %llu uploads in progress, its limit is %zu, and %llu of them are of these "
                     "credentials",
                     (unsigned long long)all, limits->max_uploads, (unsigned long long)own);
}

/* Idle sessions do not count for others, but are bounded too: the longest idle one of the same principal ends. */
static lreg_status make_room(struct beginning *beginning, struct error *err) {
    const struct meta_upload *row = beginning->row;
    struct meta_upload idlest;
    uint64_t held = 0;
    lreg_status status = meta_upload_count_of(beginning->transaction, row->registry_id, row->principal, INT64_MIN,
                                              INT64_MAX, &held, err);
    if (status != LREG_OK || held < beginning->core->limits.max_uploads) {
        return status;
    }
    status = meta_upload_find_idlest(beginning->transaction, row->registry_id, row->principal, &beginning->arena,
                                     &idlest, err);
    if (status == LREG_OK) {
        beginning->ended = idlest.id;
        status = meta_upload_delete(beginning->transaction, idlest.id, err);
    }
    return status;
}

/* Without waiting for the disk: a power cut loses only the id of the session, and the client begins again. */
static lreg_status note_session(struct beginning *beginning, struct error *err) {
    lreg_status status = meta_begin_unsynced(beginning->core->meta, &beginning->transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = check_progress(beginning, err);
    if (status == LREG_OK) {
        status = make_room(beginning, err);
    }
    if (status == LREG_OK) {
        status = meta_upload_insert(beginning->transaction, beginning->row, err);
    }
    return meta_end(beginning->transaction, status, err);
}

void core_upload_drop_stage(struct core *core, struct storage *storage, const char *id) {
    struct core_stage_claim claim;
    if (core_stage_claim(core, &claim, id)) {
        (void)storage_stage_remove(storage, id, NULL);
        core_stage_release(core, &claim);
    }
}

static lreg_status note_in(struct core *core, struct storage *storage, const struct meta_upload *row,
                           struct error *err) {
    struct beginning beginning = {.core = core, .row = row};
    arena_init(&beginning.arena, &core->hooks, ARENA_BYTES);
    lreg_status status = note_session(&beginning, err);
    if (status == LREG_OK && beginning.ended != NULL) {
        core_metrics_count(core, CORE_COUNT_SESSIONS_CANCELLED, 1);
        core_upload_drop_stage(core, storage, beginning.ended);
    }
    arena_free(&beginning.arena);
    return status;
}

/* The stage is created first: a stage without a row is collected, but a row without a stage is a session that cannot
 * continue. */
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
    /* Open until the row exists, so that no collector of another process removes it. */
    status = note_in(core, storage, row, err);
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
    /* The id must be unguessable: a request that knows it only needs the same principal. */
    lreg_status status = core_check_writable(core, err);
    if (status == LREG_OK) {
        status = id_new_secret(&core->hooks, id, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    int64_t now_ms = hooks_now_ms(&core->hooks);
    const struct meta_upload row = {
        .id = id,
        .registry_id = registry->row.id,
        .storage = core->storage_name,
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
        core_metrics_count(core, CORE_COUNT_SESSIONS_STARTED, 1);
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
    /* Access was decided when the session began: an expired token does not matter, another principal does. */
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
    status = meta_end(transaction, status, err);
    if (status == LREG_OK) {
        *out_received = row.received_bytes;
    } else if (status == LREG_NOT_FOUND) {
        status = core_upload_unknown(err);
    } else if (status == LREG_CONFLICT) {
        status = core_upload_moved(err);
    }
    return status;
}

static lreg_status delete_session(struct core *core, const char *id, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_upload_delete(transaction, id, err);
    status = meta_end(transaction, status, err);
    return status == LREG_NOT_FOUND ? core_upload_unknown(err) : status;
}

lreg_status core_upload_cancel(struct core *core, const struct meta_upload *upload, struct error *err) {
    lreg_status status = delete_session(core, upload->id, err);
    if (status == LREG_OK) {
        core_metrics_count(core, CORE_COUNT_SESSIONS_CANCELLED, 1);
    }
    if (status == LREG_OK && core_storage_is_open(core, upload->storage)) {
        core_upload_drop_stage(core, core->storage, upload->id); /* a collection of another storage removes its stage */
    }
    return status;
}
