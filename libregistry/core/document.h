/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_DOCUMENT_H
#define CORE_DOCUMENT_H

#include "core/core.h"

/* An immutable, counted snapshot of a document with its content. */
struct core_document {
    struct meta_document row;
    struct core_shared *shared;
};
void core_document_retain(const struct core_document *document);
void core_document_release(const struct core_document *document); /* NULL is fine */

/* Warm: no SQL. LREG_NOT_FOUND ("document_unknown"). */
lreg_status core_document_find(struct core *core, const struct core_registry *registry, const char *scope,
                               const char *name, const struct core_document **out, struct error *err);

/* A registry's own RSA key, made when first asked for: `bits` long, sealed under the instance key, never changed. */
struct core_registry_key {
    const char *private_pem; /* wipe with core_registry_key_wipe() */
    const char *public_pem; /* SubjectPublicKeyInfo */
};
lreg_status core_registry_key_find_or_make(struct core *core, const struct core_registry *registry, const char *name,
                                           unsigned bits, struct arena *arena, struct core_registry_key *out,
                                           struct error *err);
void core_registry_key_wipe(struct core_registry_key *key);

#endif
