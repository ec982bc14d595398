/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_AUDIT_H
#define CORE_AUDIT_H

#include "base/json.h"
#include "core/organization.h"

/* Records an event in the transaction that makes the change. `type` is a word such as "RegistryCreatedEvent"; `data`
 * may be NULL. */
lreg_status core_audit(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                       const char *organization_id, const char *registry_id, const char *type, const char *subject,
                       const char *data, struct error *err);

/* Lists the events of an organization, which may be deleted, newest first, older than `before_id` (NULL: from the
 * newest), at most META_PAGE_MAX. Rows are allocated in the arena. */
lreg_status core_audit_list(struct core *core, const char *organization_id, const char *before_id, size_t limit,
                            struct arena *arena, struct meta_audit_event **out, size_t *out_count, struct error *err);

/* Returns the text of `object` in the arena, for `data` of an audit event. Takes ownership of `object`; NULL, as from
 * json_pack() without memory, is LREG_NO_MEMORY. */
lreg_status core_audit_data(struct core *core, json_t *object, struct arena *arena, const char **out,
                            struct error *err);

#endif
