/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_REGISTRY_H
#define CORE_REGISTRY_H

#include "base/json.h"
#include "core/organization.h"

/* An immutable, counted snapshot. */
struct core_registry {
    struct meta_registry row;
    const struct core_ecosystem *ecosystem; /* NULL when this build does not have it: nothing can then be published */
    struct core_shared *shared;
};
void core_registry_retain(const struct core_registry *registry);
void core_registry_release(const struct core_registry *registry); /* NULL is allowed */

/* The settings of a new registry, or those to change. In a change NULL and CORE_UNCHANGED leave a setting as it is. */
#define CORE_UNCHANGED (-1)
struct core_registry_settings {
    const char *name; /* required at creation */
    const char *slug; /* NULL at creation: made from the name; a change of name alone keeps the slug */
    const char *description;
    const char *emoji;
    const char *color; /* "#RRGGBB" */
    const char *ecosystem; /* required at creation; a change is refused (LREG_UNPROCESSABLE) */
    int is_public; /* 0, 1, CORE_UNCHANGED; at creation CORE_UNCHANGED is private */
    int allow_overwrite;
    int strict_names;
};
void core_registry_settings_init(struct core_registry_settings *settings); /* sets nothing */

/* Reads the members of a JSON object that are settings; the texts stay borrowed from it. This is what a request of the
 * REST API may hold. LREG_UNPROCESSABLE ("wrong_type"). Other members are left to the caller. */
lreg_status core_registry_settings_read(const json_t *object, struct core_registry_settings *out, struct error *err);
/* The same for an object (LREG_BAD_ARGUMENT for other values) that may have no other members (LREG_UNPROCESSABLE,
 * "unknown_member"). */
lreg_status core_registry_settings_read_all(const json_t *value, struct core_registry_settings *out, struct error *err);

/* LREG_BAD_ARGUMENT (name, slug, color …), LREG_UNPROCESSABLE (unknown ecosystem), LREG_CONFLICT (slug taken),
 * LREG_NOT_FOUND (organization). Audit: RegistryCreatedEvent. */
lreg_status core_registry_create(struct core *core, const struct core_actor *actor,
                                 const struct core_organization *organization,
                                 const struct core_registry_settings *settings, const struct core_registry **out,
                                 struct error *err);
/* Warm: no SQL. LREG_NOT_FOUND ("registry_unknown"). */
lreg_status core_registry_find(struct core *core, const char *organization_slug, const char *slug,
                               const struct core_registry **out, struct error *err);
/* The registry of a row that was read before, found by its id; LREG_NOT_FOUND when it was deleted meanwhile. */
lreg_status core_registry_read(struct core *core, const struct meta_registry *row, const struct core_registry **out,
                               struct error *err);
lreg_status core_registry_list(struct core *core, const struct core_organization *organization, const char *after_slug,
                               size_t limit, struct arena *arena, struct meta_registry **out, size_t *out_count,
                               struct error *err);
/* Audit: RegistryUpdatedEvent. `out` may be NULL. */
lreg_status core_registry_update(struct core *core, const struct core_actor *actor,
                                 const struct core_registry *registry, const struct core_registry_settings *settings,
                                 const struct core_registry **out, struct error *err);
/* Deletes the registry with all its packages. Audit: RegistryDeletedEvent. */
lreg_status core_registry_delete(struct core *core, const struct core_actor *actor,
                                 const struct core_registry *registry, struct error *err);

/* Reads the registry again, within a transaction; LREG_NOT_FOUND when it was deleted meanwhile. */
lreg_status core_registry_reread(struct meta_transaction *transaction, const struct core_registry *registry,
                                 struct arena *arena, struct meta_registry *out, struct error *err);

#endif
