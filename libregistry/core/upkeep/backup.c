/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An online backup: a copy of the database, then every object that the copy names, copied or, on demand, linked.
 * Meanwhile a pause keeps collectors from removing objects. Without a pause, or after it ended, an object may be gone.
 * Then the current database no longer names it, and is copied again; objects that were copied already stay.
 *
 * Everything is created under a temporary name beside the destination. It gets the destination's name when it is
 * complete, durable, and was opened once. Objects that the storage has lost do not keep the others from being saved:
 * they are named in the log, and the backup is reported as incomplete.
 */

#include "core/upkeep/maintenance.h"

#include "base/descriptor.h"
#include "base/encoding.h"
#include "core/content/objects.h"
#include "core/instance/state.h"
#include "core/upkeep/collection_pause.h"
#include "storage/filesystem/filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_ROWS 256
#define ARENA_BYTES ((size_t)1024 * 1024)
#define ATTEMPTS_MAX 16
#define KEY_FILE_MAX 256
#define RANDOM_BYTES 8
#define TREE_DESCRIPTORS 8
#define BUSY_TIMEOUT_MS 5000

struct backup {
    struct core *core;
    struct core *copy; /* the backup, opened; NULL when not */
    const char *destination; /* without trailing slashes */
    const char *partial; /* its temporary path */
    int64_t paused_until_ms; /* 0: no pause */
    bool is_linked; /* objects by hard link */
    uint64_t lost; /* objects that the storage does not have */
    char lost_name[DIGEST_SHA256_TEXT]; /* of the first one */
    struct arena paths;
    struct arena page;
};

static lreg_status path_of(struct backup *run, const char *name, const char **out, struct error *err) {
    *out = arena_format(&run->paths, "%s/%s", run->partial, name);
    return *out != NULL ? LREG_OK : error_no_memory(err);
}

/* A backup belongs to the owner of the instance, so that it can replace the instance. */
static lreg_status give(const struct backup *run, const char *path, struct error *err) {
    if (!run->core->owner.is_other) {
        return LREG_OK;
    }
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    int number = file >= 0 && owner_give(&run->core->owner, file) == 0 ? 0 : errno;
    if (file >= 0) {
        (void)close(file);
    }
    return number == 0 ? LREG_OK : error_set_errno(err, number, "cannot give the backup to the instance's owner");
}

/* --- The instance key --- */

static lreg_status read_key_file(struct backup *run, char *bytes, size_t *out_length, struct error *err) {
    const char *path = arena_format(&run->paths, "%s/%s", run->core->directory, CORE_KEY_FILE);
    ssize_t got;
    if (path == NULL) {
        return error_no_memory(err);
    }
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0) {
        return error_set_errno(err, errno, "cannot open the instance key");
    }
    do {
        got = read(file, bytes, KEY_FILE_MAX);
    } while (got < 0 && errno == EINTR);
    int number = got < 0 ? errno : EIO;
    (void)close(file);
    if (got <= 0) {
        return error_set_errno(err, number, "cannot read the instance key");
    }
    *out_length = (size_t)got;
    return LREG_OK;
}

static lreg_status copy_key(struct backup *run, struct error *err) {
    char bytes[KEY_FILE_MAX];
    size_t length = 0;
    const char *path = NULL;
    lreg_status status = path_of(run, CORE_KEY_FILE, &path, err);
    if (status != LREG_OK) {
        return status;
    }
    status = read_key_file(run, bytes, &length, err);
    if (status != LREG_OK) {
        return status;
    }
    int file = descriptor_above_streams(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file < 0) {
        status = error_set_errno(err, errno, "cannot make the backup's instance key");
    } else if (owner_give(&run->core->owner, file) != 0 || fchmod(file, 0600) != 0 ||
               write(file, bytes, length) != (ssize_t)length) {
        status = error_set(err, LREG_IO, "", "cannot write the backup's instance key");
    }
    if (file >= 0) {
        (void)close(file);
    }
    memory_wipe(bytes, sizeof bytes);
    return status;
}

/* --- The database --- */

static void close_copy(struct backup *run) {
    core_release(run->copy);
    run->copy = NULL;
}

/* Removes what an earlier attempt left. */
static lreg_status remove_database(struct backup *run, struct error *err) {
    static const char *const database_files[] = {META_DATABASE_FILE, META_DATABASE_FILE "-wal",
                                                 META_DATABASE_FILE "-shm"};
    for (size_t i = 0; i < sizeof database_files / sizeof database_files[0]; i++) {
        const char *path = NULL;
        lreg_status status = path_of(run, database_files[i], &path, err);
        if (status != LREG_OK) {
            return status;
        }
        if (unlink(path) != 0 && errno != ENOENT) {
            return error_set_errno(err, errno, "cannot remove an earlier copy of the database");
        }
    }
    return LREG_OK;
}

/* Opening the copy as an instance verifies that its database and its key are sound and match. Nothing is synced here
 * because everything is synced at the end. */
static lreg_status copy_database(struct backup *run, struct error *err) {
    const char *path = NULL;
    struct core_options options = {
        .hooks = run->core->hooks,
        .directory = run->partial,
        .is_filled_later = true,
        .busy_timeout_ms = BUSY_TIMEOUT_MS,
        .limits = run->core->limits,
        .ecosystems = run->core->ecosystems,
    };
    lreg_status status = path_of(run, META_DATABASE_FILE, &path, err);
    if (status == LREG_OK) {
        status = remove_database(run, err);
    }
    if (status == LREG_OK) {
        status = meta_backup(run->core->meta, path, err);
    }
    if (status == LREG_OK) {
        status = give(run, path, err); /* no connection has it open yet, so closing it drops no lock */
    }
    if (status == LREG_OK) {
        status = core_open(&options, &run->copy, err);
    }
    return status;
}

/* Begins the pause, or extends it when half of it is over. A full disk is not a reason to fail the backup. */
static void pause_collection(struct backup *run) {
    int64_t now_ms = hooks_now_ms(&run->core->hooks);
    int64_t until_ms = now_ms + CORE_COLLECTION_PAUSE_MS;
    if (run->paused_until_ms - now_ms > CORE_COLLECTION_PAUSE_MS / 2) {
        return;
    }
    if (core_collection_pause_begin(run->core, until_ms, NULL) == LREG_OK) {
        run->paused_until_ms = until_ms;
    }
}

static void end_hold(struct backup *run) {
    if (run->paused_until_ms != 0) {
        (void)core_collection_pause_end(run->core, run->paused_until_ms, NULL);
    }
}

/* --- Objects --- */

static void note_lost(struct backup *run, const struct meta_blob *blob) {
    char name[DIGEST_SHA256_TEXT];
    hex_encode(blob->sha256, sizeof blob->sha256, name);
    hooks_log(&run->core->hooks, LREG_LOG_ERROR, "the backup lacks blob sha256:%s, which the storage has lost", name);
    if (run->lost == 0) {
        memcpy(run->lost_name, name, sizeof name);
    }
    run->lost++;
}

/* A blob that the current database still names but the storage does not have is lost. Otherwise the collector was
 * faster: sets `*out_gone`. */
static lreg_status judge_missing(struct backup *run, const struct meta_blob *blob, bool *out_gone, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct meta_blob current;
    lreg_status status = meta_begin(run->core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_blob_find(transaction, blob->storage, blob->sha256, &run->page, &current, err);
    meta_rollback(transaction);
    if (status == LREG_OK && strcmp(current.key, blob->key) == 0) {
        note_lost(run, blob);
        return LREG_OK;
    }
    if (status == LREG_NOT_FOUND) {
        error_clear(err);
        status = LREG_OK;
    }
    *out_gone = *out_gone || status == LREG_OK;
    return status;
}

static lreg_status copy_blob(struct backup *run, const struct meta_blob *blob, bool *out_gone, struct error *err) {
    struct storage *storage = NULL;
    lreg_status status = core_storage_find(run->core, blob->storage, &storage, err);
    if (status != LREG_OK) {
        return status;
    }
    status = storage_filesystem_copy(storage, blob->key, run->copy->storage, run->is_linked, err);
    if (status == LREG_NOT_FOUND) {
        error_clear(err);
        status = judge_missing(run, blob, out_gone, err);
    }
    return status;
}

static lreg_status read_page(struct backup *run, int64_t after_id, struct meta_blob **out, size_t *out_count,
                             struct error *err) {
    struct meta_transaction *transaction = NULL;
    arena_reset(&run->page);
    lreg_status status = meta_begin(run->copy->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_blob_list(transaction, CORE_STORAGE_LOCAL, after_id, PAGE_ROWS, &run->page, out, out_count, err);
    meta_rollback(transaction);
    return status;
}

static lreg_status copy_objects(struct backup *run, bool *out_gone, struct error *err) {
    int64_t after_id = 0;
    size_t count = 0;
    *out_gone = false;
    run->lost = 0;
    do {
        struct meta_blob *blobs = NULL;
        lreg_status status = read_page(run, after_id, &blobs, &count, err);
        for (size_t i = 0; status == LREG_OK && i < count; i++) {
            pause_collection(run);
            status = copy_blob(run, &blobs[i], out_gone, err);
            after_id = blobs[i].id;
        }
        if (status != LREG_OK) {
            return status;
        }
    } while (count > 0);
    return LREG_OK;
}

static lreg_status copy_store(struct backup *run, struct error *err) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        bool gone = false;
        pause_collection(run);
        lreg_status status = copy_database(run, err);
        if (status == LREG_OK) {
            status = copy_objects(run, &gone, err);
        }
        if (status == LREG_OK && !gone) {
            status = meta_check(run->copy->meta, err);
        }
        if (status == LREG_OK && !gone) {
            status = core_collection_pause_end(run->copy, run->paused_until_ms, err); /* the pause was copied too */
        }
        close_copy(run);
        if (status != LREG_OK || !gone) {
            return status;
        }
    }
    return error_set(err, LREG_BUSY, "backup_overtaken", "blobs were collected faster than they could be copied");
}

/* --- The directory --- */

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *position) {
    (void)facts;
    (void)type;
    (void)position;
    (void)remove(path);
    return 0;
}

/* The tree is at most as deep as a store; symbolic links are removed, not followed. */
static void remove_tree(const char *path) {
    (void)nftw(path, remove_entry, TREE_DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

static lreg_status open_parent(struct backup *run, int *out, struct error *err) {
    const char *slash = strrchr(run->destination, '/');
    const char *parent = ".";
    *out = -1;
    if (slash != NULL) {
        size_t length = slash > run->destination ? (size_t)(slash - run->destination) : 1;
        parent = arena_copy_bytes(&run->paths, run->destination, length);
    }
    if (parent == NULL) {
        return error_no_memory(err);
    }
    *out = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *out >= 0 ? LREG_OK : error_set_errno(err, errno, "cannot open the folder of the backup");
}

/* Follows ".." from `folder` to the root; symbolic links in paths do not matter. Closes `folder`. */
static bool is_within(int folder, const struct stat *outer) {
    struct stat at = {0};
    struct stat last = {0};
    bool is_found = false;
    bool is_root = false;
    while (folder >= 0 && !is_found && !is_root && fstat(folder, &at) == 0) {
        is_found = at.st_dev == outer->st_dev && at.st_ino == outer->st_ino;
        is_root = at.st_dev == last.st_dev && at.st_ino == last.st_ino;
        last = at;
        int above = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        (void)close(folder);
        folder = above;
    }
    if (folder >= 0) {
        (void)close(folder);
    }
    return is_found;
}

/* A backup inside of the data directory is lost with it. */
static lreg_status check_outside(struct backup *run, struct error *err) {
    struct stat own;
    int parent = -1;
    if (stat(run->core->directory, &own) != 0) {
        return error_set_errno(err, errno, "cannot look at the data directory");
    }
    lreg_status status = open_parent(run, &parent, err);
    if (status == LREG_OK && is_within(parent, &own)) {
        status = error_set(err, LREG_BAD_ARGUMENT, "backup_inside",
                           "the backup would be inside of the data directory, and be lost with it: choose a directory"
                           " outside, best on another disk");
    }
    return status;
}

static lreg_status sync_parent(struct backup *run, struct error *err) {
    int directory = -1;
    lreg_status status = open_parent(run, &directory, err);
    if (status != LREG_OK) {
        return status;
    }
    int number = fsync(directory) == 0 || errno == EINVAL ? 0 : errno;
    (void)close(directory);
    return number == 0 ? LREG_OK : error_set_errno(err, number, "cannot make the backup durable");
}

static lreg_status choose_paths(struct backup *run, const char *directory, struct error *err) {
    uint8_t random[RANDOM_BYTES];
    char suffix[2 * sizeof random + 1];
    struct stat facts;
    size_t length = strlen(directory);
    while (length > 1 && directory[length - 1] == '/') {
        length--;
    }
    if (length == 0) {
        return error_set(err, LREG_BAD_ARGUMENT, "", "a backup needs a directory");
    }
    lreg_status status = hooks_random(&run->core->hooks, random, sizeof random, err);
    if (status != LREG_OK) {
        return status;
    }
    hex_encode(random, sizeof random, suffix);
    run->destination = arena_copy_bytes(&run->paths, directory, length);
    if (run->destination == NULL) {
        return error_no_memory(err);
    }
    run->partial = arena_format(&run->paths, "%s.partial-%s", run->destination, suffix);
    if (run->partial == NULL) {
        return error_no_memory(err);
    }
    if (lstat(run->destination, &facts) == 0) {
        return error_set(err, LREG_CONFLICT, "backup_exists", "the backup's directory exists already");
    }
    return check_outside(run, err);
}

static lreg_status finish(struct backup *run, struct error *err) {
    /* One sync of the file system: otherwise each of up to 65,536 directories would need a sync. */
    lreg_status status = storage_sync_file_system(run->partial, err);
    if (status != LREG_OK) {
        return status;
    }
    /* Fails when a non-empty directory got the name meanwhile. */
    if (rename(run->partial, run->destination) != 0) {
        return error_set_errno(err, errno, "cannot give the backup its name");
    }
    return sync_parent(run, err);
}

static lreg_status back_up(struct backup *run, const char *directory, struct error *err) {
    lreg_status status = choose_paths(run, directory, err);
    if (status != LREG_OK) {
        return status;
    }
    if (mkdir(run->partial, 0700) != 0 || chmod(run->partial, 0700) != 0) { /* regardless of the umask */
        return error_set_errno(err, errno, "cannot make the backup's directory");
    }
    status = give(run, run->partial, err);
    if (status == LREG_OK) {
        status = copy_key(run, err);
    }
    if (status == LREG_OK) {
        status = copy_store(run, err);
    }
    if (status == LREG_OK) {
        status = finish(run, err);
    }
    if (status != LREG_OK) {
        remove_tree(run->partial);
    }
    return status;
}

static lreg_status tell_of_other(void *user, const struct meta_storage *other, struct error *err) {
    const struct core *core = user;
    (void)err;
    if (other->has_blobs) {
        hooks_log(&core->hooks, LREG_LOG_WARNING,
                  "the backup is without the packages that are in the storage \"%s\", which is not open", other->name);
    }
    return LREG_OK;
}

lreg_status core_backup(struct core *core, const char *directory, bool is_linked, struct error *err) {
    struct backup run = {.core = core, .is_linked = is_linked};
    if (!core->is_own_filesystem) {
        return error_set(err, LREG_UNSUPPORTED, "backup_unsupported",
                         "only an instance with a data directory and filesystem storage can be backed up");
    }
    (void)core_flush_downloads(core, NULL); /* so that the copy has them; a failure does not matter */
    arena_init(&run.paths, &core->hooks, ARENA_BYTES);
    arena_init(&run.page, &core->hooks, ARENA_BYTES);
    lreg_status status = core_storages_tell(core, tell_of_other, core, err);
    if (status == LREG_OK) {
        status = back_up(&run, directory, err);
    }
    if (status == LREG_OK && run.lost > 0) {
        status = error_set(err, LREG_CORRUPT, "backup_incomplete",
                           "the backup was made without %llu blobs that the storage has lost, the first is sha256:%s"
                           " (the log names all): publish their packages again, or delete them, and repeat it",
                           (unsigned long long)run.lost, run.lost_name);
    }
    close_copy(&run);
    end_hold(&run);
    arena_free(&run.page);
    arena_free(&run.paths);
    return status;
}
