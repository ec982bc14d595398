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

/**
 * Creates an organization.
 *
 * @param instance  not NULL
 * @param slug      its part of every URL: groups of [a-z0-9] separated by single '-', at most 100 bytes; NULL makes it
 *                  from the name
 * @param name      for people, one line of UTF-8, at most 255 bytes; NULL takes the slug; one of the two is needed
 * @param out       owned, lreg_organization_free(); may be NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (malformed or reserved slug, malformed name); LREG_CONFLICT (the slug exists);
 *         LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_create(lreg_instance *instance, const char *slug, const char *name,
                                                 lreg_organization **out, lreg_error **err);

/**
 * Finds an organization by its slug.
 *
 * @param instance  not NULL
 * @param slug      not NULL
 * @param out       owned, lreg_organization_free(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_find(lreg_instance *instance, const char *slug, lreg_organization **out,
                                               lreg_error **err);

/**
 * Lists all organizations, in the order of their slugs. What is made or deleted meanwhile may or may not appear; all
 * others are returned once.
 *
 * @param instance  not NULL
 * @param out       owned, lreg_organization_list_free(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_NO_MEMORY
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_list_open(lreg_instance *instance, lreg_organization_list **out,
                                                    lreg_error **err);

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
LREG_EXPORT void lreg_organization_list_free(lreg_organization_list *list);

/**
 * Deletes an organization that has no registries, with its tokens. Its audit log can no longer be read.
 *
 * @param instance  not NULL
 * @param slug      not NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND; LREG_CONFLICT (it has registries); LREG_BAD_ARGUMENT (NULL); LREG_BUSY;
 *         LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_delete(lreg_instance *instance, const char *slug, lreg_error **err);

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
