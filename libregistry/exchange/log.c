/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the log says about requests: failures of the server as errors, refusals by a limit as information, all other
 * refusals and the end of each request as debugging. The query of a target is left out, because a client may have put
 * a secret there.
 */

#include "exchange/exchange_internal.h"

#include "base/clock.h"

#include <inttypes.h>

/* One request of a client should not fill the log of a server at its default level, so only the server's own failures
 * are errors. */
static int32_t level_of(const struct error *failure) {
    int status = error_http_status(failure->status);
    if (status >= 500 && failure->status != LREG_NOT_IMPLEMENTED) {
        return LREG_LOG_ERROR;
    }
    bool is_limit = failure->status == LREG_TOO_LARGE || failure->status == LREG_TOO_MANY;
    return is_limit ? LREG_LOG_INFO : LREG_LOG_DEBUG;
}

static const char *path_of(const struct exchange *exchange) {
    return exchange->call.url.path != NULL ? exchange->call.url.path : "-";
}

static const char *principal_of(const struct exchange *exchange) {
    static const char *const names[] = {
        [AUTH_NOBODY] = "anonymous",
        [AUTH_HOST] = "host",
        [AUTH_API_TOKEN] = "API token",
        [AUTH_REGISTRY_TOKEN] = "registry token",
    };
    return names[exchange->call.principal.kind];
}

void log_failure(const struct exchange *exchange, const struct error *failure) {
    hooks_log(exchange->dispatcher->hooks, level_of(failure), "request %s: %s %s: %s: %s%s%s (%lld)",
              exchange->request_id, exchange->method, path_of(exchange), error_status_name(failure->status),
              failure->operation, failure->operation[0] != '\0' ? ": " : "", failure->message,
              (long long)failure->cause);
}

void log_end(const struct exchange *exchange) {
    const struct hooks *hooks = exchange->dispatcher->hooks;
    if (exchange->began_ns == 0 || !hooks_logs(hooks, LREG_LOG_DEBUG)) {
        return;
    }
    const struct call *call = &exchange->call;
    hooks_log(hooks, LREG_LOG_DEBUG,
              "request %s: %s %s by %s%s%s, route %s, status %d, %" PRIu64 " bytes in, %" PRIu64 " out, %" PRId64 " ms",
              exchange->request_id, exchange->method, path_of(exchange), principal_of(exchange),
              call->principal.token_id[0] != '\0' ? " " : "", call->principal.token_id,
              call->route != NULL ? call->route->pattern : "-", call->response.status, exchange->body_received,
              exchange->sent, (clock_monotonic_ns() - exchange->began_ns) / 1000000);
}
