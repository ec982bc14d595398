/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From bytes to a named blob. The order makes it correct after any crash: the bytes are made durable, the object is
 * committed, and only then one transaction in the metadata names it. An object that no transaction named is removed by
 * its publisher, or later by the collector.
 *
 * Two uploads of equal content: under the write lock each checks whether the content has a row. If it has, the upload
 * uses that row and discards what it staged. An upload and the collector: the collector dooms rows and unknown objects
 * under the same lock. So a publisher has either named the blob before, or finds that it is gone (or that its own
 * object is doomed) and tries again.
 */

#include "core/content/writer_internal.h"

#include "base/encoding.h"
#include "core/content/objects.h"
#include "core/content/upload.h"

#include <stdio.h>
#include <string.h>

#define ARENA_BYTES (64u * 1024)

/* What one read of the metadata found. */
struct look {
    int64_t id; /* of the content's row; 0 when there is none */
    uint64_t sweeps; /* see core_sweeps_read() */
    bool is_lost; /* the row's object is missing, damaged or of another length: this upload restores it */
    char key[LREG_STORAGE_KEY_MAX + 1]; /* of the row */
};

/* --- Leftovers --- */

/* Dooms the writer's object unless the metadata knows its key. */
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
 * Discards an object that no row names. After a failed commit a crash may still bring the row back, so another commit
 * must doom the object first. After a failure here the collector does it.
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

/* Ends the session whose bytes were lost by a publication that failed late, so that no client is told that they exist.
 * After a failure here the next request that continues the session detects it. */
static void end_lost_session(const struct core_blob_writer *writer) {
    const struct meta_upload session = {.id = writer->claim.name, .storage = writer->storage_name};
    if (writer->is_session && writer->stage == NULL) {
        (void)core_upload_cancel(writer->core, &session, NULL);
    }
}

/* --- Publishing --- */

static lreg_status commit_stage(struct core_blob_writer *writer, struct error *err) {
    char digest[DIGEST_SHA256_TEXT];
    hex_encode(writer->digests.sha256, sizeof writer->digests.sha256, digest);
    struct storage_stage *stage = writer->stage;
    writer->stage = NULL; /* ended in any case */
    lreg_status status = storage_stage_commit(stage, digest, writer->key, err);
    if (status != LREG_OK) {
        writer->key[0] = '\0';
    }
    return status;
}

static bool is_committed(const struct core_blob_writer *writer) {
    return writer->key[0] != '\0';
}

static lreg_status collected(struct error *err) {
    return error_set(err, LREG_BUSY, "blob_collected", "the upload was collected before it was complete; repeat it");
}

static lreg_status look_in(const struct core_blob_writer *writer, struct meta_transaction *transaction,
                           struct look *out, struct error *err) {
    struct arena arena;
    struct meta_blob row;
    *out = (struct look){0};
    lreg_status status = core_sweeps_read(writer->core, transaction, &out->sweeps, err);
    if (status != LREG_OK) {
        return status;
    }
    arena_init(&arena, &writer->core->hooks, ARENA_BYTES);
    status = meta_blob_find(transaction, writer->storage_name, writer->digests.sha256, &arena, &row, err);
    if (status == LREG_OK) {
        out->id = row.id;
        out->is_lost = row.damaged_ms != 0;
        (void)snprintf(out->key, sizeof out->key, "%s", row.key);
    } else if (status == LREG_NOT_FOUND) {
        error_clear(err);
        status = LREG_OK;
    }
    arena_free(&arena);
    return status;
}

static lreg_status look_up(const struct core_blob_writer *writer, struct look *out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(writer->core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = look_in(writer, transaction, out, err);
    meta_rollback(transaction);
    return status;
}

/* True only when the storage reports it: any other failure is not a reason to store the content twice. */
static bool is_lost(const struct core_blob_writer *writer, const char *key) {
    struct storage_object *object = NULL;
    uint64_t length = 0;
    lreg_status status = storage_object_open(writer->storage, key, (int64_t)writer->length, &object, &length, NULL);
    storage_object_close(object);
    return status == LREG_NOT_FOUND || (status == LREG_OK && length != writer->length);
}

static lreg_status check_object(const struct core_blob_writer *writer, struct error *err) {
    struct storage_object *object = NULL;
    uint64_t length = 0;
    lreg_status status =
        storage_object_open(writer->storage, writer->key, (int64_t)writer->length, &object, &length, err);
    storage_object_close(object);
    return status == LREG_NOT_FOUND ? collected(err) : status;
}

/* The work outside the write lock: reads the metadata, and then ensures that there is an object, unless the content has
 * a row with one. The order matters: a sweep after the read shows in the transaction. */
static lreg_status prepare(struct core_blob_writer *writer, struct look *out, struct error *err) {
    lreg_status status = look_up(writer, out, err);
    if (status != LREG_OK) {
        return status;
    }
    out->is_lost = out->id != 0 && (out->is_lost || is_lost(writer, out->key));
    if (out->id != 0 && !out->is_lost) {
        return LREG_OK;
    }
    return is_committed(writer) ? check_object(writer, err) : commit_stage(writer, err);
}

static lreg_status check_not_doomed(const struct core_blob_writer *writer, struct meta_transaction *transaction,
                                    struct error *err) {
    bool doomed = false;
    lreg_status status = meta_blob_has_key(transaction, writer->storage_name, writer->key, &doomed, err);
    return status == LREG_OK && doomed ? collected(err) : status;
}

/* Points a row whose object was lost to the object of this upload. The remains of the other object are doomed. */
static lreg_status heal_row(const struct core_blob_writer *writer, struct meta_transaction *transaction,
                            const struct look *now, struct error *err) {
    const struct meta_doomed remains = {.storage = writer->storage_name, .key = now->key};
    lreg_status status = check_not_doomed(writer, transaction, err);
    if (status == LREG_OK) {
        status = meta_blob_set_key(transaction, now->id, writer->key, err);
    }
    if (status == LREG_OK) {
        status = meta_doomed_insert(transaction, &remains, err);
    }
    if (status == LREG_OK) {
        hooks_log(&writer->core->hooks, LREG_LOG_WARNING, "the storage had lost or damaged %s; it was published again",
                  now->key);
    }
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
    memcpy(row.sha256, writer->digests.sha256, sizeof row.sha256);
    lreg_status status = check_not_doomed(writer, transaction, err);
    return status == LREG_OK ? meta_blob_insert(transaction, &row, out_id, err) : status;
}

/* Finds or creates the row for the content. Sets `*out_id` to 0 when the upload must be prepared again: the row that
 * was seen is gone or has another object, or a sweep may have removed the object. */
static lreg_status settle_row(struct core_blob_writer *writer, struct meta_transaction *transaction,
                              const struct look *before, int64_t *out_id, struct error *err) {
    struct look now;
    const struct meta_doomed surplus = {.storage = writer->storage_name, .key = writer->key};
    *out_id = 0;
    lreg_status status = look_in(writer, transaction, &now, err);
    if (status != LREG_OK) {
        return status;
    }
    if (now.id != 0 && before->is_lost && strcmp(now.key, before->key) == 0) {
        if (now.sweeps != before->sweeps) {
            return LREG_OK;
        }
        *out_id = now.id;
        return heal_row(writer, transaction, &now, err);
    }
    if (now.id != 0) {
        *out_id = now.id;
        writer->is_surplus = is_committed(writer);
        return writer->is_surplus ? meta_doomed_insert(transaction, &surplus, err) : LREG_OK;
    }
    if (!is_committed(writer) || now.sweeps != before->sweeps) {
        return LREG_OK;
    }
    return insert_row(writer, transaction, out_id, err);
}

/* The transaction that makes everything visible. */
static lreg_status name_blob(struct core_blob_writer *writer, const struct look *before, core_blob_named publish,
                             void *user, bool *out_named, struct error *err) {
    struct meta_transaction *transaction = NULL;
    int64_t id = 0;
    lreg_status status = meta_begin(writer->core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = settle_row(writer, transaction, before, &id, err);
    if (status == LREG_OK && id != 0) {
        status = publish(user, transaction, id, err);
    }
    if (id == 0) {
        meta_rollback(transaction);
        return status;
    }
    bool is_refused = status != LREG_OK; /* before a commit was tried */
    status = meta_end(transaction, status, err);
    writer->in_doubt = status != LREG_OK && !is_refused;
    *out_named = status == LREG_OK;
    return status;
}

lreg_status core_blob_publish(struct core_blob_writer *writer, core_blob_named publish, void *user, struct error *err) {
    struct look look;
    bool named = false;
    lreg_status status = LREG_OK;
    if (!writer->finished || writer->stage == NULL) {
        return error_set(err, LREG_MISUSE, "", "a blob is published once, after its end");
    }
    /* One round, unless a collector worked between the read and the transaction. */
    while (status == LREG_OK && !named) {
        status = prepare(writer, &look, err);
        if (status == LREG_OK) {
            status = name_blob(writer, &look, publish, user, &named, err);
        }
    }
    if (status != LREG_OK && is_committed(writer)) {
        discard_object(writer);
    }
    if (status != LREG_OK) {
        end_lost_session(writer);
        return status;
    }
    writer->is_published = true;
    if (writer->is_surplus) {
        (void)core_doomed_remove(writer->core, writer->storage_name, writer->key, NULL);
    }
    storage_stage_drop(writer->stage); /* not NULL when the content was stored already */
    writer->stage = NULL;
    return LREG_OK;
}
