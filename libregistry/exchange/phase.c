/* SPDX-License-Identifier: Apache-2.0 */

/* Leaving a phase, and calls in the wrong one. */

#include "exchange/exchange_internal.h"

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
