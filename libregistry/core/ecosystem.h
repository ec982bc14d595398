/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_ECOSYSTEM_H
#define CORE_ECOSYSTEM_H

/*
 * What an ecosystem (files, alpine, container …) is: a name, a way to publish, and a surface of its own on HTTP.
 * Declared here, implemented in ecosystems/NAME/, listed in ecosystems/table.c. Nothing else in the library depends on
 * which ecosystem a registry has.
 */

#include "base/turn.h"
#include "core/package.h"

struct surface;

/* A publication in progress: one upload of one package file, by the REST API or by the C API. */
struct core_publication {
    struct core *core;
    const struct core_registry *registry; /* borrowed until publish_free */
    const struct core_actor *actor; /* likewise */
    const char *filename; /* as the client named it: untrusted; likewise */
    struct turn *turn; /* likewise; the caller begins it before each call; NULL: calls may block */
};

/* What a document needs to be complete. */
struct core_reference {
    const char *name; /* a digest */
    uint64_t size_bytes;
    const char *media_type; /* of a document */
    bool may_be_blob; /* a blob of the document's scope */
    bool may_be_document; /* a document of its scope */
    bool may_be_absent; /* it is stored elsewhere */
};

struct core_ecosystem {
    const char *name; /* in the metadata and the REST API: "files" */
    const char *title; /* for people: "Files" */
    const struct surface *surface; /* its routes; NULL when it has none */

    /* Publishing. `begin` returns a state that `write` feeds. `finish` returns an owned snapshot and whether it is new;
     * it does not free the state. `free` ends the state in any phase, also after finish, and drops what is staged.
     *
     * Long work stops when the turn is over: `write` has then taken a part of the bytes, possibly none, and is called
     * again with the rest; `finish` has returned LREG_OK and no snapshot, and is called again. Without a turn both do
     * everything at once. */
    lreg_status (*publish_begin)(const struct core_publication *publication, void **out_state, struct error *err);
    lreg_status (*publish_write)(void *state, const void *bytes, size_t length, size_t *out_taken, struct error *err);
    lreg_status (*publish_finish)(void *state, const struct core_package **out, bool *out_created, struct error *err);
    void (*publish_free)(void *state);

    /* Path of the package's bytes (of the manifest for images) below the mount: "/org/registry/files/name". Allocated
     * in the arena; NULL when out of memory. */
    const char *(*package_path)(const struct core_registry *registry, const struct meta_package *package,
                                struct arena *arena);

    /* Optional: called in the transaction that deletes a package, after its row is removed; removes what else belongs
     * to it. */
    lreg_status (*package_deleted)(struct core *core, struct meta_transaction *transaction,
                                   const struct core_package *package, struct error *err);

    /* Optional: what a stored document needs, for verification. Allocated in the arena. LREG_CORRUPT when the document
     * cannot be parsed. */
    lreg_status (*document_references)(const struct meta_document *document, struct arena *arena,
                                       struct core_reference **out, size_t *out_count, struct error *err);
};

/* The ecosystem of that name; NULL when this build has none. */
const struct core_ecosystem *core_ecosystem_find(const struct core *core, const char *name);

#endif
