/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_AUTHORITY_H
#define HTTP_AUTHORITY_H

/*
 * Authorities: "host" or "host:port", as in the field Host, in forwarded fields and in URLs (RFC 3986 section 3.2,
 * RFC 9110 section 4.2). One grammar serves all of them; it is a subset of the RFC's:
 *
 *     authority = ( name / IPv4address / "[" IPv6address "]" ) [ ":" port ]
 *     name      = label *( "." label ) [ "." ]       at most 255 characters
 *     label     = 1*63( ALPHA / DIGIT / "-" / "_" / "~" )
 *     port      = 1*5DIGIT                           0 to 65535
 *
 * Not accepted are a user, percent escapes, sub-delims, empty labels, future forms of addresses, zones, and a colon
 * without a port. A name that address functions read as IPv4 ("127.1", "0x7f000001", "2130706433") is refused too: the
 * host that is checked here must be the one that is connected to later.
 */

#include "base/text.h"

#define AUTHORITY_NO_PORT (-1)

enum authority_kind {
    AUTHORITY_NAME,
    AUTHORITY_IPV4,
    AUTHORITY_IPV6
};

struct authority {
    enum authority_kind kind;
    struct slice host; /* without brackets; borrowed from the text */
    int32_t port; /* AUTHORITY_NO_PORT when absent */
};

/* False when malformed; `*out` is then zeroed. `out` may be NULL. */
bool authority_parse(struct slice text, struct authority *out);

/* Whether the text is an IPv4 or IPv6 address without brackets, port and zone. */
bool authority_is_address(struct slice text);

#endif
