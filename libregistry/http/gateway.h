/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_GATEWAY_H
#define HTTP_GATEWAY_H

/*
 * Requests from gateways: the meta-variables of CGI (RFC 3875 section 4.1), which FastCGI, SCGI and WSGI use too.
 * Variables are "NAME=value", in an array that ends with NULL. A variable with an empty value counts as absent
 * (section 4.1). When a variable occurs twice, the last one counts. Malformed and unknown variables are skipped.
 */

#include "base/arena.h"
#include "http/headers.h"

struct gateway_request {
    const char *method; /* not empty */
    const char *target; /* percent-encoded, with the mount in front */
    const char *mount; /* mount_is_sound(); the path under which the gateway has mounted the library */
    const char *scheme; /* "http" or "https" */
    const char *host; /* authority_parse(); the server's, when the request has no field Host; NULL when unknown */
    const char *peer; /* address of the client; NULL when unknown */
    const char *authorization; /* the field; NULL when there is none */
    bool has_open_body; /* the length of the body is unknown; it ends where the gateway says */
    const char *coding; /* of an open body: the field Transfer-Encoding, or "chunked" without it */
};

/* Strings in `*out` are borrowed from `variables` or live in `arena`. A target that is put together from parts and is
 * longer than `max_target_bytes` may be cut, but stays longer than that. LREG_BAD_ARGUMENT (no method),
 * LREG_NO_MEMORY. */
lreg_status gateway_read(const char *const *variables, size_t max_target_bytes, struct arena *arena,
                         struct gateway_request *out, struct error *err);

/* Iterates over the request's header fields, without Authorization and Transfer-Encoding. Start with a zeroed
 * `*position`; false at the end. */
#define GATEWAY_NAME_MAX 127 /* fields with longer names are skipped */
struct gateway_position {
    size_t index;
    char name[GATEWAY_NAME_MAX + 1];
};
bool gateway_next_field(const char *const *variables, struct gateway_position *position, struct header *out);

#endif
