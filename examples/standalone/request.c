/* SPDX-License-Identifier: Apache-2.0 */

/* A request and its exchange. The event loop answers reads itself, which makes them fast. Workers do all other
 * requests, from begin until the response is ready, because the library waits for the disk in them. A worker receives
 * from the socket, and returns the connection when the socket is empty, so a slow client uses no thread. Long work is
 * done in turns, between which others are served. */

#include "request.h"

#include "loop.h"
#include "parse.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD_KEPT_BYTES ((size_t)16 * 1024) /* memory of a request for reuse */
#define LEFTOVER_BYTES ((size_t)64 * 1024) /* the most that may follow a body, and is kept for later */
#define DRAIN_BYTES ((uint64_t)64 * 1024) /* the rest of a refused body is read if it is not longer */
#define TURN_BYTES ((size_t)8 * 1024 * 1024) /* then another upload has its turn */

static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";

struct request *request_new(lreg_instance *instance) {
    struct request *request = calloc(1, sizeof *request);
    if (request == NULL) {
        return NULL;
    }
    if (lreg_exchange_new(instance, &request->exchange, NULL) != LREG_OK) {
        free(request);
        return NULL;
    }
    return request;
}

void request_clear(struct request *request) {
    lreg_exchange_reset(request->exchange);
    struct request empty = {.exchange = request->exchange};
    if (request->head_capacity <= HEAD_KEPT_BYTES) {
        empty.head = request->head;
        empty.head_capacity = request->head_capacity;
    } else {
        free(request->head);
    }
    *request = empty;
}

void request_free(struct request *request) {
    if (request != NULL) {
        lreg_exchange_free(request->exchange);
        free(request->head);
        free(request);
    }
}

void request_refuse(struct request *request, int status, const char *message) {
    if (request->refusal == 0) {
        request->refusal = status;
        request->refusal_message = message;
    }
}

const char *request_target(const struct request *request) {
    return request->target_end > 0 ? request->head : "";
}

bool request_next_field(const struct request *request, size_t *at, const char **out_name, const char **out_value) {
    if (*at == 0 || *at >= request->head_length) {
        return false;
    }
    *out_name = request->head + *at;
    *out_value = *out_name + strlen(*out_name) + 1;
    *at = (size_t)(*out_value - request->head) + strlen(*out_value) + 1;
    return true;
}

const char *request_find_field(const struct request *request, const char *name) {
    const char *found = NULL;
    const char *value = NULL;
    size_t at = request->target_end;
    while (request->is_head_complete && request_next_field(request, &at, &found, &value)) {
        if (strcasecmp(found, name) == 0) {
            return value;
        }
    }
    return NULL;
}

bool request_is_quick(const struct connection *connection) {
    unsigned method = connection->parser.method;
    return (method == HTTP_GET || method == HTTP_HEAD) && !connection->request->is_deferred;
}

static lreg_status set_origin(const struct connection *connection, lreg_exchange *exchange) {
    const struct options *options = connection->loop->server->options;
    lreg_status status = lreg_exchange_set_peer(exchange, connection->peer, NULL);
    if (status == LREG_OK && connection->transport.session != NULL) {
        status = lreg_exchange_set_scheme(exchange, "https", NULL);
    }
    if (status == LREG_OK && options->mount != NULL) {
        status = lreg_exchange_set_mount(exchange, options->mount, NULL);
    }
    if (status == LREG_OK && connection->is_trusted) {
        status = lreg_exchange_trust_forwarded(exchange, 1, NULL);
    }
    return status;
}

static void begin(struct connection *connection) {
    struct request *request = connection->request;
    lreg_exchange *exchange = request->exchange;
    const char *method = http_method_str(connection->parser.method);
    request->is_begun = true;
    lreg_status status = lreg_exchange_set_request(exchange, method, request_target(request), NULL);
    if (status == LREG_OK) {
        status = lreg_exchange_set_defers_work(exchange, 1, NULL);
    }
    if (status == LREG_OK) {
        status = set_origin(connection, exchange);
    }
    const char *name = NULL;
    const char *value = NULL;
    size_t at = request->target_end;
    while (status == LREG_OK && request_next_field(request, &at, &name, &value)) {
        status = lreg_exchange_add_header(exchange, name, value, NULL);
    }
    if (status == LREG_OK) {
        status = lreg_exchange_begin(exchange, NULL);
    }
    if (status != LREG_OK) {
        request_refuse(request, lreg_status_http(status), "the server could not begin the request");
    }
}

/* Whether the rest of a refused body is short enough to be read, so that the connection can be kept. */
static bool is_worth_draining(const struct request *request) {
    return !request->is_chunked && !request->expects_continue &&
           request->body_length - request->received_bytes <= DRAIN_BYTES;
}

bool request_is_refused(const struct request *request) {
    if (!request->is_begun || request->refusal != 0 || !request->has_body || request->is_body_complete) {
        return false;
    }
    lreg_wants wants = lreg_exchange_wants(request->exchange);
    return wants != LREG_WANTS_BODY && wants != LREG_WANTS_WORK;
}

void request_give_up_body(struct request *request) {
    request->is_body_given_up = true;
}

static bool is_settled(const struct request *request) {
    if (request->refusal != 0 || request->is_body_complete) {
        return true;
    }
    return request_is_refused(request) && (request->is_body_given_up || !is_worth_draining(request));
}

/* The library has more work to do before it takes further input. */
static bool has_work(const struct request *request) {
    return request->refusal == 0 && lreg_exchange_wants(request->exchange) == LREG_WANTS_WORK;
}

static void finish(struct request *request) {
    if (request->refusal != 0) {
        lreg_exchange_reset(request->exchange); /* removes staged bytes, in a thread that may block */
        return;
    }
    lreg_status status = LREG_OK;
    if (request->is_body_complete) {
        status = lreg_exchange_finish(request->exchange, NULL);
    }
    if (status == LREG_OK && lreg_exchange_wants(request->exchange) != LREG_WANTS_RESPONSE && !has_work(request)) {
        status = LREG_INTERNAL;
    }
    if (status != LREG_OK) {
        request_refuse(request, lreg_status_http(status), "the server could not finish the request");
        lreg_exchange_reset(request->exchange);
    }
}

/* Sends "100 Continue" when the client waits for it and the body is wanted (RFC 9110 section 10.1.1). */
static enum transfer send_continue(struct connection *connection) {
    struct request *request = connection->request;
    size_t length = sizeof interim - 1;
    while (request->expects_continue && request->continue_sent < length) {
        size_t sent = 0;
        enum transfer transfer = transport_send(&connection->transport, interim + request->continue_sent,
                                                length - request->continue_sent, false, &sent);
        if (transfer != TRANSFER_DONE) {
            return transfer;
        }
        request->continue_sent += (unsigned)sent;
    }
    return TRANSFER_DONE;
}

/* How much to receive, so that what follows the body is never more than can be kept. */
static size_t receive_size(const struct request *request, size_t capacity) {
    uint64_t left = request->body_length - request->received_bytes;
    if (request->is_chunked) {
        left = request->chunks.left > LEFTOVER_BYTES ? request->chunks.left : LEFTOVER_BYTES;
    }
    return left < capacity ? (size_t)left : capacity;
}

static enum work lose(struct connection *connection) {
    lreg_exchange_reset(connection->request->exchange);
    return WORK_LOST;
}

/* Receives more of the body; DONE when there is input, or a refusal. */
static enum transfer receive(struct connection *connection, char *buffer, size_t capacity) {
    struct request *request = connection->request;
    enum transfer transfer = send_continue(connection);
    connection->waits_to_write = transfer == TRANSFER_WAIT;
    if (transfer != TRANSFER_DONE) {
        return transfer;
    }
    transfer = connection_receive(connection, buffer, receive_size(request, capacity));
    if (transfer == TRANSFER_END) {
        request_refuse(request, 400, "the connection ended before the body of the request");
        transfer = TRANSFER_DONE;
    }
    return transfer;
}

/* Does work that the event loop must not do, or one turn of long work. */
static void work_off(struct request *request) {
    lreg_status status = lreg_exchange_work(request->exchange, NULL);
    if (status != LREG_OK) {
        request_refuse(request, lreg_status_http(status), "the server could not do the work");
    }
}

enum work request_work(struct connection *connection, char *buffer, size_t capacity) {
    struct request *request = connection->request;
    bool is_quick = request_is_quick(connection);
    if (!request->is_begun && request->refusal == 0) {
        begin(connection);
        if (!is_quick && request->has_body && *lreg_exchange_share(request->exchange) != '\0') {
            return WORK_YIELD; /* the share is now known, and selects the queue for the rest */
        }
    }
    if (has_work(request)) {
        if (is_quick) {
            request->is_deferred = true;
            return WORK_ELSEWHERE;
        }
        work_off(request);
        if (has_work(request)) {
            return WORK_YIELD;
        }
    }
    size_t turn = 0;
    while (!is_settled(request)) {
        if (connection->input.length == 0) {
            enum transfer transfer = receive(connection, buffer, capacity);
            if (transfer == TRANSFER_WAIT) {
                return WORK_WAIT;
            }
            if (transfer == TRANSFER_FAILED) {
                return lose(connection);
            }
        } else {
            size_t before = connection->input.length;
            (void)parse_body(connection);
            turn += before - connection->input.length;
        }
        if (has_work(request) || (turn >= TURN_BYTES && !request->is_body_complete)) {
            return WORK_YIELD;
        }
    }
    finish(request);
    return has_work(request) ? WORK_YIELD : WORK_RESPONSE;
}
