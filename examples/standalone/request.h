/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_REQUEST_H
#define STANDALONE_REQUEST_H

/* One request: its parsed head, its exchange with the library, and its data for the log. */

#include "chunks.h"
#include "connection.h"

#include <libregistry.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum head_part {
    PART_TARGET,
    PART_NAME,
    PART_VALUE
};

struct request {
    lreg_exchange *exchange;
    struct request *next; /* among those for reuse */

    /* The head: the target, then names and values alternating, each ended by NUL. */
    char *head;
    size_t head_length;
    size_t head_capacity;
    size_t target_end; /* offset of the first name */
    enum head_part part;

    /* From the head. */
    bool is_head_complete;
    bool has_body;
    bool is_chunked;
    bool has_length; /* the head has a field Content-Length; set while it is read */
    bool expects_continue;
    bool wants_keep_alive;
    uint64_t body_length; /* unless chunked */
    struct chunks chunks;

    /* Progress. */
    bool is_begun;
    bool is_deferred; /* the library asked for a thread that may block */
    bool is_body_complete;
    bool is_body_given_up; /* the rest is not wanted, and takes too long */
    bool is_response_begun;
    unsigned continue_sent; /* bytes of "100 Continue" */

    /* Set when the host itself answers: an HTTP status and a string constant. */
    int refusal;
    const char *refusal_message;

    /* For the log. */
    int64_t started_us;
    uint64_t received_bytes;
    uint64_t sent_bytes;
};

struct request *request_new(lreg_instance *instance); /* NULL: out of memory */
void request_clear(struct request *request); /* for the next one. May block */
void request_free(struct request *request);

/* The host itself answers; the first refusal is used. */
void request_refuse(struct request *request, int status, const char *message);

/* Fields of the head. `at` starts at 0 and is advanced; false at the end. */
bool request_next_field(const struct request *request, size_t *at, const char **out_name, const char **out_value);
const char *request_find_field(const struct request *request, const char *name);
const char *request_target(const struct request *request);

/* Whether the event loop may do it itself, because it waits for no disk and no lock. */
bool request_is_quick(const struct connection *connection);

/* Whether there is a response already, so that the rest of the body is discarded. */
bool request_is_refused(const struct request *request);

/* Stops waiting for the rest of a refused body: the response is sent, and the connection ends. */
void request_give_up_body(struct request *request);

/* Begins the exchange and passes on the received part of the body. After WORK_ELSEWHERE, a worker continues. Threads:
 * the one that has the connection. */
enum work request_work(struct connection *connection, char *buffer, size_t capacity);

#endif
