/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_PURGE_H
#define CORE_PURGE_H

#include "core/instance/instance.h"

/* Removes rows of a deleted registry, in at most so many short transactions, between which others have their turn. */
lreg_status core_registry_purge(struct core *core, const char *id, size_t pages, struct error *err);
/* All that is left of all of them. */
lreg_status core_registry_purge_all(struct core *core, struct error *err);

#endif
