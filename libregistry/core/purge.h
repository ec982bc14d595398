/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_PURGE_H
#define CORE_PURGE_H

#include "core/instance/instance.h"

/* Removes rows of a deleted registry, in at most so many short transactions, between which others have their turn. */
lreg_status core_registry_purge(struct core *core, const char *id, size_t pages, struct error *err);
/* At most `rows` of what is left of any of them, in one transaction. `*out_more` false: nothing was left. */
lreg_status core_registry_purge_next(struct core *core, size_t rows, bool *out_more, struct error *err);

#endif
