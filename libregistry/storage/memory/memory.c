/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The memory backend, a small and complete example of a table. Stages and objects are the same struct on two shelves.
 * One mutex guards the shelves and the counts of handles. It is never held while the host's hooks are called.
 */

#include "storage/memory/memory.h"

#include "base/encoding.h"
#include "storage/names.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define BUCKETS 1024u

/* Bytes with a name. Lives while it is on a shelf or open. */
struct blob {
    struct blob *next; /* in its bucket, by name */
    bool shelved;
    unsigned handles;
    unsigned char *bytes; /* written through the stage's one handle; constant once it is an object */
    size_t length;
    size_t capacity;
    size_t position; /* of the next write; less than `length` after a reopen, until the first write */
    int64_t modified_ms;
    char name[LREG_STORAGE_KEY_MAX + 1];
};

struct shelf {
    struct blob *buckets[BUCKETS];
};

struct memory_storage {
    const struct hooks *hooks;
    pthread_mutex_t mutex;
    struct shelf stages;
    struct shelf objects;
};

/* A place in a shelf. It stays valid while blobs are added and removed. */
struct memory_list {
    const struct shelf *shelf;
    size_t bucket;
    char last[LREG_STORAGE_KEY_MAX + 1]; /* name returned last from this bucket, "" at its start */
    char after[LREG_STORAGE_KEY_MAX + 1]; /* only names greater than this */
};

/* The link to the blob, or the place in its bucket, sorted by name, where it would be inserted. */
static struct blob **find_link(struct shelf *shelf, const char *name) {
    struct blob **link = &shelf->buckets[crc32_of(name, strlen(name)) % BUCKETS];
    while (*link != NULL && strcmp((*link)->name, name) < 0) {
        link = &(*link)->next;
    }
    return link;
}

static struct blob *find(struct shelf *shelf, const char *name) {
    struct blob *blob = *find_link(shelf, name);
    return blob != NULL && strcmp(blob->name, name) == 0 ? blob : NULL;
}

static void put(struct shelf *shelf, struct blob *blob) {
    struct blob **link = find_link(shelf, blob->name);
    blob->next = *link;
    blob->shelved = true;
    *link = blob;
}

static void take_off(struct shelf *shelf, struct blob *blob) {
    *find_link(shelf, blob->name) = blob->next;
    blob->shelved = false;
}

static void free_blob(const struct memory_storage *storage, struct blob *blob) {
    memory_release(storage->hooks, blob->bytes);
    memory_release(storage->hooks, blob);
}

static void close_blob(void *state, void *handle) {
    struct memory_storage *storage = state;
    struct blob *blob = handle;
    (void)pthread_mutex_lock(&storage->mutex);
    blob->handles--;
    bool unneeded = !blob->shelved && blob->handles == 0;
    (void)pthread_mutex_unlock(&storage->mutex);
    if (unneeded) {
        free_blob(storage, blob);
    }
}

static lreg_status remove_from(struct memory_storage *storage, struct shelf *shelf, const char *name) {
    bool unneeded = false;
    (void)pthread_mutex_lock(&storage->mutex);
    struct blob *blob = find(shelf, name);
    if (blob != NULL) {
        take_off(shelf, blob);
        unneeded = blob->handles == 0;
    }
    (void)pthread_mutex_unlock(&storage->mutex);
    if (unneeded) {
        free_blob(storage, blob);
    }
    return blob != NULL ? LREG_OK : LREG_NOT_FOUND;
}

static lreg_status stage_create(void *state, const char *name, const lreg_stage_info *info, void **out_stage,
                                lreg_failure *failure) {
    (void)info;
    (void)failure;
    struct memory_storage *storage = state;
    struct blob *blob = memory_allocate_zeroed(storage->hooks, 1, sizeof *blob);
    if (blob == NULL) {
        return LREG_NO_MEMORY;
    }
    memcpy(blob->name, name, strnlen(name, LREG_STORAGE_STAGE_NAME_MAX));
    blob->modified_ms = hooks_now_ms(storage->hooks);
    blob->handles = 1;
    (void)pthread_mutex_lock(&storage->mutex);
    bool is_new = find(&storage->stages, name) == NULL;
    if (is_new) {
        put(&storage->stages, blob);
    }
    (void)pthread_mutex_unlock(&storage->mutex);
    if (!is_new) {
        free_blob(storage, blob);
        return LREG_IO;
    }
    *out_stage = blob;
    return LREG_OK;
}

static lreg_status stage_reopen(void *state, const char *name, uint64_t length, void **out_stage,
                                lreg_failure *failure) {
    (void)failure;
    struct memory_storage *storage = state;
    lreg_status status = LREG_OK;
    (void)pthread_mutex_lock(&storage->mutex);
    struct blob *blob = find(&storage->stages, name);
    if (blob == NULL) {
        status = LREG_NOT_FOUND;
    } else if (blob->handles > 0) {
        status = LREG_BUSY;
    } else if (blob->length < length) {
        status = LREG_IO;
    } else {
        blob->position = (size_t)length;
        blob->handles++;
        *out_stage = blob;
    }
    (void)pthread_mutex_unlock(&storage->mutex);
    return status;
}

/* Makes room for `length` bytes; at least doubles the capacity. */
static lreg_status reserve(const struct memory_storage *storage, struct blob *blob, size_t length) {
    size_t wanted = 0;
    if (length <= blob->capacity) {
        return LREG_OK;
    }
    if (!size_multiply(blob->capacity, 2, &wanted) || wanted < length) {
        wanted = length;
    }
    unsigned char *bytes = memory_reallocate(storage->hooks, blob->bytes, wanted, 1);
    if (bytes == NULL) {
        return LREG_NO_MEMORY;
    }
    blob->bytes = bytes;
    blob->capacity = wanted;
    return LREG_OK;
}

static lreg_status stage_write(void *state, void *stage, const void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    struct memory_storage *storage = state;
    struct blob *blob = stage;
    size_t sum = 0;
    if (!size_add(blob->position, length, &sum) || reserve(storage, blob, sum) != LREG_OK) {
        return LREG_NO_MEMORY;
    }
    if (length > 0) { /* `blob->bytes` may be NULL */
        memcpy(blob->bytes + blob->position, bytes, length);
    }
    int64_t now_ms = hooks_now_ms(storage->hooks);
    (void)pthread_mutex_lock(&storage->mutex); /* another thread may be listing */
    blob->length = sum;
    blob->position = sum;
    blob->modified_ms = now_ms;
    (void)pthread_mutex_unlock(&storage->mutex);
    return LREG_OK;
}

/* There is nothing to sync. The empty write cuts a reopened stage to its length. */
static lreg_status stage_sync(void *state, void *stage, uint64_t *out_durable, lreg_failure *failure) {
    lreg_status status = stage_write(state, stage, "", 0, failure);
    *out_durable = ((const struct blob *)stage)->length;
    return status;
}

static void stage_drop(void *state, void *stage) {
    struct memory_storage *storage = state;
    const struct blob *blob = stage;
    (void)remove_from(storage, &storage->stages, blob->name);
    close_blob(storage, stage);
}

static lreg_status stage_remove(void *state, const char *name, lreg_failure *failure) {
    (void)failure;
    struct memory_storage *storage = state;
    return remove_from(storage, &storage->stages, name);
}

/* Moves the blob to the other shelf under its new name. Fails when the stage was removed in the meantime, or when there
 * is an object with that key. */
static lreg_status stage_commit(void *state, void *stage, const lreg_object_info *info, char *key, size_t capacity,
                                lreg_failure *failure) {
    (void)failure;
    struct memory_storage *storage = state;
    struct blob *blob = stage;
    int64_t now_ms = hooks_now_ms(storage->hooks);
    bool has_room = storage_own_key(info->digest, blob->name, key, capacity);
    (void)pthread_mutex_lock(&storage->mutex);
    bool good = has_room && blob->shelved && find(&storage->objects, key) == NULL;
    if (blob->shelved) {
        take_off(&storage->stages, blob);
    }
    if (good) {
        memcpy(blob->name, key, strlen(key) + 1);
        blob->length = blob->position;
        blob->modified_ms = now_ms;
        put(&storage->objects, blob);
    }
    (void)pthread_mutex_unlock(&storage->mutex);
    close_blob(storage, blob);
    return good ? LREG_OK : LREG_IO;
}

static lreg_status object_open(void *state, const char *key, const lreg_read_info *info, void **out_object,
                               uint64_t *out_length, lreg_failure *failure) {
    (void)info;
    (void)failure;
    struct memory_storage *storage = state;
    (void)pthread_mutex_lock(&storage->mutex);
    struct blob *blob = find(&storage->objects, key);
    if (blob != NULL) {
        blob->handles++;
        *out_object = blob;
        *out_length = blob->length;
    }
    (void)pthread_mutex_unlock(&storage->mutex);
    return blob != NULL ? LREG_OK : LREG_NOT_FOUND;
}

static lreg_status object_read(void *state, void *object, uint64_t offset, void *bytes, size_t length, size_t *out_got,
                               lreg_failure *failure) {
    (void)failure;
    const struct blob *blob = object;
    (void)state;
    size_t left = offset < blob->length ? blob->length - (size_t)offset : 0;
    *out_got = length < left ? length : left;
    if (*out_got > 0) {
        memcpy(bytes, blob->bytes + offset, *out_got);
    }
    return LREG_OK;
}

static lreg_status object_remove(void *state, const char *key, lreg_failure *failure) {
    (void)failure;
    struct memory_storage *storage = state;
    return remove_from(storage, &storage->objects, key);
}

static lreg_status list_open(void *state, const lreg_list_info *info, void **out_list, lreg_failure *failure) {
    (void)failure;
    const struct memory_storage *storage = state;
    struct memory_list *list = memory_allocate_zeroed(storage->hooks, 1, sizeof *list);
    if (list == NULL) {
        return LREG_NO_MEMORY;
    }
    if (info->after != NULL) {
        (void)snprintf(list->after, sizeof list->after, "%s", info->after);
    }
    list->shelf = info->what == LREG_STORAGE_OBJECTS ? &storage->objects : &storage->stages;
    *out_list = list;
    return LREG_OK;
}

/* The first blob after the list's place; NULL at the end. */
static const struct blob *advance(struct memory_list *list) {
    for (; list->bucket < BUCKETS; list->bucket++, list->last[0] = '\0') {
        const struct blob *blob = list->shelf->buckets[list->bucket];
        while (blob != NULL && (strcmp(blob->name, list->last) <= 0 || strcmp(blob->name, list->after) <= 0)) {
            blob = blob->next;
        }
        if (blob != NULL) {
            return blob;
        }
    }
    return NULL;
}

static lreg_status list_next(void *state, void *handle, char *name, size_t capacity, int64_t *out_modified_ms,
                             uint64_t *out_length, lreg_failure *failure) {
    (void)failure;
    struct memory_storage *storage = state;
    struct memory_list *list = handle;
    (void)pthread_mutex_lock(&storage->mutex);
    const struct blob *blob = advance(list);
    if (blob != NULL) {
        memcpy(list->last, blob->name, sizeof list->last);
        (void)snprintf(name, capacity, "%s", blob->name);
        *out_modified_ms = blob->modified_ms;
        *out_length = blob->length;
    }
    (void)pthread_mutex_unlock(&storage->mutex);
    return blob != NULL ? LREG_OK : LREG_NOT_FOUND;
}

static void list_close(void *state, void *list) {
    const struct memory_storage *storage = state;
    memory_release(storage->hooks, list);
}

static void clear(struct memory_storage *storage, struct shelf *shelf) {
    for (size_t i = 0; i < BUCKETS; i++) {
        while (shelf->buckets[i] != NULL) {
            struct blob *blob = shelf->buckets[i];
            take_off(shelf, blob);
            free_blob(storage, blob);
        }
    }
}

static void destroy(void *state) {
    struct memory_storage *storage = state;
    clear(storage, &storage->stages);
    clear(storage, &storage->objects);
    (void)pthread_mutex_destroy(&storage->mutex);
    memory_release(storage->hooks, storage);
}

static const lreg_storage_backend memory_table = {
    .size = sizeof(lreg_storage_backend),
    .stage_create = stage_create,
    .stage_reopen = stage_reopen,
    .stage_write = stage_write,
    .stage_sync = stage_sync,
    .stage_close = close_blob,
    .stage_drop = stage_drop,
    .stage_remove = stage_remove,
    .stage_commit = stage_commit,
    .object_open = object_open,
    .object_read = object_read,
    .object_close = close_blob,
    .object_remove = object_remove,
    .list_open = list_open,
    .list_next = list_next,
    .list_close = list_close,
    .destroy = destroy,
};

lreg_status storage_memory_table(const struct hooks *hooks, lreg_storage_backend *out_table, void **out_state,
                                 struct error *err) {
    struct memory_storage *storage = memory_allocate_zeroed(hooks, 1, sizeof *storage);
    *out_state = NULL;
    if (storage == NULL) {
        return error_no_memory(err);
    }
    storage->hooks = hooks;
    if (pthread_mutex_init(&storage->mutex, NULL) != 0) {
        memory_release(hooks, storage);
        return error_set(err, LREG_NO_MEMORY, "", "no mutex can be made");
    }
    *out_table = memory_table;
    *out_state = storage;
    return LREG_OK;
}

lreg_status storage_open_memory(const struct hooks *hooks, struct storage **out, struct error *err) {
    lreg_storage_backend table;
    void *state = NULL;
    *out = NULL;
    lreg_status status = storage_memory_table(hooks, &table, &state, err);
    if (status != LREG_OK) {
        return status;
    }
    return storage_open_own(hooks, &table, state, out, err);
}
