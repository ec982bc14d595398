/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Runs scripts. Lines before the request line:
 *
 *     @as owner, reader, publisher, registry, nobody      the sender of the request; default: owner
 *     @basic        as a password
 *     @cut N        the body comes in pieces, the first has N bytes
 *     @open         the body comes without a length
 *     @gone         the client disconnects when half of the body is sent
 *     @pieces       the response is read with next and consume
 *     @defer        work that may block is deferred
 *     @files        a front server can send files
 *     @trust, @scheme S, @host H, @mount M, @peer A       what the host sets
 *     @wait N       N minutes pass first
 *     @collect N    content that is unreferenced and older than N minutes is collected first
 */

#include "support/script.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "support/fuzzer.h"

#include <stdio.h>

#define LINE_MAX_BYTES 10000
#define MINUTE_MS 60000

/* Takes one line, expanded and without its line end; returns false at an empty one and at the end of the bytes. */
static bool take_line(const struct script *script, const char **at, const char *end, struct strbuf *line) {
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    size_t length = stop != NULL ? (size_t)(stop - *at) : (size_t)(end - *at);
    strbuf_clear(line);
    script_expand(script, *at, length < LINE_MAX_BYTES ? length : LINE_MAX_BYTES, line);
    *at += stop != NULL ? length + 1 : length;
    return length > 0;
}

static enum world_who find_who(const char *name) {
    static const char *const names[WORLD_WHO_COUNT] = {"owner", "reader", "publisher", "registry", "nobody"};
    for (int who = 0; who < WORLD_WHO_COUNT; who++) {
        if (strcmp(name, names[who]) == 0) {
            return (enum world_who)who;
        }
    }
    return WORLD_OWNER;
}

static int64_t minutes(const char *text) {
    return (int64_t)(strtoul(text, NULL, 10) % 1000000) * MINUTE_MS;
}

static void collect(struct script *script, int64_t grace_ms) {
    const lreg_collect_options options = {.size = sizeof options, .grace_ms = grace_ms > 0 ? grace_ms : -1};
    lreg_status status = lreg_collect(script->world.instance, &options, NULL, NULL);
    expect(status == LREG_OK || script->may_fail);
}

/* What a host sets; the call refuses malformed values. */
static bool give_setting(lreg_exchange *exchange, const char *name, const char *value) {
    if (strcmp(name, "trust") == 0) {
        (void)lreg_exchange_trust_forwarded(exchange, 1, NULL);
    } else if (strcmp(name, "scheme") == 0) {
        (void)lreg_exchange_set_scheme(exchange, value, NULL);
    } else if (strcmp(name, "host") == 0) {
        (void)lreg_exchange_set_host(exchange, value, NULL);
    } else if (strcmp(name, "mount") == 0) {
        (void)lreg_exchange_set_mount(exchange, value, NULL);
    } else if (strcmp(name, "peer") == 0) {
        (void)lreg_exchange_set_peer(exchange, value, NULL);
    } else {
        return false;
    }
    return true;
}

static void take_directive(struct script *script, char *name) {
    char *blank = strchr(name, ' ');
    const char *value = blank != NULL ? blank + 1 : "";
    if (blank != NULL) {
        *blank = '\0';
    }
    if (give_setting(script->world.exchange, name, value)) {
        script->manner.is_elsewhere = true;
        return;
    }
    if (strcmp(name, "as") == 0) {
        script->manner.who = find_who(value);
    } else if (strcmp(name, "basic") == 0) {
        script->manner.is_basic = true;
    } else if (strcmp(name, "cut") == 0) {
        script->manner.step = (uint8_t)strtoul(value, NULL, 10);
    } else if (strcmp(name, "open") == 0) {
        script->manner.is_open = true;
    } else if (strcmp(name, "gone") == 0) {
        script->manner.is_cut_off = true;
    } else if (strcmp(name, "pieces") == 0) {
        script->manner.by_pieces = true;
    } else if (strcmp(name, "defer") == 0) {
        (void)lreg_exchange_set_defers_work(script->world.exchange, 1, NULL);
    } else if (strcmp(name, "files") == 0) {
        (void)lreg_exchange_set_sends_files(script->world.exchange, 1, NULL);
    } else if (strcmp(name, "wait") == 0) {
        script->world.now_ms += minutes(value);
    } else if (strcmp(name, "collect") == 0) {
        collect(script, minutes(value));
    }
}

/* Passes "name: value" to the exchange. */
static bool give_field(struct script *script, const struct strbuf *line) {
    char *name = copy_text(strbuf_text(line), line->length);
    char *colon = strchr(name, ':');
    const char *value = colon == NULL ? "" : colon + 1;
    if (colon != NULL) {
        *colon = '\0';
    }
    bool is_type = strcmp(name, "Content-Type") == 0;
    expect(lreg_exchange_add_header(script->world.exchange, name, value, NULL) == LREG_OK);
    free(name);
    return is_type;
}

static void note_sha512(struct script *script) {
    struct digest_set digests;
    digest_of(DIGEST_SHA512, strbuf_text(&script->body), script->body.length, &digests);
    memcpy(script->sha512, "sha512:", 7);
    hex_encode(digests.sha512, sizeof digests.sha512, script->sha512 + 7);
}

/* "Basic" and the base64 of "buildkite:" and the token. */
static void give_password(struct script *script, const char *token) {
    char plain[160];
    char value[256] = "Basic ";
    int length = snprintf(plain, sizeof plain, "buildkite:%s", token);
    expect(length > 0 && (size_t)length < sizeof plain);
    base64_encode(plain, (size_t)length, value + strlen(value));
    expect(lreg_exchange_add_header(script->world.exchange, "Authorization", value, NULL) == LREG_OK);
}

static void give_own_fields(struct script *script, const char *type) {
    lreg_exchange *exchange = script->world.exchange;
    const char *authorization = world_authorization(&script->world, script->manner.who);
    char length[24];
    if (authorization[0] != '\0' && script->manner.is_basic) {
        give_password(script, authorization + strlen("Bearer "));
    } else if (authorization[0] != '\0') {
        expect(lreg_exchange_add_header(exchange, "Authorization", authorization, NULL) == LREG_OK);
    }
    if (type != NULL) {
        expect(lreg_exchange_add_header(exchange, "Content-Type", type, NULL) == LREG_OK);
    }
    if (script->manner.is_open) {
        expect(lreg_exchange_add_header(exchange, "Transfer-Encoding", "chunked", NULL) == LREG_OK);
    } else if (script->body.length > 0) {
        (void)snprintf(length, sizeof length, "%zu", script->body.length);
        expect(lreg_exchange_add_header(exchange, "Content-Length", length, NULL) == LREG_OK);
    }
}

/* The start of the body: after the first empty line. */
static const char *find_body(const char *at, const char *end) {
    if (at < end && *at == '\n') {
        return at + 1;
    }
    const char *gap = memmem(at, (size_t)(end - at), "\n\n", 2);
    return gap != NULL ? gap + 2 : end;
}

/* The body is built first, because the head may contain its digest. */
static void run_request(struct script *script, const char *at, const char *end) {
    struct strbuf line;
    struct world *world = &script->world;
    const char *body = find_body(at, end);
    script->manner = (struct script_manner){.who = WORLD_OWNER};
    lreg_exchange_reset(world->exchange);
    const char *type = script_make_body(script, body, (size_t)(end - body));
    script_note(strbuf_text(&script->body), script->body.length, &script->bodies[script->count % 10]);
    note_sha512(script);
    strbuf_init(&line, &script->hooks, SCRIPT_BODY_MAX);
    bool has_line = take_line(script, &at, body, &line);
    while (has_line && strbuf_text(&line)[0] == '@') {
        char *directive = copy_text(strbuf_text(&line) + 1, line.length - 1);
        take_directive(script, directive);
        free(directive);
        has_line = take_line(script, &at, body, &line);
    }
    char *method = copy_text(strbuf_text(&line), line.length);
    char *blank = strchr(method, ' ');
    const char *target = blank != NULL ? blank + 1 : "";
    if (blank != NULL) {
        *blank = '\0';
    }
    expect(lreg_exchange_set_request(world->exchange, method, target, NULL) == LREG_OK);
    while (has_line && take_line(script, &at, body, &line)) {
        type = give_field(script, &line) ? NULL : type;
    }
    give_own_fields(script, type);
    int32_t status = script_exchange(script, strcmp(method, "HEAD") == 0);
    script_check_effect(script, method, target, status);
    free(method);
    strbuf_free(&line);
}

void script_begin(struct script *script, const lreg_storage_backend *backend, void *state) {
    *script = (struct script){.told = UINT64_C(0xcbf29ce484222325)};
    hooks_default(&script->hooks);
    strbuf_init(&script->body, &script->hooks, SCRIPT_BODY_MAX);
    strbuf_init(&script->answer, &script->hooks, SCRIPT_BODY_MAX);
    world_open(&script->world, backend, state);
}

void script_run(struct script *script, const uint8_t *bytes, size_t length) {
    const char *at = (const char *)bytes;
    const char *end = at + length;
    while (at < end && script->count < SCRIPT_REQUESTS_MAX) {
        const char *stop = memmem(at, (size_t)(end - at), SCRIPT_END, strlen(SCRIPT_END));
        run_request(script, at, stop == NULL ? end : stop);
        script->count++;
        at = stop == NULL ? end : stop + strlen(SCRIPT_END);
    }
}

void script_end(struct script *script) {
    strbuf_free(&script->body);
    strbuf_free(&script->answer);
}
