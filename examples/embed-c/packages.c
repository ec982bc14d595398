/* SPDX-License-Identifier: Apache-2.0 */

#include "packages.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

/* The request context is the exchange. It is created here, because the access handler only sees the decoded path. */
void *packages_begin(void *instance, const char *target, struct MHD_Connection *connection) {
    (void)connection;
    lreg_exchange *exchange = NULL;
    if ((strncmp(target, "/packages/", 10) == 0 || strncmp(target, "/v2/", 4) == 0) &&
        lreg_exchange_new(instance, &exchange, NULL) == LREG_OK) {
        (void)lreg_exchange_set_mount(exchange, "/packages", NULL);
        (void)lreg_exchange_set_request(exchange, NULL, target, NULL);
    }
    return exchange;
}

static enum MHD_Result add_field(void *exchange, enum MHD_ValueKind kind, const char *name, const char *value) {
    (void)kind;
    return lreg_exchange_add_header(exchange, name, value != NULL ? value : "", NULL) == LREG_OK ? MHD_YES : MHD_NO;
}

/* When a call before lreg_exchange_begin() fails, that fails too. */
static lreg_status begin(lreg_exchange *exchange, struct MHD_Connection *connection, const char *method) {
    const struct sockaddr_in *peer =
        (const void *)MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    char address[INET_ADDRSTRLEN];
    (void)lreg_exchange_set_peer(exchange, inet_ntop(AF_INET, &peer->sin_addr, address, sizeof address), NULL);
    (void)lreg_exchange_set_request(exchange, method, NULL, NULL);
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, add_field, exchange);
    return lreg_exchange_begin(exchange, NULL);
}

static ssize_t read_body(void *exchange, uint64_t position, char *buffer, size_t capacity) {
    (void)position;
    size_t got = 0;
    lreg_status status = lreg_exchange_read(exchange, buffer, capacity, &got, NULL);
    return status == LREG_OK ? (ssize_t)got : MHD_CONTENT_READER_END_WITH_ERROR;
}

static enum MHD_Result respond(lreg_exchange *exchange, struct MHD_Connection *connection) {
    int64_t length = lreg_exchange_content_length(exchange);
    lreg_piece piece = {.size = sizeof piece};
    if (lreg_exchange_next(exchange, &piece, NULL) != LREG_OK) {
        return MHD_NO; /* closes the connection */
    }
    int file = piece.kind == LREG_PIECE_FILE ? dup(piece.file) : -1; /* for sendfile(); the response closes it */
    struct MHD_Response *response =
        file >= 0 ? MHD_create_response_from_fd_at_offset64(piece.length, file, (uint64_t)piece.file_offset)
                  : MHD_create_response_from_callback(length < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)length, 65536,
                                                      read_body, exchange, NULL);
    if (response == NULL) {
        return MHD_NO;
    }
    const char *name = NULL, *value = NULL;
    for (size_t i = 0; lreg_exchange_header_at(exchange, i, &name, &value); i++) {
        (void)MHD_add_response_header(response, name, value);
    }
    if (!lreg_exchange_may_keep_alive(exchange)) {
        (void)MHD_add_response_header(response, "Connection", "close");
    }
    /* apk requires keep-alive. A 304 has no length, and would get the end of a chunked body: close the connection. */
    (void)MHD_set_response_options(
        response, length < 0 ? MHD_RF_HTTP_1_0_COMPATIBLE_STRICT : MHD_RF_SEND_KEEP_ALIVE_HEADER, MHD_RO_END);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned int)lreg_exchange_status(exchange), response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result packages_answer(void *exchange, struct MHD_Connection *connection, const char *method, const char *body,
                                size_t *length) {
    lreg_status status = LREG_OK;
    if (lreg_exchange_wants(exchange) == LREG_WANTS_NOTHING) { /* the first call, with the head alone */
        status = begin(exchange, connection, method);
        if (status == LREG_OK &&
            (lreg_exchange_wants(exchange) == LREG_WANTS_BODY || lreg_exchange_may_keep_alive(exchange))) {
            return MHD_YES; /* MHD calls again, with the body or its end; a response now would close the connection */
        }
    } else if (*length > 0) {
        status = lreg_exchange_write(exchange, body, *length, NULL);
        *length = 0;
        return status == LREG_OK ? MHD_YES : MHD_NO;
    } else {
        status = lreg_exchange_finish(exchange, NULL);
    }
    return status == LREG_OK ? respond(exchange, connection) : MHD_NO;
}

void packages_end(void *unused, struct MHD_Connection *connection, void **exchange,
                  enum MHD_RequestTerminationCode code) {
    (void)unused, (void)connection, (void)code;
    lreg_exchange_free(*exchange);
}
