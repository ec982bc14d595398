/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_UPKEEP_VERIFY_INTERNAL_H
#define CORE_UPKEEP_VERIFY_INTERNAL_H

/* A verification that is under way, and its part that follows references. */

#include "base/arena.h"
#include "core/registry.h"
#include "core/upkeep/maintenance.h"

struct verification {
    struct core *core;
    core_verify_finding finding;
    void *user;
    struct core_verify_report *report;
    void *piece; /* of bytes to be hashed */
    struct arena arena; /* of one page */
};

/* Tells the host of a finding. What the host does not take well ends the walk. */
lreg_status core_verify_tell(const struct verification *run, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Follows what documents and tags name, within one snapshot. */
struct verify_references {
    const struct verification *run;
    struct meta_transaction *transaction;
    struct arena arena; /* of one document */
    struct arena registry_arena; /* of the registry that was looked up last */
    struct meta_registry registry; /* id NULL: none was */
    bool is_living; /* and was not deleted meanwhile */
};
void core_verify_references_begin(struct verify_references *this, const struct verification *run,
                                  struct meta_transaction *transaction);
/* Those of a document whose bytes are sound. */
lreg_status core_verify_references_of(struct verify_references *this, const struct meta_document *document,
                                      struct error *err);
/* From packages to documents, of all registries. */
lreg_status core_verify_references_of_packages(struct verify_references *this, struct error *err);
void core_verify_references_end(struct verify_references *this);

#endif
