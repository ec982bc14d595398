/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Parses heads and bodies. A request whose end is ambiguous can be used to smuggle another one past a proxy (RFC 9112
 * section 11.2), so everything ambiguous is refused, in three places:
 *
 * - head.c checks each byte of a head against the grammar, before the parser gets it.
 * - http-parser splits the head into method, target, names and values, and stops before the last byte of the head.
 *   It is initialized for each request, and sees no body.
 * - check_fields() reads the fields about the body itself. It refuses two lengths, a length beside a coding, codings
 *   other than chunked, and none or several Host fields. http-parser's view of the body is not used.
 *
 * Another parser would replace cut(): `settings` has the callbacks, `connection->parser` the state.
 */

#include "parse.h"

#include "loop.h"
#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX ((size_t)128 * 1024) /* the parser itself stops at 80 KiB */
#define HEAD_FIRST ((size_t)1024)

static bool append(struct request *request, const char *bytes, size_t length) {
    size_t needed = request->head_length + length + 1;
    if (length > HEAD_MAX || needed > HEAD_MAX) {
        request_refuse(request, 431, "the head of the request is too large");
        return false;
    }
    if (needed > request->head_capacity) {
        size_t capacity = request->head_capacity > 0 ? request->head_capacity : HEAD_FIRST;
        while (capacity < needed) {
            capacity *= 2;
        }
        char *head = realloc(request->head, capacity);
        if (head == NULL) {
            request_refuse(request, 503, "the server is out of memory");
            return false;
        }
        request->head = head;
        request->head_capacity = capacity;
    }
    memcpy(request->head + request->head_length, bytes, length);
    request->head_length += length;
    return true;
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

/* Ends the target, a name or a value; blanks after a value are not part of it (RFC 9112 section 5). */
static bool end_text(struct request *request) {
    while (request->part == PART_VALUE && is_blank(request->head[request->head_length - 1])) {
        request->head_length--;
    }
    return append(request, "", 1);
}

static int on_message_begin(http_parser *parser) {
    struct connection *connection = parser->data;
    connection->request = loop_take_request(connection->loop);
    return connection->request == NULL;
}

static int on_url(http_parser *parser, const char *at, size_t length) {
    const struct connection *connection = parser->data;
    return !append(connection->request, at, length);
}

/* Ends the target, or a value, and begins a name. */
static bool begin_name(struct request *request) {
    if (!end_text(request)) {
        return false;
    }
    if (request->part == PART_TARGET) {
        request->target_end = request->head_length;
    }
    request->part = PART_NAME;
    return true;
}

static int on_header_field(http_parser *parser, const char *at, size_t length) {
    struct connection *connection = parser->data;
    struct request *request = connection->request;
    return (request->part != PART_NAME && !begin_name(request)) || !append(request, at, length);
}

static int on_header_value(http_parser *parser, const char *at, size_t length) {
    const struct connection *connection = parser->data;
    struct request *request = connection->request;
    if (request->part == PART_NAME && !end_text(request)) {
        return 1;
    }
    request->part = PART_VALUE;
    return !append(request, at, length);
}

static void check_host(struct request *request, unsigned count, bool is_needed) {
    if (count > 1 || (is_needed && count == 0)) {
        request_refuse(request, 400, "a request has exactly one field Host");
    }
}

static void check_expectation(struct request *request, const char *value, bool is_known) {
    if (strcasecmp(value, "100-continue") != 0) {
        request_refuse(request, 417, "the only expectation that can be met is 100-continue");
    } else if (is_known) {
        request->expects_continue = true;
    }
}

/* Content-Length: digits, once (RFC 9112 section 6.3 allows a server to refuse a repeated one). */
static void take_length(struct request *request, const char *value) {
    uint64_t length = 0;
    bool is_sound = value[0] != '\0' && !request->has_length;
    for (; is_sound && *value != '\0'; value++) {
        is_sound = *value >= '0' && *value <= '9' && length <= ((uint64_t)INT64_MAX - 9) / 10;
        length = is_sound ? length * 10 + (uint64_t)(*value - '0') : 0;
    }
    if (!is_sound) {
        request_refuse(request, 400, "the field Content-Length is not a number, or occurs twice");
    }
    request->has_length = true;
    request->body_length = length;
}

static void take_coding(struct request *request, const char *value, bool is_http_1_1) {
    if (strcasecmp(value, "chunked") != 0 || request->is_chunked || !is_http_1_1) {
        request_refuse(request, 501, "the only transfer coding is chunked, once, in HTTP/1.1");
    }
    request->is_chunked = true;
}

static void check_fields(struct request *request, bool is_http_1_1) {
    unsigned hosts = 0;
    const char *name = NULL;
    const char *value = NULL;
    size_t at = request->target_end;
    while (request_next_field(request, &at, &name, &value)) {
        if (strcasecmp(name, "Host") == 0) {
            hosts++;
        } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
            take_coding(request, value, is_http_1_1);
        } else if (strcasecmp(name, "Content-Length") == 0) {
            take_length(request, value);
        } else if (strcasecmp(name, "Expect") == 0) {
            check_expectation(request, value, is_http_1_1);
        }
    }
    check_host(request, hosts, is_http_1_1);
    if (request->is_chunked && request->has_length) {
        request_refuse(request, 400, "a request has a length or a transfer coding, not both");
        request->body_length = 0;
    }
}

static int on_headers_complete(http_parser *parser) {
    const struct connection *connection = parser->data;
    struct request *request = connection->request;
    if (!end_text(request)) {
        return -1;
    }
    if (request->part == PART_TARGET) {
        request->target_end = request->head_length;
    }
    request->is_head_complete = true;
    request->wants_keep_alive = http_should_keep_alive(parser) != 0;
    if (parser->http_major != 1) {
        request_refuse(request, 505, "this server speaks HTTP/1.1");
    }
    check_fields(request, parser->http_minor > 0);
    request->has_body = request->is_chunked || request->body_length > 0;
    request->is_body_complete = !request->has_body;
    http_parser_pause(parser, 1);
    return 0;
}

static bool write_body(const struct connection *connection, const char *bytes, size_t length) {
    struct request *request = connection->request;
    request->received_bytes += length;
    lreg_status status = lreg_exchange_write(request->exchange, bytes, length, NULL);
    if (status != LREG_OK) {
        request_refuse(request, lreg_status_http(status), "the server could not take the body");
    }
    return status == LREG_OK;
}

static const http_parser_settings settings = {.on_message_begin = on_message_begin,
                                              .on_url = on_url,
                                              .on_header_field = on_header_field,
                                              .on_header_value = on_header_value,
                                              .on_headers_complete = on_headers_complete};

/* Passes bytes of a head to the parser. False: the parser refuses them, or memory is out. */
static bool cut(struct connection *connection, const char *bytes, size_t length) {
    http_parser *parser = &connection->parser;
    if (connection->request == NULL) {
        http_parser_init(parser, HTTP_REQUEST);
        parser->data = connection;
    }
    size_t taken = http_parser_execute(parser, &settings, bytes, length);
    enum http_errno code = HTTP_PARSER_ERRNO(parser);
    bool is_last = code == HPE_PAUSED && length > 0 && taken == length - 1 && bytes[taken] == '\n';
    return code == HPE_OK ? connection->head.state != HEAD_DONE : is_last && connection->head.state == HEAD_DONE;
}

/* The complaint of the parser, or of head.c. */
static const char *fault_of(const struct connection *connection, enum http_errno code) {
    if (code != HPE_OK && code != HPE_PAUSED) {
        return http_errno_description(code);
    }
    return connection->head.fault != NULL ? connection->head.fault : "the head of the request is malformed";
}

/* Answers bytes that are not a request. A refusal by the callbacks comes first. */
static enum parse refuse(struct connection *connection) {
    bool is_known = connection->request != NULL;
    enum http_errno code = is_known ? HTTP_PARSER_ERRNO(&connection->parser) : HPE_OK;
    if (!is_known) {
        connection->request = loop_take_request(connection->loop);
    }
    struct request *request = connection->request;
    if (request == NULL) {
        return PARSE_FAILED;
    }
    if (code == HPE_HEADER_OVERFLOW && request->part == PART_TARGET) {
        request_refuse(request, 414, "the request target is too long");
    } else if (code == HPE_HEADER_OVERFLOW) {
        request_refuse(request, 431, "the head of the request is too large");
    } else {
        request_refuse(request, 400, fault_of(connection, code));
    }
    return PARSE_REFUSED;
}

enum parse parse_head(struct connection *connection) {
    struct head *head = &connection->head;
    const char *bytes = connection->input.at;
    size_t length = head_take(head, bytes, connection->input.length);
    bool is_cut = length == 0 || cut(connection, bytes, length);
    connection_take_input(connection, length);
    if (!is_cut || head->state == HEAD_BAD) {
        return refuse(connection);
    }
    if (head->state != HEAD_DONE) {
        return PARSE_MORE;
    }
    *head = (struct head){.state = HEAD_BEGIN};
    return connection->request->refusal != 0 ? PARSE_REFUSED : PARSE_DONE;
}

/* A body with a length: as many bytes as that; the next request follows. */
static enum parse parse_counted(struct connection *connection) {
    struct request *request = connection->request;
    uint64_t left = request->body_length - request->received_bytes;
    size_t length = connection->input.length < left ? connection->input.length : (size_t)left;
    bool is_taken = write_body(connection, connection->input.at, length);
    connection_take_input(connection, length);
    request->is_body_complete = length == left;
    return !is_taken ? PARSE_REFUSED : request->is_body_complete ? PARSE_DONE : PARSE_MORE;
}

static enum parse parse_chunks(struct connection *connection) {
    struct request *request = connection->request;
    while (connection->input.length > 0) {
        const char *bytes = connection->input.at;
        bool is_data = false;
        size_t taken = chunks_take(&request->chunks, bytes, connection->input.length, &is_data);
        bool is_taken = !is_data || write_body(connection, bytes, taken);
        connection_take_input(connection, taken);
        if (request->chunks.state == CHUNKS_BAD) {
            request_refuse(request, 400, "the chunks of the body are malformed");
        }
        if (!is_taken || request->chunks.state == CHUNKS_BAD) {
            return PARSE_REFUSED;
        }
        if (request->chunks.state == CHUNKS_DONE) {
            request->is_body_complete = true;
            return PARSE_DONE;
        }
    }
    return PARSE_MORE;
}

enum parse parse_body(struct connection *connection) {
    return connection->request->is_chunked ? parse_chunks(connection) : parse_counted(connection);
}
