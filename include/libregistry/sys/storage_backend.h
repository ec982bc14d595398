/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_SYS_STORAGE_BACKEND_H
#define LIBREGISTRY_SYS_STORAGE_BACKEND_H

/**
 * @file
 * The function table of a storage backend, which holds package bytes. The filesystem and memory backends of the library
 * use the same table.
 *
 * Model. Bytes are *staged* under a name that the library chooses (at most 63 characters of [a-z0-9-]), appended in
 * order, made durable, and *committed* once. The commit makes them an immutable object and returns its *key*, which the
 * backend chooses (at most LREG_STORAGE_KEY_MAX bytes of UTF-8 without NUL). A key must never be used again, not even
 * for equal content: the collector removes objects by key, and must not remove a new one.
 *
 * Rules for every entry. It is called from any thread, without a lock held: several calls at once for one backend, one
 * at a time per stage and per object. It may block. It must not call the library, except for the functions of
 * <libregistry/sys/failure.h>, by which an entry says why it fails. It returns LREG_OK, LREG_NO_SPACE, LREG_NO_MEMORY,
 * LREG_NOT_FOUND and LREG_BUSY where they are mentioned, and otherwise
 *
 * - LREG_UPSTREAM: the storage as a whole cannot be used: it is not reached, refuses the credentials, or has no such
 *   bucket. Nothing is known of the object then; the collector and lreg_verify() leave it as it is. LREG_NOT_FOUND says
 *   that the storage works and this one object or stage is not in it.
 * - LREG_TIMEOUT: it did not answer in time. LREG_CANCELLED: the host gives the work up.
 * - LREG_IO: any other failure.
 * - a status from LREG_HOST_STATUS on, which the library returns to its caller unchanged.
 *
 * Out-parameters are set on success only. Structs that the library passes are valid during the call; their members
 * after `size` bytes do not exist. Buffers have `capacity` bytes, the NUL included.
 */

#include <libregistry/sys/failure.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LREG_STORAGE_NAME_MAX 63 /**< longest name of a storage, without its NUL */
#define LREG_STORAGE_KEY_MAX 255 /**< longest key in bytes, without its NUL */
#define LREG_STORAGE_STAGE_NAME_MAX 63 /**< longest stage name, without its NUL */
#define LREG_STORAGE_PATH_MAX 1023 /**< longest path of an object's file, without its NUL */

/** What `list_open` lists. */
#define LREG_STORAGE_STAGES 1
#define LREG_STORAGE_OBJECTS 2

/* Properties of a backend, in `flags`. The library ignores unknown bits from 0 to 15, and refuses a table with unknown
 * bits from 16 to 31 (LREG_BAD_ARGUMENT). */

/** A hint: entries wait for a network. */
#define LREG_STORAGE_IS_REMOTE 1
/** One object may be read by several threads at once: `object_read` and `object_descriptor` have no
 * position of their own. */
#define LREG_STORAGE_SHARES_OBJECTS 4
/** In a forked child, `stage_close` and `object_close` release the resources of the child and do not touch those of the
 * parent. Without this bit they are not called in a child. `destroy` is never called in a child. */
#define LREG_STORAGE_CLOSES_IN_CHILD 8

/** What is known of a stage that is made. Since: 0.1 */
typedef struct lreg_stage_info {
    uint32_t size; /**< sizeof(lreg_stage_info), set by the library, as in the next three */
    uint32_t flags; /**< 0 */
    int64_t expected_length; /**< in bytes, of all that will be written; -1: not known */
} lreg_stage_info;

/** What an object is that is made of a stage. Since: 0.1 */
typedef struct lreg_object_info {
    uint32_t size;
    uint32_t flags; /**< 0 */
    const char *digest; /**< lower-case hexadecimal SHA-256 of the bytes (64 characters) */
    uint64_t length; /**< in bytes: what was written */
} lreg_object_info;

/** What will be read of an object. A remote backend may use it to fetch at once what is needed. Since: 0.1 */
typedef struct lreg_read_info {
    uint32_t size;
    uint32_t flags; /**< 0 */
    int64_t expected_length; /**< of the object, as the metadata has it; -1: not known */
    uint64_t offset; /**< of the first byte that will be read, as far as is known */
    int64_t length; /**< of what will be read from there; -1: not known. More may be read than that */
} lreg_read_info;

/** What is listed. Since: 0.1 */
typedef struct lreg_list_info {
    uint32_t size;
    uint32_t flags; /**< 0 */
    const char *after; /**< only names that are greater than this, compared byte by byte; NULL: all */
    int32_t what; /**< LREG_STORAGE_STAGES or LREG_STORAGE_OBJECTS */
    uint32_t reserved; /**< 0 */
} lreg_list_info;

/** The table. Entries marked optional may be NULL. Since: 0.1 */
typedef struct lreg_storage_backend {
    uint32_t size; /**< sizeof(lreg_storage_backend), set by the host */
    uint32_t flags; /**< LREG_STORAGE_IS_REMOTE and the constants after it */

    /** Make an empty stage. The library uses a name only once, so keys may be derived from it. */
    lreg_status (*stage_create)(void *state, const char *name, const lreg_stage_info *info, void **out_stage,
                                lreg_failure *failure);

    /** Open an existing stage, possibly of another process, to continue after its first `length` bytes, a length that
     * stage_sync has made durable. The next write, sync or commit removes the bytes after that; the stage should keep
     * them until then, because the library closes it unchanged when it finds that `length` is out of date.
     * LREG_NOT_FOUND when the stage does not exist, LREG_IO when it is shorter, LREG_BUSY when it is open elsewhere. */
    lreg_status (*stage_reopen)(void *state, const char *name, uint64_t length, void **out_stage,
                                lreg_failure *failure);

    /** Append all `length` bytes, or fail. After a failure, also of stage_sync, the library only closes or drops it. */
    lreg_status (*stage_write)(void *state, void *stage, const void *bytes, size_t length, lreg_failure *failure);

    /** Make the bytes durable: after LREG_OK the first `*out_durable` bytes of the stage survive a power failure, and
     * stage_reopen is called for such lengths only. This version needs all of them: with fewer it ends the request with
     * LREG_IO ("stage_not_durable"), and the session goes on at its former length. */
    lreg_status (*stage_sync)(void *state, void *stage, uint64_t *out_durable, lreg_failure *failure);

    /** End the handle and keep the bytes for stage_reopen. Always ends the handle. */
    void (*stage_close)(void *state, void *stage);

    /** End the handle and remove the bytes. Always ends the handle. */
    void (*stage_drop)(void *state, void *stage);

    /** Remove the bytes of a stage that this process does not have open. LREG_NOT_FOUND is allowed, and LREG_BUSY when
     * another process has it open. */
    lreg_status (*stage_remove)(void *state, const char *name, lreg_failure *failure);

    /** Make the stage an object that survives a power failure, if possible without copying its bytes. Always ends the
     * handle; after a failure the stage is removed. Writes the key with its NUL to `key`, at most LREG_STORAGE_KEY_MAX
     * bytes and the NUL, and no more than `capacity`. */
    lreg_status (*stage_commit)(void *state, void *stage, const lreg_object_info *info, char *key, size_t capacity,
                                lreg_failure *failure);

    /** Open an object for reading and return its length; LREG_NOT_FOUND when it does not exist. */
    lreg_status (*object_open)(void *state, const char *key, const lreg_read_info *info, void **out_object,
                               uint64_t *out_length, lreg_failure *failure);

    /** Read up to `length` bytes from `offset`; fewer only at the end of the object. */
    lreg_status (*object_read)(void *state, void *object, uint64_t offset, void *bytes, size_t length, size_t *out_got,
                               lreg_failure *failure);

    /** Optional: return a file descriptor for pread and sendfile, in which the object begins at `*out_offset`. It is
     * valid until object_close. LREG_NOT_FOUND when this object has none. */
    lreg_status (*object_descriptor)(void *state, void *object, int32_t *out_descriptor, uint64_t *out_offset,
                                     lreg_failure *failure);

    void (*object_close)(void *state, void *object);

    /** Remove an object. Handles that have it open can still read it. LREG_NOT_FOUND is allowed. */
    lreg_status (*object_remove)(void *state, const char *key, lreg_failure *failure);

    /** Optional: list stages or objects, in any order, each once. It may miss those that are made or removed meanwhile.
     * Without it, what a crash leaves is not removed. */
    lreg_status (*list_open)(void *state, const lreg_list_info *info, void **out_list, lreg_failure *failure);

    /** Return the next name (key or stage name, with its NUL, in `capacity` bytes), the time of its last write, and its
     * length; LREG_NOT_FOUND at the end. */
    lreg_status (*list_next)(void *state, void *list, char *name, size_t capacity, int64_t *out_modified_ms,
                             uint64_t *out_length, lreg_failure *failure);

    void (*list_close)(void *state, void *list);

    /** Optional: end `state`. Called once, after all other calls, by the process that gave the table to the options;
     * never in a forked child. */
    void (*destroy)(void *state);

    /** Optional, may lie beyond `size`: a file that holds the object and nothing else, for hosts whose front server
     * sends files (lreg_exchange_set_sends_files()). Writes its path with its NUL to `path`, at most
     * LREG_STORAGE_PATH_MAX bytes and the NUL, and no more than `capacity`. The backend and the front server agree on
     * what the path is relative to. LREG_NOT_FOUND when this object has none. */
    lreg_status (*object_path)(void *state, void *object, char *path, size_t capacity, lreg_failure *failure);
} lreg_storage_backend;

#ifdef __cplusplus
}
#endif

#endif
