/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Calls a backend's table and does not trust it: names are checked before a call, keys and lengths after it, and every
 * failure becomes an error with a plain message.
 */

#include "storage/storage.h"

#include "base/failure.h"
#include "base/process.h"
#include "base/text.h"
#include "storage/names.h"

#include <stdatomic.h>
#include <string.h>

struct storage {
    const struct hooks *hooks;
    lreg_storage_backend backend; /* our copy */
    void *state;
    bool is_own; /* of the library: its state may be ended in a forked child */
    atomic_uint_fast64_t errors;
};

struct storage_stage {
    struct storage *storage;
    void *handle;
    uint64_t length; /* written */
    bool failed; /* a write or a sync failed: the contents of the stage are undefined */
};

struct storage_object {
    struct storage *storage;
    void *handle;
    atomic_size_t owners;
    uint64_t length;
    _Atomic(unsigned char *) loaded; /* all of its bytes, or NULL */
};

/* Flags that must not be ignored by a version that does not know them. None is defined yet. */
#define MANDATORY_FLAGS 0xffff0000u

/* The size of a table of version 1. */
#define BACKEND_SIZE_1 (offsetof(lreg_storage_backend, destroy) + sizeof(((lreg_storage_backend *)NULL)->destroy))

static bool has_flag(const struct storage *storage, uint32_t flag) {
    return (storage->backend.flags & flag) != 0;
}

/* The status for a failure of the operating system that the backend gave as its cause. */
static lreg_status status_of_errno(const lreg_failure *failure) {
    bool is_errno = failure->cause_domain == LREG_CAUSE_ERRNO && failure->cause > 0 && failure->cause <= INT32_MAX;
    lreg_status status = is_errno ? error_set_errno(NULL, (int)failure->cause, "") : LREG_IO;
    return status == LREG_NO_SPACE || status == LREG_BUSY ? status : LREG_IO;
}

/* Turns the status that a backend returned into the library's, with what it said about it. `missing` is the message for
 * LREG_NOT_FOUND. It is NULL where that status is not allowed, because it would reach a client as a 404 for something
 * that exists. */
static lreg_status translate(const lreg_failure *failure, lreg_status answer, const char *action, const char *missing,
                             struct error *err) {
    if (answer == LREG_OK) {
        return LREG_OK;
    }
    if (answer == LREG_NO_MEMORY) {
        return error_no_memory(err);
    }
    if (answer == LREG_NOT_FOUND && missing != NULL) {
        return error_set(err, LREG_NOT_FOUND, failure->code, "%s", missing);
    }
    if (answer == LREG_UPSTREAM || answer == LREG_TIMEOUT || answer == LREG_CANCELLED) {
        return failure_report(failure, err, answer, action, "storage_failed",
                              answer == LREG_TIMEOUT ? "the storage did not answer in time" : "the storage failed");
    }
    if (answer >= LREG_HOST_STATUS) {
        return failure_report(failure, err, answer, action, "storage_backend",
                              "the storage backend failed with a status of its own");
    }
    if (answer == LREG_NO_SPACE) {
        return failure_report(failure, err, LREG_NO_SPACE, action, "", "the storage is full");
    }
    if (answer == LREG_IO) {
        lreg_status status = status_of_errno(failure);
        return failure_report(failure, err, status, action, status == LREG_BUSY ? "too_many_files" : "",
                              "the storage backend failed");
    }
    return error_set(err, LREG_IO, "storage_backend", "%s: the storage backend returned %d, which is not valid here",
                     action, (int)answer);
}

/* The same, and counts the failures of the storage. */
static lreg_status report(struct storage *storage, const lreg_failure *failure, lreg_status answer, const char *action,
                          const char *missing, struct error *err) {
    lreg_status status = translate(failure, answer, action, missing, err);
    if (status != LREG_OK && status != LREG_NO_MEMORY && status != LREG_NOT_FOUND) {
        (void)atomic_fetch_add_explicit(&storage->errors, 1, memory_order_relaxed);
    }
    return status;
}

static lreg_status stage_busy(struct error *err) {
    return error_set(err, LREG_BUSY, "stage_busy", "another writer has this stage open");
}

static lreg_status check_stage_name(const char *name, struct error *err) {
    if (!storage_stage_name_is_valid(name)) {
        return error_set(err, LREG_BAD_ARGUMENT, "stage_name", "a stage's name has 1 to %d characters of [a-z0-9-]",
                         LREG_STORAGE_STAGE_NAME_MAX);
    }
    return LREG_OK;
}

/* Keys come from the metadata, so a bad one is not the caller's mistake. */
static lreg_status check_key(const char *key, struct error *err) {
    if (!storage_key_is_valid(key)) {
        return error_set(err, LREG_CORRUPT, "storage_key", "the metadata contains an invalid storage key");
    }
    return LREG_OK;
}

static const char *missing_entry(const lreg_storage_backend *backend) {
    const struct {
        const char *name;
        bool there;
    } entries[] = {
        {"stage_create", backend->stage_create != NULL},
        {"stage_reopen", backend->stage_reopen != NULL},
        {"stage_write", backend->stage_write != NULL},
        {"stage_sync", backend->stage_sync != NULL},
        {"stage_close", backend->stage_close != NULL},
        {"stage_drop", backend->stage_drop != NULL},
        {"stage_remove", backend->stage_remove != NULL},
        {"stage_commit", backend->stage_commit != NULL},
        {"object_open", backend->object_open != NULL},
        {"object_read", backend->object_read != NULL},
        {"object_close", backend->object_close != NULL},
        {"object_remove", backend->object_remove != NULL},
        {"list_next", backend->list_open == NULL || backend->list_next != NULL},
        {"list_close", backend->list_open == NULL || backend->list_close != NULL},
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (!entries[i].there) {
            return entries[i].name;
        }
    }
    return NULL;
}

/* Tables grow at their end: copies what the host's version and this one have in common; the rest is zero. */
lreg_status storage_backend_copy(const lreg_storage_backend *backend, lreg_storage_backend *own, struct error *err) {
    memset(own, 0, sizeof *own);
    if (backend == NULL || backend->size < BACKEND_SIZE_1) {
        return error_set(err, LREG_BAD_ARGUMENT, "backend_size",
                         "the storage backend's table is shorter than that of version 1 (%zu bytes)", BACKEND_SIZE_1);
    }
    memcpy(own, backend, backend->size < sizeof *own ? backend->size : sizeof *own);
    own->size = (uint32_t)sizeof *own;
    if ((own->flags & MANDATORY_FLAGS) != 0) {
        return error_set(err, LREG_BAD_ARGUMENT, "backend_flags",
                         "the storage backend sets flags that this version of the library does not know (0x%x)",
                         (unsigned)(own->flags & MANDATORY_FLAGS));
    }
    const char *missing = missing_entry(own);
    if (missing != NULL) {
        return error_set(err, LREG_BAD_ARGUMENT, "backend_entry", "the storage backend has no %s", missing);
    }
    return LREG_OK;
}

static lreg_status stage_new(struct storage *storage, const char *name, struct storage_stage **out, struct error *err) {
    *out = NULL;
    lreg_status status = process_check(storage->hooks, err);
    if (status == LREG_OK) {
        status = check_stage_name(name, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    struct storage_stage *stage = memory_allocate_zeroed(storage->hooks, 1, sizeof *stage);
    if (stage == NULL) {
        return error_no_memory(err);
    }
    stage->storage = storage;
    *out = stage;
    return LREG_OK;
}

static void stage_free(struct storage_stage *stage) {
    memory_release(stage->storage->hooks, stage);
}

static lreg_status check_not_failed(const struct storage_stage *stage, struct error *err) {
    if (stage->failed) {
        return error_set(err, LREG_MISUSE, "stage_failed",
                         "an earlier write to the stage failed: it can only be closed or dropped");
    }
    return process_check(stage->storage->hooks, err);
}

/* False in a forked child, unless the backend says that closing handles there is safe: it could disturb the parent. */
static bool may_end(const struct storage *storage) {
    return has_flag(storage, LREG_STORAGE_CLOSES_IN_CHILD) || !process_is_foreign(storage->hooks);
}

lreg_status storage_open_own(const struct hooks *hooks, const lreg_storage_backend *backend, void *state,
                             struct storage **out, struct error *err) {
    lreg_status status = storage_open_backend(hooks, backend, state, out, err);
    if (status == LREG_OK) {
        (*out)->is_own = true;
    }
    return status;
}

lreg_status storage_open_backend(const struct hooks *hooks, const lreg_storage_backend *backend, void *state,
                                 struct storage **out, struct error *err) {
    lreg_storage_backend own;
    *out = NULL;
    lreg_status status = storage_backend_copy(backend, &own, err);
    if (status != LREG_OK) {
        goto out;
    }
    struct storage *storage = memory_allocate_zeroed(hooks, 1, sizeof *storage);
    if (storage == NULL) {
        status = error_no_memory(err);
        goto out;
    }
    storage->hooks = hooks;
    storage->backend = own;
    storage->state = state;
    *out = storage;
out:
    if (status != LREG_OK && own.destroy != NULL) {
        own.destroy(state);
    }
    return status;
}

void *storage_backend_state(const struct storage *storage, void (*destroy)(void *state)) {
    return storage->backend.destroy == destroy ? storage->state : NULL;
}

uint64_t storage_errors(const struct storage *storage) {
    return atomic_load_explicit(&storage->errors, memory_order_relaxed);
}

void storage_close(struct storage *storage) {
    if (storage == NULL) {
        return;
    }
    bool ends = storage->is_own ? may_end(storage) : !process_is_foreign(storage->hooks);
    if (storage->backend.destroy != NULL && ends) {
        storage->backend.destroy(storage->state);
    }
    memory_release(storage->hooks, storage);
}

/* The handle is allocated before the backend is called, so that a failed allocation leaves nothing to undo. */
lreg_status storage_stage_create(struct storage *storage, const char *name, struct storage_stage **out,
                                 struct error *err) {
    lreg_status status = stage_new(storage, name, out, err);
    if (status != LREG_OK) {
        return status;
    }
    lreg_failure failure;
    failure_init(&failure);
    const lreg_stage_info info = {.size = sizeof info, .expected_length = -1};
    status =
        report(storage, &failure, storage->backend.stage_create(storage->state, name, &info, &(*out)->handle, &failure),
               "cannot start a stage", NULL, err);
    if (status != LREG_OK) {
        stage_free(*out);
        *out = NULL;
    }
    return status;
}

lreg_status storage_stage_reopen(struct storage *storage, const char *name, uint64_t length, struct storage_stage **out,
                                 struct error *err) {
    lreg_status status = stage_new(storage, name, out, err);
    if (status != LREG_OK) {
        return status;
    }
    lreg_failure failure;
    failure_init(&failure);
    (*out)->length = length;
    lreg_status answer = storage->backend.stage_reopen(storage->state, name, length, &(*out)->handle, &failure);
    if (answer == LREG_BUSY) {
        status = stage_busy(err);
    } else {
        status = report(storage, &failure, answer, "cannot go on with a stage", "the stage is gone", err);
    }
    if (status != LREG_OK) {
        stage_free(*out);
        *out = NULL;
    }
    return status;
}

lreg_status storage_stage_write(struct storage_stage *stage, const void *bytes, size_t length, struct error *err) {
    struct storage *storage = stage->storage;
    lreg_status status = check_not_failed(stage, err);
    if (status != LREG_OK || length == 0) {
        return status;
    }
    lreg_failure failure;
    failure_init(&failure);
    status =
        report(storage, &failure, storage->backend.stage_write(storage->state, stage->handle, bytes, length, &failure),
               "cannot write to a stage", NULL, err);
    stage->length += length;
    stage->failed = status != LREG_OK;
    return status;
}

lreg_status storage_stage_sync(struct storage_stage *stage, struct error *err) {
    struct storage *storage = stage->storage;
    lreg_status status = check_not_failed(stage, err);
    if (status != LREG_OK) {
        return status;
    }
    lreg_failure failure;
    uint64_t durable = UINT64_MAX;
    failure_init(&failure);
    status = report(storage, &failure, storage->backend.stage_sync(storage->state, stage->handle, &durable, &failure),
                    "cannot make a stage durable", NULL, err);
    if (status == LREG_OK && durable != stage->length) {
        status = error_set(err, LREG_IO, "stage_not_durable",
                           "the storage backend made %llu of %llu bytes durable: this version needs all of them",
                           (unsigned long long)durable, (unsigned long long)stage->length);
    }
    /* A failed sync may have discarded the unwritten pages; a second one would then succeed without writing them. */
    stage->failed = status != LREG_OK;
    return status;
}

void storage_stage_close(struct storage_stage *stage) {
    if (stage != NULL && may_end(stage->storage)) {
        stage->storage->backend.stage_close(stage->storage->state, stage->handle);
    }
    if (stage != NULL) {
        stage_free(stage);
    }
}

void storage_stage_drop(struct storage_stage *stage) {
    if (stage != NULL && process_is_foreign(stage->storage->hooks)) {
        storage_stage_close(stage);
    } else if (stage != NULL) {
        stage->storage->backend.stage_drop(stage->storage->state, stage->handle);
        stage_free(stage);
    }
}

lreg_status storage_stage_remove(struct storage *storage, const char *name, struct error *err) {
    lreg_status status = process_check(storage->hooks, err);
    if (status == LREG_OK) {
        status = check_stage_name(name, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    lreg_failure failure;
    failure_init(&failure);
    lreg_status answer = storage->backend.stage_remove(storage->state, name, &failure);
    if (answer == LREG_NOT_FOUND) {
        return LREG_OK;
    }
    return answer == LREG_BUSY ? stage_busy(err)
                               : report(storage, &failure, answer, "cannot remove a stage", NULL, err);
}

lreg_status storage_stage_commit(struct storage_stage *stage, const char *digest, char *key, struct error *err) {
    struct storage *storage = stage->storage;
    char given[LREG_STORAGE_KEY_MAX + 1];
    key[0] = '\0';
    lreg_status status = check_not_failed(stage, err);
    if (status == LREG_OK && !storage_digest_is_valid(digest)) {
        status = error_set(err, LREG_BAD_ARGUMENT, "digest", "a digest has 64 lower-case hexadecimal digits");
    }
    if (status != LREG_OK) {
        storage_stage_drop(stage);
        return status;
    }
    memset(given, 0xff, sizeof given); /* if the backend writes no key, this is an invalid one */
    lreg_failure failure;
    failure_init(&failure);
    const lreg_object_info info = {.size = sizeof info, .digest = digest, .length = stage->length};
    status = report(storage, &failure,
                    storage->backend.stage_commit(storage->state, stage->handle, &info, given, sizeof given, &failure),
                    "cannot commit a stage", NULL, err);
    stage_free(stage);
    if (status != LREG_OK) {
        return status;
    }
    if (!storage_key_is_valid(given)) {
        return error_set(err, LREG_IO, "storage_backend",
                         "the storage backend returned a key that is empty, too long or not UTF-8");
    }
    memcpy(key, given, strlen(given) + 1);
    return LREG_OK;
}

lreg_status storage_object_open(struct storage *storage, const char *key, int64_t expected_length,
                                struct storage_object **out, uint64_t *out_length, struct error *err) {
    uint64_t length = 0;
    *out = NULL;
    lreg_status status = process_check(storage->hooks, err);
    if (status == LREG_OK) {
        status = check_key(key, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    struct storage_object *object = memory_allocate_zeroed(storage->hooks, 1, sizeof *object);
    if (object == NULL) {
        return error_no_memory(err);
    }
    object->storage = storage;
    atomic_init(&object->owners, 1);
    lreg_failure failure;
    failure_init(&failure);
    const lreg_read_info info = {.size = sizeof info, .expected_length = expected_length, .length = -1};
    status = report(storage, &failure,
                    storage->backend.object_open(storage->state, key, &info, &object->handle, &length, &failure),
                    "cannot open an object", "the object is not in the storage", err);
    if (status != LREG_OK) {
        memory_release(storage->hooks, object);
        return status;
    }
    if (length > INT64_MAX) {
        storage_object_close(object);
        return error_set(err, LREG_IO, "storage_backend", "the storage backend returned an invalid length");
    }
    object->length = length;
    *out = object;
    *out_length = length;
    return LREG_OK;
}

lreg_status storage_object_read(struct storage_object *object, uint64_t offset, void *bytes, size_t length,
                                struct error *err) {
    struct storage *storage = object->storage;
    unsigned char *at = bytes;
    if (offset > INT64_MAX || length > INT64_MAX - offset) {
        return error_set(err, LREG_CORRUPT, "object_too_short", "no object is long enough for this read");
    }
    const void *held = storage_object_loaded(object, offset, length);
    if (held != NULL) {
        memcpy(at, held, length);
        return LREG_OK;
    }
    while (length > 0) {
        size_t got = 0;
        lreg_failure failure;
        failure_init(&failure);
        lreg_status answer =
            storage->backend.object_read(storage->state, object->handle, offset, at, length, &got, &failure);
        lreg_status status = report(storage, &failure, answer, "cannot read an object", NULL, err);
        if (status != LREG_OK) {
            return status;
        }
        if (got == 0) {
            return error_set(err, LREG_CORRUPT, "object_too_short",
                             "an object in the storage is shorter than it must be");
        }
        if (got > length) {
            return error_set(err, LREG_IO, "storage_backend", "the storage backend returned more bytes than requested");
        }
        at += got;
        offset += got;
        length -= got;
    }
    return LREG_OK;
}

bool storage_object_descriptor(struct storage_object *object, int32_t *out_descriptor, uint64_t *out_offset) {
    struct storage *storage = object->storage;
    int32_t descriptor = -1;
    uint64_t offset = 0;
    if (storage->backend.object_descriptor == NULL) {
        return false;
    }
    lreg_failure failure;
    failure_init(&failure);
    lreg_status answer =
        storage->backend.object_descriptor(storage->state, object->handle, &descriptor, &offset, &failure);
    if (answer != LREG_OK || descriptor < 0 || offset > INT64_MAX) {
        return false;
    }
    *out_descriptor = descriptor;
    *out_offset = offset;
    return true;
}

bool storage_object_path(struct storage_object *object, char *path) {
    struct storage *storage = object->storage;
    if (storage->backend.object_path == NULL) {
        return false;
    }
    memset(path, 0xff, LREG_STORAGE_PATH_MAX + 1); /* if the backend writes no NUL, this is an invalid path */
    lreg_failure failure;
    failure_init(&failure);
    lreg_status answer =
        storage->backend.object_path(storage->state, object->handle, path, LREG_STORAGE_PATH_MAX + 1, &failure);
    size_t length = strnlen(path, LREG_STORAGE_PATH_MAX + 1);
    return answer == LREG_OK && length > 0 && length <= LREG_STORAGE_PATH_MAX && text_is_utf8(path, length) &&
           !text_has_control(path, length);
}

void storage_object_close(struct storage_object *object) {
    if (object != NULL && atomic_fetch_sub_explicit(&object->owners, 1, memory_order_acq_rel) == 1) {
        struct storage *storage = object->storage;
        if (may_end(storage)) {
            storage->backend.object_close(storage->state, object->handle);
        }
        memory_release(storage->hooks, atomic_load_explicit(&object->loaded, memory_order_relaxed));
        memory_release(storage->hooks, object);
    }
}

void storage_object_load(struct storage_object *object) {
    const struct hooks *hooks = object->storage->hooks;
    unsigned char *nobodys = NULL;
    if (object->length > SIZE_MAX || atomic_load_explicit(&object->loaded, memory_order_relaxed) != NULL) {
        return;
    }
    unsigned char *bytes = memory_allocate(hooks, (size_t)object->length);
    if (bytes == NULL || storage_object_read(object, 0, bytes, (size_t)object->length, NULL) != LREG_OK ||
        !atomic_compare_exchange_strong_explicit(&object->loaded, &nobodys, bytes, memory_order_release,
                                                 memory_order_relaxed)) {
        memory_release(hooks, bytes); /* no memory, a failed read, or another thread was faster */
    }
}

const void *storage_object_loaded(const struct storage_object *object, uint64_t offset, uint64_t length) {
    const unsigned char *held = atomic_load_explicit(&object->loaded, memory_order_acquire);
    bool has_all = held != NULL && offset <= object->length && length <= object->length - offset;
    return has_all ? held + offset : NULL;
}

bool storage_object_share(struct storage_object *object) {
    bool is_shared = has_flag(object->storage, LREG_STORAGE_SHARES_OBJECTS);
    if (is_shared) {
        (void)atomic_fetch_add_explicit(&object->owners, 1, memory_order_relaxed);
    }
    return is_shared;
}

lreg_status storage_object_remove(struct storage *storage, const char *key, struct error *err) {
    lreg_status status = process_check(storage->hooks, err);
    if (status == LREG_OK) {
        status = check_key(key, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    lreg_failure failure;
    failure_init(&failure);
    lreg_status answer = storage->backend.object_remove(storage->state, key, &failure);
    if (answer == LREG_NOT_FOUND) {
        return LREG_OK;
    }
    return report(storage, &failure, answer, "cannot remove an object", NULL, err);
}

/* --- Listings --- */

struct storage_list {
    struct storage *storage;
    void *handle;
    int32_t what;
};

lreg_status storage_list_open(struct storage *storage, int32_t what, struct storage_list **out, struct error *err) {
    *out = NULL;
    if (what != LREG_STORAGE_STAGES && what != LREG_STORAGE_OBJECTS) {
        return error_set(err, LREG_BAD_ARGUMENT, "", "only stages or objects can be listed");
    }
    struct storage_list *list = memory_allocate_zeroed(storage->hooks, 1, sizeof *list);
    if (list == NULL) {
        return error_no_memory(err);
    }
    list->storage = storage;
    list->what = what;
    lreg_status status = LREG_OK;
    if (storage->backend.list_open != NULL) {
        lreg_failure failure;
        failure_init(&failure);
        const lreg_list_info info = {.size = sizeof info, .what = what};
        status = report(storage, &failure, storage->backend.list_open(storage->state, &info, &list->handle, &failure),
                        "cannot list the storage", NULL, err);
    }
    if (status != LREG_OK) {
        memory_release(storage->hooks, list);
        return status;
    }
    *out = list;
    return LREG_OK;
}

lreg_status storage_list_next(struct storage_list *list, struct storage_listed *out, bool *out_more,
                              struct error *err) {
    struct storage *storage = list->storage;
    *out_more = false;
    if (storage->backend.list_open == NULL) {
        return LREG_OK;
    }
    *out = (struct storage_listed){0};
    memset(out->name, 0xff, sizeof out->name);
    lreg_failure failure;
    failure_init(&failure);
    lreg_status answer = storage->backend.list_next(storage->state, list->handle, out->name, sizeof out->name,
                                                    &out->modified_ms, &out->length, &failure);
    if (answer == LREG_NOT_FOUND) {
        return LREG_OK;
    }
    lreg_status status = report(storage, &failure, answer, "cannot list the storage", NULL, err);
    if (status != LREG_OK) {
        return status;
    }
    bool valid =
        list->what == LREG_STORAGE_STAGES ? storage_stage_name_is_valid(out->name) : storage_key_is_valid(out->name);
    if (!valid || out->length > INT64_MAX) {
        return error_set(err, LREG_IO, "storage_backend", "the storage backend lists an invalid name or length");
    }
    *out_more = true;
    return LREG_OK;
}

void storage_list_close(struct storage_list *list) {
    if (list == NULL) {
        return;
    }
    struct storage *storage = list->storage;
    if (storage->backend.list_open != NULL && may_end(storage)) {
        storage->backend.list_close(storage->state, list->handle);
    }
    memory_release(storage->hooks, list);
}

lreg_status storage_visit_all(struct storage *storage, int32_t what, storage_visit visit, void *user,
                              struct error *err) {
    struct storage_list *list = NULL;
    struct storage_listed item;
    bool more = true;
    lreg_status status = storage_list_open(storage, what, &list, err);
    while (status == LREG_OK && more) {
        status = storage_list_next(list, &item, &more, err);
        if (status == LREG_OK && more) {
            status = visit(user, item.name, item.modified_ms, item.length, err);
        }
    }
    storage_list_close(list);
    return status;
}
