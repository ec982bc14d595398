/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_ORGANIZATION_H
#define LIBREGISTRY_ORGANIZATION_H

/**
 * @file
 * Organizations, which own registries and tokens. A handle is an immutable snapshot.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A snapshot of an organization. Threads: any, at once. Since: 0.1 */
typedef struct lreg_organization lreg_organization;

/** A listing of organizations, read step by step. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_organization_list lreg_organization_list;

/** Settings of a new organization, or changes of one. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_organization_settings lreg_organization_settings;

/** Which organizations a listing has. It has no condition yet. Since: 0.1 */
typedef struct lreg_organization_filter {
    uint32_t size; /**< sizeof(lreg_organization_filter), set by the caller */
    uint32_t flags; /**< 0 */
} lreg_organization_filter;

/**
 * Makes settings in which nothing is set.
 *
 * @param out  owned, lreg_organization_settings_free(); not NULL; NULL on failure
 * @param err  owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_NO_MEMORY
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_settings_new(lreg_organization_settings **out, lreg_error **err);

/**
 * Sets the slug: its part of every URL.
 *
 * @param settings  not NULL
 * @param value     groups of [a-z0-9] separated by single '-', at most 100 bytes, no UUID; may be NULL: not set, and a
 *                  new organization makes it from its name; copied; checked when the settings are used
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (settings NULL, value not UTF-8); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_settings_set_slug(lreg_organization_settings *settings, const char *value,
                                                            lreg_error **err);

/**
 * Sets the name for people.
 *
 * @param settings  not NULL
 * @param value     one line of UTF-8, at most 255 bytes; may be NULL: not set, and a new organization takes its slug;
 *                  copied; checked when the settings are used
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (settings NULL, value not UTF-8); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_settings_set_name(lreg_organization_settings *settings, const char *value,
                                                            lreg_error **err);

/** Ends settings. @param settings may be NULL. Blocks: no. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_organization_settings_free(lreg_organization_settings *settings);

/**
 * Creates an organization.
 *
 * @param instance  not NULL
 * @param settings  not NULL; slug or name is needed
 * @param out       owned, lreg_organization_free(); may be NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (malformed or reserved slug, malformed name, neither is set); LREG_CONFLICT (the
 *         slug exists); LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_create(lreg_instance *instance, const lreg_organization_settings *settings,
                                                 lreg_organization **out, lreg_error **err);

/**
 * Finds an organization by its slug.
 *
 * @param instance  not NULL
 * @param slug      a slug; ids are never taken in its place; not NULL
 * @param out       owned, lreg_organization_free(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_find(lreg_instance *instance, const char *slug, lreg_organization **out,
                                               lreg_error **err);

/**
 * Lists organizations, in the order of their slugs. What is made, renamed or deleted meanwhile may or may not appear;
 * all others are returned once.
 *
 * @param instance  not NULL
 * @param filter    copied; NULL: all
 * @param out       owned, lreg_organization_list_close(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, `size`, flags); LREG_NO_MEMORY
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_list_open(lreg_instance *instance, const lreg_organization_filter *filter,
                                                    lreg_organization_list **out, lreg_error **err);

/**
 * Returns the next one of a listing. After a failure, another call continues at the same place.
 *
 * @param list  not NULL
 * @param out   owned, lreg_organization_free(); not NULL; NULL at the end, which is LREG_OK, and on failure
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_list_next(lreg_organization_list *list, lreg_organization **out,
                                                    lreg_error **err);

/** Ends a listing. @param list may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any, one at a
 * time per handle. Since: 0.1 */
LREG_EXPORT void lreg_organization_list_close(lreg_organization_list *list);

/**
 * Changes what is set in `settings`, and nothing else. The snapshot does not change. A new slug changes the
 * addresses of all its registries.
 *
 * @param instance      not NULL
 * @param organization  not NULL; found by its id, also after a change of its slug
 * @param settings      not NULL
 * @param out           owned, lreg_organization_free(): the organization as it is now; may be NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (a setting is malformed); LREG_NOT_FOUND (it was deleted); LREG_CONFLICT (the slug
 *         exists); LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_update(lreg_instance *instance, const lreg_organization *organization,
                                                 const lreg_organization_settings *settings, lreg_organization **out,
                                                 lreg_error **err);

/**
 * Deletes an organization that has no registries, with its tokens. Its audit log is kept, and read by its id
 * (lreg_audit_event_filter).
 *
 * @param instance      not NULL
 * @param organization  not NULL; found by its id: another organization that took its slug is not deleted
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND (already deleted); LREG_CONFLICT (it has registries); LREG_BAD_ARGUMENT (NULL);
 *         LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_delete(lreg_instance *instance, const lreg_organization *organization,
                                                 lreg_error **err);

/** Its id. @return UUID; borrowed until lreg_organization_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_organization_id(const lreg_organization *organization);
/** Its part of every URL. @return borrowed until lreg_organization_free(). Blocks: no. Threads: any, at once. Since:
 * 0.1 */
LREG_EXPORT const char *lreg_organization_slug(const lreg_organization *organization);
/** Its name for people. @return borrowed until lreg_organization_free(). Blocks: no. Threads: any, at once. Since:
 * 0.1 */
LREG_EXPORT const char *lreg_organization_name(const lreg_organization *organization);
/** When it was created. @return milliseconds since the epoch. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_organization_created_ms(const lreg_organization *organization);
/** Ends a snapshot. @param organization may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any,
 * one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_organization_free(lreg_organization *organization);

#ifdef __cplusplus
}
#endif

#endif
