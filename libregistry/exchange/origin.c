/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where the client sees us: scheme, host and mount, from the host program, the request, or a proxy that the host
 * program trusts. Answers contain them, so their characters are checked whatever their source.
 */

#include "exchange/origin_internal.h"
#include "http/authority.h"
#include "http/mount.h"

#include <string.h>

const char *origin_target_path(const struct exchange *exchange) {
    struct slice authority;
    const char *path = exchange->target;
    (void)url_split_absolute(exchange->target, &authority, &path);
    const char *below = mount_take_off(exchange->mount, path);
    if (exchange->mount[0] == '\0') {
        return path;
    }
    /* Container clients look for a registry only here (OCI distribution 1.1, "Endpoints"). */
    return below == NULL && strncmp(path, "/v2/", strlen("/v2/")) == 0 ? path : below;
}

/* The host that the request names: that of an absolute-form target; otherwise the field Host (RFC 9112 section 3.2.2).
 * An empty field means that the request's target has no host. */
static lreg_status requested_host(struct exchange *exchange, const char **out, struct error *err) {
    const struct headers *headers = &exchange->call.headers;
    const char *field = headers_find(headers, "Host");
    bool is_sound = field == NULL || field[0] == '\0' || authority_parse(slice_of(field), NULL);
    if (!is_sound || headers_count(headers, "Host") > 1) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_host", "the field Host is malformed or there twice");
    }
    struct slice authority;
    const char *rest = NULL;
    if (!url_split_absolute(exchange->target, &authority, &rest)) {
        *out = field != NULL ? field : "";
        return LREG_OK;
    }
    if (!authority_parse(authority, NULL)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_target", "the request target names a malformed host");
    }
    *out = arena_copy_bytes(&exchange->arena, authority.bytes, authority.length);
    return *out != NULL ? LREG_OK : error_no_memory(err);
}

/* Joins texts in the arena; NULL when out of memory. */
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
    if (forwarded_is_trusted(exchange)) {
        status = forwarded_take(exchange, &origin, err);
        if (status != LREG_OK) {
            return status;
        }
    }
    return publish(exchange, &origin, err);
}
