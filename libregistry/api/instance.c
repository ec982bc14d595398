/* SPDX-License-Identifier: Apache-2.0 */

/* Opens an instance with all its ecosystems and surfaces. */

#include "api/options_internal.h"
#include "core/upkeep/maintenance.h"
#include "ecosystems/table.h"
#include "rest/rest.h"

#include <string.h>

/* Surfaces of ecosystems and our own. */
#define SURFACES_MAX 32

/* The dispatcher compiles the table and does not keep it. */
static lreg_status make_dispatcher(struct core *core, struct dispatcher **out, struct error *failure) {
    const struct surface *surfaces[SURFACES_MAX + 1] = {&surface_rest, &surface_operations};
    size_t count = 2;
    for (size_t i = 0; ecosystem_table[i] != NULL; i++) {
        if (ecosystem_table[i]->surface != NULL) {
            if (count == SURFACES_MAX) {
                return error_set(failure, LREG_INTERNAL, "", "too many surfaces");
            }
            surfaces[count++] = ecosystem_table[i]->surface;
        }
    }
    surfaces[count] = NULL;
    return dispatcher_new(core, surfaces, out, failure);
}

static lreg_status open_core(lreg_options *options, struct core **out, struct error *failure) {
    struct core_options inner = {
        .hooks = options->hooks,
        .directory = options->directory,
        .durable = options->durable,
        .busy_timeout_ms = options->busy_timeout_ms,
        .memory_storage = options->memory_storage,
        .base_url = options->base_url,
        .limits = options->limits,
        .ecosystems = ecosystem_table,
    };
    if (options->has_storage) {
        if (!options->storage_is_mine) {
            return error_set(failure, LREG_MISUSE, "storage_taken",
                             "options with a storage of the host open one instance only");
        }
        inner.backend = &options->storage;
        inner.backend_state = options->storage_state;
        inner.backend_name = options->storage_name;
        options->storage_is_mine = false;
    }
    return core_open(&inner, out, failure);
}

lreg_status lreg_open(lreg_options *options, lreg_instance **out, lreg_error **err) {
    struct error failure = {0};
    struct core *core = NULL;
    lreg_instance *instance = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    if (options == NULL || out == NULL) {
        return api_null(NULL, options == NULL ? "options" : "out", err);
    }
    lreg_status status = open_core(options, &core, &failure);
    if (status != LREG_OK) {
        return api_result(&options->hooks, status, &failure, err);
    }
    instance = memory_allocate_zeroed(core_hooks(core), 1, sizeof *instance);
    status = instance == NULL ? LREG_NO_MEMORY : make_dispatcher(core, &instance->dispatcher, &failure);
    if (status != LREG_OK) {
        memory_release(core_hooks(core), instance);
        core_release(core);
        return api_result(&options->hooks, status, &failure, err);
    }
    dispatcher_set_forwarded(instance->dispatcher, &options->forwarded);
    core_metrics_set_access(core, (enum core_metrics_access)options->metrics_access);
    instance->core = core;
    *out = instance;
    return LREG_OK;
}

void lreg_close(lreg_instance *instance) {
    if (instance == NULL) {
        return;
    }
    struct core *core = instance->core;
    if (core_check_process(core, NULL) == LREG_OK) {
        (void)core_flush_downloads(core, NULL); /* handles may keep the instance open for long */
        core_upkeep_end(core);
    }
    dispatcher_release(instance->dispatcher);
    memory_release(core_hooks(core), instance);
    core_release(core);
}

lreg_status lreg_fork_begin(lreg_instance *instance, lreg_error **err) {
    struct error failure = {0};
    if (instance == NULL) {
        return api_null(NULL, "instance", err);
    }
    return api_result(api_hooks(instance), core_fork_begin(instance->core, &failure), &failure, err);
}

void lreg_fork_end(lreg_instance *instance) {
    if (instance != NULL) {
        core_fork_end(instance->core);
    }
}
