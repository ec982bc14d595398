/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A hold: for a limited time, no collector removes objects that metadata has named. A backup takes one before it copies
 * the database, so that what the copy names still exists when it is copied. The hold is a time in the metadata that all
 * processes see. A hold whose backup died ends at that time.
 */

#include "core/upkeep/hold.h"

#include "base/text.h"
#include "core/instance/state.h"

#include <stdio.h>

#define VALUE_HOLD "collect_after_ms"
#define ARENA_BYTES 4096

static lreg_status read_hold(struct core *core, struct meta_transaction *transaction, uint64_t *out_until_ms,
                             struct error *err) {
    struct arena arena;
    const char *text = NULL;
    *out_until_ms = 0;
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    lreg_status status = meta_value_find(transaction, VALUE_HOLD, &arena, &text, err);
    if (status == LREG_OK && text != NULL && !text_parse_u64(slice_of(text), out_until_ms)) {
        status = error_set(err, LREG_CORRUPT, "", "the time of the hold in the metadata is not a number");
    }
    arena_free(&arena);
    return status;
}

static lreg_status write_hold(struct meta_transaction *transaction, uint64_t until_ms, struct error *err) {
    char text[24];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)until_ms);
    return meta_value_set(transaction, VALUE_HOLD, text, err);
}

/* Changes the hold from `before_ms` (UINT64_MAX: any earlier time) to `until_ms`. */
static lreg_status change_hold(struct core *core, uint64_t before_ms, uint64_t until_ms, struct error *err) {
    struct meta_transaction *transaction = NULL;
    uint64_t present_ms = 0;
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = read_hold(core, transaction, &present_ms, err);
    bool changes = before_ms == UINT64_MAX ? present_ms < until_ms : present_ms == before_ms;
    if (status == LREG_OK && changes) {
        status = write_hold(transaction, until_ms, err);
    }
    if (status != LREG_OK || !changes) {
        meta_rollback(transaction);
        return status;
    }
    return meta_commit(transaction, err);
}

lreg_status core_hold_take(struct core *core, int64_t until_ms, struct error *err) {
    return change_hold(core, UINT64_MAX, until_ms > 0 ? (uint64_t)until_ms : 0, err);
}

lreg_status core_hold_end(struct core *core, int64_t until_ms, struct error *err) {
    return change_hold(core, until_ms > 0 ? (uint64_t)until_ms : 0, 0, err);
}

lreg_status core_hold_is_on(struct core *core, struct meta_transaction *transaction, bool *out, struct error *err) {
    uint64_t until_ms = 0;
    int64_t now_ms = hooks_now_ms(&core->hooks);
    lreg_status status = read_hold(core, transaction, &until_ms, err);
    /* A time that is further away than the longest hold comes from a wrong clock. */
    *out = now_ms > 0 && until_ms > (uint64_t)now_ms && until_ms - (uint64_t)now_ms <= CORE_HOLD_MS;
    return status;
}
