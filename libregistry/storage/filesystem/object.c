/* SPDX-License-Identifier: Apache-2.0 */

/* Objects of the filesystem backend: read by offset from a descriptor that hosts may also send from. */

#include "storage/filesystem/filesystem_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct filesystem_object {
    int descriptor;
    char path[FILESYSTEM_PATH_MAX + 1]; /* below the folder objects */
};

/* Only regular files are objects; anything else was put there from outside. */
static lreg_status check_file(int descriptor, uint64_t *out_length, lreg_failure *failure) {
    struct stat facts;
    if (fstat(descriptor, &facts) != 0) {
        return filesystem_failure(failure, errno);
    }
    if (!S_ISREG(facts.st_mode)) {
        return filesystem_failure(failure, 0);
    }
    *out_length = (uint64_t)facts.st_size;
    return LREG_OK;
}

lreg_status filesystem_object_open(void *state, const char *key, const lreg_read_info *info, void **out_object,
                                   uint64_t *out_length, lreg_failure *failure) {
    (void)info;
    const struct filesystem *filesystem = state;
    uint64_t length = 0;
    struct filesystem_object *object = memory_allocate(filesystem->hooks, sizeof *object);
    if (object == NULL) {
        return LREG_NO_MEMORY;
    }
    if (!filesystem_object_path(key, true, object->path)) {
        memory_release(filesystem->hooks, object);
        return filesystem_failure(failure, ENOENT);
    }
    object->descriptor =
        filesystem_open_below(filesystem, filesystem->objects, object->path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    lreg_status status =
        object->descriptor >= 0 ? check_file(object->descriptor, &length, failure) : filesystem_failure(failure, errno);
    if (status != LREG_OK) {
        if (object->descriptor >= 0) {
            (void)close(object->descriptor);
        }
        memory_release(filesystem->hooks, object);
        return status;
    }
    *out_object = object;
    *out_length = length;
    return LREG_OK;
}

lreg_status filesystem_object_read(void *state, void *handle, uint64_t offset, void *bytes, size_t length,
                                   size_t *out_got, lreg_failure *failure) {
    const struct filesystem_object *object = handle;
    ssize_t got;
    (void)state;
    if (offset > INT64_MAX) {
        *out_got = 0;
        return LREG_OK;
    }
    do {
        got = pread(object->descriptor, bytes, length < SSIZE_MAX ? length : SSIZE_MAX, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return filesystem_failure(failure, errno);
    }
    *out_got = (size_t)got;
    return LREG_OK;
}

lreg_status filesystem_object_descriptor(void *state, void *handle, int32_t *out_descriptor, uint64_t *out_offset,
                                         lreg_failure *failure) {
    (void)failure;
    const struct filesystem_object *object = handle;
    (void)state;
    *out_descriptor = object->descriptor;
    *out_offset = 0;
    return LREG_OK;
}

lreg_status filesystem_object_file(void *state, void *handle, char *path, size_t capacity, lreg_failure *failure) {
    (void)failure;
    const struct filesystem_object *object = handle;
    (void)state;
    int length = snprintf(path, capacity, "objects/%s", object->path);
    return length > 0 && (size_t)length < capacity ? LREG_OK : LREG_NOT_FOUND;
}

void filesystem_object_close(void *state, void *handle) {
    const struct filesystem *filesystem = state;
    struct filesystem_object *object = handle;
    (void)close(object->descriptor);
    memory_release(filesystem->hooks, object);
}

/* Not synced: the collector finds an object again that a power cut brings back. */
lreg_status filesystem_object_remove(void *state, const char *key, lreg_failure *failure) {
    const struct filesystem *filesystem = state;
    char path[FILESYSTEM_PATH_MAX + 1];
    if (!filesystem_object_path(key, false, path)) {
        return filesystem_failure(failure, ENOENT);
    }
    int directory = filesystem_open_below(filesystem, filesystem->objects, path, O_RDONLY | O_DIRECTORY);
    if (directory < 0) {
        return filesystem_failure(failure, errno);
    }
    int number = unlinkat(directory, key, 0) == 0 ? 0 : errno;
    (void)close(directory);
    return number == 0 ? LREG_OK : filesystem_failure(failure, number);
}
