/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_FILESYSTEM_FILESYSTEM_INTERNAL_H
#define STORAGE_FILESYSTEM_FILESYSTEM_INTERNAL_H

/*
 * The parts of the filesystem backend, whose layout is
 *
 *     staging/<stage name>
 *     objects/<digits 1 and 2 of the digest>/<digits 3 and 4>/<digest>-<stage name>
 *
 * Everything is reached from two directory descriptors by names that were found valid, and no symbolic link below
 * them is followed. A failure leaves its reason in errno (0 when there is none) for the door to tell.
 */

#include "storage/names.h"

#include "base/memory.h"
#include "base/owner.h"

#include <stdatomic.h>
#include <sys/types.h>

struct filesystem {
    const struct hooks *hooks;
    int staging; /* directories */
    int objects;
    bool durable;
    struct owner owner; /* of all that is made */
    bool has_openat2;
    atomic_bool lacks_noreplace; /* renameat2 was tried, and the kernel or this filesystem does not know the flag */
};

#define FILESYSTEM_DIRECTORY_MODE 0700
#define FILESYSTEM_FAN_OUT_LENGTH 5 /* "ab/cd" */
#define FILESYSTEM_PATH_MAX (FILESYSTEM_FAN_OUT_LENGTH + 1 + LREG_STORAGE_KEY_MAX) /* "ab/cd/<key>" */

/* Ends a failing function: sets errno to `number` and gives its status. */
lreg_status filesystem_failure(int number);

/* Opens what is below `directory` at a path of at most three parts, following no symbolic link; O_CLOEXEC is added.
 * Gives -1 and errno as open does. */
int filesystem_open_below(const struct filesystem *filesystem, int directory, const char *path, int flags);

/* Makes a directory of ours where there is none: 0, or -1 and errno. */
int filesystem_make_directory(const struct filesystem *filesystem, int parent, const char *name);

/* Writes out what is unwritten: 0, or -1 and errno. Nothing to do when the filesystem is not durable. */
int filesystem_sync_file(const struct filesystem *filesystem, int descriptor);
int filesystem_sync_directory(const struct filesystem *filesystem, int descriptor);

/* The entry of a directory must be on disk before what is in it can be called durable. Who makes one syncs its
 * parent, but another process that uses the new directory a moment later must not rely on a sync that has not
 * happened yet, and one that ends in between never does it. So a directory that was made durable, with all above it,
 * is marked by its sticky bit (without meaning in a private directory), and who finds it without the mark syncs the
 * way to it. */
bool filesystem_is_settled(const struct filesystem *filesystem, int directory); /* true when not durable */
void filesystem_mark_settled(int directory);

/* "ab/cd" or "ab/cd/<key>"; false when `key` is none of ours. */
bool filesystem_object_path(const char *key, bool with_key, char path[FILESYSTEM_PATH_MAX + 1]);

/* Opens objects/ab/cd, which is made when absent; -1 and errno. */
int filesystem_open_fan_out(const struct filesystem *filesystem, const char *path);

/* A stage that is open. */
struct filesystem_stage {
    int descriptor;
    bool uncut; /* reopened, and the file is still longer than `length` */
    bool unsynced; /* has bytes that may not be on disk */
    bool entry_unsynced; /* its entry in the staging directory may not be on disk */
    uint64_t length;
    uint64_t pushed; /* the bytes before this were handed to the disk */
    uint64_t room; /* there is room for the bytes before this */
    char name[LREG_STORAGE_STAGE_NAME_MAX + 1];
};

/* Cuts off what is behind the stage's length: 0, or -1 and errno. */
int filesystem_cut_stage(struct filesystem_stage *stage);

/* The entries of the table, see sys/storage_backend.h. */
lreg_status filesystem_stage_create(void *state, const char *name, void **out_stage);
lreg_status filesystem_stage_reopen(void *state, const char *name, uint64_t length, void **out_stage);
lreg_status filesystem_stage_write(void *state, void *handle, const void *bytes, size_t length);
lreg_status filesystem_stage_sync(void *state, void *handle);
void filesystem_stage_close(void *state, void *handle);
void filesystem_stage_drop(void *state, void *handle);
lreg_status filesystem_stage_remove(void *state, const char *name);
lreg_status filesystem_stage_commit(void *state, void *handle, const char *digest, char *key);
lreg_status filesystem_object_open(void *state, const char *key, void **out_object, uint64_t *out_length);
lreg_status filesystem_object_read(void *state, void *handle, uint64_t offset, void *bytes, size_t length,
                                   size_t *out_got);
lreg_status filesystem_object_descriptor(void *state, void *handle, int32_t *out_descriptor, uint64_t *out_offset);
lreg_status filesystem_object_file(void *state, void *handle, char *path);
void filesystem_object_close(void *state, void *handle);
lreg_status filesystem_object_remove(void *state, const char *key);
lreg_status filesystem_list_open(void *state, int32_t what, void **out_list);
lreg_status filesystem_list_next(void *state, void *handle, char *name, int64_t *out_modified_ms, uint64_t *out_length);
void filesystem_list_close(void *state, void *handle);
void filesystem_destroy(void *state);

#endif
