/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_DISPATCH_PUBLIC_SHIM_H
#define UNIT_DISPATCH_PUBLIC_SHIM_H

/* The public functions of the exchange on top of its internals, so that support/http_script.h runs here too. An
 * lreg_instance is a dispatcher. */

#include "exchange/dispatcher.h"

#include <stdlib.h>

struct lreg_error {
    struct error value;
};

static inline lreg_status shim(lreg_status status, const struct error *failure, lreg_error **err) {
    if (status != LREG_OK && err != NULL) {
        *err = calloc(1, sizeof **err);
        assert_non_null(*err);
        (*err)->value = *failure;
    }
    return status;
}

const char *lreg_error_message(const lreg_error *error) {
    return error->value.message;
}

void lreg_error_free(lreg_error *error) {
    free(error);
}

const char *lreg_status_name(lreg_status status) {
    return error_status_name(status);
}

static inline struct exchange *inside(lreg_exchange *exchange) {
    return (struct exchange *)exchange;
}

static inline const struct exchange *inside_const(const lreg_exchange *exchange) {
    return (const struct exchange *)exchange;
}

lreg_status lreg_exchange_new(lreg_instance *instance, lreg_exchange **out, lreg_error **err) {
    struct error failure;
    struct exchange *exchange = NULL;
    lreg_status status = exchange_new((struct dispatcher *)instance, &exchange, &failure);
    *out = (lreg_exchange *)exchange;
    return shim(status, &failure, err);
}

void lreg_exchange_free(lreg_exchange *exchange) {
    exchange_free(inside(exchange));
}

void lreg_exchange_reset(lreg_exchange *exchange) {
    exchange_reset(inside(exchange));
}

lreg_status lreg_exchange_set_request(lreg_exchange *exchange, const char *method, const char *target,
                                      lreg_error **err) {
    struct error failure;
    return shim(exchange_set_request(inside(exchange), method, target, &failure), &failure, err);
}

lreg_status lreg_exchange_set_scheme(lreg_exchange *exchange, const char *scheme, lreg_error **err) {
    struct error failure;
    return shim(exchange_set_scheme(inside(exchange), scheme, &failure), &failure, err);
}

lreg_status lreg_exchange_set_host(lreg_exchange *exchange, const char *host, lreg_error **err) {
    struct error failure;
    return shim(exchange_set_host(inside(exchange), host, &failure), &failure, err);
}

lreg_status lreg_exchange_set_sends_files(lreg_exchange *exchange, lreg_bool sends_files, lreg_error **err) {
    struct error failure;
    return shim(exchange_set_sends_files(inside(exchange), sends_files != 0, &failure), &failure, err);
}

lreg_status lreg_exchange_set_defers_work(lreg_exchange *exchange, lreg_bool defers, lreg_error **err) {
    struct error failure;
    return shim(exchange_set_defers_work(inside(exchange), defers != 0, &failure), &failure, err);
}

int64_t lreg_exchange_body_remaining(const lreg_exchange *exchange) {
    return exchange_body_remaining(inside_const(exchange));
}

const char *lreg_exchange_file_path(const lreg_exchange *exchange) {
    const char *path = exchange_file_path(inside_const(exchange));
    return path != NULL ? path : "";
}

lreg_status lreg_exchange_set_mount(lreg_exchange *exchange, const char *mount, lreg_error **err) {
    struct error failure;
    return shim(exchange_set_mount(inside(exchange), mount, &failure), &failure, err);
}

lreg_status lreg_exchange_set_peer(lreg_exchange *exchange, const char *address, lreg_error **err) {
    struct error failure;
    return shim(exchange_set_peer(inside(exchange), address, &failure), &failure, err);
}

lreg_status lreg_exchange_trust_forwarded(lreg_exchange *exchange, lreg_bool trust, lreg_error **err) {
    struct error failure;
    return shim(exchange_trust_forwarded(inside(exchange), trust != 0, &failure), &failure, err);
}

lreg_status lreg_exchange_add_header(lreg_exchange *exchange, const char *name, const char *value, lreg_error **err) {
    struct error failure;
    return shim(exchange_add_header(inside(exchange), name, value, &failure), &failure, err);
}

lreg_status lreg_exchange_begin(lreg_exchange *exchange, lreg_error **err) {
    struct error failure;
    return shim(exchange_begin(inside(exchange), &failure), &failure, err);
}

lreg_wants lreg_exchange_wants(const lreg_exchange *exchange) {
    return exchange_wants(inside_const(exchange));
}

lreg_status lreg_exchange_write(lreg_exchange *exchange, const void *bytes, size_t length, lreg_error **err) {
    struct error failure;
    return shim(exchange_write(inside(exchange), bytes, length, &failure), &failure, err);
}

lreg_status lreg_exchange_finish(lreg_exchange *exchange, lreg_error **err) {
    struct error failure;
    return shim(exchange_finish(inside(exchange), &failure), &failure, err);
}

int32_t lreg_exchange_status(const lreg_exchange *exchange) {
    return exchange_status(inside_const(exchange));
}

lreg_bool lreg_exchange_header_at(const lreg_exchange *exchange, size_t index, const char **out_name,
                                  const char **out_value) {
    return exchange_header_at(inside_const(exchange), index, out_name, out_value) ? 1 : 0;
}

int64_t lreg_exchange_content_length(const lreg_exchange *exchange) {
    return exchange_content_length(inside_const(exchange));
}

lreg_bool lreg_exchange_may_keep_alive(const lreg_exchange *exchange) {
    return exchange_may_keep_alive(inside_const(exchange)) ? 1 : 0;
}

lreg_status lreg_exchange_next(lreg_exchange *exchange, lreg_piece *piece, lreg_error **err) {
    struct error failure;
    return shim(exchange_next(inside(exchange), piece, &failure), &failure, err);
}

lreg_status lreg_exchange_consume(lreg_exchange *exchange, uint64_t length, lreg_error **err) {
    struct error failure;
    return shim(exchange_consume(inside(exchange), length, &failure), &failure, err);
}

lreg_status lreg_exchange_read(lreg_exchange *exchange, void *buffer, size_t capacity, size_t *out_got,
                               lreg_error **err) {
    struct error failure;
    return shim(exchange_read(inside(exchange), buffer, capacity, out_got, &failure), &failure, err);
}

#endif
