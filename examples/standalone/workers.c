/* SPDX-License-Identifier: Apache-2.0 */

/* A queue and a few threads. A worker that has had its turn with an upload puts it to the end of the queue. */

#include "workers.h"

#include "connection.h"
#include "log.h"
#include "loop.h"
#include "request.h"

#include <pthread.h>
#include <stdlib.h>

#define BUFFER_BYTES ((size_t)256 * 1024)

/* What is lent to the library: its threads wait for it, so it goes before the connections. */
struct task {
    void (*function)(void *argument);
    void *argument;
};

#define TASKS_MAX 16 /* that were promised a thread, which has not woken yet */

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct connection *first;
    struct connection *last;
    struct task tasks[TASKS_MAX];
    unsigned task_count;
    unsigned idle; /* threads that wait for `changed` */
    bool is_stopping;
    unsigned count;
    unsigned next_buffer;
    char *buffers; /* one for each thread */
    pthread_t threads[];
};

/* The next connection or, when there is one, task; false when there is nothing more to do, ever. */
static bool take(struct workers *workers, struct connection **out_connection, struct task *out_task) {
    *out_connection = NULL;
    *out_task = (struct task){.function = NULL};
    (void)pthread_mutex_lock(&workers->lock);
    workers->idle++;
    while (workers->first == NULL && workers->task_count == 0 && !workers->is_stopping) {
        (void)pthread_cond_wait(&workers->changed, &workers->lock);
    }
    workers->idle--;
    if (workers->task_count > 0) {
        *out_task = workers->tasks[--workers->task_count];
    } else if (workers->first != NULL) {
        *out_connection = workers->first;
        workers->first = workers->first->next;
        (*out_connection)->next = NULL;
    }
    (void)pthread_mutex_unlock(&workers->lock);
    return *out_connection != NULL || out_task->function != NULL;
}

/* A connection that was handed in and a task that was lent may want the same idle thread; the task gets it, as it is
 * taken first, and is short. */
bool workers_lend(struct workers *workers, void (*task)(void *argument), void *argument) {
    (void)pthread_mutex_lock(&workers->lock);
    bool is_lent = workers->idle > workers->task_count && workers->task_count < TASKS_MAX;
    if (is_lent) {
        workers->tasks[workers->task_count++] = (struct task){task, argument};
        (void)pthread_cond_signal(&workers->changed);
    }
    (void)pthread_mutex_unlock(&workers->lock);
    return is_lent;
}

void workers_submit(struct workers *workers, struct connection *connection) {
    connection->next = NULL;
    (void)pthread_mutex_lock(&workers->lock);
    if (workers->first == NULL) {
        workers->first = connection;
    } else {
        workers->last->next = connection;
    }
    workers->last = connection;
    (void)pthread_cond_signal(&workers->changed);
    (void)pthread_mutex_unlock(&workers->lock);
}

static char *take_buffer(struct workers *workers) {
    (void)pthread_mutex_lock(&workers->lock);
    unsigned number = workers->next_buffer++;
    (void)pthread_mutex_unlock(&workers->lock);
    return workers->buffers + number * BUFFER_BYTES;
}

/* Whether its loop waits for it, to close it: a client that sends fast enough would keep it here to the last byte. */
static bool is_over(const struct connection *connection) {
    return atomic_load(&connection->loop->server->stopping) == STOPPING_NOW;
}

static void work_on(struct workers *workers, struct connection *connection, char *buffer) {
    enum work result = request_work(connection, buffer, BUFFER_BYTES);
    if (!connection_keep_input(connection)) {
        result = WORK_LOST;
    }
    if (result == WORK_YIELD && !is_over(connection)) {
        workers_submit(workers, connection);
    } else {
        connection->work = result;
        loop_return(connection->loop, connection);
    }
}

static void *work(void *user) {
    struct workers *workers = user;
    char *buffer = take_buffer(workers);
    struct connection *connection = NULL;
    struct task task;
    while (take(workers, &connection, &task)) {
        if (task.function != NULL) {
            task.function(task.argument);
        } else {
            work_on(workers, connection, buffer);
        }
    }
    return NULL;
}

struct workers *workers_start(unsigned count) {
    struct workers *workers = calloc(1, sizeof *workers + count * sizeof workers->threads[0]);
    char *buffers = malloc(count * BUFFER_BYTES); /* pages that no upload needed are never there */
    if (workers == NULL || buffers == NULL) {
        complain("out of memory");
        free(workers);
        free(buffers);
        return NULL;
    }
    workers->buffers = buffers;
    (void)pthread_mutex_init(&workers->lock, NULL);
    (void)pthread_cond_init(&workers->changed, NULL);
    while (workers->count < count) {
        if (pthread_create(&workers->threads[workers->count], NULL, work, workers) != 0) {
            complain("cannot start a thread");
            workers_stop(workers);
            return NULL;
        }
        workers->count++;
    }
    return workers;
}

void workers_stop(struct workers *workers) {
    if (workers == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&workers->lock);
    workers->is_stopping = true;
    (void)pthread_cond_broadcast(&workers->changed);
    (void)pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->count; i++) {
        (void)pthread_join(workers->threads[i], NULL);
    }
    (void)pthread_cond_destroy(&workers->changed);
    (void)pthread_mutex_destroy(&workers->lock);
    free(workers->buffers);
    free(workers);
}
