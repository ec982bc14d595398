/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_REQUEST_H
#define STANDALONE_REQUEST_H

/* One request: its head as it was parsed, its exchange with the library, and what is written to the log about it. */

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
    struct request *next; /* among the spare ones */

    /* The head: target, then names and values in turn, each ended by NUL. */
    char *head;
    size_t head_length;
    size_t head_capacity;
    size_t target_end; /* offset of the first name */
    enum head_part part;

    /* What the head says. */
    bool is_head_complete;
    bool has_body;
    bool is_chunked;
    bool has_length; /* until the head is complete: a field Content-Length */
    bool expects_continue;
    bool wants_keep_alive;
    uint64_t body_length; /* unless chunked */
    struct chunks chunks;

    /* How far it is. */
    bool is_begun;
    bool is_deferred; /* the library asked for a thread that may wait */
    bool is_body_complete;
    bool is_body_given_up; /* nobody wants the rest, and it takes too long */
    bool is_response_begun;
    unsigned continue_sent; /* bytes of "100 Continue" */

    /* Set when the host itself answers: an HTTP status and a text that lives on. */
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

/* The host answers by itself; the first refusal counts. */
void request_refuse(struct request *request, int status, const char *message);

/* Fields of the head. `at` starts at 0 and is moved on; false at the end. */
bool request_next_field(const struct request *request, size_t *at, const char **out_name, const char **out_value);
const char *request_find_field(const struct request *request, const char *name);
const char *request_target(const struct request *request);

/* Whether the event loop may do it by itself, because it waits for no disk and no lock. */
bool request_is_quick(const struct connection *connection);

/* Whether there is a response already, and what still comes of the body is thrown away. */
bool request_is_refused(const struct request *request);

/* The rest of a refused body is not waited for any more: the response goes out, and the connection ends. */
void request_give_up_body(struct request *request);

/* Begins the exchange and hands the body over, as far as it is there. After WORK_ELSEWHERE it goes on in a worker.
 * Threads: the one that has the connection. */
enum work request_work(struct connection *connection, char *buffer, size_t capacity);

#endif
