/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_LOOP_H
#define STANDALONE_LOOP_H

/* One thread that serves many connections: it waits for their sockets, their deadlines, and for workers. */

#include "log.h"
#include "server.h"
#include "timers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOOP_INPUT_BYTES ((size_t)64 * 1024)
#define LOOP_OUTPUT_BYTES ((size_t)96 * 1024)
#define LOOP_DATE_TEXT 32

struct connection;
struct request;

struct loop {
    struct server *server;
    pthread_t thread;
    bool is_started;
    int epoll;
    int wake; /* eventfd */
    atomic_uint connections;
    _Atomic int64_t idle_since_ms; /* of the connection that has been idle longest; INT64_MAX: none */
    atomic_uint newcomers; /* connections that the loop has not handled yet: they count as idle */
    atomic_uint evictions; /* how many idle connections to close */

    /* Used by the thread alone. */
    char *input; /* LOOP_INPUT_BYTES */
    char *output; /* LOOP_OUTPUT_BYTES */
    struct timers timers;
    int64_t now_ms;
    int stopping; /* as last seen by the loop */
    struct connection *ready_first;
    struct connection *ready_last;
    size_t ready_count;
    unsigned seen_newcomers; /* in this turn */
    struct request *spare; /* requests for reuse */
    unsigned spare_count;
    struct access_buffer log;
    char date[LOOP_DATE_TEXT]; /* the field Date */
    int64_t date_second;

    /* Connections that workers returned. */
    pthread_mutex_t lock;
    struct connection *returned;
};

/* A loop that is not running yet. NULL after a complaint. */
struct loop *loop_new(struct server *server);

/* Starts its thread, which ends when the server is stopping and no connection is left. */
bool loop_start(struct loop *loop);

/* One turn of the loop: waits for something to do, at most `wait_ms`, and does it. Called by the thread of the loop,
 * and by tests without one. */
void loop_turn(struct loop *loop, int64_t wait_ms);

/* Waits for the end of the thread and frees the loop. `loop` may be NULL. */
void loop_join(struct loop *loop);

/* Makes the loop check the server's `stopping`. Threads: any. */
void loop_wake(struct loop *loop);

/* Makes the loop close the connection that has been idle longest. Threads: any. */
void loop_evict(struct loop *loop);

/* Returns a connection to its loop. Threads: any. */
void loop_return(struct loop *loop, struct connection *connection);

/* Only from the thread of the loop. loop_forget_ready() accepts a connection that is not in the ready list. */
void loop_make_ready(struct loop *loop, struct connection *connection);
void loop_forget_ready(struct loop *loop, struct connection *connection);
struct request *loop_take_request(struct loop *loop); /* NULL: out of memory */
void loop_give_request(struct loop *loop, struct request *request);
const char *loop_date(struct loop *loop);

#endif
