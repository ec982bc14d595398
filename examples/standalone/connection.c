/* SPDX-License-Identifier: Apache-2.0 */

/* The state machine of a connection, with one step for each state. A step continues as far as the socket allows;
 * then the connection waits, with the deadline of its state. Sockets are watched edge-triggered from beginning to
 * end, so that a request needs no call to change the watched events; `is_readable` and `is_writable` hold the last
 * known state. */

#include "connection.h"

#include "loop.h"
#include "parse.h"
#include "request.h"
#include "response.h"
#include "workers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINGER_BYTES ((uint64_t)16 * 1024 * 1024) /* of a refused body, after the response */
#define WATCHED_EVENTS ((uint32_t)(EPOLLIN | EPOLLOUT | EPOLLRDHUP))
#define STEPS_OF_A_TURN 128 /* a client that sends many requests at once then waits for others */

enum step {
    STEP_AGAIN, /* more can be done */
    STEP_WAIT, /* for the socket */
    STEP_YIELD, /* others have their turn */
    STEP_AWAY, /* a worker has it */
    STEP_CLOSE
};

static void drop_input(struct connection *connection) {
    free(connection->input.kept);
    connection->input = (struct input){.length = 0};
}

void connection_take_input(struct connection *connection, size_t length) {
    connection->input.at += length;
    connection->input.length -= length;
    if (connection->input.length == 0) {
        drop_input(connection);
    }
}

bool connection_keep_input(struct connection *connection) {
    struct input *input = &connection->input;
    if (input->length == 0 || input->kept != NULL) {
        return true;
    }
    input->kept = malloc(input->length);
    if (input->kept == NULL) {
        *input = (struct input){.length = 0};
        return false;
    }
    memcpy(input->kept, input->at, input->length);
    input->at = input->kept;
    return true;
}

enum transfer connection_receive(struct connection *connection, char *buffer, size_t capacity) {
    size_t got = 0;
    enum transfer transfer = transport_receive(&connection->transport, buffer, capacity, &got);
    if (transfer == TRANSFER_DONE) {
        connection->input = (struct input){.at = buffer, .length = got};
        connection->has_progressed = true;
        connection->moved_bytes += got;
        /* A short count means that the socket is empty; the end of the stream would have been reported. */
        bool is_drained = got < capacity && connection->transport.session == NULL && !connection->is_hung_up;
        connection->is_readable = !is_drained;
    } else if (transfer == TRANSFER_WAIT) {
        connection->is_readable = false;
    }
    return transfer;
}

static bool watch(struct connection *connection, int operation, uint32_t events) {
    struct epoll_event event = {.events = events | EPOLLET, .data.ptr = connection};
    return epoll_ctl(connection->loop->epoll, operation, connection->transport.socket, &event) == 0;
}

bool connection_open(struct loop *loop, const struct arrival *arrival) {
    struct server *server = loop->server;
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        (void)close(arrival->socket);
        peers_leave(server->peers, arrival->peer);
        return false;
    }
    connection->transport.socket = arrival->socket;
    connection->loop = loop;
    connection->state = server->tls != NULL ? CONNECTION_HANDSHAKE : CONNECTION_HEAD;
    connection->excess = arrival->excess;
    connection->share = arrival->peer;
    connection->is_trusted = arrival->is_trusted;
    address_format(arrival->address, connection->peer);
    atomic_fetch_add(&server->connections, 1);
    atomic_fetch_add(&loop->connections, 1);
    atomic_fetch_add(&loop->newcomers, 1);
    connection->is_new = true;
    if (!watch(connection, EPOLL_CTL_ADD, WATCHED_EVENTS)) {
        connection->is_new = false;
        atomic_fetch_sub(&loop->newcomers, 1);
        connection_close(connection);
        return false;
    }
    return true;
}

static int64_t now_us(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static const char *request_id_of(const struct request *request) {
    const char *name = NULL;
    const char *value = NULL;
    for (size_t i = 0; lreg_exchange_header_at(request->exchange, i, &name, &value); i++) {
        if (strcmp(name, "X-Request-Id") == 0) {
            return value;
        }
    }
    return NULL;
}

static void write_log(const struct connection *connection) {
    const struct request *request = connection->request;
    struct loop *loop = connection->loop;
    if (request->refusal != 0) { /* the library does not know of it */
        note(loop->server->options, "info", "refused a request of %s with %d: %s", connection->peer, request->refusal,
             request->refusal_message);
    }
    if (loop->server->access_log == NULL) {
        return;
    }
    bool has_method = request->target_end > 0;
    struct access_entry entry = {
        .peer = connection->peer,
        .method = has_method ? http_method_str(connection->parser.method) : NULL,
        .target = request_target(request),
        .http_minor = connection->parser.http_minor,
        .status = response_status(connection),
        .received_bytes = request->received_bytes,
        .sent_bytes = request->sent_bytes,
        .duration_us = request->started_us > 0 ? now_us() - request->started_us : 0,
        .user_agent = request_find_field(request, "User-Agent"),
        .referer = request_find_field(request, "Referer"),
        .request_id = request->refusal == 0 ? request_id_of(request) : NULL,
    };
    access_log_add(loop->server->access_log, &loop->log, &entry);
}

static void end_request(struct connection *connection) {
    if (connection->request != NULL) {
        write_log(connection);
        loop_give_request(connection->loop, connection->request);
        connection->request = NULL;
        connection->has_served = true;
    }
}

static void drop_output(struct connection *connection) {
    free(connection->output.bytes);
    connection->output = (struct output){.length = 0};
}

static void end_newness(struct connection *connection) {
    connection->loop->seen_newcomers += connection->is_new;
    connection->is_new = false;
}

void connection_close(struct connection *connection) {
    struct loop *loop = connection->loop;
    end_request(connection);
    timers_clear(&loop->timers, connection);
    loop_forget_ready(loop, connection);
    end_newness(connection);
    peers_leave(loop->server->peers, connection->share);
    transport_close(&connection->transport);
    drop_input(connection);
    drop_output(connection);
    free(connection);
    atomic_fetch_sub(&loop->server->connections, 1);
    atomic_fetch_sub(&loop->connections, 1);
}

static enum step linger(struct connection *connection) {
    drop_input(connection);
    drop_output(connection);
    transport_end(&connection->transport);
    timers_clear(&connection->loop->timers, connection);
    connection->state = CONNECTION_LINGER;
    connection->refused_until_ms = connection->loop->now_ms + connection->loop->server->options->refused_timeout_ms;
    connection->is_readable = true;
    return STEP_AGAIN;
}

static enum step step_handshake(struct connection *connection) {
    struct transport *transport = &connection->transport;
    if (!connection->is_readable) {
        return STEP_WAIT;
    }
    if (transport->session == NULL && transport_is_plain_request(transport)) {
        connection->state = CONNECTION_HEAD; /* to answer that */
        return STEP_AGAIN;
    }
    if (transport->session == NULL) {
        transport->session = tls_session_new(connection->loop->server->tls, &transport->socket);
    }
    if (transport->session == NULL) {
        return STEP_CLOSE;
    }
    switch (transport_handshake(transport)) {
    case TRANSFER_DONE:
        connection->state = CONNECTION_HEAD;
        return STEP_AGAIN;
    case TRANSFER_WAIT:
        return STEP_WAIT;
    case TRANSFER_END:
    case TRANSFER_FAILED:
        break;
    }
    return STEP_CLOSE;
}

static void refuse_excess(const struct connection *connection) {
    if (connection->excess == EXCESS_SERVER) {
        request_refuse(connection->request, 503, "the server has too many connections; try again later");
    } else if (connection->excess == EXCESS_PEER) {
        request_refuse(connection->request, 429, "this address has too many connections; close some, or try later");
    }
}

/* The head is complete, or refused. */
static enum step leave_head(struct connection *connection) {
    struct request *request = connection->request;
    timers_clear(&connection->loop->timers, connection);
    if (connection->loop->server->access_log != NULL && request->started_us == 0) {
        request->started_us = now_us();
    }
    if (connection->loop->server->tls != NULL && connection->transport.session == NULL) {
        request_refuse(request, 400, "this port speaks TLS, not plain HTTP");
    }
    refuse_excess(connection);
    connection->rate = (struct rate){.waited_ms = 0};
    connection->moved_bytes = 0;
    connection->refused_until_ms = 0;
    connection->state = request->refusal != 0 ? CONNECTION_RESPONSE : CONNECTION_BODY;
    return STEP_AGAIN;
}

static enum step step_head(struct connection *connection) {
    if (connection->input.length == 0) {
        if (!connection->is_readable) {
            return STEP_WAIT;
        }
        switch (connection_receive(connection, connection->loop->input, LOOP_INPUT_BYTES)) {
        case TRANSFER_DONE:
            break;
        case TRANSFER_WAIT:
            return STEP_WAIT;
        case TRANSFER_END:
        case TRANSFER_FAILED:
            return STEP_CLOSE;
        }
    }
    switch (parse_head(connection)) {
    case PARSE_MORE:
        return STEP_AGAIN;
    case PARSE_DONE:
    case PARSE_REFUSED:
        return leave_head(connection);
    case PARSE_FAILED:
        break;
    }
    return STEP_CLOSE;
}

static enum step after_work(struct connection *connection, enum work work) {
    switch (work) {
    case WORK_RESPONSE:
        connection->state = CONNECTION_RESPONSE;
        return STEP_AGAIN;
    case WORK_WAIT:
        return STEP_WAIT;
    case WORK_YIELD:
        return STEP_YIELD;
    case WORK_ELSEWHERE: /* not from a worker; step_body() handles it */
    case WORK_LOST:
        break;
    }
    return STEP_CLOSE;
}

static enum step step_body(struct connection *connection) {
    struct loop *loop = connection->loop;
    const struct request *request = connection->request;
    bool needs_socket =
        request->is_begun && request->refusal == 0 && !request->is_body_given_up && connection->input.length == 0;
    if (needs_socket && !(connection->waits_to_write ? connection->is_writable : connection->is_readable)) {
        return STEP_WAIT;
    }
    if (request_is_quick(connection)) {
        enum work work = request_work(connection, loop->input, LOOP_INPUT_BYTES);
        if (work != WORK_ELSEWHERE) {
            return after_work(connection, work);
        }
    }
    if (!connection_keep_input(connection)) {
        return STEP_CLOSE;
    }
    timers_clear(&loop->timers, connection);
    connection->is_with_worker = true;
    workers_submit(loop->server->workers, connection);
    return STEP_AWAY;
}

/* The response is sent. */
static enum step leave_response(struct connection *connection) {
    bool has_more = connection->input.length > 0 || connection->is_readable || !connection->request->is_body_complete;
    end_request(connection);
    if (!connection->must_close) {
        connection->state = CONNECTION_HEAD;
        return STEP_AGAIN;
    }
    /* Closing a socket with unread bytes resets it, and the reset may overtake the response. */
    if (has_more || connection->transport.session != NULL) {
        return linger(connection);
    }
    return STEP_CLOSE;
}

static enum step step_response(struct connection *connection) {
    if (!connection->is_writable) {
        return STEP_WAIT;
    }
    switch (response_send(connection)) {
    case SENDING_DONE:
        return leave_response(connection);
    case SENDING_WAIT:
        return STEP_WAIT;
    case SENDING_YIELD:
        return STEP_YIELD;
    case SENDING_FAILED:
        break;
    }
    return STEP_CLOSE;
}

/* Reads below TLS as well: the content is discarded. */
static enum step step_linger(struct connection *connection) {
    if (!connection->is_readable) {
        return STEP_WAIT;
    }
    struct loop *loop = connection->loop;
    ssize_t got = recv(connection->transport.socket, loop->input, LOOP_INPUT_BYTES, 0);
    connection->refused_bytes += got > 0 ? (uint64_t)got : 0;
    if (got > 0 && loop->now_ms < connection->refused_until_ms && connection->refused_bytes < LINGER_BYTES) {
        return STEP_YIELD;
    }
    connection->is_readable = false;
    return got < 0 && errno == EAGAIN ? STEP_WAIT : STEP_CLOSE;
}

static enum step take_step(struct connection *connection) {
    switch (connection->state) {
    case CONNECTION_HANDSHAKE:
        return step_handshake(connection);
    case CONNECTION_HEAD:
        return step_head(connection);
    case CONNECTION_BODY:
        return step_body(connection);
    case CONNECTION_RESPONSE:
        return step_response(connection);
    case CONNECTION_LINGER:
        break;
    }
    return step_linger(connection);
}

static bool is_idle(const struct connection *connection) {
    return connection->state <= CONNECTION_HEAD && connection->request == NULL;
}

static enum timer_kind deadline_of(const struct connection *connection) {
    switch (connection->state) {
    case CONNECTION_HANDSHAKE:
        return connection->excess != EXCESS_NONE ? TIMER_REFUSED : TIMER_HEADER;
    case CONNECTION_HEAD:
        if (connection->excess != EXCESS_NONE) {
            return TIMER_REFUSED;
        }
        return connection->request == NULL && connection->has_served ? TIMER_IDLE : TIMER_HEADER;
    case CONNECTION_BODY:
        return request_is_refused(connection->request) ? TIMER_REFUSED : TIMER_BODY;
    case CONNECTION_RESPONSE:
        return TIMER_BODY;
    case CONNECTION_LINGER:
        break;
    }
    return TIMER_REFUSED;
}

/* Whether the time for the rest of a refused body is over. Workers read each piece and end the timer, so the time is
 * counted from the first piece. */
static bool is_refused_for_long(struct connection *connection) {
    const struct loop *loop = connection->loop;
    if (connection->state != CONNECTION_BODY || !request_is_refused(connection->request)) {
        return false;
    }
    if (connection->refused_until_ms == 0) {
        connection->refused_until_ms = loop->now_ms + loop->server->options->refused_timeout_ms;
    }
    return loop->now_ms >= connection->refused_until_ms;
}

/* Called before the connection waits for its socket. Whether its peer was too slow until now. */
static bool is_too_slow(struct connection *connection) {
    const struct options *options = connection->loop->server->options;
    const struct rate_limit limit = {options->min_rate, options->rate_window_ms};
    bool is_body = connection->state == CONNECTION_BODY || connection->state == CONNECTION_RESPONSE;
    bool is_fast = !is_body || rate_add(&connection->rate, &limit, connection->waited_ms, connection->moved_bytes);
    connection->waited_ms = 0;
    connection->moved_bytes = 0;
    connection->waiting_since_ms = connection->loop->now_ms;
    return !is_fast;
}

static void end_waiting(struct connection *connection) {
    if (connection->waiting_since_ms != 0) {
        connection->waited_ms += connection->loop->now_ms - connection->waiting_since_ms;
        connection->waiting_since_ms = 0;
    }
}

/* Waits for the socket. Progress of a body renews the deadline; a head has one deadline in all. False: it was
 * closed. */
static bool settle(struct connection *connection) {
    struct loop *loop = connection->loop;
    if (!connection_keep_input(connection) || (loop->stopping != STOPPING_NO && is_idle(connection))) {
        connection_close(connection);
        return false;
    }
    enum timer_kind kind = deadline_of(connection);
    bool is_earned = connection->has_progressed && kind == TIMER_BODY;
    if (connection->timer.kind != kind || is_earned) {
        timers_set(&loop->timers, connection, kind, loop->now_ms);
    }
    connection->has_progressed = false;
    return true;
}

/* Takes as many steps as possible in one turn. */
static enum step take_turn(struct connection *connection) {
    enum step step = STEP_AGAIN;
    for (unsigned i = 0; i < STEPS_OF_A_TURN && step == STEP_AGAIN; i++) {
        step = take_step(connection);
        if (step == STEP_WAIT && is_refused_for_long(connection)) {
            request_give_up_body(connection->request);
            step = STEP_AGAIN;
        } else if (step == STEP_WAIT && is_too_slow(connection)) {
            bool is_receiving = connection->state == CONNECTION_BODY;
            step = is_receiving ? STEP_AGAIN : STEP_CLOSE;
            if (is_receiving) {
                request_refuse(connection->request, 408, "the body of the request came slower than --min-rate");
            }
        }
    }
    return step;
}

void connection_run(struct connection *connection) {
    enum step step = take_turn(connection);
    if (step == STEP_CLOSE) {
        connection_close(connection);
    } else if (step != STEP_AWAY && settle(connection) && step != STEP_WAIT) {
        loop_make_ready(connection->loop, connection);
    }
}

static void note_events(struct connection *connection, uint32_t events) {
    connection->is_hung_up = connection->is_hung_up || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    connection->is_readable = connection->is_readable || (events & EPOLLIN) != 0 || connection->is_hung_up;
    connection->is_writable = connection->is_writable || (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
}

void connection_event(struct connection *connection, uint32_t events) {
    if (connection->is_with_worker) {
        /* Otherwise, a worker that receives a large body would cause an event for each piece. */
        connection->missed_events |= events;
        connection->is_muted = connection->is_muted || watch(connection, EPOLL_CTL_MOD, 0);
        return;
    }
    end_newness(connection);
    note_events(connection, events);
    end_waiting(connection);
    if (connection->loop->stopping == STOPPING_NOW) {
        connection_close(connection);
    } else if (!connection->is_in_ready_list) {
        connection_run(connection);
    }
}

void connection_returned(struct connection *connection) {
    connection->is_with_worker = false;
    note_events(connection, connection->missed_events);
    connection->missed_events = 0;
    bool is_over = connection->loop->stopping == STOPPING_NOW;
    if (connection->is_muted) {
        is_over = is_over || !watch(connection, EPOLL_CTL_MOD, WATCHED_EVENTS); /* also reports missed events */
        connection->is_muted = false;
    }
    if (is_over || after_work(connection, connection->work) == STEP_CLOSE) {
        connection_close(connection);
    } else {
        connection_run(connection); /* its socket may be ready by now */
    }
}

void connection_expired(struct connection *connection) {
    struct timers *timers = &connection->loop->timers;
    enum timer_kind kind = connection->timer.kind;
    timers_clear(timers, connection);
    if (connection->is_in_ready_list) {
        timers_set(timers, connection, kind, connection->loop->now_ms); /* the server is late, not the client */
        return;
    }
    bool is_receiving = connection->state == CONNECTION_HEAD || connection->state == CONNECTION_BODY;
    if (!is_receiving || connection->request == NULL) {
        connection_close(connection);
        return;
    }
    if (connection->state == CONNECTION_HEAD) {
        refuse_excess(connection);
        request_refuse(connection->request, 408, "the head of the request took longer than --header-timeout");
        connection->state = CONNECTION_RESPONSE;
    } else if (kind == TIMER_REFUSED) {
        request_give_up_body(connection->request);
    } else {
        request_refuse(connection->request, 408, "no byte of the body came within --body-timeout");
    }
    connection_run(connection);
}

void connection_stop(struct connection *connection) {
    if (is_idle(connection) && !connection->is_in_ready_list) {
        connection->is_readable = true; /* a request that has arrived is still answered */
        connection_run(connection);
    }
}
