/* SPDX-License-Identifier: Apache-2.0 */

/* The common part of all handles and listings. */

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

/* One page of rows with all their texts. */
#define PAGE_BYTES_MAX ((size_t)64 * 1024 * 1024)

void api_pager_init(struct api_pager *pager, struct core *core) {
    *pager = (struct api_pager){.core = core};
    arena_init(&pager->arena, core_hooks(core), PAGE_BYTES_MAX);
}

void api_pager_free(struct api_pager *pager) {
    memory_release(core_hooks(pager->core), pager->after);
    arena_free(&pager->arena);
}

lreg_status api_pager_turn(struct api_pager *pager, const char *cursor, struct error *failure) {
    const struct hooks *hooks = core_hooks(pager->core);
    char *copy = memory_copy_text(hooks, cursor);
    if (cursor != NULL && copy == NULL) {
        return error_no_memory(failure);
    }
    if (copy != NULL) { /* otherwise the last page could not be read: retry from the same place */
        memory_release(hooks, pager->after);
        pager->after = copy;
    }
    arena_reset(&pager->arena);
    pager->row = 0;
    pager->row_count = 0;
    return LREG_OK;
}

void api_pager_filled(struct api_pager *pager, lreg_status status) {
    if (status == LREG_OK) {
        pager->is_at_end = pager->row_count < API_PAGE;
    } else {
        pager->row_count = 0;
    }
}
