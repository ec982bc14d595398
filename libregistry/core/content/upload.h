/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_CONTENT_UPLOAD_H
#define CORE_CONTENT_UPLOAD_H

#include "core/content/writer.h"

/*
 * Upload sessions (container clients). A power cut may end a session that has received no bytes yet.
 *
 * LREG_TOO_MANY above the limit for the sessions of one principal in progress in the registry
 * ("too_many_token_uploads"), or for those of all together ("too_many_uploads"). The latter does not refuse a principal
 * that has few of them, so that one principal cannot block another. A session that is idle for max_upload_idle_ms does
 * not count, and may continue. A principal has at most max_uploads sessions; beyond that its longest idle one ends for
 * the new one.
 */
lreg_status core_upload_begin(struct core *core, const struct core_registry *registry,
                              const struct auth_principal *principal, const char *scope, char out_id[ID_TEXT],
                              struct error *err);
/* LREG_NOT_FOUND ("upload_unknown") also when the session belongs to another registry or scope; LREG_FORBIDDEN when
 * another principal began it. An expired token may continue what it began. */
lreg_status core_upload_find(struct core *core, const struct core_registry *registry, const char *scope, const char *id,
                             const struct auth_principal *principal, struct arena *arena, struct meta_upload *out,
                             struct error *err);
lreg_status core_upload_advance(struct core *core, const struct meta_upload *upload, struct core_blob_writer *writer,
                                uint64_t *out_received, struct error *err);
lreg_status core_upload_cancel(struct core *core, const struct meta_upload *upload, struct error *err);

/* --- upload_admin.c: for the operator of the registry, regardless of the principal --- */

/* Lists by id, after `after_id` (NULL: from the first). */
lreg_status core_upload_list(struct core *core, const struct core_registry *registry, const char *after_id,
                             size_t limit, struct arena *arena, struct meta_upload **out, size_t *out_count,
                             struct error *err);
/* LREG_NOT_FOUND ("upload_unknown"). */
lreg_status core_upload_find_any(struct core *core, const struct core_registry *registry, const char *id,
                                 struct arena *arena, struct meta_upload *out, struct error *err);
/* Ends a session of the registry. Audit: UploadDeletedEvent. LREG_NOT_FOUND ("upload_unknown"). */
lreg_status core_upload_end(struct core *core, const struct core_actor *actor, const struct core_registry *registry,
                            const struct meta_upload *upload, struct error *err);

/* Removes the stage of a session whose row is gone. While a request works on it, the stage is left to the collector;
 * that request finds its session gone. */
void core_upload_drop_stage(struct core *core, struct storage *storage, const char *id);

/* --- upload_row.c: failures with one message for all places that detect them --- */

lreg_status core_upload_unknown(struct error *err);
lreg_status core_upload_moved(struct error *err);
/* Ends a session whose bytes are gone: it is no longer found or counted. */
void core_upload_lose(struct core *core, const struct meta_upload *upload);

#endif
