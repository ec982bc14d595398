/* SPDX-License-Identifier: Apache-2.0 */

/* Responses: the head in CGI form, then the body, in records of STDOUT. One buffer is filled at a time. */

#include "client.h"
#include "gateway.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define OUT_BYTES ((size_t)64 * 1024)
#define BODY_ROOM ((size_t)16 * 1024) /* the least room for which a record of the body is begun */
#define END_ROOM ((size_t)3 * RECORD_HEAD_BYTES) /* the end of STDOUT, and the end of the request */

/* The head while it is built. */
struct text {
    char *bytes;
    size_t length;
    size_t capacity;
    bool is_full;
};

void answer_refuse(struct client *client, int status, const char *message) {
    if (client->refusal == 0) {
        client->refusal = status;
        client->refusal_message = message;
    }
    client->state = CLIENT_RESPONSE;
}

static bool make_room(struct client *client, size_t length) {
    if (client->out == NULL) {
        client->out = malloc(OUT_BYTES);
    }
    return client->out != NULL && length <= OUT_BYTES - client->out_length;
}

bool answer_put(struct client *client, enum record_type type, unsigned id, const void *content, size_t length) {
    if (length > RECORD_CONTENT_MAX || !make_room(client, RECORD_HEAD_BYTES + length)) {
        return false;
    }
    record_put_head(client->out + client->out_length, type, id, length);
    client->out_length += RECORD_HEAD_BYTES;
    if (length > 0) {
        memcpy(client->out + client->out_length, content, length);
        client->out_length += length;
    }
    return true;
}

static void put(struct text *text, const char *first, const char *second, const char *third, const char *fourth) {
    const char *const parts[] = {first, second, third, fourth};
    for (size_t i = 0; i < 4; i++) {
        size_t length = strlen(parts[i]);
        text->is_full = text->is_full || length > text->capacity - text->length;
        if (!text->is_full) {
            memcpy(text->bytes + text->length, parts[i], length);
            text->length += length;
        }
    }
}

static void put_number(struct text *text, const char *before, int64_t value, const char *behind) {
    char number[32];
    (void)snprintf(number, sizeof number, "%" PRId64, value);
    put(text, before, number, behind, "");
}

static void put_refusal(struct text *text, const struct client *client) {
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {{400, "Bad Request"},           {408, "Request Timeout"},
                   {429, "Too Many Requests"},     {431, "Request Header Fields Too Large"},
                   {500, "Internal Server Error"}, {503, "Service Unavailable"}};
    char body[256];
    int length = snprintf(body, sizeof body, "{\"message\":\"%s\"}\n", client->refusal_message);
    const char *reason = "Error";
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        reason = reasons[i].status == client->refusal ? reasons[i].reason : reason;
    }
    put_number(text, "Status: ", client->refusal, " ");
    put(text, reason, "\r\n", "Content-Type: application/json\r\n", "");
    if (client->refusal == 429 || client->refusal == 503) {
        put(text, "Retry-After: 5\r\n", "", "", "");
    }
    put_number(text, "Content-Length: ", length, "\r\n\r\n");
    put(text, body, "", "", "");
}

static void put_head(struct text *text, const struct client *client) {
    const lreg_exchange *exchange = client->exchange;
    const char *path = client->settings->sendfile != NULL ? lreg_exchange_file_path(exchange) : "";
    const char *name = NULL;
    const char *value = NULL;
    int64_t length = lreg_exchange_content_length(exchange);
    if (*path != '\0') {
        put(text, client->settings->sendfile, path, "\r\n", "");
    }
    put_number(text, "Status: ", lreg_exchange_status(exchange), " ");
    put(text, lreg_exchange_reason(exchange), "\r\n", "", "");
    for (size_t i = 0; lreg_exchange_header_at(exchange, i, &name, &value); i++) {
        put(text, name, ": ", value, "\r\n");
    }
    if (length >= 0 && *path == '\0') {
        put_number(text, "Content-Length: ", length, "\r\n");
    }
    put(text, "\r\n", "", "", "");
}

/* Builds the head, which has to fit. */
static bool make_head(struct client *client) {
    if (!make_room(client, OUT_BYTES / 2)) {
        return false;
    }
    char *bytes = (char *)client->out + client->out_length + RECORD_HEAD_BYTES;
    struct text text = {.bytes = bytes, .capacity = OUT_BYTES / 2 - RECORD_HEAD_BYTES};
    if (client->refusal == 0) {
        put_head(&text, client);
    }
    if (text.is_full) {
        answer_refuse(client, 500, "the server could not produce the response");
    }
    if (client->refusal != 0) {
        text = (struct text){.bytes = bytes, .capacity = text.capacity};
        put_refusal(&text, client);
    }
    record_put_head(client->out + client->out_length, RECORD_STDOUT, client->id, text.length);
    client->out_length += RECORD_HEAD_BYTES + text.length;
    client->is_head_made = true;
    return true;
}

static bool put_end(struct client *client) {
    if (!answer_put(client, RECORD_STDOUT, client->id, NULL, 0) || !make_room(client, END_ROOM)) {
        return false;
    }
    record_put_end(client->out + client->out_length, client->id, RECORD_END_COMPLETE);
    client->out_length += (size_t)2 * RECORD_HEAD_BYTES;
    client->is_end_made = true;
    return true;
}

static bool has_body(const struct client *client) {
    bool is_left = client->settings->sendfile != NULL && *lreg_exchange_file_path(client->exchange) != '\0';
    return client->refusal == 0 && !is_left;
}

/* Fills the buffer with the next part. False: the response is cut off without an end, so that it is not taken for
 * complete. */
static bool make_more(struct client *client) {
    if (!client->is_head_made && !make_head(client)) {
        return false;
    }
    while (has_body(client) && OUT_BYTES - client->out_length >= BODY_ROOM) {
        size_t capacity = OUT_BYTES - client->out_length - END_ROOM - RECORD_HEAD_BYTES;
        unsigned char *content = client->out + client->out_length + RECORD_HEAD_BYTES;
        size_t got = 0;
        lreg_error *err = NULL;
        lreg_status status = lreg_exchange_read(client->exchange, content, capacity, &got, &err);
        if (status != LREG_OK) {
            gateway_complain(status, err);
            return false;
        }
        if (got == 0) {
            return put_end(client);
        }
        record_put_head(client->out + client->out_length, RECORD_STDOUT, client->id, got);
        client->out_length += RECORD_HEAD_BYTES + got;
    }
    return has_body(client) || put_end(client);
}

enum client_need answer_flush(struct client *client) {
    while (client->out_sent < client->out_length) {
        ssize_t sent = send(client->socket, client->out + client->out_sent, client->out_length - client->out_sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EINTR) {
            return errno == EAGAIN ? CLIENT_NEEDS_OUTPUT : CLIENT_NEEDS_END;
        }
        client->out_sent += sent > 0 ? (size_t)sent : 0;
        client->moved_bytes += sent > 0 ? (uint64_t)sent : 0;
    }
    client->out_length = 0;
    client->out_sent = 0;
    return CLIENT_NEEDS_NOTHING;
}

enum client_need answer_send(struct client *client) {
    enum client_need need = answer_flush(client);
    if (need != CLIENT_NEEDS_NOTHING || client->is_end_made) {
        return need;
    }
    if (!make_more(client)) {
        return CLIENT_NEEDS_END;
    }
    need = answer_flush(client);
    return need == CLIENT_NEEDS_NOTHING && !client->is_end_made ? CLIENT_NEEDS_TURN : need;
}
