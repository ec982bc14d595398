/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_GATEWAY_H
#define HTTP_GATEWAY_H

/*
 * Requests as gateways hand them over: the meta-variables of CGI (RFC 3875 section 4.1), which FastCGI, SCGI and WSGI
 * use too. Variables are "NAME=value", NULL at the end. An empty value is none (section 4.1); of variables that are
 * there twice the last counts; what is malformed or of no concern here is passed over.
 */

#include "base/arena.h"
#include "http/headers.h"

struct gateway_request {
    const char *method; /* not empty */
    const char *target; /* percent-encoded, with the mount in front */
    const char *mount; /* mount_is_sound(); where the gateway has put us */
    const char *scheme; /* "http" or "https" */
    const char *host; /* authority_parse(); for a request without the field Host; NULL when unknown */
    const char *peer; /* address of the client; NULL when unknown */
    const char *authorization; /* the field; NULL when there is none */
    bool has_open_body; /* a body whose length is not known: it ends where the gateway says */
    const char *coding; /* of an open body: the field, or "chunked" where the client had no need of one */
};

/* What is copied lives in `arena`, the rest in `variables`. A target that the gateway gives in parts and that is longer
 * than `max_target_bytes` is cut, not below `max_target_bytes` + 1. LREG_BAD_ARGUMENT (no method), LREG_NO_MEMORY. */
lreg_status gateway_read(const char *const *variables, size_t max_target_bytes, struct arena *arena,
                         struct gateway_request *out, struct error *err);

/* Iterates over the fields of the request's head, without Authorization and Transfer-Encoding. Start with zeroed
 * `*position`; false at the end. */
#define GATEWAY_NAME_MAX 127 /* longer ones mean nothing here and are passed over */
struct gateway_position {
    size_t index;
    char name[GATEWAY_NAME_MAX + 1];
};
bool gateway_next_field(const char *const *variables, struct gateway_position *position, struct header *out);

#endif
