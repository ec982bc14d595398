/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_UPLOAD_H
#define LIBREGISTRY_UPLOAD_H

/**
 * @file
 * Upload sessions of container clients, for blobs that are uploaded in several requests. The operator of a registry can
 * list and end them. A handle is an immutable snapshot.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>
#include <libregistry/registry.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A snapshot of an upload session. Threads: any, at once. Since: 0.1 */
typedef struct lreg_upload lreg_upload;

/** A listing of upload sessions, read step by step. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_upload_list lreg_upload_list;

/** Which upload sessions a listing has. It has no condition yet. Since: 0.1 */
typedef struct lreg_upload_filter {
    uint32_t size; /**< sizeof(lreg_upload_filter), set by the caller */
    uint32_t flags; /**< 0 */
} lreg_upload_filter;

/**
 * Lists the upload sessions of a registry, in the order of their ids.
 *
 * @param instance  not NULL
 * @param registry  not NULL; may be freed before the listing ends
 * @param filter    copied; NULL: all
 * @param out       owned, lreg_upload_list_close(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, `size`, flags); LREG_NO_MEMORY
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_upload_list_open(lreg_instance *instance, const lreg_registry *registry,
                                              const lreg_upload_filter *filter, lreg_upload_list **out,
                                              lreg_error **err);

/**
 * Returns the next one of a listing. After a failure, another call continues at the same place.
 *
 * @param list  not NULL
 * @param out   owned, lreg_upload_free(); not NULL; NULL at the end, which is LREG_OK, and on failure
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_upload_list_next(lreg_upload_list *list, lreg_upload **out, lreg_error **err);

/** Ends a listing. @param list may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any, one at a
 * time per handle. Since: 0.1 */
LREG_EXPORT void lreg_upload_list_close(lreg_upload_list *list);

/**
 * Finds an upload session by its id.
 *
 * @param instance  not NULL
 * @param registry  not NULL
 * @param id        not NULL
 * @param out       owned, lreg_upload_free(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND (the registry has none with that id, or it has ended); LREG_BAD_ARGUMENT (NULL);
 *         LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_upload_find(lreg_instance *instance, const lreg_registry *registry, const char *id,
                                         lreg_upload **out, lreg_error **err);

/**
 * Ends an upload session and removes its bytes. The client then gets the answer that there is no such upload, and
 * starts again. Audit: UploadDeletedEvent.
 *
 * @param instance  not NULL
 * @param upload    not NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND (it has ended); LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_NO_SPACE; LREG_IO;
 *         LREG_NO_MEMORY
 * Blocks: metadata database, storage. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_upload_cancel(lreg_instance *instance, const lreg_upload *upload, lreg_error **err);

/** Its id. @return UUID; borrowed until lreg_upload_free(); "" for NULL. Blocks: no. Threads: any, at once. Since:
 * 0.1 */
LREG_EXPORT const char *lreg_upload_id(const lreg_upload *upload);

/** Name of the image that the blob is for. @return borrowed until lreg_upload_free(); "" for NULL. Blocks: no.
 * Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_upload_image(const lreg_upload *upload);

/** What began it: the id of a token, "anonymous", or "host". @return borrowed until lreg_upload_free(); "" for NULL.
 * Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_upload_principal(const lreg_upload *upload);

/** Bytes that were received and are durable. @return 0 for NULL. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT uint64_t lreg_upload_received_bytes(const lreg_upload *upload);

/** When it began, in milliseconds since the epoch. @return 0 for NULL. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_upload_created_ms(const lreg_upload *upload);

/** When it last made progress, in milliseconds since the epoch. @return 0 for NULL. Blocks: no. Threads: any, at
 * once. Since: 0.1 */
LREG_EXPORT int64_t lreg_upload_updated_ms(const lreg_upload *upload);

/** Ends a snapshot. @param upload may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any, one at
 * a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_upload_free(lreg_upload *upload);

#ifdef __cplusplus
}
#endif

#endif
