/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_DOCUMENT_H
#define CORE_DOCUMENT_H

#include "core/registry.h"

/* An immutable, counted snapshot of a document with its content. */
struct core_document {
    struct meta_document row;
    struct core_shared *shared;
};
void core_document_retain(const struct core_document *document);
void core_document_release(const struct core_document *document); /* NULL is allowed */

/* Whether core_document_find() returns quickly: the document is in memory, short, or does not exist. A longer one is
 * read from many pages of the database each time. */
bool core_document_is_quick(struct core *core, const struct core_registry *registry, const char *scope,
                            const char *name);
/* Warm: no SQL. LREG_NOT_FOUND ("document_unknown"); LREG_CORRUPT ("document_damaged"), see quarantine.c. */
lreg_status core_document_find(struct core *core, const struct core_registry *registry, const char *scope,
                               const char *name, const struct core_document **out, struct error *err);

#endif
