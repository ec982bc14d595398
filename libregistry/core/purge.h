/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_PURGE_H
#define CORE_PURGE_H

#include "core/instance/instance.h"

/* Removes rows of a deleted registry, in at most `pages` short transactions, between which other writers get their
 * turn. */
lreg_status core_registry_purge(struct core *core, const char *id, size_t pages, struct error *err);
/* Removes at most `rows` rows of any deleted registry, in one transaction. `*out_more` is false when nothing was
 * left. */
lreg_status core_registry_purge_next(struct core *core, size_t rows, bool *out_more, struct error *err);

#endif
