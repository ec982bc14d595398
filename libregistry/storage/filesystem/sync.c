/* SPDX-License-Identifier: Apache-2.0 */

/* Syncs files, directories and whole file systems. */

#include "storage/filesystem/filesystem.h"

#include "storage/filesystem/filesystem_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int filesystem_sync_file(const struct filesystem *filesystem, int descriptor) {
    int result;
    if (!filesystem->durable) {
        return 0;
    }
    do {
        result = fdatasync(descriptor);
    } while (result != 0 && errno == EINTR);
    return result;
}

int filesystem_sync_directory(const struct filesystem *filesystem, int descriptor) {
    int result;
    if (!filesystem->durable) {
        return 0;
    }
    do {
        result = fsync(descriptor);
    } while (result != 0 && errno == EINTR);
    /* Some network and user-space file systems cannot sync directories and report EINVAL. */
    return result != 0 && errno == EINVAL ? 0 : result;
}

lreg_status storage_sync_directory(int directory, struct error *err) {
    const struct filesystem always = {.durable = true};
    return filesystem_sync_directory(&always, directory) == 0 ? LREG_OK
                                                              : error_set_errno(err, errno, "sync a directory");
}

lreg_status storage_sync_file_system(const char *path, struct error *err) {
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return error_set_errno(err, errno, "open a directory to make it durable");
    }
    int number = syncfs(directory) == 0 ? 0 : errno;
    (void)close(directory);
    return number == 0 ? LREG_OK : error_set_errno(err, number, "make a file system durable");
}
