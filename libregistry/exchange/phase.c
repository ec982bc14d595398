/* SPDX-License-Identifier: Apache-2.0 */

/* Leaving a phase, and calls in the wrong one. */

#include "exchange/exchange_internal.h"

#include "base/clock.h"

lreg_status exchange_misuse(struct error *err, const char *what) {
    return error_set(err, LREG_MISUSE, "", "the exchange is in the wrong phase: %s", what);
}

void exchange_drop_sink(struct exchange *exchange) {
    struct call *call = &exchange->call;
    const struct sink *sink = call->sink;
    call->sink = NULL;
    if (sink != NULL && sink->free != NULL) {
        sink->free(call, call->sink_state);
    }
    call->sink_state = NULL;
}

size_t exchange_metric(const struct exchange *exchange) {
    const struct dispatcher *dispatcher = exchange->dispatcher;
    for (size_t i = 0; i < dispatcher->surface_count; i++) {
        if (dispatcher->surfaces[i].surface == exchange->call.surface) {
            return dispatcher->surfaces[i].metric;
        }
    }
    return CORE_METRIC_OTHER;
}

void exchange_respond(struct exchange *exchange) {
    exchange_drop_sink(exchange);
    exchange->phase = PHASE_RESPONSE;
    if (!exchange->is_counted) {
        exchange->is_counted = true;
        core_metrics_count_request(exchange->call.core, exchange_metric(exchange), exchange->call.response.status,
                                   clock_monotonic_ns() - exchange->began_ns);
    }
}
