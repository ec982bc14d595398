/* SPDX-License-Identifier: Apache-2.0 */

#include "base/hook_owner.h"

#include <stdatomic.h>
#include <unistd.h>

struct hook_owner {
    atomic_size_t references;
    void (*destroy)(void *user);
    void *user;
    pid_t process; /* which the user belongs to: a forked child has a copy that it must not end */
    lreg_allocator allocator;
};

lreg_status hook_owner_new(const lreg_allocator *allocator, void (*destroy)(void *user), void *user,
                           struct hook_owner **out) {
    *out = NULL;
    if (destroy == NULL) {
        return LREG_OK;
    }
    struct hook_owner *owner = allocator->allocate(allocator->user, sizeof *owner);
    if (owner == NULL) {
        destroy(user);
        return LREG_NO_MEMORY;
    }
    atomic_init(&owner->references, 1);
    owner->destroy = destroy;
    owner->user = user;
    owner->process = getpid();
    owner->allocator = *allocator;
    *out = owner;
    return LREG_OK;
}

void hook_owner_release(struct hook_owner *owner) {
    if (owner == NULL || atomic_fetch_sub_explicit(&owner->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    const lreg_allocator allocator = owner->allocator;
    if (owner->process == getpid()) {
        owner->destroy(owner->user);
    }
    allocator.release(allocator.user, owner);
}

void hooks_retain(const struct hooks *hooks) {
    for (size_t i = 0; i < HOOK_OWNERS; i++) {
        if (hooks->owners[i] != NULL) {
            atomic_fetch_add_explicit(&hooks->owners[i]->references, 1, memory_order_relaxed);
        }
    }
}

void hooks_release(const struct hooks *hooks) {
    for (size_t i = 0; i < HOOK_OWNERS; i++) {
        hook_owner_release(hooks->owners[i]);
    }
}
