/* SPDX-License-Identifier: Apache-2.0 */

/* registry.cgi: the registry as a CGI program (RFC 3875), one process for each request. gateway.h lists its settings.
 * As for registry.fcgi, there are also REGISTRY_BODY_TIMEOUT, REGISTRY_MIN_RATE, REGISTRY_RATE_WINDOW and
 * REGISTRY_REFUSED_TIMEOUT, so that a slow body does not occupy the process indefinitely. */

#include "gateway.h"
#include "rate.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#ifndef _GNU_SOURCE /* declares it, too */
extern char **environ;
#endif

/* Apache sends SIGTERM when the client is gone: staged bytes are removed before the exit. */
static volatile sig_atomic_t is_ended;

static void end(int number) {
    is_ended = number;
}

#define TOO_SLOW (LREG_HOST_STATUS + 1)

/* The body, and the limits on the time of its sender. */
struct body {
    const lreg_exchange *exchange;
    struct rate_limit limit;
    struct rate rate;
    int64_t silence_ms;
    int64_t refused_ms;
    int64_t refused_until_ms; /* 0: the body is wanted */
};

static int64_t now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool read_settings(struct body *body) {
    int64_t rate = 0;
    bool is_good = gateway_number("REGISTRY_BODY_TIMEOUT", 0.001, 86400, 240, &body->silence_ms) &&
                   gateway_number("REGISTRY_MIN_RATE", 0, 1e9, 256, &rate) &&
                   gateway_number("REGISTRY_RATE_WINDOW", 0.001, 86400, 60, &body->limit.window_ms) &&
                   gateway_number("REGISTRY_REFUSED_TIMEOUT", 0.001, 86400, 10, &body->refused_ms);
    body->limit.bytes_per_second = rate / 1000;
    return is_good;
}

/* The rest of a refused body is read for a limited time, because Apache may lose the answer otherwise. */
static bool is_given_up(struct body *body, int64_t begin_ms, int64_t *out_wait_ms) {
    *out_wait_ms = body->silence_ms;
    if (lreg_exchange_wants(body->exchange) == LREG_WANTS_BODY) {
        return false;
    }
    if (body->refused_until_ms == 0) {
        body->refused_until_ms = begin_ms + body->refused_ms;
    }
    *out_wait_ms = body->refused_until_ms - begin_ms;
    return *out_wait_ms <= 0;
}

static lreg_status read_body(void *user, void *buffer, size_t capacity, size_t *out_got) {
    struct body *body = user;
    struct pollfd polled = {.fd = STDIN_FILENO, .events = POLLIN};
    ssize_t got = -1;
    int64_t begin_ms = now_ms();
    int64_t wait_ms = 0;
    *out_got = 0;
    if (is_given_up(body, begin_ms, &wait_ms)) {
        return LREG_OK;
    }
    int ready = 1;
    while (is_ended == 0 && (ready = poll(&polled, 1, (int)wait_ms)) < 0 && errno == EINTR) {
    }
    if (ready == 0) {
        return body->refused_until_ms != 0 ? LREG_OK : TOO_SLOW;
    }
    while (is_ended == 0 && (got = read(STDIN_FILENO, buffer, capacity)) < 0 && errno == EINTR) {
    }
    *out_got = got > 0 ? (size_t)got : 0;
    if (got < 0 || is_ended != 0) {
        return LREG_HOST_STATUS;
    }
    bool is_fast = rate_add(&body->rate, &body->limit, now_ms() - begin_ms, *out_got);
    return is_fast || got == 0 || body->refused_until_ms != 0 ? LREG_OK : TOO_SLOW;
}

static lreg_status write_head(void *user, const lreg_exchange *exchange) {
    const char *name = NULL;
    const char *value = NULL;
    int64_t length = lreg_exchange_content_length(exchange);
    (void)user;
    printf("Status: %d %s\r\n", (int)lreg_exchange_status(exchange), lreg_exchange_reason(exchange));
    for (size_t i = 0; lreg_exchange_header_at(exchange, i, &name, &value); i++) {
        printf("%s: %s\r\n", name, value);
    }
    if (length >= 0 && *lreg_exchange_file_path(exchange) == '\0') {
        printf("Content-Length: %" PRId64 "\r\n", length);
    }
    return printf("\r\n") > 0 ? LREG_OK : LREG_HOST_STATUS;
}

static lreg_status write_body(void *user, const void *bytes, size_t length) {
    (void)user;
    return fwrite(bytes, 1, length, stdout) == length ? LREG_OK : LREG_HOST_STATUS;
}

static lreg_status send_file(void *user, const lreg_exchange *exchange, const char *path) {
    printf("%s%s\r\n", gateway_sendfile(), path);
    return write_head(user, exchange);
}

static lreg_status answer(lreg_exchange *exchange, struct body *body) {
    lreg_dispatch_io io = {
        .size = sizeof io, .user = body, .read = read_body, .write_head = write_head, .write = write_body};
    io.send_file = gateway_sendfile() != NULL ? send_file : NULL;
    io.flags = LREG_DISPATCH_READS_ALL;
    lreg_error *err = NULL;
    lreg_status status = lreg_exchange_set_environment(exchange, (const char *const *)environ, &err);
    if (status == LREG_OK) {
        status = lreg_exchange_run(exchange, &io, &err);
    }
    if (status != LREG_OK && status < LREG_HOST_STATUS) {
        gateway_complain(status, err);
    }
    return status == LREG_OK && fflush(stdout) != 0 ? LREG_HOST_STATUS : status;
}

int main(void) {
    const struct sigaction action = {.sa_handler = end};
    (void)sigaction(SIGTERM, &action, NULL);
    lreg_instance *instance = gateway_open();
    lreg_exchange *exchange = NULL;
    struct body body = {.exchange = NULL};
    if (!read_settings(&body) || instance == NULL || lreg_exchange_new(instance, &exchange, NULL) != LREG_OK) {
        printf("Status: 503\r\nContent-Type: text/plain\r\n\r\nThe registry does not open.\n");
        return EXIT_FAILURE;
    }
    body.exchange = exchange;
    lreg_status status = answer(exchange, &body);
    if (status == TOO_SLOW) {
        printf("Status: 408 Request Timeout\r\nContent-Type: text/plain\r\n\r\nThe body of the request came too "
               "slowly.\n");
    }
    lreg_exchange_free(exchange);
    lreg_close(instance);
    return status == LREG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
