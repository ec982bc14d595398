/* SPDX-License-Identifier: Apache-2.0 */

/* Forks of the process: an instance that is prepared for a fork, which both processes may continue to use, and what a
 * child does with one that was not prepared. */

#include "core/instance/state.h"

/* In this order. No code takes one of these locks while it holds another. */
static void lock_all(struct core *core) {
    (void)pthread_mutex_lock(&core->downloads.mutex);
    (void)pthread_mutex_lock(&core->stages.mutex);
    (void)pthread_mutex_lock(&core->object_cache.mutex);
    core_cache_lock(core->cache);
}

static void unlock_all(struct core *core) {
    core_cache_unlock(core->cache);
    (void)pthread_mutex_unlock(&core->object_cache.mutex);
    (void)pthread_mutex_unlock(&core->stages.mutex);
    (void)pthread_mutex_unlock(&core->downloads.mutex);
}

/* The work is the parent's. What another thread of the parent was changing at the fork is left as it is: no thread here
 * uses it. */
static void forget_upkeep(struct core *core) {
    struct core_upkeep *upkeep = &core->upkeep;
    if (pthread_mutex_trylock(&upkeep->mutex) == 0) {
        (void)pthread_mutex_unlock(&upkeep->mutex);
        if (upkeep->drop != NULL) {
            upkeep->drop(core);
        }
    }
    *upkeep = (struct core_upkeep){0};
    (void)pthread_mutex_init(&upkeep->mutex, NULL);
}

lreg_status core_fork_begin(struct core *core, struct error *err) {
    lreg_status status = process_check(&core->hooks, err);
    if (status == LREG_OK) {
        status = meta_fork_begin(core->meta, err);
    }
    if (status == LREG_OK) {
        lock_all(core);
    }
    return status;
}

void core_fork_end(struct core *core) {
    bool is_child = process_is_foreign(&core->hooks);
    if (is_child) {
        /* The parent writes the counts and has the writers; the rest of the memory is valid in both processes. */
        core_downloads_forget(&core->downloads);
        core->stages.first = NULL;
        core_metrics_restart(core);
        forget_upkeep(core);
        if (core->is_own_filesystem) {
            process_mark_renew(&core->process);
        }
    }
    unlock_all(core);
    meta_fork_end(core->meta, is_child);
}
