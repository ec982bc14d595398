/* SPDX-License-Identifier: Apache-2.0 */

/* registry.cgi: the registry as a CGI program (RFC 3875), a process for each request. gateway.h has its settings. */

#include "gateway.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef _GNU_SOURCE /* which declares it, too */
extern char **environ;
#endif

/* By SIGTERM Apache says that the client is gone: what was staged is to be removed before we go. */
static volatile sig_atomic_t is_ended;

static void end(int number) {
    is_ended = number;
}

static lreg_status read_body(void *user, void *buffer, size_t capacity, size_t *out_got) {
    ssize_t got = -1;
    (void)user;
    while (is_ended == 0 && (got = read(STDIN_FILENO, buffer, capacity)) < 0 && errno == EINTR) {
    }
    *out_got = got > 0 ? (size_t)got : 0;
    return got < 0 || is_ended != 0 ? LREG_HOST_STATUS : LREG_OK;
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

static lreg_status answer(lreg_exchange *exchange) {
    lreg_dispatch_io io = {.size = sizeof io, .read = read_body, .write_head = write_head, .write = write_body};
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
    if (instance == NULL || lreg_exchange_new(instance, &exchange, NULL) != LREG_OK) {
        printf("Status: 503\r\nContent-Type: text/plain\r\n\r\nThe registry does not open.\n");
        return EXIT_FAILURE;
    }
    lreg_status status = answer(exchange);
    lreg_exchange_free(exchange);
    lreg_close(instance);
    return status == LREG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
