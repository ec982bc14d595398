/* SPDX-License-Identifier: Apache-2.0 */

/*
 * registry.fcgi: the registry behind FastCGI, as one process with some threads.
 *
 *     registry.fcgi [SOCKET]
 *
 * SOCKET is a path, or "ADDRESS:PORT" (":PORT" is one of 127.0.0.1). Without it, the listening socket is standard
 * input, as passed by spawn-fcgi and systemd. Only the web server may reach the socket, because it is trusted.
 * gateway.h has the settings; in addition there are:
 *
 *   REGISTRY_THREADS            threads that serve requests (16). Requests that wait for their clients need none
 *   REGISTRY_REQUESTS           requests at once (1024); more are answered with 503
 *   REGISTRY_REQUESTS_PER_PEER  of one REMOTE_ADDR or IPv6 /64 (an eighth of them, at least 16);
 *                               more are answered with 429
 *   REGISTRY_BODY_TIMEOUT       seconds without a byte of a body, in or out (240)
 *   REGISTRY_MIN_RATE           minimum bytes a second of a body, in or out (256); 0 means no limit
 *   REGISTRY_RATE_WINDOW        seconds of waiting over which that is averaged (60)
 *   REGISTRY_REFUSED_TIMEOUT    seconds for the rest of a refused body (10)
 *   REGISTRY_UPKEEP             "off": another program maintains the registry
 *   REGISTRY_UPKEEP_INTERVAL    seconds from one collection to the next (3600)
 *
 * SIGTERM ends it when its current requests are answered.
 */

#include "client.h"
#include "gateway.h"
#include "server.h"
#include "upkeep.h"

#include "standalone/address.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024
#define SHARES 8
#define SHARE_MIN 16

static bool read_settings(struct server_settings *settings, struct client_settings *clients) {
    int64_t threads = 0, requests = 0, per_peer = 0, rate = 0;
    bool is_good = gateway_number("REGISTRY_THREADS", 1, 256, 16, &threads) &&
                   gateway_number("REGISTRY_REQUESTS", 1, 1000000, 1024, &requests);
    int64_t whole_share = requests / 1000 / SHARES;
    double share = (double)whole_share;
    is_good =
        is_good &&
        gateway_number("REGISTRY_REQUESTS_PER_PEER", 1, 1000000, share < SHARE_MIN ? SHARE_MIN : share, &per_peer) &&
        gateway_number("REGISTRY_BODY_TIMEOUT", 0.001, 86400, 240, &clients->silence_ms) &&
        gateway_number("REGISTRY_MIN_RATE", 0, 1e9, 256, &rate) &&
        gateway_number("REGISTRY_RATE_WINDOW", 0.001, 86400, 60, &clients->rate.window_ms) &&
        gateway_number("REGISTRY_REFUSED_TIMEOUT", 0.001, 86400, 10, &clients->refused_ms);
    settings->threads = (unsigned)(threads / 1000);
    clients->requests_max = (unsigned)(requests / 1000);
    clients->requests_per_peer = (unsigned)(per_peer / 1000);
    clients->rate.bytes_per_second = rate / 1000;
    clients->sendfile = gateway_sendfile();
    return is_good;
}

static int listen_at(const struct sockaddr *address, socklen_t length) {
    int one = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 && bind(fd, address, length) == 0 &&
        listen(fd, BACKLOG) == 0) {
        return fd;
    }
    int reason = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    errno = reason;
    return -1;
}

/* A socket in the file system; a leftover one is replaced. */
static int listen_at_path(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    (void)unlink(path);
    return listen_at((const struct sockaddr *)&address, sizeof address);
}

static int listen_at_port(const char *text) {
    char local[64];
    struct sockaddr_storage address;
    socklen_t length = 0;
    (void)snprintf(local, sizeof local, "127.0.0.1%s", text);
    if (!address_parse(text[0] == ':' ? local : text, &address, &length)) {
        errno = EINVAL;
        return -1;
    }
    return listen_at((const struct sockaddr *)&address, length);
}

static int open_listening(int argc, char **argv) {
    int fd = STDIN_FILENO;
    if (argc == 2) {
        bool is_port = strchr(argv[1], ':') != NULL && strchr(argv[1], '/') == NULL;
        fd = is_port ? listen_at_port(argv[1]) : listen_at_path(argv[1]);
    }
    if (fd < 0 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
        fprintf(stderr, "registry: cannot listen on %s: %s\n", argc == 2 ? argv[1] : "the standard input",
                strerror(errno));
        return -1;
    }
    return fd;
}

/* Blocks the signals that end the server, in all threads. Returns a descriptor that reports them. */
static int open_signals(void) {
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* a write to a disconnected client fails instead */
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* False when there is no thread for it, or a setting is wrong. */
static bool start_upkeep(lreg_instance *instance, struct upkeep **out) {
    const char *wanted = getenv("REGISTRY_UPKEEP");
    lreg_upkeep_options options = {.size = sizeof options};
    *out = NULL;
    if (wanted != NULL && strcmp(wanted, "off") == 0) {
        return true;
    }
    if (!gateway_number("REGISTRY_UPKEEP_INTERVAL", 0.001, 366.0 * 86400, 3600, &options.collect_interval_ms)) {
        return false;
    }
    *out = upkeep_start(instance, &options, gateway_complain);
    if (*out == NULL) {
        fprintf(stderr, "registry: no thread for the upkeep\n");
    }
    return *out != NULL;
}

int main(int argc, char **argv) {
    struct server_settings settings = {.threads = 0};
    struct client_settings clients = {.instance = NULL};
    bool is_good = false;
    if (argc > 2) {
        fprintf(stderr, "usage: %s [SOCKET]\n", argv[0]);
        return EXIT_FAILURE;
    }
    settings.signals = open_signals();
    clients.peers = peers_new();
    if (settings.signals >= 0 && clients.peers != NULL && read_settings(&settings, &clients)) {
        settings.listening = open_listening(argc, argv);
        clients.instance = settings.listening >= 0 ? gateway_open() : NULL;
        struct upkeep *upkeep = NULL;
        is_good =
            clients.instance != NULL && start_upkeep(clients.instance, &upkeep) && server_run(&settings, &clients);
        upkeep_stop(upkeep);
    }
    lreg_close(clients.instance);
    peers_free(clients.peers);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
