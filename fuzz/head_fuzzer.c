/* SPDX-License-Identifier: Apache-2.0 */
/* Request heads at an empty instance: targets, routes, framing, and everything that says under which address clients
 * see the instance. Each gets a well-formed answer that is not an internal error. One instance serves all inputs,
 * because no request finds anything to change. The first byte sets what the host program sets; then come gateway
 * variables, or a request line and fields. */
#include "support/fuzzer.h"

#include <libregistry.h>

#define LINES_MAX 40

enum {
    IS_GATEWAY = 1,
    IS_TRUSTED = 2,
    IS_HTTPS = 4,
    HAS_HOST = 8,
    HAS_MOUNT = 16,
    HAS_BODY = 32,
    IS_RFC7239 = 64 /* Forwarded is trusted, from two proxies in a row */
};

static int64_t now_ms(void *user) {
    (void)user;
    return INT64_C(1795230245678);
}

static lreg_status fill(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    (void)user;
    memset(bytes, 7, length);
    return LREG_OK;
}

static lreg_instance *open_new(bool is_rfc7239) {
    lreg_instance *instance = NULL;
    lreg_options *options = NULL;
    const lreg_clock clock = {.size = sizeof clock, .now_ms = now_ms};
    const lreg_random source = {.size = sizeof source, .fill = fill};
    expect(lreg_options_new(&options, NULL) == LREG_OK);
    expect(lreg_options_set_clock(options, &clock, NULL) == LREG_OK);
    expect(lreg_options_set_random(options, &source, NULL) == LREG_OK);
    if (is_rfc7239) {
        expect(lreg_options_set_forwarded_header(options, LREG_FORWARDED_HEADER_FORWARDED, NULL) == LREG_OK);
        expect(lreg_options_set_forwarded_hops(options, 2, NULL) == LREG_OK);
        expect(lreg_options_trust_forwarded(options, "10.0.0.0/8", NULL) == LREG_OK);
    }
    expect(lreg_open(options, &instance, NULL) == LREG_OK);
    lreg_options_free(options);
    return instance;
}

static lreg_instance *open_instance(uint8_t how) {
    static lreg_instance *instances[2];
    bool is_rfc7239 = (how & IS_RFC7239) != 0;
    if (instances[is_rfc7239] == NULL) {
        instances[is_rfc7239] = open_new(is_rfc7239);
    }
    return instances[is_rfc7239];
}

static void set_host_side(lreg_exchange *exchange, uint8_t how) {
    if ((how & IS_TRUSTED) != 0) {
        expect(lreg_exchange_trust_forwarded(exchange, 1, NULL) == LREG_OK);
    }
    if ((how & IS_HTTPS) != 0) {
        expect(lreg_exchange_set_scheme(exchange, "https", NULL) == LREG_OK);
    }
    if ((how & HAS_HOST) != 0) {
        expect(lreg_exchange_set_host(exchange, "host.test:8080", NULL) == LREG_OK);
    }
    if ((how & HAS_MOUNT) != 0) {
        expect(lreg_exchange_set_mount(exchange, "/mount", NULL) == LREG_OK);
    }
}

/* The only required variable; the last one counts. */
static bool has_method(char **variables) {
    static const char name[] = "REQUEST_METHOD=";
    bool found = false;
    for (; *variables != NULL; variables++) {
        if (strncmp(*variables, name, strlen(name)) == 0) {
            found = (*variables)[strlen(name)] != '\0';
        }
    }
    return found;
}

/* False: the variables do not form a request. */
static bool give_head(lreg_exchange *exchange, uint8_t how, char **lines, size_t count) {
    if ((how & IS_GATEWAY) != 0) {
        lreg_status status = lreg_exchange_set_environment(exchange, (const char *const *)lines, NULL);
        expect(status == (has_method(lines) ? LREG_OK : LREG_BAD_ARGUMENT));
        return status == LREG_OK;
    }
    set_host_side(exchange, how);
    char *target = strchr(lines[0], ' ');
    if (target != NULL) {
        *target++ = '\0';
    }
    expect(lreg_exchange_set_request(exchange, lines[0], target != NULL ? target : "", NULL) == LREG_OK);
    for (size_t i = 1; i < count; i++) {
        char *value = strchr(lines[i], ':');
        if (value != NULL) {
            *value++ = '\0';
        }
        expect(lreg_exchange_add_header(exchange, lines[i], value != NULL ? value : "", NULL) == LREG_OK);
    }
    return true;
}

static void check_response(lreg_exchange *exchange) {
    char bytes[512];
    const char *name = NULL;
    const char *value = NULL;
    size_t got = 1;
    int32_t status = lreg_exchange_status(exchange);
    expect(status >= 200 && status <= 599 && status != 500);
    for (size_t i = 0; lreg_exchange_header_at(exchange, i, &name, &value) != 0; i++) {
        expect(name[0] != '\0' && strpbrk(name, " :\r\n") == NULL && strpbrk(value, "\r\n") == NULL);
    }
    while (got > 0) {
        expect(lreg_exchange_read(exchange, bytes, sizeof bytes, &got, NULL) == LREG_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lreg_exchange *exchange = NULL;
    char *lines[LINES_MAX + 1] = {NULL};
    size_t count = 0;
    if (size == 0) {
        return 0;
    }
    expect(lreg_exchange_new(open_instance(data[0]), &exchange, NULL) == LREG_OK);
    char *text = copy_text(data + 1, size - 1);
    for (char *line = text; count < LINES_MAX && line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        lines[count++] = line;
        line = end;
    }
    if (give_head(exchange, data[0], lines, count)) {
        expect(lreg_exchange_begin(exchange, NULL) == LREG_OK);
        if ((data[0] & HAS_BODY) != 0 && lreg_exchange_wants(exchange) == LREG_WANTS_BODY) {
            expect(lreg_exchange_write(exchange, "0123456789", 10, NULL) == LREG_OK);
        }
        if (lreg_exchange_wants(exchange) == LREG_WANTS_BODY) {
            expect(lreg_exchange_finish(exchange, NULL) == LREG_OK);
        }
        check_response(exchange);
    }
    lreg_exchange_free(exchange);
    free(text);
    return 0;
}
