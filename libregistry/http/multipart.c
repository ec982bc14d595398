/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The multipart parser, a state machine over pieces. It searches the contents of a part for CR with memchr() and passes
 * them on as slices of the input. When the end of a piece cuts a delimiter, only the matched length is stored, because
 * the bytes are known. The header block of a part is collected line by line.
 */

#include "http/multipart.h"

#include "base/strbuf.h"
#include "http/header_internal.h"

#include <string.h>

/* A delimiter is CRLF, "--" and the boundary (RFC 2046 section 5.1.1). */
#define DELIMITER_MAX (4 + MULTIPART_BOUNDARY_MAX)

/* At the start of the body and of a part's contents, the CRLF of a delimiter counts as matched already. */
#define ASSUMED_LINE_END 2

enum state {
    STATE_CONTENT, /* preamble, or contents of a part */
    STATE_DELIMITER, /* after the bytes of a delimiter; the next byte says whether it is one */
    STATE_DASH, /* after these and a '-' */
    STATE_PADDING, /* in a delimiter line: blanks up to the line end */
    STATE_LINE_END, /* after the CR of that line end */
    STATE_HEADERS,
    STATE_EPILOGUE
};

struct multipart {
    const struct hooks *hooks;
    struct multipart_events events;
    struct multipart_limits limits;
    enum state state;
    bool in_part; /* contents belong to a part, not to the preamble */
    bool is_closing; /* the delimiter was the closing one */
    size_t matched; /* how many bytes of the delimiter the input so far ends with, including assumed ones */
    size_t assumed; /* how many of these were not in the contents: 0 or ASSUMED_LINE_END */
    size_t parts;
    size_t header_bytes;
    struct strbuf line;
    struct arena arena; /* for one part's headers */
    struct headers headers;
    struct error failure; /* status other than LREG_OK: the parser has failed */
    size_t delimiter_length;
    char delimiter[DELIMITER_MAX + 1];
};

static lreg_status malformed(struct multipart *parser, const char *why) {
    return error_set(&parser->failure, LREG_BAD_ARGUMENT, "bad_multipart", "malformed multipart body: %s", why);
}

static lreg_status emit(struct multipart *parser, const char *bytes, size_t length) {
    if (length == 0 || !parser->in_part) {
        return LREG_OK;
    }
    return parser->events.part_data(parser->events.user, bytes, length, &parser->failure);
}

static lreg_status end_part(struct multipart *parser) {
    if (!parser->in_part) {
        return LREG_OK;
    }
    parser->in_part = false;
    return parser->events.part_end(parser->events.user, &parser->failure);
}

static void begin_content(struct multipart *parser, size_t assumed) {
    parser->state = STATE_CONTENT;
    parser->matched = assumed;
    parser->assumed = assumed;
}

/* Passes on the matched bytes, which are not a delimiter, as contents. */
static lreg_status give_back(struct multipart *parser) {
    const char *bytes = parser->delimiter + parser->assumed;
    size_t length = parser->matched - parser->assumed;
    begin_content(parser, 0);
    return emit(parser, bytes, length);
}

/* How many bytes at `bytes` continue the delimiter, of which `matched` bytes were found. */
static size_t matching(const struct multipart *parser, size_t matched, const char *bytes, size_t length) {
    size_t i = 0;
    while (i < length && matched + i < parser->delimiter_length && bytes[i] == parser->delimiter[matched + i]) {
        i++;
    }
    return i;
}

/* The offset of a delimiter, or of its start when the end of the piece cuts it; `length` when there is none. */
static size_t find_delimiter(const struct multipart *parser, const char *bytes, size_t length, size_t *matched) {
    size_t at = 0;
    const char *found;
    while (at < length && (found = memchr(bytes + at, '\r', length - at)) != NULL) {
        at = (size_t)(found - bytes);
        *matched = matching(parser, 0, found, length - at);
        if (*matched == parser->delimiter_length || at + *matched == length) {
            return at;
        }
        at += *matched; /* a delimiter has a CR only at its start, so none begins within the matched bytes */
    }
    *matched = 0;
    return length;
}

static lreg_status take_content(struct multipart *parser, const char *bytes, size_t length, size_t *taken) {
    size_t used = 0;
    if (parser->matched > 0) {
        used = matching(parser, parser->matched, bytes, length);
        parser->matched += used;
        if (used < length && parser->matched < parser->delimiter_length) {
            lreg_status status = give_back(parser);
            if (status != LREG_OK) {
                return status;
            }
        }
    }
    size_t start = used;
    if (parser->matched == 0) {
        start += find_delimiter(parser, bytes + used, length - used, &parser->matched);
        parser->assumed = 0;
        lreg_status status = emit(parser, bytes + used, start - used);
        if (status != LREG_OK) {
            return status;
        }
        start += parser->matched;
    }
    if (parser->matched == parser->delimiter_length) {
        parser->state = STATE_DELIMITER;
    }
    *taken = start;
    return LREG_OK;
}

/* After the bytes of a delimiter, '-', a blank or a line end must continue a delimiter line. With any other byte they
 * are contents, for instance the longer boundary of a multipart body inside the part. */
static lreg_status take_behind_delimiter(struct multipart *parser, char c, size_t *taken) {
    if (c == '-') {
        parser->state = STATE_DASH;
        *taken = 1;
        return LREG_OK;
    }
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        parser->state = STATE_PADDING;
        parser->is_closing = false;
        return end_part(parser);
    }
    return give_back(parser);
}

static lreg_status take_behind_dash(struct multipart *parser, char c, size_t *taken) {
    if (c == '-') {
        parser->state = STATE_PADDING;
        parser->is_closing = true;
        *taken = 1;
        return end_part(parser);
    }
    lreg_status status = give_back(parser);
    return status == LREG_OK ? emit(parser, "-", 1) : status;
}

static lreg_status take_padding(struct multipart *parser, char c, size_t *taken) {
    if (c == '\r') {
        parser->state = STATE_LINE_END;
    } else if (c != ' ' && c != '\t') {
        return malformed(parser, "a boundary line does not end with CR LF");
    }
    *taken = 1;
    return LREG_OK;
}

static lreg_status take_line_end(struct multipart *parser, char c, size_t *taken) {
    if (c != '\n') {
        return malformed(parser, "a boundary line does not end with CR LF");
    }
    *taken = 1;
    if (parser->is_closing) {
        parser->state = STATE_EPILOGUE;
        return LREG_OK;
    }
    if (parser->parts == parser->limits.max_parts) {
        return error_set(&parser->failure, LREG_TOO_LARGE, "too_many_parts",
                         "the multipart body has more than %zu parts", parser->limits.max_parts);
    }
    parser->parts++;
    parser->state = STATE_HEADERS;
    parser->header_bytes = 0;
    arena_reset(&parser->arena);
    headers_init(&parser->headers, &parser->arena);
    return LREG_OK;
}

/* RFC 7578 section 4.7 deprecates the field. Encodings that need decoding are refused. */
static bool encoding_is_identity(const struct headers *headers) {
    static const char *const identities[] = {"binary", "8bit", "7bit"};
    const char *encoding = headers_find(headers, "Content-Transfer-Encoding");
    if (encoding == NULL) {
        return true;
    }
    for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++) {
        if (text_equals_ignoring_case(encoding, identities[i])) {
            return headers_count(headers, "Content-Transfer-Encoding") == 1;
        }
    }
    return false;
}

/* RFC 7578 section 4.8 leaves out other fields than those of the form. A coded part would be stored as if it were the
 * content. */
static lreg_status check_content_coding(struct multipart *parser) {
    struct header_position position = {0};
    struct slice coding = {0};
    while (headers_next_member(&parser->headers, "Content-Encoding", &position, &coding)) {
        if (!slice_equals_ignoring_case(coding, "identity")) {
            return error_set(&parser->failure, LREG_UNSUPPORTED, "content_coding_unsupported",
                             "a part of the form has the field Content-Encoding: send it without a coding");
        }
    }
    return LREG_OK;
}

/* The header block is complete. */
static lreg_status begin_part(struct multipart *parser) {
    struct header_disposition disposition;
    struct error reason;
    if (headers_count(&parser->headers, "Content-Disposition") != 1) {
        return malformed(parser, "a part does not have one Content-Disposition");
    }
    lreg_status status = header_parse_disposition(headers_find(&parser->headers, "Content-Disposition"), &parser->arena,
                                                  &disposition, &reason);
    if (status == LREG_NO_MEMORY) {
        return error_no_memory(&parser->failure);
    }
    if (status != LREG_OK) {
        return malformed(parser, reason.message);
    }
    if (!slice_equals_ignoring_case(disposition.type, "form-data")) {
        return malformed(parser, "a part is not form-data");
    }
    if (disposition.name == NULL || disposition.name[0] == '\0') {
        return malformed(parser, "a part has no name");
    }
    if (!encoding_is_identity(&parser->headers)) {
        return malformed(parser, "a part has a Content-Transfer-Encoding");
    }
    status = check_content_coding(parser);
    if (status != LREG_OK) {
        return status;
    }
    parser->in_part = true;
    begin_content(parser, ASSUMED_LINE_END);
    return parser->events.part_begin(parser->events.user, disposition.name, disposition.filename, &parser->headers,
                                     &parser->failure);
}

/* `line` is NUL-terminated and without its line end. */
static lreg_status add_field(struct multipart *parser, char *line, size_t length) {
    if (parser->headers.count == parser->limits.max_part_headers) {
        return error_set(&parser->failure, LREG_HEADERS_TOO_LARGE, "too_many_part_headers",
                         "a part of the multipart body has more than %zu header fields",
                         parser->limits.max_part_headers);
    }
    if (text_has_control_beside(line, length, "\t")) {
        return malformed(parser, "a part has a control character in a header field");
    }
    char *colon = strchr(line, ':');
    if (colon == NULL) {
        return malformed(parser, "a part has a header line without a colon");
    }
    *colon = '\0';
    lreg_status status = headers_add(&parser->headers, line, colon + 1, &parser->failure);
    return status == LREG_BAD_ARGUMENT ? malformed(parser, "a part has a malformed header field") : status;
}

static lreg_status end_line(struct multipart *parser) {
    size_t length = parser->line.length;
    if (length < 2 || parser->line.bytes[length - 2] != '\r') {
        return malformed(parser, "a header line does not end with CR LF");
    }
    strbuf_shorten(&parser->line, length - 2);
    lreg_status status = length == 2 ? begin_part(parser) : add_field(parser, parser->line.bytes, length - 2);
    strbuf_clear(&parser->line);
    return status;
}

static lreg_status take_headers(struct multipart *parser, const char *bytes, size_t length, size_t *taken) {
    const char *newline = memchr(bytes, '\n', length);
    size_t used = newline != NULL ? (size_t)(newline - bytes) + 1 : length;
    if (used > parser->limits.max_part_header_bytes - parser->header_bytes) {
        return error_set(&parser->failure, LREG_HEADERS_TOO_LARGE, "part_headers_too_large",
                         "a part of the multipart body has more than %zu bytes of header fields",
                         parser->limits.max_part_header_bytes);
    }
    parser->header_bytes += used;
    strbuf_append(&parser->line, bytes, used);
    lreg_status status = strbuf_status(&parser->line, &parser->failure);
    if (status != LREG_OK) {
        return status;
    }
    *taken = used;
    return newline != NULL ? end_line(parser) : LREG_OK;
}

/* Consumes some of the bytes, or none when only the state changes. */
static lreg_status take(struct multipart *parser, const char *bytes, size_t length, size_t *taken) {
    *taken = 0;
    switch (parser->state) {
    case STATE_CONTENT:
        return take_content(parser, bytes, length, taken);
    case STATE_DELIMITER:
        return take_behind_delimiter(parser, bytes[0], taken);
    case STATE_DASH:
        return take_behind_dash(parser, bytes[0], taken);
    case STATE_PADDING:
        return take_padding(parser, bytes[0], taken);
    case STATE_LINE_END:
        return take_line_end(parser, bytes[0], taken);
    case STATE_HEADERS:
        return take_headers(parser, bytes, length, taken);
    case STATE_EPILOGUE:
        *taken = length;
        return LREG_OK;
    }
    return error_set(&parser->failure, LREG_INTERNAL, "", "multipart parser in an unknown state");
}

static lreg_status report(const struct multipart *parser, struct error *err) {
    if (parser->failure.status != LREG_OK && err != NULL) {
        *err = parser->failure;
    }
    return parser->failure.status;
}

lreg_status multipart_write(struct multipart *parser, const void *bytes, size_t length, struct error *err) {
    const char *at = bytes;
    while (parser->failure.status == LREG_OK && length > 0) {
        size_t taken = 0;
        lreg_status status = take(parser, at, length, &taken);
        parser->failure.status = status; /* a callback may have failed without setting the error */
        at += taken;
        length -= taken;
    }
    return report(parser, err);
}

lreg_status multipart_finish(struct multipart *parser, struct error *err) {
    bool is_complete = parser->state == STATE_EPILOGUE || (parser->state == STATE_PADDING && parser->is_closing);
    if (parser->failure.status == LREG_OK && !is_complete) {
        (void)malformed(parser, "it ends before the closing boundary");
    }
    return report(parser, err);
}

/* bchars of RFC 2046 section 5.1.1; the last one is not a blank. */
static bool boundary_is_sound(struct slice boundary) {
    for (size_t i = 0; i < boundary.length; i++) {
        char c = boundary.bytes[i];
        if (!char_is_alphanumeric(c) && (c == '\0' || strchr("'()+_,-./:=? ", c) == NULL)) {
            return false;
        }
    }
    return boundary.length > 0 && boundary.length <= MULTIPART_BOUNDARY_MAX &&
           boundary.bytes[boundary.length - 1] != ' ';
}

static lreg_status find_boundary(const char *content_type, struct slice *out, struct error *err) {
    size_t length = strcspn(content_type, ";");
    struct slice type = slice_trim((struct slice){content_type, length});
    struct slice rest = slice_of(content_type + length);
    if (!slice_equals_ignoring_case(type, "multipart/form-data")) {
        return error_set(err, LREG_UNSUPPORTED, "not_multipart", "the body is not multipart/form-data");
    }
    struct header_parameter parameter;
    enum header_step step;
    size_t count = 0;
    while ((step = header_next_parameter(&rest, &parameter)) == HEADER_STEP_FOUND) {
        if (slice_equals_ignoring_case(parameter.name, "boundary")) {
            *out = parameter.value;
            count++;
        }
    }
    if (step == HEADER_STEP_MALFORMED || count != 1 || !boundary_is_sound(*out)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_multipart",
                         "the boundary of the multipart body is missing or malformed");
    }
    return LREG_OK;
}

/* More than enough for a header block within the limits, so that the limits refuse and not the arena. */
static size_t arena_bytes(const struct multipart_limits *limits) {
    size_t copies = 0;
    size_t fields = 0;
    size_t sum = 0;
    if (!size_multiply(limits->max_part_header_bytes, 8, &copies) ||
        !size_multiply(limits->max_part_headers, 8 * sizeof(struct header), &fields) ||
        !size_add(copies, fields, &sum) || !size_add(sum, 4096, &sum)) {
        return SIZE_MAX;
    }
    return sum;
}

lreg_status multipart_new(const struct hooks *hooks, const char *content_type, const struct multipart_limits *limits,
                          const struct multipart_events *events, struct multipart **out, struct error *err) {
    *out = NULL;
    struct slice boundary = slice_of("");
    lreg_status status = find_boundary(content_type != NULL ? content_type : "", &boundary, err);
    if (status != LREG_OK) {
        return status;
    }
    struct multipart *parser = memory_allocate_zeroed(hooks, 1, sizeof *parser);
    if (parser == NULL) {
        return error_no_memory(err);
    }
    parser->hooks = hooks;
    parser->events = *events;
    parser->limits = *limits;
    memcpy(parser->delimiter, "\r\n--", 4);
    memcpy(parser->delimiter + 4, boundary.bytes, boundary.length);
    parser->delimiter_length = 4 + boundary.length;
    strbuf_init(&parser->line, hooks, limits->max_part_header_bytes);
    arena_init(&parser->arena, hooks, arena_bytes(limits));
    error_clear(&parser->failure);
    begin_content(parser, ASSUMED_LINE_END);
    *out = parser;
    return LREG_OK;
}

void multipart_free(struct multipart *parser) {
    if (parser == NULL) {
        return;
    }
    strbuf_free(&parser->line);
    arena_free(&parser->arena);
    memory_release(parser->hooks, parser);
}
