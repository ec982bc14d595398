/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_STORAGE_H
#define STORAGE_STORAGE_H

/*
 * Where package bytes live: one table of functions (sys/storage_backend.h), called through this door. The library's own
 * backends are the filesystem (storage/filesystem/) and memory (storage/memory/); a host can bring others. Nothing here
 * knows packages or metadata.
 *
 * Threads: a storage from any, at once; a stage or an object from one at a time, but for objects that are shared.
 */

#include "base/memory.h"
#include <libregistry/sys/storage_backend.h>

struct storage;
struct storage_stage;
struct storage_object;

/* Wraps a host's table, which is copied; `state` is taken, also on failure (its destroy is then called, unless the
 * table is too short to have one). LREG_BAD_ARGUMENT when the table is shorter than version 1 or lacks an entry that
 * is not optional. */
lreg_status storage_open_backend(const struct hooks *hooks, const lreg_storage_backend *backend, void *state,
                                 struct storage **out, struct error *err);

/* The check and the copy that storage_open_backend() makes, for those who keep a table until they open it: `*own` is
 * whole, whatever the host's size was. */
lreg_status storage_backend_copy(const lreg_storage_backend *backend, lreg_storage_backend *own, struct error *err);

void storage_close(struct storage *storage);

/* The backend's state, when the storage was opened with a table that has this `destroy`; NULL otherwise. With it a
 * backend finds out which storages are its own. */
void *storage_backend_state(const struct storage *storage, void (*destroy)(void *state));

/* Stages: see sys/storage_backend.h for what each must do. A name has 1 to LREG_STORAGE_STAGE_NAME_MAX bytes of
 * [a-z0-9-] and is used once for ever: an object's key is made of it. A failed write or sync leaves only close and
 * drop: later writes give LREG_MISUSE. Removing what is gone is LREG_OK. A stage that somebody else has open is not
 * reopened and not removed: LREG_BUSY. */
lreg_status storage_stage_create(struct storage *storage, const char *name, struct storage_stage **out,
                                 struct error *err);
lreg_status storage_stage_reopen(struct storage *storage, const char *name, uint64_t length, struct storage_stage **out,
                                 struct error *err);
lreg_status storage_stage_write(struct storage_stage *stage, const void *bytes, size_t length, struct error *err);
lreg_status storage_stage_sync(struct storage_stage *stage, struct error *err);
void storage_stage_close(struct storage_stage *stage); /* keeps the bytes; NULL is fine */
void storage_stage_drop(struct storage_stage *stage); /* removes the bytes; NULL is fine */
lreg_status storage_stage_remove(struct storage *storage, const char *name, struct error *err);

/* Ends the stage in every case, and removes it when it fails. `digest` is lower-case hexadecimal SHA-256. `key` has
 * LREG_STORAGE_KEY_MAX + 1 bytes. */
lreg_status storage_stage_commit(struct storage_stage *stage, const char *digest, char *key, struct error *err);

lreg_status storage_object_open(struct storage *storage, const char *key, struct storage_object **out,
                                uint64_t *out_length, struct error *err);
/* Reads exactly `length` bytes or fails: LREG_CORRUPT when the object ends before. */
lreg_status storage_object_read(struct storage_object *object, uint64_t offset, void *bytes, size_t length,
                                struct error *err);
/* True when there is a descriptor to send from. */
bool storage_object_descriptor(struct storage_object *object, int32_t *out_descriptor, uint64_t *out_offset);
void storage_object_close(struct storage_object *object); /* NULL is fine */
/* True when the object is a file: `path` (LREG_STORAGE_PATH_MAX + 1 bytes) is relative to the storage's directory. */
bool storage_object_path(struct storage_object *object, char *path);
/* Makes the caller another owner of the object: each owner closes it, and they may use it from several threads at once.
 * False when the backend does not allow it (LREG_STORAGE_SHARES_OBJECTS). */
bool storage_object_share(struct storage_object *object);
/* Reads the whole object into memory, so that nobody has to read it again; from any thread, also of a shared one. Does
 * nothing when that cannot be done: then it is read as ever. */
void storage_object_hold(struct storage_object *object);
/* What is held, from `offset` on; NULL when nothing is, or fewer bytes are. Borrowed until the object is closed. */
const void *storage_object_held(const struct storage_object *object, uint64_t offset, uint64_t length);
lreg_status storage_object_remove(struct storage *storage, const char *key, struct error *err);

/* A walk over stages or objects (LREG_STORAGE_STAGES, LREG_STORAGE_OBJECTS) that may pause between two of them for as
 * long as it likes, and go on in another thread. What it has shown may be removed. A backend that cannot list has
 * none. */
struct storage_list;
struct storage_listed {
    char name[LREG_STORAGE_KEY_MAX + 1];
    int64_t modified_ms;
    uint64_t length;
};
lreg_status storage_list_open(struct storage *storage, int32_t what, struct storage_list **out, struct error *err);
lreg_status storage_list_next(struct storage_list *list, struct storage_listed *out, bool *out_more,
                              struct error *err); /* `*out_more` false: that was all, nothing is shown */
void storage_list_close(struct storage_list *list); /* NULL is fine */

/* Calls `visit` for each stage or object (LREG_STORAGE_STAGES, LREG_STORAGE_OBJECTS); stops at its first failure.
 * `visit` may remove what it is shown. A backend that cannot list has none. */
typedef lreg_status (*storage_visit)(void *user, const char *name, int64_t modified_ms, uint64_t length,
                                     struct error *err);
lreg_status storage_visit_all(struct storage *storage, int32_t what, storage_visit visit, void *user,
                              struct error *err);

#endif
