/* SPDX-License-Identifier: Apache-2.0 */

/* Takes the head of a request: its limits, its framing, its target. Its faults are kept
 * until begin, which shows them. */

#include "exchange/exchange_internal.h"
#include "http/authority.h"
#include "http/mount.h"

#include <string.h>

#define FIELD_OVERHEAD 4 /* ": " and the line end, as on the wire */
#define TARGET_KEPT_BYTES 256 /* of a target that is too long: enough to find the surface that shows the error */
#define PEER_MAX 63

struct method_name {
    const char *name;
    enum http_method method;
};

static const struct method_name method_names[] = {
    {"GET", HTTP_GET},     {"HEAD", HTTP_HEAD},     {"POST", HTTP_POST},       {"PUT", HTTP_PUT},
    {"PATCH", HTTP_PATCH}, {"DELETE", HTTP_DELETE}, {"OPTIONS", HTTP_OPTIONS},
};

static enum http_method find_method(const char *name) {
    for (size_t i = 0; i < sizeof method_names / sizeof method_names[0]; i++) {
        if (strcmp(method_names[i].name, name) == 0) { /* names of methods are case-sensitive (RFC 9110 section 9.1) */
            return method_names[i].method;
        }
    }
    return HTTP_OTHER;
}

static bool is_method(const char *name) {
    const char *at = name;
    while (char_is_alpha(*at) || *at == '-' || *at == '_') {
        at++;
    }
    return *at == '\0' && at > name;
}

/* Out of memory. The host must know, because an answer is not certain to succeed. */
static lreg_status fail(struct exchange *exchange, struct error *err) {
    exchange->phase = PHASE_FAILED;
    return error_no_memory(err);
}

/* Where to note a fault of the head. Only the first one is noted and shown. */
static struct error *fault(struct exchange *exchange) {
    exchange->must_close = true; /* fields that say where the body ends may be lost */
    return &exchange->head_failure;
}

static lreg_status check_phase(const struct exchange *exchange, struct error *err) {
    return exchange->phase == PHASE_HEAD ? LREG_OK : exchange_misuse(err, "the head is over");
}

static lreg_status take_method(struct exchange *exchange, const char *method, struct error *err) {
    if (!is_method(method)) {
        if (exchange->head_failure.status == LREG_OK) {
            (void)error_set(fault(exchange), LREG_BAD_ARGUMENT, "bad_method", "the method is malformed");
        }
        method = "?";
    }
    exchange->method = arena_copy_text(&exchange->arena, method);
    exchange->call.method = find_method(method);
    return exchange->method != NULL ? LREG_OK : fail(exchange, err);
}

static lreg_status take_target_text(struct exchange *exchange, const char *target, struct error *err) {
    size_t max = core_limits_of(exchange->dispatcher->core)->max_target_bytes;
    size_t length = strlen(target);
    if (length > max && exchange->head_failure.status == LREG_OK) {
        (void)error_set(fault(exchange), LREG_URI_TOO_LONG, "target_too_long",
                        "the request target is longer than %zu bytes", max);
    }
    bool is_kept = exchange->head_failure.status == LREG_OK || length <= TARGET_KEPT_BYTES;
    exchange->target = arena_copy_bytes(&exchange->arena, target, is_kept ? length : TARGET_KEPT_BYTES);
    return exchange->target != NULL ? LREG_OK : fail(exchange, err);
}

lreg_status exchange_set_request(struct exchange *exchange, const char *method, const char *target, struct error *err) {
    bool is_again = (method != NULL && exchange->method != NULL) || (target != NULL && exchange->target != NULL);
    if (exchange->phase != PHASE_HEAD || is_again) {
        return exchange_misuse(err, "the request is set once, before begin");
    }
    lreg_status status = method != NULL ? take_method(exchange, method, err) : LREG_OK;
    if (status == LREG_OK && target != NULL) {
        status = take_target_text(exchange, target, err);
    }
    return status;
}

lreg_status exchange_set_scheme(struct exchange *exchange, const char *scheme, struct error *err) {
    lreg_status status = check_phase(exchange, err);
    if (status != LREG_OK) {
        return status;
    }
    bool is_https = text_equals(scheme, "https");
    if (!is_https && !text_equals(scheme, "http")) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_scheme", "the scheme is http or https");
    }
    exchange->scheme = is_https ? "https" : "http";
    return LREG_OK;
}

/* Keeps a copy of a setter's argument. */
static lreg_status keep(struct exchange *exchange, const char *text, size_t length, const char **out,
                        struct error *err) {
    const char *copy = arena_copy_bytes(&exchange->arena, text, length);
    if (copy == NULL) {
        return fail(exchange, err);
    }
    *out = copy;
    return LREG_OK;
}

lreg_status exchange_set_host(struct exchange *exchange, const char *host, struct error *err) {
    lreg_status status = check_phase(exchange, err);
    if (status != LREG_OK) {
        return status;
    }
    if (host == NULL) {
        exchange->host = NULL;
        return LREG_OK;
    }
    if (!authority_parse(slice_of(host), NULL)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_host", "a host is a name or an address, maybe with a port");
    }
    return keep(exchange, host, strlen(host), &exchange->host, err);
}

lreg_status exchange_set_mount(struct exchange *exchange, const char *mount, struct error *err) {
    lreg_status status = check_phase(exchange, err);
    if (status != LREG_OK) {
        return status;
    }
    if (!mount_is_sound(mount)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_mount", "a mount is empty or a path without a slash at its end");
    }
    return keep(exchange, mount, strlen(mount), &exchange->mount, err);
}

lreg_status exchange_set_peer(struct exchange *exchange, const char *address, struct error *err) {
    lreg_status status = check_phase(exchange, err);
    if (status != LREG_OK) {
        return status;
    }
    const char *text = address != NULL ? address : "";
    return keep(exchange, text, text_utf8_prefix(text, strlen(text), PEER_MAX), &exchange->peer, err);
}

lreg_status exchange_trust_forwarded(struct exchange *exchange, bool trust, struct error *err) {
    lreg_status status = check_phase(exchange, err);
    if (status == LREG_OK) {
        exchange->trusts_forwarded = trust;
    }
    return status;
}

lreg_status exchange_set_sends_files(struct exchange *exchange, bool sends_files, struct error *err) {
    lreg_status status = check_phase(exchange, err);
    if (status == LREG_OK) {
        exchange->call.sends_files = sends_files;
    }
    return status;
}

lreg_status exchange_set_defers_work(struct exchange *exchange, bool defers, struct error *err) {
    lreg_status status = check_phase(exchange, err);
    if (status == LREG_OK) {
        exchange->call.may_defer = defers;
        exchange->takes_turns = defers;
    }
    return status;
}

/* Whether one more field is within the limits; notes the fault if not. */
static bool has_room(struct exchange *exchange, const char *name, const char *value) {
    const struct core_limits *limits = core_limits_of(exchange->dispatcher->core);
    size_t bytes = FIELD_OVERHEAD;
    if (exchange->call.headers.count >= limits->max_headers) {
        (void)error_set(fault(exchange), LREG_HEADERS_TOO_LARGE, "too_many_headers",
                        "the request has more than %zu header fields", limits->max_headers);
        return false;
    }
    bool is_countable = size_add(bytes, strlen(name), &bytes) && size_add(bytes, strlen(value), &bytes) &&
                        size_add(exchange->header_bytes, bytes, &bytes);
    if (!is_countable || bytes > limits->max_header_bytes) {
        (void)error_set(fault(exchange), LREG_HEADERS_TOO_LARGE, "headers_too_large",
                        "the header fields of the request are larger than %zu bytes", limits->max_header_bytes);
        return false;
    }
    exchange->header_bytes = bytes;
    return true;
}

lreg_status exchange_add_header(struct exchange *exchange, const char *name, const char *value, struct error *err) {
    lreg_status status = check_phase(exchange, err);
    if (status != LREG_OK) {
        return status;
    }
    if (exchange->head_failure.status != LREG_OK || !has_room(exchange, name, value)) {
        return LREG_OK;
    }
    struct error failure;
    status = headers_add(&exchange->call.headers, name, value, &failure);
    if (status == LREG_NO_MEMORY) {
        return fail(exchange, err);
    }
    if (status != LREG_OK) {
        *fault(exchange) = failure;
    }
    return LREG_OK;
}

/* Content-Length (RFC 9110 section 8.6): digits, equal in every field. */
static lreg_status take_length(struct exchange *exchange, const char *value, struct error *err) {
    struct call *call = &exchange->call;
    uint64_t length = 0;
    bool is_sound = text_parse_u64(slice_of(value), &length) && length <= INT64_MAX;
    if (!is_sound || (call->has_length && call->body_length != length)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_content_length", "Content-Length is malformed or contradictory");
    }
    call->has_length = true;
    call->body_length = length;
    return LREG_OK;
}

/* Transfer-Encoding (RFC 9112 section 6.1): chunked, once. Another coding would be stored as if it were the content. */
static lreg_status check_coding(const struct exchange *exchange, const char *value, bool is_again, struct error *err) {
    if (is_again || !text_equals_ignoring_case(value, "chunked")) {
        return error_set(err, LREG_NOT_IMPLEMENTED, "transfer_coding_unknown",
                         "the only transfer coding of a request is chunked, once");
    }
    if (exchange->call.has_length) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_content_length",
                         "the request has both Content-Length and Transfer-Encoding");
    }
    return LREG_OK;
}

/* Where the body ends. A request that leaves this ambiguous is refused, and its connection is closed. */
static lreg_status read_framing(struct exchange *exchange, struct error *err) {
    struct call *call = &exchange->call;
    const char *coding = NULL;
    bool is_again = false;
    for (size_t i = 0; i < call->headers.count; i++) {
        const struct header *field = &call->headers.fields[i];
        if (text_equals_ignoring_case(field->name, "Transfer-Encoding")) {
            is_again = coding != NULL;
            coding = field->value;
        } else if (text_equals_ignoring_case(field->name, "Content-Length")) {
            lreg_status status = take_length(exchange, field->value, err);
            if (status != LREG_OK) {
                return status;
            }
        }
    }
    call->has_body = coding != NULL || call->body_length > 0;
    return coding != NULL ? check_coding(exchange, coding, is_again, err) : LREG_OK;
}

static lreg_status take_framing(struct exchange *exchange, struct error *err) {
    lreg_status status = read_framing(exchange, err);
    if (status != LREG_OK) {
        exchange->must_close = true;
        exchange->call.has_length = false;
        exchange->call.body_length = 0;
    }
    return status;
}

static lreg_status take_target(struct exchange *exchange, const char *path, struct error *err) {
    struct call *call = &exchange->call;
    const char *target = path;
    if (path != exchange->target && path[0] != '/') { /* after an authority or the mount: empty, or a query */
        target = arena_format(call->arena, "/%s", path);
        if (target == NULL) {
            return error_no_memory(err);
        }
    }
    return url_parse(&call->url, target, call->arena, err);
}

lreg_status request_prepare(struct exchange *exchange, bool *out_is_star, struct error *err) {
    *out_is_star = false;
    lreg_status status = take_framing(exchange, err);
    if (exchange->head_failure.status != LREG_OK) {
        *err = exchange->head_failure;
        return err->status;
    }
    if (status != LREG_OK) {
        return status;
    }
    status = origin_resolve(exchange, err);
    if (status != LREG_OK) {
        return status;
    }
    if (exchange->call.method == HTTP_OPTIONS && text_equals(exchange->target, "*")) {
        *out_is_star = true;
        return LREG_OK;
    }
    const char *path = origin_target_path(exchange);
    if (path == NULL) {
        return error_set(err, LREG_NOT_FOUND, "path_unknown", "there is nothing at this path");
    }
    return take_target(exchange, path, err);
}
