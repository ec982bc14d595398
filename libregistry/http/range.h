/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

/* Range requests (RFC 9110 section 14), a single range; and Content-Range of upload chunks (OCI distribution, "Pushing
 * a blob in chunks", where it is "START-END" without unit). */

#include "base/text.h"
#include "base/error.h"

enum range_result {
    RANGE_WHOLE, /* no range, malformed, other unit, or several ranges: answer with the whole, 200 */
    RANGE_PART, /* 206 with *first and *length */
    RANGE_NOT_SATISFIABLE /* behind the end, or backwards: 416 */
};

/* `value` may be NULL. `total` is the length of the representation. *first and *length tell the whole unless it is a
 * part. */
enum range_result range_parse(const char *value, uint64_t total, uint64_t *first, uint64_t *length);

/* "START-END" of an upload chunk; also accepts a "bytes " or "bytes=" in front and "/total" behind. False if malformed,
 * also when the last position is not below the total. `*last + 1` does not overflow. */
bool range_parse_content(const char *value, uint64_t *first, uint64_t *last);

#endif
