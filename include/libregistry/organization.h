/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_ORGANIZATION_H
#define LIBREGISTRY_ORGANIZATION_H

/**
 * @file
 * Organisations: who registries and tokens belong to. A handle is an immutable snapshot.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An organisation as it was when it was read. Threads: any, at once. Since: 0.1 */
typedef struct lreg_organization lreg_organization;

/** A listing that is read step by step. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_organization_list lreg_organization_list;

/**
 * Creates an organisation.
 *
 * @param instance  not NULL
 * @param slug      its part of every URL: [a-z0-9] groups parted by single '-', at most 100 bytes; NULL makes it from
 *                  the name
 * @param name      for people, one line of UTF-8, at most 255 bytes; NULL takes the slug; one of both is needed
 * @param out       owned, lreg_organization_free(); may be NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (malformed or reserved slug, malformed name); LREG_CONFLICT (taken); LREG_BUSY;
 *         LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_create(lreg_instance *instance, const char *slug, const char *name,
                                                 lreg_organization **out, lreg_error **err);

/**
 * Looks an organisation up.
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
 * Lists all organisations by slug. What comes or goes meanwhile may be missed or shown, the rest is shown once.
 *
 * @param instance  not NULL
 * @param out       owned, lreg_organization_list_free(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_NO_MEMORY
 * Does not block. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_list_open(lreg_instance *instance, lreg_organization_list **out,
                                                    lreg_error **err);

/**
 * The next one of a listing. After a failure it may be called again and goes on where it was.
 *
 * @param list  not NULL
 * @param out   owned, lreg_organization_free(); not NULL; NULL at the end, which is LREG_OK, and on failure
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_list_next(lreg_organization_list *list, lreg_organization **out,
                                                    lreg_error **err);

/** Ends a listing. @param list may be NULL. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_organization_list_free(lreg_organization_list *list);

/**
 * Deletes an organisation without registries, with its tokens. Its audit log can then no longer be read.
 *
 * @param instance  not NULL
 * @param slug      not NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND; LREG_CONFLICT (it has registries); LREG_BAD_ARGUMENT (NULL); LREG_BUSY;
 *         LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_delete(lreg_instance *instance, const char *slug, lreg_error **err);

/** Its id. @return UUID; borrowed until lreg_organization_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_organization_id(const lreg_organization *organization);
/** Its part of every URL. @return borrowed until lreg_organization_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_organization_slug(const lreg_organization *organization);
/** Its name for people. @return borrowed until lreg_organization_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_organization_name(const lreg_organization *organization);
/** When it was created. @return milliseconds since the epoch. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_organization_created_ms(const lreg_organization *organization);
/** Ends a snapshot. @param organization may be NULL. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_organization_free(lreg_organization *organization);

#ifdef __cplusplus
}
#endif

#endif
