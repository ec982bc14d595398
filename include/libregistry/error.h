/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_ERROR_H
#define LIBREGISTRY_ERROR_H

/**
 * @file
 * Errors: a status to decide by, and an object that tells the story to a person.
 *
 * Every function that can fail returns a status and takes a last parameter `lreg_error **err`, which may be NULL.
 * After a failure `*err` is owned by the caller and ended with lreg_error_free(); after success it is untouched.
 * Unless a function says otherwise, after a failure nothing has changed and every handle is as it was before the call.
 */

#include <libregistry/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers are part of the ABI and never change. The HTTP status that each one becomes stands behind it. */
#define LREG_OK 0 /**< success */
#define LREG_BAD_ARGUMENT 1 /**< a value is malformed or outside its range (400) */
#define LREG_UNAUTHENTICATED 2 /**< credentials are needed, or those given are unknown or expired (401) */
#define LREG_FORBIDDEN 3 /**< known, but not allowed to do this (403) */
#define LREG_NOT_FOUND 4 /**< no such thing, or none that the caller may know of (404) */
#define LREG_METHOD_NOT_ALLOWED 5 /**< the thing is there, the method is not (405) */
#define LREG_CONFLICT 6 /**< exists already with other content, or changed under the caller (409) */
#define LREG_LENGTH_REQUIRED 7 /**< a body without a length where one is needed (411) */
#define LREG_PRECONDITION_FAILED 8 /**< If-Match and relatives (412) */
#define LREG_TOO_LARGE 9 /**< over a size limit; the message names it (413) */
#define LREG_URI_TOO_LONG 10 /**< request target over its limit (414) */
#define LREG_UNSUPPORTED 11 /**< media type or feature that is not handled (415) */
#define LREG_RANGE 12 /**< range or offset that cannot be satisfied (416) */
#define LREG_UNPROCESSABLE 13 /**< well-formed, but its content is not sound (422) */
#define LREG_TOO_MANY 14 /**< over a limit of count or rate (429) */
#define LREG_HEADERS_TOO_LARGE 15 /**< header block over its limit (431) */
#define LREG_NO_MEMORY 16 /**< allocation failed (503) */
#define LREG_BUSY 17 /**< a lock was held too long, or too many files are open: try again (503) */
#define LREG_NO_SPACE 18 /**< disk or quota is full (507) */
#define LREG_IO 19 /**< the operating system or a storage backend failed (500) */
#define LREG_CORRUPT 20 /**< stored data is not what it must be (500) */
#define LREG_MISUSE 21 /**< call in the wrong phase or on a dead handle: a bug of the host (500) */
#define LREG_INTERNAL 22 /**< a bug of the library (500) */
#define LREG_NOT_IMPLEMENTED 23 /**< outside what this build can do (501) */

/** First status that belongs to host callbacks: from here on a status passes through the library unchanged. */
#define LREG_HOST_STATUS 1000

/** An error. Opaque, immutable. It may outlive the instance that it came from. Threads: any, at once. Since: 0.1 */
typedef struct lreg_error lreg_error;

/** What to decide by. @param error may be NULL @return never LREG_OK; LREG_OK for NULL. Threads: any, at once.
 * Since: 0.1 */
LREG_EXPORT lreg_status lreg_error_status(const lreg_error *error);

/**
 * A stable, machine-readable word for the exact reason, such as "manifest_unknown" or "datahash_mismatch".
 *
 * @param error  may be NULL
 * @return borrowed until lreg_error_free(); never NULL, "" when the status says all
 * Does not block. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT const char *lreg_error_code(const lreg_error *error);

/**
 * One sentence for a person, UTF-8, without secrets. Its wording may change between versions.
 *
 * @param error  may be NULL
 * @return borrowed until lreg_error_free(); never NULL, "" for NULL
 * Does not block. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT const char *lreg_error_message(const lreg_error *error);

/**
 * What was being done, such as "publish my-organization/my-files app-1.0.zip".
 *
 * @param error  may be NULL
 * @return borrowed until lreg_error_free(); never NULL, "" when the call itself says it
 * Does not block. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT const char *lreg_error_operation(const lreg_error *error);

/**
 * The number behind the failure: an errno value, or an extended SQLite result code; which one, the status tells.
 *
 * @param error  may be NULL
 * @return 0 when there is none
 * Does not block. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT int32_t lreg_error_cause(const lreg_error *error);

/** Ends an error. @param error may be NULL. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_error_free(lreg_error *error);

/** The name of a status, such as "LREG_NOT_FOUND". @return static storage, never NULL; "LREG_HOST_STATUS" from that
 * number on. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_status_name(lreg_status status);

/** The HTTP status that a status becomes in a response. @return 200 for LREG_OK, 500 for a host's and unknown ones.
 * Threads: any, at once. Since: 0.1 */
LREG_EXPORT int32_t lreg_status_http(lreg_status status);

#ifdef __cplusplus
}
#endif

#endif
