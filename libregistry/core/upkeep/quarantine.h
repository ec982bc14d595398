/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_UPKEEP_QUARANTINE_H
#define CORE_UPKEEP_QUARANTINE_H

#include "core/core.h"

/* Marks the object of a blob, or the content of a document, as not the published one: it is not served until it is
 * published again. Writes to the log and, once, to the audit log of every organization that has it. */
lreg_status core_quarantine_blob(struct core *core, const struct meta_blob *blob, struct error *err);
lreg_status core_quarantine_document(struct core *core, int64_t position, const struct meta_document *document,
                                     struct error *err);
/* Removes the mark: the bytes are the published ones. */
lreg_status core_release_blob(struct core *core, const struct meta_blob *blob, struct error *err);
lreg_status core_release_document(struct core *core, int64_t position, const struct meta_document *document,
                                  struct error *err);

#endif
