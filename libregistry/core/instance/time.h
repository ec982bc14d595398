/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_INSTANCE_TIME_H
#define CORE_INSTANCE_TIME_H

/*
 * The time by which ages are measured before something is removed for its age: uploads without progress, blobs that
 * wait for a manifest, audit events, leftovers of writers, holds.
 *
 * It is the wall clock's, but never later than what is believed, and that runs at most twice as fast as time passes on
 * the machine (uptime, which no administrator and no time server sets). So a clock that leaps ahead by a year removes
 * nothing; and what a machine was switched off for is caught up with in as much time again. The metadata keep what is
 * believed, so it is one for all processes, and for those that run for a moment only.
 */

#include "core/instance/instance.h"

/* What was believed at a moment. */
struct meta_upkeep;

/* Moves what is believed on to now. */
void core_time_advance(struct meta_upkeep *row, int64_t wall_ms, int64_t uptime_ms);

/* The time now, in a transaction that may only read. `out_ahead_ms` (may be NULL) is how far the wall clock is ahead
 * of it. */
lreg_status core_time_read(struct core *core, struct meta_transaction *transaction, int64_t *out_now_ms,
                           int64_t *out_ahead_ms, struct error *err);
/* The same in a transaction that writes, which notes it. `trusts_wall` believes the wall clock, whatever was seen. */
lreg_status core_time_note(struct core *core, struct meta_transaction *transaction, bool trusts_wall,
                           int64_t *out_now_ms, int64_t *out_ahead_ms, struct error *err);

#endif
