/* SPDX-License-Identifier: Apache-2.0 */

/* See play.h. */

#include "core/upkeep/maintenance.h"
#include "play.h"

#include "base/encoding.h"

#include <dirent.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEP_MS 1000 /* between two steps */
#define LATER_MS (INT64_C(40) * 24 * 3600 * 1000) /* when nothing that was begun counts any more */
#define DENSE 50 /* up to this n every one is tried, regardless of the stride */
#define SQLITE_STRIDE 13
#define LARGE 32768

struct play {
    struct play_script *script;
    struct rig rig;
    struct play_variables variables;
    lreg_exchange *exchange; /* reused for each request, as hosts do */
    const struct fault *fault; /* NULL: none */
    uint64_t n;
    size_t at; /* step */
    size_t fired; /* faults, in so many steps */
    bool over; /* a client cannot go on without the lost answer */
};

/* --- A growing buffer --- */

struct bytes {
    char *bytes;
    size_t length;
    size_t capacity;
};

static void append(struct bytes *out, const void *bytes, size_t length) {
    if (out->capacity <= out->length + length) {
        out->capacity = (out->length + length + 1) * 2;
        out->bytes = realloc(out->bytes, out->capacity);
        assert_non_null(out->bytes);
    }
    if (length > 0) {
        memcpy(out->bytes + out->length, bytes, length);
    }
    out->length += length;
    out->bytes[out->length] = '\0';
}

static void append_text(struct bytes *out, const char *text) {
    append(out, text, strlen(text));
}

/* --- Variables --- */

void play_set(struct play_variables *variables, const char *name, const void *bytes, size_t length) {
    struct bytes copy = {NULL, 0, 0};
    size_t i = 0;
    append(&copy, bytes, length);
    while (i < variables->count && strcmp(variables->all[i].name, name) != 0) {
        i++;
    }
    assert_true(i < PLAY_VARIABLES_MAX);
    if (i == variables->count) {
        variables->count++;
        variables->all[i].bytes = NULL;
    }
    free(variables->all[i].bytes);
    variables->all[i].name = name;
    variables->all[i].bytes = copy.bytes;
    variables->all[i].length = copy.length;
}

void play_set_text(struct play_variables *variables, const char *name, const char *text) {
    play_set(variables, name, text, strlen(text));
}

void play_set_hash(struct play_variables *variables, const char *name, const void *bytes, size_t length) {
    struct digest_set digests;
    char text[DIGEST_SHA256_TEXT];
    digest_of(DIGEST_SHA256, bytes, length, &digests);
    hex_encode(digests.sha256, sizeof digests.sha256, text);
    play_set_text(variables, name, text);
}

static void free_variables(struct play_variables *variables) {
    for (size_t i = 0; i < variables->count; i++) {
        free(variables->all[i].bytes);
    }
    variables->count = 0;
}

const char *play_variable(const struct play_variables *variables, const char *name) {
    for (size_t i = 0; i < variables->count; i++) {
        if (strcmp(variables->all[i].name, name) == 0) {
            return variables->all[i].bytes;
        }
    }
    fail_msg("no variable %s", name);
    return NULL;
}

const char *play_text(const struct play *play, const char *name) {
    return play_variable(&play->variables, name);
}

static void append_variable(struct bytes *out, const struct play_variables *variables, const char *name,
                            size_t length) {
    for (size_t i = 0; i < variables->count; i++) {
        if (strlen(variables->all[i].name) == length && memcmp(variables->all[i].name, name, length) == 0) {
            append(out, variables->all[i].bytes, variables->all[i].length);
            return;
        }
    }
    fail_msg("no variable %.*s", (int)length, name);
}

static struct bytes expand(const char *request, const struct play_variables *variables) {
    struct bytes out = {NULL, 0, 0};
    const char *at = request;
    append(&out, "", 0);
    for (const char *mark = strstr(at, "${"); mark != NULL; mark = strstr(at, "${")) {
        const char *end = strchr(mark, '}');
        assert_non_null(end);
        append(&out, at, (size_t)(mark - at));
        append_variable(&out, variables, mark + 2, (size_t)(end - mark) - 2);
        at = end + 1;
    }
    append_text(&out, at);
    return out;
}

/* --- Requests --- */

static struct http_answer *ask(struct play *play, const char *request) {
    lreg_error *err = NULL;
    struct http_answer *answer = NULL;
    if (play->exchange == NULL && lreg_exchange_new(&play->rig.instance, &play->exchange, &err) != LREG_OK) {
        lreg_error_free(err);
        answer = calloc(1, sizeof *answer);
        assert_non_null(answer);
        answer->call_status = LREG_NO_MEMORY;
        return answer;
    }
    struct bytes text = expand(request, &play->variables);
    const struct http_script script = {.exchange = play->exchange, .any_failure = true, .reads_by_pieces = true};
    answer = http_script_run_bytes(&script, text.bytes, text.length);
    free(text.bytes);
    return answer;
}

static struct http_answer *act(struct play *play, const struct play_step *step) {
    lreg_error *err = NULL;
    struct http_answer *answer = calloc(1, sizeof *answer);
    assert_non_null(answer);
    lreg_status status = step->act(play, &play->rig.instance, &err);
    assert_true((status == LREG_OK) == (err == NULL));
    answer->status = error_http_status(status);
    answer->content_length = -1;
    answer->text = strdup(err != NULL ? lreg_error_message(err) : "");
    assert_non_null(answer->text);
    answer->text_length = strlen(answer->text);
    lreg_error_free(err);
    return answer;
}

static struct http_answer *attempt(struct play *play) {
    const struct play_step *step = &play->script->steps[play->at];
    return step->act != NULL ? act(play, step) : ask(play, step->request);
}

struct http_answer *play_ask(struct play *play, const char *request) {
    struct http_answer *answer = ask(play, request);
    assert_int_equal(answer->call_status, LREG_OK);
    return answer;
}

void play_keep(struct play *play, const char *name, const char *text) {
    play_set_text(&play->variables, name, text);
}

void play_keep_bytes(struct play *play, const char *name, const void *bytes, size_t length) {
    play_set(&play->variables, name, bytes, length);
}

/* --- Results of the probes --- */

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Returns the length of an id, an upload id or a token secret at the start of `text`; 0 when there is none. */
static size_t random_length(const char *text) {
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    size_t length = 0;
    while (shape[length] != '\0' && (shape[length] == '-' ? text[length] == '-' : is_hex(text[length]))) {
        length++;
    }
    if (shape[length] == '\0') {
        return length;
    }
    if (strncmp(text, "lrgr_", 5) == 0 || strncmp(text, "lrga_", 5) == 0 || strncmp(text, "lrgb_", 5) == 0) {
        return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    }
    return 0;
}

/* Returns the length of a member whose value is random or counts the probes themselves; also of the length of the body,
 * because that count changes its digits. */
static size_t varying_length(const char *text) {
    static const char *const names[] = {"\"downloads\":", "\"graphql_id\":", "Content-Length: "};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strncmp(text, names[i], strlen(names[i])) == 0) {
            return strcspn(text, ",}\r");
        }
    }
    return 0;
}

/* Returns the length of an event, with the comma after it, that is written for each answer with a secret: who repeats a
 * request whose answer was lost leaves one more. */
static size_t repeated_event_length(const char *text) {
    static const char begin[] = "{\"id\":\"";
    static const char type[] = "\",\"type\":\"RegistryTokenRevealedEvent\"";
    const size_t id_length = ID_TEXT - 1;
    if (strncmp(text, begin, sizeof begin - 1) != 0 || random_length(text + sizeof begin - 1) != id_length ||
        strncmp(text + sizeof begin - 1 + id_length, type, sizeof type - 1) != 0) {
        return 0;
    }
    const char *end = strstr(text, "}}");
    return end == NULL ? 0 : (size_t)(end - text) + 2 + (end[2] == ',' ? 1 : 0);
}

/* Stores only a digest of large answers. */
static void append_masked(struct bytes *out, const char *text, size_t length) {
    struct digest_set digests;
    if (length > LARGE) {
        digest_of(DIGEST_SHA256, text, length, &digests);
        append(out, digests.sha256, sizeof digests.sha256);
        return;
    }
    for (size_t i = 0; i < length;) {
        size_t dropped = repeated_event_length(text + i);
        if (dropped > 0) {
            i += dropped;
            continue;
        }
        size_t hidden = random_length(text + i);
        hidden = hidden > 0 ? hidden : varying_length(text + i);
        /* Copies the rest by whole words, so that the end of a digest is not mistaken for an id. */
        size_t shown = hidden > 0 ? 0 : strspn(text + i, "0123456789abcdef");
        shown = shown == 0 ? 1 : shown;
        append(out, hidden > 0 ? "*" : text + i, hidden > 0 ? 1 : shown);
        i += hidden > 0 ? hidden : shown;
    }
}

static struct bytes look(struct play *play) {
    struct bytes out = {NULL, 0, 0};
    for (size_t i = 0; i < play->script->probe_count; i++) {
        struct http_answer *answer = play_ask(play, play->script->probes[i]);
        append_text(&out, "\n--- ");
        append_text(&out, play->script->probes[i]);
        append_masked(&out, answer->text, answer->text_length);
        http_answer_free(answer);
    }
    return out;
}

static bool is_same(const struct bytes *bytes, const char *known, size_t length) {
    return bytes->length == length && memcmp(bytes->bytes, known, length) == 0;
}

static bool sees(const struct play *play, const struct bytes *view, size_t moment) {
    return is_same(view, play->script->seen[moment], play->script->seen_length[moment]);
}

/* --- One run --- */

static const struct play_step *step_of(const struct play *play) {
    return &play->script->steps[play->at];
}

/* Starts shortly before the first difference. */
static void print_difference(const struct play *play, const struct bytes *view, size_t moment, const char *title) {
    const char *wanted = play->script->seen[moment];
    size_t at = 0;
    while (at < view->length && view->bytes[at] == wanted[at]) {
        at++;
    }
    at = at > 200 ? at - 200 : 0;
    (void)fprintf(stderr, "%s, from byte %zu on:\n%.500s\n", title, at, wanted + at);
    (void)fprintf(stderr, "instead of that:\n%.500s\n", view->bytes + at);
}

static void complain(const struct play *play, const char *what, const struct http_answer *answer,
                     const struct bytes *view) {
    (void)fprintf(stderr, "%s, %s %llu, step \"%s\"\n", what, play->fault != NULL ? play->fault->name : "no fault",
                  (unsigned long long)play->n, step_of(play)->name);
    if (answer != NULL) {
        (void)fprintf(stderr, "call: %s, answer:\n%.1500s\n", lreg_status_name(answer->call_status),
                      answer->text != NULL ? answer->text : "none");
    }
    if (view != NULL) {
        print_difference(play, view, play->at, "seen before the step");
        print_difference(play, view, play->at + 1, "to be seen after it");
    }
    fail();
}

static void require(const struct play *play, bool holds, const char *what, const struct http_answer *answer,
                    const struct bytes *view) {
    if (!holds) {
        complain(play, what, answer, view);
    }
}

static bool is_whole(const struct http_answer *answer, bool is_head) {
    return answer->call_status == LREG_OK &&
           (is_head || answer->content_length < 0 || (unsigned long long)answer->content_length == answer->body_length);
}

static bool is_as_expected(const struct play *play, const struct http_answer *answer, int status) {
    const char *request = step_of(play)->request;
    bool is_head = request != NULL && strncmp(request, "HEAD ", 5) == 0;
    return answer->status == status && is_whole(answer, is_head);
}

/* A failure must say what it is: nothing that a client would take for the state of the store. */
static bool is_honest_failure(const struct play *play, const struct http_answer *answer) {
    lreg_status call = answer->call_status;
    return call != LREG_OK ? error_http_status(call) == play->fault->answer : answer->status == play->fault->answer;
}

/* Does not use jansson, whose allocations are counted. */
static void keep_member(struct play *play, struct http_answer *answer, const char *member) {
    char mark[64];
    (void)snprintf(mark, sizeof mark, "\"%s\":\"", member);
    const char *begin = strstr(answer->body, mark);
    require(play, begin != NULL, "the answer lacks a member", answer, NULL);
    begin += strlen(mark);
    play_set(&play->variables, step_of(play)->keep, begin, strcspn(begin, "\""));
}

static void keep(struct play *play, struct http_answer *answer) {
    const struct play_step *step = step_of(play);
    if (step->keep == NULL) {
        return;
    }
    if (strncmp(step->keep_from, "json:", 5) == 0) {
        keep_member(play, answer, step->keep_from + 5);
        return;
    }
    const char *value = http_answer_header(answer, step->keep_from + strlen("header:"));
    require(play, value != NULL, "the answer lacks a field", answer, NULL);
    play_keep(play, step->keep, value);
}

/* The first run records what the others compare. It excludes the message of a call, because memory for it may be
 * missing. */
static void compare(struct play *play, const struct http_answer *answer) {
    if (step_of(play)->act != NULL) {
        return;
    }
    struct bytes text = {NULL, 0, 0};
    char **known = &play->script->answers[play->at];
    size_t *length = &play->script->answer_length[play->at];
    append_masked(&text, answer->text, answer->text_length);
    if (*known == NULL) {
        *known = text.bytes;
        *length = text.length;
        return;
    }
    if (!is_same(&text, *known, *length)) {
        (void)fprintf(stderr, "the answer was once:\n%.1500s\n", *known);
        complain(play, "another answer than without faults", answer, NULL);
    }
    free(text.bytes);
}

/* Makes a request that must succeed: no faults are active now. */
static void ask_well(struct play *play, int status) {
    struct http_answer *answer = attempt(play);
    require(play, is_as_expected(play, answer, status), "not the answer of a play without faults", answer, NULL);
    if (status == step_of(play)->status) {
        compare(play, answer);
    }
    keep(play, answer);
    http_answer_free(answer);
}

static void set_time(struct play *play) {
    play->rig.now_ms = rig_epoch_ms() + (int64_t)play->at * STEP_MS;
}

/* The step had no effect: the client continues as clients do. */
static void go_on(struct play *play) {
    const struct play_step *step = step_of(play);
    size_t last = play->at;
    if (step->recover != NULL) {
        step->recover(play);
        return;
    }
    for (play->at = last - step->back; play->at < last; play->at++) {
        set_time(play);
        ask_well(play, step_of(play)->status);
    }
    set_time(play);
    ask_well(play, step->status);
}

/* The answer is lost, but its effect is not. */
static void go_on_after(struct play *play) {
    int again = step_of(play)->again;
    if (again == 0) {
        play->over = true;
        return;
    }
    struct http_answer *answer = attempt(play);
    require(play, is_as_expected(play, answer, again), "not the answer to one who asks once more", answer, NULL);
    if (again < 300) {
        keep(play, answer);
    }
    http_answer_free(answer);
}

/* Closes the instance and drops all its memory. */
static void reopen(struct play *play) {
    lreg_exchange_free(play->exchange);
    play->exchange = NULL;
    rig_reopen(&play->rig);
}

static void deal_with_fault(struct play *play, struct http_answer *answer) {
    play->fired++;
    (void)rig_verify(&play->rig);
    struct bytes view = look(play);
    bool is_before = sees(play, &view, play->at);
    bool is_after = sees(play, &view, play->at + 1);
    if (is_as_expected(play, answer, step_of(play)->status)) {
        require(play, is_after, "the answer is good, the effect is not there", answer, &view);
        compare(play, answer);
        keep(play, answer);
    } else {
        require(play, is_honest_failure(play, answer), "not the answer of a failure", answer, NULL);
        require(play, is_before || is_after, "a part of the effect is there", answer, &view);
        if (is_before) {
            go_on(play);
        } else {
            go_on_after(play);
        }
    }
    free(view.bytes);
    if (!play->fault->is_warm) {
        lreg_exchange_free(play->exchange);
        play->exchange = NULL;
        rig_forget(&play->rig);
    }
}

static void play_step(struct play *play, bool with_fault) {
    set_time(play);
    if (with_fault) {
        rig_arm(&play->rig, play->fault, play->n);
    }
    struct http_answer *answer = attempt(play);
    bool fired = with_fault && rig_fired(&play->rig);
    rig_disarm(&play->rig);
    if (fired) {
        deal_with_fault(play, answer);
    } else {
        require(play, is_as_expected(play, answer, step_of(play)->status), "not the answer of a play without faults",
                answer, NULL);
        compare(play, answer);
        keep(play, answer);
    }
    http_answer_free(answer);
}

static void begin(struct play *play, struct play_script *script, const struct fault *fault) {
    memset(play, 0, sizeof *play);
    play->script = script;
    play->fault = fault;
    rig_copy(&play->rig, script->folder);
    for (size_t i = 0; i < script->variables.count; i++) {
        play_set(&play->variables, script->variables.all[i].name, script->variables.all[i].bytes,
                 script->variables.all[i].length);
    }
}

static void end(struct play *play) {
    lreg_exchange_free(play->exchange);
    play->exchange = NULL;
    rig_end(&play->rig);
    free_variables(&play->variables);
}

/* Everything that exists at the end must still exist long after, in another process, after a collection. */
static void check_end(struct play *play) {
    reopen(play);
    play->rig.now_ms = rig_epoch_ms() + LATER_MS;
    rig_check_store(&play->rig);
    struct bytes view = look(play);
    require(play, sees(play, &view, play->at + 1), "not what is to be seen in the end", NULL, &view);
    free(view.bytes);
}

static size_t count_descriptors(void) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

/* Runs with faults in the steps from `first` on. Returns the number of steps in which something failed, and the step
 * after the last one that ran. */
static size_t play_once(struct play_script *script, const struct fault *fault, uint64_t n, size_t first,
                        size_t *out_next) {
    struct play play;
    size_t descriptors = count_descriptors();
    begin(&play, script, fault);
    play.n = n;
    for (play.at = 0; play.at < script->step_count && !play.over; play.at++) {
        play_step(&play, play.at >= first);
    }
    size_t fired = play.fired;
    *out_next = play.at;
    play.at--;
    if (fired > 0) {
        check_end(&play);
    }
    end(&play);
    assert_int_equal(count_descriptors(), descriptors);
    return fired;
}

void play_with(struct play_script *script, const struct fault *fault) {
    size_t faults = 0;
    size_t fired = 1;
    uint64_t step = 1;
    for (uint64_t n = 1; fired > 0; n += step) {
        fired = 0;
        for (size_t first = 0; first < script->step_count;) {
            fired += play_once(script, fault, n, first, &first);
        }
        faults += fired;
        step = n >= DENSE && fault->stride > 0 ? fault->stride : 1;
    }
    assert_true(faults > 0);
    print_message("%s: %zu faults\n", fault->name, faults);
}

/* --- The script without faults --- */

static void remember(struct play_script *script, struct play *play, size_t moment) {
    struct bytes view = look(play);
    script->seen[moment] = view.bytes;
    script->seen_length[moment] = view.length;
}

void play_prepare(struct play_script *script, void (*furnish)(struct rig *rig, struct play_script *script)) {
    struct rig template;
    struct play play;
    rig_create(&template);
    furnish(&template, script);
    rig_close(&template);
    memcpy(script->folder, template.folder, sizeof script->folder);
    template.folder[0] = '\0';
    rig_end(&template);

    script->seen = calloc(script->step_count + 1, sizeof *script->seen);
    script->seen_length = calloc(script->step_count + 1, sizeof *script->seen_length);
    script->answers = calloc(script->step_count, sizeof *script->answers);
    script->answer_length = calloc(script->step_count, sizeof *script->answer_length);
    assert_true(script->seen != NULL && script->seen_length != NULL);
    assert_true(script->answers != NULL && script->answer_length != NULL);
    begin(&play, script, NULL);
    remember(script, &play, 0);
    for (play.at = 0; play.at < script->step_count; play.at++) {
        play_step(&play, false);
        remember(script, &play, play.at + 1);
    }
    play.at--;
    check_end(&play);
    end(&play);
}

void play_end(struct play_script *script) {
    for (size_t i = 0; script->seen != NULL && i <= script->step_count; i++) {
        free(script->seen[i]);
    }
    for (size_t i = 0; script->answers != NULL && i < script->step_count; i++) {
        free(script->answers[i]);
    }
    free(script->answers);
    free(script->answer_length);
    free(script->seen);
    free(script->seen_length);
    free_variables(&script->variables);
    rig_remove_folder(script->folder);
}

/* --- Kinds of faults --- */

void play_with_failing_allocation(struct play_script *script) {
    static const struct fault fault = {.name = "allocation", .place = FAULT_MEMORY, .answer = 503};
    play_with(script, &fault);
}

void play_with_failing_allocations(struct play_script *script) {
    static const struct fault fault = {
        .name = "allocation and all later", .place = FAULT_MEMORY, .answer = 503, .and_later = true, .is_warm = true};
    play_with(script, &fault);
}

void play_with_failing_storage(struct play_script *script) {
    static const struct fault before = {
        .name = "storage call", .place = FAULT_STORAGE, .status = LREG_IO, .answer = 500};
    static const struct fault after = {.name = "storage call after its effect",
                                       .place = FAULT_STORAGE,
                                       .status = LREG_IO,
                                       .answer = 500,
                                       .moment = FAULT_AFTER};
    static const struct fault later = {.name = "storage call and all later",
                                       .place = FAULT_STORAGE,
                                       .status = LREG_IO,
                                       .answer = 500,
                                       .and_later = true,
                                       .is_warm = true};
    play_with(script, &before);
    play_with(script, &after);
    play_with(script, &later);
}

void play_with_full_storage(struct play_script *script) {
    static const struct fault before = {.name = "storage call for want of space",
                                        .place = FAULT_STORAGE,
                                        .status = LREG_NO_SPACE,
                                        .answer = 507,
                                        .is_warm = true};
    static const struct fault after = {.name = "storage call for want of space after its effect",
                                       .place = FAULT_STORAGE,
                                       .status = LREG_NO_SPACE,
                                       .answer = 507,
                                       .moment = FAULT_AFTER};
    play_with(script, &before);
    play_with(script, &after);
}

void play_with_failing_database(struct play_script *script) {
    static const struct fault once = {.name = "step", .place = FAULT_SQL, .code = SQLITE_IOERR, .answer = 500};
    static const struct fault later = {.name = "step and all later",
                                       .place = FAULT_SQL,
                                       .code = SQLITE_IOERR,
                                       .answer = 500,
                                       .and_later = true,
                                       .is_warm = true};
    play_with(script, &once);
    play_with(script, &later);
}

void play_with_full_database(struct play_script *script) {
    static const struct fault fault = {
        .name = "step for want of space", .place = FAULT_SQL, .code = SQLITE_FULL, .answer = 507};
    play_with(script, &fault);
}

void play_with_busy_database(struct play_script *script) {
    static const struct fault fault = {
        .name = "busy step", .place = FAULT_SQL, .code = SQLITE_BUSY, .answer = 503, .is_warm = true};
    play_with(script, &fault);
}

void play_with_forgetful_database(struct play_script *script) {
    static const struct fault fault = {.name = "allocation of SQLite",
                                       .place = FAULT_SQLITE_MEMORY,
                                       .answer = 503,
                                       .is_warm = true,
                                       .stride = SQLITE_STRIDE};
    play_with(script, &fault);
}
