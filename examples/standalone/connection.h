/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_CONNECTION_H
#define STANDALONE_CONNECTION_H

/* One client. A connection belongs to a loop. While a worker has it, the loop only touches what is marked so. */

#include "address.h"
#include "fair_queue.h"
#include "head.h"
#include "peers.h"
#include "rate.h"
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
    CONNECTION_LINGER /* the response was the last; throws away some of what still comes, so that it is not lost */
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

/* Why a connection is let in only to be told that there is no room for it. */
enum excess {
    EXCESS_NONE,
    EXCESS_SERVER, /* of --max-connections: 503 */
    EXCESS_PEER /* of --connections-per-peer: 429 */
};

/* A socket that was accepted, and where it belongs. */
struct arrival {
    int socket;
    const struct sockaddr_storage *address;
    struct peer *peer; /* counts it; NULL: nobody does */
    bool is_trusted; /* a proxy of ours */
    enum excess excess;
};

struct connection {
    struct transport transport;
    struct loop *loop;
    enum connection_state state;
    struct head head; /* what may come next of a request's head */
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
    bool has_served; /* a request before */
    bool is_new; /* its loop has not seen it yet */
    enum excess excess;
    char peer[ADDRESS_TEXT];
    struct peer *share; /* of the peer's connections */

    /* How fast the peer is with the body of this request or response. */
    struct rate rate;
    uint64_t moved_bytes; /* in both directions, that `rate` does not have yet */
    int64_t waited_ms; /* for the socket, likewise */
    int64_t waiting_since_ms; /* 0: something else is done */

    /* The end of a peer's time and bytes, when it sends what is not wanted any more. */
    int64_t refused_until_ms; /* 0: not so */
    uint64_t refused_bytes;

    /* The loop's, also while a worker has the connection. */
    bool is_with_worker;
    bool is_in_ready_list;
    bool is_muted; /* no events, for nobody could use them */
    uint32_t missed_events;
    struct timer timer;

    struct fair_item turn; /* of the workers */

    /* Of the one list that it is in: the ready list, or what workers return. */
    struct connection *next;
    struct connection *previous; /* in the ready list */
    enum work work; /* the result, on the way back */
};

/* Makes a connection of an accepted socket, which is taken with its share, and lets the loop watch it. False: it is
 * closed again. */
bool connection_open(struct loop *loop, const struct arrival *arrival);

/* What the loop calls; each may end the connection. */
void connection_event(struct connection *connection, uint32_t events);
void connection_run(struct connection *connection);
void connection_returned(struct connection *connection);
void connection_expired(struct connection *connection);
void connection_stop(struct connection *connection);
void connection_close(struct connection *connection); /* takes it out of the loop's lists */

/* For requests, on the thread that has the connection. Input that is to outlive the buffer of the thread is kept;
 * false: out of memory. */
bool connection_keep_input(struct connection *connection);
void connection_take_input(struct connection *connection, size_t length);
enum transfer connection_receive(struct connection *connection, char *buffer, size_t capacity);

#endif
