/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_INSTANCE_CACHE_H
#define CORE_INSTANCE_CACHE_H

#include "core/instance/instance.h"

/*
 * Recently read objects by a text key, counted and immutable. An entry is valid while meta_generation() returns the
 * number under which it was read, so the cache is correct with several processes. It is bounded in bytes; the least
 * recently used entry is evicted.
 */
struct core_shared; /* a count, an arena, and a destructor for when the count reaches 0 */

/* Creates a counted object of `bytes` zeroed bytes, with an arena for what it points to. */
lreg_status core_shared_new(struct core *core, size_t bytes, void (*destroy)(void *object), void **out_object,
                            struct core_shared **out, struct error *err);
struct arena *core_shared_arena(struct core_shared *shared);
void core_shared_retain(struct core_shared *shared);
void core_shared_release(struct core_shared *shared); /* NULL is allowed */
void *core_shared_object(struct core_shared *shared);

/* While a thread has a pin, its look-ups read the generation once, and again after a commit of this process. The caller
 * owns the pin, from core_pin() to core_unpin() on the same thread. */
struct core_pin {
    uint64_t generation;
    uint64_t commits;
    bool is_known;
};
void core_pin(struct core *core, struct core_pin *pin);
void core_unpin(struct core *core);

/* Returns the entry, retained for the caller; NULL when there is none that is valid at `generation`. */
struct core_shared *core_cache_find(struct core *core, const char *key, uint64_t generation);
/* Keeps a reference of its own. `generation` must be read before the object. Never fails: at worst it does not keep the
 * object. */
void core_cache_put(struct core *core, const char *key, uint64_t generation, struct core_shared *shared, size_t bytes);

#endif
