/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_URL_H
#define HTTP_URL_H

/*
 * Request targets (RFC 9112 section 3.2, RFC 3986). Targets are percent-decoded here, once and strictly. A target is
 * refused for a bad escape, a control character (NUL too), a "." or ".." segment (escaped or not), a slash or backslash
 * in a decoded segment, and bytes that are not UTF-8.
 */

#include "base/arena.h"
#include "base/text.h"

#define URL_SEGMENTS_MAX 64
#define URL_PARAMETERS_MAX 64

struct url_parameter {
    const char *name; /* decoded as application/x-www-form-urlencoded: '+' is a blank */
    const char *value;
};

struct url {
    const char *path; /* as sent, without query; begins with '/' */
    const char *query; /* as sent, without '?'; NULL when absent */
    const char **segments; /* decoded; "/" has none; after a slash at the end the last segment is "" */
    size_t segment_count;
    struct url_parameter *parameters;
    size_t parameter_count;
};

/* Parses an origin-form or absolute-form target; the result lives in `arena`. Empty segments inside the path are
 * refused. LREG_BAD_ARGUMENT ("bad_target" or "too_many_parameters"), LREG_URI_TOO_LONG ("too_many_segments"),
 * LREG_NO_MEMORY. */
lreg_status url_parse(struct url *out, const char *target, struct arena *arena, struct error *err);

/* The first parameter of that name; NULL when absent. */
const char *url_parameter(const struct url *url, const char *name);

/* The n-th parameter of that name, counted from 0; NULL when there are fewer. */
const char *url_parameter_at(const struct url *url, const char *name, size_t index);

/* Decodes an application/x-www-form-urlencoded form body. Of control characters, only tabs and line ends are allowed.
 * LREG_BAD_ARGUMENT ("bad_form" or "too_many_parameters"), LREG_NO_MEMORY. */
lreg_status url_parse_parameters(const char *text, struct arena *arena, struct url_parameter **out, size_t *out_count,
                                 struct error *err);

/* Percent-encodes all but unreserved characters (RFC 3986 section 2.3); NULL when out of memory. */
char *url_encode(const char *text, struct arena *arena);

/* Splits a target in absolute form ("http://host/path"; RFC 9112 section 3.2.2) into its authority, which may be
 * malformed, and the rest; false for other forms. */
bool url_split_absolute(const char *target, struct slice *out_authority, const char **out_rest);

#endif
