/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_LENT_THREADS_H
#define SUPPORT_LENT_THREADS_H

/* A host that lends threads: a new one for each task, up to a limit. */

#include <libregistry/sys/hooks.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#define LENT_THREADS_MAX 64

struct lent_threads {
    atomic_uint asked;
    unsigned spare; /* lends at most this many in total */
    unsigned lent;
    struct lent_task {
        void (*function)(void *argument);
        void *argument;
        pthread_t thread;
    } tasks[LENT_THREADS_MAX];
};

static inline void *lent_threads_work(void *user) {
    const struct lent_task *task = user;
    task->function(task->argument);
    return NULL;
}

/* Called by one thread at a time. */
static inline int32_t lent_threads_run(void *user, void (*function)(void *argument), void *argument) {
    struct lent_threads *threads = user;
    atomic_fetch_add(&threads->asked, 1);
    if (threads->lent >= threads->spare || threads->lent >= LENT_THREADS_MAX) {
        return 0;
    }
    struct lent_task *task = &threads->tasks[threads->lent];
    *task = (struct lent_task){.function = function, .argument = argument};
    if (pthread_create(&task->thread, NULL, lent_threads_work, task) != 0) {
        return 0;
    }
    threads->lent++;
    return 1;
}

static inline lreg_executor lent_threads_hook(struct lent_threads *threads, unsigned spare) {
    *threads = (struct lent_threads){.spare = spare};
    return (lreg_executor){.size = sizeof(lreg_executor), .user = threads, .run = lent_threads_run};
}

static inline void lent_threads_join(struct lent_threads *threads) {
    for (unsigned i = 0; i < threads->lent; i++) {
        (void)pthread_join(threads->tasks[i].thread, NULL);
    }
}

#endif
