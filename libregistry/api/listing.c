/* SPDX-License-Identifier: Apache-2.0 */

/* The common part of all listings: reads their rows page by page and makes a handle of each. */

#include "api/api_internal.h"

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

static const void *row_at(const struct api_listing *listing, const struct api_pager *pager, size_t index) {
    return (const char *)pager->rows + index * listing->row_bytes;
}

/* Moves `after` behind the last row of the page. It stays where it is without rows: the last page could not be read,
 * and is read again. */
static lreg_status move_cursor(const struct api_listing *listing, struct api_pager *pager, struct error *failure) {
    const struct hooks *hooks = core_hooks(pager->core);
    if (pager->row_count == 0) {
        return LREG_OK;
    }
    const char *last = row_at(listing, pager, pager->row_count - 1);
    char *copy = memory_copy_text(hooks, *(const char *const *)(const void *)(last + listing->cursor_at));
    if (copy == NULL) {
        return error_no_memory(failure);
    }
    memory_release(hooks, pager->after);
    pager->after = copy;
    return LREG_OK;
}

static lreg_status read_page(const struct api_listing *listing, struct api_pager *pager, struct error *failure) {
    lreg_status status = move_cursor(listing, pager, failure);
    if (status != LREG_OK) {
        return status;
    }
    arena_reset(&pager->arena);
    pager->row = 0;
    pager->row_count = 0;
    status = listing->read_page(pager, failure);
    if (status == LREG_OK) {
        pager->is_at_end = pager->row_count < API_PAGE;
    } else {
        pager->row_count = 0;
    }
    return status;
}

lreg_status api_pager_next(const struct api_listing *listing, struct api_pager *pager, void **out, lreg_error **err) {
    struct error failure = {0};
    lreg_status status = LREG_OK;
    if (pager == NULL || out == NULL) {
        return api_null(NULL, "list and out", err);
    }
    while (status == LREG_OK && *out == NULL && (pager->row < pager->row_count || !pager->is_at_end)) {
        if (pager->row == pager->row_count) {
            status = read_page(listing, pager, &failure);
            continue;
        }
        status = listing->make_handle(pager, row_at(listing, pager, pager->row), out, &failure);
        pager->row += status == LREG_OK ? 1 : 0;
    }
    return api_result(core_hooks(pager->core), status, &failure, err);
}
