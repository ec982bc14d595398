/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_AUDIT_H
#define META_AUDIT_H

#include "meta/transaction.h"

struct meta_audit_event {
    const char *id; /* UUIDv7; listings are ordered by it, so it must be greater than meta_audit_newest() */
    const char *organization_id;
    const char *registry_id; /* NULL when it concerns none; kept after the registry is gone */
    const char *type; /* "RegistryCreatedEvent" */
    const char *actor; /* label of the principal */
    const char *actor_token_id; /* NULL when there is none */
    const char *remote_address; /* "" when unknown */
    const char *subject; /* what was changed, for people */
    const char *data; /* JSON object, "" when nothing */
    int64_t at_ms;
};

lreg_status meta_audit_insert(struct meta_transaction *transaction, const struct meta_audit_event *row,
                              struct error *err);
/* The greatest id of the organization's events; "" when there are none. In a write transaction no other process can add
 * a greater one before the commit. */
lreg_status meta_audit_newest(struct meta_transaction *transaction, const char *organization_id, char out[ID_TEXT],
                              struct error *err);
/* Lists events by id, the greatest first, below `before_id` (NULL: from the greatest). */
lreg_status meta_audit_list(struct meta_transaction *transaction, const char *organization_id, const char *before_id,
                            size_t limit, struct arena *arena, struct meta_audit_event **out, size_t *out_count,
                            struct error *err);
/* Rotation: removes events older than `before_ms`, and the oldest ones beyond `keep` events; at most `limit` in one
 * call. */
lreg_status meta_audit_rotate(struct meta_transaction *transaction, int64_t before_ms, uint64_t keep, size_t limit,
                              uint64_t *out_removed, struct error *err);

#endif
