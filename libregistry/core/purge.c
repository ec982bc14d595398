/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What comes after the deletion of a registry. That is one short transaction, after which nobody finds it; its rows go
 * here, a page in each transaction, however many there are. Who deletes does a few pages, so that he need not wait for
 * minutes; the collector does the rest, also what a crash has left. Several may be at it at once: each takes what it
 * finds.
 */

#include "core/purge.h"

#include "core/instance/state.h"

#define PAGE_ROWS 256
#define ARENA_BYTES ((size_t)64 * 1024)

/* Without waiting for the disk: what a power cut brings back is purged again. */
static lreg_status purge_page(struct core *core, const char *id, bool *out_done, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin_unsynced(core->meta, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_registry_purge(transaction, id, PAGE_ROWS, out_done, err);
    if (status != LREG_OK) {
        meta_rollback(transaction);
        return status;
    }
    return meta_commit(transaction, err);
}

lreg_status core_registry_purge(struct core *core, const char *id, size_t pages, struct error *err) {
    bool done = false;
    lreg_status status = purge_page(core, id, &done, err);
    for (size_t i = 1; i < pages && status == LREG_OK && !done; i++) {
        meta_give_way(core->meta);
        status = purge_page(core, id, &done, err);
    }
    return status;
}

static lreg_status list_deleted(struct core *core, struct arena *arena, const char ***out, size_t *out_count,
                                struct error *err) {
    struct meta_transaction *transaction = NULL;
    arena_reset(arena);
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_registry_list_deleted(transaction, PAGE_ROWS, arena, out, out_count, err);
    meta_rollback(transaction);
    return status;
}

lreg_status core_registry_purge_all(struct core *core, struct error *err) {
    struct arena arena;
    size_t count = 0;
    lreg_status status = LREG_OK;
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    do {
        const char **ids = NULL;
        status = list_deleted(core, &arena, &ids, &count, err);
        for (size_t i = 0; status == LREG_OK && i < count; i++) {
            status = core_registry_purge(core, ids[i], SIZE_MAX, err);
        }
    } while (status == LREG_OK && count > 0);
    arena_free(&arena);
    return status;
}
