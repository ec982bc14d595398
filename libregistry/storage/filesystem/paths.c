/* SPDX-License-Identifier: Apache-2.0 */

/* Names below the store's directories: opened without following symbolic links, made, and marked as durable. */

#include "storage/filesystem/filesystem_internal.h"

#include "base/descriptor.h"

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

int filesystem_open_part(int directory, const char *name, int flags) {
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
        int next = filesystem_open_part(at, part, FILESYSTEM_DIRECTORY_FLAGS);
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
    int descriptor = filesystem_open_part(at, path, flags);
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

bool filesystem_try_openat2(int directory) {
    int descriptor = open_at_once(directory, ".", FILESYSTEM_DIRECTORY_FLAGS);
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return descriptor >= 0;
}
