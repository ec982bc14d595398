/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_CONTENT_STAGES_H
#define CORE_CONTENT_STAGES_H

#include "core/instance/state.h"

/* False when `name` is claimed already. The claim lives in the caller's memory until it is released. */
bool core_stage_claim(struct core *core, struct core_stage_claim *claim, const char *name);
void core_stage_release(struct core *core, struct core_stage_claim *claim); /* does nothing when not claimed */

#endif
