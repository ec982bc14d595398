/* SPDX-License-Identifier: Apache-2.0 */

/* Documents: found by name, and kept in the cache if they are small. */

#include "core/document.h"

#include "core/instance/state.h"

#include <stdio.h>
#include <string.h>

#define CACHE_KEY_MAX 1024
#define CACHED_CONTENT_MAX ((size_t)256 * 1024)

struct document_lookup {
    const struct core_registry *registry;
    const char *scope;
    const char *name;
};

void core_document_retain(const struct core_document *document) {
    core_shared_retain(document->shared);
}

void core_document_release(const struct core_document *document) {
    if (document != NULL) {
        core_shared_release(document->shared);
    }
}

static lreg_status read_document(struct core *core, struct meta_transaction *transaction, const void *arguments,
                                 struct core_shared *shared, struct error *err) {
    const struct document_lookup *lookup = arguments;
    struct core_document *document = core_shared_object(shared);
    (void)core;
    document->shared = shared;
    lreg_status status = meta_document_find(transaction, lookup->registry->row.id, lookup->scope, lookup->name,
                                            core_shared_arena(shared), &document->row, err);
    if (status == LREG_NOT_FOUND) {
        return error_set(err, LREG_NOT_FOUND, "document_unknown", "there is no such document in the registry");
    }
    if (status == LREG_OK && document->row.damaged_ms != 0) {
        return error_set(err, LREG_CORRUPT, "document_damaged",
                         "the stored bytes are damaged; they are served again when they were published again");
    }
    return status;
}

/* The scope's length makes keys of different pairs of scope and name differ, whatever bytes they contain. False: no
 * document has such a name. */
static bool make_key(const struct document_lookup *lookup, char key[CACHE_KEY_MAX]) {
    int length = snprintf(key, CACHE_KEY_MAX, "document\n%s\n%zu\n%s\n%s", lookup->registry->row.id,
                          strlen(lookup->scope), lookup->scope, lookup->name);
    return length >= 0 && length < CACHE_KEY_MAX;
}

static bool is_in_memory(struct core *core, const struct document_lookup *lookup) {
    char key[CACHE_KEY_MAX];
    uint64_t generation = 0;
    if (!make_key(lookup, key) || core_generation(core, &generation, NULL) != LREG_OK) {
        return false;
    }
    struct core_shared *shared = core_cache_find(core, key, generation);
    core_shared_release(shared);
    return shared != NULL;
}

bool core_document_is_quick(struct core *core, const struct core_registry *registry, const char *scope,
                            const char *name) {
    const struct document_lookup lookup = {.registry = registry, .scope = scope, .name = name};
    struct meta_transaction *transaction = NULL;
    size_t length = 0;
    if (is_in_memory(core, &lookup)) {
        return true;
    }
    if (meta_begin(core->meta, META_READ, &transaction, NULL) != LREG_OK) {
        return false;
    }
    lreg_status status = meta_document_length(transaction, registry->row.id, scope, name, &length, NULL);
    bool is_quick = status == LREG_NOT_FOUND || (status == LREG_OK && length < CACHED_CONTENT_MAX);
    meta_rollback(transaction);
    return is_quick;
}

lreg_status core_document_find(struct core *core, const struct core_registry *registry, const char *scope,
                               const char *name, const struct core_document **out, struct error *err) {
    static const struct core_lookup lookup_of_document = {
        .object_bytes = sizeof(struct core_document),
        .read = read_document,
        .max_kept_bytes = CACHED_CONTENT_MAX,
    };
    const struct document_lookup lookup = {.registry = registry, .scope = scope, .name = name};
    struct core_shared *shared = NULL;
    char key[CACHE_KEY_MAX];
    *out = NULL;
    if (!make_key(&lookup, key)) {
        return error_set(err, LREG_NOT_FOUND, "document_unknown", "no document has a name that long");
    }
    lreg_status status = core_find_cached(core, &lookup_of_document, key, &lookup, &shared, err);
    if (status == LREG_OK) {
        *out = core_shared_object(shared);
    }
    return status;
}
