/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_ERROR_H
#define LIBREGISTRY_ERROR_H

/**
 * @file
 * Errors: a status for programs, and an object with the details for people.
 *
 * Every function that can fail returns a status and takes a last parameter `lreg_error **err`, which may be NULL.
 * After a failure the caller owns `*err` and ends it with lreg_error_free(). After success `*err` is unchanged.
 * Unless a comment says otherwise, a call that fails changes nothing, and its handles stay usable.
 */

#include <libregistry/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers are part of the ABI and never change. The HTTP status of each is in parentheses. */
#define LREG_OK 0 /**< success */
#define LREG_BAD_ARGUMENT 1 /**< a value is malformed or outside its range (400) */
#define LREG_UNAUTHENTICATED 2 /**< credentials are missing, unknown or expired (401) */
#define LREG_FORBIDDEN 3 /**< the credentials are valid, but do not allow this (403) */
#define LREG_NOT_FOUND 4 /**< it does not exist, or the caller may not know that it does (404) */
#define LREG_METHOD_NOT_ALLOWED 5 /**< the resource exists, but has no such method (405) */
#define LREG_CONFLICT 6 /**< it exists with other content, or was changed meanwhile (409) */
#define LREG_LENGTH_REQUIRED 7 /**< the body needs a length and has none (411) */
#define LREG_PRECONDITION_FAILED 8 /**< If-Match or a related field did not match (412) */
#define LREG_TOO_LARGE 9 /**< over a size limit; the message names it (413) */
#define LREG_URI_TOO_LONG 10 /**< request target over its limit (414) */
#define LREG_UNSUPPORTED 11 /**< data of a kind that is not supported, by any build; else LREG_NOT_IMPLEMENTED (415) */
#define LREG_RANGE 12 /**< the range or offset cannot be satisfied (416) */
#define LREG_UNPROCESSABLE 13 /**< well-formed, but the content is not valid (422) */
#define LREG_TOO_MANY 14 /**< over a limit of count or rate (429) */
#define LREG_HEADERS_TOO_LARGE 15 /**< header block over its limit (431) */
#define LREG_NO_MEMORY 16 /**< allocation failed (503) */
#define LREG_BUSY 17 /**< a lock was held for too long, or too many files are open: try again (503) */
#define LREG_NO_SPACE 18 /**< the disk or the quota is full (507) */
#define LREG_IO 19 /**< the operating system or a storage backend failed (500) */
#define LREG_CORRUPT 20 /**< stored data is damaged or missing (500) */
#define LREG_MISUSE 21 /**< the call is not allowed now, or on this handle: a bug of the host (500) */
#define LREG_INTERNAL 22 /**< a bug of the library (500) */
#define LREG_NOT_IMPLEMENTED 23 /**< this build of the library does not have it (501) */
#define LREG_UPSTREAM 24 /**< a remote storage or service failed, refused us, or cannot be reached (502) */
#define LREG_TIMEOUT 25 /**< a remote storage or service did not answer in time (504) */
#define LREG_CANCELLED 26 /**< the work was given up before its end, by the host or because it closes (503) */
#define LREG_PENDING 27 /**< from a hook that the host allowed to wait: not done yet; callers never see it (500) */

/** First status for host callbacks. The library returns a status from here on unchanged. */
#define LREG_HOST_STATUS 1000

/* What lreg_error_cause() is. */
#define LREG_CAUSE_NONE 0 /**< there is no number */
#define LREG_CAUSE_ERRNO 1 /**< an errno value of this system */
#define LREG_CAUSE_SQLITE 2 /**< an extended result code of SQLite */
#define LREG_CAUSE_HOST 3 /**< a number of a hook or storage backend of the host */
#define LREG_CAUSE_HTTP 4 /**< the HTTP status of a remote service */
#define LREG_CAUSE_NET 5 /**< a number of the network layer, such as of getaddrinfo() or TLS */
#define LREG_CAUSE_CRYPTO 6 /**< a number of the cryptography library */

/** An error. Opaque, immutable. It may outlive its instance. Threads: any, at once. Since: 0.1 */
typedef struct lreg_error lreg_error;

/** The status, for programs. @param error may be NULL @return never LREG_OK; LREG_OK for NULL. Blocks: no. Threads:
 * any, at once. Since: 0.1 */
LREG_EXPORT lreg_status lreg_error_status(const lreg_error *error);

/**
 * The exact reason as a stable word, such as "manifest_unknown" or "datahash_mismatch".
 *
 * @param error  may be NULL
 * @return borrowed until lreg_error_free(); never NULL, "" when the status is the whole reason
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT const char *lreg_error_code(const lreg_error *error);

/**
 * One sentence for people, in UTF-8, without secrets. Its wording may change between versions.
 *
 * @param error  may be NULL
 * @return borrowed until lreg_error_free(); never NULL, "" for NULL
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT const char *lreg_error_message(const lreg_error *error);

/**
 * The operation that failed, such as "publish my-organization/my-files app-1.0.zip".
 *
 * @param error  may be NULL
 * @return borrowed until lreg_error_free(); never NULL, "" when it is the operation of the call
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT const char *lreg_error_operation(const lreg_error *error);

/**
 * What lreg_error_cause() is.
 *
 * @param error  may be NULL
 * @return LREG_CAUSE_…; LREG_CAUSE_NONE when there is no number. Later versions may have more
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT int32_t lreg_error_cause_domain(const lreg_error *error);

/**
 * The number that the operating system, SQLite, a remote service or a hook gave as the reason. For logs and diagnosis.
 *
 * @param error  may be NULL
 * @return 0 when there is no such number
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT int64_t lreg_error_cause(const lreg_error *error);

/** Ends an error. @param error may be NULL. Blocks: no. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_error_free(lreg_error *error);

/** The name of a status, such as "LREG_NOT_FOUND". @return static storage, never NULL; "LREG_HOST_STATUS" from that
 * number on. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_status_name(lreg_status status);

/** The HTTP status that a status becomes in a response. @return 200 for LREG_OK, 500 for a host's and unknown ones.
 * Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int32_t lreg_status_http(lreg_status status);

#ifdef __cplusplus
}
#endif

#endif
