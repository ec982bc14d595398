/* SPDX-License-Identifier: Apache-2.0 */

/* Addresses for operators of an instance: whether it is alive, and whether it can work. */

#include "rest/rest_internal.h"

static lreg_status health(struct call *call, struct error *err) {
    return rest_respond(call, json_pack("{s:s}", "status", "ok"), err);
}

/* Ready means that the metadata answers. Whether its lock is held is not checked, since that passes. */
static lreg_status ready(struct call *call, struct error *err) {
    uint64_t generation = 0;
    lreg_status status = meta_generation(core_meta(call->core), &generation, err);
    if (status != LREG_OK) {
        return status;
    }
    return rest_respond(call, json_pack("{s:s, s:s}", "status", "ready", "version", LREG_VERSION_STRING), err);
}

static const struct route routes[] = {
    {HTTP_GET, "/-/health", AUTH_ACTION_NONE, health, 0, "*", NULL},
    {HTTP_GET, "/-/ready", AUTH_ACTION_NONE, ready, 0, "*", NULL},
};

const struct surface surface_operations = {
    .name = "operations",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .show_error = call_show_json_error,
};
