/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The writers' queue: each writer waits on a condition of its own, on its own stack, and a writer that leaves hands the
 * turn to the first. Without it the threads of one process would meet in SQLite's busy handler, which is not fair.
 */

#include "meta/sqlite/write_queue_internal.h"

#include <time.h>

struct meta_writer {
    struct meta_writer *next;
    pthread_cond_t its_turn;
    bool granted;
};

bool meta_write_queue_init(struct meta_write_queue *queue) {
    *queue = (struct meta_write_queue){0};
    return pthread_mutex_init(&queue->mutex, NULL) == 0;
}

void meta_write_queue_free(struct meta_write_queue *queue) {
    (void)pthread_mutex_destroy(&queue->mutex);
}

struct timespec meta_deadline_in(int32_t timeout_ms) {
    struct timespec at = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &at); /* cannot fail for this clock */
    if (timeout_ms > 0) {
        at.tv_sec += timeout_ms / 1000;
        at.tv_nsec += (timeout_ms % 1000) * 1000000L;
    }
    if (at.tv_nsec >= 1000000000L) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000L;
    }
    return at;
}

bool meta_condition_init(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return false;
    }
    bool done =
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 && pthread_cond_init(condition, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    return done;
}

static void append(struct meta_write_queue *queue, struct meta_writer *writer) {
    if (queue->last != NULL) {
        queue->last->next = writer;
    } else {
        queue->first = writer;
    }
    queue->last = writer;
}

static void unlink_writer(struct meta_write_queue *queue, const struct meta_writer *writer) {
    struct meta_writer *before = NULL;
    for (struct meta_writer *at = queue->first; at != writer; at = at->next) {
        before = at;
    }
    if (before != NULL) {
        before->next = writer->next;
    } else {
        queue->first = writer->next;
    }
    if (queue->last == writer) {
        queue->last = before;
    }
}

static bool wait_for_turn(struct meta_write_queue *queue, struct timespec deadline) {
    struct meta_writer writer = {0};
    if (!meta_condition_init(&writer.its_turn)) {
        return false;
    }
    append(queue, &writer);
    queue->waiting++;
    int waited = 0;
    while (!writer.granted && waited == 0) {
        waited = pthread_cond_timedwait(&writer.its_turn, &queue->mutex, &deadline);
    }
    if (!writer.granted) {
        unlink_writer(queue, &writer);
    }
    queue->waiting--;
    (void)pthread_cond_destroy(&writer.its_turn);
    return writer.granted;
}

bool meta_write_queue_enter(struct meta_write_queue *queue, int32_t timeout_ms) {
    (void)pthread_mutex_lock(&queue->mutex);
    bool entered = !queue->taken;
    if (entered) {
        queue->taken = true;
    } else if (timeout_ms > 0) {
        entered = wait_for_turn(queue, meta_deadline_in(timeout_ms));
    }
    (void)pthread_mutex_unlock(&queue->mutex);
    return entered;
}

void meta_write_queue_leave(struct meta_write_queue *queue) {
    (void)pthread_mutex_lock(&queue->mutex);
    struct meta_writer *next = queue->first;
    if (next != NULL) {
        /* `taken` stays set: the turn passes to the first without a gap in which a new writer could take it. */
        queue->first = next->next;
        if (queue->first == NULL) {
            queue->last = NULL;
        }
        next->granted = true;
        (void)pthread_cond_signal(&next->its_turn);
    } else {
        queue->taken = false;
    }
    (void)pthread_mutex_unlock(&queue->mutex);
}
