/* SPDX-License-Identifier: Apache-2.0 */

/* Parses the text of a request, feeds it to an exchange as the script says, and collects the response. */

#include "support/http_script.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <cmocka.h>

#define READ_BYTES 4096

struct buffer {
    char *bytes;
    size_t length;
};

static void append(struct buffer *buffer, const void *bytes, size_t length) {
    char *grown = realloc(buffer->bytes, buffer->length + length + 1);
    if (grown == NULL) {
        fail_msg("out of memory in the harness");
        return;
    }
    if (length > 0) {
        memcpy(grown + buffer->length, bytes, length);
    }
    grown[buffer->length + length] = '\0';
    buffer->bytes = grown;
    buffer->length += length;
}

static void append_text(struct buffer *buffer, const char *text) {
    append(buffer, text, strlen(text));
}

/* A run in progress. */
struct run {
    const struct http_script *script;
    lreg_exchange *exchange;
    struct http_answer *answer;
    char *method;
    char *target;
    const char *body; /* in the request */
    size_t body_length;
    struct buffer head;
    struct buffer content;
};

/* True when the call succeeded; an unexpected failure ends the test. `err` is read after the call that sets it. */
static bool went_well(struct run *run, lreg_status status, lreg_error *const *err, const char *what) {
    if (status == LREG_OK) {
        return true;
    }
    if (run->answer->call_status == LREG_OK) {
        run->answer->call_status = status;
    }
    if (!run->script->any_failure && status != run->script->expected) {
        fail_msg("%s: %s: %s", what, lreg_status_name(status), *err != NULL ? lreg_error_message(*err) : "");
    }
    lreg_error_free(*err);
    return false;
}

/* Not strndup(): the bytes need not end with a NUL, which the address sanitizer requires. */
static char *copy_text(const char *bytes, size_t length) {
    char *copy = malloc(length + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

/* Takes a line off; the result excludes the line end. */
static char *take_line(const char **at, const char *end) {
    const char *line = *at;
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    size_t length = (size_t)((stop != NULL ? stop : end) - line);
    *at = stop != NULL ? stop + 1 : end;
    if (length > 0 && line[length - 1] == '\r') {
        length--;
    }
    return copy_text(line, length);
}

static void take_request_line(struct run *run, char *line) {
    char *blank = strchr(line, ' ');
    if (blank == NULL) {
        fail_msg("a script begins with METHOD TARGET, not with: %s", line);
        return;
    }
    run->method = strndup(line, (size_t)(blank - line));
    char *target = blank + 1;
    char *version = strrchr(target, ' ');
    bool has_version = version != NULL && strncmp(version + 1, "HTTP/", 5) == 0;
    run->target = strndup(target, has_version ? (size_t)(version - target) : strlen(target));
}

static bool add_field(struct run *run, const char *name, const char *value) {
    lreg_error *err = NULL;
    return went_well(run, lreg_exchange_add_header(run->exchange, name, value, &err), &err, "add_header");
}

/* Which fields the script sets itself, so that they are not added. */
struct seen {
    bool framing;
    bool authorization;
};

static bool take_field(struct run *run, char *line, struct seen *seen) {
    char *colon = strchr(line, ':');
    if (colon == NULL) {
        fail_msg("a field is NAME: VALUE, not: %s", line);
        return false;
    }
    *colon = '\0';
    seen->framing =
        seen->framing || strcasecmp(line, "Content-Length") == 0 || strcasecmp(line, "Transfer-Encoding") == 0;
    seen->authorization = seen->authorization || strcasecmp(line, "Authorization") == 0;
    return add_field(run, line, colon + 1);
}

static bool add_missing_fields(struct run *run, const struct seen *seen) {
    if (run->script->authorization != NULL && !seen->authorization &&
        !add_field(run, "Authorization", run->script->authorization)) {
        return false;
    }
    if (run->body_length == 0 || seen->framing) {
        return true;
    }
    char length[32];
    (void)snprintf(length, sizeof length, "%zu", run->body_length);
    return add_field(run, "Content-Length", length);
}

static bool set_surroundings(struct run *run) {
    const struct http_script *script = run->script;
    lreg_error *err = NULL;
    lreg_status status = LREG_OK;
    if (script->scheme != NULL) {
        status = lreg_exchange_set_scheme(run->exchange, script->scheme, &err);
    }
    if (status == LREG_OK && script->mount != NULL) {
        status = lreg_exchange_set_mount(run->exchange, script->mount, &err);
    }
    if (status == LREG_OK && script->peer != NULL) {
        status = lreg_exchange_set_peer(run->exchange, script->peer, &err);
    }
    if (status == LREG_OK) {
        status = lreg_exchange_trust_forwarded(run->exchange, script->trusts_forwarded ? 1 : 0, &err);
    }
    return went_well(run, status, &err, "set");
}

static bool take_fields(struct run *run, const char *at, const char *end) {
    struct seen seen = {false, false};
    bool is_well = true;
    bool is_over = false;
    while (is_well && !is_over) {
        char *line = take_line(&at, end);
        is_over = line[0] == '\0';
        is_well = is_over || take_field(run, line, &seen);
        free(line);
    }
    run->body = at;
    run->body_length = (size_t)(end - at);
    return is_well && add_missing_fields(run, &seen);
}

static bool give_head(struct run *run, const char *request, size_t length) {
    const char *at = request;
    const char *end = request + length;
    char *line = take_line(&at, end);
    take_request_line(run, line);
    free(line);
    lreg_error *err = NULL;
    lreg_status status = lreg_exchange_set_request(run->exchange, run->method, run->target, &err);
    return went_well(run, status, &err, "set_request") && set_surroundings(run) && take_fields(run, at, end);
}

/* The end of the piece that begins at `offset`. */
static size_t piece_end(const struct run *run, size_t offset) {
    const struct http_script *script = run->script;
    size_t end = run->body_length;
    for (size_t i = 0; i < script->cut_count; i++) {
        if (script->cuts[i] > offset && script->cuts[i] < end) {
            end = script->cuts[i];
            break;
        }
    }
    bool is_long = script->piece_bytes > 0 && end - offset > script->piece_bytes;
    return is_long ? offset + script->piece_bytes : end;
}

static bool give_body(struct run *run) {
    size_t offset = 0;
    while (lreg_exchange_wants(run->exchange) == LREG_WANTS_BODY) {
        lreg_error *err = NULL;
        if (offset == run->body_length) {
            return went_well(run, lreg_exchange_finish(run->exchange, &err), &err, "finish");
        }
        size_t end = piece_end(run, offset);
        lreg_status status = lreg_exchange_write(run->exchange, run->body + offset, end - offset, &err);
        if (!went_well(run, status, &err, "write")) {
            return false;
        }
        offset = end;
    }
    run->answer->was_early = run->body_length > 0;
    return true;
}

static void take_head(struct run *run) {
    struct http_answer *answer = run->answer;
    const char *name = NULL;
    const char *value = NULL;
    for (size_t i = 0; lreg_exchange_header_at(run->exchange, i, &name, &value); i++) {
        if (strcmp(name, "X-Request-Id") != 0) {
            append_text(&run->head, name);
            append_text(&run->head, ": ");
            append_text(&run->head, value);
            append_text(&run->head, "\n");
        }
    }
    answer->status = lreg_exchange_status(run->exchange);
    answer->content_length = lreg_exchange_content_length(run->exchange);
    answer->may_keep_alive = lreg_exchange_may_keep_alive(run->exchange) != 0;
}

static bool take_by_reading(struct run *run) {
    char bytes[READ_BYTES];
    size_t got = 1;
    while (got > 0) {
        lreg_error *err = NULL;
        lreg_status status = lreg_exchange_read(run->exchange, bytes, sizeof bytes, &got, &err);
        if (!went_well(run, status, &err, "read")) {
            return false;
        }
        append(&run->content, bytes, got);
    }
    return true;
}

/* Takes a part of the piece, as sockets do; 0 when that is impossible. */
static size_t take_piece(struct run *run, const lreg_piece *piece) {
    char bytes[READ_BYTES];
    size_t part = piece->length < sizeof bytes ? (size_t)piece->length : sizeof bytes;
    if (piece->kind == LREG_PIECE_BYTES) {
        append(&run->content, piece->bytes, part);
        return part;
    }
    ssize_t got = pread(piece->file, bytes, part, (off_t)piece->file_offset);
    if (piece->kind != LREG_PIECE_FILE || got <= 0) {
        fail_msg("a piece of kind %d cannot be taken", (int)piece->kind);
        return 0;
    }
    append(&run->content, bytes, (size_t)got);
    return (size_t)got;
}

static bool take_by_pieces(struct run *run) {
    for (;;) {
        lreg_error *err = NULL;
        lreg_piece piece = {.size = sizeof piece};
        if (!went_well(run, lreg_exchange_next(run->exchange, &piece, &err), &err, "next")) {
            return false;
        }
        if (piece.kind == LREG_PIECE_END) {
            return true;
        }
        size_t taken = take_piece(run, &piece);
        if (!went_well(run, lreg_exchange_consume(run->exchange, taken, &err), &err, "consume")) {
            return false;
        }
    }
}

static bool take_response(struct run *run) {
    take_head(run);
    return run->script->reads_by_pieces ? take_by_pieces(run) : take_by_reading(run);
}

static bool begin(struct run *run) {
    lreg_error *err = NULL;
    return went_well(run, lreg_exchange_begin(run->exchange, &err), &err, "begin");
}

static bool open_exchange(struct run *run) {
    if (run->script->exchange != NULL) {
        run->exchange = run->script->exchange;
        lreg_exchange_reset(run->exchange);
        return true;
    }
    lreg_error *err = NULL;
    return went_well(run, lreg_exchange_new(run->script->instance, &run->exchange, &err), &err, "new");
}

/* Moves what was collected into the answer. */
static void finish_answer(struct run *run) {
    struct http_answer *answer = run->answer;
    struct buffer text = {NULL, 0};
    char line[64];
    append(&run->head, "", 0);
    append(&run->content, "", 0);
    (void)snprintf(line, sizeof line, "HTTP %d\n", answer->status);
    append_text(&text, line);
    append_text(&text, run->head.bytes);
    if (answer->content_length >= 0) {
        (void)snprintf(line, sizeof line, "Content-Length: %lld\n", answer->content_length);
        append_text(&text, line);
    }
    append_text(&text, "\n");
    append(&text, run->content.bytes, run->content.length);
    answer->head = run->head.bytes;
    answer->body = run->content.bytes;
    answer->body_length = run->content.length;
    answer->text = text.bytes;
    answer->text_length = text.length;
}

struct http_answer *http_script_run_bytes(const struct http_script *script, const char *request, size_t length) {
    struct run run = {.script = script, .answer = calloc(1, sizeof *run.answer)};
    if (run.answer == NULL) {
        fail_msg("out of memory in the harness");
        return NULL;
    }
    run.answer->content_length = -1;
    if (open_exchange(&run) && give_head(&run, request, length) && begin(&run) && give_body(&run)) {
        (void)take_response(&run);
    }
    finish_answer(&run);
    if (script->exchange == NULL) {
        lreg_exchange_free(run.exchange);
    }
    free(run.method);
    free(run.target);
    return run.answer;
}

struct http_answer *http_script_run(const struct http_script *script, const char *request) {
    return http_script_run_bytes(script, request, strlen(request));
}

static size_t head_length(const char *request, size_t length) {
    const char *at = request;
    const char *end = request + length;
    bool is_over = false;
    while (!is_over && at < end) {
        char *line = take_line(&at, end);
        is_over = line[0] == '\0';
        free(line);
    }
    return (size_t)(at - request);
}

static void check_same(const struct http_answer *whole, struct http_answer *cut, size_t at) {
    if (whole->text_length != cut->text_length || memcmp(whole->text, cut->text, cut->text_length) != 0) {
        fail_msg("cut at %zu gives another answer:\n%s\nthan the whole:\n%s", at, cut->text, whole->text);
    }
    http_answer_free(cut);
}

void http_script_check_cuts(const struct http_script *script, const char *request, size_t length,
                            void (*prepare)(void *user), void *user) {
    struct http_script cut = *script;
    size_t at = 0;
    cut.cuts = &at;
    cut.cut_count = 1;
    cut.piece_bytes = 0;
    if (prepare != NULL) {
        prepare(user);
    }
    struct http_answer *whole = http_script_run_bytes(&cut, request, length);
    size_t body = length - head_length(request, length);
    for (at = 1; at <= body; at++) { /* the last one is the body byte by byte */
        cut.piece_bytes = at == body ? 1 : 0;
        if (prepare != NULL) {
            prepare(user);
        }
        check_same(whole, http_script_run_bytes(&cut, request, length), at);
    }
    http_answer_free(whole);
}

const char *http_answer_header(struct http_answer *answer, const char *name) {
    size_t length = strlen(name);
    char *line = answer->head;
    while (line != NULL && *line != '\0') {
        char *end = strchr(line, '\n');
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            struct buffer value = {NULL, 0};
            append(&value, line + length + 2, (size_t)(end - line) - length - 2);
            free(answer->found);
            answer->found = value.bytes;
            return answer->found;
        }
        line = end != NULL ? end + 1 : NULL;
    }
    return NULL;
}

void http_answer_free(struct http_answer *answer) {
    if (answer == NULL) {
        return;
    }
    free(answer->head);
    free(answer->body);
    free(answer->text);
    free(answer->found);
    free(answer);
}
