/* SPDX-License-Identifier: Apache-2.0 */

/*
 * registry.fcgi: the registry behind FastCGI, as one process with some threads.
 *
 *     registry.fcgi [SOCKET]
 *
 * SOCKET is a path, or ":PORT"; without it the listening socket is the standard input, as spawn-fcgi and systemd give
 * it. gateway.h has the settings; REGISTRY_THREADS says how many requests are answered at once (16). SIGTERM ends it
 * when the requests that it has are answered.
 */

#include "gateway.h"

#include <fcgiapp.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BACKLOG 128
#define THREADS_DEFAULT 16
#define THREADS_MAX 256

struct server {
    lreg_instance *instance;
    int listening;
    int ended; /* reading end of a pipe that is closed at the end */
};

static lreg_status read_body(void *user, void *buffer, size_t capacity, size_t *out_got) {
    const FCGX_Request *request = user;
    int got = FCGX_GetStr(buffer, (int)capacity, request->in);
    *out_got = got > 0 ? (size_t)got : 0;
    return FCGX_GetError(request->in) == 0 ? LREG_OK : LREG_HOST_STATUS; /* cut off is not complete */
}

static void put_field(const FCGX_Request *request, const char *name, const char *value) {
    FCGX_PutS(name, request->out);
    FCGX_PutS(": ", request->out);
    FCGX_PutS(value, request->out);
    FCGX_PutS("\r\n", request->out);
}

static void put_number(const FCGX_Request *request, const char *name, int64_t value, const char *behind) {
    char text[64];
    (void)snprintf(text, sizeof text, "%" PRId64 "%s%s", value, behind[0] != '\0' ? " " : "", behind);
    put_field(request, name, text);
}

static lreg_status write_head(void *user, const lreg_exchange *exchange) {
    const FCGX_Request *request = user;
    const char *name = NULL;
    const char *value = NULL;
    int64_t length = lreg_exchange_content_length(exchange);
    put_number(request, "Status", lreg_exchange_status(exchange), lreg_exchange_reason(exchange));
    for (size_t i = 0; lreg_exchange_header_at(exchange, i, &name, &value); i++) {
        put_field(request, name, value);
    }
    if (length >= 0 && *lreg_exchange_file_path(exchange) == '\0') {
        put_number(request, "Content-Length", length, "");
    }
    return FCGX_PutS("\r\n", request->out) >= 0 ? LREG_OK : LREG_HOST_STATUS;
}

static lreg_status write_body(void *user, const void *bytes, size_t length) {
    const FCGX_Request *request = user;
    return FCGX_PutStr(bytes, (int)length, request->out) == (int)length ? LREG_OK : LREG_HOST_STATUS;
}

static lreg_status send_file(void *user, const lreg_exchange *exchange, const char *path) {
    const FCGX_Request *request = user;
    FCGX_PutS(gateway_sendfile(), request->out);
    FCGX_PutS(path, request->out);
    FCGX_PutS("\r\n", request->out);
    return write_head(user, exchange);
}

static void answer(lreg_exchange *exchange, FCGX_Request *request) {
    lreg_dispatch_io io = {
        .size = sizeof io, .user = request, .read = read_body, .write_head = write_head, .write = write_body};
    io.send_file = gateway_sendfile() != NULL ? send_file : NULL;
    io.flags = LREG_DISPATCH_READS_ALL;
    lreg_error *err = NULL;
    lreg_status status = lreg_exchange_set_environment(exchange, (const char *const *)request->envp, &err);
    if (status == LREG_OK) {
        status = lreg_exchange_run(exchange, &io, &err);
    }
    if (status == LREG_OK) {
        FCGX_Finish_r(request);
    } else if (status < LREG_HOST_STATUS) { /* else the client is gone */
        gateway_complain(status, err);
    }
    FCGX_Free(request, 1); /* without an end of the request when it failed, so that nobody takes it for complete */
}

/* False when the server ends. */
static bool wait_for_request(const struct server *server) {
    struct pollfd polled[] = {{.fd = server->listening, .events = POLLIN}, {.fd = server->ended}};
    int count;
    do {
        count = poll(polled, 2, -1);
    } while (count < 0 && errno == EINTR);
    return count > 0 && polled[1].revents == 0;
}

static void *serve(void *user) {
    const struct server *server = user;
    lreg_exchange *exchange = NULL;
    if (lreg_exchange_new(server->instance, &exchange, NULL) != LREG_OK) {
        return NULL;
    }
    while (wait_for_request(server)) {
        FCGX_Request request;
        FCGX_InitRequest(&request, server->listening, FCGI_FAIL_ACCEPT_ON_INTR);
        if (FCGX_Accept_r(&request) == 0) { /* another thread may have been faster */
            answer(exchange, &request);
            lreg_exchange_reset(exchange);
        }
    }
    lreg_exchange_free(exchange);
    return NULL;
}

static size_t thread_count(void) {
    const char *text = getenv("REGISTRY_THREADS");
    long count = text != NULL ? strtol(text, NULL, 10) : THREADS_DEFAULT;
    return count < 1 ? 1 : count > THREADS_MAX ? THREADS_MAX : (size_t)count;
}

/* Serves until SIGTERM or SIGINT: 0, or 1 when no thread could be started. */
static int run(struct server *server, int ending) {
    pthread_t threads[THREADS_MAX];
    size_t wanted = thread_count();
    size_t count = 0;
    sigset_t signals;
    int received = 0;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* also in the threads: one waits for them, this one */
    while (count < wanted && pthread_create(&threads[count], NULL, serve, server) == 0) {
        count++;
    }
    if (count > 0) {
        sigwait(&signals, &received);
    }
    (void)close(ending);
    for (size_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
    return count > 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    struct server server = {0};
    int ends[2] = {-1, -1};
    signal(SIGPIPE, SIG_IGN); /* a client that goes away is a failed write */
    if (argc > 2 || FCGX_Init() != 0 || pipe(ends) != 0) {
        fprintf(stderr, "usage: %s [SOCKET]\n", argv[0]);
        return EXIT_FAILURE;
    }
    server.ended = ends[0];
    server.listening = argc == 2 ? FCGX_OpenSocket(argv[1], BACKLOG) : STDIN_FILENO;
    server.instance = gateway_open();
    if (server.listening < 0 || server.instance == NULL ||
        fcntl(server.listening, F_SETFL, fcntl(server.listening, F_GETFL) | O_NONBLOCK) != 0) {
        return EXIT_FAILURE;
    }
    int status = run(&server, ends[1]);
    lreg_close(server.instance);
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
