/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The filesystem backend: opens a directory as a store, and has what the other files share. Several processes may use
 * one directory at once, so nothing is kept in memory that another process could invalidate.
 */

#include "storage/filesystem/filesystem.h"

#include "base/descriptor.h"
#include "storage/filesystem/filesystem_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__linux__) && defined(SYS_openat2) && defined(__has_include)
#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#define HAS_OPENAT2 1
#endif
#endif

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

lreg_status filesystem_failure(lreg_failure *failure, int number) {
    lreg_status status = number == 0 ? LREG_IO : error_set_errno(NULL, number, "");
    if (number != 0) {
        lreg_failure_set_cause(failure, LREG_CAUSE_ERRNO, number);
    }
    return status == LREG_BUSY ? LREG_IO : status; /* LREG_BUSY of an entry means that the stage is open elsewhere */
}

/* One system call instead of three. Needs Linux 5.6, and some containers forbid it. */
static int open_at_once(int directory, const char *path, int flags) {
#ifdef HAS_OPENAT2
    struct open_how how = {.flags = (uint64_t)(unsigned)flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    int descriptor;
    do {
        descriptor = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor_above_streams(descriptor);
#else
    (void)directory;
    (void)path;
    (void)flags;
    errno = ENOSYS;
    return -1;
#endif
}

static int open_part(int directory, const char *name, int flags) {
    int descriptor;
    do {
        descriptor = openat(directory, name, flags);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor_above_streams(descriptor);
}

static int open_part_by_part(int directory, const char *path, int flags) {
    char part[NAME_MAX + 1];
    int at = directory;
    const char *slash;
    while ((slash = strchr(path, '/')) != NULL) {
        (void)snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        int next = open_part(at, part, DIRECTORY_FLAGS);
        int number = errno;
        if (at != directory) {
            (void)close(at);
        }
        if (next < 0) {
            errno = number;
            return -1;
        }
        at = next;
        path = slash + 1;
    }
    int descriptor = open_part(at, path, flags);
    int number = errno;
    if (at != directory) {
        (void)close(at);
    }
    errno = number;
    return descriptor;
}

int filesystem_open_below(const struct filesystem *filesystem, int directory, const char *path, int flags) {
    flags |= O_CLOEXEC | O_NOFOLLOW;
    return filesystem->has_openat2 ? open_at_once(directory, path, flags) : open_part_by_part(directory, path, flags);
}

bool filesystem_object_path(const char *key, bool with_key, char path[FILESYSTEM_PATH_MAX + 1]) {
    if (!storage_own_key_is_valid(key)) {
        return false;
    }
    (void)snprintf(path, FILESYSTEM_PATH_MAX + 1, "%.2s/%.2s%s%s", key, key + 2, with_key ? "/" : "",
                   with_key ? key : "");
    return true;
}

bool filesystem_is_settled(const struct filesystem *filesystem, int directory) {
    struct stat facts;
    return !filesystem->durable || (fstat(directory, &facts) == 0 && (facts.st_mode & S_ISVTX) != 0);
}

void filesystem_mark_settled(int directory) {
    (void)fchmod(directory, FILESYSTEM_DIRECTORY_MODE | S_ISVTX); /* on failure the next use syncs again */
}

static int make_directory(int parent, const char *name) {
    if (mkdirat(parent, name, FILESYSTEM_DIRECTORY_MODE) == 0) {
        (void)!fchmodat(parent, name, FILESYSTEM_DIRECTORY_MODE, 0); /* undoes the host's umask */
        return 0;
    }
    return errno == EEXIST ? 0 : -1;
}

int filesystem_make_directory(const struct filesystem *filesystem, int parent, const char *name) {
    struct owner_ids before;
    owner_assume(&filesystem->owner, &before);
    int result = make_directory(parent, name);
    owner_resume(&filesystem->owner, &before);
    return result;
}

static int open_or_make(const struct filesystem *filesystem, int parent, const char *name) {
    if (filesystem_make_directory(filesystem, parent, name) != 0) {
        return -1;
    }
    return open_part(parent, name, DIRECTORY_FLAGS);
}

/* The host chooses the store's directory, so its path may contain symbolic links. Paths below it may not. */
static int open_root(const char *path) {
    if (make_directory(AT_FDCWD, path) != 0) {
        return -1;
    }
    return open_part(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Makes the entries of the two folders durable, and that of the store's directory where its parent may be opened.
 * Returns 0, or -1 and errno. */
static int settle_root(const struct filesystem *filesystem, int root) {
    if (filesystem_is_settled(filesystem, filesystem->objects)) {
        return 0;
    }
    int parent = open_part(root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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

static bool try_openat2(int directory) {
    int descriptor = open_at_once(directory, ".", DIRECTORY_FLAGS);
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return descriptor >= 0;
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
    int root = open_root(directory);
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
    filesystem->has_openat2 = try_openat2(filesystem->objects);
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
