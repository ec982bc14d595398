/* SPDX-License-Identifier: Apache-2.0 */

#include "base/parallel.h"

#include <errno.h>

static void run(void *user) {
    struct parallel_work *work = user;
    work->function(work->argument);
    (void)sem_post(&work->done); /* `work` must not be used after this */
}

void parallel_begin(const struct hooks *hooks, struct parallel_work *work, void (*function)(void *argument),
                    void *argument) {
    const lreg_executor *executor = &hooks->executor;
    work->function = function;
    work->argument = argument;
    work->is_lent = false;
    if (executor->run == NULL || sem_init(&work->done, 0, 0) != 0) {
        return;
    }
    work->is_lent = true;
    if (executor->run(executor->user, run, work) == 0) {
        work->is_lent = false;
        (void)sem_destroy(&work->done);
    }
}

void parallel_end(struct parallel_work *work) {
    if (!work->is_lent) {
        work->function(work->argument);
        return;
    }
    int result;
    do {
        result = sem_wait(&work->done);
    } while (result != 0 && errno == EINTR);
    (void)sem_destroy(&work->done);
}
