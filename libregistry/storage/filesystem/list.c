/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lists the stages or the objects of the filesystem backend. The walk is at most three directories deep, with one open
 * on each level. Files that are not regular, and names that this backend does not use, are skipped.
 */

#include "storage/filesystem/filesystem_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OBJECT_LEVEL 2 /* of objects/ab/cd/<key>, counted from 0 */

struct filesystem_list {
    int32_t what;
    int last_level; /* which has the entries */
    int level; /* -1 at the end */
    DIR *directories[OBJECT_LEVEL + 1];
    char after[LREG_STORAGE_KEY_MAX + 1]; /* only names greater than this */
    char fan_out[OBJECT_LEVEL][3]; /* names of the directories on the way: "ab", "cd" */
};

/* Opens a directory one level down: 0, or an errno. */
static int descend(const struct filesystem *filesystem, struct filesystem_list *list, int parent, const char *name) {
    int descriptor = filesystem_open_below(filesystem, parent, name, O_RDONLY | O_DIRECTORY);
    if (descriptor < 0) {
        return errno;
    }
    DIR *directory = fdopendir(descriptor);
    if (directory == NULL) {
        int number = errno;
        (void)close(descriptor);
        return number;
    }
    list->level++;
    list->directories[list->level] = directory;
    return 0;
}

static void ascend(struct filesystem_list *list) {
    (void)closedir(list->directories[list->level]);
    list->directories[list->level] = NULL;
    list->level--;
}

lreg_status filesystem_list_open(void *state, const lreg_list_info *info, void **out_list, lreg_failure *failure) {
    int32_t what = info->what;
    const struct filesystem *filesystem = state;
    struct filesystem_list *list = memory_allocate_zeroed(filesystem->hooks, 1, sizeof *list);
    if (list == NULL) {
        return LREG_NO_MEMORY;
    }
    list->what = what;
    if (info->after != NULL) {
        (void)snprintf(list->after, sizeof list->after, "%s", info->after);
    }
    list->last_level = what == LREG_STORAGE_OBJECTS ? OBJECT_LEVEL : 0;
    list->level = -1;
    int number =
        descend(filesystem, list, what == LREG_STORAGE_OBJECTS ? filesystem->objects : filesystem->staging, ".");
    if (number != 0) {
        memory_release(filesystem->hooks, list);
        return filesystem_failure(failure, number);
    }
    *out_list = list;
    return LREG_OK;
}

static bool is_fan_out_name(const char *name) {
    return strlen(name) == 2 && strspn(name, "0123456789abcdef") == 2;
}

/* Descends into a directory on the way to the objects. Returns 0 or an errno; 0 also when it is skipped, because it is
 * not part of the layout or was removed in the meantime. */
static int enter(const struct filesystem *filesystem, struct filesystem_list *list, const char *name) {
    if (!is_fan_out_name(name)) {
        return 0;
    }
    memcpy(list->fan_out[list->level], name, sizeof list->fan_out[0]);
    int number = descend(filesystem, list, dirfd(list->directories[list->level]), name);
    return number == ENOENT || number == ENOTDIR || number == ELOOP ? 0 : number;
}

/* An object is listed only in the directory that its key names. */
static bool is_name_here(const struct filesystem_list *list, const char *name) {
    if (strcmp(name, list->after) <= 0) {
        return false;
    }
    if (list->what == LREG_STORAGE_STAGES) {
        return storage_stage_name_is_valid(name);
    }
    return storage_own_key_is_valid(name) && memcmp(name, list->fan_out[0], 2) == 0 &&
           memcmp(name + 2, list->fan_out[1], 2) == 0;
}

static int64_t to_ms(struct timespec time) {
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Takes the later of mtime and ctime. A commit changes only the ctime; with the mtime alone, the collector would remove
 * an object whose upload took long and whose metadata is not written yet. */
static bool get_facts(const struct filesystem_list *list, const char *name, int64_t *out_modified_ms,
                      uint64_t *out_length) {
    struct stat facts;
    int directory = dirfd(list->directories[list->level]);
    if (fstatat(directory, name, &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(facts.st_mode)) {
        return false;
    }
    int64_t written_ms = to_ms(facts.st_mtim);
    int64_t changed_ms = to_ms(facts.st_ctim);
    *out_modified_ms = written_ms > changed_ms ? written_ms : changed_ms;
    *out_length = (uint64_t)facts.st_size;
    return true;
}

lreg_status filesystem_list_next(void *state, void *handle, char *name, size_t capacity, int64_t *out_modified_ms,
                                 uint64_t *out_length, lreg_failure *failure) {
    const struct filesystem *filesystem = state;
    struct filesystem_list *list = handle;
    while (list->level >= 0) {
        errno = 0;
        const struct dirent *entry = readdir(list->directories[list->level]);
        if (entry == NULL && errno != 0) {
            return filesystem_failure(failure, errno == ENOENT ? EIO : errno);
        }
        if (entry == NULL) {
            ascend(list);
        } else if (list->level < list->last_level) {
            int number = enter(filesystem, list, entry->d_name);
            if (number != 0) {
                return filesystem_failure(failure, number);
            }
        } else if (is_name_here(list, entry->d_name) && strlen(entry->d_name) < capacity &&
                   get_facts(list, entry->d_name, out_modified_ms, out_length)) {
            memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
            return LREG_OK;
        }
    }
    return filesystem_failure(failure, ENOENT);
}

void filesystem_list_close(void *state, void *handle) {
    const struct filesystem *filesystem = state;
    struct filesystem_list *list = handle;
    while (list->level >= 0) {
        ascend(list);
    }
    memory_release(filesystem->hooks, list);
}
