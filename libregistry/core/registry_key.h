/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_REGISTRY_KEY_H
#define CORE_REGISTRY_KEY_H

#include "core/registry.h"

/* A registry's own RSA key, generated at the first request: `bits` long, sealed under the instance key, never
 * changed. */
struct core_registry_key {
    const char *private_pem; /* wipe with core_registry_key_wipe() */
    const char *public_pem; /* SubjectPublicKeyInfo */
};
lreg_status core_registry_key_find_or_make(struct core *core, const struct core_registry *registry, const char *name,
                                           unsigned bits, struct arena *arena, struct core_registry_key *out,
                                           struct error *err);
void core_registry_key_wipe(struct core_registry_key *key);

#endif
