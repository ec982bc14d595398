/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_UPKEEP_VERIFY_INTERNAL_H
#define CORE_UPKEEP_VERIFY_INTERNAL_H

/* A verification in progress, and the part of it that follows references. */

#include "base/arena.h"
#include "core/registry.h"
#include "core/upkeep/maintenance.h"

struct verification {
    struct core *core;
    core_verify_finding finding;
    void *user;
    struct core_verify_report *report;
    void *piece; /* a buffer for hashing */
    struct arena arena; /* of one page */
    bool marks_differ; /* a damaged document is not marked, or a marked one is whole */
};

/* Passes a finding to the host. A status other than LREG_OK from the host ends the walk. */
lreg_status core_verify_tell(const struct verification *run, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Follows what documents and tags name, in one snapshot. */
struct verify_references {
    struct verification *run;
    struct meta_transaction *transaction;
    struct arena arena; /* of one document */
    struct arena registry_arena; /* of the registry that was looked up last */
    struct meta_registry registry; /* id NULL: none */
    bool is_living; /* it is not deleted */
};
void core_verify_references_begin(struct verify_references *this, struct verification *run,
                                  struct meta_transaction *transaction);
/* Checks the references of a document whose bytes are sound. */
lreg_status core_verify_references_of(struct verify_references *this, const struct meta_document *document,
                                      struct error *err);
/* Checks the references from packages to documents, of all registries. */
lreg_status core_verify_references_of_packages(struct verify_references *this, struct error *err);
void core_verify_references_end(struct verify_references *this);

#endif
