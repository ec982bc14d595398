/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_ECOSYSTEM_H
#define CORE_ECOSYSTEM_H

/*
 * What an ecosystem (files, alpine, container …) is: a name, a way to publish, and a surface of its own on HTTP.
 * Declared here, made in ecosystems/NAME/, gathered in ecosystems/table.c. Nothing else in the library asks which
 * ecosystem a registry has.
 */

#include "base/turn.h"
#include "core/package.h"

struct surface;

/* A publication that is under way: one upload of one package file, whether by the REST API or by the C API. */
struct core_publication {
    struct core *core;
    const struct core_registry *registry; /* borrowed until publish_free */
    const struct core_actor *actor; /* likewise */
    const char *filename; /* as the client named it; likewise; not to be trusted */
    struct turn *turn; /* likewise; begun anew by the caller before each call; NULL: the caller waits for everything */
};

/* What a document needs to be whole. */
struct core_reference {
    const char *name; /* a digest */
    uint64_t size_bytes;
    const char *media_type; /* of a document */
    bool may_be_blob; /* a blob of the document's scope */
    bool may_be_document; /* a document of its scope */
    bool may_be_absent; /* it lies elsewhere */
};

struct core_ecosystem {
    const char *name; /* in the metadata and the REST API: "files" */
    const char *title; /* for people: "Files" */
    const struct surface *surface; /* its routes; NULL when it has none */

    /* Publishing. `begin` gives a state that `write` feeds; `finish` gives an owned snapshot and whether it is new,
     * and does not free the state; `free` ends it in any phase, after finish too, and drops what is staged.
     *
     * Long work stops when the turn is over: `write` has then taken a part of the bytes, maybe none, and is to be
     * called with the rest; `finish` has given LREG_OK and no snapshot, and is to be called again. Without a turn both
     * do everything at once. */
    lreg_status (*publish_begin)(const struct core_publication *publication, void **out_state, struct error *err);
    lreg_status (*publish_write)(void *state, const void *bytes, size_t length, size_t *out_taken, struct error *err);
    lreg_status (*publish_finish)(void *state, const struct core_package **out, bool *out_created, struct error *err);
    void (*publish_free)(void *state);

    /* Path of the package's bytes (of the manifest for images) below the mount: "/org/registry/files/name". In the
     * arena; NULL when memory is out. */
    const char *(*package_path)(const struct core_registry *registry, const struct meta_package *package,
                                struct arena *arena);

    /* Optional: a package is being deleted, in this transaction, which has removed its row; removes what else
     * belongs to it. */
    lreg_status (*package_deleted)(struct core *core, struct meta_transaction *transaction,
                                   const struct core_package *package, struct error *err);

    /* Optional: what a stored document needs, for verification. In the arena. LREG_CORRUPT when it cannot be read. */
    lreg_status (*document_references)(const struct meta_document *document, struct arena *arena,
                                       struct core_reference **out, size_t *out_count, struct error *err);
};

/* The ecosystem of that name; NULL when this build has none. */
const struct core_ecosystem *core_ecosystem_find(const struct core *core, const char *name);

#endif
