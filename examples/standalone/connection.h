/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_CONNECTION_H
#define STANDALONE_CONNECTION_H

/* One client. A connection belongs to a loop. While a worker has it, the loop only touches what is marked so. */

#include "address.h"
#include "timers.h"
#include "transport.h"

#include <http_parser.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct request;

enum connection_state {
    CONNECTION_HANDSHAKE, /* of TLS */
    CONNECTION_HEAD, /* reads the head of a request; idle while `request` is NULL */
    CONNECTION_BODY, /* the library works, and takes the body */
    CONNECTION_RESPONSE, /* sends the response */
    CONNECTION_LINGER /* the response was the last; throws away what still comes, so that it is not lost */
};

/* How a request stands after it was worked on. */
enum work {
    WORK_RESPONSE, /* there is something to send */
    WORK_WAIT, /* the socket has to be ready first */
    WORK_YIELD, /* there is more to do, but others are waiting too */
    WORK_ELSEWHERE, /* it may take its time: for a worker */
    WORK_LOST /* the client is gone */
};

/* Bytes that were received and not looked at. They are in a buffer of the thread, or kept. */
struct input {
    const char *at;
    size_t length;
    char *kept;
};

/* The end of a response that the socket did not take. */
struct output {
    char *bytes;
    size_t length;
    size_t sent;
};

struct connection {
    struct transport transport;
    struct loop *loop;
    enum connection_state state;
    http_parser parser;
    struct request *request; /* from its first byte to the end of its response */
    struct input input;
    struct output output;
    bool is_readable; /* the last call did not say that there is nothing */
    bool is_writable; /* likewise */
    bool is_hung_up; /* the end of what the peer sends has arrived */
    bool waits_to_write; /* in the state BODY */
    bool has_progressed; /* since the last deadline was set */
    bool must_close; /* after the response */
    bool is_trusted; /* a proxy of ours */
    bool is_over_limit; /* one connection too many: gets 503 */
    bool has_served; /* a request before */
    char peer[ADDRESS_TEXT];

    /* The loop's, also while a worker has the connection. */
    bool is_with_worker;
    bool is_in_ready_list;
    bool is_muted; /* no events, for nobody could use them */
    uint32_t missed_events;
    int64_t linger_until_ms;
    struct timer timer;

    /* Of the one queue that it is in: the ready list, the jobs, or what workers return. */
    struct connection *next;
    enum work work; /* the result, on the way back */
};

/* Makes a connection of an accepted socket, which is taken, and lets the loop watch it. False: it is closed again. */
bool connection_open(struct loop *loop, int socket, const struct sockaddr_storage *peer, bool is_over_limit);

/* What the loop calls; each may end the connection. */
void connection_event(struct connection *connection, uint32_t events);
void connection_run(struct connection *connection);
void connection_returned(struct connection *connection);
void connection_expired(struct connection *connection);
void connection_stop(struct connection *connection);
void connection_close(struct connection *connection);

/* For requests, on the thread that has the connection. Input that is to outlive the buffer of the thread is kept;
 * false: out of memory. */
bool connection_keep_input(struct connection *connection);
void connection_take_input(struct connection *connection, size_t length);
enum transfer connection_receive(struct connection *connection, char *buffer, size_t capacity);

#endif
