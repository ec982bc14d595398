/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FASTCGI_CLIENT_H
#define FASTCGI_CLIENT_H

/* A connection of the web server, and the request on it. Its socket is non-blocking: a client that waits for the web
 * server is put aside, and uses no thread. */

#include "fair_queue.h"
#include "peers.h"
#include "rate.h"
#include "record.h"

#include <libregistry.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What all clients share. */
struct client_settings {
    lreg_instance *instance;
    const char *sendfile; /* gateway_sendfile() */
    struct peers *peers;
    unsigned requests_max; /* at once; more are refused */
    unsigned requests_per_peer;
    atomic_uint requests;
    struct rate_limit rate;
    int64_t silence_ms; /* without a byte */
    int64_t refused_ms; /* for the rest of a refused body */
    atomic_bool is_ending;
};

enum client_state {
    CLIENT_IDLE, /* no request */
    CLIENT_PARAMS, /* reads its variables */
    CLIENT_BEGIN, /* they are complete; the request begins with the next turn, which is that of its sender */
    CLIENT_BODY, /* the library takes the body, or works */
    CLIENT_RESPONSE,
    CLIENT_LINGER /* all is sent; discards some of a refused body, so that the response is not lost */
};

/* What it needs to continue. */
enum client_need {
    CLIENT_NEEDS_INPUT,
    CLIENT_NEEDS_OUTPUT,
    CLIENT_NEEDS_TURN, /* there is more to do, but others are waiting too */
    CLIENT_NEEDS_END,
    CLIENT_NEEDS_NOTHING /* internal */
};

struct client {
    struct client_settings *settings;
    int socket;
    enum client_state state;
    bool is_counted; /* in the number of requests */
    bool has_served; /* a request before */
    bool is_expired; /* a deadline has passed: set before client_work() */

    /* Input. */
    struct record record;
    unsigned char begin[RECORD_BEGIN_BYTES];
    size_t begin_length;
    unsigned char *params;
    size_t params_length;
    unsigned char *rest; /* input behind what ended the last turn */
    size_t rest_length;

    /* The request. */
    unsigned id;
    bool keeps_connection;
    bool is_body_ended;
    struct variables variables;
    lreg_exchange *exchange;
    struct peer *share;
    int refusal; /* an HTTP status: the host itself answers */
    const char *refusal_message;

    /* Output. */
    unsigned char *out;
    size_t out_length;
    size_t out_sent;
    bool is_head_made;
    bool is_end_made;

    /* The rate of the peer. */
    struct rate rate;
    uint64_t moved_bytes;
    int64_t waiting_since_ms; /* 0: it is being worked on */
    int64_t waited_ms;
    int64_t linger_until_ms;
    uint64_t linger_bytes;

    /* Links of the server: the queue of clients that wait for a thread, and the list of those that wait for their
     * socket. */
    struct fair_item turn;
    uint64_t key; /* client_set_key() */
    struct client *previous;
    struct client *next;
    int64_t deadline_ms;
    bool is_parked;
    bool is_watched;
};

/* Takes ownership of the socket. NULL: out of memory, and the socket is closed. */
struct client *client_new(struct client_settings *settings, int socket);

/* Aborts the request, if any, and frees the client. */
void client_free(struct client *client);

/* Continues as far as the socket allows, for at most one turn. `buffer` is for input. Blocks only in the library.
 * Threads: one at a time for each client. */
enum client_need client_work(struct client *client, unsigned char *buffer, size_t capacity);

/* Sets whose turn the next one is, and returns its weight: of the organization, as soon as the library knows it; before
 * that, and for requests without one, of the address and the credentials. Connections whose request is not known yet
 * share one key, because reading the variables takes little work. */
unsigned client_set_key(struct client *client, const struct fair_queue *queue);

/* Whether it may be closed: there is no request, or it has its answer. */
bool client_is_idle(const struct client *client);

/* Milliseconds of a monotonic clock. */
int64_t client_clock_ms(void);

/* Of answer.c. The host itself answers; the first refusal is used. */
void answer_refuse(struct client *client, int status, const char *message);

/* Sends the response of the client's request, as far as the socket takes it. NOTHING: all is sent. */
enum client_need answer_send(struct client *client);

/* Adds a record to the output. False: there is no memory or no room for it. */
bool answer_put(struct client *client, enum record_type type, unsigned id, const void *content, size_t length);

/* Sends the output. NOTHING: all is sent. */
enum client_need answer_flush(struct client *client);

#endif
