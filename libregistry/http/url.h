/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_URL_H
#define HTTP_URL_H

/*
 * Request targets (RFC 9112 section 3.2, RFC 3986). Percent-decoding happens here, once, strictly: a bad escape, a NUL,
 * a control character, a "." or ".." segment (also an escaped one), an escaped slash or backslash in a segment, or
 * bytes that are not UTF-8 refuse the whole target.
 */

#include "base/arena.h"
#include "base/text.h"

#define URL_SEGMENTS_MAX 64
#define URL_PARAMETERS_MAX 64

struct url_parameter {
    const char *name; /* decoded ('+' is a blank, application/x-www-form-urlencoded) */
    const char *value;
};

struct url {
    const char *path; /* as sent, without query; begins with '/' */
    const char *query; /* as sent, without '?'; NULL when there is none */
    const char **segments; /* decoded; "/" has none; a slash at the end gives a last segment "" */
    size_t segment_count;
    struct url_parameter *parameters;
    size_t parameter_count;
};

/* Parses an origin-form or absolute-form target; everything lives in `arena`. LREG_BAD_ARGUMENT with code "bad_target",
 * also "too_many_parameters"; LREG_URI_TOO_LONG ("too_many_segments"), LREG_NO_MEMORY. Empty segments inside the path
 * are refused. */
lreg_status url_parse(struct url *out, const char *target, struct arena *arena, struct error *err);

/* First parameter of that name; NULL when absent. */
const char *url_parameter(const struct url *url, const char *name);

/* The n-th parameter of that name, counted from 0; NULL when there are fewer. */
const char *url_parameter_at(const struct url *url, const char *name, size_t index);

/* Decodes an application/x-www-form-urlencoded form body. Tabs and line ends may occur in it, other control characters
 * may not: LREG_BAD_ARGUMENT with code "bad_form" or "too_many_parameters"; LREG_NO_MEMORY. */
lreg_status url_parse_parameters(const char *text, struct arena *arena, struct url_parameter **out, size_t *out_count,
                                 struct error *err);

/* Percent-encodes all but unreserved characters (RFC 3986 section 2.3); NULL when memory is out. */
char *url_encode(const char *text, struct arena *arena);

/* Whether a target is in absolute form ("http://host/path"; RFC 9112 section 3.2.2): gives its authority, which may be
 * malformed, and what follows it. */
bool url_split_absolute(const char *target, struct slice *out_authority, const char **out_rest);

#endif
