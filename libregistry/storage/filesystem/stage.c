/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Stages of the filesystem backend: files in `staging`. Writes go to the recorded length, so the file position does not
 * matter.
 *
 * Writeback starts every 8 MiB. Measured with 1 GiB in pieces of 64 KiB, with a pause after each as long as SHA-256
 * takes, on ext4 and a machine with other work, medians of 7: without early writeback 2.1 s, of which the last sync
 * takes 0.39 s; every 8 MiB 1.4 s and 4 ms; every 2 MiB 1.5 s; every 32 MiB 1.9 s. Reserving space in steps of 64 MiB
 * (fallocate) made no measurable difference, and the rest would have to be released, so it is not done.
 */

#include "storage/filesystem/filesystem_internal.h"

#include "storage/filesystem/filesystem.h"

#include "base/descriptor.h"
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FILE_MODE 0600
#define CREATE_TRIES 100
#define WRITEBACK_BYTES (8u << 20)

/* Stages leave this much of the disk free, or 1/RESERVE_PART of a small disk. The database on the same disk needs space
 * for its log until a checkpoint (4 MB). Without that space not even a deletion can be recorded, and the disk stays
 * full. */
#define RESERVE_BYTES ((uint64_t)16 << 20)
#define RESERVE_PART 16
#define ROOM_CHECK_BYTES ((uint64_t)1 << 20)
#define ROOM_SHARES 128 /* this many concurrent stages do not touch the reserve */

/* Locks the stage against other writers, also in other processes: two writers would mix their bytes under the digest of
 * one of them. Returns -1 only when the lock is held elsewhere; a file system without locks counts as success. */
static int lock_file(int descriptor, int operation) {
    int result;
    do {
        result = flock(descriptor, operation);
    } while (result != 0 && errno == EINTR);
    return result != 0 && errno == EWOULDBLOCK ? -1 : 0;
}

static void free_stage(const struct filesystem *filesystem, struct filesystem_stage *stage) {
    if (stage->descriptor >= 0) {
        /* A child that was forked in the meantime has the same file open, and would keep the lock. */
        if (!process_is_foreign(filesystem->hooks)) {
            (void)lock_file(stage->descriptor, LOCK_UN);
        }
        (void)close(stage->descriptor);
    }
    memory_release(filesystem->hooks, stage);
}

static struct filesystem_stage *new_stage(const struct filesystem *filesystem, const char *name) {
    struct filesystem_stage *stage = memory_allocate_zeroed(filesystem->hooks, 1, sizeof *stage);
    if (stage != NULL) {
        stage->descriptor = -1;
        /* Also when reopened: the previous writer may have ended without a sync. */
        stage->unsynced = true;
        stage->entry_unsynced = true;
        memcpy(stage->name, name, strnlen(name, sizeof stage->name - 1));
    }
    return stage;
}

static int open_stage(const struct filesystem *filesystem, const char *name, int flags) {
    int descriptor;
    /* O_NONBLOCK prevents blocking on a FIFO that was planted there; it has no effect on regular files. */
    flags |= O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    do {
        descriptor = openat(filesystem->staging, name, flags, FILE_MODE);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor_above_streams(descriptor);
}

/* Opening and locking are two steps: in between, a commit may have turned the file into an object. */
static bool is_still_stage(const struct filesystem *filesystem, int descriptor, const char *name) {
    struct stat own;
    struct stat named;
    return fstat(descriptor, &own) == 0 && fstatat(filesystem->staging, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           own.st_ino == named.st_ino && own.st_dev == named.st_dev;
}

/* Creates and locks the file. Returns 0, or -1 and errno. The collector of another process may remove the file between
 * the two steps; it is then created again. */
static int make_stage(const struct filesystem *filesystem, struct filesystem_stage *stage) {
    struct owner_ids before;
    for (int i = 0; i < CREATE_TRIES; i++) {
        owner_assume(&filesystem->owner, &before);
        stage->descriptor = open_stage(filesystem, stage->name, O_CREAT | O_EXCL);
        owner_resume(&filesystem->owner, &before);
        if (stage->descriptor < 0) {
            return -1;
        }
        (void)fchmod(stage->descriptor, FILE_MODE); /* undoes the host's umask */
        (void)lock_file(stage->descriptor, LOCK_EX);
        if (is_still_stage(filesystem, stage->descriptor, stage->name)) {
            return 0;
        }
        (void)close(stage->descriptor);
        stage->descriptor = -1;
    }
    errno = EAGAIN;
    return -1;
}

lreg_status filesystem_stage_create(void *state, const char *name, const lreg_stage_info *info, void **out_stage,
                                    lreg_failure *failure) {
    (void)info;
    const struct filesystem *filesystem = state;
    struct filesystem_stage *stage = new_stage(filesystem, name);
    if (stage == NULL) {
        return LREG_NO_MEMORY;
    }
    if (make_stage(filesystem, stage) != 0) {
        int number = errno;
        free_stage(filesystem, stage);
        return filesystem_failure(failure, number);
    }
    *out_stage = stage;
    return LREG_OK;
}

/* A stage can be continued when it is a regular file of at least `length` bytes. Bytes beyond that are a chunk that was
 * never acknowledged. */
static lreg_status check_stage(struct filesystem_stage *stage, uint64_t length, lreg_failure *failure) {
    struct stat facts;
    if (fstat(stage->descriptor, &facts) != 0) {
        return filesystem_failure(failure, errno);
    }
    if (!S_ISREG(facts.st_mode)) {
        return filesystem_failure(failure, 0);
    }
    if (facts.st_nlink > 1) {
        /* The file is a committed object: a crash undid the removal of its old name. It must not be written to. */
        return filesystem_failure(failure, ENOENT);
    }
    if (length > INT64_MAX || (uint64_t)facts.st_size < length) {
        return filesystem_failure(failure, 0);
    }
    stage->length = length;
    stage->pushed = length;
    stage->uncut = (uint64_t)facts.st_size > length;
    return LREG_OK;
}

int filesystem_cut_stage(struct filesystem_stage *stage) {
    int result = 0;
    if (stage->uncut) {
        do {
            result = ftruncate(stage->descriptor, (off_t)stage->length);
        } while (result != 0 && errno == EINTR);
        stage->uncut = result != 0;
    }
    return result;
}

/* Opens and locks an existing stage, and checks that it still has its name. */
static lreg_status find_stage(const struct filesystem *filesystem, struct filesystem_stage *stage, uint64_t length,
                              lreg_failure *failure) {
    stage->descriptor = open_stage(filesystem, stage->name, 0);
    if (stage->descriptor < 0) {
        return filesystem_failure(failure, errno);
    }
    if (lock_file(stage->descriptor, LOCK_EX | LOCK_NB) != 0) {
        return LREG_BUSY;
    }
    return is_still_stage(filesystem, stage->descriptor, stage->name) ? check_stage(stage, length, failure)
                                                                      : filesystem_failure(failure, ENOENT);
}

lreg_status filesystem_stage_reopen(void *state, const char *name, uint64_t length, void **out_stage,
                                    lreg_failure *failure) {
    const struct filesystem *filesystem = state;
    struct filesystem_stage *stage = new_stage(filesystem, name);
    if (stage == NULL) {
        return LREG_NO_MEMORY;
    }
    lreg_status status = find_stage(filesystem, stage, length, failure);
    if (status != LREG_OK) {
        free_stage(filesystem, stage);
        return status;
    }
    *out_stage = stage;
    return LREG_OK;
}

/* Starts writeback while more bytes arrive, so that the final sync has little left to do. */
static void push_to_disk(const struct filesystem *filesystem, struct filesystem_stage *stage) {
    if (!filesystem->durable || stage->length - stage->pushed < WRITEBACK_BYTES) {
        return;
    }
#ifdef SYNC_FILE_RANGE_WRITE
    /* Only a hint: an error is reported again by the sync. */
    (void)sync_file_range(stage->descriptor, (off_t)stage->pushed, (off_t)(stage->length - stage->pushed),
                          SYNC_FILE_RANGE_WRITE);
#endif
    stage->pushed = stage->length;
}

/* How many bytes stages may still use on the disk; UINT64_MAX when the file system does not report it. */
static uint64_t room_of(const struct statvfs *facts) {
    if (facts->f_blocks == 0 || facts->f_frsize == 0) {
        return UINT64_MAX;
    }
    uint64_t reserve = RESERVE_BYTES / facts->f_frsize;
    uint64_t part = facts->f_blocks / RESERVE_PART;
    reserve = reserve < part ? reserve : part;
    uint64_t blocks = facts->f_bavail > reserve ? facts->f_bavail - reserve : 0;
    return blocks < UINT64_MAX / facts->f_frsize ? blocks * facts->f_frsize : UINT64_MAX;
}

static uint64_t room_on_disk(const struct filesystem_stage *stage) {
    struct statvfs facts;
    return fstatvfs(stage->descriptor, &facts) == 0 ? room_of(&facts) : UINT64_MAX;
}

uint64_t storage_filesystem_room(const char *directory) {
    struct statvfs facts;
    return statvfs(directory, &facts) == 0 ? room_of(&facts) : UINT64_MAX;
}

/* Asks the file system only when the stage has used up what the last answer allowed. An answer allows a fixed share of
 * the free space, up to ROOM_CHECK_BYTES, because other stages are written at the same time. */
static bool has_room(struct filesystem_stage *stage, uint64_t length) {
    if (length == 0 || (stage->length < stage->room && length <= stage->room - stage->length)) {
        return true;
    }
    uint64_t room = room_on_disk(stage);
    if (room < length) {
        return false;
    }
    uint64_t share = room / ROOM_SHARES < ROOM_CHECK_BYTES ? room / ROOM_SHARES : ROOM_CHECK_BYTES;
    stage->room = stage->length + (length > share ? length : share);
    return true;
}

lreg_status filesystem_stage_write(void *state, void *handle, const void *bytes, size_t length, lreg_failure *failure) {
    const struct filesystem *filesystem = state;
    struct filesystem_stage *stage = handle;
    const unsigned char *at = bytes;
    if (filesystem_cut_stage(stage) != 0) {
        return filesystem_failure(failure, errno);
    }
    if (!has_room(stage, length)) {
        return filesystem_failure(failure, ENOSPC);
    }
    stage->unsynced = true;
    while (length > 0) {
        size_t piece = length < SSIZE_MAX ? length : SSIZE_MAX;
        ssize_t written = pwrite(stage->descriptor, at, piece, (off_t)stage->length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return filesystem_failure(failure, written < 0 ? errno : EIO);
        }
        at += written;
        length -= (size_t)written;
        stage->length += (uint64_t)written;
    }
    push_to_disk(filesystem, stage);
    return LREG_OK;
}

lreg_status filesystem_stage_sync(void *state, void *handle, uint64_t *out_durable, lreg_failure *failure) {
    const struct filesystem *filesystem = state;
    struct filesystem_stage *stage = handle;
    if (filesystem_cut_stage(stage) != 0) {
        return filesystem_failure(failure, errno);
    }
    if (stage->unsynced && filesystem_sync_file(filesystem, stage->descriptor) != 0) {
        return filesystem_failure(failure, errno);
    }
    stage->unsynced = false;
    if (stage->entry_unsynced && filesystem_sync_directory(filesystem, filesystem->staging) != 0) {
        return filesystem_failure(failure, errno);
    }
    stage->entry_unsynced = false;
    *out_durable = stage->length;
    return LREG_OK;
}

void filesystem_stage_close(void *state, void *handle) {
    free_stage(state, handle);
}

void filesystem_stage_drop(void *state, void *handle) {
    const struct filesystem *filesystem = state;
    struct filesystem_stage *stage = handle;
    if (unlinkat(filesystem->staging, stage->name, 0) != 0 && errno != ENOENT) {
        hooks_log(filesystem->hooks, LREG_LOG_WARNING, "storage: stage %s could not be removed (errno %d)", stage->name,
                  errno);
    }
    free_stage(filesystem, stage);
}

/* An open stage is locked, in whichever process. A file that cannot be opened has no writer, and is removed. */
lreg_status filesystem_stage_remove(void *state, const char *name, lreg_failure *failure) {
    const struct filesystem *filesystem = state;
    int descriptor = open_stage(filesystem, name, 0);
    int number = 0;
    if (descriptor >= 0 && lock_file(descriptor, LOCK_EX | LOCK_NB) != 0) {
        (void)close(descriptor);
        return LREG_BUSY;
    }
    if (descriptor >= 0 && !is_still_stage(filesystem, descriptor, name)) {
        number = ENOENT;
    } else if (unlinkat(filesystem->staging, name, 0) != 0) {
        number = errno;
    }
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return number == 0 ? LREG_OK : filesystem_failure(failure, number);
}
