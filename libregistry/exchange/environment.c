/* SPDX-License-Identifier: Apache-2.0 */

/* Takes the head of a request from the variables of a gateway protocol. */

#include "exchange/exchange_internal.h"
#include "http/gateway.h"

static lreg_status add_fields(struct exchange *exchange, const char *const *variables, struct error *err) {
    struct gateway_position position = {0};
    struct header field;
    while (gateway_next_field(variables, &position, &field)) {
        lreg_status status = exchange_add_header(exchange, field.name, field.value, err);
        if (status != LREG_OK) {
            return status;
        }
    }
    return LREG_OK;
}

static lreg_status add_parts(struct exchange *exchange, const struct gateway_request *request, struct error *err) {
    lreg_status status = LREG_OK;
    if (request->authorization != NULL) {
        status = exchange_add_header(exchange, "Authorization", request->authorization, err);
    }
    if (status == LREG_OK && request->has_open_body) {
        status = exchange_add_header(exchange, "Transfer-Encoding", request->coding, err);
    }
    if (status == LREG_OK) {
        status = exchange_set_peer(exchange, request->peer, err);
    }
    if (status == LREG_OK) {
        status = exchange_set_host(exchange, request->host, err);
    }
    return status == LREG_OK ? exchange_set_mount(exchange, request->mount, err) : status;
}

lreg_status exchange_set_environment(struct exchange *exchange, const char *const *variables, struct error *err) {
    if (exchange->phase != PHASE_HEAD || exchange->method != NULL || exchange->target != NULL) {
        return exchange_misuse(err, "the request is set once, before begin");
    }
    struct gateway_request request;
    size_t max = core_limits_of(exchange->dispatcher->core)->max_target_bytes;
    lreg_status status = gateway_read(variables, max, &exchange->arena, &request, err);
    if (status == LREG_BAD_ARGUMENT) {
        return status;
    }
    if (status == LREG_OK) {
        status = exchange_set_request(exchange, request.method, request.target, err);
    }
    if (status == LREG_OK) {
        status = exchange_set_scheme(exchange, request.scheme, err);
    }
    if (status == LREG_OK) {
        status = add_fields(exchange, variables, err);
    }
    if (status == LREG_OK) {
        status = add_parts(exchange, &request, err);
    }
    if (status != LREG_OK) {
        exchange->phase = PHASE_FAILED; /* out of memory: a part of the head is missing */
    }
    return status;
}
