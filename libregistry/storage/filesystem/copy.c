/* SPDX-License-Identifier: Apache-2.0 */

/* Copies objects of one filesystem backend to another one, for backups. Objects never change, so a hard link would do
 * and takes neither time nor space. But damage to the file in place damages both, so a copy is the default. */

#include "storage/filesystem/filesystem.h"

#include "base/descriptor.h"
#include "storage/filesystem/filesystem_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__) && defined(__has_include)
#if __has_include(<linux/fs.h>)
#include <linux/fs.h>
#endif
#endif

#define FILE_MODE 0600
#define PIECE_BYTES ((size_t)1 << 30)
#define BUFFER_BYTES ((size_t)256 * 1024)

/* Failures to link that have nothing to do with the object: another file system, one without links, too many links. */
static bool wants_copy(int number) {
    return number == EXDEV || number == EPERM || number == EMLINK || number == EOPNOTSUPP || number == ENOSYS;
}

static int write_all(int to, const unsigned char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(to, bytes, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return written < 0 ? errno : EIO;
        }
        bytes += written;
        length -= (size_t)written;
    }
    return 0;
}

/* Copies all of `from` with a buffer, where the kernel cannot copy. Returns 0 or an errno. */
static int copy_by_hand(const struct filesystem *filesystem, int from, int to) {
    int number = 0;
    ssize_t got = 1;
    unsigned char *buffer = memory_allocate(filesystem->hooks, BUFFER_BYTES);
    if (buffer == NULL) {
        return ENOMEM;
    }
    while (number == 0 && got > 0) {
        do {
            got = read(from, buffer, BUFFER_BYTES);
        } while (got < 0 && errno == EINTR);
        number = got < 0 ? errno : write_all(to, buffer, (size_t)got);
    }
    memory_release(filesystem->hooks, buffer);
    return number;
}

/* Makes `to` a reflink of `from`. False when they are not on one file system that supports it. */
static bool clone_bytes(int from, int to) {
#ifdef FICLONE
    return ioctl(to, FICLONE, from) == 0;
#else
    (void)from;
    (void)to;
    return false;
#endif
}

static int copy_bytes(const struct filesystem *filesystem, int from, int to) {
    bool began = false;
    if (clone_bytes(from, to)) {
        return 0;
    }
    for (;;) {
        ssize_t copied = copy_file_range(from, NULL, to, NULL, PIECE_BYTES, 0);
        if (copied < 0 && errno == EINTR) {
            continue;
        }
        if (copied < 0) {
            return began ? errno : copy_by_hand(filesystem, from, to);
        }
        if (copied == 0) {
            /* Some special file systems report the end at once although there are bytes. */
            return began ? 0 : copy_by_hand(filesystem, from, to);
        }
        began = true;
    }
}

/* Writes to a name in `staging` first, so that an object is never incomplete. Returns 0 or an errno. */
static int copy_file(const struct filesystem *from, const char *path, const struct filesystem *to, int directory,
                     const char *key) {
    const char *stage_name = key + STORAGE_DIGEST_LENGTH + 1;
    int target = -1;
    int source = filesystem_open_below(from, from->objects, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (source < 0) {
        return errno;
    }
    struct owner_ids before;
    int number = 0;
    owner_assume(&to->owner, &before);
    target = descriptor_above_streams(
        openat(to->staging, stage_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE));
    owner_resume(&to->owner, &before);
    number = target < 0 || fchmod(target, FILE_MODE) != 0 ? errno : 0; /* undoes the host's umask */
    if (number == 0) {
        number = copy_bytes(to, source, target);
    }
    if (number == 0 && filesystem_sync_file(to, target) != 0) {
        number = errno;
    }
    if (number == 0 && renameat(to->staging, stage_name, directory, key) != 0) {
        number = errno;
    }
    if (number != 0 && target >= 0) {
        (void)unlinkat(to->staging, stage_name, 0);
    }
    if (target >= 0) {
        (void)close(target);
    }
    (void)close(source);
    return number;
}

/* 0, or an errno. */
static int link_object(const struct filesystem *from, const char *fan_out, int directory, const char *key) {
    int source = filesystem_open_below(from, from->objects, fan_out, O_RDONLY | O_DIRECTORY);
    if (source < 0) {
        return errno;
    }
    int number = linkat(source, key, directory, key, 0) == 0 ? 0 : errno;
    (void)close(source);
    return number;
}

/* 0, or an errno. */
static int copy_object(const struct filesystem *from, const char *key, const struct filesystem *to, bool is_link) {
    char path[FILESYSTEM_PATH_MAX + 1];
    char fan_out[FILESYSTEM_PATH_MAX + 1];
    if (!filesystem_object_path(key, true, path) || !filesystem_object_path(key, false, fan_out)) {
        return ENOENT;
    }
    int directory = filesystem_open_fan_out(to, fan_out);
    if (directory < 0) {
        return errno == ENOENT ? EIO : errno; /* ENOENT would mean that the object is missing */
    }
    int number = is_link ? link_object(from, fan_out, directory, key) : EOPNOTSUPP;
    if (wants_copy(number)) {
        number = copy_file(from, path, to, directory, key);
    }
    (void)close(directory);
    return number == EEXIST ? 0 : number;
}

lreg_status storage_filesystem_copy(const struct storage *from, const char *key, const struct storage *to, bool is_link,
                                    struct error *err) {
    const struct filesystem *source = storage_backend_state(from, filesystem_destroy);
    const struct filesystem *target = storage_backend_state(to, filesystem_destroy);
    if (source == NULL || target == NULL) {
        return error_set(err, LREG_UNSUPPORTED, "", "only objects of a filesystem storage can be copied");
    }
    int number = copy_object(source, key, target, is_link);
    if (number == ENOENT) {
        return error_set(err, LREG_NOT_FOUND, "", "the object is not in the storage");
    }
    return number == 0 ? LREG_OK : error_set_errno(err, number, "cannot copy an object");
}
