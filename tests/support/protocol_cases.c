/* SPDX-License-Identifier: Apache-2.0 */

/* Runs requests of protocol tests, and tables of requests that must be refused. */

#include "support/protocol_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Writes the expansion of the text between "<<" and ">>". */
static void expand_word(const struct protocol_world *world, const char *word, size_t length, FILE *out) {
    if (length == 7 && memcmp(word, "package", 7) == 0) {
        (void)fputs(world->package_id, out);
        return;
    }
    if (length == 5 && memcmp(word, "token", 5) == 0) {
        (void)fputs(world->token_id, out);
        return;
    }
    if (length < 3 || word[1] != '*') {
        fail_msg("unknown <<%.*s>>", (int)length, word);
        return;
    }
    unsigned long count = strtoul(word + 2, NULL, 10);
    for (unsigned long i = 0; i < count; i++) {
        (void)fputc(word[0], out);
    }
}

char *protocol_expand(const struct protocol_world *world, const char *request, size_t length, size_t *out_length) {
    char *text = NULL;
    FILE *out = open_memstream(&text, out_length);
    const char *at = request;
    const char *end = request + length;
    while (at < end) {
        const char *open = memmem(at, (size_t)(end - at), "<<", 2);
        const char *close = open == NULL ? NULL : memmem(open, (size_t)(end - open), ">>", 2);
        const char *plain_end = close == NULL ? end : open;
        (void)fwrite(at, 1, (size_t)(plain_end - at), out);
        if (close != NULL) {
            expand_word(world, open + 2, (size_t)(close - open) - 2, out);
        }
        at = close == NULL ? end : close + 2;
    }
    (void)fclose(out);
    return text;
}

static struct http_script script_of(struct protocol_world *world, enum protocol_who who) {
    struct http_script script = {.instance = world->instance, .peer = "192.0.2.7"};
    script.authorization = who == WHO_NOBODY ? NULL : world->authorization[who];
    return script;
}

struct http_answer *protocol_run(struct protocol_world *world, enum protocol_who who, const char *request) {
    struct http_script script = script_of(world, who);
    size_t length = 0;
    char *text = protocol_expand(world, request, strlen(request), &length);
    struct http_answer *answer = http_script_run_bytes(&script, text, length);
    free(text);
    return answer;
}

struct http_answer *protocol_expect(struct protocol_world *world, enum protocol_who who, const char *request,
                                    int status) {
    struct http_answer *answer = protocol_run(world, who, request);
    if (answer->status != status) {
        fail_msg("%d expected, not:\n%s\nto:\n%s", status, answer->text, request);
    }
    return answer;
}

/* Copies a JSON string up to its closing quote, and unescapes what our messages contain: \" and \\. */
static char *copy_string(const char *text) {
    char *copy = strdup(text);
    char *to = copy;
    for (const char *from = text; *from != '\0' && *from != '"'; from++) {
        from += *from == '\\' && from[1] != '\0' ? 1 : 0;
        *to++ = *from;
    }
    *to = '\0';
    return copy;
}

char *protocol_member(const struct http_answer *answer, const char *name) {
    char key[64];
    (void)snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *found = strstr(answer->body, key);
    return found == NULL ? NULL : copy_string(found + strlen(key));
}

void protocol_expect_member(const struct http_answer *answer, const char *name, const char *value) {
    char *got = protocol_member(answer, name);
    if (got == NULL || strcmp(got, value) != 0) {
        fail_msg("%s is %s, not %s, in:\n%s", name, got == NULL ? "absent" : got, value, answer->body);
    }
    free(got);
}

/* The message of a refusal; free() it. */
static char *message_of(const struct protocol_case *row, const struct http_answer *answer) {
    if (row->code != NULL) {
        return protocol_member(answer, "message");
    }
    char *text = strdup(answer->body);
    if (answer->body_length > 0 && text[answer->body_length - 1] == '\n') {
        text[answer->body_length - 1] = '\0';
    }
    return text;
}

static bool is_same(const char *wanted, const char *got) {
    return wanted == NULL || (got != NULL && strcmp(wanted, got) == 0);
}

static void check_answer(const struct protocol_case *row, const struct http_answer *answer) {
    char *code = row->code == NULL ? NULL : protocol_member(answer, "code");
    char *message = message_of(row, answer);
    bool is_right = answer->status == row->status && is_same(row->code, code) && is_same(row->message, message);
    if (!is_right) {
        print_error("%s: %d %s \"%s\" expected, not:\n%s\n", row->name, row->status, row->code == NULL ? "" : row->code,
                    row->message == NULL ? "" : row->message, answer->text);
    }
    free(code);
    free(message);
    assert_true(is_right);
}

static void check_same(const struct protocol_case *row, const struct http_answer *whole, struct http_answer *cut) {
    if (strcmp(whole->text, cut->text) != 0) {
        fail_msg("%s: in pieces it gives:\n%s\nand whole:\n%s", row->name, cut->text, whole->text);
    }
    http_answer_free(cut);
}

static void check_case(struct protocol_world *world, const struct protocol_case *row) {
    struct http_script script = script_of(world, row->who);
    size_t length = 0;
    char *request = protocol_expand(world, row->request, row->length > 0 ? row->length : strlen(row->request), &length);
    struct http_answer *whole = http_script_run_bytes(&script, request, length);
    check_answer(row, whole);
    script.piece_bytes = 7;
    check_same(row, whole, http_script_run_bytes(&script, request, length));
    script.piece_bytes = 1;
    check_same(row, whole, http_script_run_bytes(&script, request, length));
    http_answer_free(whole);
    free(request);
}

/* Both texts from the first line that differs. */
static void check_unchanged(const struct protocol_case *row, const char *before, const char *after) {
    size_t line = 0;
    size_t at = 0;
    while (before[at] != '\0' && before[at] == after[at]) {
        at++;
        line = before[at - 1] == '\n' ? at : line;
    }
    if (before[at] != after[at]) {
        fail_msg("%s: has changed the state from\n%.300s\nto\n%.300s", row->name, before + line, after + line);
    }
}

void protocol_check_cases(struct protocol_world *world, const struct protocol_case *cases, size_t count) {
    char *before = protocol_state(world);
    for (size_t i = 0; i < count; i++) {
        check_case(world, &cases[i]);
        char *after = protocol_state(world);
        check_unchanged(&cases[i], before, after);
        free(after);
    }
    free(before);
}
