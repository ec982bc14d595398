/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_UPKEEP_HOLD_H
#define CORE_UPKEEP_HOLD_H

#include "core/instance/instance.h"

#define CORE_HOLD_MS (10 * 60 * 1000) /* the longest */

/* No collector removes doomed objects until `until_ms`. A later hold of another backup stays. */
lreg_status core_hold_take(struct core *core, int64_t until_ms, struct error *err);
/* Ends the hold that was taken until `until_ms`, unless another one has replaced it. */
lreg_status core_hold_end(struct core *core, int64_t until_ms, struct error *err);
lreg_status core_hold_is_on(struct core *core, struct meta_transaction *transaction, bool *out, struct error *err);

#endif
