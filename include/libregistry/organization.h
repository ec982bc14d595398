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
 * @param slug  its part of every URL: [a-z0-9] groups parted by single '-', at most 100 bytes; NULL makes it from the
 * name
 * @param name  for people, UTF-8, at most 255 bytes; NULL takes the slug; one of both is needed
 * @param out   owned, lreg_organization_free(); may be NULL; NULL on failure
 * @return LREG_OK; LREG_BAD_ARGUMENT (malformed or reserved slug); LREG_CONFLICT (taken); LREG_BUSY; LREG_NO_SPACE;
 * LREG_IO; LREG_NO_MEMORY Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_organization_create(lreg_instance *instance, const char *slug, const char *name,
                                                 lreg_organization **out, lreg_error **err);

/** Looks an organisation up. @param out owned, lreg_organization_free(); NULL on failure
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT; LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1 */
LREG_EXPORT lreg_status lreg_organization_find(lreg_instance *instance, const char *slug, lreg_organization **out,
                                               lreg_error **err);

/** Lists organisations by slug. @param out owned, lreg_organization_list_free(); NULL on failure
 * @return LREG_OK; LREG_NO_MEMORY. Threads: any, at once. Since: 0.1 */
LREG_EXPORT lreg_status lreg_organization_list_open(lreg_instance *instance, lreg_organization_list **out,
                                                    lreg_error **err);

/** The next one. @param out owned, lreg_organization_free(); NULL at the end, which is LREG_OK, and on failure
 * @return LREG_OK; LREG_BUSY; LREG_IO; LREG_NO_MEMORY. Blocks. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT lreg_status lreg_organization_list_next(lreg_organization_list *list, lreg_organization **out,
                                                    lreg_error **err);

/** Ends a listing. @param list may be NULL. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_organization_list_free(lreg_organization_list *list);

/** Deletes an organisation without registries, with its tokens.
 * @return LREG_OK; LREG_NOT_FOUND; LREG_CONFLICT while it has registries; LREG_BUSY; LREG_IO; LREG_NO_SPACE;
 * LREG_NO_MEMORY Blocks. Threads: any, at once. Since: 0.1 */
LREG_EXPORT lreg_status lreg_organization_delete(lreg_instance *instance, const char *slug, lreg_error **err);

/** @return UUID; borrowed until lreg_organization_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_organization_id(const lreg_organization *organization);
/** @return borrowed until lreg_organization_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_organization_slug(const lreg_organization *organization);
/** @return borrowed until lreg_organization_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_organization_name(const lreg_organization *organization);
/** @return when it was created, milliseconds since the epoch. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_organization_created_ms(const lreg_organization *organization);
/** Ends a snapshot. @param organization may be NULL. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_organization_free(lreg_organization *organization);

#ifdef __cplusplus
}
#endif

#endif
