/* SPDX-License-Identifier: Apache-2.0 */

/* Sends responses: the head with the fields of the host (Content-Length, Date, Connection), together with a small body
 * in one call and one segment. Larger bodies are sent piece by piece, files by sendfile. What the socket does not take
 * of the first part is copied; the rest is not. */

#include "response.h"

#include "loop.h"
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD_BYTES ((size_t)32 * 1024)
#define TURN_BYTES ((uint64_t)256 * 1024) /* then others have their turn; each of them waits for the turns of all */
#define CLIENT_GONE 499 /* for the log: the client disconnected before there was a response */

/* A head while it is built. */
struct text {
    char *bytes;
    size_t length;
    size_t capacity;
    bool is_full;
};

static void put_bytes(struct text *text, const char *bytes, size_t length) {
    if (length > text->capacity - text->length) {
        text->is_full = true;
        return;
    }
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

static void put(struct text *text, const char *bytes) {
    put_bytes(text, bytes, strlen(bytes));
}

static void put_number(struct text *text, uint64_t number) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put_bytes(text, digits + at, sizeof digits - at);
}

static void put_field(struct text *text, const char *name, const char *value) {
    put(text, name);
    put(text, ": ");
    put(text, value);
    put(text, "\r\n");
}

static void put_status(struct text *text, int status) {
    put(text, "HTTP/1.1 ");
    put_number(text, (uint64_t)status);
    put(text, " ");
    put(text, http_status_str((enum http_status)status));
    put(text, "\r\n");
}

/* Alpine clients reuse a connection only with an explicit keep-alive, although it is the default of HTTP/1.1. */
static void put_last_fields(struct text *text, const struct connection *connection, int64_t content_length) {
    if (content_length >= 0) {
        put(text, "Content-Length: ");
        put_number(text, (uint64_t)content_length);
        put(text, "\r\n");
    }
    put_field(text, "Date", loop_date(connection->loop));
    put_field(text, "Connection", connection->must_close ? "close" : "keep-alive");
    put(text, "\r\n");
}

static void put_refusal(struct text *text, const struct connection *connection) {
    const struct request *request = connection->request;
    char body[256];
    int length = snprintf(body, sizeof body, "{\"message\":\"%s\"}\n", request->refusal_message);
    put_status(text, request->refusal);
    put_field(text, "Content-Type", "application/json");
    if (request->refusal == 503 || request->refusal == 429) {
        put_field(text, "Retry-After", "5");
    }
    put_last_fields(text, connection, length);
    if (connection->parser.method != HTTP_HEAD) {
        put(text, body);
    }
}

static void put_head(struct text *text, const struct connection *connection) {
    const lreg_exchange *exchange = connection->request->exchange;
    const char *name = NULL;
    const char *value = NULL;
    put_status(text, lreg_exchange_status(exchange));
    for (size_t i = 0; lreg_exchange_header_at(exchange, i, &name, &value); i++) {
        put_field(text, name, value);
    }
    put_last_fields(text, connection, lreg_exchange_content_length(exchange));
}

static bool next_piece(lreg_exchange *exchange, lreg_piece *piece) {
    *piece = (lreg_piece){.size = sizeof *piece};
    return lreg_exchange_next(exchange, piece, NULL) == LREG_OK &&
           (piece->kind == LREG_PIECE_END || piece->kind == LREG_PIECE_BYTES || piece->kind == LREG_PIECE_FILE);
}

static bool copy_piece(struct text *text, const lreg_piece *piece) {
    size_t length = (size_t)piece->length;
    if (piece->kind == LREG_PIECE_BYTES) {
        put_bytes(text, piece->bytes, length);
        return true;
    }
    ssize_t got = pread(piece->file, text->bytes + text->length, length, piece->file_offset);
    text->length += got > 0 ? (size_t)got : 0;
    return got == (ssize_t)length;
}

/* Appends pieces to the head while there is room. `piece` is the last one that was read. */
static bool add_pieces(struct text *text, struct request *request, lreg_piece *piece) {
    for (;;) {
        if (!next_piece(request->exchange, piece)) {
            return false;
        }
        if (piece->kind == LREG_PIECE_END || piece->length > text->capacity - text->length) {
            return true;
        }
        if (!copy_piece(text, piece) || lreg_exchange_consume(request->exchange, piece->length, NULL) != LREG_OK) {
            return false;
        }
        request->sent_bytes += piece->length;
    }
}

static bool must_close(const struct connection *connection) {
    const struct request *request = connection->request;
    return request->refusal != 0 || !request->wants_keep_alive || !request->is_body_complete ||
           !lreg_exchange_may_keep_alive(request->exchange) || connection->loop->stopping != STOPPING_NO ||
           atomic_load_explicit(&connection->loop->server->stopping, memory_order_relaxed) != STOPPING_NO;
}

/* Builds the head and what is sent with it. `out_is_whole`: nothing follows. */
static bool make_beginning(struct connection *connection, struct text *text, bool *out_is_whole) {
    struct request *request = connection->request;
    *out_is_whole = true;
    connection->must_close = must_close(connection);
    text->capacity = HEAD_BYTES;
    if (request->refusal != 0) {
        put_refusal(text, connection);
        return true;
    }
    lreg_piece piece;
    put_head(text, connection);
    text->capacity = LOOP_OUTPUT_BYTES;
    if (text->is_full || !add_pieces(text, request, &piece)) {
        return false;
    }
    *out_is_whole = piece.kind == LREG_PIECE_END;
    return true;
}

static enum sending judge(struct connection *connection, enum transfer transfer) {
    if (transfer == TRANSFER_WAIT) {
        connection->is_writable = false;
        return SENDING_WAIT;
    }
    return transfer == TRANSFER_DONE ? SENDING_DONE : SENDING_FAILED;
}

/* Sends bytes until the socket is full. */
static enum sending send_bytes(struct connection *connection, const char *bytes, size_t length, bool has_more,
                               size_t *out_sent) {
    *out_sent = 0;
    while (*out_sent < length) {
        size_t sent = 0;
        enum transfer transfer =
            transport_send(&connection->transport, bytes + *out_sent, length - *out_sent, has_more, &sent);
        if (transfer != TRANSFER_DONE) {
            return judge(connection, transfer);
        }
        *out_sent += sent;
        connection->moved_bytes += sent;
        connection->has_progressed = true;
    }
    return SENDING_DONE;
}

static enum sending send_rest(struct connection *connection) {
    struct output *output = &connection->output;
    size_t sent = 0;
    enum sending sending =
        send_bytes(connection, output->bytes + output->sent, output->length - output->sent, false, &sent);
    output->sent += sent;
    if (sending == SENDING_DONE) {
        free(output->bytes);
        *output = (struct output){.length = 0};
    }
    return sending;
}

static enum sending keep_rest(struct connection *connection, const char *bytes, size_t length) {
    struct output *output = &connection->output;
    output->bytes = malloc(length);
    if (output->bytes == NULL) {
        return SENDING_FAILED;
    }
    memcpy(output->bytes, bytes, length);
    output->length = length;
    output->sent = 0;
    return SENDING_WAIT;
}

static enum sending send_beginning(struct connection *connection) {
    struct request *request = connection->request;
    struct text text = {.bytes = connection->loop->output};
    bool is_whole = false;
    if (!make_beginning(connection, &text, &is_whole)) {
        request_refuse(request, 500, "the server could not produce the response");
        request->sent_bytes = 0;
        text = (struct text){.bytes = connection->loop->output};
        (void)make_beginning(connection, &text, &is_whole);
    }
    request->is_response_begun = true;
    size_t sent = 0;
    enum sending sending = send_bytes(connection, text.bytes, text.length, !is_whole, &sent);
    return sending == SENDING_WAIT ? keep_rest(connection, text.bytes + sent, text.length - sent) : sending;
}

/* Sends some of a piece; DONE when there was progress. */
static enum sending send_piece(struct connection *connection, const lreg_piece *piece) {
    struct request *request = connection->request;
    uint64_t sent = 0;
    enum sending sending = SENDING_FAILED;
    if (piece->kind == LREG_PIECE_FILE) {
        sending = judge(connection, transport_send_file(&connection->transport, piece->file, piece->file_offset,
                                                        piece->length, &sent));
    } else {
        size_t some = 0;
        size_t length = piece->length < TURN_BYTES ? (size_t)piece->length : (size_t)TURN_BYTES;
        sending = judge(connection, transport_send(&connection->transport, piece->bytes, length, false, &some));
        sent = some;
    }
    if (sending == SENDING_DONE) {
        connection->has_progressed = true;
        connection->moved_bytes += sent;
        request->sent_bytes += sent;
        return lreg_exchange_consume(request->exchange, sent, NULL) == LREG_OK ? SENDING_DONE : SENDING_FAILED;
    }
    return sending;
}

static enum sending send_pieces(struct connection *connection) {
    struct request *request = connection->request;
    uint64_t turn_end = request->sent_bytes + TURN_BYTES;
    while (request->sent_bytes < turn_end) {
        lreg_piece piece;
        if (!next_piece(request->exchange, &piece)) {
            return SENDING_FAILED;
        }
        if (piece.kind == LREG_PIECE_END) {
            return SENDING_DONE;
        }
        enum sending sending = send_piece(connection, &piece);
        if (sending != SENDING_DONE) {
            return sending;
        }
    }
    return SENDING_YIELD;
}

enum sending response_send(struct connection *connection) {
    enum sending sending = SENDING_DONE;
    if (connection->output.bytes != NULL) {
        sending = send_rest(connection);
    } else if (!connection->request->is_response_begun) {
        sending = send_beginning(connection);
    }
    if (sending != SENDING_DONE || connection->request->refusal != 0) {
        return sending;
    }
    return send_pieces(connection);
}

int response_status(const struct connection *connection) {
    const struct request *request = connection->request;
    if (!request->is_response_begun) {
        return CLIENT_GONE;
    }
    return request->refusal != 0 ? request->refusal : lreg_exchange_status(request->exchange);
}
