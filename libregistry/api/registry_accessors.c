/* SPDX-License-Identifier: Apache-2.0 */

/* Accessors of a registry. */

#include "api/api_internal.h"

const char *lreg_registry_id(const lreg_registry *registry) {
    return registry == NULL ? "" : registry->snapshot->row.id;
}

const char *lreg_registry_organization_slug(const lreg_registry *registry) {
    return registry == NULL ? "" : registry->snapshot->row.organization_slug;
}

const char *lreg_registry_slug(const lreg_registry *registry) {
    return registry == NULL ? "" : registry->snapshot->row.slug;
}

const char *lreg_registry_name(const lreg_registry *registry) {
    return registry == NULL ? "" : registry->snapshot->row.name;
}

const char *lreg_registry_description(const lreg_registry *registry) {
    return registry == NULL ? "" : registry->snapshot->row.description;
}

const char *lreg_registry_emoji(const lreg_registry *registry) {
    return registry == NULL ? "" : registry->snapshot->row.emoji;
}

const char *lreg_registry_color(const lreg_registry *registry) {
    return registry == NULL ? "" : registry->snapshot->row.color;
}

const char *lreg_registry_ecosystem(const lreg_registry *registry) {
    return registry == NULL ? "" : registry->snapshot->row.ecosystem;
}

lreg_bool lreg_registry_is_public(const lreg_registry *registry) {
    return registry != NULL && registry->snapshot->row.is_public;
}

lreg_bool lreg_registry_allows_overwrite(const lreg_registry *registry) {
    return registry != NULL && registry->snapshot->row.allow_overwrite;
}

lreg_bool lreg_registry_has_strict_names(const lreg_registry *registry) {
    return registry != NULL && registry->snapshot->row.strict_names;
}

int64_t lreg_registry_created_ms(const lreg_registry *registry) {
    return registry == NULL ? 0 : registry->snapshot->row.created_ms;
}

int64_t lreg_registry_updated_ms(const lreg_registry *registry) {
    return registry == NULL ? 0 : registry->snapshot->row.updated_ms;
}

void lreg_registry_free(lreg_registry *registry) {
    if (registry != NULL) {
        struct core *core = registry->core;
        core_registry_release(registry->snapshot);
        memory_release(core_hooks(core), registry);
        core_release(core);
    }
}
