/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

/* Work that a thread of the host may do while ours goes on, where the host lends some. */

#include "base/memory.h"

#include <semaphore.h>

/* Lives where the caller keeps it, from the begin to the end. */
struct parallel_work {
    void (*function)(void *argument);
    void *argument;
    bool is_lent;
    sem_t done;
};

/* Begins `function(argument)` on a thread of the host if there is one to spare; else the end does it. */
void parallel_begin(const struct hooks *hooks, struct parallel_work *work, void (*function)(void *argument),
                    void *argument);
/* Returns when it is done. */
void parallel_end(struct parallel_work *work);

#endif
