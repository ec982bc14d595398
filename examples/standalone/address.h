/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_ADDRESS_H
#define STANDALONE_ADDRESS_H

/* Text forms of socket addresses and networks. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* An address with or without its port: "[2001:db8::1]:65535", with room for a zone. */
#define ADDRESS_TEXT 80

struct network {
    unsigned char bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits;
};

/* "127.0.0.1:8080", "[::1]:0", "localhost:8080", ":8080". False when it is malformed, or the name is unknown. */
bool address_parse(const char *text, struct sockaddr_storage *out, socklen_t *out_length);

/* The 16 bytes of an address, with IPv4 as ::ffff:a.b.c.d. False for other families. */
bool address_bytes(const struct sockaddr_storage *address, unsigned char out[16]);

/* The address without its port; IPv4-mapped IPv6 as IPv4. */
void address_format(const struct sockaddr_storage *address, char out[ADDRESS_TEXT]);

uint16_t address_port(const struct sockaddr_storage *address);

/* "10.0.0.0/8", "2001:db8::/32", or one address. */
bool network_parse(const char *text, struct network *out);
bool network_contains(const struct network *network, const struct sockaddr_storage *address);

#endif
