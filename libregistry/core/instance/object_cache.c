/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Small objects stay open for the next reader, which saves it three system calls. The bytes of the smallest are kept as
 * well, which saves later readers all of them. What is kept is valid for one generation of the metadata. All of it is
 * dropped when another generation is seen or objects are removed, so a removed object takes up space only until the
 * next look-up.
 */

#include "core/instance/state.h"

#include <string.h>

/* Our keys begin with a digest, so the first characters are distinct enough. */
static struct core_cached_object *place_of(struct core_object_cache *cache, const char *key) {
    unsigned sum = 0;
    for (size_t i = 0; i < 8 && key[i] != '\0'; i++) {
        sum = sum * 31 + (unsigned char)key[i];
    }
    return &cache->places[sum % CORE_OBJECT_CACHE_PLACES];
}

/* Takes all objects out; the caller closes them outside the lock. */
static size_t take_all(struct core_object_cache *cache, struct storage_object *taken[CORE_OBJECT_CACHE_PLACES]) {
    size_t count = 0;
    for (size_t i = 0; i < CORE_OBJECT_CACHE_PLACES; i++) {
        if (cache->places[i].object != NULL) {
            taken[count++] = cache->places[i].object;
            cache->places[i].object = NULL;
        }
    }
    return count;
}

static void close_all(struct storage_object *const *objects, size_t count) {
    for (size_t i = 0; i < count; i++) {
        storage_object_close(objects[i]);
    }
}

struct storage_object *core_object_cache_find(struct core *core, const char *key, uint64_t generation,
                                              uint64_t *out_length) {
    struct core_object_cache *cache = &core->object_cache;
    struct storage_object *found = NULL;
    struct storage_object *taken[CORE_OBJECT_CACHE_PLACES];
    size_t count = 0;

    pthread_mutex_lock(&cache->mutex);
    const struct core_cached_object *place = place_of(cache, key);
    if (cache->generation != generation) {
        count = take_all(cache, taken);
        cache->generation = generation;
    } else if (place->object != NULL && strcmp(place->key, key) == 0 && storage_object_share(place->object)) {
        found = place->object;
        *out_length = place->length;
    }
    pthread_mutex_unlock(&cache->mutex);

    close_all(taken, count);
    core_metrics_count(core, found != NULL ? CORE_COUNT_OBJECT_HITS : CORE_COUNT_OBJECT_MISSES, 1);
    /* Not for the first reader: most objects have only one within a generation. */
    if (found != NULL && *out_length <= CORE_OBJECT_CACHE_LOADED_BYTES) {
        storage_object_load(found);
    }
    return found;
}

void core_object_cache_put(struct core *core, const char *key, uint64_t generation, struct storage_object *object,
                           uint64_t length) {
    struct core_object_cache *cache = &core->object_cache;
    if (length > CORE_OBJECT_CACHE_OPEN_BYTES || !storage_object_share(object)) {
        return;
    }
    pthread_mutex_lock(&cache->mutex);
    struct core_cached_object *place = place_of(cache, key);
    struct storage_object *surplus = object;
    if (cache->generation == generation) {
        surplus = place->object;
        place->object = object;
        place->length = length;
        memcpy(place->key, key, strlen(key) + 1); /* the storage has opened it, so it is not too long */
    }
    pthread_mutex_unlock(&cache->mutex);
    storage_object_close(surplus);
}

void core_object_cache_clear(struct core *core) {
    struct storage_object *taken[CORE_OBJECT_CACHE_PLACES];
    pthread_mutex_lock(&core->object_cache.mutex);
    size_t count = take_all(&core->object_cache, taken);
    pthread_mutex_unlock(&core->object_cache.mutex);
    close_all(taken, count);
}
