/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_SYS_STORAGE_BACKEND_H
#define LIBREGISTRY_SYS_STORAGE_BACKEND_H

/**
 * @file The table of functions that a place for package bytes fills in. The filesystem and memory backends of the
 * library are made of the same table.
 *
 * Model. Bytes are *staged* under a name that the library chooses (at most 63 characters of [a-z0-9-]), appended in
 * order, made durable, and *committed* once, which gives the immutable object its *key* (chosen by the backend, at
 * most LREG_STORAGE_KEY_MAX bytes of UTF-8 without NUL). A key is never used for a second object, also not for one
 * with equal content: the collector removes by key, and must not hit a newcomer.
 *
 * Obligations of every entry: it is called from any thread, several at once for one backend, one at a time per stage
 * and per object; without a lock held; it may block; it must not call the library on the same instance. It returns
 * LREG_OK, LREG_NOT_FOUND (where it is mentioned), LREG_NO_SPACE, LREG_IO, LREG_NO_MEMORY, or a status from
 * LREG_HOST_STATUS on, which reaches the library's caller unchanged. Out-parameters are set on success only.
 */

#include <libregistry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LREG_STORAGE_KEY_MAX 255 /**< longest key in bytes, without its NUL */
#define LREG_STORAGE_STAGE_NAME_MAX 63 /**< longest stage name, without its NUL */
#define LREG_STORAGE_PATH_MAX 1023 /**< longest path of an object's file, without its NUL */

/** Which names `list_open` gives. */
#define LREG_STORAGE_STAGES 1
#define LREG_STORAGE_OBJECTS 2

/* What a backend can say of itself, in `flags`. The library ignores those of the bits 0 to 15 that it does not know,
 * and refuses a table with an unknown one of the bits 16 to 31 (LREG_BAD_ARGUMENT). */

/** A failing entry leaves the reason in errno, 0 when it has none. The library adds it to its error. */
#define LREG_STORAGE_SETS_ERRNO 2
/** One object may be read by several threads at once: `object_read` and `object_descriptor` go by position alone. */
#define LREG_STORAGE_SHARES_OBJECTS 4
/** In a forked child, `stage_close`, `object_close` and `destroy` release what the child has and do not touch what the
 * parent has. Without this bit they are not called there. */
#define LREG_STORAGE_CLOSES_IN_CHILD 8

/** The table. Entries marked optional may be NULL. Since: 0.1 */
typedef struct lreg_storage_backend {
    uint32_t size; /**< sizeof(lreg_storage_backend), set by the host */
    uint32_t flags; /**< LREG_STORAGE_…, below */

    /** Start an empty stage. A name is used once for ever, so that keys may be made of it. */
    lreg_status (*stage_create)(void *state, const char *name, void **out_stage);

    /** Open an existing stage, maybe left by another process, to go on behind its first `length` bytes. What it has
     * more is cut off by the next write, sync or commit, and should not be before: who finds out in time that the
     * length was out of date just closes it. LREG_NOT_FOUND when it is gone, LREG_IO when it is shorter, LREG_BUSY when
     * somebody else has it open. */
    lreg_status (*stage_reopen)(void *state, const char *name, uint64_t length, void **out_stage);

    /** Append all `length` bytes or fail; after a failure, also of a sync, the stage is only closed or dropped. */
    lreg_status (*stage_write)(void *state, void *stage, const void *bytes, size_t length);

    /** What was written so far survives a power cut when this returns LREG_OK. */
    lreg_status (*stage_sync)(void *state, void *stage);

    /** Let go of the handle, keep the bytes for stage_reopen. Always ends the handle. */
    void (*stage_close)(void *state, void *stage);

    /** Let go of the handle and remove the bytes. Always ends the handle. */
    void (*stage_drop)(void *state, void *stage);

    /** Remove the bytes of a stage that nobody has open; LREG_NOT_FOUND is fine, and so is LREG_BUSY when somebody, in
     * another process, has it open after all. */
    lreg_status (*stage_remove)(void *state, const char *name);

    /** Turn the stage into an object that survives a power cut, without copying its bytes where that can be. Always
     * ends the handle; after a failure the stage is removed. `digest` is the lower-case hexadecimal SHA-256 of the
     * bytes (64 characters). Writes the key with its NUL to `key` (LREG_STORAGE_KEY_MAX + 1 bytes). */
    lreg_status (*stage_commit)(void *state, void *stage, const char *digest, char *key);

    /** Open an object for reading and tell its length; LREG_NOT_FOUND when there is none. */
    lreg_status (*object_open)(void *state, const char *key, void **out_object, uint64_t *out_length);

    /** Read up to `length` bytes from `offset`; fewer only at the end of the object. */
    lreg_status (*object_read)(void *state, void *object, uint64_t offset, void *bytes, size_t length, size_t *out_got);

    /** Optional: a file descriptor from which pread and sendfile give the object, the object beginning at
     * `*out_offset`; valid until object_close. LREG_NOT_FOUND when this object has none. */
    lreg_status (*object_descriptor)(void *state, void *object, int32_t *out_descriptor, uint64_t *out_offset);

    void (*object_close)(void *state, void *object);

    /** Remove an object; those who have it open may read on. LREG_NOT_FOUND is fine. */
    lreg_status (*object_remove)(void *state, const char *key);

    /** Optional: walk over stages or objects (LREG_STORAGE_…), in any order, once each; those that come or go
     * meanwhile may be missed. Without it leftovers of a crash stay. */
    lreg_status (*list_open)(void *state, int32_t what, void **out_list);

    /** Next name (key or stage name, with its NUL, to a buffer of LREG_STORAGE_KEY_MAX + 1 bytes), when it was last
     * written, and its length; LREG_NOT_FOUND at the end. */
    lreg_status (*list_next)(void *state, void *list, char *name, int64_t *out_modified_ms, uint64_t *out_length);

    void (*list_close)(void *state, void *list);

    /** Optional: the backend is no longer used. Called once, last. */
    void (*destroy)(void *state);

    /** Optional, may be behind `size`: a file that holds the object and nothing else, for hosts whose front server
     * sends files (lreg_exchange_set_sends_files()). Writes its path, relative to what is the backend's and the front
     * server's to agree on, with its NUL to `path` (LREG_STORAGE_PATH_MAX + 1 bytes). LREG_NOT_FOUND when this object
     * has none. */
    lreg_status (*object_path)(void *state, void *object, char *path);
} lreg_storage_backend;

#ifdef __cplusplus
}
#endif

#endif
