/* SPDX-License-Identifier: Apache-2.0 */

/* What all exchanges of an instance share: the core and the table of routes. */

#include "exchange/exchange_internal.h"

/* Surfaces above the bound are counted as "other". */
static void number_surfaces(struct dispatcher *dispatcher, const struct surface *const *surfaces) {
    for (size_t i = 0; surfaces[i] != NULL && i < CORE_METRIC_SURFACES; i++) {
        dispatcher->surfaces[i].surface = surfaces[i];
        dispatcher->surfaces[i].metric = core_metrics_add_surface(dispatcher->core, surfaces[i]->name);
        dispatcher->surface_count++;
    }
}

lreg_status dispatcher_new(struct core *core, const struct surface *const *surfaces, struct dispatcher **out,
                           struct error *err) {
    *out = NULL;
    const struct hooks *hooks = core_hooks(core);
    struct dispatcher *dispatcher = memory_allocate_zeroed(hooks, 1, sizeof *dispatcher);
    if (dispatcher == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = router_compile(&dispatcher->router, hooks, surfaces, err);
    if (status != LREG_OK) {
        memory_release(hooks, dispatcher);
        return status;
    }
    atomic_init(&dispatcher->count, 1);
    dispatcher->hooks = hooks;
    dispatcher->core = core;
    dispatcher->forwarded.hops = 1;
    core_retain(core);
    number_surfaces(dispatcher, surfaces);
    *out = dispatcher;
    return LREG_OK;
}

void dispatcher_set_forwarded(struct dispatcher *dispatcher, const struct forwarded_rules *rules) {
    dispatcher->forwarded = *rules;
}

void dispatcher_retain(struct dispatcher *dispatcher) {
    (void)atomic_fetch_add_explicit(&dispatcher->count, 1, memory_order_relaxed);
}

void dispatcher_release(struct dispatcher *dispatcher) {
    if (dispatcher == NULL || atomic_fetch_sub_explicit(&dispatcher->count, 1, memory_order_acq_rel) > 1) {
        return;
    }
    struct core *core = dispatcher->core;
    router_free(&dispatcher->router);
    memory_release(dispatcher->hooks, dispatcher);
    core_release(core); /* last: the hooks belong to it */
}
