/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_NETWORK_H
#define HTTP_NETWORK_H

/* Networks of addresses: "10.0.0.0/8", "fd00::/8", or one address. An IPv4 address equals its mapped IPv6 address
 * (::ffff:0:0/96). */

#include "base/text.h"

struct network {
    unsigned char bytes[16];
    unsigned bits; /* length of the prefix, 0 to 128 */
};

/* False when the text is not a network. Bits beyond the prefix may be set; they are ignored. */
bool network_parse(struct slice text, struct network *out);

/* False also when `address` is not an address. */
bool network_contains(const struct network *network, const char *address);

#endif
