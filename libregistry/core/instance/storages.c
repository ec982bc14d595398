/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The names of storages. Every row of a blob, a doomed object and an upload session has the name of the storage that
 * holds its bytes. An instance has one storage open; rows of others stay as they are until theirs is open again.
 *
 * In a directory from before storages had names, rows say META_STORAGE_UNNAMED. The first opening gives them the name
 * of the files below the directory when it has such files. Otherwise they are a host's, and get the name of the first
 * storage of a host that is opened.
 */

#include "core/instance/directory_internal.h"
#include "core/instance/state.h"

#define OTHERS_MAX 64
#define ARENA_BYTES ((size_t)16 * 1024)

/* Noted by an opening that could not decide. Files that are below the directory later are then not the objects of rows
 * without a name. */
#define VALUE_UNNAMED "unnamed_storage"
#define UNNAMED_OF_HOST "host"

static bool is_hosts(const struct core *core) {
    return !core->is_own_filesystem && !core->is_own_memory;
}

/* What decides whose the rows without a name are. */
struct unnamed {
    bool is_there; /* there are such rows */
    bool is_hosts; /* an earlier opening noted that they are a host's */
    bool has_objects; /* the directory has packages as files */
};

static lreg_status look(const struct core *core, struct meta_transaction *transaction, struct unnamed *out,
                        struct error *err) {
    struct arena arena;
    const char *noted = NULL;
    lreg_status status = meta_storage_exists(transaction, META_STORAGE_UNNAMED, &out->is_there, err);
    if (status != LREG_OK || !out->is_there) {
        return status;
    }
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    status = meta_value_find(transaction, VALUE_UNNAMED, &arena, &noted, err);
    out->is_hosts = noted != NULL;
    arena_free(&arena);
    return status;
}

static lreg_status look_first(struct core *core, struct unnamed *out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = look(core, transaction, out, err);
    meta_rollback(transaction);
    return status;
}

static lreg_status decide(const struct core *core, struct meta_transaction *transaction, struct unnamed *unnamed,
                          struct error *err) {
    lreg_status status = look(core, transaction, unnamed, err); /* another process may have decided since */
    if (status != LREG_OK || !unnamed->is_there) {
        return status;
    }
    if (unnamed->has_objects && !unnamed->is_hosts) {
        return meta_storage_rename(transaction, META_STORAGE_UNNAMED, CORE_STORAGE_LOCAL, err);
    }
    if (is_hosts(core)) {
        return meta_storage_rename(transaction, META_STORAGE_UNNAMED, core->storage_name, err);
    }
    return meta_value_set(transaction, VALUE_UNNAMED, UNNAMED_OF_HOST, err);
}

static lreg_status settle_names(struct core *core, const struct core_directory *directory, struct error *err) {
    struct unnamed unnamed = {0};
    struct meta_transaction *transaction = NULL;
    if (directory->descriptor < 0 || core->is_read_only) {
        return LREG_OK;
    }
    lreg_status status = look_first(core, &unnamed, err);
    if (status != LREG_OK || !unnamed.is_there || (unnamed.is_hosts && !is_hosts(core))) {
        return status;
    }
    status = core_directory_has_objects(directory, &unnamed.has_objects, err);
    if (status == LREG_OK) {
        status = meta_begin(core->meta, META_WRITE, &transaction, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    status = decide(core, transaction, &unnamed, err);
    return meta_end(transaction, status, err);
}

lreg_status core_storages_tell(struct core *core, core_storage_told tell, void *user, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct meta_storage *others = NULL;
    size_t count = 0;
    struct arena arena;
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status == LREG_OK) {
        status = meta_storage_list_others(transaction, core->storage_name, OTHERS_MAX, &arena, &others, &count, err);
        meta_rollback(transaction);
    }
    for (size_t i = 0; status == LREG_OK && i < count; i++) {
        status = tell(user, &others[i], err);
    }
    arena_free(&arena);
    return status;
}

static lreg_status warn(void *user, const struct meta_storage *other, struct error *err) {
    const struct core *core = user;
    (void)err;
    if (other->has_blobs) {
        hooks_log(&core->hooks, LREG_LOG_WARNING,
                  "the directory has packages in the storage \"%s\", and \"%s\" is open: those are not served until the"
                  " directory is opened with their storage, or they are published again",
                  other->name, core->storage_name);
    }
    return LREG_OK;
}

static lreg_status names_objects(struct core *core, bool *out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct meta_blob *blobs = NULL;
    size_t count = 0;
    struct arena arena;
    arena_init(&arena, &core->hooks, ARENA_BYTES);
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status == LREG_OK) {
        status = meta_blob_list(transaction, CORE_STORAGE_LOCAL, 0, 1, &arena, &blobs, &count, err);
        meta_rollback(transaction);
    }
    *out = status == LREG_OK && count > 0;
    arena_free(&arena);
    return status;
}

/* An empty folder is the mount point of a disk that is not mounted. Both are checked twice, because another process may
 * publish the first package, or collect the last one, between the check of the folder and that of the database. */
lreg_status core_storages_check_objects(struct core *core, const struct core_directory *directory, struct error *err) {
    bool lacks = core->is_own_filesystem;
    lreg_status status = LREG_OK;
    for (int attempt = 0; status == LREG_OK && lacks && attempt < 2; attempt++) {
        status = core_directory_lacks_objects(directory, &lacks, err);
        if (status == LREG_OK && lacks) {
            status = names_objects(core, &lacks, err);
        }
    }
    if (status != LREG_OK || !lacks) {
        return status;
    }
    return error_set(err, LREG_CORRUPT, "objects_missing",
                     "the folder objects in the data directory is empty, and the database names packages: mount the"
                     " disk that has them, or restore a backup (docs/hosting.md, \"Restoring\"). If they are lost, make"
                     " a folder objects/00 to open the registry without them. Nothing was changed");
}

lreg_status core_storages_settle(struct core *core, const struct core_directory *directory, struct error *err) {
    lreg_status status = settle_names(core, directory, err);
    return status == LREG_OK ? core_storages_tell(core, warn, core, err) : status;
}
