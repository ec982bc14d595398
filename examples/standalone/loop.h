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

    /* The thread's own. */
    char *input; /* LOOP_INPUT_BYTES */
    char *output; /* LOOP_OUTPUT_BYTES */
    struct timers timers;
    int64_t now_ms;
    int stopping; /* as far as the loop has seen it */
    struct connection *ready_first;
    struct connection *ready_last;
    struct request *spare; /* requests for the next ones */
    unsigned spare_count;
    struct access_buffer log;
    char date[LOOP_DATE_TEXT]; /* the field Date */
    int64_t date_second;

    /* What workers gave back. */
    pthread_mutex_t lock;
    struct connection *returned;
};

/* A loop that is not running yet. NULL after a complaint. */
struct loop *loop_new(struct server *server);

/* Starts its thread, which ends when the server is stopping and no connection is left. */
bool loop_start(struct loop *loop);

/* Waits for its end and frees it. `loop` may be NULL. */
void loop_join(struct loop *loop);

/* Lets it look at the server's `stopping`. Threads: any. */
void loop_wake(struct loop *loop);

/* Gives a connection back. Threads: any. */
void loop_return(struct loop *loop, struct connection *connection);

/* Only from the thread of the loop. */
void loop_make_ready(struct loop *loop, struct connection *connection);
struct request *loop_take_request(struct loop *loop); /* NULL: out of memory */
void loop_give_request(struct loop *loop, struct request *request);
const char *loop_date(struct loop *loop);

#endif
