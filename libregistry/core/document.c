/* SPDX-License-Identifier: Apache-2.0 */

/* Documents: found by name, and kept in the cache while they are small. */

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

lreg_status core_document_find(struct core *core, const struct core_registry *registry, const char *scope,
                               const char *name, const struct core_document **out, struct error *err) {
    static const struct core_lookup LOOKUP = {
        .object_bytes = sizeof(struct core_document),
        .read = read_document,
        .max_kept_bytes = CACHED_CONTENT_MAX,
    };
    const struct document_lookup lookup = {.registry = registry, .scope = scope, .name = name};
    struct core_shared *shared = NULL;
    char key[CACHE_KEY_MAX];
    *out = NULL;
    /* The scope's length keeps two pairs of scope and name apart whatever bytes they hold. */
    int length = snprintf(key, sizeof key, "document\n%s\n%zu\n%s\n%s", registry->row.id, strlen(scope), scope, name);
    if (length < 0 || (size_t)length >= sizeof key) {
        return error_set(err, LREG_NOT_FOUND, "document_unknown", "there is no document of a name that long");
    }
    lreg_status status = core_find_cached(core, &LOOKUP, key, &lookup, &shared, err);
    if (status == LREG_OK) {
        *out = core_shared_object(shared);
    }
    return status;
}
