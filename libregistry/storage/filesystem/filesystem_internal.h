/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_FILESYSTEM_FILESYSTEM_INTERNAL_H
#define STORAGE_FILESYSTEM_FILESYSTEM_INTERNAL_H

/*
 * The parts of the filesystem backend. The layout is
 *
 *     staging/<stage name>
 *     objects/<digits 1 and 2 of the digest>/<digits 3 and 4>/<digest>-<stage name>
 *
 * Everything is reached from two directory descriptors by names that were checked, and no symbolic link below them is
 * followed.
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
    struct owner owner; /* of new files and directories */
    bool has_openat2;
    atomic_bool lacks_noreplace; /* RENAME_NOREPLACE was tried, and the kernel or file system does not support it */
};

#define FILESYSTEM_DIRECTORY_MODE 0700
#define FILESYSTEM_FAN_OUT_LENGTH 5 /* "ab/cd" */
#define FILESYSTEM_PATH_MAX (FILESYSTEM_FAN_OUT_LENGTH + 1 + LREG_STORAGE_KEY_MAX) /* "ab/cd/<key>" */

/* --- paths.c --- */

#define FILESYSTEM_DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

/* Makes `number`, an errno or 0, the cause, and returns the status for it. */
lreg_status filesystem_failure(lreg_failure *failure, int number);

/* Opens a path below `directory` of at most three parts without following symbolic links. O_CLOEXEC is added. Returns
 * -1 and sets errno as open does. */
int filesystem_open_below(const struct filesystem *filesystem, int directory, const char *path, int flags);

/* Opens one part of a path. Returns -1 and sets errno as open does. */
int filesystem_open_part(int directory, const char *name, int flags);
/* Whether the kernel has openat2() and this process may call it. */
bool filesystem_try_openat2(int directory);

/* Creates a directory unless it exists. Returns 0, or -1 and errno. */
int filesystem_make_directory(const struct filesystem *filesystem, int parent, const char *name);

/* Sync a file or directory. Return 0, or -1 and errno. They do nothing when the storage is not durable. */
int filesystem_sync_file(const struct filesystem *filesystem, int descriptor);
int filesystem_sync_directory(const struct filesystem *filesystem, int descriptor);

/* The contents of a directory are durable only when the directory's own entry is on disk. The process that creates a
 * directory syncs the parent, but it may end before it does, and another process may use the new directory before
 * that. So a directory is marked as settled, by its sticky bit (without meaning in a private directory), once it and
 * all directories above it are on disk. A process that finds no mark syncs the parents itself. */
bool filesystem_is_settled(const struct filesystem *filesystem, int directory); /* true when not durable */
void filesystem_mark_settled(int directory);

/* "ab/cd" or "ab/cd/<key>"; false when `key` is not a key of this backend. */
bool filesystem_object_path(const char *key, bool with_key, char path[FILESYSTEM_PATH_MAX + 1]);

/* Opens objects/ab/cd, and creates it when absent. Returns -1 and errno on failure. */
int filesystem_open_fan_out(const struct filesystem *filesystem, const char *path);

/* An open stage. */
struct filesystem_stage {
    int descriptor;
    bool uncut; /* reopened, and the file is still longer than `length` */
    bool unsynced; /* some bytes may not be on disk */
    bool entry_unsynced; /* its entry in the staging directory may not be on disk */
    uint64_t length;
    uint64_t pushed; /* writeback was started for the bytes up to here */
    uint64_t room; /* the stage may grow to this length before has_room() asks the file system again */
    char name[LREG_STORAGE_STAGE_NAME_MAX + 1];
};

/* Truncates the file to the stage's length. Returns 0, or -1 and errno. */
int filesystem_cut_stage(struct filesystem_stage *stage);

/* The entries of the table; see sys/storage_backend.h. */
lreg_status filesystem_stage_create(void *state, const char *name, const lreg_stage_info *info, void **out_stage,
                                    lreg_failure *failure);
lreg_status filesystem_stage_reopen(void *state, const char *name, uint64_t length, void **out_stage,
                                    lreg_failure *failure);
lreg_status filesystem_stage_write(void *state, void *handle, const void *bytes, size_t length, lreg_failure *failure);
lreg_status filesystem_stage_sync(void *state, void *handle, uint64_t *out_durable, lreg_failure *failure);
void filesystem_stage_close(void *state, void *handle);
void filesystem_stage_drop(void *state, void *handle);
lreg_status filesystem_stage_remove(void *state, const char *name, lreg_failure *failure);
lreg_status filesystem_stage_commit(void *state, void *handle, const lreg_object_info *info, char *key, size_t capacity,
                                    lreg_failure *failure);
lreg_status filesystem_object_open(void *state, const char *key, const lreg_read_info *info, void **out_object,
                                   uint64_t *out_length, lreg_failure *failure);
lreg_status filesystem_object_read(void *state, void *handle, uint64_t offset, void *bytes, size_t length,
                                   size_t *out_got, lreg_failure *failure);
lreg_status filesystem_object_descriptor(void *state, void *handle, int32_t *out_descriptor, uint64_t *out_offset,
                                         lreg_failure *failure);
lreg_status filesystem_object_file(void *state, void *handle, char *path, size_t capacity, lreg_failure *failure);
void filesystem_object_close(void *state, void *handle);
lreg_status filesystem_object_remove(void *state, const char *key, lreg_failure *failure);
lreg_status filesystem_list_open(void *state, const lreg_list_info *info, void **out_list, lreg_failure *failure);
lreg_status filesystem_list_next(void *state, void *handle, char *name, size_t capacity, int64_t *out_modified_ms,
                                 uint64_t *out_length, lreg_failure *failure);
void filesystem_list_close(void *state, void *handle);
void filesystem_destroy(void *state);

#endif
