/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What trusted proxies say about the client. Two families of fields do: Forwarded (RFC 7239), and X-Forwarded-For,
 * -Proto, -Host, -Port and -Prefix. A proxy sets one family and passes the other on as the client wrote it, so only the
 * family that the instance is configured for is used. Each proxy appends an element to a list: with n proxies of our
 * own in a row, the first of them wrote the n-th element from the end, and the elements before it may be forged.
 */

#include "exchange/origin_internal.h"
#include "http/authority.h"
#include "http/mount.h"

#include <string.h>

bool forwarded_is_trusted(const struct exchange *exchange) {
    const struct forwarded_rules *rules = &exchange->dispatcher->forwarded;
    bool is_trusted = exchange->trusts_forwarded;
    for (size_t i = 0; i < rules->network_count && !is_trusted; i++) {
        is_trusted = network_contains(&rules->networks[i], exchange->peer);
    }
    return is_trusted;
}

static lreg_status bad_forwarded(struct error *err, const char *what) {
    return error_set(err, LREG_BAD_ARGUMENT, "bad_forwarded", "the proxy forwarded a malformed %s", what);
}

/* The element that our first proxy wrote, of all fields of that name: the hops-th from the end. When there are fewer,
 * the first one, because proxies replace some of these fields. NULL when there is none. */
static lreg_status find_member(struct exchange *exchange, const char *name, char **out, struct error *err) {
    struct call *call = &exchange->call;
    struct header_position position = {0};
    struct slice member = {0};
    size_t count = 0;
    while (headers_next_member(&call->headers, name, &position, &member)) {
        count++;
    }
    size_t hops = exchange->dispatcher->forwarded.hops;
    size_t wanted = count > hops ? count - hops : 0;
    position = (struct header_position){0};
    for (size_t i = 0; i <= wanted && i < count; i++) {
        (void)headers_next_member(&call->headers, name, &position, &member);
    }
    *out = NULL;
    if (count == 0) {
        return LREG_OK;
    }
    *out = arena_copy_bytes(call->arena, member.bytes, member.length);
    return *out != NULL ? LREG_OK : error_no_memory(err);
}

static lreg_status take_scheme(const char *text, struct origin *origin, struct error *err) {
    if (text == NULL) {
        return LREG_OK;
    }
    bool is_https = text_equals_ignoring_case(text, "https");
    if (!is_https && !text_equals_ignoring_case(text, "http")) {
        return bad_forwarded(err, "scheme");
    }
    origin->scheme = is_https ? "https" : "http";
    return LREG_OK;
}

static lreg_status take_host(const char *text, struct origin *origin, struct error *err) {
    if (text != NULL && !authority_parse(slice_of(text), NULL)) {
        return bad_forwarded(err, "host");
    }
    origin->host = text != NULL ? text : origin->host;
    return LREG_OK;
}

/* The port that the client connected to replaces the host's; left out when it is the scheme's default. */
static lreg_status take_port(const char *text, struct arena *arena, struct origin *origin, struct error *err) {
    struct authority authority;
    uint64_t port = 0;
    if (text == NULL) {
        return LREG_OK;
    }
    if (!text_parse_u64(slice_of(text), &port) || port == 0 || port > UINT16_MAX) {
        return bad_forwarded(err, "port");
    }
    if (!authority_parse(slice_of(origin->host), &authority)) { /* the host is unknown */
        return LREG_OK;
    }
    bool is_ipv6 = authority.kind == AUTHORITY_IPV6;
    char *host = arena_format(arena, "%s%.*s%s", is_ipv6 ? "[" : "", (int)authority.host.length, authority.host.bytes,
                              is_ipv6 ? "]" : "");
    bool is_default = port == (text_equals(origin->scheme, "https") ? 443u : 80u);
    if (host != NULL && !is_default) {
        host = arena_format(arena, "%s:%u", host, (unsigned)port);
    }
    origin->host = host;
    return host != NULL ? LREG_OK : error_no_memory(err);
}

static lreg_status take_prefix(char *text, struct origin *origin, struct error *err) {
    if (text == NULL) {
        return LREG_OK;
    }
    size_t length = strlen(text);
    if (length > 0 && text[length - 1] == '/') {
        text[length - 1] = '\0';
    }
    if (!mount_is_sound(text)) {
        return bad_forwarded(err, "prefix");
    }
    origin->prefix = text;
    return LREG_OK;
}

/* A node (RFC 7239 section 6): an address, optionally with a port; IPv6 with a port is in brackets. Names that hide the
 * client are ignored. */
static lreg_status take_peer(const char *text, struct arena *arena, struct origin *origin, struct error *err) {
    struct authority authority;
    struct slice address = slice_of(text);
    if (authority_parse(address, &authority) && authority.kind != AUTHORITY_NAME) {
        address = authority.host;
    }
    if (!authority_is_address(address)) {
        return LREG_OK;
    }
    origin->peer = arena_copy_bytes(arena, address.bytes, address.length);
    return origin->peer != NULL ? LREG_OK : error_no_memory(err);
}

/* "for=192.0.2.60;proto=https;host=example.com" */
static lreg_status take_forwarded(struct exchange *exchange, struct origin *origin, struct error *err) {
    struct arena *arena = exchange->call.arena;
    char *element = NULL;
    lreg_status status = find_member(exchange, "Forwarded", &element, err);
    if (status != LREG_OK || element == NULL) {
        return status;
    }
    const char *value = arena_format(arena, "x/x;%s", element); /* so that its pairs are parameters */
    if (value == NULL) {
        return error_no_memory(err);
    }
    status = take_scheme(header_parameter(value, "proto", arena), origin, err);
    if (status == LREG_OK) {
        status = take_peer(header_parameter(value, "for", arena), arena, origin, err);
    }
    return status == LREG_OK ? take_host(header_parameter(value, "host", arena), origin, err) : status;
}

static lreg_status take_x_forwarded(struct exchange *exchange, struct origin *origin, struct error *err) {
    static const char *const names[] = {"X-Forwarded-Proto", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port",
                                        "X-Forwarded-Prefix"};
    struct arena *arena = exchange->call.arena;
    char *values[5] = {NULL};
    for (size_t i = 0; i < 5; i++) {
        lreg_status status = find_member(exchange, names[i], &values[i], err);
        if (status != LREG_OK) {
            return status;
        }
    }
    lreg_status status = take_scheme(values[0], origin, err);
    if (status == LREG_OK) {
        status = take_peer(values[1], arena, origin, err);
    }
    if (status == LREG_OK) {
        status = take_host(values[2], origin, err);
    }
    if (status == LREG_OK) {
        status = take_port(values[3], arena, origin, err);
    }
    return status == LREG_OK ? take_prefix(values[4], origin, err) : status;
}

lreg_status forwarded_take(struct exchange *exchange, struct origin *origin, struct error *err) {
    return exchange->dispatcher->forwarded.header == LREG_FORWARDED_HEADER_FORWARDED
               ? take_forwarded(exchange, origin, err)
               : take_x_forwarded(exchange, origin, err);
}
