/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_INSTANCE_STATE_H
#define CORE_INSTANCE_STATE_H

/* The instance itself, for the folders of core/ only. */

#include "base/owner.h"
#include "base/process.h"
#include "core/instance/cache.h"
#include "core/instance/downloads.h"
#include "core/instance/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

struct core_cache;

/* Downloads of one package since the last flush. */
struct core_download_count {
    char package_id[ID_TEXT];
    uint64_t count;
};

/* Collected counts. The entries are released with the instance; downloads.c handles everything else. */
struct core_downloads {
    pthread_mutex_t mutex; /* guards all below */
    struct core_download_count *entries;
    size_t count;
    size_t capacity;
    int64_t first_ms; /* when the first one since the last flush was counted */
    int64_t retry_ms; /* after a flush that failed: when to try again */
};

/* Stages that this process has open, by name: each has one writer at a time, and the collector leaves them alone. */
struct core_stage_claim {
    struct core_stage_claim *next;
    struct core_stage_claim **link; /* the pointer to this claim; NULL when not claimed */
    char name[LREG_STORAGE_STAGE_NAME_MAX + 1];
};
struct core_stages {
    pthread_mutex_t mutex; /* guards the list */
    struct core_stage_claim *first;
};

/* Small objects that were read recently, kept open: each key maps to one place. */
#define CORE_OBJECT_CACHE_PLACES 64
#define CORE_OBJECT_CACHE_OPEN_BYTES \
    ((uint64_t)256 << 10) /* the largest; a removed object may continue to take this much */
#define CORE_OBJECT_CACHE_LOADED_BYTES \
    ((uint64_t)16 << 10) /* the largest whose bytes are kept as well; at most a MiB in total */
struct core_cached_object {
    struct storage_object *object; /* NULL: the place is free */
    uint64_t length;
    char key[LREG_STORAGE_KEY_MAX + 1];
};
struct core_object_cache {
    pthread_mutex_t mutex; /* guards all below */
    uint64_t generation; /* of all kept objects */
    struct core_cached_object places[CORE_OBJECT_CACHE_PLACES];
};

/* The state of upkeep in this instance, see core/upkeep/upkeep.c. */
struct core_collection;
struct core_scrub;
struct core_upkeep {
    pthread_mutex_t mutex; /* guards all below; no thread blocks on it */
    char holder[ID_TEXT]; /* the name of this instance in the lease; "": not needed yet */
    bool holds; /* the lease, as far as this instance knows */
    int64_t renewed_ms; /* uptime */
    bool has_seen; /* another instance's lease was seen: `seen`, unchanged since `seen_since_ms` */
    struct meta_upkeep seen;
    int64_t seen_since_ms; /* uptime */
    void (*drop)(struct core *core); /* frees the next two; NULL: they were never created */
    struct core_collection *collection; /* in progress, or NULL */
    struct core_scrub *scrub; /* likewise */
    int64_t filled_ms; /* uptime: when the allowance last grew; 0: never */
    int64_t allowance; /* bytes that the scrub may read now; negative: bytes read in advance */
};

struct core {
    struct hooks hooks;
    struct process_mark process; /* the process that opened it */
    atomic_size_t references;
    char *directory; /* NULL: everything in memory */
    char *base_url; /* NULL: from the request */
    bool durable;
    struct owner owner; /* of all files in the directory */
    bool is_read_only; /* this process cannot write to the directory */
    dev_t database_device; /* with the next one: the file of the database; 0: in memory */
    ino_t database_inode;
    struct core_limits limits;
    const struct core_ecosystem *const *ecosystems; /* NULL-terminated; NULL when there is none */
    struct meta *meta;
    struct storage *storage; /* the only one that is open */
    char storage_name[LREG_STORAGE_NAME_MAX + 1]; /* in all rows of what it holds */
    bool is_own_filesystem; /* the storage is the filesystem below `directory` */
    bool is_own_memory; /* the storage is in memory and ends with the instance */
    struct auth_keys keys;
    char instance_id[ID_TEXT];
    struct core_cache *cache;
    pthread_key_t pin_key; /* of each thread's struct core_pin, see pin.c */
    struct core_metrics *metrics;
    struct core_downloads downloads;
    struct core_stages stages; /* its mutex is created and destroyed with the instance */
    struct core_object_cache object_cache; /* likewise */
    struct core_upkeep upkeep; /* likewise */
};

/* --- kept.c --- */

/* Returns the object under that key if it is kept and the metadata has not changed since; otherwise NULL. The caller
 * owns it. */
struct storage_object *core_object_cache_find(struct core *core, const char *key, uint64_t generation,
                                              uint64_t *out_length);
/* Keeps the object, shared with its owner, if it is small and can be shared. */
void core_object_cache_put(struct core *core, const char *key, uint64_t generation, struct storage_object *object,
                           uint64_t length);
/* Drops all kept objects: called after objects were removed, so that their space is free. */
void core_object_cache_clear(struct core *core);

/* --- storages.c --- */

/* Calls `tell` for each storage that has rows and is not open, and stops at its first failure. */
typedef lreg_status (*core_storage_told)(void *user, const struct meta_storage *other, struct error *err);
lreg_status core_storages_tell(struct core *core, core_storage_told tell, void *user, struct error *err);

/* --- ready.c --- */

/* Notes which file the database is, after it was opened. */
void core_note_database(struct core *core);

/* --- downloads.c --- */

/* Under its mutex. */
void core_downloads_forget(struct core_downloads *downloads);

/* --- identity.c --- */

#define CORE_KEY_FILE "instance.key"

/* Loads the instance key, derives the keys, and loads or creates the instance id. Creates the key when neither it nor a
 * database that was used with one exists. LREG_CORRUPT when the key is malformed, or is not the one that the database
 * was used with. */
lreg_status core_identity_load(struct core *core, struct error *err);

/* --- pin.c --- */

bool core_pins_init(struct core *core);
void core_pins_end(struct core *core);
/* meta_generation(), or the value that this thread's pin holds. */
lreg_status core_generation(struct core *core, uint64_t *out, struct error *err);

/* --- cache.c --- */

/* Returns NULL when out of memory. A bound of 0 keeps nothing. */
struct core_cache *core_cache_new(const struct hooks *hooks, size_t max_bytes);
void core_cache_free(struct core_cache *cache); /* NULL is allowed */
/* For forks: no thread is inside the cache between lock and unlock. */
void core_cache_lock(struct core_cache *cache);
bool core_cache_try_lock(struct core_cache *cache);
void core_cache_unlock(struct core_cache *cache);

/* The approximate bytes of an object and all that it points to, for core_cache_put(). */
size_t core_shared_bytes(const struct core_shared *shared);

/*
 * How an object is read: `read` fills in `object_bytes` zeroed bytes in a transaction, with texts in
 * core_shared_arena(). After a failure of `read`, `destroy` (may be NULL) is called with the object as far as it was
 * filled in.
 */
struct core_lookup {
    size_t object_bytes;
    size_t max_kept_bytes; /* the cache does not keep larger objects; 0: no limit but that of the cache */
    void (*destroy)(void *object);
    lreg_status (*read)(struct core *core, struct meta_transaction *transaction, const void *arguments,
                        struct core_shared *shared, struct error *err);
};
/* Reads a new object in the caller's transaction (NULL: in a read transaction of its own). The caller owns `*out`
 * (core_shared_release()). */
lreg_status core_read_object(struct core *core, const struct core_lookup *lookup, struct meta_transaction *transaction,
                             const void *arguments, struct core_shared **out, struct error *err);
/* Returns the object under `key` from the cache; otherwise reads a new one, which the cache then keeps. A failure of
 * `read` is returned and not cached: a thing that was not found is looked up again. */
lreg_status core_find_cached(struct core *core, const struct core_lookup *lookup, const char *key,
                             const void *arguments, struct core_shared **out, struct error *err);

#endif
