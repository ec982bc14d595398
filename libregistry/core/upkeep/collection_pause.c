/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A pause of the collection: for a limited time, no collector removes objects that metadata has named. A backup begins
 * one before it copies the database, so that what the copy names still exists when it is copied. The pause is a time in
 * the metadata that all processes see. A pause whose backup died ends at that time.
 */

#include "core/upkeep/collection_pause.h"

#include "base/text.h"
#include "core/instance/state.h"

#include <stdio.h>

#define VALUE_PAUSE "collect_after_ms"
#define ARENA_BYTES 4096

static lreg_status read_pause(struct core *core, struct meta_transaction *transaction, uint64_t *out_until_ms,
                              struct error *err) {
    struct arena arena;
    const char *text = NULL;
    *out_until_ms = 0;
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    lreg_status status = meta_value_find(transaction, VALUE_PAUSE, &arena, &text, err);
    if (status == LREG_OK && text != NULL && !text_parse_u64(slice_of(text), out_until_ms)) {
        status =
            error_set(err, LREG_CORRUPT, "", "the time of the pause of collection in the metadata is not a number");
    }
    arena_free(&arena);
    return status;
}

static lreg_status write_pause(struct meta_transaction *transaction, uint64_t until_ms, struct error *err) {
    char text[24];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)until_ms);
    return meta_value_set(transaction, VALUE_PAUSE, text, err);
}

/* Changes the pause from `before_ms` (UINT64_MAX: any earlier time) to `until_ms`. */
static lreg_status change_pause(struct core *core, uint64_t before_ms, uint64_t until_ms, struct error *err) {
    struct meta_transaction *transaction = NULL;
    uint64_t present_ms = 0;
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = read_pause(core, transaction, &present_ms, err);
    bool changes = before_ms == UINT64_MAX ? present_ms < until_ms : present_ms == before_ms;
    if (status == LREG_OK && changes) {
        status = write_pause(transaction, until_ms, err);
    }
    if (!changes) {
        meta_rollback(transaction);
        return status;
    }
    return meta_end(transaction, status, err);
}

lreg_status core_collection_pause_begin(struct core *core, int64_t until_ms, struct error *err) {
    return change_pause(core, UINT64_MAX, until_ms > 0 ? (uint64_t)until_ms : 0, err);
}

lreg_status core_collection_pause_end(struct core *core, int64_t until_ms, struct error *err) {
    return change_pause(core, until_ms > 0 ? (uint64_t)until_ms : 0, 0, err);
}

lreg_status core_collection_pause_is_on(struct core *core, struct meta_transaction *transaction, bool *out,
                                        struct error *err) {
    uint64_t until_ms = 0;
    int64_t now_ms = hooks_now_ms(&core->hooks);
    lreg_status status = read_pause(core, transaction, &until_ms, err);
    /* A time that is further away than the longest pause comes from a wrong clock. */
    *out = now_ms > 0 && until_ms > (uint64_t)now_ms && until_ms - (uint64_t)now_ms <= CORE_COLLECTION_PAUSE_MS;
    return status;
}
