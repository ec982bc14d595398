/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_CONTENT_WRITER_H
#define CORE_CONTENT_WRITER_H

#include "core/registry.h"

/*
 * The life of a blob: staged and hashed as it streams, made durable, committed, and only then named by metadata. The
 * one place that knows how two uploads of equal content meet, and how an upload meets the collector.
 */
struct core_blob_writer;

/* Begins a blob for `registry`'s storage. SHA-256 is always made; `algorithms` names further ones (DIGEST_…). */
lreg_status core_blob_writer_new(struct core *core, const struct core_registry *registry, uint32_t algorithms,
                                 uint64_t max_bytes, struct core_blob_writer **out, struct error *err);
/* Goes on with an upload session that this or another process began; the writer's stage is the session's, and nobody
 * else can write to it until the writer is freed or kept. Who publishes it deletes the session's row
 * (meta_upload_delete) in the same transaction. LREG_CONFLICT when another request is at work on it ("upload_busy")
 * or has gone on with it since `upload` was read ("upload_moved"); LREG_NOT_FOUND ("upload_unknown") when it has
 * ended. */
lreg_status core_blob_writer_resume(struct core *core, const struct meta_upload *upload, uint64_t max_bytes,
                                    struct core_blob_writer **out, struct error *err);
/* LREG_TOO_LARGE ("package_too_large") over max_bytes; LREG_NO_SPACE. */
lreg_status core_blob_writer_write(struct core_blob_writer *writer, const void *bytes, size_t length,
                                   struct error *err);
uint64_t core_blob_writer_length(const struct core_blob_writer *writer);
/* Makes durable what was written and saves the digests, for a session that goes on later. `state` has
 * DIGEST_STATE_MAX bytes. */
lreg_status core_blob_writer_suspend(struct core_blob_writer *writer, uint8_t *state, size_t *out_state_length,
                                     struct error *err);
/* Ends the bytes; the digests are then known. Call once, before publish. */
void core_blob_writer_finish(struct core_blob_writer *writer, struct digest_set *out);

/*
 * Stores the blob (unless its content is stored already) and runs `publish` in a write transaction with the blob's id,
 * which is to name it there (package or blob link); then commits. When `publish` or the commit fails, nothing has
 * happened. Runs `publish` again when the collector took the equal blob away meanwhile, so it must be repeatable. Call
 * after finish.
 */
typedef lreg_status (*core_blob_named)(void *user, struct meta_transaction *transaction, int64_t blob_id,
                                       struct error *err);
lreg_status core_blob_publish(struct core_blob_writer *writer, core_blob_named publish, void *user, struct error *err);

/* Frees the writer and keeps a session's stage for a later resume; NULL is fine. */
void core_blob_writer_keep(struct core_blob_writer *writer);
/* Frees the writer and drops its stage, unless it is published; NULL is fine. */
void core_blob_writer_free(struct core_blob_writer *writer);

#endif
