/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where the client sees us: scheme, host and mount, from the host program, the request, or a proxy that the host
 * program trusts. Answers contain them, so their characters are checked wherever they come from.
 */

#include "exchange/exchange_internal.h"

#include <string.h>

/* What an answer is made of. */
struct origin {
    const char *scheme;
    const char *host; /* "" when unknown */
    const char *prefix; /* in front of the mount */
    const char *peer;
};

static bool is_address(const char *text) {
    size_t length = strspn(text, "0123456789abcdefABCDEF.:");
    return length > 0 && length < 64 && text[length] == '\0';
}

/* The path of an absolute-form target (RFC 9112 section 3.2.2), and its authority; the target itself in other forms. */
static const char *skip_authority(const char *target, struct slice *out_authority) {
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);
        struct slice start = {target, strnlen(target, length)};
        if (slice_equals_ignoring_case(start, schemes[i])) {
            const char *authority = target + length;
            *out_authority = (struct slice){authority, strcspn(authority, "/?#")};
            return authority + out_authority->length;
        }
    }
    return target;
}

const char *origin_target_path(const struct exchange *exchange, struct slice *out_authority) {
    *out_authority = (struct slice){"", 0};
    const char *path = skip_authority(exchange->target, out_authority);
    size_t mount = strlen(exchange->mount);
    const char *below = strncmp(path, exchange->mount, mount) == 0 ? path + mount : NULL;
    if (mount == 0 || (below != NULL && (below[0] == '/' || below[0] == '?' || below[0] == '\0'))) {
        return below;
    }
    /* Container clients look for a registry here and nowhere else (OCI distribution 1.1, "Endpoints"). */
    return strncmp(path, "/v2/", strlen("/v2/")) == 0 ? path : NULL;
}

static lreg_status bad_forwarded(struct error *err, const char *what) {
    return error_set(err, LREG_BAD_ARGUMENT, "bad_forwarded", "the proxy forwarded a malformed %s", what);
}

/* The last member of all fields of that name, which the nearest proxy wrote; NULL when there is none. */
static lreg_status last_member(struct call *call, const char *name, char **out, struct error *err) {
    struct header_position position = {0};
    struct slice member = {0};
    struct slice last = {0};
    while (headers_next_member(&call->headers, name, &position, &member)) {
        last = member;
    }
    *out = NULL;
    if (last.length == 0) {
        return LREG_OK;
    }
    *out = arena_copy_bytes(call->arena, last.bytes, last.length);
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
    if (text != NULL && !url_is_host(text)) {
        return bad_forwarded(err, "host");
    }
    origin->host = text != NULL ? text : origin->host;
    return LREG_OK;
}

static lreg_status take_prefix(char *text, struct origin *origin, struct error *err) {
    if (text == NULL) {
        return LREG_OK;
    }
    size_t length = strlen(text);
    if (length > 0 && text[length - 1] == '/') {
        text[length - 1] = '\0';
    }
    if (!url_is_mount(text)) {
        return bad_forwarded(err, "prefix");
    }
    origin->prefix = text;
    return LREG_OK;
}

/* A node (RFC 7239 section 6): an address, in brackets when a port may follow. Names that hide the client change
 * nothing. */
static void take_peer(char *text, struct origin *origin) {
    if (text == NULL) {
        return;
    }
    if (text[0] == '[') {
        text++;
        text[strcspn(text, "]")] = '\0';
    } else if (strchr(text, '.') != NULL) { /* IPv4, maybe with a port */
        text[strcspn(text, ":")] = '\0';
    }
    origin->peer = is_address(text) ? text : origin->peer;
}

/* Forwarded (RFC 7239): "for=192.0.2.60;proto=https;host=example.com". */
static lreg_status take_forwarded(struct call *call, const char *element, struct origin *origin, struct error *err) {
    const char *value = arena_format(call->arena, "x/x;%s", element); /* so that its pairs are parameters */
    if (value == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = take_scheme(header_parameter(value, "proto", call->arena), origin, err);
    if (status != LREG_OK) {
        return status;
    }
    const char *node = header_parameter(value, "for", call->arena);
    char *peer = arena_copy_text(call->arena, node);
    if (node != NULL && peer == NULL) {
        return error_no_memory(err);
    }
    take_peer(peer, origin);
    return take_host(header_parameter(value, "host", call->arena), origin, err);
}

static lreg_status take_x_forwarded(struct call *call, struct origin *origin, struct error *err) {
    static const char *const names[] = {"X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-For"};
    char *values[3] = {NULL, NULL, NULL};
    for (size_t i = 0; i < 3; i++) {
        lreg_status status = last_member(call, names[i], &values[i], err);
        if (status != LREG_OK) {
            return status;
        }
    }
    lreg_status status = take_scheme(values[0], origin, err);
    if (status != LREG_OK) {
        return status;
    }
    take_peer(values[2], origin);
    return take_host(values[1], origin, err);
}

static lreg_status trust(struct call *call, struct origin *origin, struct error *err) {
    char *value = NULL;
    lreg_status status = last_member(call, "X-Forwarded-Prefix", &value, err);
    if (status != LREG_OK) {
        return status;
    }
    status = take_prefix(value, origin, err);
    if (status != LREG_OK) {
        return status;
    }
    status = last_member(call, "Forwarded", &value, err);
    if (status != LREG_OK) {
        return status;
    }
    return value != NULL ? take_forwarded(call, value, origin, err) : take_x_forwarded(call, origin, err);
}

/* The host that the request names: of an absolute-form target, else of the field Host (RFC 9112 section 3.2.2). */
static lreg_status requested_host(struct exchange *exchange, const char **out, struct error *err) {
    const struct headers *headers = &exchange->call.headers;
    const char *field = headers_find(headers, "Host");
    bool is_sound = field == NULL || field[0] == '\0' || url_is_host(field);
    if (!is_sound || headers_count(headers, "Host") > 1) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_host", "the field Host is malformed or there twice");
    }
    struct slice authority;
    (void)origin_target_path(exchange, &authority);
    if (authority.length == 0) {
        *out = field != NULL ? field : "";
        return LREG_OK;
    }
    *out = arena_copy_bytes(&exchange->arena, authority.bytes, authority.length);
    if (*out == NULL) {
        return error_no_memory(err);
    }
    if (!url_is_host(*out)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_target", "the request target names a malformed host");
    }
    return LREG_OK;
}

/* Joins texts in the arena; NULL when memory is out. */
static const char *join(struct arena *arena, const char *const *texts, size_t count) {
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        length += strlen(texts[i]);
    }
    char *joined = arena_allocate(arena, length + 1);
    if (joined == NULL) {
        return NULL;
    }
    char *at = joined;
    for (size_t i = 0; i < count; i++) {
        size_t part = strlen(texts[i]);
        memcpy(at, texts[i], part);
        at += part;
    }
    *at = '\0';
    return joined;
}

/* Fills in what handlers see. */
static lreg_status publish(struct exchange *exchange, const struct origin *origin, struct error *err) {
    struct call *call = &exchange->call;
    const char *mount[] = {origin->prefix, exchange->mount};
    const char *joined = origin->prefix[0] != '\0' ? join(call->arena, mount, 2) : exchange->mount;
    if (joined == NULL) {
        return error_no_memory(err);
    }
    call->mount = joined;
    call->remote_address = origin->peer;
    call->actor.remote_address = origin->peer;
    const char *base_url = core_base_url(call->core);
    if (base_url == NULL) {
        const char *url[] = {origin->scheme, "://", origin->host, call->mount};
        base_url = origin->host[0] != '\0' ? join(call->arena, url, 4) : call->mount;
    }
    if (base_url == NULL) {
        return error_no_memory(err);
    }
    call->base_url = base_url;
    return LREG_OK;
}

lreg_status origin_resolve(struct exchange *exchange, struct error *err) {
    struct origin origin = {.scheme = exchange->scheme, .host = "", .prefix = "", .peer = exchange->peer};
    lreg_status status = requested_host(exchange, &origin.host, err);
    if (status != LREG_OK) {
        return status;
    }
    origin.host = exchange->host != NULL ? exchange->host : origin.host;
    if (exchange->trusts_forwarded) {
        status = trust(&exchange->call, &origin, err);
        if (status != LREG_OK) {
            return status;
        }
    }
    return publish(exchange, &origin, err);
}
