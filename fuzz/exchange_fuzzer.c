/* SPDX-License-Identifier: Apache-2.0 */
/* Requests one after the other through one exchange of a new instance in memory, whatever they say: each gets a sound
 * response that is no internal error, and in the end nothing is missing or damaged. The first byte says how bodies are
 * cut, the second whether they come with a token and with a length; then come requests in plain text, parted by
 * REQUEST_END. */
#include <libregistry.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_END "\x1e\x1e\n"
#define LINE_MAX_BYTES 10000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct host {
    lreg_instance *instance;
    lreg_exchange *exchange;
    char authorization[256];
    bool is_chunked; /* bodies come without a length */
    uint8_t step; /* length of the first piece of a body; 0: all at once */
};

static void expect(bool holds) {
    if (!holds) {
        abort();
    }
}

static int64_t now_ms(void *user) {
    int64_t *now = user;
    return *now += 1;
}

static lreg_status fill(void *bytes, size_t length, void *user) {
    uint32_t *state = user;
    for (size_t i = 0; i < length; i++) {
        *state = *state * 1664525u + 1013904223u;
        ((uint8_t *)bytes)[i] = (uint8_t)(*state >> 24);
    }
    return LREG_OK;
}

static void make_registry(struct host *host, const char *name, const char *ecosystem) {
    lreg_registry_settings *settings = NULL;
    expect(lreg_registry_settings_new(&settings, NULL) == LREG_OK);
    expect(lreg_registry_settings_set_text(settings, LREG_REGISTRY_NAME, name, NULL) == LREG_OK);
    expect(lreg_registry_settings_set_text(settings, LREG_REGISTRY_ECOSYSTEM, ecosystem, NULL) == LREG_OK);
    expect(lreg_registry_create(host->instance, "acme", settings, NULL, NULL) == LREG_OK);
    lreg_registry_settings_free(settings);
}

static void open_host(struct host *host, const lreg_clock *clock, const lreg_random *source) {
    lreg_options *options = NULL;
    lreg_token *token = NULL;
    expect(lreg_options_new(&options, NULL) == LREG_OK);
    expect(lreg_options_set_clock(options, clock, NULL) == LREG_OK);
    expect(lreg_options_set_random(options, source, NULL) == LREG_OK);
    expect(lreg_open(options, &host->instance, NULL) == LREG_OK);
    lreg_options_free(options);
    expect(lreg_organization_create(host->instance, "acme", NULL, NULL, NULL) == LREG_OK);
    make_registry(host, "files", "files");
    make_registry(host, "alpine", "alpine");
    make_registry(host, "images", "container");
    expect(lreg_token_create(host->instance, "acme", "fuzzer",
                             "read_packages,write_packages,delete_packages,read_registries,write_registries,"
                             "delete_registries",
                             0, &token, NULL) == LREG_OK);
    (void)snprintf(host->authorization, sizeof host->authorization, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
    expect(lreg_exchange_new(host->instance, &host->exchange, NULL) == LREG_OK);
}

/* Takes a line off, without its end; false at an empty one and at the end of the bytes. */
static bool take_line(const uint8_t **at, const uint8_t *end, char line[LINE_MAX_BYTES]) {
    size_t length = 0;
    while (*at < end && **at != '\n') {
        if (length < LINE_MAX_BYTES - 1) {
            line[length++] = (char)**at;
        }
        (*at)++;
    }
    *at += *at < end ? 1 : 0;
    line[length] = '\0';
    return length > 0;
}

static void give_head(struct host *host, const uint8_t **at, const uint8_t *end) {
    char line[LINE_MAX_BYTES];
    (void)take_line(at, end, line);
    char *blank = strchr(line, ' ');
    const char *target = blank == NULL ? "" : blank + 1;
    if (blank != NULL) {
        *blank = '\0';
    }
    expect(lreg_exchange_set_request(host->exchange, line, target, NULL) == LREG_OK);
    if (host->authorization[0] != '\0') {
        expect(lreg_exchange_add_header(host->exchange, "Authorization", host->authorization, NULL) == LREG_OK);
    }
    while (take_line(at, end, line)) {
        char *colon = strchr(line, ':');
        const char *value = colon == NULL ? "" : colon + 1;
        if (colon != NULL) {
            *colon = '\0';
        }
        expect(lreg_exchange_add_header(host->exchange, line, value, NULL) == LREG_OK);
    }
}

static void give_body(struct host *host, const uint8_t *at, const uint8_t *end) {
    size_t step = host->step;
    while (lreg_exchange_wants(host->exchange) == LREG_WANTS_BODY) {
        size_t rest = (size_t)(end - at);
        size_t piece = step == 0 || step > rest ? rest : step;
        lreg_status status = piece == 0 ? lreg_exchange_finish(host->exchange, NULL)
                                        : lreg_exchange_write(host->exchange, at, piece, NULL);
        expect(status == LREG_OK);
        at += piece;
        step = step > 1 ? step * 5 % 64 + 1 : step;
    }
    expect(lreg_exchange_wants(host->exchange) == LREG_WANTS_RESPONSE);
}

static void take_response(struct host *host, bool is_head) {
    char bytes[4096];
    const char *name = NULL;
    const char *value = NULL;
    int64_t length = 0;
    size_t got = 1;
    int32_t status = lreg_exchange_status(host->exchange);
    expect(status >= 200 && status <= 507 && status != 500);
    for (size_t i = 0; lreg_exchange_header_at(host->exchange, i, &name, &value) != 0; i++) {
        expect(name[0] != '\0' && strpbrk(name, " :\r\n") == NULL && strpbrk(value, "\r\n") == NULL);
    }
    int64_t announced = lreg_exchange_content_length(host->exchange);
    while (got > 0) {
        expect(lreg_exchange_read(host->exchange, bytes, sizeof bytes, &got, NULL) == LREG_OK);
        length += (int64_t)got;
    }
    expect(announced < 0 || is_head ? length == 0 : length == announced);
}

/* What a host finds in the framing of a message. */
static void give_framing(struct host *host, size_t length) {
    char text[24];
    (void)snprintf(text, sizeof text, "%zu", length);
    if (length > 0 && host->is_chunked) {
        expect(lreg_exchange_add_header(host->exchange, "Transfer-Encoding", "chunked", NULL) == LREG_OK);
    } else if (length > 0) {
        expect(lreg_exchange_add_header(host->exchange, "Content-Length", text, NULL) == LREG_OK);
    }
}

static void run_request(struct host *host, const uint8_t *at, const uint8_t *end) {
    bool is_head = end - at >= 5 && memcmp(at, "HEAD ", 5) == 0;
    lreg_exchange_reset(host->exchange);
    give_head(host, &at, end);
    give_framing(host, (size_t)(end - at));
    expect(lreg_exchange_begin(host->exchange, NULL) == LREG_OK);
    give_body(host, at, end);
    take_response(host, is_head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int64_t now = 1795230245678;
    uint32_t state = 1;
    struct host host = {0};
    lreg_verify_report report = {.size = sizeof report};
    const lreg_clock clock = {.size = sizeof clock, .user = &now, .now_ms = now_ms};
    const lreg_random source = {.size = sizeof source, .user = &state, .fill = fill};
    if (size < 2) {
        return 0;
    }
    open_host(&host, &clock, &source);
    host.step = data[0];
    host.is_chunked = (data[1] & 2) != 0;
    if ((data[1] & 1) == 0) {
        host.authorization[0] = '\0';
    }
    const uint8_t *end = data + size;
    for (const uint8_t *at = data + 2; at < end;) {
        const uint8_t *stop = memmem(at, (size_t)(end - at), REQUEST_END, strlen(REQUEST_END));
        run_request(&host, at, stop == NULL ? end : stop);
        at = stop == NULL ? end : stop + strlen(REQUEST_END);
    }
    lreg_exchange_free(host.exchange);
    expect(lreg_verify(host.instance, NULL, NULL, &report, NULL) == LREG_OK);
    expect(report.missing == 0 && report.damaged == 0);
    lreg_close(host.instance);
    return 0;
}
