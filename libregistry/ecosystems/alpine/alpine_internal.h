/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_ALPINE_INTERNAL_H
#define ECOSYSTEMS_ALPINE_ALPINE_INTERNAL_H

#include "ecosystems/alpine/alpine.h"
#include "ecosystems/alpine/package_reader.h"
#include "surface/surface.h"

/* GET /{organization}/{registry}/rsakey and …/alpine_any/alpine_any/main/{architecture}/… */
extern const struct surface surface_alpine;

#define ALPINE_MEDIA_TYPE "application/octet-stream" /* never an Android package, as tables of endings have it */

/* --- attributes.c --- */

/* JSON of what people may want to know of a package; NULL when memory is out. In the arena. */
const char *alpine_attributes(const struct alpine_package *package, struct arena *arena);

/* --- repository.c: the index of one architecture of a registry --- */

struct alpine_index_file {
    const void *bytes; /* borrowed from `keep` */
    size_t length;
    uint8_t sha256[DIGEST_SHA256_BYTES];
    struct core_shared *keep; /* owned */
};

/* The index of the registry's packages as they are now: the one that was made last while it is still true, else a new
 * one. An architecture that apk knows has one without packages, too, signed like any other; LREG_NOT_FOUND for a
 * name that neither apk knows nor a package has. */
lreg_status alpine_repository_index(struct core *core, const struct core_registry *registry, const char *architecture,
                                    struct alpine_index_file *out, struct error *err);

/* Whether the next one waits for next to nothing: see core_document_is_quick(). */
bool alpine_repository_index_is_quick(struct core *core, const struct core_registry *registry,
                                      const char *architecture);

/* The one that was made last; LREG_NOT_FOUND when it is no longer true. */
lreg_status alpine_repository_kept_index(struct core *core, const struct core_registry *registry,
                                         const char *architecture, struct alpine_index_file *out, struct error *err);

/* The registry's signing key; made when first asked for. */
lreg_status alpine_repository_key(struct core *core, const struct core_registry *registry, struct arena *arena,
                                  struct core_registry_key *out, struct error *err);

/* Its name on clients, "{organization id}_{registry id}.rsa.pub"; NULL when memory is out. */
const char *alpine_repository_key_name(const struct core_registry *registry, struct arena *arena);

#endif
