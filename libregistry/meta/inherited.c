/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Finds out whether SQLite believes locks of a parent process to be ours (see fork.c). Every connection to a database
 * with a write-ahead log holds a lock on the file for as long as it is open. So when this process has the file open
 * more than once, and the kernel knows of no lock of it, the others were inherited: what would be written here could be
 * lost as soon as the parent ends. Where the system does not tell, the answer is no.
 */

#include "meta/meta_internal.h"

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
    size_t descriptors; /* of this process, of that file */
    bool is_locked;
};

static bool has_lock(int folder, const char *name) {
    char text[INFO_BYTES];
    ssize_t length = -1;
    int info = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (info >= 0) {
        do {
            length = read(info, text, sizeof text - 1);
        } while (length < 0 && errno == EINTR);
        (void)close(info);
    }
    text[length > 0 ? length : 0] = '\0';
    return strstr(text, "\nlock:") != NULL;
}

static void count(struct holdings *holdings, int folder, const char *name) {
    struct stat facts;
    unsigned number = 0;
    for (const char *at = name; *at >= '0' && *at <= '9' && number < 100000000; at++) {
        number = number * 10 + (unsigned)(*at - '0');
    }
    if (name[0] < '0' || name[0] > '9' || fstat((int)number, &facts) != 0 || facts.st_ino != holdings->file->st_ino ||
        facts.st_dev != holdings->file->st_dev) {
        return;
    }
    holdings->descriptors++;
    holdings->is_locked = holdings->is_locked || has_lock(folder, name);
}

bool meta_locks_are_inherited(const struct meta *meta) {
    struct stat file;
    struct holdings holdings = {.file = &file};
    if (stat(meta->path, &file) != 0) {
        return false;
    }
    DIR *folder = opendir("/proc/self/fdinfo");
    if (folder == NULL) {
        return false;
    }
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        count(&holdings, dirfd(folder), entry->d_name);
    }
    (void)closedir(folder);
    return holdings.descriptors > 1 && !holdings.is_locked;
}
