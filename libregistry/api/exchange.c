/* SPDX-License-Identifier: Apache-2.0 */

/* The exchange of the public API: checks arguments, calls the inner exchange, and converts errors. */

#include "api/api_internal.h"

struct lreg_exchange {
    struct core *core;
    struct exchange *inner;
};

lreg_status lreg_exchange_new(lreg_instance *instance, lreg_exchange **out, lreg_error **err) {
    struct error failure = {0};
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance and out", err);
    }
    lreg_exchange *exchange = api_handle_new(instance->core, sizeof *exchange);
    if (exchange == NULL) {
        return api_no_memory(err);
    }
    lreg_status status = exchange_new(instance->dispatcher, &exchange->inner, &failure);
    if (status != LREG_OK) {
        lreg_exchange_free(exchange);
        return api_result(api_hooks(instance), status, &failure, err);
    }
    *out = exchange;
    return LREG_OK;
}

void lreg_exchange_free(lreg_exchange *exchange) {
    if (exchange != NULL) {
        struct core *core = exchange->core;
        exchange_free(exchange->inner);
        memory_release(core_hooks(core), exchange);
        core_release(core);
    }
}

void lreg_exchange_reset(lreg_exchange *exchange) {
    if (exchange != NULL) {
        exchange_reset(exchange->inner);
    }
}

static lreg_status hand_over(const lreg_exchange *exchange, lreg_status status, const struct error *failure,
                             lreg_error **err) {
    return api_result(core_hooks(exchange->core), status, failure, err);
}

lreg_status lreg_exchange_set_request(lreg_exchange *exchange, const char *method, const char *target,
                                      lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL || (method == NULL && target == NULL)) {
        return api_null(NULL, "exchange, and method or target", err);
    }
    return hand_over(exchange, exchange_set_request(exchange->inner, method, target, &failure), &failure, err);
}

lreg_status lreg_exchange_set_scheme(lreg_exchange *exchange, const char *scheme, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL || scheme == NULL) {
        return api_null(NULL, "exchange and scheme", err);
    }
    return hand_over(exchange, exchange_set_scheme(exchange->inner, scheme, &failure), &failure, err);
}

lreg_status lreg_exchange_set_host(lreg_exchange *exchange, const char *host, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL) {
        return api_null(NULL, "exchange", err);
    }
    return hand_over(exchange, exchange_set_host(exchange->inner, host, &failure), &failure, err);
}

lreg_status lreg_exchange_set_mount(lreg_exchange *exchange, const char *mount, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL || mount == NULL) {
        return api_null(NULL, "exchange and mount", err);
    }
    return hand_over(exchange, exchange_set_mount(exchange->inner, mount, &failure), &failure, err);
}

lreg_status lreg_exchange_set_peer(lreg_exchange *exchange, const char *address, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL) {
        return api_null(NULL, "exchange", err);
    }
    return hand_over(exchange, exchange_set_peer(exchange->inner, address, &failure), &failure, err);
}

lreg_status lreg_exchange_trust_forwarded(lreg_exchange *exchange, lreg_bool trust, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL) {
        return api_null(NULL, "exchange", err);
    }
    return hand_over(exchange, exchange_trust_forwarded(exchange->inner, trust != 0, &failure), &failure, err);
}

lreg_status lreg_exchange_add_header(lreg_exchange *exchange, const char *name, const char *value, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL || name == NULL || value == NULL) {
        return api_null(NULL, "exchange, name and value", err);
    }
    return hand_over(exchange, exchange_add_header(exchange->inner, name, value, &failure), &failure, err);
}

lreg_status lreg_exchange_set_sends_files(lreg_exchange *exchange, lreg_bool sends_files, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL) {
        return api_null(NULL, "exchange", err);
    }
    return hand_over(exchange, exchange_set_sends_files(exchange->inner, sends_files != 0, &failure), &failure, err);
}

lreg_status lreg_exchange_set_environment(lreg_exchange *exchange, const char *const *variables, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL || variables == NULL) {
        return api_null(NULL, "exchange and variables", err);
    }
    return hand_over(exchange, exchange_set_environment(exchange->inner, variables, &failure), &failure, err);
}

lreg_status lreg_exchange_set_defers_work(lreg_exchange *exchange, lreg_bool defers, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL) {
        return api_null(NULL, "exchange", err);
    }
    return hand_over(exchange, exchange_set_defers_work(exchange->inner, defers != 0, &failure), &failure, err);
}

lreg_status lreg_exchange_work(lreg_exchange *exchange, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL) {
        return api_null(NULL, "exchange", err);
    }
    lreg_status status = core_check_process(exchange->core, &failure);
    if (status == LREG_OK) {
        status = exchange_work(exchange->inner, &failure);
    }
    return hand_over(exchange, status, &failure, err);
}

lreg_status lreg_exchange_begin(lreg_exchange *exchange, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL) {
        return api_null(NULL, "exchange", err);
    }
    lreg_status status = core_check_process(exchange->core, &failure);
    if (status == LREG_OK) {
        status = exchange_begin(exchange->inner, &failure);
    }
    return hand_over(exchange, status, &failure, err);
}

lreg_wants lreg_exchange_wants(const lreg_exchange *exchange) {
    return exchange == NULL ? LREG_WANTS_NOTHING : exchange_wants(exchange->inner);
}

int64_t lreg_exchange_body_remaining(const lreg_exchange *exchange) {
    return exchange == NULL ? -1 : exchange_body_remaining(exchange->inner);
}

lreg_status lreg_exchange_write(lreg_exchange *exchange, const void *bytes, size_t length, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL || (bytes == NULL && length > 0)) {
        return api_null(NULL, "exchange and bytes", err);
    }
    lreg_status status = core_check_process(exchange->core, &failure);
    if (status == LREG_OK) {
        status = exchange_write(exchange->inner, bytes, length, &failure);
    }
    return hand_over(exchange, status, &failure, err);
}

lreg_status lreg_exchange_finish(lreg_exchange *exchange, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL) {
        return api_null(NULL, "exchange", err);
    }
    lreg_status status = core_check_process(exchange->core, &failure);
    if (status == LREG_OK) {
        status = exchange_finish(exchange->inner, &failure);
    }
    return hand_over(exchange, status, &failure, err);
}

int32_t lreg_exchange_status(const lreg_exchange *exchange) {
    return exchange == NULL ? 0 : exchange_status(exchange->inner);
}

const char *lreg_exchange_reason(const lreg_exchange *exchange) {
    return exchange == NULL ? "" : exchange_reason(exchange->inner);
}

lreg_bool lreg_exchange_header_at(const lreg_exchange *exchange, size_t index, const char **out_name,
                                  const char **out_value) {
    if (out_name != NULL) {
        *out_name = NULL;
    }
    if (out_value != NULL) {
        *out_value = NULL;
    }
    if (exchange == NULL || out_name == NULL || out_value == NULL) {
        return 0;
    }
    return exchange_header_at(exchange->inner, index, out_name, out_value);
}

int64_t lreg_exchange_content_length(const lreg_exchange *exchange) {
    return exchange == NULL ? -1 : exchange_content_length(exchange->inner);
}

lreg_bool lreg_exchange_may_keep_alive(const lreg_exchange *exchange) {
    return exchange == NULL ? 0 : exchange_may_keep_alive(exchange->inner);
}

const char *lreg_exchange_share(const lreg_exchange *exchange) {
    return exchange == NULL ? "" : exchange_share(exchange->inner);
}

const char *lreg_exchange_file_path(const lreg_exchange *exchange) {
    const char *path = exchange == NULL ? NULL : exchange_file_path(exchange->inner);
    return path != NULL ? path : "";
}

lreg_status lreg_exchange_next(lreg_exchange *exchange, lreg_piece *piece, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL || piece == NULL) {
        return api_null(NULL, "exchange and piece", err);
    }
    return hand_over(exchange, exchange_next(exchange->inner, piece, &failure), &failure, err);
}

lreg_status lreg_exchange_consume(lreg_exchange *exchange, uint64_t length, lreg_error **err) {
    struct error failure = {0};
    if (exchange == NULL) {
        return api_null(NULL, "exchange", err);
    }
    return hand_over(exchange, exchange_consume(exchange->inner, length, &failure), &failure, err);
}

lreg_status lreg_exchange_read(lreg_exchange *exchange, void *buffer, size_t capacity, size_t *out_got,
                               lreg_error **err) {
    struct error failure = {0};
    if (out_got != NULL) {
        *out_got = 0;
    }
    if (exchange == NULL || out_got == NULL || (buffer == NULL && capacity > 0)) {
        return api_null(NULL, "exchange, buffer and out_got", err);
    }
    return hand_over(exchange, exchange_read(exchange->inner, buffer, capacity, out_got, &failure), &failure, err);
}
