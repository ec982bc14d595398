/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From bytes to a named blob. The order is what keeps it right at any crash: bytes durable, object committed, and only
 * then one transaction in which metadata names it. An object that no transaction came to name is removed by whoever
 * made it, or later by the collector.
 *
 * How uploads of equal content meet: under the write lock each looks whether the content has a row. Who finds one uses
 * it, and gives up what it staged itself. How an upload meets the collector: the collector dooms rows and unknown
 * objects under the same lock, so that a publisher either named the blob before, or finds it gone (or its own object
 * doomed) and acts.
 */

#include "core/core_internal.h"

#include "base/encoding.h"

#include <string.h>

struct core_blob_writer {
    struct core *core; /* retained */
    char *storage_name; /* owned */
    struct storage *storage;
    struct storage_stage *stage; /* NULL when committed or dropped */
    struct core_stage_claim claim;
    struct digest digest;
    struct digest_set digests;
    uint64_t length;
    uint64_t max_bytes;
    bool is_session; /* the stage is an upload session's */
    bool finished;
    bool in_doubt; /* a commit failed: whether the rows are there is for the database to say */
    char key[LREG_STORAGE_KEY_MAX + 1]; /* of the committed object, "" before */
};

#define STAGE_RANDOM_BYTES 16
#define STAGE_PREFIX "w-"
#define ARENA_BYTES (64u * 1024)

/* --- Leftovers --- */

/* Dooms the writer's object unless metadata knows its key. */
static bool doom_if_unknown(const struct core_blob_writer *writer) {
    const struct meta_doomed doomed = {.storage = writer->storage_name, .key = writer->key};
    struct meta_transaction *transaction = NULL;
    bool known = true;
    if (meta_begin(writer->core->meta, META_WRITE, &transaction, NULL) != LREG_OK) {
        return false;
    }
    if (meta_blob_has_key(transaction, doomed.storage, doomed.key, &known, NULL) != LREG_OK || known ||
        meta_doomed_insert(transaction, &doomed, NULL) != LREG_OK) {
        meta_rollback(transaction);
        return false;
    }
    return meta_commit(transaction, NULL) == LREG_OK;
}

/*
 * Gives up an object that no row names. After a failed commit that is not certain: what the engine wrote may come back
 * with a crash, so then another commit has to say first that it is doomed. What fails here is left to the collector.
 */
static void discard_object(struct core_blob_writer *writer) {
    if (writer->in_doubt) {
        if (doom_if_unknown(writer)) {
            (void)core_doomed_remove(writer->core, writer->storage_name, writer->key, NULL);
        }
    } else {
        (void)storage_object_remove(writer->storage, writer->key, NULL);
    }
    writer->key[0] = '\0';
}

/* --- Writers --- */

static lreg_status upload_busy(struct error *err) {
    return error_set(err, LREG_CONFLICT, "upload_busy", "another request is at work on this upload");
}

static lreg_status writer_new(struct core *core, const char *storage_name, const char *stage_name, uint64_t max_bytes,
                              struct core_blob_writer **out, struct error *err) {
    struct storage *storage = NULL;
    lreg_status status = core_storage_find(core, storage_name, &storage, err);
    if (status != LREG_OK) {
        return status;
    }
    struct core_blob_writer *writer = memory_allocate_zeroed(&core->hooks, 1, sizeof *writer);
    if (writer == NULL) {
        return error_no_memory(err);
    }
    core_retain(core);
    writer->core = core;
    writer->storage = storage;
    writer->max_bytes = max_bytes;
    writer->storage_name = memory_copy_text(&core->hooks, storage_name);
    if (writer->storage_name == NULL) {
        core_blob_writer_free(writer);
        return error_no_memory(err);
    }
    if (!core_stage_claim(core, &writer->claim, stage_name)) {
        core_blob_writer_free(writer);
        return upload_busy(err);
    }
    *out = writer;
    return LREG_OK;
}

lreg_status core_blob_writer_new(struct core *core, const struct core_registry *registry, uint32_t algorithms,
                                 uint64_t max_bytes, struct core_blob_writer **out, struct error *err) {
    uint8_t random[STAGE_RANDOM_BYTES];
    char name[sizeof STAGE_PREFIX + 2 * sizeof random] = STAGE_PREFIX;
    struct core_blob_writer *writer = NULL;
    *out = NULL;
    lreg_status status = hooks_random(&core->hooks, random, sizeof random, err);
    if (status != LREG_OK) {
        return status;
    }
    hex_encode(random, sizeof random, name + strlen(STAGE_PREFIX));
    status = writer_new(core, registry->row.storage, name, max_bytes, &writer, err);
    if (status != LREG_OK) {
        return status;
    }
    digest_init(&writer->digest, DIGEST_SHA256 | algorithms);
    status = storage_stage_create(writer->storage, name, &writer->stage, err);
    if (status != LREG_OK) {
        core_blob_writer_free(writer);
        return status;
    }
    *out = writer;
    return LREG_OK;
}

/* The session stands where the caller saw it. */
static lreg_status check_session(struct core *core, const struct meta_upload *upload, struct error *err) {
    struct arena arena;
    struct meta_transaction *transaction = NULL;
    struct meta_upload current;
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status == LREG_OK) {
        status = meta_upload_find(transaction, upload->id, &arena, &current, err);
        meta_rollback(transaction);
    }
    if (status == LREG_NOT_FOUND) {
        status = core_upload_unknown(err);
    } else if (status == LREG_OK && current.received_bytes != upload->received_bytes) {
        status = core_upload_moved(err);
    }
    arena_free(&arena);
    return status;
}

static lreg_status restore_digest(struct core_blob_writer *writer, const struct meta_upload *upload,
                                  struct error *err) {
    if (upload->digest_state == NULL && upload->received_bytes == 0) {
        digest_init(&writer->digest, DIGEST_SHA256);
        return LREG_OK;
    }
    lreg_status status = digest_restore(&writer->digest, upload->digest_state, upload->digest_state_length, err);
    if (status != LREG_OK) {
        return status;
    }
    if (writer->digest.length != upload->received_bytes || (writer->digest.algorithms & DIGEST_SHA256) == 0) {
        return error_set(err, LREG_CORRUPT, "upload_state", "the saved state of the upload does not fit to its length");
    }
    return LREG_OK;
}

/* The session is looked at after its stage is open: from then on nobody else can move it. When another request went
 * on with it before, the stage is closed as it is, because what is behind the length that the caller knows is cut
 * off only by the first write. */
static lreg_status reopen_stage(struct core_blob_writer *writer, const struct meta_upload *upload, struct error *err) {
    lreg_status status = storage_stage_reopen(writer->storage, upload->id, upload->received_bytes, &writer->stage, err);
    if (status == LREG_NOT_FOUND) {
        /* Lost in a crash, or by a publication that failed late: nobody can go on with it. */
        (void)core_upload_cancel(writer->core, upload, NULL);
        return core_upload_unknown(err);
    }
    if (status == LREG_BUSY) {
        return upload_busy(err); /* another process */
    }
    if (status != LREG_OK) {
        return status;
    }
    return check_session(writer->core, upload, err);
}

lreg_status core_blob_writer_resume(struct core *core, const struct meta_upload *upload, uint64_t max_bytes,
                                    struct core_blob_writer **out, struct error *err) {
    struct core_blob_writer *writer = NULL;
    *out = NULL;
    lreg_status status = writer_new(core, upload->storage, upload->id, max_bytes, &writer, err);
    if (status != LREG_OK) {
        return status;
    }
    writer->is_session = true;
    writer->length = upload->received_bytes;
    status = restore_digest(writer, upload, err);
    if (status == LREG_OK) {
        status = reopen_stage(writer, upload, err);
    }
    if (status != LREG_OK) {
        core_blob_writer_keep(writer);
        return status;
    }
    *out = writer;
    return LREG_OK;
}

static lreg_status check_open(const struct core_blob_writer *writer, struct error *err) {
    if (writer->finished || writer->stage == NULL) {
        return error_set(err, LREG_MISUSE, "", "the bytes of this blob have ended");
    }
    return LREG_OK;
}

lreg_status core_blob_writer_write(struct core_blob_writer *writer, const void *bytes, size_t length,
                                   struct error *err) {
    lreg_status status = check_open(writer, err);
    if (status != LREG_OK) {
        return status;
    }
    if (writer->length > writer->max_bytes || length > writer->max_bytes - writer->length) {
        return error_set(err, LREG_TOO_LARGE, "package_too_large", "larger than the limit of %llu bytes",
                         (unsigned long long)writer->max_bytes);
    }
    status = storage_stage_write(writer->stage, bytes, length, err);
    if (status != LREG_OK) {
        return status;
    }
    digest_update(&writer->digest, bytes, length);
    writer->length += length;
    return LREG_OK;
}

uint64_t core_blob_writer_length(const struct core_blob_writer *writer) {
    return writer->length;
}

lreg_status core_blob_writer_suspend(struct core_blob_writer *writer, uint8_t *state, size_t *out_state_length,
                                     struct error *err) {
    lreg_status status = check_open(writer, err);
    if (status != LREG_OK) {
        return status;
    }
    status = storage_stage_sync(writer->stage, err);
    if (status != LREG_OK) {
        return status;
    }
    *out_state_length = digest_save(&writer->digest, state);
    return LREG_OK;
}

void core_blob_writer_finish(struct core_blob_writer *writer, struct digest_set *out) {
    if (!writer->finished) {
        digest_finish(&writer->digest, &writer->digests);
        writer->finished = true;
    }
    *out = writer->digests;
}

static void writer_end(struct core_blob_writer *writer) {
    struct core *core = writer->core;
    core_stage_release(core, &writer->claim);
    memory_release(&core->hooks, writer->storage_name);
    memory_release(&core->hooks, writer);
    core_release(core);
}

void core_blob_writer_keep(struct core_blob_writer *writer) {
    if (writer == NULL) {
        return;
    }
    if (!writer->is_session) {
        core_blob_writer_free(writer);
        return;
    }
    storage_stage_close(writer->stage);
    writer_end(writer);
}

void core_blob_writer_free(struct core_blob_writer *writer) {
    if (writer == NULL) {
        return;
    }
    storage_stage_drop(writer->stage);
    writer_end(writer);
}

/* --- Publishing --- */

static lreg_status commit_stage(struct core_blob_writer *writer, struct error *err) {
    char digest[DIGEST_SHA256_TEXT];
    hex_encode(writer->digests.sha256, sizeof writer->digests.sha256, digest);
    struct storage_stage *stage = writer->stage;
    writer->stage = NULL; /* ended, whatever comes */
    lreg_status status = storage_stage_commit(stage, digest, writer->key, err);
    if (status != LREG_OK) {
        writer->key[0] = '\0';
    }
    return status;
}

/* Gives the id of the row of the writer's content, 0 when there is none. */
static lreg_status find_row(const struct core_blob_writer *writer, struct meta_transaction *transaction,
                            int64_t *out_id, struct error *err) {
    struct arena arena;
    struct meta_blob row;
    *out_id = 0;
    arena_init(&arena, &writer->core->hooks, ARENA_BYTES);
    lreg_status status = meta_blob_find(transaction, writer->storage_name, writer->digests.sha256, &arena, &row, err);
    if (status == LREG_OK) {
        *out_id = row.id;
    } else if (status == LREG_NOT_FOUND) {
        error_clear(err);
        status = LREG_OK;
    }
    arena_free(&arena);
    return status;
}

static lreg_status insert_row(const struct core_blob_writer *writer, struct meta_transaction *transaction,
                              int64_t *out_id, struct error *err) {
    struct meta_blob row = {
        .storage = writer->storage_name,
        .size_bytes = writer->length,
        .key = writer->key,
        .created_ms = hooks_now_ms(&writer->core->hooks),
    };
    bool doomed = false;
    memcpy(row.sha256, writer->digests.sha256, sizeof row.sha256);
    lreg_status status = meta_blob_has_key(transaction, row.storage, row.key, &doomed, err);
    if (status != LREG_OK) {
        return status;
    }
    if (doomed) {
        /* A collector took the object for a leftover before this transaction could name it. */
        return error_set(err, LREG_BUSY, "blob_collected",
                         "the upload was collected before it was complete; repeat it");
    }
    return meta_blob_insert(transaction, &row, out_id, err);
}

/* Finds or makes the row for the content. `*out_id` stays 0 when there is no row and the stage is not committed yet. */
static lreg_status settle_row(const struct core_blob_writer *writer, struct meta_transaction *transaction,
                              int64_t *out_id, bool *out_surplus, struct error *err) {
    bool committed = writer->key[0] != '\0';
    *out_surplus = false;
    lreg_status status = find_row(writer, transaction, out_id, err);
    if (status != LREG_OK || !committed) {
        return status;
    }
    if (*out_id == 0) {
        return insert_row(writer, transaction, out_id, err);
    }
    const struct meta_doomed doomed = {.storage = writer->storage_name, .key = writer->key};
    *out_surplus = true;
    return meta_doomed_insert(transaction, &doomed, err);
}

/* The transaction that makes it all visible. `*out_named` is false when the stage has to be committed first. */
static lreg_status name_blob(struct core_blob_writer *writer, core_blob_named publish, void *user, bool *out_named,
                             bool *out_surplus, struct error *err) {
    struct meta_transaction *transaction = NULL;
    int64_t id = 0;
    *out_named = false;
    lreg_status status = meta_begin(writer->core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = settle_row(writer, transaction, &id, out_surplus, err);
    if (status == LREG_OK && id != 0) {
        status = publish(user, transaction, id, err);
    }
    if (status != LREG_OK || id == 0) {
        meta_rollback(transaction);
        return status;
    }
    status = meta_commit(transaction, err);
    writer->in_doubt = status != LREG_OK;
    *out_named = status == LREG_OK;
    return status;
}

/* Whether the content has a row at the moment: asked without the write lock, which is not to be held while a stage is
 * committed. */
static lreg_status look_up(const struct core_blob_writer *writer, bool *out_stored, struct error *err) {
    struct meta_transaction *transaction = NULL;
    int64_t id = 0;
    lreg_status status = meta_begin(writer->core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = find_row(writer, transaction, &id, err);
    meta_rollback(transaction);
    *out_stored = id != 0;
    return status;
}

lreg_status core_blob_publish(struct core_blob_writer *writer, core_blob_named publish, void *user, struct error *err) {
    bool stored = false;
    bool named = false;
    bool surplus = false;
    if (!writer->finished || writer->stage == NULL) {
        return error_set(err, LREG_MISUSE, "", "a blob is published once, after its end");
    }
    lreg_status status = look_up(writer, &stored, err);
    /* At most two rounds: after the first the stage is committed, and then there is always a row. */
    while (status == LREG_OK && !named) {
        if (!stored) {
            status = commit_stage(writer, err);
        }
        if (status == LREG_OK) {
            status = name_blob(writer, publish, user, &named, &surplus, err);
        }
        stored = false;
    }
    if (status != LREG_OK) {
        if (writer->key[0] != '\0') {
            discard_object(writer);
        }
        return status;
    }
    if (surplus) {
        (void)core_doomed_remove(writer->core, writer->storage_name, writer->key, NULL);
    }
    storage_stage_drop(writer->stage); /* still there when the content was */
    writer->stage = NULL;
    return LREG_OK;
}
