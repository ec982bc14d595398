/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes on a connection of registryd, whole and in pieces whose size the last byte sets: both yield the same requests
 * with the same bodies, and both or neither are refused. If there are several reasons for a refusal, they may report
 * different ones. */
#include "support/registryd.h"

#include "support/fuzzer.h"

/* What is recorded of a connection: a digest of its requests. */
struct story {
    uint64_t hash;
    size_t requests;
};

static void tell(void *user, const void *bytes, size_t length) {
    struct story *story = user;
    for (size_t i = 0; i < length; i++) {
        story->hash = (story->hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
    }
}

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

/* Adds the head to the record. False: the connection is not read any further. */
static bool take_head(struct connection *connection, struct story *story, struct body_taker *taker) {
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
    expect(request->is_body_complete == !request->has_body);
    registryd_begin(connection, taker);
    return request->has_body || registryd_end(connection);
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
        return registryd_end(connection);
    }
    return true;
}

/* As connection.c and request.c do it. */
static void run(const uint8_t *bytes, size_t length, uint8_t step, struct story *story) {
    struct connection connection = {.request = NULL};
    struct body_taker taker = {tell, story};
    bool goes_on = true;
    for (size_t done = 0, piece; goes_on && done < length; done += piece) {
        piece = next_piece(&step, length - done);
        char *copy = copy_text(bytes + done, piece);
        connection.input.at = copy;
        connection.input.length = piece;
        while (goes_on && connection.input.length > 0) {
            bool is_body = connection.request != NULL && connection.request->is_begun;
            goes_on = is_body ? take_body(&connection, story) : take_head(&connection, story, &taker);
        }
        free(copy);
    }
    if (connection.request != NULL) {
        (void)registryd_end(&connection);
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
