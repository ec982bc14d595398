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

/* `etag` is the strong entity tag with its quotes; NULL without a tag or a representation. `modified_ms` is negative
 * without a Last-Modified. `*use_range` says whether If-Range allows the use of Range; `use_range` may be NULL. */
enum conditional_result conditional_evaluate(const struct headers *request, bool is_get_or_head, const char *etag,
                                             int64_t modified_ms, bool *use_range);

#endif
