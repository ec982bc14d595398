/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

/*
 * A push parser for multipart/form-data (RFC 7578, RFC 2046 section 5.1). It takes the body in pieces of any size, also
 * byte by byte, and passes the contents of parts on as they arrive. It stores no more than the boundary and the header
 * block of one part.
 */

#include "http/headers.h"

#define MULTIPART_BOUNDARY_MAX 70 /* RFC 2046 section 5.1.1 */

/* The parser's callbacks. A status other than LREG_OK stops the parser; multipart_write() returns it. */
struct multipart_events {
    void *user;
    /* `name` is the form field; `filename` is NULL when there is none; `headers` are the part's. All are borrowed for
     * the call. */
    lreg_status (*part_begin)(void *user, const char *name, const char *filename, const struct headers *headers,
                              struct error *err);
    lreg_status (*part_data)(void *user, const void *bytes, size_t length, struct error *err);
    lreg_status (*part_end)(void *user, struct error *err);
};

struct multipart_limits {
    size_t max_parts;
    size_t max_part_header_bytes;
    size_t max_part_headers;
};

struct multipart;

/* `content_type` is the request's Content-Type; NULL when absent. LREG_UNSUPPORTED when it is not multipart/form-data,
 * LREG_BAD_ARGUMENT ("bad_multipart") when its boundary is missing or malformed. */
lreg_status multipart_new(const struct hooks *hooks, const char *content_type, const struct multipart_limits *limits,
                          const struct multipart_events *events, struct multipart **out, struct error *err);

/* LREG_BAD_ARGUMENT ("bad_multipart") when the body is malformed, LREG_TOO_LARGE or LREG_HEADERS_TOO_LARGE when it
 * exceeds a limit. After a failure every later call returns the same error. */
lreg_status multipart_write(struct multipart *parser, const void *bytes, size_t length, struct error *err);

/* Ends the body. LREG_BAD_ARGUMENT ("bad_multipart") when the closing boundary is missing. */
lreg_status multipart_finish(struct multipart *parser, struct error *err);

void multipart_free(struct multipart *parser);

#endif
