/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_CONNECTION_H
#define STANDALONE_CONNECTION_H

/* A client's connection. It belongs to a loop. While a worker has it, the loop only touches the members marked so. */

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
    CONNECTION_LINGER /* the response was the last; discards some further input, so that the response is not lost */
};

/* The state of a request after work on it. */
enum work {
    WORK_RESPONSE, /* there is something to send */
    WORK_WAIT, /* the socket must become ready first */
    WORK_YIELD, /* there is more to do, but others are waiting too */
    WORK_ELSEWHERE, /* it may take long: for a worker */
    WORK_LOST /* the client is gone */
};

/* Bytes that were received and not processed. They are in a buffer of the thread, or kept. */
struct input {
    const char *at;
    size_t length;
    char *kept;
};

/* The rest of a response that the socket did not take. */
struct output {
    char *bytes;
    size_t length;
    size_t sent;
};

/* Why a connection is only accepted to be refused. */
enum excess {
    EXCESS_NONE,
    EXCESS_SERVER, /* of --max-connections: 503 */
    EXCESS_PEER /* of --connections-per-peer: 429 */
};

/* An accepted socket, and what is known about it. */
struct arrival {
    int socket;
    const struct sockaddr_storage *address;
    struct peer *peer; /* counts it; NULL: it is not counted */
    bool is_trusted; /* a trusted proxy */
    enum excess excess;
};

struct connection {
    struct transport transport;
    struct loop *loop;
    enum connection_state state;
    struct head head; /* checks the head of a request */
    http_parser parser;
    struct request *request; /* from its first byte to the end of its response */
    struct input input;
    struct output output;
    bool is_readable; /* until a call reports that there is nothing */
    bool is_writable; /* likewise */
    bool is_hung_up; /* the peer has ended its direction */
    bool waits_to_write; /* in the state BODY */
    bool has_progressed; /* since the last deadline was set */
    bool must_close; /* after the response */
    bool is_trusted; /* a trusted proxy */
    bool has_served; /* an earlier request */
    bool is_new; /* its loop has not handled it yet */
    enum excess excess;
    char peer[ADDRESS_TEXT];
    struct peer *share; /* of the connections per peer */

    /* The rate of the peer for the body of this request or response. */
    struct rate rate;
    uint64_t moved_bytes; /* in both directions, not yet in `rate` */
    int64_t waited_ms; /* for the socket, likewise */
    int64_t waiting_since_ms; /* 0: it is not waiting */

    /* Limits for a peer that sends a body that is no longer wanted. */
    int64_t refused_until_ms; /* 0: none */
    uint64_t refused_bytes;

    /* Used by the loop, also while a worker has the connection. */
    bool is_with_worker;
    bool is_in_ready_list;
    bool is_muted; /* events are off, because they would be useless */
    uint32_t missed_events;
    struct timer timer;

    struct fair_item turn; /* of the workers */

    /* Links of the one list that it is in: the ready list, or the connections that workers returned. */
    struct connection *next;
    struct connection *previous; /* in the ready list */
    enum work work; /* the result, on the way back */
};

/* Makes a connection of an accepted socket, whose ownership it takes with its share, and lets the loop watch it. False:
 * the socket is closed. */
bool connection_open(struct loop *loop, const struct arrival *arrival);

/* Called by the loop; each may end the connection. */
void connection_event(struct connection *connection, uint32_t events);
void connection_run(struct connection *connection);
void connection_returned(struct connection *connection);
void connection_expired(struct connection *connection);
void connection_stop(struct connection *connection);
void connection_close(struct connection *connection); /* removes it from the loop's lists */

/* For requests, on the thread that has the connection. Keeps input beyond the life of the thread's buffer; false: out
 * of memory. */
bool connection_keep_input(struct connection *connection);
void connection_take_input(struct connection *connection, size_t length);
enum transfer connection_receive(struct connection *connection, char *buffer, size_t capacity);

#endif
