/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_INSTANCE_STATE_H
#define CORE_INSTANCE_STATE_H

/* The instance itself, for the rooms of core/ alone. */

#include "base/owner.h"
#include "base/process.h"
#include "core/instance/cache.h"
#include "core/instance/downloads.h"

#include <pthread.h>
#include <stdatomic.h>

/* The storage that new registries put their packages in; the one that an instance has. */
#define CORE_STORAGE_NAME "default"

struct core_cache;

/* Downloads of one package since the last flush. */
struct core_download_count {
    char package_id[ID_TEXT];
    uint64_t count;
};

/* Gathered counts. The entries are released with the instance; everything else about them is downloads.c's. */
struct core_downloads {
    pthread_mutex_t mutex; /* guards all below */
    struct core_download_count *entries;
    size_t count;
    size_t capacity;
    int64_t first_ms; /* when the first one since the last flush was counted */
    int64_t retry_ms; /* after a flush that failed: when to try again */
};

/* Stages that this process has open, by name: one writer at a time each, and none for the collector. */
struct core_stage_claim {
    struct core_stage_claim *next;
    struct core_stage_claim **link; /* what points here; NULL when not claimed */
    char name[LREG_STORAGE_STAGE_NAME_MAX + 1];
};
struct core_stages {
    pthread_mutex_t mutex; /* guards the list */
    struct core_stage_claim *first;
};

/* Small objects that were read a moment ago, kept open: each key has one place. */
#define CORE_KEPT_OBJECTS 64
#define CORE_KEPT_OBJECT_BYTES ((uint64_t)256 << 10) /* the largest: what a removed one may go on to take */
#define CORE_HELD_OBJECT_BYTES \
    ((uint64_t)16 << 10) /* the largest whose bytes are kept as well, a MiB of all together */
struct core_kept_object {
    struct storage_object *object; /* NULL: the place is free */
    uint64_t length;
    char key[LREG_STORAGE_KEY_MAX + 1];
};
struct core_kept_objects {
    pthread_mutex_t mutex; /* guards all below */
    uint64_t generation; /* of all that is here */
    struct core_kept_object places[CORE_KEPT_OBJECTS];
};

/* What this instance knows of the upkeep, see core/upkeep/upkeep.c. */
struct core_collection;
struct core_scrub;
struct core_upkeep {
    pthread_mutex_t mutex; /* guards all below; nobody waits for it */
    char holder[ID_TEXT]; /* what this instance is called in the lease; "": it was never wanted */
    bool holds; /* the lease, as far as is known */
    int64_t renewed_ms; /* uptime */
    bool has_seen; /* another one's lease: whose, and since when it stood still */
    struct meta_upkeep seen;
    int64_t seen_since_ms; /* uptime */
    void (*drop)(struct core *core); /* frees the next two; NULL: they never were */
    struct core_collection *collection; /* under way, or NULL */
    struct core_scrub *scrub; /* likewise */
    int64_t filled_ms; /* uptime: when bytes were last allowed to the scrub; 0: never */
    int64_t allowance; /* bytes that it may read now; below 0: what it owes */
};

struct core {
    struct hooks hooks;
    struct process_mark process; /* whose it is */
    atomic_size_t references;
    char *directory; /* NULL: everything in memory */
    char *base_url; /* NULL: from the request */
    bool durable;
    struct owner owner; /* of all that is made in the directory */
    bool is_read_only; /* this process cannot write to the directory */
    struct core_limits limits;
    const struct core_ecosystem *const *ecosystems; /* NULL-terminated; NULL when there is none */
    struct meta *meta;
    struct storage *storage;
    bool is_own_filesystem; /* the storage is the filesystem below `directory` */
    struct auth_keys keys;
    char instance_id[ID_TEXT];
    struct core_cache *cache;
    pthread_key_t pin_key; /* of each thread's struct core_pin, see pin.c */
    struct core_downloads downloads;
    struct core_stages stages; /* its mutex is made and destroyed with the instance's */
    struct core_kept_objects kept; /* likewise */
    struct core_upkeep upkeep; /* likewise */
};

/* --- kept.c --- */

/* The object under that key, if it is kept and the metadata has not changed since; NULL else. Owned. */
struct storage_object *core_kept_find(struct core *core, const char *key, uint64_t generation, uint64_t *out_length);
/* Keeps the object, shared with its owner, when it is small and can be shared. */
void core_kept_put(struct core *core, const char *key, uint64_t generation, struct storage_object *object,
                   uint64_t length);
/* Keeps nothing more: after objects were removed, so that their space is free. */
void core_kept_drop(struct core *core);

/* --- downloads.c --- */

/* Under its mutex. */
void core_downloads_forget(struct core_downloads *downloads);

/* --- identity.c --- */

#define CORE_KEY_FILE "instance.key"

/* Loads the instance key (made when neither the key nor a database that was used with one is there), derives the
 * keys, and loads or makes the instance id. LREG_CORRUPT when the key is malformed, or is not the one that the
 * database was used with. */
lreg_status core_identity_load(struct core *core, struct error *err);

/* --- pin.c --- */

bool core_pins_init(struct core *core);
void core_pins_end(struct core *core);
/* meta_generation(), or what this thread's pin knows of it. */
lreg_status core_generation(struct core *core, uint64_t *out, struct error *err);

/* --- cache.c --- */

/* NULL when memory is out. A bound of 0 keeps nothing. */
struct core_cache *core_cache_new(const struct hooks *hooks, size_t max_bytes);
void core_cache_free(struct core_cache *cache); /* NULL is fine */
/* For forks: nobody is in it between the two. */
void core_cache_lock(struct core_cache *cache);
bool core_cache_try_lock(struct core_cache *cache);
void core_cache_unlock(struct core_cache *cache);

/* What an object and all that it points to take, roughly: for core_cache_put. */
size_t core_shared_bytes(const struct core_shared *shared);

/*
 * How an object is read: `read` fills in `object_bytes` zeroed bytes in a transaction, with texts in
 * core_shared_arena(). After its failure `destroy` (may be NULL) still meets the object, as far as it was filled in.
 */
struct core_lookup {
    size_t object_bytes;
    size_t max_kept_bytes; /* the cache does not keep what takes more; 0: any that it has room for */
    void (*destroy)(void *object);
    lreg_status (*read)(struct core *core, struct meta_transaction *transaction, const void *arguments,
                        struct core_shared *shared, struct error *err);
};
/* A new object, read in the caller's transaction (NULL: in a read transaction of its own). `*out` is owned
 * (core_shared_release). */
lreg_status core_read_object(struct core *core, const struct core_lookup *lookup, struct meta_transaction *transaction,
                             const void *arguments, struct core_shared **out, struct error *err);
/* The object under `key` from the cache, else a new one, which the cache then keeps. A failure of `read` is passed
 * on, and nothing is kept: a thing that was not found is looked for again. */
lreg_status core_find_cached(struct core *core, const struct core_lookup *lookup, const char *key,
                             const void *arguments, struct core_shared **out, struct error *err);

#endif
