/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_SYS_FAILURE_H
#define LIBREGISTRY_SYS_FAILURE_H

/**
 * @file
 * How a hook or a storage backend says why it fails. Its functions that can fail have a last parameter `lreg_failure
 * *failure`, which is never NULL and valid during the call. The status that they return decides; what they set here
 * becomes the code, the message and the cause of the caller's lreg_error. Setting nothing is allowed. What is set is
 * ignored when the function returns LREG_OK. All values are copied at once.
 *
 * These are the only functions of the library that a hook or a storage backend may call.
 */

#include <libregistry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The reason of a failure, which a callback sets. Opaque. Threads: only from inside the callback. Since: 0.1 */
typedef struct lreg_failure lreg_failure;

/**
 * Sets code and message.
 *
 * @param failure  not NULL
 * @param code     a word of at most 63 characters of [a-z0-9_] that is not empty; anything else, or NULL, is ignored.
 *                 Programs see it as lreg_error_code(), and clients may see it too
 * @param message  one sentence without secrets, in UTF-8; NULL: none. It is cut after some 400 bytes; bytes that are
 *                 not UTF-8 and control characters become '?'
 * Blocks: no. Threads: only from inside the callback. Since: 0.1
 */
LREG_EXPORT void lreg_failure_set(lreg_failure *failure, const char *code, const char *message);

/**
 * Sets the cause, as lreg_error_cause() returns it.
 *
 * @param failure  not NULL
 * @param domain   LREG_CAUSE_…, which says what the number is; an unknown one becomes LREG_CAUSE_HOST
 * @param number   such as an errno or an HTTP status
 * Blocks: no. Threads: only from inside the callback. Since: 0.1
 */
LREG_EXPORT void lreg_failure_set_cause(lreg_failure *failure, int32_t domain, int64_t number);

/**
 * Says that the same call may succeed after some time. A client that is answered with 429, 502, 503 or 504 gets it as
 * Retry-After.
 *
 * @param failure   not NULL
 * @param retry_ms  milliseconds; 0 or below: nothing is known
 * Blocks: no. Threads: only from inside the callback. Since: 0.1
 */
LREG_EXPORT void lreg_failure_set_retry_ms(lreg_failure *failure, int64_t retry_ms);

#ifdef __cplusplus
}
#endif

#endif
