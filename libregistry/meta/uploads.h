/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_UPLOADS_H
#define META_UPLOADS_H

#include "meta/transaction.h"

/* An upload session: an upload in several requests, which any process may continue. */
struct meta_upload {
    const char *id; /* unguessable; also the name of its stage */
    const char *registry_id;
    const char *storage;
    const char *scope; /* image name */
    const char *principal; /* began it, and may continue it */
    uint64_t received_bytes;
    const void *digest_state; /* see digest_save(); NULL before the first byte */
    size_t digest_state_length;
    int64_t created_ms;
    int64_t updated_ms;
};

lreg_status meta_upload_insert(struct meta_transaction *transaction, const struct meta_upload *row, struct error *err);
lreg_status meta_upload_find(struct meta_transaction *transaction, const char *id, struct arena *arena,
                             struct meta_upload *out, struct error *err);
/* Records progress: received_bytes, digest_state, updated_ms of row->id, if its received_bytes is still
 * `expected_received`; LREG_CONFLICT when another request was faster, LREG_NOT_FOUND when the session is gone. */
lreg_status meta_upload_advance(struct meta_transaction *transaction, const struct meta_upload *row,
                                uint64_t expected_received, struct error *err);
/* Marks the session as lost: its bytes are gone. It is no longer found or counted, but can still be deleted. Does
 * nothing when the session has moved on or is gone. */
lreg_status meta_upload_lose(struct meta_transaction *transaction, const struct meta_upload *row, int64_t now_ms,
                             struct error *err);
/* LREG_NOT_FOUND. */
lreg_status meta_upload_delete(struct meta_transaction *transaction, const char *id, struct error *err);
/* Lists sessions that were last updated before `before_ms`, of one storage or (NULL) of all. */
lreg_status meta_upload_list_stale(struct meta_transaction *transaction, const char *storage, int64_t before_ms,
                                   size_t limit, struct arena *arena, struct meta_upload **out, size_t *out_count,
                                   struct error *err);
/* The same for sessions that were lost before `before_ms`. */
lreg_status meta_upload_list_lost(struct meta_transaction *transaction, const char *storage, int64_t before_ms,
                                  size_t limit, struct arena *arena, struct meta_upload **out, size_t *out_count,
                                  struct error *err);
lreg_status meta_upload_exists(struct meta_transaction *transaction, const char *id, bool *out, struct error *err);
/* Counts the sessions of a registry whose last progress is between the two times, inclusive. */
lreg_status meta_upload_count(struct meta_transaction *transaction, const char *registry_id, int64_t since_ms,
                              int64_t until_ms, uint64_t *out, struct error *err);
/* The same for all registries. */
lreg_status meta_upload_count_all(struct meta_transaction *transaction, int64_t since_ms, int64_t until_ms,
                                  uint64_t *out, struct error *err);
/* The same for one principal. */
lreg_status meta_upload_count_of(struct meta_transaction *transaction, const char *registry_id, const char *principal,
                                 int64_t since_ms, int64_t until_ms, uint64_t *out, struct error *err);
/* The session of a principal that has been idle the longest. LREG_NOT_FOUND. */
lreg_status meta_upload_find_idlest(struct meta_transaction *transaction, const char *registry_id,
                                    const char *principal, struct arena *arena, struct meta_upload *out,
                                    struct error *err);
/* Lists by id, after `after_id` (NULL: from the first). */
lreg_status meta_upload_list(struct meta_transaction *transaction, const char *registry_id, const char *after_id,
                             size_t limit, struct arena *arena, struct meta_upload **out, size_t *out_count,
                             struct error *err);

#endif
