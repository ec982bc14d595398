/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_UPKEEP_QUARANTINE_H
#define CORE_UPKEEP_QUARANTINE_H

#include "core/core.h"

/* The object of the blob, or the content of the document, is not what was published: from now on it is not served,
 * until it is published again. Told to the log and, once, to the audit log of everyone who has it. */
lreg_status core_quarantine_blob(struct core *core, const struct meta_blob *blob, struct error *err);
lreg_status core_quarantine_document(struct core *core, int64_t position, const struct meta_document *document,
                                     struct error *err);
/* It is what was published after all. */
lreg_status core_release_blob(struct core *core, const struct meta_blob *blob, struct error *err);
lreg_status core_release_document(struct core *core, int64_t position, const struct meta_document *document,
                                  struct error *err);

#endif
