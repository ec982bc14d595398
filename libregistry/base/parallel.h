/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

/* Work that a thread of the host's executor may do while the calling thread continues. */

#include "base/memory.h"

#include <semaphore.h>

/* Owned by the caller; must stay in place from parallel_begin() to parallel_end(). */
struct parallel_work {
    void (*function)(void *argument);
    void *argument;
    bool is_lent;
    sem_t done;
};

/* Starts `function(argument)` on a thread of the host. When none is available, parallel_end() calls it. */
void parallel_begin(const struct hooks *hooks, struct parallel_work *work, void (*function)(void *argument),
                    void *argument);
/* Blocks until the work is done. */
void parallel_end(struct parallel_work *work);

#endif
