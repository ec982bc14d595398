/* SPDX-License-Identifier: Apache-2.0 */

/* Writers: they write bytes to a stage and update the digests. publish.c does the rest. */

#include "core/content/writer_internal.h"

#include "base/encoding.h"
#include "base/parallel.h"
#include "core/content/objects.h"
#include "core/content/upload.h"

#include <string.h>

#define STAGE_RANDOM_BYTES 16
#define STAGE_PREFIX "w-"
#define ARENA_BYTES (64u * 1024)

/* The least piece for which another thread is worth its cost: hashing it takes tens of microseconds. */
#define SHARED_BYTES ((size_t)64 * 1024)

static lreg_status upload_busy(struct error *err) {
    return error_set(err, LREG_CONFLICT, "upload_busy", "another request is working on this upload");
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

lreg_status core_blob_writer_new(struct core *core, uint32_t algorithms, uint64_t max_bytes,
                                 struct core_blob_writer **out, struct error *err) {
    uint8_t random[STAGE_RANDOM_BYTES];
    char name[sizeof STAGE_PREFIX + 2 * sizeof random] = STAGE_PREFIX;
    struct core_blob_writer *writer = NULL;
    *out = NULL;
    lreg_status status = core_check_writable(core, err);
    if (status == LREG_OK) {
        status = hooks_random(&core->hooks, random, sizeof random, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    hex_encode(random, sizeof random, name + strlen(STAGE_PREFIX));
    status = writer_new(core, core->storage_name, name, max_bytes, &writer, err);
    if (status != LREG_OK) {
        return status;
    }
    digest_init(&writer->digest, DIGEST_SHA256 | algorithms);
    status = storage_stage_create(writer->storage, name, &writer->stage, err);
    if (status != LREG_OK) {
        core_blob_writer_free(writer);
        return status;
    }
    writer->is_started = true;
    core_metrics_count(core, CORE_COUNT_UPLOADS_STARTED, 1);
    *out = writer;
    return LREG_OK;
}

/* Checks that the session has not changed since the caller read it. */
static lreg_status check_session(struct core *core, const struct meta_upload *upload, struct error *err) {
    lreg_status writable = core_check_writable(core, err);
    if (writable != LREG_OK) {
        return writable;
    }
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
        return error_set(err, LREG_CORRUPT, "upload_state", "the saved state of the upload does not match its length");
    }
    return LREG_OK;
}

/* Whether the stage exists and can be read, but is shorter than the received length: a crash without syncs may leave
 * that. A storage that fails returns the same status for such a stage, so both are tried. */
static bool is_shorter(const struct core_blob_writer *writer, const struct meta_upload *upload) {
    struct storage_stage *stage = NULL;
    if (storage_stage_reopen(writer->storage, upload->id, 0, &stage, NULL) != LREG_OK) {
        return false;
    }
    storage_stage_close(stage);
    lreg_status status = storage_stage_reopen(writer->storage, upload->id, upload->received_bytes, &stage, NULL);
    if (status == LREG_OK) {
        storage_stage_close(stage);
    }
    return status == LREG_IO;
}

/* Checks the session after its stage is open: from then on no other request can change it. When another request
 * continued it before, the stage is closed unchanged, because only the first write cuts off what is after the length
 * that the caller knows. */
static lreg_status reopen_stage(struct core_blob_writer *writer, const struct meta_upload *upload, struct error *err) {
    lreg_status status = storage_stage_reopen(writer->storage, upload->id, upload->received_bytes, &writer->stage, err);
    if (status == LREG_NOT_FOUND || (status == LREG_IO && is_shorter(writer, upload))) {
        core_upload_lose(writer->core, upload);
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
        core_blob_writer_detach(writer);
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

/* The algorithms of each thread; both sets take about the same time when all are wanted. */
static const uint32_t digest_shares[] = {DIGEST_SHA256 | DIGEST_SHA512, DIGEST_SHA1 | DIGEST_MD5};

struct share {
    struct digest *digest;
    uint32_t algorithms;
    const void *bytes;
    size_t length;
};

static void feed_share(void *argument) {
    const struct share *share = argument;
    digest_update_share(share->digest, share->algorithms, share->bytes, share->length);
}

/* Hashes a piece on the host's threads, if it provides some, while this thread writes it. */
static lreg_status write_and_hash(struct core_blob_writer *writer, const void *bytes, size_t length,
                                  struct error *err) {
    enum {
        COUNT = sizeof digest_shares / sizeof digest_shares[0]
    };
    struct share shares[COUNT];
    struct parallel_work work[COUNT];
    size_t count = 0;
    for (size_t i = 0; i < COUNT; i++) {
        if ((writer->digest.algorithms & digest_shares[i]) != 0) {
            shares[count] = (struct share){&writer->digest, digest_shares[i], bytes, length};
            parallel_begin(&writer->core->hooks, &work[count], feed_share, &shares[count]);
            count++;
        }
    }
    lreg_status status = storage_stage_write(writer->stage, bytes, length, err);
    for (size_t i = 0; i < count; i++) {
        parallel_end(&work[i]);
    }
    digest_count(&writer->digest, length);
    return status;
}

static lreg_status write_then_hash(struct core_blob_writer *writer, const void *bytes, size_t length,
                                   struct error *err) {
    lreg_status status = storage_stage_write(writer->stage, bytes, length, err);
    if (status == LREG_OK) {
        digest_update(&writer->digest, bytes, length);
    }
    return status;
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
    bool is_shared = length >= SHARED_BYTES && writer->core->hooks.executor.run != NULL;
    status = is_shared ? write_and_hash(writer, bytes, length, err) : write_then_hash(writer, bytes, length, err);
    if (status == LREG_OK) {
        writer->length += length;
    }
    return status;
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

/* A session is cancelled elsewhere: the end of a writer is not its end. */
static void count_end(const struct core_blob_writer *writer) {
    if (writer->is_session && writer->is_published) {
        core_metrics_count(writer->core, CORE_COUNT_SESSIONS_FINISHED, 1);
    } else if (writer->is_started) {
        core_metrics_count(writer->core,
                           writer->is_published ? CORE_COUNT_UPLOADS_FINISHED : CORE_COUNT_UPLOADS_CANCELLED, 1);
    }
}

static void writer_end(struct core_blob_writer *writer) {
    struct core *core = writer->core;
    count_end(writer);
    core_stage_release(core, &writer->claim);
    memory_release(&core->hooks, writer->storage_name);
    memory_release(&core->hooks, writer);
    core_release(core);
}

void core_blob_writer_detach(struct core_blob_writer *writer) {
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
