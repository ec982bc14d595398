/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_ORGANIZATION_H
#define CORE_ORGANIZATION_H

#include "core/instance/cache.h"

/* An immutable, counted snapshot. */
struct core_organization {
    struct meta_organization row;
    struct core_shared *shared; /* the count and the memory; see core/instance/cache.h */
};
void core_organization_retain(const struct core_organization *organization);
void core_organization_release(const struct core_organization *organization); /* NULL is allowed */

/* NULL in a change leaves a setting as it is. */
struct core_organization_settings {
    const char *slug; /* NULL at creation: made from the name; a change of the name alone keeps the slug */
    const char *name; /* NULL at creation: the slug */
};

/* LREG_BAD_ARGUMENT when the slug is malformed or reserved ("reserved_slug"), or the name is; LREG_CONFLICT when the
 * slug is taken. Audit: OrganizationCreatedEvent. */
lreg_status core_organization_create(struct core *core, const struct core_actor *actor,
                                     const struct core_organization_settings *settings,
                                     const struct core_organization **out, struct error *err);
/* Warm: no SQL. LREG_NOT_FOUND ("organization_unknown"). */
lreg_status core_organization_find(struct core *core, const char *slug, const struct core_organization **out,
                                   struct error *err);
/* Rows are allocated in the arena. */
lreg_status core_organization_list(struct core *core, const char *after_slug, size_t limit, struct arena *arena,
                                   struct meta_organization **out, size_t *out_count, struct error *err);
/* Found by its id. Audit: OrganizationUpdatedEvent, unless nothing changes. */
lreg_status core_organization_update(struct core *core, const struct core_actor *actor,
                                     const struct core_organization *organization,
                                     const struct core_organization_settings *settings,
                                     const struct core_organization **out, struct error *err);
/* Found by its id. LREG_CONFLICT while it has registries. Audit: OrganizationDeletedEvent. */
lreg_status core_organization_delete(struct core *core, const struct core_actor *actor,
                                     const struct core_organization *organization, struct error *err);

/* First path segments that belong to the library: "v2", "organizations", "-", "packages", "assets" … */
bool core_slug_is_reserved(const char *slug);

/* Reads the organization again by its id, within a transaction; LREG_NOT_FOUND when it was deleted meanwhile. */
lreg_status core_organization_reread(struct meta_transaction *transaction, const struct core_organization *organization,
                                     struct arena *arena, struct meta_organization *out, struct error *err);

#endif
