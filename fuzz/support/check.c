/* SPDX-License-Identifier: Apache-2.0 */

/* Sends a request, takes its response, and checks that the response is true. */

#include "support/script.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "base/text.h"
#include "support/fuzzer.h"

#include <stdio.h>

#define ANSWER_KEPT ((size_t)64 << 10)

static void tell(struct script *script, const void *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        script->told = (script->told ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
    }
}

/* Copies each piece to memory of exactly its size, so that reads past the end are detected. */
static void give_body(struct script *script) {
    lreg_exchange *exchange = script->world.exchange;
    const char *at = strbuf_text(&script->body);
    size_t left = script->body.length;
    size_t kept_back = script->manner.is_cut_off ? left / 2 + 1 : 0;
    uint8_t step = script->manner.step;
    while (lreg_exchange_wants(exchange) == LREG_WANTS_BODY && (kept_back == 0 || left > kept_back)) {
        size_t piece = next_piece(&step, left);
        char *copy = copy_text(at, piece);
        lreg_status status =
            piece == 0 ? lreg_exchange_finish(exchange, NULL) : lreg_exchange_write(exchange, copy, piece, NULL);
        free(copy);
        expect(status == LREG_OK);
        at += piece;
        left -= piece;
    }
}

static void take_bytes(struct script *script, struct digest *digest, const void *bytes, size_t length) {
    digest_update(digest, bytes, length);
    if (script->answer.length + length <= ANSWER_KEPT) {
        strbuf_append(&script->answer, bytes, length);
    }
}

static lreg_status take_by_pieces(struct script *script, struct digest *digest, int64_t *length) {
    lreg_piece piece = {.size = sizeof piece};
    lreg_status status = LREG_OK;
    do {
        status = lreg_exchange_next(script->world.exchange, &piece, NULL);
        if (status == LREG_OK && piece.kind == LREG_PIECE_BYTES) {
            uint64_t taken = piece.length / 2 + 1;
            take_bytes(script, digest, piece.bytes, (size_t)taken);
            *length += (int64_t)taken;
            expect(lreg_exchange_consume(script->world.exchange, taken, NULL) == LREG_OK);
        }
        if (status == LREG_OK && piece.kind == LREG_PIECE_FILE) { /* whose descriptor may be absent */
            *length += (int64_t)piece.length;
            expect(lreg_exchange_consume(script->world.exchange, piece.length, NULL) == LREG_OK);
        }
    } while (status == LREG_OK && piece.kind != LREG_PIECE_END);
    return status;
}

static lreg_status take_by_reading(struct script *script, struct digest *digest, int64_t *length) {
    char bytes[4096];
    size_t got = 1;
    lreg_status status = LREG_OK;
    while (status == LREG_OK && got > 0) {
        status = lreg_exchange_read(script->world.exchange, bytes, sizeof bytes, &got, NULL);
        if (status == LREG_OK) {
            take_bytes(script, digest, bytes, got);
            *length += (int64_t)got;
        }
    }
    return status;
}

static void take_body(struct script *script, int32_t *status, bool is_head) {
    struct digest digest;
    struct digest_set digests;
    int64_t length = 0;
    int64_t announced = lreg_exchange_content_length(script->world.exchange);
    strbuf_clear(&script->answer);
    digest_init(&digest, DIGEST_SHA256);
    lreg_status result =
        script->manner.by_pieces ? take_by_pieces(script, &digest, &length) : take_by_reading(script, &digest, &length);
    digest_finish(&digest, &digests);
    memcpy(script->answer_sha256, digests.sha256, sizeof digests.sha256);
    tell(script, digests.sha256, sizeof digests.sha256);
    if (result != LREG_OK) {
        expect(script->may_fail && result != LREG_MISUSE && result != LREG_INTERNAL);
        *status = 0;
        return;
    }
    expect(announced < 0 || is_head ? length == 0 : length == announced);
}

/* Path and query of the Location, usable as the target of the next request. */
static void note_location(struct script *script, const char *value) {
    const char *authority = strstr(value, "://");
    const char *path = authority != NULL ? strchr(authority + 3, '/') : value;
    (void)snprintf(script->location, sizeof script->location, "%s", path != NULL ? path : "/");
}

static void take_head(struct script *script) {
    const char *name = NULL;
    const char *value = NULL;
    for (size_t i = 0; lreg_exchange_header_at(script->world.exchange, i, &name, &value) != 0; i++) {
        expect(name[0] != '\0' && strpbrk(name, " :\r\n") == NULL && strpbrk(value, "\r\n") == NULL);
        tell(script, name, strlen(name) + 1);
        tell(script, value, strlen(value) + 1);
        if (strcmp(name, "Location") == 0) {
            note_location(script, value);
        }
    }
}

/* The text after `mark`, up to the next quote; without `mark` the earlier value stays. */
static void note_member(const struct script *script, const char *mark, char out[SCRIPT_WORD_MAX]) {
    const char *at = strstr(strbuf_text(&script->answer), mark);
    const char *end = at != NULL ? strchr(at + strlen(mark), '"') : NULL;
    if (end != NULL) {
        at += strlen(mark);
        (void)snprintf(out, SCRIPT_WORD_MAX, "%.*s", (int)(end - at), at);
    }
}

/* A path goes into a header field that the host writes. */
static void check_path(const lreg_exchange *exchange, int32_t status) {
    const char *path = lreg_exchange_file_path(exchange);
    size_t length = strlen(path);
    if (length > 0) {
        expect(status == 200 && length <= LREG_STORAGE_PATH_MAX);
        expect(text_is_utf8(path, length) && !text_has_control(path, length));
    }
}

static void work_off(lreg_exchange *exchange) {
    while (lreg_exchange_wants(exchange) == LREG_WANTS_WORK) {
        expect(lreg_exchange_work(exchange, NULL) == LREG_OK);
    }
}

int32_t script_exchange(struct script *script, bool is_head) {
    lreg_exchange *exchange = script->world.exchange;
    expect(lreg_exchange_begin(exchange, NULL) == LREG_OK);
    work_off(exchange);
    give_body(script);
    work_off(exchange);
    if (lreg_exchange_wants(exchange) != LREG_WANTS_RESPONSE) {
        expect(script->manner.is_cut_off);
        return 0;
    }
    int32_t status = lreg_exchange_status(exchange);
    expect(status >= 200 && status <= 599 && (status != 500 || script->may_fail));
    tell(script, &status, sizeof status);
    take_head(script);
    check_path(exchange, status);
    take_body(script, &status, is_head);
    note_member(script, "\"id\":\"", script->id);
    note_member(script, "\"token\":\"", script->token);
    return status;
}

/* Sends a request of the harness itself, as the owner. Returns the status. */
static int32_t ask(struct script *script, const char *target) {
    const char *authorization = world_authorization(&script->world, WORLD_OWNER);
    char location[SCRIPT_WORD_MAX];
    char id[SCRIPT_WORD_MAX];
    memcpy(location, script->location, sizeof location);
    memcpy(id, script->id, sizeof id);
    if (script->set_faults != NULL) {
        script->set_faults(script->user, false);
    }
    script->manner = (struct script_manner){.who = WORLD_OWNER};
    strbuf_clear(&script->body);
    lreg_exchange_reset(script->world.exchange);
    expect(lreg_exchange_set_request(script->world.exchange, "GET", target, NULL) == LREG_OK);
    expect(lreg_exchange_add_header(script->world.exchange, "Authorization", authorization, NULL) == LREG_OK);
    expect(lreg_exchange_add_header(script->world.exchange, "Accept", "*/*", NULL) == LREG_OK);
    int32_t status = script_exchange(script, false);
    if (script->set_faults != NULL) {
        script->set_faults(script->user, true);
    }
    memcpy(script->location, location, sizeof location);
    memcpy(script->id, id, sizeof id);
    return status;
}

static bool is_lied_to(const struct script *script) {
    return script->is_lied_to != NULL && *script->is_lied_to;
}

/* What was PUT there comes back byte by byte. */
static void check_stored(struct script *script, const uint8_t sha256[32]) {
    char target[SCRIPT_WORD_MAX];
    memcpy(target, script->location, sizeof target);
    int32_t status = ask(script, target);
    if (!is_lied_to(script)) {
        expect(status == 200 && memcmp(script->answer_sha256, sha256, 32) == 0);
    }
}

static void check_published(struct script *script, const char *target) {
    char package[2 * SCRIPT_WORD_MAX];
    (void)snprintf(package, sizeof package, "%s/%s", target, script->id);
    int32_t status = ask(script, package);
    expect(is_lied_to(script) || status == 200);
}

void script_check_effect(struct script *script, const char *method, const char *target, int32_t status) {
    struct digest_set digests;
    size_t length = strlen(target);
    bool is_success = status >= 200 && status < 300;
    if (!is_success || world_authorization(&script->world, WORLD_OWNER)[0] == '\0' || target[0] != '/' ||
        script->manner.is_elsewhere) {
        return;
    }
    if (strcmp(method, "PUT") == 0 && status == 201 && strstr(target, "/manifests/") != NULL) {
        digest_of(DIGEST_SHA256, strbuf_text(&script->body), script->body.length, &digests);
        check_stored(script, digests.sha256);
    } else if (status == 201 && strstr(target, "/blobs/uploads") != NULL &&
               strstr(script->location, "/blobs/sha256:")) {
        const char *digest = strstr(script->location, "sha256:") + 7;
        if (strlen(digest) == 64 && hex_decode(digest, 64, digests.sha256)) {
            check_stored(script, digests.sha256);
        }
    } else if (status == 201 && length > 9 && length < SCRIPT_WORD_MAX &&
               strcmp(target + length - 9, "/packages") == 0) {
        check_published(script, target);
    } else if (strcmp(method, "DELETE") == 0) {
        int32_t again = ask(script, target);
        expect(again == 404 || again == 405 || is_lied_to(script));
    }
}
