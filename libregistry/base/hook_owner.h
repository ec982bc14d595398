/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_HOOK_OWNER_H
#define BASE_HOOK_OWNER_H

/*
 * The end of what a host gave with a hook. Options and every instance that was opened with them share it; whoever is
 * the last to let go of it ends it. From any thread.
 */

#include "base/memory.h"

/* Takes `user`, which `destroy` ends, at once when there is no memory for an owner: then *out is NULL. Without a
 * `destroy` nothing has to be ended, and *out is NULL too. The allocator outlives the owner. */
lreg_status hook_owner_new(const lreg_allocator *allocator, void (*destroy)(void *user), void *user,
                           struct hook_owner **out);
void hook_owner_release(struct hook_owner *owner); /* takes NULL */

/* Of all hooks that have an owner. A copy of `struct hooks` that outlives the original retains them. */
void hooks_retain(const struct hooks *hooks);
void hooks_release(const struct hooks *hooks);

#endif
