/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_UPKEEP_COLLECTION_PAUSE_H
#define CORE_UPKEEP_COLLECTION_PAUSE_H

#include "core/instance/instance.h"

#define CORE_COLLECTION_PAUSE_MS (10 * 60 * 1000) /* the longest */

/* No collector removes doomed objects until `until_ms`. A later pause of another backup stays. */
lreg_status core_collection_pause_begin(struct core *core, int64_t until_ms, struct error *err);
/* Ends the pause that was begun until `until_ms`, unless another one has replaced it. */
lreg_status core_collection_pause_end(struct core *core, int64_t until_ms, struct error *err);
lreg_status core_collection_pause_is_on(struct core *core, struct meta_transaction *transaction, bool *out,
                                        struct error *err);

#endif
