/* SPDX-License-Identifier: Apache-2.0 */

/* Parses and formats addresses. IPv4 is handled as IPv4-mapped IPv6, so that one comparison is sufficient. */

#include "address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Splits "host:port" at its last colon; removes brackets around the host. */
static bool split(const char *text, char *host, size_t host_size, const char **out_port) {
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon[1] == '\0') {
        return false;
    }
    size_t length = (size_t)(colon - text);
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    } else if (memchr(text, ':', length) != NULL) {
        return false; /* IPv6 without brackets: the port is ambiguous */
    }
    if (length >= host_size) {
        return false;
    }
    memcpy(host, text, length);
    host[length] = '\0';
    *out_port = colon + 1;
    return strspn(*out_port, "0123456789") == strlen(*out_port);
}

bool address_parse(const char *text, struct sockaddr_storage *out, socklen_t *out_length) {
    char host[256];
    const char *port = NULL;
    if (!split(text, host, sizeof host, &port) || strlen(port) > 5 || strtoul(port, NULL, 10) > UINT16_MAX) {
        return false;
    }
    struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &found) != 0) {
        return false;
    }
    bool fits = found->ai_addrlen <= sizeof *out;
    if (fits) {
        memset(out, 0, sizeof *out);
        memcpy(out, found->ai_addr, found->ai_addrlen);
        *out_length = found->ai_addrlen;
    }
    freeaddrinfo(found);
    return fits;
}

bool address_bytes(const struct sockaddr_storage *address, unsigned char out[16]) {
    if (address->ss_family == AF_INET6) {
        memcpy(out, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
        return true;
    }
    if (address->ss_family == AF_INET) {
        memcpy(out, mapped_prefix, sizeof mapped_prefix);
        memcpy(out + sizeof mapped_prefix, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
        return true;
    }
    return false;
}

void address_format(const struct sockaddr_storage *address, char out[ADDRESS_TEXT]) {
    unsigned char bytes[16];
    (void)snprintf(out, ADDRESS_TEXT, "unknown");
    if (!address_bytes(address, bytes)) {
        return;
    }
    if (memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0) {
        (void)inet_ntop(AF_INET, bytes + sizeof mapped_prefix, out, ADDRESS_TEXT);
    } else {
        (void)inet_ntop(AF_INET6, bytes, out, ADDRESS_TEXT);
    }
}

uint16_t address_port(const struct sockaddr_storage *address) {
    if (address->ss_family == AF_INET6) {
        return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
    }
    return address->ss_family == AF_INET ? ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port) : 0;
}

bool network_parse(const char *text, struct network *out) {
    char address[ADDRESS_TEXT];
    size_t length = strcspn(text, "/");
    if (length >= sizeof address) {
        return false;
    }
    memcpy(address, text, length);
    address[length] = '\0';
    unsigned width = 128;
    if (inet_pton(AF_INET, address, out->bytes + sizeof mapped_prefix) == 1) {
        memcpy(out->bytes, mapped_prefix, sizeof mapped_prefix);
        width = 32;
    } else if (inet_pton(AF_INET6, address, out->bytes) != 1) {
        return false;
    }
    unsigned long bits = width;
    if (text[length] == '/') {
        const char *digits = text + length + 1;
        size_t count = strlen(digits);
        if (count < 1 || count > 3 || strspn(digits, "0123456789") != count) {
            return false;
        }
        bits = strtoul(digits, NULL, 10);
    }
    out->bits = (unsigned)bits + 128 - width;
    return bits <= width;
}

bool network_contains(const struct network *network, const struct sockaddr_storage *address) {
    unsigned char bytes[16];
    if (!address_bytes(address, bytes)) {
        return false;
    }
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    if (memcmp(bytes, network->bytes, whole) != 0) {
        return false;
    }
    unsigned char mask = (unsigned char)(0xff00u >> rest);
    return rest == 0 || ((bytes[whole] ^ network->bytes[whole]) & mask) == 0;
}
