/* SPDX-License-Identifier: Apache-2.0 */

/* The event loop. It must not block: work that may block goes to the workers (request.c decides). */

#include "loop.h"

#include "connection.h"
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 128
#define SPARE_REQUESTS 32
#define WAIT_LIMIT_MS 60000

static int64_t read_clock_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *loop_date(struct loop *loop) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (loop->date_second != now.tv_sec) {
        struct tm parts;
        (void)gmtime_r(&now.tv_sec, &parts);
        (void)strftime(loop->date, sizeof loop->date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        loop->date_second = now.tv_sec;
    }
    return loop->date;
}

struct request *loop_take_request(struct loop *loop) {
    struct request *request = loop->spare;
    if (request == NULL) {
        return request_new(loop->server->instance);
    }
    loop->spare = request->next;
    loop->spare_count--;
    request->next = NULL;
    return request;
}

void loop_give_request(struct loop *loop, struct request *request) {
    if (loop->spare_count == SPARE_REQUESTS) {
        request_free(request);
        return;
    }
    request_clear(request);
    request->next = loop->spare;
    loop->spare = request;
    loop->spare_count++;
}

void loop_make_ready(struct loop *loop, struct connection *connection) {
    connection->next = NULL;
    connection->previous = loop->ready_last;
    connection->is_in_ready_list = true;
    if (loop->ready_first == NULL) {
        loop->ready_first = connection;
    } else {
        loop->ready_last->next = connection;
    }
    loop->ready_last = connection;
    loop->ready_count++;
}

void loop_forget_ready(struct loop *loop, struct connection *connection) {
    if (!connection->is_in_ready_list) {
        return;
    }
    if (connection->previous != NULL) {
        connection->previous->next = connection->next;
    } else {
        loop->ready_first = connection->next;
    }
    if (connection->next != NULL) {
        connection->next->previous = connection->previous;
    } else {
        loop->ready_last = connection->previous;
    }
    connection->next = NULL;
    connection->previous = NULL;
    connection->is_in_ready_list = false;
    loop->ready_count--;
}

void loop_wake(struct loop *loop) {
    uint64_t one = 1;
    (void)!write(loop->wake, &one, sizeof one);
}

void loop_return(struct loop *loop, struct connection *connection) {
    (void)pthread_mutex_lock(&loop->lock);
    bool was_empty = loop->returned == NULL;
    connection->next = loop->returned;
    loop->returned = connection;
    /* Wake with the lock held: once the loop has the connection, the loop may end and free itself. */
    if (was_empty) {
        loop_wake(loop);
    }
    (void)pthread_mutex_unlock(&loop->lock);
}

static void take_returned(struct loop *loop) {
    (void)pthread_mutex_lock(&loop->lock);
    struct connection *connection = loop->returned;
    loop->returned = NULL;
    (void)pthread_mutex_unlock(&loop->lock);
    while (connection != NULL) {
        struct connection *next = connection->next;
        connection->next = NULL;
        connection_returned(connection);
        connection = next;
    }
}

/* Runs the connections that are ready now. Those that become ready meanwhile have the next turn. Any of them may end on
 * the way, and is removed from the list then. */
static void run_ready(struct loop *loop) {
    for (size_t left = loop->ready_count; left > 0 && loop->ready_first != NULL; left--) {
        struct connection *connection = loop->ready_first;
        loop_forget_ready(loop, connection);
        connection_run(connection);
    }
}

static void expire(struct loop *loop) {
    struct connection *connection = NULL;
    while ((connection = timers_expired(&loop->timers, loop->now_ms)) != NULL) {
        connection_expired(connection);
    }
}

static void stop_idle(struct loop *loop, enum timer_kind kind) {
    struct connection *connection = loop->timers.lists[kind].first;
    while (connection != NULL) {
        struct connection *next = connection->timer.next;
        connection_stop(connection);
        connection = next;
    }
}

/* Closes all connections except those that workers have, which are closed when they are returned. */
static void close_all(struct loop *loop) {
    for (int kind = TIMER_NONE + 1; kind < TIMER_KINDS; kind++) {
        while (loop->timers.lists[kind].first != NULL) {
            connection_close(loop->timers.lists[kind].first);
        }
    }
}

static void notice_stopping(struct loop *loop) {
    int stopping = atomic_load(&loop->server->stopping);
    if (stopping == loop->stopping) {
        return;
    }
    loop->stopping = stopping;
    if (stopping == STOPPING_NOW) {
        close_all(loop);
    } else {
        stop_idle(loop, TIMER_HEADER);
        stop_idle(loop, TIMER_IDLE);
    }
}

/* The connection that has been idle longest: it was refused, has had a response, or has not sent a whole head yet. */
static struct connection *find_idle(const struct loop *loop, int64_t *out_since_ms) {
    static const enum timer_kind kinds[] = {TIMER_REFUSED, TIMER_IDLE, TIMER_HEADER};
    struct connection *found = NULL;
    *out_since_ms = INT64_MAX;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        int64_t since_ms = timers_since(&loop->timers, kinds[i]);
        if (since_ms < *out_since_ms) {
            *out_since_ms = since_ms;
            found = loop->timers.lists[kinds[i]].first;
        }
    }
    return found;
}

void loop_evict(struct loop *loop) {
    atomic_fetch_add(&loop->evictions, 1);
    loop_wake(loop);
}

/* Closes as many idle connections as were requested, and publishes how long the next one has been idle. */
static void evict(struct loop *loop) {
    int64_t since_ms = INT64_MAX;
    for (unsigned left = atomic_exchange(&loop->evictions, 0); left > 0; left--) {
        struct connection *connection = find_idle(loop, &since_ms);
        if (connection == NULL && atomic_load(&loop->newcomers) > loop->seen_newcomers) {
            atomic_fetch_add(&loop->evictions, left); /* their first event brings the next turn */
            break;
        }
        if (connection == NULL) {
            break;
        }
        note(loop->server->options, "debug", "closing an idle connection of %s to make room", connection->peer);
        connection_close(connection);
    }
    (void)find_idle(loop, &since_ms);
    atomic_store(&loop->idle_since_ms, since_ms);
    atomic_fetch_sub(&loop->newcomers, loop->seen_newcomers);
    loop->seen_newcomers = 0;
}

static bool is_done(const struct loop *loop) {
    return loop->stopping != STOPPING_NO && atomic_load(&loop->connections) == 0;
}

/* Returned connections come last: one may end with that, and a later event of the batch may belong to it. */
static void handle_events(struct loop *loop, const struct epoll_event *events, int count) {
    bool is_woken = false;
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr != NULL) {
            connection_event(events[i].data.ptr, events[i].events);
        } else {
            is_woken = true;
        }
    }
    if (is_woken) {
        uint64_t wakes = 0;
        (void)!read(loop->wake, &wakes, sizeof wakes);
        take_returned(loop);
    }
}

void loop_turn(struct loop *loop, int64_t wait_ms) {
    struct epoll_event events[EVENTS];
    int64_t wait = loop->ready_first != NULL ? 0 : timers_wait(&loop->timers, read_clock_ms(), wait_ms);
    int count = epoll_wait(loop->epoll, events, EVENTS, (int)wait);
    loop->now_ms = read_clock_ms();
    handle_events(loop, events, count);
    run_ready(loop);
    expire(loop);
    evict(loop);
    notice_stopping(loop);
    access_log_flush(loop->server->access_log, &loop->log);
}

static void *run(void *user) {
    struct loop *loop = user;
    while (!is_done(loop)) {
        loop_turn(loop, WAIT_LIMIT_MS);
    }
    uint64_t one = 1;
    (void)!write(loop->server->loop_ended, &one, sizeof one);
    return NULL;
}

static bool open_descriptors(struct loop *loop) {
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (loop->epoll < 0 || loop->wake < 0 || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &event) != 0) {
        complain("cannot make an event loop: %s", strerror(errno));
        return false;
    }
    return true;
}

struct loop *loop_new(struct server *server) {
    const struct options *options = server->options;
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) {
        complain("out of memory");
        return NULL;
    }
    loop->server = server;
    loop->epoll = -1;
    loop->wake = -1;
    loop->timers.lists[TIMER_HEADER].length_ms = options->header_timeout_ms;
    loop->timers.lists[TIMER_BODY].length_ms = options->body_timeout_ms;
    loop->timers.lists[TIMER_IDLE].length_ms = options->idle_timeout_ms;
    loop->timers.lists[TIMER_REFUSED].length_ms = options->refused_timeout_ms;
    atomic_store(&loop->idle_since_ms, INT64_MAX);
    (void)pthread_mutex_init(&loop->lock, NULL);
    loop->input = malloc(LOOP_INPUT_BYTES);
    loop->output = malloc(LOOP_OUTPUT_BYTES);
    if (loop->input == NULL || loop->output == NULL) {
        complain("out of memory");
        loop_join(loop);
        return NULL;
    }
    if (!open_descriptors(loop)) {
        loop_join(loop);
        return NULL;
    }
    return loop;
}

bool loop_start(struct loop *loop) {
    loop->is_started = pthread_create(&loop->thread, NULL, run, loop) == 0;
    if (!loop->is_started) {
        complain("cannot start a thread");
    }
    return loop->is_started;
}

static void free_spare(struct loop *loop) {
    while (loop->spare != NULL) {
        struct request *request = loop->spare;
        loop->spare = request->next;
        request_free(request);
    }
}

void loop_join(struct loop *loop) {
    if (loop == NULL) {
        return;
    }
    if (loop->is_started) {
        (void)pthread_join(loop->thread, NULL);
    }
    free_spare(loop);
    if (loop->epoll >= 0) {
        (void)close(loop->epoll);
    }
    if (loop->wake >= 0) {
        (void)close(loop->wake);
    }
    (void)pthread_mutex_destroy(&loop->lock);
    free(loop->log.bytes);
    free(loop->input);
    free(loop->output);
    free(loop);
}
