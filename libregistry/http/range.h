/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

/* Requests for a single range (RFC 9110 section 14), and Content-Range of upload chunks (OCI distribution, "Pushing a
 * blob in chunks", where it is "START-END" without a unit). */

#include "base/text.h"
#include "base/error.h"

enum range_result {
    RANGE_WHOLE, /* absent, malformed, another unit, or several ranges: answer 200 with the whole */
    RANGE_PART, /* answer 206 with the part at *first of *length bytes */
    RANGE_NOT_SATISFIABLE /* after the end, or reversed: answer 416 */
};

/* `value` may be NULL. `total` is the length of the representation. *first and *length are the whole unless the result
 * is RANGE_PART. */
enum range_result range_parse(const char *value, uint64_t total, uint64_t *first, uint64_t *length);

/* Parses "START-END" of an upload chunk. "bytes " or "bytes=" may precede it, and "/total" may follow it. False when it
 * is malformed or the last position is not below the total. `*last + 1` does not overflow. */
bool range_parse_content(const char *value, uint64_t *first, uint64_t *last);

#endif
