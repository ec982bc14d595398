/* SPDX-License-Identifier: Apache-2.0 */

/* Objects as the metadata names them: finding their storage, opening them, and removing doomed ones. */

#include "core/content/objects.h"

#include "base/text.h"
#include "core/instance/state.h"

#include <stdio.h>
#include <string.h>

#define VALUE_SWEEPS "sweeps"
#define ARENA_BYTES (64u * 1024)

bool core_storage_is_open(const struct core *core, const char *name) {
    return text_equals(name, core->storage_name);
}

lreg_status core_storage_find(struct core *core, const char *name, struct storage **out, struct error *err) {
    *out = NULL;
    if (!core_storage_is_open(core, name)) {
        return error_set(err, LREG_BUSY, "storage_unknown",
                         "this is in the storage \"%s\", which is not open: open the registry with that storage, or"
                         " publish the content again",
                         name);
    }
    *out = core->storage;
    return LREG_OK;
}

static lreg_status forget_doomed(struct core *core, const struct meta_doomed *doomed, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_doomed_delete(transaction, doomed, err);
    return meta_end(transaction, status, err);
}

lreg_status core_doomed_remove(struct core *core, const char *storage, const char *key, struct error *err) {
    const struct meta_doomed doomed = {.storage = storage, .key = key};
    struct storage *place = NULL;
    lreg_status status = core_storage_find(core, storage, &place, err);
    if (status != LREG_OK) {
        return status;
    }
    status = storage_object_remove(place, key, err);
    core_object_cache_clear(core);
    if (status != LREG_OK) {
        return status;
    }
    status = forget_doomed(core, &doomed, err);
    return status == LREG_NOT_FOUND ? LREG_OK : status; /* another collector was faster */
}

lreg_status core_sweeps_read(struct core *core, struct meta_transaction *transaction, uint64_t *out,
                             struct error *err) {
    struct arena arena;
    const char *text = NULL;
    *out = 0;
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    lreg_status status = meta_value_find(transaction, VALUE_SWEEPS, &arena, &text, err);
    if (status == LREG_OK && text != NULL && !text_parse_u64(slice_of(text), out)) {
        status = error_set(err, LREG_CORRUPT, "", "the number of sweeps in the metadata is not a number");
    }
    arena_free(&arena);
    return status;
}

lreg_status core_sweeps_note(struct core *core, struct meta_transaction *transaction, struct error *err) {
    char text[24];
    uint64_t sweeps = 0;
    lreg_status status = core_sweeps_read(core, transaction, &sweeps, err);
    if (status != LREG_OK) {
        return status;
    }
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)sweeps + 1);
    return meta_value_set(transaction, VALUE_SWEEPS, text, err);
}

static lreg_status open_object(struct core *core, const struct meta_blob *blob, struct storage_object **out,
                               uint64_t *out_length, struct error *err) {
    struct storage *storage = NULL;
    lreg_status status = core_storage_find(core, blob->storage, &storage, err);
    if (status != LREG_OK) {
        return status;
    }
    status = storage_object_open(storage, blob->key, (int64_t)blob->size_bytes, out, out_length, err);
    if (status != LREG_OK || *out_length == blob->size_bytes) {
        return status;
    }
    storage_object_close(*out);
    *out = NULL;
    return error_set(err, LREG_CORRUPT, "blob_length", "a stored blob has %llu bytes instead of %llu",
                     (unsigned long long)*out_length, (unsigned long long)blob->size_bytes);
}

static lreg_status find_again(struct core *core, const struct meta_blob *blob, struct arena *arena,
                              struct meta_blob *out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_blob_find(transaction, blob->storage, blob->sha256, arena, out, err);
    meta_rollback(transaction);
    if (status == LREG_NOT_FOUND) {
        return error_set(err, LREG_NOT_FOUND, "blob_unknown", "the content was removed a moment ago");
    }
    return status;
}

lreg_status core_blob_open_anew(struct core *core, const struct meta_blob *blob, struct storage_object **out,
                                uint64_t *out_length, struct error *err) {
    struct arena arena;
    struct meta_blob current;
    *out = NULL;
    lreg_status status = open_object(core, blob, out, out_length, err);
    if (status != LREG_NOT_FOUND) {
        return status;
    }
    /* The collector deletes a row before it removes the object, and the same content may have been published again
     * under another row. */
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    status = find_again(core, blob, &arena, &current, err);
    if (status == LREG_OK && strcmp(current.key, blob->key) != 0) {
        error_clear(err);
        status = open_object(core, &current, out, out_length, err);
    } else if (status == LREG_OK) {
        status = error_set(err, LREG_CORRUPT, "blob_missing", "the storage has lost a blob that the metadata names");
    }
    arena_free(&arena);
    return status;
}

static lreg_status open_here(struct core *core, const struct meta_blob *blob, struct storage_object **out,
                             uint64_t *out_length, struct error *err) {
    uint64_t generation = 0;
    if (blob->damaged_ms != 0) {
        return error_set(err, LREG_CORRUPT, "blob_damaged",
                         "the stored bytes are damaged; they are served again when they were published again");
    }
    if (!core->is_own_filesystem || blob->size_bytes > CORE_OBJECT_CACHE_OPEN_BYTES) {
        return core_blob_open_anew(core, blob, out, out_length, err);
    }
    lreg_status status = core_generation(core, &generation, err);
    if (status != LREG_OK) {
        return status;
    }
    *out = core_object_cache_find(core, blob->key, generation, out_length);
    if (*out != NULL) {
        return LREG_OK;
    }
    status = core_blob_open_anew(core, blob, out, out_length, err);
    if (status == LREG_OK) {
        core_object_cache_put(core, blob->key, generation, *out, *out_length);
    }
    return status;
}

/* A blob in a storage that is not open is read from its copy in the open one, if there is one. */
lreg_status core_blob_open(struct core *core, const struct meta_blob *blob, struct storage_object **out,
                           uint64_t *out_length, struct error *err) {
    struct arena arena;
    struct meta_blob elsewhere = *blob;
    struct meta_blob copy;
    struct storage *storage = NULL;
    *out = NULL;
    if (core_storage_is_open(core, blob->storage)) {
        return open_here(core, blob, out, out_length, err);
    }
    elsewhere.storage = core->storage_name;
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    lreg_status status = find_again(core, &elsewhere, &arena, &copy, err);
    if (status == LREG_OK) {
        status = open_here(core, &copy, out, out_length, err);
    } else if (status == LREG_NOT_FOUND) {
        status = core_storage_find(core, blob->storage, &storage, err);
    }
    arena_free(&arena);
    return status;
}

lreg_status core_package_open(struct core *core, const struct core_package *package, struct storage_object **out,
                              uint64_t *out_length, struct error *err) {
    struct arena arena;
    struct meta_blob blob;
    *out = NULL;
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    lreg_status status = core_package_find_blob(core, package, &arena, &blob, err);
    if (status == LREG_OK) {
        status = core_blob_open(core, &blob, out, out_length, err);
    }
    arena_free(&arena);
    return status;
}
