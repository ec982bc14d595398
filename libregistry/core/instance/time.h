/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_INSTANCE_TIME_H
#define CORE_INSTANCE_TIME_H

/*
 * The time by which ages are measured before something is removed for its age: idle uploads, blobs that wait for a
 * manifest, audit events, leftovers of writers, holds.
 *
 * It is the wall clock, but never later than the trusted time, which runs at most twice as fast as time passes on the
 * machine (uptime, which neither an administrator nor a time server sets). So a clock that jumps ahead by a year
 * removes nothing, and after a machine was switched off, the trusted time catches up within the same time again. The
 * metadata keeps the trusted time, so all processes share it, including those that run only for a moment.
 */

#include "core/instance/instance.h"

/* The trusted time and the uptime at which it was recorded. */
struct meta_upkeep;

/* Advances the trusted time to now. */
void core_time_advance(struct meta_upkeep *row, int64_t wall_ms, int64_t uptime_ms);

/* Returns the current time, in a transaction that may be read-only. `out_ahead_ms` (may be NULL) is how far the wall
 * clock is ahead of it. */
lreg_status core_time_read(struct core *core, struct meta_transaction *transaction, int64_t *out_now_ms,
                           int64_t *out_ahead_ms, struct error *err);
/* The same in a write transaction, which also records the time. `trusts_wall` sets the trusted time to the wall clock,
 * whatever was recorded. */
lreg_status core_time_note(struct core *core, struct meta_transaction *transaction, bool trusts_wall,
                           int64_t *out_now_ms, int64_t *out_ahead_ms, struct error *err);

#endif
