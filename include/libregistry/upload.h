/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_UPLOAD_H
#define LIBREGISTRY_UPLOAD_H

/**
 * @file
 * Upload sessions of container clients: a blob that comes in several requests. Whoever operates a registry sees which
 * there are, and can end one. A handle is an immutable snapshot.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>
#include <libregistry/registry.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An upload session as it was when it was read. Threads: any, at once. Since: 0.1 */
typedef struct lreg_upload lreg_upload;

/** A listing that is read step by step. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_upload_list lreg_upload_list;

/**
 * Lists the upload sessions of a registry, by id.
 *
 * @param instance  not NULL
 * @param registry  not NULL
 * @param out       owned, lreg_upload_list_free(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_NO_MEMORY
 * Does not block. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_upload_list_open(lreg_instance *instance, const lreg_registry *registry,
                                              lreg_upload_list **out, lreg_error **err);

/**
 * The next one of a listing. After a failure it may be called again and goes on where it was.
 *
 * @param list  not NULL
 * @param out   owned, lreg_upload_free(); not NULL; NULL at the end, which is LREG_OK, and on failure
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_upload_list_next(lreg_upload_list *list, lreg_upload **out, lreg_error **err);

/** Ends a listing. @param list may be NULL. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_upload_list_free(lreg_upload_list *list);

/**
 * Looks an upload session up by its id.
 *
 * @param instance  not NULL
 * @param registry  not NULL
 * @param id        not NULL
 * @param out       owned, lreg_upload_free(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND (none of that id in the registry, or it has ended); LREG_BAD_ARGUMENT (NULL);
 *         LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_upload_find(lreg_instance *instance, const lreg_registry *registry, const char *id,
                                         lreg_upload **out, lreg_error **err);

/**
 * Ends an upload session, with the bytes that it has. Its client is told that there is no such upload, and begins anew.
 * Audit: UPLOAD_DELETED.
 *
 * @param instance  not NULL
 * @param upload    not NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND (it has ended); LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_NO_SPACE; LREG_IO;
 *         LREG_NO_MEMORY
 * Blocks: metadata database, storage. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_upload_cancel(lreg_instance *instance, const lreg_upload *upload, lreg_error **err);

/** A UUID. @return borrowed until lreg_upload_free(); "" for NULL. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_upload_id(const lreg_upload *upload);

/** Name of the image that the blob is for. @return borrowed until lreg_upload_free(); "" for NULL. Threads: any, at
 * once. Since: 0.1 */
LREG_EXPORT const char *lreg_upload_image(const lreg_upload *upload);

/** Who began it: the id of a token, or "host". @return borrowed until lreg_upload_free(); "" for NULL. Threads: any, at
 * once. Since: 0.1 */
LREG_EXPORT const char *lreg_upload_principal(const lreg_upload *upload);

/** Bytes that have arrived and are durable. @return 0 for NULL. Threads: any, at once. Since: 0.1 */
LREG_EXPORT uint64_t lreg_upload_received_bytes(const lreg_upload *upload);

/** When it began, in milliseconds since the epoch. @return 0 for NULL. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_upload_created_ms(const lreg_upload *upload);

/** When it last made progress, in milliseconds since the epoch. @return 0 for NULL. Threads: any, at once.
 * Since: 0.1 */
LREG_EXPORT int64_t lreg_upload_updated_ms(const lreg_upload *upload);

/** Ends a handle. @param upload may be NULL. Threads: any, at once. Since: 0.1 */
LREG_EXPORT void lreg_upload_free(lreg_upload *upload);

#ifdef __cplusplus
}
#endif

#endif
