/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COMPONENT_HOST_STORAGE_H
#define COMPONENT_HOST_STORAGE_H

/*
 * A storage as a host might implement it: bytes in memory, based only on <libregistry/sys/storage_backend.h>. It
 * returns no descriptors, counts open handles, and fails with a status of the test's choice on request.
 */

#include <libregistry/sys/storage_backend.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_STATUS (LREG_HOST_STATUS + 17)
#define HOST_ENTRIES 64

struct host_entry {
    char name[LREG_STORAGE_KEY_MAX + 1]; /* "" when free */
    int is_object;
    int readers; /* of an object; a removed one lives until its last reader closes it */
    int is_removed;
    unsigned char *bytes;
    size_t length;
};

struct host_storage {
    pthread_mutex_t mutex; /* guards all members below */
    struct host_entry entries[HOST_ENTRIES];
    int commits;
    int destroyed; /* how often */
    int fails_commits;
    int fails_reads;
    lreg_status read_status; /* 0: HOST_STATUS */
    lreg_status open_status; /* of object_open and object_remove; 0: they work */
    const char *code; /* what a failure says */
    const char *message;
    int32_t domain;
    int64_t number;
    int64_t retry_ms;
};

static inline struct host_entry *host_find(struct host_storage *host, const char *name, int is_object) {
    for (size_t i = 0; i < HOST_ENTRIES; i++) {
        struct host_entry *entry = &host->entries[i];
        if (entry->name[0] != '\0' && entry->is_object == is_object && !entry->is_removed &&
            strcmp(entry->name, name) == 0) {
            return entry;
        }
    }
    return NULL;
}

static inline void host_clear(struct host_entry *entry) {
    free(entry->bytes);
    memset(entry, 0, sizeof *entry);
}

static inline lreg_status host_stage_create(void *state, const char *name, const lreg_stage_info *info,
                                            void **out_stage, lreg_failure *failure) {
    (void)info;
    (void)failure;
    struct host_storage *host = state;
    lreg_status status = LREG_NO_SPACE;
    pthread_mutex_lock(&host->mutex);
    for (size_t i = 0; i < HOST_ENTRIES && status != LREG_OK; i++) {
        if (host->entries[i].name[0] == '\0') {
            snprintf(host->entries[i].name, sizeof host->entries[i].name, "%s", name);
            *out_stage = &host->entries[i];
            status = LREG_OK;
        }
    }
    pthread_mutex_unlock(&host->mutex);
    return status;
}

static inline lreg_status host_stage_reopen(void *state, const char *name, uint64_t length, void **out_stage,
                                            lreg_failure *failure) {
    (void)failure;
    struct host_storage *host = state;
    pthread_mutex_lock(&host->mutex);
    struct host_entry *entry = host_find(host, name, 0);
    lreg_status status = entry == NULL ? LREG_NOT_FOUND : entry->length < length ? LREG_IO : LREG_OK;
    if (status == LREG_OK) {
        entry->length = (size_t)length;
        *out_stage = entry;
    }
    pthread_mutex_unlock(&host->mutex);
    return status;
}

static inline lreg_status host_stage_write(void *state, void *stage, const void *bytes, size_t length,
                                           lreg_failure *failure) {
    (void)failure;
    struct host_entry *entry = stage;
    (void)state;
    unsigned char *grown = realloc(entry->bytes, entry->length + length + 1);
    if (grown == NULL) {
        return LREG_NO_MEMORY;
    }
    memcpy(grown + entry->length, bytes, length);
    entry->bytes = grown;
    entry->length += length;
    return LREG_OK;
}

static inline lreg_status host_stage_sync(void *state, void *stage, uint64_t *out_durable, lreg_failure *failure) {
    const struct host_entry *entry = stage;
    (void)state;
    (void)failure;
    *out_durable = entry->length;
    return LREG_OK;
}

static inline void host_stage_close(void *state, void *stage) {
    (void)state;
    (void)stage;
}

static inline void host_stage_drop(void *state, void *stage) {
    struct host_storage *host = state;
    pthread_mutex_lock(&host->mutex);
    host_clear(stage);
    pthread_mutex_unlock(&host->mutex);
}

static inline lreg_status host_remove(struct host_storage *host, const char *name, int is_object) {
    pthread_mutex_lock(&host->mutex);
    struct host_entry *entry = host_find(host, name, is_object);
    lreg_status status = entry == NULL ? LREG_NOT_FOUND : LREG_OK;
    if (entry != NULL && entry->readers > 0) {
        entry->is_removed = 1;
    } else if (entry != NULL) {
        host_clear(entry);
    }
    pthread_mutex_unlock(&host->mutex);
    return status;
}

static inline lreg_status host_stage_remove(void *state, const char *name, lreg_failure *failure) {
    (void)failure;
    return host_remove(state, name, 0);
}

static inline lreg_status host_object_remove(void *state, const char *key, lreg_failure *failure) {
    (void)failure;
    const struct host_storage *host = state;
    return host->open_status != 0 ? host->open_status : host_remove(state, key, 1);
}

static inline lreg_status host_stage_commit(void *state, void *stage, const lreg_object_info *info, char *key,
                                            size_t capacity, lreg_failure *failure) {
    struct host_storage *host = state;
    struct host_entry *entry = stage;
    lreg_status status = LREG_OK;
    pthread_mutex_lock(&host->mutex);
    if (host->fails_commits) {
        host_clear(entry);
        status = HOST_STATUS;
        lreg_failure_set(failure, host->code, host->message);
        lreg_failure_set_cause(failure, host->domain, host->number);
        lreg_failure_set_retry_ms(failure, host->retry_ms);
    } else {
        snprintf(key, capacity, "%.12s %d", info->digest, ++host->commits);
        snprintf(entry->name, sizeof entry->name, "%s", key);
        entry->is_object = 1;
    }
    pthread_mutex_unlock(&host->mutex);
    return status;
}

static inline lreg_status host_object_open(void *state, const char *key, const lreg_read_info *info, void **out_object,
                                           uint64_t *out_length, lreg_failure *failure) {
    (void)info;
    (void)failure;
    struct host_storage *host = state;
    if (host->open_status != 0) {
        return host->open_status;
    }
    pthread_mutex_lock(&host->mutex);
    struct host_entry *entry = host_find(host, key, 1);
    if (entry != NULL) {
        entry->readers++;
        *out_object = entry;
        *out_length = entry->length;
    }
    pthread_mutex_unlock(&host->mutex);
    return entry == NULL ? LREG_NOT_FOUND : LREG_OK;
}

static inline lreg_status host_object_read(void *state, void *object, uint64_t offset, void *bytes, size_t length,
                                           size_t *out_got, lreg_failure *failure) {
    const struct host_storage *host = state;
    const struct host_entry *entry = object;
    if (host->fails_reads) {
        lreg_failure_set(failure, host->code, host->message);
        return host->read_status != 0 ? host->read_status : HOST_STATUS;
    }
    size_t left = offset < entry->length ? entry->length - (size_t)offset : 0;
    *out_got = left < length ? left : length;
    memcpy(bytes, entry->bytes + offset, *out_got);
    return LREG_OK;
}

static inline void host_object_close(void *state, void *object) {
    struct host_storage *host = state;
    struct host_entry *entry = object;
    pthread_mutex_lock(&host->mutex);
    if (--entry->readers == 0 && entry->is_removed) {
        host_clear(entry);
    }
    pthread_mutex_unlock(&host->mutex);
}

/* The struct belongs to the test, which inspects it afterwards. */
static inline void host_destroy(void *state) {
    struct host_storage *host = state;
    host->destroyed++;
    for (size_t i = 0; i < HOST_ENTRIES; i++) {
        free(host->entries[i].bytes);
        host->entries[i].bytes = NULL;
    }
}

static inline void host_storage_init(struct host_storage *host) {
    memset(host, 0, sizeof *host);
    pthread_mutex_init(&host->mutex, NULL);
}

static inline lreg_storage_backend host_storage_table(void) {
    return (lreg_storage_backend){
        .size = sizeof(lreg_storage_backend),
        .stage_create = host_stage_create,
        .stage_reopen = host_stage_reopen,
        .stage_write = host_stage_write,
        .stage_sync = host_stage_sync,
        .stage_close = host_stage_close,
        .stage_drop = host_stage_drop,
        .stage_remove = host_stage_remove,
        .stage_commit = host_stage_commit,
        .object_open = host_object_open,
        .object_read = host_object_read,
        .object_close = host_object_close,
        .object_remove = host_object_remove,
        .destroy = host_destroy,
    };
}

#endif
