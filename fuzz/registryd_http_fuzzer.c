/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in on a connection of registryd, as a whole and in pieces that the last byte chooses: the same requests
 * with the same bodies, and both or none of them refused. Which of several reasons is given may differ. */
#include "loop.h"
#include "parse.h"
#include "request.h"

#include "support/fuzzer.h"

/* What is told of a connection: a digest of its requests. */
struct story {
    uint64_t hash;
    size_t requests;
};

static void tell(struct story *story, const void *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        story->hash = (story->hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
    }
}

/* --- what the parser asks of the rest of registryd --- */

struct request *loop_take_request(struct loop *loop) {
    (void)loop;
    struct request *request = calloc(1, sizeof *request);
    expect(request != NULL);
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
    expect(*at <= request->head_length);
    return true;
}

void connection_take_input(struct connection *connection, size_t length) {
    expect(length <= connection->input.length);
    connection->input.at += length;
    connection->input.length -= length;
}

/* The exchange of a request is the story that its body goes to. */
lreg_status lreg_exchange_write(lreg_exchange *exchange, const void *bytes, size_t length, lreg_error **err) {
    (void)err;
    tell((struct story *)(void *)exchange, bytes, length);
    return LREG_OK;
}

int32_t lreg_status_http(lreg_status status) {
    return status == LREG_OK ? 200 : 500;
}

/* --- the connection --- */

static void tell_head(struct story *story, const struct request *request) {
    const char *name = NULL;
    const char *value = NULL;
    size_t at = request->target_end;
    expect(request->head_length > 0 && request->head[request->head_length - 1] == '\0');
    tell(story, request->head, request->head_length);
    while (request_next_field(request, &at, &name, &value)) {
        expect(name[0] != '\0' && strpbrk(name, " \t\r\n:") == NULL && strpbrk(value, "\r\n") == NULL);
    }
    expect(at == request->head_length || request->target_end == request->head_length);
    expect(!request->is_chunked || request->body_length == 0);
    tell(story, &request->body_length, sizeof request->body_length);
    tell(story, &request->is_chunked, sizeof request->is_chunked);
    story->requests++;
}

static void end_request(struct connection *connection) {
    free(connection->request->head);
    free(connection->request);
    connection->request = NULL;
}

/* Gives the head to the story. False: the connection is not read any further. */
static bool take_head(struct connection *connection, struct story *story) {
    enum parse parse = parse_head(connection);
    if (parse == PARSE_MORE) {
        expect(connection->input.length == 0);
        return true;
    }
    struct request *request = connection->request;
    if (parse == PARSE_REFUSED || request->refusal != 0) {
        expect(request->refusal >= 400);
        tell(story, "refused", 8);
        return false;
    }
    expect(parse == PARSE_DONE && request->is_head_complete);
    tell_head(story, request);
    request->is_begun = true;
    request->exchange = (lreg_exchange *)(void *)story;
    return true;
}

static bool take_body(struct connection *connection, struct story *story) {
    struct request *request = connection->request;
    enum parse parse = parse_body(connection);
    if (request->refusal != 0) {
        expect(parse == PARSE_REFUSED && request->refusal >= 400);
        tell(story, "refused", 8);
        return false;
    }
    expect(parse == PARSE_DONE ? request->is_body_complete : connection->input.length == 0);
    if (request->is_body_complete) {
        expect(request->is_chunked || request->received_bytes == request->body_length);
        bool is_last = !request->wants_keep_alive;
        end_request(connection);
        return !is_last;
    }
    return true;
}

/* As connection.c and request.c do it. */
static void run(const uint8_t *bytes, size_t length, uint8_t step, struct story *story) {
    struct connection connection = {.request = NULL};
    bool goes_on = true;
    for (size_t done = 0, piece; goes_on && done < length; done += piece) {
        piece = next_piece(&step, length - done);
        char *copy = copy_text(bytes + done, piece);
        connection.input.at = copy;
        connection.input.length = piece;
        while (goes_on && connection.input.length > 0) {
            bool is_body = connection.request != NULL && connection.request->is_begun;
            goes_on = is_body ? take_body(&connection, story) : take_head(&connection, story);
        }
        free(copy);
    }
    if (connection.request != NULL) {
        end_request(&connection);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct story whole = {0};
    struct story pieces = {0};
    run(data, size, 0, &whole);
    run(data, size, size > 0 ? data[size - 1] : 0, &pieces);
    expect(whole.hash == pieces.hash && whole.requests == pieces.requests);
    return 0;
}
