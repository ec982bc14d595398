/* SPDX-License-Identifier: Apache-2.0 */

#include "base/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

lreg_status sync_file_system(const char *path, struct error *err) {
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return error_set_errno(err, errno, "open a directory to make it durable");
    }
    int number = syncfs(directory) == 0 ? 0 : errno;
    (void)close(directory);
    return number == 0 ? LREG_OK : error_set_errno(err, number, "make a file system durable");
}

lreg_status sync_directory(int directory, struct error *err) {
    int result;
    do {
        result = fsync(directory);
    } while (result != 0 && errno == EINTR);
    /* Some network and user-space filesystems have no sync of directories, and say so. */
    return result == 0 || errno == EINVAL ? LREG_OK : error_set_errno(err, errno, "sync a directory");
}
