/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Upkeep: periodic work, done a little at a time by the callers, one process after the other.
 *
 * The lease is a row in the metadata. Its holder increments `renewals` while it works and clears the row when nothing
 * is due, so an idle instance writes nothing. Another process takes the lease when it is free, or when it was unchanged
 * for LEASE_MS by that process's own uptime. Wall clocks are not compared: they differ, and can be set. Two holders at
 * once, as when one slept for long, do no harm: every step of collection and scrub is correct beside those of others.
 */

#include "core/instance/time.h"
#include "core/upkeep/collect_internal.h"

#include <inttypes.h>
#include <string.h>

#define LEASE_MS 60000 /* that a lease may stay unchanged */
#define RENEW_MS 10000
#define IDLE_MS 60000 /* until the next call, at most */
#define BUSY_MS 1000 /* while another thread of this instance works */
#define SWEEP_INTERVAL_MS ((int64_t)24 * 3600 * 1000)
#define STEP_ROWS 64
#define SHARE 4 /* the idle time after a call is this many times as long as the call */
#define REST_MAX_MS 10000
#define FILL_MAX_MS 1000 /* longer gaps add no more to the allowance of the scrub */

struct turn {
    struct core *core;
    const struct core_upkeep_options *options;
    struct core_upkeep_report *report;
    struct meta_upkeep row; /* as last read or written */
    int64_t now_ms; /* see time.h */
    int64_t began_ms; /* uptime, like the next one */
    int64_t until_ms;
};

void core_upkeep_options_default(struct core_upkeep_options *options) {
    *options = (struct core_upkeep_options){
        .budget_ms = 20,
        .grace_ms = 3600 * 1000,
        .collect_interval_ms = 3600 * 1000,
        .scrub_interval_ms = (int64_t)7 * 24 * 3600 * 1000,
        .scrub_bytes_per_second = (uint64_t)8 << 20,
        .collects = true,
        .scrubs = true,
    };
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* --- What is due --- */

/* Returns the time until work is due; 0: now. Work is also due when its last time is in the future, which a wrong clock
 * recorded. */
static int64_t due_in(int64_t done_ms, int64_t interval_ms, int64_t now_ms) {
    int64_t next_ms = done_ms <= now_ms ? done_ms + interval_ms : now_ms;
    return done_ms == 0 || next_ms <= now_ms ? 0 : next_ms - now_ms;
}

static int64_t collect_in(const struct turn *turn) {
    if (!turn->options->collects) {
        return INT64_MAX;
    }
    return turn->core->upkeep.collection != NULL
               ? 0
               : due_in(turn->row.collected_ms, turn->options->collect_interval_ms, turn->now_ms);
}

static int64_t scrub_in(const struct turn *turn) {
    if (!turn->options->scrubs) {
        return INT64_MAX;
    }
    return turn->core->upkeep.scrub != NULL
               ? 0
               : due_in(turn->row.scrubbed_ms, turn->options->scrub_interval_ms, turn->now_ms);
}

static bool is_due(const struct turn *turn) {
    return collect_in(turn) == 0 || scrub_in(turn) == 0;
}

static lreg_status look(struct turn *turn, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(turn->core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_upkeep_read(transaction, &turn->row, err);
    if (status == LREG_OK) {
        status = core_time_read(turn->core, transaction, &turn->now_ms, &turn->report->clock_ahead_ms, err);
    }
    meta_rollback(transaction);
    return status;
}

/* --- The lease --- */

static bool is_mine(const struct turn *turn, const struct meta_upkeep *row) {
    return turn->core->upkeep.holder[0] != '\0' && strcmp(row->holder, turn->core->upkeep.holder) == 0;
}

static bool is_same_lease(const struct meta_upkeep *a, const struct meta_upkeep *b) {
    return strcmp(a->holder, b->holder) == 0 && a->renewals == b->renewals;
}

/* Whether the lease that was read last may be taken. */
static bool is_free(struct turn *turn) {
    struct core_upkeep *state = &turn->core->upkeep;
    if (turn->row.holder[0] == '\0' || is_mine(turn, &turn->row)) {
        return true;
    }
    if (!state->has_seen || !is_same_lease(&state->seen, &turn->row)) {
        state->has_seen = true;
        state->seen = turn->row;
        state->seen_since_ms = turn->began_ms;
    }
    return turn->began_ms - state->seen_since_ms >= LEASE_MS;
}

/* What changes in the row besides lease and time. */
struct progress {
    bool collected, swept, scrubbed;
    bool is_over; /* gives the lease up */
};

static void apply(struct turn *turn, const struct progress *progress, struct meta_upkeep *row) {
    const struct core_upkeep *state = &turn->core->upkeep;
    memcpy(row->holder, state->holder, sizeof row->holder);
    row->renewals++;
    if (progress->collected) {
        row->collected_ms = turn->now_ms;
    }
    if (progress->swept) {
        row->swept_ms = turn->now_ms;
    }
    if (state->scrub != NULL) {
        core_scrub_place(state->scrub, &row->scrub_blob, &row->scrub_document);
    }
    if (progress->scrubbed) {
        row->scrubbed_ms = turn->now_ms;
        row->scrub_blob = 0;
        row->scrub_document = 0;
    }
    if (progress->is_over) {
        row->holder[0] = '\0';
    }
}

/* Writes the row, which also renews the lease; LREG_CONFLICT when another process has the lease. `expected`, if not
 * NULL, is a lease that may be taken. */
static lreg_status write_in(struct turn *turn, struct meta_transaction *transaction, const struct progress *progress,
                            const struct meta_upkeep *expected, struct error *err) {
    struct meta_upkeep row;
    lreg_status status = meta_upkeep_read(transaction, &row, err);
    if (status != LREG_OK) {
        return status;
    }
    bool may = row.holder[0] == '\0' || is_mine(turn, &row) || (expected != NULL && is_same_lease(&row, expected));
    if (!may) {
        return error_set(err, LREG_CONFLICT, "", "another process has the lease of upkeep");
    }
    core_time_advance(&row, hooks_now_ms(&turn->core->hooks), hooks_uptime_ms(&turn->core->hooks));
    apply(turn, progress, &row);
    turn->row = row;
    return meta_upkeep_write(transaction, &row, err);
}

static lreg_status write_row(struct turn *turn, const struct progress *progress, const struct meta_upkeep *expected,
                             struct error *err) {
    struct core_upkeep *state = &turn->core->upkeep;
    struct meta_transaction *transaction = NULL;
    bool was_holder = state->holds;
    lreg_status status = meta_begin(turn->core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = write_in(turn, transaction, progress, expected, err);
    status = meta_end(transaction, status, err);
    if (status == LREG_OK) {
        state->holds = !progress->is_over;
        state->has_seen = false;
        if (expected != NULL && !was_holder) {
            hooks_log(&turn->core->hooks, LREG_LOG_DEBUG, "upkeep: took the lease");
        } else if (progress->is_over) {
            hooks_log(&turn->core->hooks, LREG_LOG_DEBUG, "upkeep: gave the lease up, since nothing is due");
        }
        state->renewed_ms = hooks_uptime_ms(&turn->core->hooks);
    }
    return status;
}

/* Drops work in progress: the position of the scrub is in the row. */
static void drop_work(struct core_upkeep *state) {
    core_collection_free(state->collection);
    state->collection = NULL;
    core_scrub_free(state->scrub);
    state->scrub = NULL;
}

static void drop(struct core *core) {
    drop_work(&core->upkeep);
}

static lreg_status lose(struct turn *turn, lreg_status status, struct error *err) {
    if (status != LREG_CONFLICT) {
        return status;
    }
    error_clear(err);
    turn->core->upkeep.holds = false;
    drop_work(&turn->core->upkeep);
    turn->report->is_elsewhere = true;
    turn->report->next_ms = RENEW_MS;
    return LREG_OK;
}

/* On success this instance has the lease, unless the report says that it is elsewhere. */
static lreg_status take_lease(struct turn *turn, struct error *err) {
    struct core_upkeep *state = &turn->core->upkeep;
    const struct progress nothing = {0};
    const struct meta_upkeep seen = turn->row;
    if (state->holds && is_mine(turn, &turn->row) && turn->began_ms - state->renewed_ms < RENEW_MS) {
        return LREG_OK;
    }
    if (!is_free(turn)) {
        return lose(turn, LREG_CONFLICT, err);
    }
    lreg_status status = state->holder[0] == '\0' ? id_new(&turn->core->hooks, state->holder, err) : LREG_OK;
    return status == LREG_OK ? lose(turn, write_row(turn, &nothing, &seen, err), err) : status;
}

/* --- Collecting --- */

static bool is_out_of_time(const struct turn *turn) {
    return turn->options->budget_ms >= 0 && hooks_uptime_ms(&turn->core->hooks) >= turn->until_ms;
}

static lreg_status begin_collection(struct turn *turn, bool sweeps, struct error *err) {
    return core_collection_new(turn->core, turn->now_ms, turn->options->grace_ms, sweeps, STEP_ROWS,
                               &turn->core->upkeep.collection, err);
}

/* Runs steps until the collection is done or the time is over. */
static lreg_status go_on_collecting(struct turn *turn, bool *out_done, struct error *err) {
    struct core_collection *run = turn->core->upkeep.collection;
    lreg_status status = LREG_OK;
    *out_done = false;
    do {
        size_t phase = run->phase;
        status = core_collection_step(run, &turn->report->collected, out_done, err);
        if (status == LREG_OK && !*out_done && run->phase == phase) {
            meta_give_way(turn->core->meta);
        }
    } while (status == LREG_OK && !*out_done && !is_out_of_time(turn));
    return status;
}

/* A failure ends the collection as well; the next one is tried when it is due. */
static lreg_status collect(struct turn *turn, struct error *err) {
    struct core_upkeep *state = &turn->core->upkeep;
    struct progress progress = {0};
    bool done = false;
    bool sweeps = due_in(turn->row.swept_ms, SWEEP_INTERVAL_MS, turn->now_ms) == 0;
    lreg_status status = state->collection == NULL ? begin_collection(turn, sweeps, err) : LREG_OK;
    if (status == LREG_OK) {
        status = go_on_collecting(turn, &done, err);
    }
    if (status == LREG_OK && !done) {
        return LREG_OK;
    }
    progress.collected = true;
    progress.swept = state->collection != NULL && state->collection->sweeps;
    core_collection_free(state->collection);
    state->collection = NULL;
    progress.is_over = scrub_in(turn) > 0 && state->scrub == NULL;
    hooks_log(&turn->core->hooks, LREG_LOG_INFO, "upkeep: the collection %s",
              status == LREG_OK ? "is complete" : "failed and is tried again when it is due");
    if (status != LREG_OK) {
        (void)write_row(turn, &progress, NULL, NULL);
        return status;
    }
    return lose(turn, write_row(turn, &progress, NULL, err), err);
}

/* --- Scrubbing --- */

/* Adds the bytes that may be read for the time since the last call. */
static void fill_allowance(struct turn *turn) {
    struct core_upkeep *state = &turn->core->upkeep;
    int64_t rate =
        turn->options->scrub_bytes_per_second < INT32_MAX ? (int64_t)turn->options->scrub_bytes_per_second : INT32_MAX;
    int64_t passed_ms = smaller(turn->began_ms - state->filled_ms, FILL_MAX_MS);
    if (state->filled_ms == 0) {
        state->allowance = 1; /* a piece at once */
    } else if (passed_ms > 0) {
        state->allowance = smaller(state->allowance + rate * passed_ms / 1000, rate);
    }
    state->filled_ms = turn->began_ms;
}

/* The time until bytes may be read again. */
static int64_t rest_ms(const struct turn *turn) {
    int64_t owed = 1 - turn->core->upkeep.allowance;
    int64_t rate = (int64_t)(turn->options->scrub_bytes_per_second / 1000) + 1; /* a millisecond */
    return owed > 0 ? smaller(owed / rate + 1, REST_MAX_MS) : 1;
}

static lreg_status begin_scrub(struct turn *turn, struct error *err) {
    return core_scrub_new(turn->core, turn->row.scrub_blob, turn->row.scrub_document, &turn->core->upkeep.scrub, err);
}

static lreg_status go_on_scrubbing(struct turn *turn, bool *out_done, struct error *err) {
    struct core_upkeep *state = &turn->core->upkeep;
    lreg_status status = LREG_OK;
    *out_done = false;
    while (status == LREG_OK && !*out_done && state->allowance > 0 && !is_out_of_time(turn)) {
        uint64_t bytes = 0;
        status = core_scrub_step(state->scrub, &turn->report->scrubbed, &bytes, out_done, err);
        state->allowance -= (int64_t)bytes;
    }
    return status;
}

static lreg_status scrub(struct turn *turn, struct error *err) {
    struct core_upkeep *state = &turn->core->upkeep;
    const struct progress progress = {.scrubbed = true, .is_over = collect_in(turn) > 0};
    bool done = false;
    fill_allowance(turn);
    lreg_status status = state->scrub == NULL ? begin_scrub(turn, err) : LREG_OK;
    if (status == LREG_OK) {
        status = go_on_scrubbing(turn, &done, err);
    }
    if (status != LREG_OK || !done) {
        return status;
    }
    core_scrub_free(state->scrub);
    state->scrub = NULL;
    hooks_log(&turn->core->hooks, LREG_LOG_INFO, "upkeep: the scrub has read everything");
    return lose(turn, write_row(turn, &progress, NULL, err), err);
}

/* --- A turn --- */

/* Sets when to call again. The pause after work is longer than the work, so that upkeep takes at most a fifth of one
 * thread. */
static void plan(struct turn *turn) {
    struct core_upkeep_report *report = turn->report;
    int64_t spent_ms = hooks_uptime_ms(&turn->core->hooks) - turn->began_ms;
    if (report->is_elsewhere) {
        return;
    }
    int64_t due_ms = smaller(collect_in(turn), scrub_in(turn));
    report->has_more = due_ms == 0;
    if (!report->has_more) {
        report->next_ms = smaller(due_ms, IDLE_MS);
        return;
    }
    report->next_ms = smaller(1 + SHARE * (spent_ms > 0 ? spent_ms : 0), REST_MAX_MS);
    if (collect_in(turn) > 0 && rest_ms(turn) > report->next_ms) {
        report->next_ms = rest_ms(turn);
    }
}

static lreg_status work(struct turn *turn, struct error *err) {
    lreg_status status = look(turn, err);
    if (status != LREG_OK || !is_due(turn)) {
        return status;
    }
    status = take_lease(turn, err);
    if (status == LREG_OK && !turn->report->is_elsewhere && collect_in(turn) == 0) {
        status = collect(turn, err);
    } else if (status == LREG_OK && !turn->report->is_elsewhere) {
        status = scrub(turn, err);
    }
    return status;
}

/* Collects at once, all of it or as much as the budget allows, without the lease, which only matters for periodic
 * work. */
static lreg_status collect_now(struct turn *turn, struct error *err) {
    struct core_upkeep *state = &turn->core->upkeep;
    bool done = false;
    lreg_status status = LREG_OK;
    if (state->collection == NULL) {
        status = core_collect_begin(turn->core, turn->options->trusts_clock, &turn->now_ms,
                                    &turn->report->clock_ahead_ms, err);
        if (status == LREG_OK) {
            status = begin_collection(turn, true, err);
        }
    }
    if (status == LREG_OK) {
        status = go_on_collecting(turn, &done, err);
    }
    turn->report->has_more = status == LREG_OK && !done;
    if (!turn->report->has_more) {
        core_collection_free(state->collection);
        state->collection = NULL;
    }
    return status;
}

static lreg_status trust_clock(struct turn *turn, struct error *err) {
    return core_collect_begin(turn->core, true, &turn->now_ms, &turn->report->clock_ahead_ms, err);
}

/* What this call did, which is a part of a collection or of a scrub. */
static void log_step(const struct turn *turn) {
    const struct core_collect_report *collected = &turn->report->collected;
    const struct core_scrub_report *scrubbed = &turn->report->scrubbed;
    const struct hooks *hooks = &turn->core->hooks;
    uint64_t removed = collected->uploads + collected->stages + collected->blobs + collected->objects +
                       collected->audit_events + collected->freed_bytes;
    if (removed > 0) {
        hooks_log(hooks, LREG_LOG_DEBUG,
                  "upkeep: removed %" PRIu64 " blobs (%" PRIu64 " bytes), %" PRIu64 " upload sessions, %" PRIu64
                  " stages, %" PRIu64 " unknown objects, %" PRIu64 " audit events; the database gave back %" PRIu64
                  " bytes",
                  collected->blobs, collected->blob_bytes, collected->uploads, collected->stages, collected->objects,
                  collected->audit_events, collected->freed_bytes);
    }
    if (scrubbed->bytes > 0) {
        hooks_log(hooks, LREG_LOG_DEBUG, "upkeep: read %" PRIu64 " bytes again, %" PRIu64 " damaged", scrubbed->bytes,
                  scrubbed->damaged);
    }
}

static lreg_status take_turn(struct turn *turn, struct error *err) {
    lreg_status status = LREG_OK;
    if (turn->options->trusts_clock && !turn->options->collects_now) {
        status = trust_clock(turn, err);
    }
    if (status == LREG_OK && turn->options->collects_now) {
        status = collect_now(turn, err);
    } else if (status == LREG_OK) {
        status = work(turn, err);
        if (status == LREG_OK) {
            plan(turn);
        }
    }
    if (status == LREG_OK && turn->options->compacts && !turn->report->has_more) {
        uint64_t freed = 0;
        status = meta_space_compact(turn->core->meta, &freed, err);
        turn->report->collected.freed_bytes += freed;
    }
    return status;
}

lreg_status core_upkeep(struct core *core, const struct core_upkeep_options *options, struct core_upkeep_report *out,
                        struct error *err) {
    struct turn turn = {.core = core, .options = options, .report = out};
    struct error own = {0};
    *out = (struct core_upkeep_report){.next_ms = IDLE_MS};
    lreg_status status = process_check(&core->hooks, err);
    if (status == LREG_OK) {
        status = core_collect_check_grace(options->grace_ms, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    status = core_check_writable(core, err);
    if (status != LREG_OK) {
        return status;
    }
    if (pthread_mutex_trylock(&core->upkeep.mutex) != 0) {
        out->is_elsewhere = true;
        out->next_ms = BUSY_MS;
        return LREG_OK;
    }
    core->upkeep.drop = drop;
    turn.began_ms = hooks_uptime_ms(&core->hooks);
    turn.until_ms = turn.began_ms + options->budget_ms;
    status = take_turn(&turn, &own);
    if (status != LREG_OK) {
        drop_work(&core->upkeep);
        error_operation(&own, "upkeep");
    }
    log_step(&turn);
    pthread_mutex_unlock(&core->upkeep.mutex);
    if (status != LREG_OK && err != NULL) {
        *err = own;
    }
    return status;
}

/* --- Ends --- */

void core_upkeep_end(struct core *core) {
    struct core_upkeep *state = &core->upkeep;
    struct core_upkeep_report report = {0};
    struct turn turn = {.core = core, .report = &report};
    const struct progress over = {.is_over = true};
    if (pthread_mutex_trylock(&state->mutex) != 0) {
        return; /* another thread works, through a handle that stays open */
    }
    if (state->holds) {
        (void)write_row(&turn, &over, NULL, NULL);
        state->holds = false;
    }
    drop_work(state);
    pthread_mutex_unlock(&state->mutex);
}
