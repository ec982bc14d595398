/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Counted objects, and the cache that keeps them: a hash table whose size follows from the bound, and a list from the
 * most to the least recently used. One lock, held only for a look-up or a change of links: objects are created and
 * destroyed outside it.
 */

#include "core/instance/state.h"

#include <string.h>

/* --- counted objects --- */

struct core_shared {
    atomic_size_t references;
    struct hooks hooks; /* a copy, so that an object may outlive its instance */
    struct arena arena;
    void (*destroy)(void *object);
    void *object;
};

/* Bound on an object with all that it points to; the largest are documents. */
#define SHARED_MAX_BYTES ((size_t)256 << 20)
/* The least that an arena takes from the allocator. */
#define ARENA_BLOCK_BYTES 4096

lreg_status core_shared_new(struct core *core, size_t bytes, void (*destroy)(void *object), void **out_object,
                            struct core_shared **out, struct error *err) {
    *out = NULL;
    *out_object = NULL;
    struct core_shared *shared = memory_allocate_zeroed(&core->hooks, 1, sizeof(*shared));
    if (shared == NULL) {
        return error_no_memory(err);
    }
    atomic_init(&shared->references, 1);
    shared->hooks = core->hooks;
    arena_init(&shared->arena, &shared->hooks, SHARED_MAX_BYTES);
    shared->object = arena_allocate_zeroed(&shared->arena, 1, bytes);
    if (shared->object == NULL) {
        core_shared_release(shared);
        return error_no_memory(err);
    }
    shared->destroy = destroy;
    *out_object = shared->object;
    *out = shared;
    return LREG_OK;
}

struct arena *core_shared_arena(struct core_shared *shared) {
    return &shared->arena;
}

void *core_shared_object(struct core_shared *shared) {
    return shared->object;
}

size_t core_shared_bytes(const struct core_shared *shared) {
    size_t used = shared->arena.used_bytes;
    return sizeof(*shared) + (used < ARENA_BLOCK_BYTES ? ARENA_BLOCK_BYTES : used);
}

void core_shared_retain(struct core_shared *shared) {
    atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
}

void core_shared_release(struct core_shared *shared) {
    if (shared == NULL || atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    if (shared->destroy != NULL) {
        shared->destroy(shared->object);
    }
    struct hooks hooks = shared->hooks; /* the memory that holds them is freed too */
    arena_free(&shared->arena);
    memory_release(&hooks, shared);
}

/* --- the cache --- */

struct entry {
    struct entry *next_in_bucket;
    struct entry *newer;
    struct entry *older; /* also links entries that were removed and are to be destroyed */
    struct core_shared *shared;
    uint64_t generation;
    uint64_t hash;
    size_t bytes;
    size_t key_length;
    char key[];
};

struct core_cache {
    const struct hooks *hooks;
    pthread_mutex_t mutex; /* guards all below */
    size_t max_bytes;
    size_t bytes;
    struct entry *newest;
    struct entry *oldest;
    uint64_t seed; /* secret, so that an attacker cannot aim at one bucket */
    size_t bucket_count; /* a power of 2 */
    struct entry **buckets;
};

static size_t bucket_count_for(size_t max_bytes) {
    size_t wanted = max_bytes / ARENA_BLOCK_BYTES;
    size_t count = 64;
    while (count < wanted && count < 65536) {
        count *= 2;
    }
    return count;
}

struct core_cache *core_cache_new(const struct hooks *hooks, size_t max_bytes) {
    struct core_cache *cache = memory_allocate_zeroed(hooks, 1, sizeof(*cache));
    if (cache == NULL) {
        return NULL;
    }
    cache->hooks = hooks;
    cache->max_bytes = max_bytes;
    cache->bucket_count = bucket_count_for(max_bytes);
    cache->buckets = memory_allocate_zeroed(hooks, cache->bucket_count, sizeof(struct entry *));
    if (cache->buckets == NULL || pthread_mutex_init(&cache->mutex, NULL) != 0) {
        memory_release(hooks, cache->buckets);
        memory_release(hooks, cache);
        return NULL;
    }
    if (hooks_random(hooks, &cache->seed, sizeof(cache->seed), NULL) != LREG_OK) {
        cache->seed = (uint64_t)hooks_now_ms(hooks);
    }
    return cache;
}

static void free_entries(struct core_cache *cache, struct entry *entries) {
    while (entries != NULL) {
        struct entry *next = entries->older;
        core_shared_release(entries->shared);
        memory_release(cache->hooks, entries);
        entries = next;
    }
}

void core_cache_free(struct core_cache *cache) {
    if (cache == NULL) {
        return;
    }
    const struct hooks *hooks = cache->hooks;
    free_entries(cache, cache->newest);
    pthread_mutex_destroy(&cache->mutex);
    memory_release(hooks, cache->buckets);
    memory_release(hooks, cache);
}

void core_cache_lock(struct core_cache *cache) {
    (void)pthread_mutex_lock(&cache->mutex);
}

bool core_cache_try_lock(struct core_cache *cache) {
    return pthread_mutex_trylock(&cache->mutex) == 0;
}

void core_cache_unlock(struct core_cache *cache) {
    (void)pthread_mutex_unlock(&cache->mutex);
}

/* FNV-1a with a secret start, and a final mix because the low bits choose the bucket. */
static uint64_t hash_of(const struct core_cache *cache, const char *key, size_t length) {
    uint64_t hash = cache->seed ^ 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3u;
    }
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93u;
    return hash ^ hash >> 32;
}

static struct entry **bucket_of(struct core_cache *cache, uint64_t hash) {
    return &cache->buckets[hash & (cache->bucket_count - 1)];
}

/* NULL when there is none. */
static struct entry *find_entry(struct core_cache *cache, uint64_t hash, const char *key, size_t length) {
    struct entry *entry = *bucket_of(cache, hash);
    while (entry != NULL &&
           (entry->hash != hash || entry->key_length != length || memcmp(entry->key, key, length) != 0)) {
        entry = entry->next_in_bucket;
    }
    return entry;
}

static void unlink_from_list(struct core_cache *cache, struct entry *entry) {
    *(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_as_newest(struct core_cache *cache, struct entry *entry) {
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

/* Removes the entry and puts it in front of `taken`. */
static struct entry *take_out(struct core_cache *cache, struct entry *entry, struct entry *taken) {
    struct entry **link = bucket_of(cache, entry->hash);
    while (*link != entry) {
        link = &(*link)->next_in_bucket;
    }
    *link = entry->next_in_bucket;
    unlink_from_list(cache, entry);
    cache->bytes -= entry->bytes;
    entry->older = taken;
    return entry;
}

struct core_shared *core_cache_find(struct core *core, const char *key, uint64_t generation) {
    struct core_cache *cache = core->cache;
    size_t length = strlen(key);
    uint64_t hash = hash_of(cache, key, length);
    struct core_shared *found = NULL;

    pthread_mutex_lock(&cache->mutex);
    struct entry *entry = find_entry(cache, hash, key, length);
    if (entry != NULL && entry->generation == generation) {
        unlink_from_list(cache, entry);
        link_as_newest(cache, entry);
        found = entry->shared;
        core_shared_retain(found);
    }
    pthread_mutex_unlock(&cache->mutex);
    return found;
}

static struct entry *new_entry(struct core_cache *cache, const char *key, size_t bytes) {
    size_t length = strlen(key);
    size_t size = 0;
    size_t counted = 0;
    if (!size_add(sizeof(struct entry), length, &size) || !size_add(size, bytes, &counted) ||
        counted > cache->max_bytes) {
        return NULL;
    }
    struct entry *entry = memory_allocate(cache->hooks, size);
    if (entry != NULL) {
        *entry = (struct entry){.hash = hash_of(cache, key, length), .bytes = counted, .key_length = length};
        memcpy(entry->key, key, length);
    }
    return entry;
}

void core_cache_put(struct core *core, const char *key, uint64_t generation, struct core_shared *shared, size_t bytes) {
    struct core_cache *cache = core->cache;
    struct entry *taken = NULL;
    struct entry *entry = new_entry(cache, key, bytes);
    if (entry == NULL) {
        return;
    }
    core_shared_retain(shared);
    entry->shared = shared;
    entry->generation = generation;

    pthread_mutex_lock(&cache->mutex);
    struct entry *before = find_entry(cache, entry->hash, entry->key, entry->key_length);
    if (before != NULL) {
        taken = take_out(cache, before, taken);
    }
    size_t evicted = 0;
    for (; cache->bytes > cache->max_bytes - entry->bytes; evicted++) {
        taken = take_out(cache, cache->oldest, taken);
    }
    struct entry **bucket = bucket_of(cache, entry->hash);
    entry->next_in_bucket = *bucket;
    *bucket = entry;
    link_as_newest(cache, entry);
    cache->bytes += entry->bytes;
    pthread_mutex_unlock(&cache->mutex);

    free_entries(cache, taken);
    if (evicted > 0) {
        hooks_log(cache->hooks, LREG_LOG_DEBUG, "cache: evicted %zu entries for a new one of %zu bytes", evicted,
                  bytes);
    }
}

/* --- reading through it --- */

lreg_status core_read_object(struct core *core, const struct core_lookup *lookup, struct meta_transaction *transaction,
                             const void *arguments, struct core_shared **out, struct error *err) {
    struct meta_transaction *own = NULL;
    struct core_shared *shared = NULL;
    void *object = NULL;
    *out = NULL;
    lreg_status status = core_shared_new(core, lookup->object_bytes, lookup->destroy, &object, &shared, err);
    if (status != LREG_OK) {
        goto out;
    }
    if (transaction == NULL) {
        status = meta_begin(core->meta, META_READ, &own, err);
        if (status != LREG_OK) {
            goto out;
        }
    }
    status = lookup->read(core, own != NULL ? own : transaction, arguments, shared, err);
    if (status != LREG_OK) {
        goto out;
    }
    *out = shared;
    shared = NULL;

out:
    meta_rollback(own);
    core_shared_release(shared);
    return status;
}

lreg_status core_find_cached(struct core *core, const struct core_lookup *lookup, const char *key,
                             const void *arguments, struct core_shared **out, struct error *err) {
    *out = NULL;
    uint64_t generation = 0;
    lreg_status status = core_generation(core, &generation, err);
    if (status != LREG_OK) {
        return status;
    }
    *out = core_cache_find(core, key, generation);
    core_metrics_count(core, *out != NULL ? CORE_COUNT_METADATA_HITS : CORE_COUNT_METADATA_MISSES, 1);
    if (*out != NULL) {
        return LREG_OK;
    }
    status = core_read_object(core, lookup, NULL, arguments, out, err);
    if (*out == NULL) {
        return status;
    }
    size_t bytes = core_shared_bytes(*out);
    if (lookup->max_kept_bytes == 0 || bytes <= lookup->max_kept_bytes) {
        core_cache_put(core, key, generation, *out, bytes);
    }
    return LREG_OK;
}
