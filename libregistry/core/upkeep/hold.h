/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_UPKEEP_HOLD_H
#define CORE_UPKEEP_HOLD_H

#include "core/instance/instance.h"

#define CORE_HOLD_MS (10 * 60 * 1000) /* the longest */

/* Until then no collector removes doomed objects. A later hold of somebody else stays. */
lreg_status core_hold_take(struct core *core, int64_t until_ms, struct error *err);
/* Ends the hold that was taken until then, unless it is another's by now. */
lreg_status core_hold_end(struct core *core, int64_t until_ms, struct error *err);
lreg_status core_hold_is_on(struct core *core, struct meta_transaction *transaction, bool *out, struct error *err);

#endif
