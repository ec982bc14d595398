/* SPDX-License-Identifier: Apache-2.0 */

#include "support/registryd.h"

#include <stdlib.h>
#include <string.h>

/* --- what the parser calls --- */

struct request *loop_take_request(struct loop *loop) {
    (void)loop;
    struct request *request = calloc(1, sizeof *request);
    if (request == NULL) {
        abort();
    }
    return request;
}

void request_refuse(struct request *request, int status, const char *message) {
    if (request->refusal == 0) {
        request->refusal = status;
        request->refusal_message = message;
    }
}

bool request_next_field(const struct request *request, size_t *at, const char **out_name, const char **out_value) {
    if (*at == 0 || *at >= request->head_length) {
        return false;
    }
    *out_name = request->head + *at;
    *out_value = *out_name + strlen(*out_name) + 1;
    *at = (size_t)(*out_value - request->head) + strlen(*out_value) + 1;
    if (*at > request->head_length) {
        abort();
    }
    return true;
}

void connection_take_input(struct connection *connection, size_t length) {
    if (length > connection->input.length) {
        abort();
    }
    connection->input.at += length;
    connection->input.length -= length;
}

lreg_status lreg_exchange_write(lreg_exchange *exchange, const void *bytes, size_t length, lreg_error **err) {
    const struct body_taker *taker = (const struct body_taker *)(void *)exchange;
    (void)err;
    taker->take(taker->user, bytes, length);
    return LREG_OK;
}

int32_t lreg_status_http(lreg_status status) {
    return status == LREG_OK ? 200 : 500;
}

/* --- what calls the parser --- */

void registryd_begin(struct connection *connection, struct body_taker *taker) {
    connection->request->is_begun = true;
    connection->request->exchange = (lreg_exchange *)(void *)taker;
}

bool registryd_end(struct connection *connection) {
    bool is_last = !connection->request->wants_keep_alive;
    free(connection->request->head);
    free(connection->request);
    connection->request = NULL;
    return !is_last;
}
