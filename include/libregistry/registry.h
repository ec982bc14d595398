/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_REGISTRY_H
#define LIBREGISTRY_REGISTRY_H

/**
 * @file
 * Registries, which hold packages of one ecosystem. A handle is an immutable snapshot.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A snapshot of a registry. Threads: any, at once. Since: 0.1 */
typedef struct lreg_registry lreg_registry;

/** A listing of registries, read step by step. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_registry_list lreg_registry_list;

/** Settings of a new registry, or changes of an existing one. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_registry_settings lreg_registry_settings;

/** Which registries a listing has. It has no condition yet. Since: 0.1 */
typedef struct lreg_registry_filter {
    uint32_t size; /**< sizeof(lreg_registry_filter), set by the caller */
    uint32_t flags; /**< 0 */
} lreg_registry_filter;

/**
 * Makes settings in which nothing is set.
 *
 * @param out  owned, lreg_registry_settings_free(); not NULL; NULL on failure
 * @param err  owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_NO_MEMORY
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_settings_new(lreg_registry_settings **out, lreg_error **err);

/**
 * Sets the name for people.
 *
 * @param settings  not NULL
 * @param value     one line of UTF-8, at most 255 bytes; a new registry needs it; may be NULL: not set;
 *                  copied; checked when the settings are used
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (settings NULL, value not UTF-8); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_settings_set_name(lreg_registry_settings *settings, const char *value,
                                                        lreg_error **err);

/**
 * Sets the slug: its part of the URL.
 *
 * @param settings  not NULL
 * @param value     groups of [a-z0-9] separated by single '-', at most 100 bytes, no UUID; a new registry
 *                  without it makes it from its name; may be NULL: not set;
 *                  copied; checked when the settings are used
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (settings NULL, value not UTF-8); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_settings_set_slug(lreg_registry_settings *settings, const char *value,
                                                        lreg_error **err);

/**
 * Sets the description.
 *
 * @param settings  not NULL
 * @param value     UTF-8, at most 1,000 bytes; may have several lines; "": none; may be NULL: not set;
 *                  copied; checked when the settings are used
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (settings NULL, value not UTF-8); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_settings_set_description(lreg_registry_settings *settings, const char *value,
                                                               lreg_error **err);

/**
 * Sets the emoji.
 *
 * @param settings  not NULL
 * @param value     UTF-8, at most 64 bytes; "": none; may be NULL: not set;
 *                  copied; checked when the settings are used
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (settings NULL, value not UTF-8); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_settings_set_emoji(lreg_registry_settings *settings, const char *value,
                                                         lreg_error **err);

/**
 * Sets the color.
 *
 * @param settings  not NULL
 * @param value     "#RRGGBB"; "": none; may be NULL: not set;
 *                  copied; checked when the settings are used
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (settings NULL, value not UTF-8); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_settings_set_color(lreg_registry_settings *settings, const char *value,
                                                         lreg_error **err);

/**
 * Sets the ecosystem. Only a new registry takes it; an existing one refuses another than its own.
 *
 * @param settings  not NULL
 * @param value     "files", "alpine" or "container"; a new registry needs it; may be NULL: not set;
 *                  copied; checked when the settings are used
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (settings NULL, value not UTF-8); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_settings_set_ecosystem(lreg_registry_settings *settings, const char *value,
                                                             lreg_error **err);

/**
 * Sets whether everyone may read its packages. A new registry is private.
 *
 * @param settings  not NULL
 * @param value     0: no; any other: yes
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_settings_set_public(lreg_registry_settings *settings, lreg_bool value,
                                                          lreg_error **err);

/**
 * Sets whether a name may be published again with other bytes. A new registry refuses it.
 *
 * @param settings  not NULL
 * @param value     0: no; any other: yes
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_settings_set_allow_overwrite(lreg_registry_settings *settings, lreg_bool value,
                                                                   lreg_error **err);

/**
 * Sets whether file names are refused that do not have the documented form of the ecosystem. A new registry takes
 * any name.
 *
 * @param settings  not NULL
 * @param value     0: no; any other: yes
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_settings_set_strict_names(lreg_registry_settings *settings, lreg_bool value,
                                                                lreg_error **err);

/**
 * Sets what a JSON object has, with the names and types of the REST API (docs/rest.md): "name", "slug", "description",
 * "emoji", "color", "ecosystem", "public", "allow_overwrite", "strict_names". null empties "description", "emoji" and
 * "color", and is refused for others. Later settings need no new function.
 *
 * @param settings  not NULL; after a failure as before
 * @param json      one JSON object; not NULL; copied; the values are checked when the settings are used
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, not a JSON object); LREG_UNPROCESSABLE (unknown member, wrong type);
 *         LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_settings_set_json(lreg_registry_settings *settings, const char *json,
                                                        lreg_error **err);

/** Ends settings. @param settings may be NULL. Blocks: no. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_registry_settings_free(lreg_registry_settings *settings);

/**
 * Creates a registry.
 *
 * @param instance      not NULL
 * @param organization  a slug; ids are never taken in its place; not NULL
 * @param settings      not NULL; name and ecosystem are needed
 * @param out           owned, lreg_registry_free(); may be NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (a setting is missing or malformed); LREG_UNPROCESSABLE (unknown ecosystem);
 *         LREG_NOT_FOUND (organization); LREG_CONFLICT (the slug exists); LREG_BUSY; LREG_NO_SPACE; LREG_IO;
 *         LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_create(lreg_instance *instance, const char *organization,
                                             const lreg_registry_settings *settings, lreg_registry **out,
                                             lreg_error **err);

/**
 * Finds a registry by its slug.
 *
 * @param instance      not NULL
 * @param organization  slug of its organization; not NULL
 * @param slug          its own; ids are never taken in the place of slugs; not NULL
 * @param out           owned, lreg_registry_free(); not NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_find(lreg_instance *instance, const char *organization, const char *slug,
                                           lreg_registry **out, lreg_error **err);

/**
 * Lists an organization's registries, in the order of their slugs. What is made, renamed or deleted meanwhile may or
 * may not appear; all others are returned once.
 *
 * @param instance      not NULL
 * @param organization  a slug; ids are never taken in its place; not NULL
 * @param filter        copied; NULL: all
 * @param out           owned, lreg_registry_list_close(); not NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND (organization); LREG_BAD_ARGUMENT (NULL, `size`, flags); LREG_BUSY; LREG_IO;
 *         LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_list_open(lreg_instance *instance, const char *organization,
                                                const lreg_registry_filter *filter, lreg_registry_list **out,
                                                lreg_error **err);

/**
 * Returns the next one of a listing. After a failure, another call continues at the same place.
 *
 * @param list  not NULL
 * @param out   owned, lreg_registry_free(); not NULL; NULL at the end, which is LREG_OK, and on failure
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_list_next(lreg_registry_list *list, lreg_registry **out, lreg_error **err);

/** Ends a listing. @param list may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any, one at a
 * time per handle. Since: 0.1 */
LREG_EXPORT void lreg_registry_list_close(lreg_registry_list *list);

/**
 * Changes what is set in `settings`, and nothing else. The snapshot does not change.
 *
 * @param instance  not NULL
 * @param registry  not NULL; found by its id, also after a change of its slug
 * @param settings  not NULL
 * @param out       owned, lreg_registry_free(): the registry as it is now; may be NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (a setting is malformed); LREG_UNPROCESSABLE (the ecosystem cannot be changed);
 *         LREG_NOT_FOUND (it was deleted); LREG_CONFLICT (the slug exists); LREG_BUSY; LREG_NO_SPACE; LREG_IO;
 *         LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_update(lreg_instance *instance, const lreg_registry *registry,
                                             const lreg_registry_settings *settings, lreg_registry **out,
                                             lreg_error **err);

/**
 * Deletes a registry with all its packages and tokens. It cannot be undone, and takes effect at once for all readers,
 * independent of the number of packages. The snapshot stays readable. lreg_upkeep() or lreg_collect() frees the bytes,
 * and deletes the remaining rows of a registry with very many packages.
 *
 * @param instance  not NULL
 * @param registry  not NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND (already deleted); LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_NO_SPACE; LREG_IO;
 *         LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_registry_delete(lreg_instance *instance, const lreg_registry *registry, lreg_error **err);

/** Its id. @return UUID; borrowed until lreg_registry_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_registry_id(const lreg_registry *registry);
/** Slug of its organization. @return borrowed until lreg_registry_free(). Blocks: no. Threads: any, at once. Since:
 * 0.1 */
LREG_EXPORT const char *lreg_registry_organization_slug(const lreg_registry *registry);
/** Its part of every URL. @return borrowed until lreg_registry_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_registry_slug(const lreg_registry *registry);
/** Its name for people. @return borrowed until lreg_registry_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_registry_name(const lreg_registry *registry);
/** Its description. @return "" when there is none; borrowed until lreg_registry_free(). Blocks: no. Threads: any, at
 * once. Since: 0.1 */
LREG_EXPORT const char *lreg_registry_description(const lreg_registry *registry);
/** Its emoji. @return "" when there is none; borrowed until lreg_registry_free(). Blocks: no. Threads: any, at once.
 * Since: 0.1 */
LREG_EXPORT const char *lreg_registry_emoji(const lreg_registry *registry);
/** Its color. @return "#RRGGBB", or "" when there is none; borrowed until lreg_registry_free(). Blocks: no. Threads:
 * any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_registry_color(const lreg_registry *registry);
/** Its ecosystem. @return "files", "alpine" or "container"; borrowed until lreg_registry_free(). Blocks: no.
 * Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_registry_ecosystem(const lreg_registry *registry);
/** Whether everyone may read its packages. @return 0 or 1. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT lreg_bool lreg_registry_is_public(const lreg_registry *registry);
/** Whether a name may be published again with other bytes. @return 0 or 1. Blocks: no. Threads: any, at once. Since:
 * 0.1 */
LREG_EXPORT lreg_bool lreg_registry_allows_overwrite(const lreg_registry *registry);
/** Whether file names must have the documented form of the ecosystem. @return 0 or 1. Blocks: no. Threads: any, at
 * once. Since: 0.1 */
LREG_EXPORT lreg_bool lreg_registry_has_strict_names(const lreg_registry *registry);
/** When it was created. @return milliseconds since the epoch. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_registry_created_ms(const lreg_registry *registry);
/** When its settings were last changed. @return milliseconds since the epoch. Blocks: no. Threads: any, at once.
 * Since: 0.1 */
LREG_EXPORT int64_t lreg_registry_updated_ms(const lreg_registry *registry);
/** Ends a snapshot. @param registry may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any, one
 * at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_registry_free(lreg_registry *registry);

#ifdef __cplusplus
}
#endif

#endif
