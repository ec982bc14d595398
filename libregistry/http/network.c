/* SPDX-License-Identifier: Apache-2.0 */

#include "http/network.h"

#include <arpa/inet.h>
#include <string.h>

#define ADDRESS_BITS 128
#define IPV4_BITS 32

/* The 16 bytes of an address, IPv4 as a mapped one, and the number of bits of its family. */
static bool parse_address(struct slice text, unsigned char out[16], unsigned *out_bits) {
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    char copy[INET6_ADDRSTRLEN];
    if (text.length == 0 || text.length >= sizeof copy || memchr(text.bytes, '\0', text.length) != NULL) {
        return false;
    }
    memcpy(copy, text.bytes, text.length);
    copy[text.length] = '\0';
    *out_bits = ADDRESS_BITS;
    if (inet_pton(AF_INET6, copy, out) == 1) {
        return true;
    }
    *out_bits = IPV4_BITS;
    memcpy(out, mapped, sizeof mapped);
    return inet_pton(AF_INET, copy, out + sizeof mapped) == 1;
}

bool network_parse(struct slice text, struct network *out) {
    struct slice rest = text;
    struct slice address = slice_cut(&rest, '/');
    bool has_prefix = address.length < text.length;
    unsigned width = 0;
    *out = (struct network){.bits = 0};
    if (!parse_address(address, out->bytes, &width)) {
        return false;
    }
    uint64_t bits = width;
    if (has_prefix && (!text_parse_u64(rest, &bits) || bits > width)) {
        return false;
    }
    out->bits = (unsigned)bits + ADDRESS_BITS - width;
    return true;
}

bool network_contains(const struct network *network, const char *address) {
    unsigned char bytes[16];
    unsigned width = 0;
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    if (!parse_address(slice_of(address), bytes, &width) || memcmp(bytes, network->bytes, whole) != 0) {
        return false;
    }
    unsigned mask = 0xff00u >> rest & 0xffu;
    return rest == 0 || ((unsigned)(bytes[whole] ^ network->bytes[whole]) & mask) == 0;
}
