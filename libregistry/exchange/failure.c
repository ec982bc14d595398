/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Shows failures in the shape of the surface that the path belongs to, without internal details. When there is no
 * memory for that, shows a response that needs none.
 */

#include "exchange/exchange_internal.h"

#include <stdio.h>
#include <string.h>

struct method_text {
    enum http_method method;
    const char *text;
};

void failure_format_allow(unsigned methods, char out[ALLOW_TEXT]) {
    static const struct method_text texts[] = {
        {HTTP_GET, "GET"}, {HTTP_HEAD, "HEAD"},   {HTTP_POST, "POST"},
        {HTTP_PUT, "PUT"}, {HTTP_PATCH, "PATCH"}, {HTTP_DELETE, "DELETE"},
    };
    if ((methods & HTTP_GET) != 0) {
        methods |= HTTP_HEAD;
    }
    size_t used = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if ((methods & texts[i].method) != 0) {
            size_t length = strlen(texts[i].text);
            memcpy(out + used, texts[i].text, length);
            memcpy(out + used + length, ", ", 2);
            used += length + 2;
        }
    }
    memcpy(out + used, "OPTIONS", sizeof "OPTIONS"); /* at most 44 bytes of ALLOW_TEXT */
}

/* Whether the message contains internal details. Quarantine is not internal: the client can
 * repair it by publishing again. */
static bool is_internal(const struct error *failure) {
    bool is_in_quarantine = failure->status == LREG_CORRUPT && (text_equals(failure->code, "blob_damaged") ||
                                                                text_equals(failure->code, "document_damaged"));
    return error_http_status(failure->status) == 500 && !is_in_quarantine;
}

/* The failure as the client sees it. */
static void make_presentable(const struct exchange *exchange, const struct error *failure, struct error *out) {
    *out = *failure;
    if (failure->status == LREG_UPSTREAM || failure->status == LREG_TIMEOUT) {
        (void)error_set(out, failure->status, failure->code,
                        "a storage or service behind the registry failed; the log has it under request %s",
                        exchange->request_id);
        out->retry_ms = failure->retry_ms;
    } else if (is_internal(failure)) {
        (void)error_set(out, LREG_INTERNAL, "internal_error", "internal error; the log has it under request %s",
                        exchange->request_id);
    }
    out->operation[0] = '\0';
}

/* Fields that belong to a status on every surface (RFC 9110 sections 15.5.6, 15.5.16 and 10.2.3). */
static lreg_status add_fields(struct exchange *exchange, const struct error *failure, struct error *err) {
    struct call *call = &exchange->call;
    if (failure->status == LREG_METHOD_NOT_ALLOWED) {
        char allow[ALLOW_TEXT];
        failure_format_allow(exchange->allowed, allow);
        return call_header(call, "Allow", allow, err);
    }
    if (failure->status == LREG_UNSUPPORTED && headers_find(&call->headers, "Content-Encoding") != NULL) {
        return call_header(call, "Accept-Encoding", "identity", err);
    }
    if (failure->retry_ms > 0) {
        char seconds[24];
        (void)snprintf(seconds, sizeof seconds, "%lld", (long long)((failure->retry_ms + 999) / 1000));
        return call_header(call, "Retry-After", seconds, err);
    }
    if (failure->status == LREG_BUSY || failure->status == LREG_NO_MEMORY) {
        return call_header(call, "Retry-After", "1", err);
    }
    if (failure->status == LREG_TOO_MANY) {
        return call_header(call, "Retry-After", "30", err); /* the client may have to end an upload of its own first */
    }
    return LREG_OK;
}

static lreg_status show(struct exchange *exchange, const struct error *failure, struct error *err) {
    struct call *call = &exchange->call;
    const struct surface *surface = call->surface;
    lreg_status status;
    if (surface != NULL && surface->show_error != NULL) {
        status = surface->show_error(call, failure, err);
    } else {
        status = call_show_page_error(call, failure, err); /* no surface has the path */
    }
    if (status != LREG_OK) {
        return status;
    }
    if (call->response.status == 0) {
        return error_set(err, LREG_INTERNAL, "", "a surface did not show a failure");
    }
    return add_fields(exchange, failure, err);
}

/* Allocates nothing. */
static void show_emergency(struct exchange *exchange, lreg_status status) {
    static const char text[] = "The server cannot answer this at the moment.\n";
    struct call *call = &exchange->call;
    call_response_clear(call);
    exchange->emergency_fields[0] = (struct header){"Content-Type", "text/plain; charset=utf-8"};
    call->response.headers.fields = exchange->emergency_fields;
    call->response.headers.count = 1;
    call->response.status = status == LREG_NO_MEMORY ? 503 : 500;
    call->response.body = BODY_BYTES;
    call->response.bytes = text;
    call->response.length = sizeof text - 1;
}

void failure_show(struct exchange *exchange, const struct error *failure) {
    struct call *call = &exchange->call;
    exchange_drop_sink(exchange);
    call_response_clear(call);
    log_failure(exchange, failure);
    if (call->surface == NULL) {
        const char *path = origin_target_path(exchange);
        call->surface = path != NULL ? router_nearest_surface(&exchange->dispatcher->router, path) : NULL;
    }
    struct error shown;
    struct error err;
    make_presentable(exchange, failure, &shown);
    lreg_status status = show(exchange, &shown, &err);
    if (status != LREG_OK) {
        log_failure(exchange, &err);
        show_emergency(exchange, status);
    }
    core_metrics_count_failure(call->core, failure);
    exchange_respond(exchange);
}
