/* SPDX-License-Identifier: Apache-2.0 */

/* The common part of all handles. */

#include "api/api_internal.h"

const struct hooks *api_hooks(const lreg_instance *instance) {
    return instance == NULL ? NULL : core_hooks(instance->core);
}

void *api_handle_new(struct core *core, size_t bytes) {
    void *handle = memory_allocate_zeroed(core_hooks(core), 1, bytes);
    if (handle != NULL) {
        core_retain(core);
        *(struct core **)handle = core;
    }
    return handle;
}
