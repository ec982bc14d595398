/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_NETWORK_H
#define HTTP_NETWORK_H

/* Networks of addresses: "10.0.0.0/8", "fd00::/8", or one address. An IPv4 address and the IPv6 address that stands for
 * it (::ffff:0:0/96) are the same. */

#include "base/text.h"

struct network {
    unsigned char bytes[16];
    unsigned bits; /* of the bytes that have to be equal; 0 to 128 */
};

/* False when the text is no network; bits beyond the prefix may be set, and do not count. */
bool network_parse(struct slice text, struct network *out);

/* False also when `address` is no address. */
bool network_contains(const struct network *network, const char *address);

#endif
