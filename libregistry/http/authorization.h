/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_AUTHORIZATION_H
#define HTTP_AUTHORIZATION_H

/* The Authorization field: Basic (RFC 7617) and Bearer (RFC 6750). */

#include "base/arena.h"

enum authorization_scheme {
    AUTHORIZATION_NONE, /* no field, or Basic with empty user and password, as podman sends without credentials */
    AUTHORIZATION_BASIC,
    AUTHORIZATION_BEARER,
    AUTHORIZATION_OTHER, /* an unknown scheme */
    AUTHORIZATION_MALFORMED
};

struct authorization {
    enum authorization_scheme scheme;
    const char *user; /* Basic only; without control characters, in the encoding that the client used */
    const char *secret; /* password or bearer token; lives in the arena */
};

/* `value` is the field; NULL when absent. Fails only with LREG_NO_MEMORY. */
lreg_status authorization_parse(const char *value, struct arena *arena, struct authorization *out, struct error *err);

#endif
