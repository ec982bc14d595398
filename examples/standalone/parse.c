/* SPDX-License-Identifier: Apache-2.0 */

/* http-parser cuts requests; this file keeps the pieces of the head and hands the body on. The parser pauses at the end
 * of the head, for the library decides then, and at the end of the message, for the next one has to wait its turn. Of
 * a chunked body it sees nothing; each message begins with a new parser.
 *
 * A request whose end is open to interpretation is how requests are smuggled past a proxy (RFC 9112 section 11.2), so
 * everything doubtful is refused: two lengths, a length beside a coding, codings other than chunked, folded lines,
 * names with blanks, no or several Host fields. */

#include "parse.h"

#include "loop.h"
#include "request.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX ((size_t)128 * 1024) /* the parser itself ends at 80 KiB */
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

static bool end_text(struct request *request) {
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

/* Characters of a token (RFC 9110 section 5.6.2). The parser may be built to let blanks through. */
static bool is_token(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        char byte = bytes[i];
        bool is_alphanumeric =
            (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (!is_alphanumeric && (byte == '\0' || strchr("!#$%&'*+-.^_`|~", byte) == NULL)) {
            return false;
        }
    }
    return true;
}

/* Ends the target, or a value, and begins a name. */
static bool begin_name(struct request *request) {
    if (!end_text(request)) {
        return false;
    }
    if (request->part == HEAD_TARGET) {
        request->target_end = request->head_length;
    }
    request->part = HEAD_NAME;
    return true;
}

static int on_header_field(http_parser *parser, const char *at, size_t length) {
    struct connection *connection = parser->data;
    struct request *request = connection->request;
    if (!is_token(at, length)) {
        request_refuse(request, 400, "the name of a header field is malformed");
        return 1;
    }
    return (request->part != HEAD_NAME && !begin_name(request)) || !append(request, at, length);
}

/* No control character (RFC 9110 section 5.5). The parser does not look at the first character of a value, and a NUL
 * there would end it, so that what follows is taken for the next name. */
static bool is_value(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if ((byte < ' ' && byte != '\t') || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

static int on_header_value(http_parser *parser, const char *at, size_t length) {
    const struct connection *connection = parser->data;
    struct request *request = connection->request;
    if (!is_value(at, length)) {
        request_refuse(request, 400, "the value of a header field is malformed");
        return 1;
    }
    if (request->part == HEAD_NAME && !end_text(request)) {
        return 1;
    }
    request->part = HEAD_VALUE;
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

/* What the parser does not look at, or looks at more kindly. */
static void check_fields(struct request *request, bool is_http_1_1) {
    unsigned hosts = 0;
    unsigned codings = 0;
    const char *name = NULL;
    const char *value = NULL;
    size_t at = request->target_end;
    while (request_next_field(request, &at, &name, &value)) {
        if (strcasecmp(name, "Host") == 0) {
            hosts++;
        } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
            codings++;
            if (strcasecmp(value, "chunked") != 0 || codings > 1 || !is_http_1_1) {
                request_refuse(request, 501, "the only transfer coding is chunked, once, in HTTP/1.1");
            }
        } else if (strcasecmp(name, "Expect") == 0) {
            check_expectation(request, value, is_http_1_1);
        }
    }
    check_host(request, hosts, is_http_1_1);
}

static int on_headers_complete(http_parser *parser) {
    const struct connection *connection = parser->data;
    struct request *request = connection->request;
    if (!end_text(request)) {
        return -1;
    }
    if (request->part == HEAD_TARGET) {
        request->target_end = request->head_length;
    }
    request->is_head_complete = true;
    request->is_chunked = (parser->flags & F_CHUNKED) != 0;
    bool has_length = !request->is_chunked && parser->content_length != ULLONG_MAX;
    request->body_length = has_length ? parser->content_length : 0;
    request->has_body = request->is_chunked || request->body_length > 0;
    request->wants_keep_alive = http_should_keep_alive(parser) != 0;
    if (parser->http_major != 1) {
        request_refuse(request, 505, "this server speaks HTTP/1.1");
    }
    check_fields(request, parser->http_minor > 0);
    parser->upgrade = 0; /* no other protocol is offered; the request is answered as it is */
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

static int on_body(http_parser *parser, const char *at, size_t length) {
    return !write_body(parser->data, at, length);
}

static int on_message_complete(http_parser *parser) {
    const struct connection *connection = parser->data;
    connection->request->is_body_complete = true;
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings SETTINGS = {.on_message_begin = on_message_begin,
                                              .on_url = on_url,
                                              .on_header_field = on_header_field,
                                              .on_header_value = on_header_value,
                                              .on_headers_complete = on_headers_complete,
                                              .on_body = on_body,
                                              .on_message_complete = on_message_complete};

void parse_init(struct connection *connection) {
    http_parser_init(&connection->parser, HTTP_REQUEST);
    connection->parser.data = connection;
}

/* A response to bytes that are no request. */
static void refuse_bytes(struct connection *connection, enum http_errno code, char first) {
    struct request *request = connection->request;
    if (code == HPE_HEADER_OVERFLOW && request->part == HEAD_TARGET) {
        request_refuse(request, 414, "the request target is too long");
    } else if (code == HPE_HEADER_OVERFLOW) {
        request_refuse(request, 431, "the head of the request is too large");
    } else if (code == HPE_INVALID_METHOD && first == 0x16) {
        request_refuse(request, 400, "this port speaks plain HTTP, not TLS");
    } else {
        request_refuse(request, 400, http_errno_description(code));
    }
}

/* Whether a line of the head begins with a blank, and so goes on with the one before (RFC 9112 section 5.2). */
static bool has_fold(struct request *request, const char *bytes, size_t length) {
    const char *end = bytes + length;
    while (bytes < end) {
        if (request->is_at_line_begin && (*bytes == ' ' || *bytes == '\t')) {
            return true;
        }
        const char *line_end = memchr(bytes, '\n', (size_t)(end - bytes));
        request->is_at_line_begin = line_end != NULL;
        bytes = line_end != NULL ? line_end + 1 : end;
    }
    return false;
}

static enum parse judge(struct connection *connection, char first) {
    http_parser *parser = &connection->parser;
    enum http_errno code = HTTP_PARSER_ERRNO(parser);
    if (code == HPE_OK) {
        return PARSE_MORE;
    }
    if (code == HPE_PAUSED) {
        http_parser_pause(parser, 0);
        return connection->request->refusal != 0 ? PARSE_REFUSED : PARSE_DONE;
    }
    if (connection->request == NULL) {
        connection->request = loop_take_request(connection->loop);
    }
    if (connection->request == NULL) {
        return PARSE_FAILED;
    }
    refuse_bytes(connection, code, first);
    return PARSE_REFUSED;
}

/* The parser has taken all of the head but the last byte, which it believes to be LF. */
static enum parse end_head(struct connection *connection) {
    struct request *request = connection->request;
    if (connection->input.length == 0 || connection->input.at[0] != '\n') {
        request_refuse(request, 400, "the head of the request does not end with a line end");
        return PARSE_REFUSED;
    }
    if (request->is_chunked) {
        connection_take_input(connection, 1);
    }
    return PARSE_DONE;
}

enum parse parse_head(struct connection *connection) {
    const char *bytes = connection->input.at;
    if (connection->request == NULL) {
        parse_init(connection);
    }
    size_t taken = http_parser_execute(&connection->parser, &SETTINGS, bytes, connection->input.length);
    bool is_folded = connection->request != NULL && has_fold(connection->request, bytes, taken);
    char first = bytes[0];
    connection_take_input(connection, taken);
    enum parse parse = judge(connection, first);
    if (parse != PARSE_FAILED && is_folded) {
        request_refuse(connection->request, 400, "a header field is folded over several lines");
        return PARSE_REFUSED;
    }
    return parse == PARSE_DONE ? end_head(connection) : parse;
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
    if (connection->request->is_chunked) {
        return parse_chunks(connection);
    }
    size_t taken = http_parser_execute(&connection->parser, &SETTINGS, connection->input.at, connection->input.length);
    connection_take_input(connection, taken);
    return judge(connection, '\0');
}
