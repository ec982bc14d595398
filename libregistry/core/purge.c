/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Removal of what a deleted registry had. The deletion itself is one short transaction, after which the registry cannot
 * be found. Its rows are removed here, a page in each transaction. The deleting call does only a few pages, so that it
 * does not block for minutes; the collector does the rest, including what a crash left. Several callers may work at
 * once: each takes what it finds.
 */

#include "core/purge.h"

#include "core/instance/state.h"

#include <stdio.h>

#define PAGE_ROWS 256
#define ARENA_BYTES ((size_t)64 * 1024)

/* Without waiting for the disk: rows that a power cut brings back are purged again. */
static lreg_status purge_page(struct core *core, const char *id, size_t rows, bool *out_done, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin_unsynced(core->meta, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_registry_purge(transaction, id, rows, out_done, err);
    return meta_end(transaction, status, err);
}

lreg_status core_registry_purge(struct core *core, const char *id, size_t pages, struct error *err) {
    bool done = false;
    lreg_status status = purge_page(core, id, PAGE_ROWS, &done, err);
    for (size_t i = 1; i < pages && status == LREG_OK && !done; i++) {
        meta_give_way(core->meta);
        status = purge_page(core, id, PAGE_ROWS, &done, err);
    }
    return status;
}

/* The first registry that is not purged yet; "" when there is none. */
static lreg_status find_deleted(struct core *core, char out[ID_TEXT], struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct arena arena;
    const char **ids = NULL;
    size_t count = 0;
    out[0] = '\0';
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    status = meta_registry_list_deleted(transaction, 1, &arena, &ids, &count, err);
    if (status == LREG_OK && count > 0) {
        (void)snprintf(out, ID_TEXT, "%s", ids[0]);
    }
    arena_free(&arena);
    meta_rollback(transaction);
    return status;
}

lreg_status core_registry_purge_next(struct core *core, size_t rows, bool *out_more, struct error *err) {
    char id[ID_TEXT];
    bool done = false;
    *out_more = false;
    lreg_status status = find_deleted(core, id, err);
    if (status == LREG_OK && id[0] != '\0') {
        status = purge_page(core, id, rows, &done, err);
        *out_more = status == LREG_OK;
    }
    return status;
}
