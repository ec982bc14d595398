/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_CONTENT_UPLOAD_H
#define CORE_CONTENT_UPLOAD_H

#include "core/content/writer.h"

/*
 * Upload sessions (container clients). A power cut may end one that has got no bytes yet.
 *
 * LREG_TOO_MANY over the limit of what one principal has in progress in the registry ("too_many_token_uploads"), or of
 * what all have together ("too_many_uploads"). The latter keeps nobody out who has few of them, so that one cannot
 * stop another. A session that stands still for max_upload_idle_ms does not count, and may go on. A principal has
 * max_uploads in all; beyond that its longest idle one ends for the new one.
 */
lreg_status core_upload_begin(struct core *core, const struct core_registry *registry,
                              const struct auth_principal *principal, const char *scope, char out_id[ID_TEXT],
                              struct error *err);
/* LREG_NOT_FOUND ("upload_unknown") also when it belongs to another registry or scope; LREG_FORBIDDEN when another
 * principal began it. An expired token may go on with what it began. */
lreg_status core_upload_find(struct core *core, const struct core_registry *registry, const char *scope, const char *id,
                             const struct auth_principal *principal, struct arena *arena, struct meta_upload *out,
                             struct error *err);
lreg_status core_upload_advance(struct core *core, const struct meta_upload *upload, struct core_blob_writer *writer,
                                uint64_t *out_received, struct error *err);
lreg_status core_upload_cancel(struct core *core, const struct meta_upload *upload, struct error *err);

/* --- upload_admin.c: for whoever operates the registry, whoever began them --- */

/* By id, behind `after_id` (NULL: from the first). */
lreg_status core_upload_list(struct core *core, const struct core_registry *registry, const char *after_id,
                             size_t limit, struct arena *arena, struct meta_upload **out, size_t *out_count,
                             struct error *err);
/* LREG_NOT_FOUND ("upload_unknown"). */
lreg_status core_upload_find_any(struct core *core, const struct core_registry *registry, const char *id,
                                 struct arena *arena, struct meta_upload *out, struct error *err);
/* Ends one of the registry. Audit: UPLOAD_DELETED. LREG_NOT_FOUND ("upload_unknown"). */
lreg_status core_upload_end(struct core *core, const struct core_actor *actor, const struct core_registry *registry,
                            const struct meta_upload *upload, struct error *err);

/* The stage of a session whose row is gone. A request that is at work on it finds its session gone; then the stage is
 * left to the collector. */
void core_upload_drop_stage(struct core *core, struct storage *storage, const char *id);

/* Failures in the same words wherever they are found. */

lreg_status core_upload_unknown(struct error *err);
lreg_status core_upload_moved(struct error *err);
/* Ends a session whose bytes are gone: nobody finds it any more, and it does not count. */
void core_upload_lose(struct core *core, const struct meta_upload *upload);

#endif
