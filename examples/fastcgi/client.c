/* SPDX-License-Identifier: Apache-2.0 */

/* The phases of a FastCGI request: variables, body, response. One connection has one request at a time, as web servers
 * use it; a second one is refused in the terms of the protocol. The response is sent as soon as it exists, even before
 * the end of the body, so a refused client cannot hold resources by sending slowly. */

#include "client.h"

#include "gateway.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PARAMS_MAX ((size_t)128 * 1024)
#define TURN_BYTES ((size_t)1024 * 1024) /* then others have their turn */
#define LINGER_BYTES ((uint64_t)16 * 1024 * 1024)
#define WEIGHT_OF_ORGANIZATIONS 4 /* who is known has a larger share than who is not */
#define WEIGHT_OF_PEERS 1
#define ROLE_RESPONDER 1
#define FLAG_KEEP_CONNECTION 1

int64_t client_clock_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct client *client_new(struct client_settings *settings, int socket) {
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        (void)close(socket);
        return NULL;
    }
    client->settings = settings;
    client->socket = socket;
    return client;
}

/* Frees what belongs to one request. */
static void clear_request(struct client *client) {
    lreg_exchange_free(client->exchange);
    variables_free(&client->variables);
    peers_leave(client->settings->peers, client->share);
    atomic_fetch_sub(&client->settings->requests, client->is_counted ? 1 : 0);
    free(client->params);
    free(client->out);
    client->exchange = NULL;
    client->share = NULL;
    client->is_counted = false;
    client->params = NULL;
    client->params_length = 0;
    client->out = NULL;
    client->out_length = 0;
    client->out_sent = 0;
    client->is_head_made = false;
    client->is_end_made = false;
    client->refusal = 0;
}

void client_free(struct client *client) {
    clear_request(client);
    (void)close(client->socket);
    free(client->rest);
    free(client);
}

bool client_is_idle(const struct client *client) {
    return client->state == CLIENT_IDLE || client->state == CLIENT_LINGER;
}

unsigned client_set_key(struct client *client, const struct fair_queue *queue) {
    if (client->state == CLIENT_LINGER) {
        return WEIGHT_OF_PEERS; /* of who was answered */
    }
    if (client->state < CLIENT_BEGIN || client->variables.list == NULL) {
        client->key = fair_queue_key(queue, 0, "");
        return WEIGHT_OF_ORGANIZATIONS;
    }
    const char *share = client->exchange != NULL ? lreg_exchange_share(client->exchange) : "";
    if (*share != '\0') {
        client->key = fair_queue_key(queue, 0, share);
        return WEIGHT_OF_ORGANIZATIONS;
    }
    const char *peer = variables_find(&client->variables, "REMOTE_ADDR");
    const char *credentials = variables_find(&client->variables, "HTTP_AUTHORIZATION");
    uint64_t key = fair_queue_key(queue, 0, peer != NULL ? peer : "");
    client->key = fair_queue_key(queue, key, credentials != NULL ? credentials : "");
    return credentials != NULL && client->state == CLIENT_BEGIN ? WEIGHT_OF_ORGANIZATIONS : WEIGHT_OF_PEERS;
}

/* --- the request --- */

static lreg_status begin_exchange(struct client *client, lreg_error **err) {
    const struct client_settings *settings = client->settings;
    lreg_status status = lreg_exchange_new(settings->instance, &client->exchange, err);
    if (status == LREG_OK) {
        status = lreg_exchange_set_environment(client->exchange, (const char *const *)client->variables.list, err);
    }
    if (status == LREG_OK) {
        status = lreg_exchange_set_sends_files(client->exchange, settings->sendfile != NULL, err);
    }
    if (status == LREG_OK) {
        status = lreg_exchange_set_defers_work(client->exchange, 1, err);
    }
    return status == LREG_OK ? lreg_exchange_begin(client->exchange, err) : status;
}

/* Reads what the library wants now, and reports failures. */
static void judge(struct client *client, lreg_status status, lreg_error *err) {
    if (status != LREG_OK) {
        gateway_complain(status, err);
        answer_refuse(client, lreg_status_http(status), "the server could not answer the request");
    } else if (lreg_exchange_wants(client->exchange) == LREG_WANTS_RESPONSE) {
        client->state = CLIENT_RESPONSE;
    }
}

static bool has_share(struct client *client) {
    unsigned char key[PEER_KEY_BYTES];
    unsigned count = 0;
    const char *peer = variables_find(&client->variables, "REMOTE_ADDR");
    if (peer == NULL || !peers_key_of_text(peer, key)) {
        return true; /* the web server sends no usable address */
    }
    client->share = peers_enter(client->settings->peers, key, &count);
    return count <= client->settings->requests_per_peer;
}

/* The variables are complete. False: they are not valid. */
static bool end_params(struct client *client) {
    if (!variables_read(&client->variables, client->params, client->params_length)) {
        return false;
    }
    free(client->params);
    client->params = NULL;
    client->params_length = 0;
    client->state = CLIENT_BEGIN;
    return true;
}

static void begin_request(struct client *client) {
    lreg_error *err = NULL;
    client->state = CLIENT_BODY;
    client->rate = (struct rate){.waited_ms = 0};
    client->moved_bytes = 0;
    client->waited_ms = 0;
    client->is_counted = true;
    if (atomic_fetch_add(&client->settings->requests, 1) >= client->settings->requests_max) {
        answer_refuse(client, 503, "the server has too many requests; try again later");
    } else if (!has_share(client)) {
        answer_refuse(client, 429, "this address has too many requests; try again later");
    } else {
        lreg_status status = begin_exchange(client, &err);
        judge(client, status, err);
    }
}

static void take_body(struct client *client, const unsigned char *bytes, size_t length) {
    lreg_error *err = NULL;
    client->moved_bytes += length;
    lreg_status status = lreg_exchange_write(client->exchange, bytes, length, &err);
    judge(client, status, err);
}

static void finish(struct client *client) {
    lreg_error *err = NULL;
    lreg_status status = lreg_exchange_finish(client->exchange, &err);
    judge(client, status, err);
}

static bool wants_work(const struct client *client) {
    return client->state == CLIENT_BODY && lreg_exchange_wants(client->exchange) == LREG_WANTS_WORK;
}

/* Does one turn of the library's work. */
static void work_off(struct client *client) {
    lreg_error *err = NULL;
    lreg_status status = lreg_exchange_work(client->exchange, &err);
    judge(client, status, err);
}

/* --- records --- */

static bool put_end_of(struct client *client, unsigned id, enum record_end how) {
    unsigned char record[2 * RECORD_HEAD_BYTES];
    record_put_end(record, id, how);
    return answer_put(client, RECORD_END_REQUEST, id, record + RECORD_HEAD_BYTES, RECORD_HEAD_BYTES);
}

/* RECORD_BEGIN_REQUEST is complete. */
static bool take_begin(struct client *client) {
    unsigned role = (unsigned)client->begin[0] << 8 | client->begin[1];
    if (client->begin_length < RECORD_BEGIN_BYTES || client->record.id == 0) {
        return false;
    }
    if (client->state != CLIENT_IDLE) {
        return put_end_of(client, client->record.id, RECORD_END_CANNOT_MULTIPLEX);
    }
    if (role != ROLE_RESPONDER) {
        return put_end_of(client, client->record.id, RECORD_END_UNKNOWN_ROLE);
    }
    client->id = client->record.id;
    client->keeps_connection = (client->begin[2] & FLAG_KEEP_CONNECTION) != 0;
    client->is_body_ended = false;
    client->state = CLIENT_PARAMS;
    return true;
}

/* A query about the program, not about a request. */
static bool answer_management(struct client *client) {
    static const unsigned char values[] = "\x0f\x01"
                                          "FCGI_MPXS_CONNS0";
    unsigned char unknown[RECORD_HEAD_BYTES] = {(unsigned char)client->record.type};
    if (client->record.type == RECORD_GET_VALUES) {
        return answer_put(client, RECORD_GET_VALUES_RESULT, 0, values, sizeof values - 1);
    }
    return answer_put(client, RECORD_UNKNOWN_TYPE, 0, unknown, sizeof unknown);
}

/* Whether a record belongs to the current request. */
static bool is_ours(const struct client *client, enum record_type type) {
    return client->record.type == type && client->record.id == client->id && client->state != CLIENT_IDLE;
}

/* False: the connection ends. */
static bool take_head(struct client *client) {
    bool is_empty = client->record.content_left == 0;
    client->begin_length = 0;
    if (client->record.id == 0) {
        return answer_management(client);
    }
    if (is_ours(client, RECORD_ABORT_REQUEST) || (client->record.type == RECORD_BEGIN_REQUEST && is_empty)) {
        return false;
    }
    if (is_ours(client, RECORD_PARAMS) && client->state == CLIENT_PARAMS && is_empty) {
        return end_params(client);
    }
    if (is_ours(client, RECORD_STDIN) && client->state > CLIENT_PARAMS && is_empty) {
        client->is_body_ended = true;
    }
    return true;
}

static bool take_params(struct client *client, const unsigned char *bytes, size_t length) {
    if (length > PARAMS_MAX - client->params_length) {
        client->id = client->record.id;
        answer_refuse(client, 431, "the head of the request is too large");
        return true;
    }
    unsigned char *grown = realloc(client->params, client->params_length + length);
    if (grown == NULL) {
        return false;
    }
    memcpy(grown + client->params_length, bytes, length);
    client->params = grown;
    client->params_length += length;
    return true;
}

static bool take_content(struct client *client, const unsigned char *bytes, size_t length) {
    if (client->record.type == RECORD_BEGIN_REQUEST && client->record.id != 0) {
        size_t room = sizeof client->begin - client->begin_length;
        size_t some = length < room ? length : room;
        memcpy(client->begin + client->begin_length, bytes, some);
        client->begin_length += some;
        return client->record.content_left > 0 || take_begin(client);
    }
    if (is_ours(client, RECORD_PARAMS) && client->state == CLIENT_PARAMS) {
        return take_params(client, bytes, length);
    }
    if (is_ours(client, RECORD_STDIN) && client->state == CLIENT_BODY && !client->is_body_ended) {
        take_body(client, bytes, length);
    }
    return true;
}

/* What comes next is another turn: whose it is becomes known only now, or there is work, all of which the library would
 * do at once if it got more of the body. */
static bool is_turn_over(const struct client *client) {
    return client->state == CLIENT_BEGIN || wants_work(client);
}

/* Takes input until there is no more, or the turn is over. False: the connection ends. */
static bool take_bytes(struct client *client, const unsigned char **bytes, size_t *length) {
    const unsigned char *content = NULL;
    size_t content_length = 0;
    while (!is_turn_over(client)) {
        switch (record_take(&client->record, bytes, length, &content, &content_length)) {
        case RECORD_MORE:
            return true;
        case RECORD_HEAD:
            if (!take_head(client)) {
                return false;
            }
            break;
        case RECORD_CONTENT:
            if (!take_content(client, content, content_length)) {
                return false;
            }
            break;
        case RECORD_BAD:
            return false;
        }
    }
    return true;
}

/* --- turns --- */

static bool keep_rest(struct client *client, const unsigned char *bytes, size_t length) {
    client->rest = length > 0 ? malloc(length) : NULL;
    client->rest_length = length;
    if (client->rest != NULL) {
        memcpy(client->rest, bytes, length);
    }
    return length == 0 || client->rest != NULL;
}

static enum client_need take_input(struct client *client, const unsigned char *bytes, size_t length) {
    if (!take_bytes(client, &bytes, &length) || !keep_rest(client, bytes, length)) {
        return CLIENT_NEEDS_END;
    }
    return is_turn_over(client) ? CLIENT_NEEDS_TURN : CLIENT_NEEDS_NOTHING;
}

static enum client_need take_rest(struct client *client) {
    unsigned char *rest = client->rest;
    client->rest = NULL;
    enum client_need need = take_input(client, rest, client->rest_length);
    free(rest);
    return need;
}

static enum client_need receive(struct client *client, unsigned char *buffer, size_t capacity, size_t *turn) {
    ssize_t got = recv(client->socket, buffer, capacity, MSG_DONTWAIT);
    if (got <= 0) {
        return got < 0 && (errno == EAGAIN || errno == EINTR) ? CLIENT_NEEDS_INPUT : CLIENT_NEEDS_END;
    }
    *turn += (size_t)got;
    if (client->state != CLIENT_LINGER) {
        return take_input(client, buffer, (size_t)got);
    }
    client->linger_bytes += (uint64_t)got;
    bool is_over = client->linger_bytes >= LINGER_BYTES || client_clock_ms() >= client->linger_until_ms;
    return is_over ? CLIENT_NEEDS_END : CLIENT_NEEDS_NOTHING;
}

/* The response is sent. */
static enum client_need leave_response(struct client *client) {
    /* Of a body that was read to its length, only the end is missing, which is skipped then. */
    bool has_rest =
        !client->is_body_ended && (client->exchange == NULL || lreg_exchange_body_remaining(client->exchange) != 0);
    bool goes_on = client->keeps_connection && !has_rest && !atomic_load(&client->settings->is_ending);
    clear_request(client);
    client->has_served = true;
    if (goes_on) {
        client->state = CLIENT_IDLE;
        return CLIENT_NEEDS_NOTHING;
    }
    if (client->is_body_ended || shutdown(client->socket, SHUT_WR) != 0) {
        return CLIENT_NEEDS_END;
    }
    client->state = CLIENT_LINGER;
    client->linger_until_ms = client_clock_ms() + client->settings->refused_ms;
    return CLIENT_NEEDS_NOTHING;
}

static enum client_need take_step(struct client *client, unsigned char *buffer, size_t capacity, size_t *turn) {
    if (client->rest != NULL && !is_turn_over(client)) {
        return take_rest(client);
    }
    if (client->state == CLIENT_RESPONSE) {
        enum client_need need = answer_send(client);
        *turn += need == CLIENT_NEEDS_TURN ? capacity : 0;
        return need == CLIENT_NEEDS_NOTHING ? leave_response(client)
               : need == CLIENT_NEEDS_TURN  ? CLIENT_NEEDS_NOTHING
                                            : need;
    }
    enum client_need need = answer_flush(client); /* answers of the protocol first */
    if (need != CLIENT_NEEDS_NOTHING) {
        return need;
    }
    if (client->state == CLIENT_BEGIN) {
        begin_request(client);
        bool is_known = client->state == CLIENT_BODY && *lreg_exchange_share(client->exchange) != '\0';
        return is_known ? CLIENT_NEEDS_TURN : CLIENT_NEEDS_NOTHING; /* the organization's */
    }
    if (wants_work(client)) {
        work_off(client);
        return wants_work(client) ? CLIENT_NEEDS_TURN : CLIENT_NEEDS_NOTHING;
    }
    if (client->state == CLIENT_BODY && client->is_body_ended) {
        finish(client);
        return CLIENT_NEEDS_NOTHING;
    }
    return receive(client, buffer, capacity, turn);
}

/* The client is about to wait for the web server, which waits for its client. */
static bool is_too_slow(struct client *client) {
    bool is_body = client->state == CLIENT_BODY || client->state == CLIENT_RESPONSE;
    bool is_fast = !is_body || rate_add(&client->rate, &client->settings->rate, client->waited_ms, client->moved_bytes);
    client->waited_ms = 0;
    client->moved_bytes = 0;
    return !is_fast;
}

/* Too slow, or silent. False: no answer is possible. */
static bool give_up(struct client *client, const char *message) {
    if (client->state != CLIENT_BODY) {
        return false;
    }
    answer_refuse(client, 408, message);
    return true;
}

enum client_need client_work(struct client *client, unsigned char *buffer, size_t capacity) {
    size_t turn = 0;
    if (client->waiting_since_ms != 0) {
        client->waited_ms += client_clock_ms() - client->waiting_since_ms;
        client->waiting_since_ms = 0;
    }
    if (client->is_expired && !give_up(client, "no byte of the body came within REGISTRY_BODY_TIMEOUT")) {
        return CLIENT_NEEDS_END;
    }
    client->is_expired = false;
    while (turn < TURN_BYTES) {
        enum client_need need = take_step(client, buffer, capacity, &turn);
        if (need == CLIENT_NEEDS_TURN || need == CLIENT_NEEDS_END) {
            return need;
        }
        if (need != CLIENT_NEEDS_NOTHING && !is_too_slow(client)) {
            client->waiting_since_ms = client_clock_ms();
            return need;
        }
        if (need != CLIENT_NEEDS_NOTHING && !give_up(client, "the body came slower than REGISTRY_MIN_RATE")) {
            return CLIENT_NEEDS_END;
        }
    }
    return CLIENT_NEEDS_TURN;
}
