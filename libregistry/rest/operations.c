/* SPDX-License-Identifier: Apache-2.0 */

/* Addresses for operators of an instance: whether it is alive, whether it can work, and its metrics. */

#include "rest/rest_internal.h"

static lreg_status health(struct call *call, struct error *err) {
    return rest_respond(call, json_pack("{s:s}", "status", "ok"), err);
}

/* Ready means that reads are served. Whether changes are accepted is told beside it and does not count: a full disk
 * must not take a server that serves downloads out of service. */
static lreg_status ready(struct call *call, struct error *err) {
    struct error refusal = {0};
    lreg_status status = core_check_ready(call->core, err);
    if (status != LREG_OK) {
        return status;
    }
    bool accepts = core_check_accepts(call->core, &refusal) == LREG_OK;
    return rest_respond(call,
                        json_pack("{s:s, s:s, s:s*}", "status", "ready", "version", LREG_VERSION_STRING,
                                  "refuses_changes", accepts ? NULL : refusal.code),
                        err);
}

static lreg_status ready_for_changes(struct call *call, struct error *err) {
    lreg_status status = core_check_ready(call->core, err);
    if (status == LREG_OK) {
        status = core_check_accepts(call->core, err);
    }
    return status == LREG_OK ? ready(call, err) : status;
}

static const struct route routes[] = {
    {HTTP_GET, "/-/health", AUTH_ACTION_NONE, health, 0, "*", NULL},
    {HTTP_GET, "/-/ready", AUTH_ACTION_NONE, ready, 0, "*", NULL},
    {HTTP_GET, "/-/ready/changes", AUTH_ACTION_NONE, ready_for_changes, 0, "*", NULL},
    {HTTP_GET, "/-/metrics", AUTH_ACTION_READ_METRICS, rest_metrics_show, 0, NULL, NULL},
};

const struct surface surface_operations = {
    .name = "other", /* among the metrics, with everything that belongs to no surface */
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .show_error = rest_show_error,
};
