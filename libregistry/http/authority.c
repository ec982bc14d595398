/* SPDX-License-Identifier: Apache-2.0 */

#include "http/authority.h"

#include <arpa/inet.h>
#include <string.h>

#define NAME_MAX_BYTES 255
#define LABEL_MAX_BYTES 63
#define PORT_DIGITS 5

/* Makes a NUL-terminated copy for the address functions; false when the text is empty, too long or contains a NUL. */
static bool copy_text(struct slice text, char *out, size_t capacity) {
    if (text.length == 0 || text.length >= capacity || memchr(text.bytes, '\0', text.length) != NULL) {
        return false;
    }
    memcpy(out, text.bytes, text.length);
    out[text.length] = '\0';
    return true;
}

static bool is_of_family(struct slice text, int family) {
    char copy[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    return copy_text(text, copy, sizeof copy) && inet_pton(family, copy, address) == 1;
}

/* Octal, hexadecimal and shortened forms, which RFC 3986 does not allow as IPv4address. */
static bool is_loose_ipv4(struct slice text) {
    char copy[INET6_ADDRSTRLEN];
    struct in_addr address;
    return copy_text(text, copy, sizeof copy) && inet_aton(copy, &address) != 0;
}

static bool is_label(struct slice label) {
    for (size_t i = 0; i < label.length; i++) {
        char c = label.bytes[i];
        if (!char_is_alphanumeric(c) && c != '-' && c != '_' && c != '~') {
            return false;
        }
    }
    return label.length > 0 && label.length <= LABEL_MAX_BYTES;
}

static bool is_name(struct slice text) {
    struct slice rest = text;
    if (text.length == 0 || text.length > NAME_MAX_BYTES) {
        return false;
    }
    while (rest.length > 0) { /* a dot at the end stands for the root */
        if (!is_label(slice_cut(&rest, '.'))) {
            return false;
        }
    }
    return !is_loose_ipv4(text);
}

static bool parse_port(struct slice text, int32_t *out) {
    uint64_t port = 0;
    if (text.length > PORT_DIGITS || !text_parse_u64(text, &port) || port > UINT16_MAX) {
        return false;
    }
    *out = (int32_t)port;
    return true;
}

/* "[" IPv6address "]"; `*rest` is then the text after it. */
static bool take_bracketed(struct slice *rest, struct authority *out) {
    const char *end = memchr(rest->bytes, ']', rest->length);
    if (end == NULL) {
        return false;
    }
    out->kind = AUTHORITY_IPV6;
    out->host = (struct slice){rest->bytes + 1, (size_t)(end - rest->bytes) - 1};
    rest->length -= out->host.length + 2;
    rest->bytes = end + 1;
    return is_of_family(out->host, AF_INET6);
}

/* A name or an IPv4 address; `*rest` then begins with the colon after it, or is empty. */
static bool take_name(struct slice *rest, struct authority *out) {
    const char *colon = memchr(rest->bytes, ':', rest->length);
    size_t length = colon != NULL ? (size_t)(colon - rest->bytes) : rest->length;
    out->host = (struct slice){rest->bytes, length};
    out->kind = is_of_family(out->host, AF_INET) ? AUTHORITY_IPV4 : AUTHORITY_NAME;
    rest->bytes += length;
    rest->length -= length;
    return out->kind == AUTHORITY_IPV4 || is_name(out->host);
}

static bool parse(struct slice text, struct authority *out) {
    struct slice rest = text;
    out->port = AUTHORITY_NO_PORT;
    if (text.length == 0) {
        return false;
    }
    if (text.bytes[0] == '[' ? !take_bracketed(&rest, out) : !take_name(&rest, out)) {
        return false;
    }
    if (rest.length == 0) {
        return true;
    }
    struct slice port = {rest.bytes + 1, rest.length - 1};
    return rest.bytes[0] == ':' && parse_port(port, &out->port);
}

bool authority_parse(struct slice text, struct authority *out) {
    struct authority found = {0};
    bool is_sound = parse(text, &found);
    if (out != NULL) {
        *out = is_sound ? found : (struct authority){0};
    }
    return is_sound;
}

bool authority_is_address(struct slice text) {
    return is_of_family(text, AF_INET) || is_of_family(text, AF_INET6);
}
