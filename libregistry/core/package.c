/* SPDX-License-Identifier: Apache-2.0 */

/* Packages: found, listed, put, deleted, opened. A snapshot also contains the row of the package's blob, if that was
 * read with it, so that a warm download needs no SQL. */

#include "core/package.h"

#include "base/encoding.h"
#include "base/text.h"
#include "core/audit.h"
#include "core/ecosystem.h"
#include "core/instance/state.h"
#include "core/rules.h"

#include <stdio.h>
#include <string.h>

/* The whole of a snapshot; callers see only `package`. */
struct package_object {
    struct core_package package;
    struct meta_blob blob; /* id 0: not read with the row */
};

#define ARENA_BYTES (256u * 1024)
#define CACHE_KEY_MAX 1024

static lreg_status package_unknown(struct error *err) {
    return error_set(err, LREG_NOT_FOUND, "package_unknown", "there is no such package in the registry");
}

/* --- Snapshots --- */

static void destroy_package(void *memory) {
    struct package_object *object = memory;
    core_registry_release(object->package.registry);
}

void core_package_retain(const struct core_package *package) {
    core_shared_retain(package->shared);
}

void core_package_release(const struct core_package *package) {
    if (package != NULL) {
        core_shared_release(package->shared);
    }
}

static void attach_registry(struct core_shared *shared, const struct core_registry *registry) {
    struct package_object *object = core_shared_object(shared);
    core_registry_retain(registry);
    object->package.registry = registry;
    object->package.shared = shared;
}

static bool copy_text(struct arena *arena, const char **text) {
    const char *copy = arena_copy_text(arena, *text);
    bool copied = copy != NULL || *text == NULL;
    *text = copy;
    return copied;
}

static bool copy_row(struct arena *arena, const struct meta_package *row, struct meta_package *out) {
    *out = *row;
    return copy_text(arena, &out->id) && copy_text(arena, &out->registry_id) && copy_text(arena, &out->name) &&
           copy_text(arena, &out->version) && copy_text(arena, &out->qualifier) && copy_text(arena, &out->filename) &&
           copy_text(arena, &out->media_type) && copy_text(arena, &out->document) &&
           copy_text(arena, &out->attributes) && copy_text(arena, &out->index_entry) &&
           copy_text(arena, &out->published_by);
}

lreg_status core_package_snapshot(struct core *core, const struct core_registry *registry,
                                  const struct meta_package *row, const struct core_package **out, struct error *err) {
    struct core_shared *shared = NULL;
    void *memory = NULL;
    *out = NULL;
    lreg_status status = core_shared_new(core, sizeof(struct package_object), destroy_package, &memory, &shared, err);
    if (status != LREG_OK) {
        return status;
    }
    struct package_object *object = memory;
    attach_registry(shared, registry);
    if (!copy_row(core_shared_arena(shared), row, &object->package.row)) {
        core_shared_release(shared);
        return error_no_memory(err);
    }
    *out = &object->package;
    return LREG_OK;
}

/* --- Finding --- */

/* A package is looked up by its id or its filename. */
struct package_lookup {
    const struct core_registry *registry;
    const char *id;
    const char *filename;
};

static lreg_status read_package(struct core *core, struct meta_transaction *transaction, const void *arguments,
                                struct core_shared *shared, struct error *err) {
    const struct package_lookup *lookup = arguments;
    struct package_object *object = core_shared_object(shared);
    struct meta_package *row = &object->package.row;
    struct arena *arena = core_shared_arena(shared);
    const char *registry_id = lookup->registry->row.id;
    (void)core;
    attach_registry(shared, lookup->registry);
    lreg_status status =
        lookup->id != NULL ? meta_package_find(transaction, registry_id, lookup->id, arena, row, err)
                           : meta_package_find_by_filename(transaction, registry_id, lookup->filename, arena, row, err);
    if (status == LREG_NOT_FOUND) {
        return package_unknown(err);
    }
    if (status != LREG_OK || row->blob_id == 0) {
        return status;
    }
    status = meta_blob_find_by_id(transaction, row->blob_id, arena, &object->blob, err);
    if (status == LREG_NOT_FOUND) {
        return error_set(err, LREG_CORRUPT, "blob_unknown", "a package names a blob that the metadata does not know");
    }
    return status;
}

static const struct core_lookup lookup_of_package = {
    .object_bytes = sizeof(struct package_object),
    .destroy = destroy_package,
    .read = read_package,
};

static lreg_status find_package(struct core *core, const char *key, const struct package_lookup *lookup,
                                const struct core_package **out, struct error *err) {
    struct core_shared *shared = NULL;
    *out = NULL;
    lreg_status status = core_find_cached(core, &lookup_of_package, key, lookup, &shared, err);
    if (status == LREG_OK) {
        *out = core_shared_object(shared);
    }
    return status;
}

lreg_status core_package_find(struct core *core, const struct core_registry *registry, const char *id,
                              const struct core_package **out, struct error *err) {
    const struct package_lookup lookup = {.registry = registry, .id = id};
    char key[CACHE_KEY_MAX];
    *out = NULL;
    if (!id_is_valid(id)) {
        return package_unknown(err);
    }
    (void)snprintf(key, sizeof key, "package\nid\n%s\n%s", registry->row.id, id);
    return find_package(core, key, &lookup, out, err);
}

lreg_status core_package_find_by_filename(struct core *core, const struct core_registry *registry, const char *filename,
                                          const struct core_package **out, struct error *err) {
    const struct package_lookup lookup = {.registry = registry, .filename = filename};
    char key[CACHE_KEY_MAX];
    *out = NULL;
    int length = snprintf(key, sizeof key, "package\nfile\n%s\n%s", registry->row.id, filename);
    if (length < 0 || (size_t)length >= sizeof key) {
        return package_unknown(err); /* longer than any name that can be published */
    }
    return find_package(core, key, &lookup, out, err);
}

lreg_status core_package_list(struct core *core, const struct meta_package_query *query, struct arena *arena,
                              struct meta_package **out, size_t *out_count, struct error *err) {
    struct meta_transaction *transaction = NULL;
    *out = NULL;
    *out_count = 0;
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_package_list(transaction, query, arena, out, out_count, err);
    meta_rollback(transaction);
    return status;
}

lreg_status core_package_search(struct core *core, const struct meta_package_query *query, size_t looks_at,
                                struct arena *arena, struct meta_package **out, size_t *out_count,
                                const char **out_last, struct error *err) {
    struct meta_transaction *transaction = NULL;
    char last[ID_TEXT] = "";
    *out = NULL;
    *out_count = 0;
    *out_last = NULL;
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_package_search(transaction, query, looks_at, arena, out, out_count, last, err);
    meta_rollback(transaction);
    if (status == LREG_OK && last[0] != '\0') {
        *out_last = arena_copy_text(arena, last);
        return *out_last != NULL ? LREG_OK : error_no_memory(err);
    }
    return status;
}

/* --- Changing --- */

/* A change in progress. */
struct change {
    struct core *core;
    struct meta_transaction *transaction;
    const struct core_actor *actor;
    const struct core_registry *registry;
    struct arena *arena;
};

/* Recorded with every change to a registry's packages. */
static lreg_status note_change(const struct change *change, const char *type, const struct meta_package *row,
                               struct error *err) {
    char sha256[DIGEST_SHA256_TEXT];
    const struct meta_registry *registry = &change->registry->row;
    lreg_status status = meta_registry_touch(change->transaction, registry->id, err);
    if (status != LREG_OK) {
        return status;
    }
    hex_encode(row->digests.sha256, sizeof row->digests.sha256, sha256);
    const char *data = arena_format(change->arena, "{\"package_id\":\"%s\",\"sha256\":\"%s\"}", row->id, sha256);
    if (data == NULL) {
        return error_no_memory(err);
    }
    return core_audit(change->core, change->transaction, change->actor, registry->organization_id, registry->id, type,
                      row->filename, data, err);
}

/* The id has the time of the row, so that a listing finds the position of a deleted package. It is greater than the
 * other ids of the same millisecond, so that the newest come first there as well. */
static lreg_status new_package_id(const struct change *change, int64_t created_ms, char out[ID_TEXT],
                                  struct error *err) {
    char newest[ID_TEXT];
    lreg_status status = id_new_at(&change->core->hooks, created_ms, out, err);
    if (status == LREG_OK) {
        status = meta_package_newest_at(change->transaction, change->registry->row.id, created_ms, newest, err);
    }
    if (status == LREG_OK) {
        id_put_behind(out, newest);
    }
    return status;
}

static lreg_status insert_package(const struct change *change, struct meta_package *row, struct error *err) {
    char id[ID_TEXT];
    lreg_status status = new_package_id(change, row->updated_ms, id, err);
    if (status != LREG_OK) {
        return status;
    }
    row->id = arena_copy_text(change->arena, id);
    if (row->id == NULL) {
        return error_no_memory(err);
    }
    row->created_ms = row->updated_ms;
    row->downloads = 0;
    status = meta_package_insert(change->transaction, row, err);
    if (status != LREG_OK) {
        return status;
    }
    return note_change(change, "PackageCreatedEvent", row, err);
}

/* HTTP dates have whole seconds. Two contents of a name must never share one, and the later content must not have an
 * earlier date when the clock was set back: clients that ask by date would keep the old content for ever, or join parts
 * of both. */
static int64_t update_time_ms(int64_t now_ms, int64_t before_ms) {
    int64_t next_second_ms = (before_ms / 1000 + 1) * 1000;
    return now_ms > next_second_ms ? now_ms : next_second_ms;
}

static lreg_status update_package(const struct change *change, const struct meta_package *existing,
                                  struct meta_package *row, struct error *err) {
    row->updated_ms = update_time_ms(row->updated_ms, existing->updated_ms);
    row->id = existing->id;
    row->name = existing->name;
    row->version = existing->version;
    row->created_ms = existing->created_ms;
    row->downloads = existing->downloads;
    lreg_status status = meta_package_update(change->transaction, row, err);
    if (status != LREG_OK) {
        return status;
    }
    return note_change(change, "PackageUpdatedEvent", row, err);
}

static bool has_same_content(const struct meta_package *a, const struct meta_package *b) {
    uint32_t algorithms = a->digests.algorithms & b->digests.algorithms;
    return (algorithms & DIGEST_SHA256) != 0 && text_equals(a->document, b->document) &&
           memcmp(a->digests.sha256, b->digests.sha256, sizeof a->digests.sha256) == 0;
}

lreg_status core_package_put(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                             const struct core_registry *registry, struct meta_package *row, bool replace,
                             bool *created, struct arena *arena, struct error *err) {
    const struct change change = {core, transaction, actor, registry, arena};
    struct meta_registry current;
    struct meta_package existing;
    *created = false;
    /* The registry as it is now, not as it was when the upload began. */
    lreg_status status = core_registry_reread(transaction, registry, arena, &current, err);
    if (status != LREG_OK) {
        return status;
    }
    row->registry_id = registry->row.id;
    row->published_by = actor->principal->label;
    row->updated_ms = hooks_now_ms(&core->hooks);
    status = meta_package_find_by_filename(transaction, registry->row.id, row->filename, arena, &existing, err);
    if (status == LREG_NOT_FOUND) {
        error_clear(err);
        status = insert_package(&change, row, err);
        *created = status == LREG_OK;
        return status;
    }
    if (status != LREG_OK) {
        return status;
    }
    if (has_same_content(&existing, row)) {
        *row = existing;
        return LREG_OK;
    }
    if (!replace && !current.allow_overwrite) {
        return error_set(err, LREG_CONFLICT, "package_exists",
                         "the registry has a package \"%s\" already, with other content", row->filename);
    }
    return update_package(&change, &existing, row, err);
}

/* Sets `*row` to the package as it was. */
static lreg_status delete_row(const struct change *change, const char *id, struct meta_package *row,
                              struct error *err) {
    const char *registry_id = change->registry->row.id;
    lreg_status status = meta_package_find(change->transaction, registry_id, id, change->arena, row, err);
    if (status == LREG_NOT_FOUND) {
        return package_unknown(err);
    }
    if (status == LREG_OK) {
        status = meta_package_delete(change->transaction, registry_id, id, err);
    }
    return status == LREG_OK ? note_change(change, "PackageDeletedEvent", row, err) : status;
}

/* The ecosystem is called after the row is removed, with the row as it was, so it sees what is left. */
static lreg_status delete_package(const struct change *change, const char *id, struct error *err) {
    const struct core_ecosystem *ecosystem = change->registry->ecosystem;
    const struct core_package *package = NULL;
    struct meta_package row;
    lreg_status status = delete_row(change, id, &row, err);
    if (status != LREG_OK || ecosystem == NULL || ecosystem->package_deleted == NULL) {
        return status;
    }
    status = core_package_snapshot(change->core, change->registry, &row, &package, err);
    if (status == LREG_OK) {
        status = ecosystem->package_deleted(change->core, change->transaction, package, err);
    }
    core_package_release(package);
    return status;
}

lreg_status core_package_delete_in(struct core *core, struct meta_transaction *transaction,
                                   const struct core_actor *actor, const struct core_registry *registry, const char *id,
                                   struct arena *arena, struct error *err) {
    const struct change change = {core, transaction, actor, registry, arena};
    struct meta_package row;
    return delete_row(&change, id, &row, err);
}

lreg_status core_package_delete(struct core *core, const struct core_actor *actor, const struct core_package *package,
                                struct error *err) {
    struct arena arena;
    struct change change = {core, NULL, actor, package->registry, &arena};
    lreg_status status = meta_begin(core->meta, META_WRITE, &change.transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    status = delete_package(&change, package->row.id, err);
    status = meta_end(change.transaction, status, err);
    arena_free(&arena);
    return status;
}

/* --- Opening --- */

static lreg_status find_blob(struct core *core, int64_t id, struct arena *arena, struct meta_blob *out,
                             struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_blob_find_by_id(transaction, id, arena, out, err);
    meta_rollback(transaction);
    return status == LREG_NOT_FOUND ? package_unknown(err) : status;
}

lreg_status core_package_find_blob(struct core *core, const struct core_package *package, struct arena *arena,
                                   struct meta_blob *out, struct error *err) {
    const struct package_object *object = core_shared_object(package->shared);
    if (package->row.blob_id == 0) {
        return error_set(err, LREG_NOT_FOUND, "package_without_file", "the package is not one file");
    }
    if (object->blob.id != 0) {
        *out = object->blob;
        return LREG_OK;
    }
    return find_blob(core, package->row.blob_id, arena, out, err);
}
