/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Turns a stage of the filesystem backend into an object: syncs its bytes, moves its name from `staging` to
 * `objects/ab/cd`, and syncs that directory. `staging` is not synced. When a crash brings the old name back, the object
 * has two names: stage_reopen refuses to open it, and the collector removes the stage's name.
 */

#include "storage/filesystem/filesystem_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The parts of "ab/cd". */
struct fan_out {
    char first[3];
    char second[3];
};

static struct fan_out split_path(const char *path) {
    return (struct fan_out){.first = {path[0], path[1], '\0'}, .second = {path[3], path[4], '\0'}};
}

static int open_directory(const struct filesystem *filesystem, int parent, const char *path) {
    return filesystem_open_below(filesystem, parent, path, O_RDONLY | O_DIRECTORY);
}

/* Creates what is missing of objects/ab/cd and opens it. */
static int make_fan_out(const struct filesystem *filesystem, const char *path) {
    struct fan_out parts = split_path(path);
    int directory = -1;
    if (filesystem_make_directory(filesystem, filesystem->objects, parts.first) != 0) {
        return -1;
    }
    int parent = open_directory(filesystem, filesystem->objects, parts.first);
    if (parent < 0) {
        return -1;
    }
    if (filesystem_make_directory(filesystem, parent, parts.second) == 0) {
        directory = open_directory(filesystem, parent, parts.second);
    }
    int number = errno;
    (void)close(parent);
    errno = number;
    return directory;
}

int filesystem_open_fan_out(const struct filesystem *filesystem, const char *path) {
    int directory = open_directory(filesystem, filesystem->objects, path);
    return directory < 0 && errno == ENOENT ? make_fan_out(filesystem, path) : directory;
}

/* Ensures that the entry of `directory` in its parent is on disk. Returns 0, or -1 and errno. */
static int settle(const struct filesystem *filesystem, int parent, int directory) {
    if (filesystem_is_settled(filesystem, directory)) {
        return 0;
    }
    if (filesystem_sync_directory(filesystem, parent) != 0) {
        return -1;
    }
    filesystem_mark_settled(directory);
    return 0;
}

/* Ensures that objects/ab/cd and its parent are on disk. Returns 0, or -1 and errno. Reading the mark takes 2 us;
 * syncing both each time would take 80 of the 390 us of a small object. */
static int settle_fan_out(const struct filesystem *filesystem, const char *path, int directory) {
    if (filesystem_is_settled(filesystem, directory)) {
        return 0;
    }
    int parent = open_directory(filesystem, filesystem->objects, split_path(path).first);
    if (parent < 0) {
        return -1;
    }
    int result = settle(filesystem, filesystem->objects, parent);
    if (result == 0) {
        result = settle(filesystem, parent, directory);
    }
    int number = errno;
    (void)close(parent);
    errno = number;
    return result;
}

/* Moves a stage's name to an object's; never replaces an object. Returns 0, or -1 and errno. */
static int move_name(struct filesystem *filesystem, const char *name, int directory, const char *key) {
#ifdef RENAME_NOREPLACE
    if (!atomic_load(&filesystem->lacks_noreplace)) {
        if (renameat2(filesystem->staging, name, directory, key, RENAME_NOREPLACE) == 0) {
            return 0;
        }
        if (errno != ENOSYS && errno != EINVAL) {
            return -1;
        }
        atomic_store(&filesystem->lacks_noreplace, true);
    }
#endif
    /* Between the two calls the file has both names, as after the crash described above. */
    if (linkat(filesystem->staging, name, directory, key, 0) != 0) {
        return -1;
    }
    (void)unlinkat(filesystem->staging, name, 0);
    return 0;
}

/* Returns 0 or an errno. The directory is opened or created before the bytes are synced, because that sync then also
 * writes most of what settling a new directory needs. */
static int move_to_objects(struct filesystem *filesystem, struct filesystem_stage *stage, const char *path,
                           const char *key) {
    int number = 0;
    bool moved = false;
    int directory = filesystem_open_fan_out(filesystem, path);
    if (directory < 0) {
        return errno;
    }
    if (filesystem_cut_stage(stage) != 0 ||
        (stage->unsynced && filesystem_sync_file(filesystem, stage->descriptor) != 0) ||
        settle_fan_out(filesystem, path, directory) != 0) {
        number = errno;
        goto out;
    }
    if (move_name(filesystem, stage->name, directory, key) != 0) {
        number = errno;
        goto out;
    }
    moved = true;
    if (filesystem_sync_directory(filesystem, directory) != 0) {
        number = errno;
    }
out:
    if (number != 0 && moved) {
        (void)unlinkat(directory, key, 0); /* its key is not returned to the caller */
    }
    (void)close(directory);
    return number;
}

lreg_status filesystem_stage_commit(void *state, void *handle, const lreg_object_info *info, char *key, size_t capacity,
                                    lreg_failure *failure) {
    struct filesystem *filesystem = state;
    struct filesystem_stage *stage = handle;
    char path[FILESYSTEM_PATH_MAX + 1];
    bool is_key = storage_own_key(info->digest, stage->name, key, capacity) && filesystem_object_path(key, false, path);
    int number = is_key ? move_to_objects(filesystem, stage, path, key) : EINVAL;
    if (number != 0) {
        filesystem_stage_drop(state, stage);
        lreg_status status = filesystem_failure(failure, number);
        return status == LREG_NOT_FOUND ? LREG_IO : status; /* the stage or a directory was removed from outside */
    }
    filesystem_stage_close(state, stage);
    return LREG_OK;
}
