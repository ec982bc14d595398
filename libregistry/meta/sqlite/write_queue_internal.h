/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_SQLITE_WRITE_QUEUE_INTERNAL_H
#define META_SQLITE_WRITE_QUEUE_INTERNAL_H

/*
 * The queue in which the writers of this process wait, first come first served. What is passed on is a turn, not a
 * mutex: another thread than the one that took it may return it, and nothing is locked while it is held.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct meta_writer;

struct meta_write_queue {
    pthread_mutex_t mutex; /* guards the rest; held for a few instructions only */
    bool taken;
    struct meta_writer *first;
    struct meta_writer *last;
    size_t waiting;
};

bool meta_write_queue_init(struct meta_write_queue *queue); /* false: no memory */
void meta_write_queue_free(struct meta_write_queue *queue); /* must be empty */

/* For waits on the monotonic clock: setting the time of day must not shorten or extend them. */
bool meta_condition_init(pthread_cond_t *condition);
struct timespec meta_deadline_in(int32_t timeout_ms);

/* False when the turn did not come within the timeout. */
bool meta_write_queue_enter(struct meta_write_queue *queue, int32_t timeout_ms);
void meta_write_queue_leave(struct meta_write_queue *queue);

#endif
