/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Deletes what no tag leads to any more, when a tag is deleted as a package: its manifest, and the manifests that only
 * it named. The collector then removes their blobs.
 */

#include "ecosystems/oci/oci_internal.h"

#define PAGE_ROWS ((size_t)100)
#define PENDING_BYTES ((size_t)64 * 1024 * 1024) /* queue of digests; allocated as needed */

struct pending {
    struct pending *next;
    const char *digest;
};

struct pruning {
    struct core *core;
    struct meta_transaction *transaction;
    const struct core_registry *registry;
    const char *image;
    struct pending *first;
    struct arena list;
    struct arena scratch; /* of one manifest */
};

static lreg_status enqueue(struct pruning *pruning, const char *digest, struct error *err) {
    struct pending *pending = arena_allocate(&pruning->list, sizeof *pending);
    const char *copy = pending != NULL ? arena_copy_text(&pruning->list, digest) : NULL;
    if (copy == NULL) {
        return error_no_memory(err);
    }
    *pending = (struct pending){.next = pruning->first, .digest = copy};
    pruning->first = pending;
    return LREG_OK;
}

static lreg_status is_in_use(struct pruning *pruning, const char *digest, bool *out, struct error *err) {
    const struct meta_package_query query = {
        .registry_id = pruning->registry->row.id,
        .order = META_BY_TIME,
        .name = pruning->image,
        .document = digest,
        .limit = 1,
        .is_brief = true,
    };
    struct meta_package *rows = NULL;
    size_t count = 0;
    lreg_status status = meta_package_list(pruning->transaction, &query, &pruning->scratch, &rows, &count, err);
    *out = count > 0;
    if (status != LREG_OK || *out) {
        return status;
    }
    return meta_document_target_is_named(pruning->transaction, query.registry_id, pruning->image, digest, out, err);
}

/* Enqueues what an index names, which is mostly manifests. Reads rows: nothing is parsed while
 * the write lock is held. */
static lreg_status enqueue_children(struct pruning *pruning, const struct meta_document *row, struct error *err) {
    const char **targets = NULL;
    size_t count = 0;
    bool is_index =
        text_equals(row->media_type, OCI_MEDIA_INDEX) || text_equals(row->media_type, OCI_MEDIA_DOCKER_LIST);
    if (!is_index) {
        return LREG_OK;
    }
    lreg_status status = LREG_OK;
    do {
        const char *after = count > 0 ? targets[count - 1] : NULL;
        status = meta_document_targets(pruning->transaction, pruning->registry->row.id, pruning->image, row->name,
                                       after, PAGE_ROWS, &pruning->scratch, &targets, &count, err);
        for (size_t i = 0; status == LREG_OK && i < count; i++) {
            status = enqueue(pruning, targets[i], err);
        }
    } while (status == LREG_OK && count == PAGE_ROWS);
    return status;
}

static lreg_status prune_one(struct pruning *pruning, const char *digest, struct error *err) {
    const char *registry_id = pruning->registry->row.id;
    struct meta_document row;
    bool in_use = false;
    arena_reset(&pruning->scratch);
    lreg_status status = is_in_use(pruning, digest, &in_use, err);
    if (status != LREG_OK || in_use) {
        return status;
    }
    status = meta_document_find_head(pruning->transaction, registry_id, pruning->image, digest, &pruning->scratch, &row,
                                     err);
    if (status == LREG_NOT_FOUND) {
        return LREG_OK;
    }
    if (status == LREG_OK) {
        status = enqueue_children(pruning, &row, err);
    }
    return status == LREG_OK ? meta_document_delete(pruning->transaction, registry_id, pruning->image, digest, err)
                             : status;
}

lreg_status oci_manifest_prune(struct core *core, struct meta_transaction *transaction,
                               const struct core_registry *registry, const char *image, const char *digest,
                               struct error *err) {
    struct pruning pruning = {.core = core, .transaction = transaction, .registry = registry, .image = image};
    arena_init(&pruning.list, core_hooks(core), PENDING_BYTES);
    arena_init(&pruning.scratch, core_hooks(core), OCI_PARSED_BYTES_MAX);
    lreg_status status = enqueue(&pruning, digest, err);
    while (status == LREG_OK && pruning.first != NULL) {
        struct pending *pending = pruning.first;
        pruning.first = pending->next;
        status = prune_one(&pruning, pending->digest, err);
    }
    arena_free(&pruning.scratch);
    arena_free(&pruning.list);
    return status;
}
