/* SPDX-License-Identifier: Apache-2.0 */

/* The time for removals by age: see time.h. */

#include "core/instance/time.h"

#include "core/instance/state.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define PASSED_MAX_MS ((int64_t)100 * 365 * DAY_MS) /* so that no sum overflows */

/* A lower bound of the time that has passed. A machine whose uptime is less than before was switched off in between,
 * for an unknown time; up to a day of that is trusted at once (half a day here, because the caller counts this twice).
 * A machine whose uptime is greater counts as never switched off, which may be less than the time that passed, but
 * never more. */
static int64_t passed_since(const struct meta_upkeep *row, int64_t uptime_ms) {
    if (row->uptime_ms < 0 || uptime_ms < 0) {
        return 0;
    }
    int64_t passed = uptime_ms >= row->uptime_ms ? uptime_ms - row->uptime_ms : uptime_ms + DAY_MS / 2;
    return passed < PASSED_MAX_MS ? passed : PASSED_MAX_MS;
}

void core_time_advance(struct meta_upkeep *row, int64_t wall_ms, int64_t uptime_ms) {
    int64_t base_ms = row->believed_ms < INT64_MAX / 2 ? row->believed_ms : INT64_MAX / 2;
    int64_t latest_ms = base_ms + 2 * passed_since(row, uptime_ms);
    if (row->believed_ms <= 0) {
        row->believed_ms = wall_ms; /* the first time that is recorded */
    } else if (wall_ms > row->believed_ms) {
        row->believed_ms = wall_ms < latest_ms ? wall_ms : latest_ms;
    }
    row->uptime_ms = uptime_ms;
}

static void tell(const struct core *core, const struct meta_upkeep *row, int64_t *out_now_ms, int64_t *out_ahead_ms) {
    int64_t wall_ms = hooks_now_ms(&core->hooks);
    *out_now_ms = wall_ms < row->believed_ms ? wall_ms : row->believed_ms;
    if (out_ahead_ms != NULL) {
        *out_ahead_ms = wall_ms - *out_now_ms;
    }
}

lreg_status core_time_read(struct core *core, struct meta_transaction *transaction, int64_t *out_now_ms,
                           int64_t *out_ahead_ms, struct error *err) {
    struct meta_upkeep row;
    lreg_status status = meta_upkeep_read(transaction, &row, err);
    if (status == LREG_OK) {
        core_time_advance(&row, hooks_now_ms(&core->hooks), hooks_uptime_ms(&core->hooks));
        tell(core, &row, out_now_ms, out_ahead_ms);
    }
    return status;
}

lreg_status core_time_note(struct core *core, struct meta_transaction *transaction, bool trusts_wall,
                           int64_t *out_now_ms, int64_t *out_ahead_ms, struct error *err) {
    struct meta_upkeep row;
    int64_t wall_ms = hooks_now_ms(&core->hooks);
    lreg_status status = meta_upkeep_read(transaction, &row, err);
    if (status != LREG_OK) {
        return status;
    }
    if (trusts_wall) {
        row.believed_ms = wall_ms;
    }
    core_time_advance(&row, wall_ms, hooks_uptime_ms(&core->hooks));
    tell(core, &row, out_now_ms, out_ahead_ms);
    return meta_upkeep_write(transaction, &row, err);
}
