/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_AUTHORIZATION_H
#define HTTP_AUTHORIZATION_H

/* The Authorization field: Basic (RFC 7617) and Bearer (RFC 6750). */

#include "base/arena.h"

enum authorization_scheme {
    AUTHORIZATION_NONE, /* no field, or Basic with empty user and empty password, as podman sends for nobody */
    AUTHORIZATION_BASIC,
    AUTHORIZATION_BEARER,
    AUTHORIZATION_OTHER, /* a scheme that is not known */
    AUTHORIZATION_MALFORMED
};

struct authorization {
    enum authorization_scheme scheme;
    const char *user; /* Basic only; without control characters, in whatever encoding the client used */
    const char *secret; /* password or bearer token; lives in the arena */
};

lreg_status authorization_parse(const char *value, struct arena *arena, struct authorization *out, struct error *err);

#endif
