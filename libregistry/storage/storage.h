/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_STORAGE_H
#define STORAGE_STORAGE_H

/*
 * Storage of package bytes. A backend is a table of functions (sys/storage_backend.h) that is called only through this
 * interface. The library has two backends, the filesystem (storage/filesystem/) and memory (storage/memory/); a host
 * can supply others. Nothing here knows packages or metadata.
 *
 * Threads: a storage may be used from any number of threads at once. A stage or an object is used by one thread at a
 * time, unless the object is shared.
 */

#include "base/memory.h"
#include <libregistry/sys/storage_backend.h>

struct storage;
struct storage_stage;
struct storage_object;

/* Wraps a host's table, which is copied. The storage takes `state` over, also on failure: destroy is then called,
 * unless the table is too short to have that entry. LREG_BAD_ARGUMENT when the table is shorter than version 1 or lacks
 * a required entry. */
lreg_status storage_open_backend(const struct hooks *hooks, const lreg_storage_backend *backend, void *state,
                                 struct storage **out, struct error *err);

/* The same for a backend of the library, whose state is also ended in a forked child. */
lreg_status storage_open_own(const struct hooks *hooks, const lreg_storage_backend *backend, void *state,
                             struct storage **out, struct error *err);

/* The check and the copy that storage_open_backend() makes, for callers that keep a table and open it later. `*own` is
 * a complete table, whatever the size of the host's was. */
lreg_status storage_backend_copy(const lreg_storage_backend *backend, lreg_storage_backend *own, struct error *err);

void storage_close(struct storage *storage);

/* The calls of the backend that failed since the storage was opened, other than by LREG_NOT_FOUND, LREG_BUSY where that
 * is an answer, and LREG_NO_MEMORY. */
uint64_t storage_errors(const struct storage *storage);

/* The backend's state, when the storage was opened with a table that has this `destroy`; otherwise NULL. A backend uses
 * it to recognize its own storages. */
void *storage_backend_state(const struct storage *storage, void (*destroy)(void *state));

/* Stages; sys/storage_backend.h says what each function must do. A name has 1 to LREG_STORAGE_STAGE_NAME_MAX bytes of
 * [a-z0-9-] and is never used twice, because the object's key is made of it. After a failed write or sync, a stage can
 * only be closed or dropped; writes then return LREG_MISUSE. Removing a stage that does not exist returns LREG_OK.
 * Reopening a stage that is open elsewhere returns LREG_BUSY; removing one does, too, where the backend has locks. */
lreg_status storage_stage_create(struct storage *storage, const char *name, struct storage_stage **out,
                                 struct error *err);
lreg_status storage_stage_reopen(struct storage *storage, const char *name, uint64_t length, struct storage_stage **out,
                                 struct error *err);
lreg_status storage_stage_write(struct storage_stage *stage, const void *bytes, size_t length, struct error *err);
lreg_status storage_stage_sync(struct storage_stage *stage, struct error *err);
void storage_stage_close(struct storage_stage *stage); /* keeps the bytes; NULL is fine */
void storage_stage_drop(struct storage_stage *stage); /* removes the bytes; NULL is fine */
lreg_status storage_stage_remove(struct storage *storage, const char *name, struct error *err);

/* Always ends the stage; on failure its bytes are removed. `digest` is lower-case hexadecimal SHA-256. `key` has room
 * for LREG_STORAGE_KEY_MAX + 1 bytes. */
lreg_status storage_stage_commit(struct storage_stage *stage, const char *digest, char *key, struct error *err);

/* `expected_length` is what the metadata says; -1: not known. */
lreg_status storage_object_open(struct storage *storage, const char *key, int64_t expected_length,
                                struct storage_object **out, uint64_t *out_length, struct error *err);
/* Reads exactly `length` bytes or fails. LREG_CORRUPT when the object is too short. */
lreg_status storage_object_read(struct storage_object *object, uint64_t offset, void *bytes, size_t length,
                                struct error *err);
/* False when the object has no descriptor to send from. */
bool storage_object_descriptor(struct storage_object *object, int32_t *out_descriptor, uint64_t *out_offset);
void storage_object_close(struct storage_object *object); /* NULL is fine */
/* Writes the object's path, relative to the storage's directory, to `path` (LREG_STORAGE_PATH_MAX + 1 bytes). False
 * when the object is not a file. */
bool storage_object_path(struct storage_object *object, char *path);
/* Makes the caller another owner of the object. Every owner closes it; they may use it from several threads at once.
 * False when the backend does not allow it (LREG_STORAGE_SHARES_OBJECTS). */
bool storage_object_share(struct storage_object *object);
/* Reads the whole object into memory, from which later reads are served. May be called from any thread, also for a
 * shared object. On failure it does nothing, and reads go to the backend as before. */
void storage_object_load(struct storage_object *object);
/* The bytes in memory from `offset` on; NULL when the object is not held, or has fewer than `length` bytes there.
 * Borrowed until the object is closed. */
const void *storage_object_loaded(const struct storage_object *object, uint64_t offset, uint64_t length);
lreg_status storage_object_remove(struct storage *storage, const char *key, struct error *err);

/* Lists stages or objects (LREG_STORAGE_STAGES, LREG_STORAGE_OBJECTS). The caller may pause between two entries for any
 * time, continue in another thread, and remove entries that were returned. The list is empty when the backend cannot
 * list. */
struct storage_list;
struct storage_listed {
    char name[LREG_STORAGE_KEY_MAX + 1];
    int64_t modified_ms;
    uint64_t length;
};
lreg_status storage_list_open(struct storage *storage, int32_t what, struct storage_list **out, struct error *err);
lreg_status storage_list_next(struct storage_list *list, struct storage_listed *out, bool *out_more,
                              struct error *err); /* at the end, `*out_more` is false and `*out` is not an entry */
void storage_list_close(struct storage_list *list); /* NULL is fine */

/* Calls `visit` for each stage or object (LREG_STORAGE_STAGES, LREG_STORAGE_OBJECTS) and stops at its first failure.
 * `visit` may remove the entry it is called for. There are no calls when the backend cannot list. */
typedef lreg_status (*storage_visit)(void *user, const char *name, int64_t modified_ms, uint64_t length,
                                     struct error *err);
lreg_status storage_visit_all(struct storage *storage, int32_t what, storage_visit visit, void *user,
                              struct error *err);

#endif
