/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_CONDITIONAL_H
#define HTTP_CONDITIONAL_H

/* Conditional requests (RFC 9110 section 13), evaluated in the order of section 13.2.2. */

#include "http/headers.h"

enum conditional_result {
    CONDITIONAL_PROCEED,
    CONDITIONAL_NOT_MODIFIED, /* 304 */
    CONDITIONAL_PRECONDITION_FAILED /* 412 */
};

/* `etag` is the strong entity tag with its quotes; NULL when there is none (or no representation). `modified_ms` below
 * 0: no Last-Modified. `*use_range` tells whether If-Range lets a Range count. */
enum conditional_result conditional_evaluate(const struct headers *request, bool is_get_or_head, const char *etag,
                                             int64_t modified_ms, bool *use_range);

#endif
