/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_ALPINE_INTERNAL_H
#define ECOSYSTEMS_ALPINE_ALPINE_INTERNAL_H

#include "ecosystems/alpine/alpine.h"
#include "ecosystems/alpine/package_reader.h"
#include "surface/surface.h"

/* GET /{organization}/{registry}/rsakey and …/alpine_any/alpine_any/main/{architecture}/… */
extern const struct surface surface_alpine;

#define ALPINE_MEDIA_TYPE "application/octet-stream" /* not that of Android packages, as usual for ".apk" */

/* --- attributes.c --- */

/* JSON with facts about a package for people, in the arena; NULL when out of memory. */
const char *alpine_attributes(const struct alpine_package *package, struct arena *arena);

/* --- repository.c: the index of one architecture of a registry --- */

struct alpine_index_file {
    const void *bytes; /* borrowed from `keep` */
    size_t length;
    uint8_t sha256[DIGEST_SHA256_BYTES];
    struct core_shared *keep; /* owned */
};

/* The index of the registry's packages as they are now: the stored one if it is current; otherwise a new one. An
 * architecture that apk knows has an index even without packages, signed like any other. LREG_NOT_FOUND for a name that
 * neither apk nor any package knows. */
lreg_status alpine_repository_index(struct core *core, const struct core_registry *registry, const char *architecture,
                                    struct alpine_index_file *out, struct error *err);

/* Whether alpine_repository_index() would return almost without waiting: see core_document_is_quick(). */
bool alpine_repository_index_is_quick(struct core *core, const struct core_registry *registry,
                                      const char *architecture);

/* The stored index; LREG_NOT_FOUND when it is out of date. */
lreg_status alpine_repository_kept_index(struct core *core, const struct core_registry *registry,
                                         const char *architecture, struct alpine_index_file *out, struct error *err);

/* The registry's signing key; made at the first call. */
lreg_status alpine_repository_key(struct core *core, const struct core_registry *registry, struct arena *arena,
                                  struct core_registry_key *out, struct error *err);

/* The key's file name on clients, "{organization id}_{registry id}.rsa.pub"; NULL when out of memory. */
const char *alpine_repository_key_name(const struct core_registry *registry, struct arena *arena);

#endif
