/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_CONTENT_WRITER_H
#define CORE_CONTENT_WRITER_H

#include "core/registry.h"

/*
 * The life of a blob: staged and hashed as it streams, made durable, committed, and only then named by the metadata.
 * This is the one place for concurrent uploads of equal content, and for uploads beside the collector.
 */
struct core_blob_writer;

/* Begins a blob in the storage that is open. SHA-256 is always computed; `algorithms` names others (DIGEST_…). */
lreg_status core_blob_writer_new(struct core *core, uint32_t algorithms, uint64_t max_bytes,
                                 struct core_blob_writer **out, struct error *err);
/* Continues an upload session that this or another process began. The writer's stage is the session's, and nothing else
 * can write to it until the writer is freed or detached. The caller that publishes it deletes the session's row
 * (meta_upload_delete()) in the same transaction. LREG_CONFLICT when another request works on it ("upload_busy") or has
 * continued it since `upload` was read ("upload_moved"); LREG_NOT_FOUND ("upload_unknown") when it has ended. */
lreg_status core_blob_writer_resume(struct core *core, const struct meta_upload *upload, uint64_t max_bytes,
                                    struct core_blob_writer **out, struct error *err);
/* LREG_TOO_LARGE ("package_too_large") over max_bytes; LREG_NO_SPACE. */
lreg_status core_blob_writer_write(struct core_blob_writer *writer, const void *bytes, size_t length,
                                   struct error *err);
uint64_t core_blob_writer_length(const struct core_blob_writer *writer);
/* Makes the written bytes durable and saves the digests, for a session that continues later. `state` has
 * DIGEST_STATE_MAX bytes. */
lreg_status core_blob_writer_suspend(struct core_blob_writer *writer, uint8_t *state, size_t *out_state_length,
                                     struct error *err);
/* Ends the bytes and sets the digests. Call it once, before publish. */
void core_blob_writer_finish(struct core_blob_writer *writer, struct digest_set *out);

/*
 * Stores the blob (unless its content is stored already), runs `publish` in a write transaction with the blob's id, and
 * commits. `publish` must name the blob (package or blob link). When `publish` or the commit fails, there is no effect.
 * `publish` must be repeatable: it runs again when the collector removed the equal blob meanwhile. Call it after
 * finish.
 */
typedef lreg_status (*core_blob_named)(void *user, struct meta_transaction *transaction, int64_t blob_id,
                                       struct error *err);
lreg_status core_blob_publish(struct core_blob_writer *writer, core_blob_named publish, void *user, struct error *err);

/* Frees the writer and keeps a session's stage for a later resume; NULL is allowed. */
void core_blob_writer_detach(struct core_blob_writer *writer);
/* Frees the writer and drops its stage, unless it is published; NULL is allowed. */
void core_blob_writer_free(struct core_blob_writer *writer);

#endif
