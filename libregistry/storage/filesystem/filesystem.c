/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The filesystem backend: opens a directory as a store. Several processes may use
 * one directory at once, so nothing is kept in memory that another process could invalidate.
 */

#include "storage/filesystem/filesystem.h"

#include "storage/filesystem/filesystem_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int open_or_make(const struct filesystem *filesystem, int parent, const char *name) {
    if (filesystem_make_directory(filesystem, parent, name) != 0) {
        return -1;
    }
    return filesystem_open_part(parent, name, FILESYSTEM_DIRECTORY_FLAGS);
}

/* The host chooses the store's directory, so its path may contain symbolic links. Paths below it may not. */
static int open_root(const struct filesystem *filesystem, const char *path) {
    if (filesystem_make_directory(filesystem, AT_FDCWD, path) != 0) {
        return -1;
    }
    return filesystem_open_part(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Makes the entries of the two folders durable, and that of the store's directory where its parent may be opened.
 * Returns 0, or -1 and errno. */
static int settle_root(const struct filesystem *filesystem, int root) {
    if (filesystem_is_settled(filesystem, filesystem->objects)) {
        return 0;
    }
    int parent = filesystem_open_part(root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent >= 0) {
        (void)filesystem_sync_directory(filesystem, parent);
        (void)close(parent);
    }
    if (filesystem_sync_directory(filesystem, root) != 0) {
        return -1;
    }
    filesystem_mark_settled(filesystem->objects);
    return 0;
}

void filesystem_destroy(void *state) {
    struct filesystem *filesystem = state;
    if (filesystem->staging >= 0) {
        (void)close(filesystem->staging);
    }
    if (filesystem->objects >= 0) {
        (void)close(filesystem->objects);
    }
    memory_release(filesystem->hooks, filesystem);
}

static const lreg_storage_backend filesystem_table = {
    .size = sizeof(lreg_storage_backend),
    .flags = LREG_STORAGE_SHARES_OBJECTS | LREG_STORAGE_CLOSES_IN_CHILD,
    .stage_create = filesystem_stage_create,
    .stage_reopen = filesystem_stage_reopen,
    .stage_write = filesystem_stage_write,
    .stage_sync = filesystem_stage_sync,
    .stage_close = filesystem_stage_close,
    .stage_drop = filesystem_stage_drop,
    .stage_remove = filesystem_stage_remove,
    .stage_commit = filesystem_stage_commit,
    .object_open = filesystem_object_open,
    .object_read = filesystem_object_read,
    .object_descriptor = filesystem_object_descriptor,
    .object_close = filesystem_object_close,
    .object_remove = filesystem_object_remove,
    .list_open = filesystem_list_open,
    .list_next = filesystem_list_next,
    .list_close = filesystem_list_close,
    .destroy = filesystem_destroy,
    .object_path = filesystem_object_file,
};

/* Opens the three directories. Returns 0, or an errno; `*out_what` then says what failed. */
static int open_directories(struct filesystem *filesystem, const char *directory, const char **out_what) {
    int number = 0;
    *out_what = "cannot open the storage directory";
    int root = open_root(filesystem, directory);
    if (root < 0) {
        return errno;
    }
    owner_find(root, "objects", &filesystem->owner);
    *out_what = "cannot open the storage's folder staging";
    filesystem->staging = open_or_make(filesystem, root, "staging");
    if (filesystem->staging < 0) {
        number = errno;
        goto out;
    }
    *out_what = "cannot open the storage's folder objects";
    filesystem->objects = open_or_make(filesystem, root, "objects");
    if (filesystem->objects < 0 || settle_root(filesystem, root) != 0) {
        number = errno;
    }
out:
    (void)close(root);
    return number;
}

lreg_status storage_filesystem_table(const struct hooks *hooks, const char *directory, bool durable,
                                     lreg_storage_backend *out_table, void **out_state, struct error *err) {
    const char *what = NULL;
    struct filesystem *filesystem = memory_allocate(hooks, sizeof *filesystem);
    *out_state = NULL;
    if (filesystem == NULL) {
        return error_no_memory(err);
    }
    *filesystem = (struct filesystem){.hooks = hooks, .staging = -1, .objects = -1, .durable = durable};
    int number = open_directories(filesystem, directory, &what);
    if (number != 0) {
        filesystem_destroy(filesystem);
        return error_set_errno(err, number, what);
    }
    filesystem->has_openat2 = filesystem_try_openat2(filesystem->objects);
    *out_table = filesystem_table;
    *out_state = filesystem;
    return LREG_OK;
}

lreg_status storage_open_filesystem(const struct hooks *hooks, const char *directory, bool durable,
                                    struct storage **out, struct error *err) {
    lreg_storage_backend table;
    void *state = NULL;
    *out = NULL;
    lreg_status status = storage_filesystem_table(hooks, directory, durable, &table, &state, err);
    if (status != LREG_OK) {
        return status;
    }
    return storage_open_own(hooks, &table, state, out, err);
}
