/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Finds out whether SQLite takes locks of a parent process for ours (see fork.c). Every connection to a database with a
 * write-ahead log holds a lock on the file while it is open. So when this process has the file open more than once and
 * the kernel knows no lock of this process on it, the other descriptors were inherited, and what is written here could
 * be lost as soon as the parent ends. Where the system does not report locks, the answer is no.
 */

#include "meta/sqlite/sqlite_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INFO_BYTES 2048

struct holdings {
    const struct stat *file;
    int info; /* /proc/self/fdinfo */
    size_t descriptors; /* of this process, of that file */
    bool is_locked;
};

static bool has_lock(int info, const char *name) {
    char text[INFO_BYTES];
    ssize_t length = -1;
    int file = openat(info, name, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        do {
            length = read(file, text, sizeof text - 1);
        } while (length < 0 && errno == EINTR);
        (void)close(file);
    }
    text[length > 0 ? length : 0] = '\0';
    return strstr(text, "\nlock:") != NULL;
}

/* Some descriptors belong to other threads and may be closed at any moment, so they are only examined by name. */
static void count(struct holdings *holdings, int folder, const char *name) {
    struct stat facts;
    if (name[0] < '0' || name[0] > '9' || fstatat(folder, name, &facts, 0) != 0 ||
        facts.st_ino != holdings->file->st_ino || facts.st_dev != holdings->file->st_dev) {
        return;
    }
    holdings->descriptors++;
    holdings->is_locked = holdings->is_locked || has_lock(holdings->info, name);
}

bool meta_locks_are_inherited(const struct meta *meta) {
    struct stat file;
    struct holdings holdings = {.file = &file, .info = -1};
    DIR *folder = NULL;
    if (stat(meta->path, &file) != 0) {
        return false;
    }
    holdings.info = open("/proc/self/fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    folder = holdings.info >= 0 ? opendir("/proc/self/fd") : NULL;
    if (folder == NULL) {
        goto out;
    }
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        count(&holdings, dirfd(folder), entry->d_name);
    }
    (void)closedir(folder);

out:
    if (holdings.info >= 0) {
        (void)close(holdings.info);
    }
    return holdings.descriptors > 1 && !holdings.is_locked;
}
