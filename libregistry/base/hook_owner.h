/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_HOOK_OWNER_H
#define BASE_HOOK_OWNER_H

/*
 * Counts the users of a host's hook: the options, and every instance that was opened with them. The last release calls
 * the hook's destroy, unless that is in a forked child. Threads: all functions from any.
 */

#include "base/memory.h"

/* Takes ownership of `user`, which `destroy` ends. LREG_NO_MEMORY when there is no memory for an owner: `user` is then
 * ended at once and *out is NULL. Without a `destroy`, *out is NULL too, and the result is LREG_OK. The allocator must
 * outlive the owner. */
lreg_status hook_owner_new(const lreg_allocator *allocator, void (*destroy)(void *user), void *user,
                           struct hook_owner **out);
void hook_owner_release(struct hook_owner *owner); /* takes NULL */

/* Retain or release the owners of all hooks that have one. A copy of `struct hooks` that outlives the original retains
 * them. */
void hooks_retain(const struct hooks *hooks);
void hooks_release(const struct hooks *hooks);

#endif
