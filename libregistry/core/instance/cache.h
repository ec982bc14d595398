/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_INSTANCE_CACHE_H
#define CORE_INSTANCE_CACHE_H

#include "core/instance/instance.h"

/*
 * What was read lately, by a text key, as counted immutable objects. An entry is valid while meta_generation() stands
 * at the number under which it was read, so it holds with several processes. Bounded in bytes; the least recently used
 * goes.
 */
struct core_shared; /* a count, an arena, and what to do when the count falls to 0 */

/* A new counted object of `bytes` zeroed bytes with an arena of its own for what it points to. */
lreg_status core_shared_new(struct core *core, size_t bytes, void (*destroy)(void *object), void **out_object,
                            struct core_shared **out, struct error *err);
struct arena *core_shared_arena(struct core_shared *shared);
void core_shared_retain(struct core_shared *shared);
void core_shared_release(struct core_shared *shared); /* NULL is fine */
void *core_shared_object(struct core_shared *shared);

/* While a thread has a pin, its look-ups ask for the generation once, and again after a commit of this process. The pin
 * is the caller's, from core_pin() to core_unpin() on the same thread. */
struct core_pin {
    uint64_t generation;
    uint64_t commits;
    bool is_known;
};
void core_pin(struct core *core, struct core_pin *pin);
void core_unpin(struct core *core);

/* The entry, retained for the caller; NULL when there is none that is valid at `generation`. */
struct core_shared *core_cache_find(struct core *core, const char *key, uint64_t generation);
/* Keeps a retained reference of its own. `generation` was asked before the read. Never fails: it may just not keep
 * it. */
void core_cache_put(struct core *core, const char *key, uint64_t generation, struct core_shared *shared, size_t bytes);

#endif
