/* SPDX-License-Identifier: Apache-2.0 */

/* A queue for each organization and peer, and a few threads. After its turn, a request with more work is appended to
 * its queue. The cost of a turn is the time for which it had the thread. */

#include "workers.h"

#include "connection.h"
#include "fair_queue.h"
#include "log.h"
#include "loop.h"
#include "request.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BUFFER_BYTES ((size_t)256 * 1024)

/* A thread lent to the library. The library's thread waits for it, so tasks come before connections. */
struct task {
    void (*function)(void *argument);
    void *argument;
};

/* Known organizations have a larger weight than peers. */
#define WEIGHT_OF_ORGANIZATIONS 4
#define WEIGHT_OF_PEERS 1

#define TASKS_MAX 16 /* tasks that were accepted and that no thread has taken yet */

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct fair_queue *queue;
    struct task tasks[TASKS_MAX];
    unsigned task_count;
    unsigned idle; /* threads that wait for `changed` */
    bool is_stopping;
    unsigned count;
    unsigned next_buffer;
    char *buffers; /* one for each thread */
    pthread_t threads[];
};

/* The next connection or, if there is one, the next task. False when there is nothing left and the workers stop. */
static bool take(struct workers *workers, struct connection **out_connection, struct task *out_task) {
    *out_connection = NULL;
    *out_task = (struct task){.function = NULL};
    (void)pthread_mutex_lock(&workers->lock);
    workers->idle++;
    struct fair_item *item = NULL;
    while (workers->task_count == 0 && (item = fair_queue_take(workers->queue)) == NULL && !workers->is_stopping) {
        (void)pthread_cond_wait(&workers->changed, &workers->lock);
    }
    workers->idle--;
    if (item != NULL) {
        *out_connection = item->owner;
    } else if (workers->task_count > 0) {
        *out_task = workers->tasks[--workers->task_count];
    }
    (void)pthread_mutex_unlock(&workers->lock);
    return *out_connection != NULL || out_task->function != NULL;
}

/* A submitted connection and a task may want the same idle thread. The task gets it, because tasks are taken first, and
 * is short. */
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

/* The peer, or the address that a trusted proxy added last. */
static const char *client_of(const struct connection *connection) {
    const char *field = connection->is_trusted ? request_find_field(connection->request, "X-Forwarded-For") : NULL;
    const char *comma = field != NULL ? strrchr(field, ',') : NULL;
    return field == NULL ? connection->peer : comma != NULL ? comma + 1 : field;
}

/* The queue of a request: that of its organization once the library knows it; otherwise that of its address and
 * credentials. */
static uint64_t key_of(const struct workers *workers, const struct connection *connection, unsigned *out_weight) {
    const struct request *request = connection->request;
    const char *share = request->is_begun ? lreg_exchange_share(request->exchange) : "";
    *out_weight = WEIGHT_OF_ORGANIZATIONS;
    if (*share != '\0') {
        return fair_queue_key(workers->queue, 0, share);
    }
    const char *credentials = request_find_field(request, "Authorization");
    *out_weight = credentials != NULL && !request->is_begun ? WEIGHT_OF_ORGANIZATIONS : WEIGHT_OF_PEERS;
    uint64_t key = fair_queue_key(workers->queue, 0, client_of(connection));
    return fair_queue_key(workers->queue, key, credentials != NULL ? credentials : "");
}

/* With the lock held. */
static bool push(struct workers *workers, struct connection *connection) {
    unsigned weight = 1;
    uint64_t key = key_of(workers, connection, &weight);
    connection->turn.owner = connection;
    if (!fair_queue_push(workers->queue, key, weight, &connection->turn)) {
        return false;
    }
    (void)pthread_cond_signal(&workers->changed);
    return true;
}

static void give_back(struct connection *connection, enum work result) {
    connection->work = result;
    loop_return(connection->loop, connection);
}

void workers_submit(struct workers *workers, struct connection *connection) {
    (void)pthread_mutex_lock(&workers->lock);
    bool is_queued = push(workers, connection);
    (void)pthread_mutex_unlock(&workers->lock);
    if (!is_queued) {
        give_back(connection, WORK_LOST);
    }
}

static char *take_buffer(struct workers *workers) {
    (void)pthread_mutex_lock(&workers->lock);
    unsigned number = workers->next_buffer++;
    (void)pthread_mutex_unlock(&workers->lock);
    return workers->buffers + number * BUFFER_BYTES;
}

/* Whether the loop waits to close it: a client that sends fast enough would keep the worker until the last byte. */
static bool is_over(const struct connection *connection) {
    return atomic_load(&connection->loop->server->stopping) == STOPPING_NOW;
}

static uint64_t now_us(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Ends a turn. True: another one is queued. */
static bool end_turn(struct workers *workers, struct connection *connection, uint64_t cost, bool goes_on) {
    (void)pthread_mutex_lock(&workers->lock);
    fair_queue_done(workers->queue, &connection->turn, cost);
    bool is_queued = goes_on && push(workers, connection);
    if (!is_queued) {
        (void)pthread_cond_signal(&workers->changed); /* its key may have another item */
    }
    (void)pthread_mutex_unlock(&workers->lock);
    return is_queued;
}

static void work_on(struct workers *workers, struct connection *connection, char *buffer) {
    uint64_t begun = now_us();
    enum work result = request_work(connection, buffer, BUFFER_BYTES);
    if (!connection_keep_input(connection)) {
        result = WORK_LOST;
    }
    bool goes_on = result == WORK_YIELD && !is_over(connection);
    if (!end_turn(workers, connection, now_us() - begun, goes_on)) {
        give_back(connection, goes_on ? WORK_LOST : result);
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
    char *buffers = malloc(count * BUFFER_BYTES); /* pages that no upload needed are never allocated */
    struct fair_queue *queue = fair_queue_new(count);
    if (workers == NULL || buffers == NULL || queue == NULL) {
        complain("out of memory");
        fair_queue_free(queue);
        free(workers);
        free(buffers);
        return NULL;
    }
    workers->buffers = buffers;
    workers->queue = queue;
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
    fair_queue_free(workers->queue);
    free(workers->buffers);
    free(workers);
}
