/* SPDX-License-Identifier: Apache-2.0 */

/* The main thread accepts connections and gives each to the loop with the fewest. At --max-connections, a new
 * connection replaces the one that has been idle longest. When none is idle, a few more are accepted to be answered
 * 503; the rest waits in the kernel's queue. A peer at its limit is answered 429, or closed at once. */

#include "listener.h"

#include "address.h"
#include "connection.h"
#include "log.h"
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 4096
#define REFUSED_AT_ONCE 64
#define REFUSED_OF_A_PEER 8 /* at once; more are closed without an answer */
#define COMPLAINT_MS 60000 /* at most one complaint in that time */
#define ACCEPTS_OF_A_TURN 256

static int open_socket(const char *text) {
    struct sockaddr_storage address;
    socklen_t length = 0;
    if (!address_parse(text, &address, &length)) {
        complain("\"%s\" is not an address to listen on; write ADDRESS:PORT or [ADDRESS]:PORT", text);
        return -1;
    }
    int one = 1;
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_set = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
                  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0; /* accepted connections inherit it */
    if (!is_set || bind(fd, (const struct sockaddr *)&address, length) != 0 || listen(fd, BACKLOG) != 0) {
        complain("cannot listen on %s: %s", text, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    return fd;
}

static uint16_t port_of(int fd) {
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t length = sizeof address;
    return getsockname(fd, (struct sockaddr *)&address, &length) == 0 ? address_port(&address) : 0;
}

/* Renames the complete file into place, so that a reader never sees half of it. */
static bool write_port_file(const char *path, uint16_t port) {
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = length > 0 && (size_t)length < sizeof temporary ? fopen(temporary, "we") : NULL;
    bool is_good = file != NULL && fprintf(file, "%u\n", (unsigned)port) > 0;
    is_good = (file == NULL || fclose(file) == 0) && is_good && rename(temporary, path) == 0;
    if (!is_good) {
        complain("cannot write %s: %s", path, strerror(errno));
    }
    return is_good;
}

/* A line that can be copied into a client. With --log-level error there is none. */
static void say_where(int fd, const struct options *options) {
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t length = sizeof address;
    char text[ADDRESS_TEXT] = "";
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0 ||
        (options->log_level != NULL && strcmp(options->log_level, "error") == 0)) {
        return;
    }
    address_format(&address, text);
    bool has_colons = strchr(text, ':') != NULL;
    complain("listening on %s://%s%s%s:%u%s", options->tls_certificate != NULL ? "https" : "http",
             has_colons ? "[" : "", text, has_colons ? "]" : "", (unsigned)address_port(&address),
             options->mount != NULL ? options->mount : "");
}

bool listeners_open(struct listeners *listeners, const struct options *options) {
    listeners->count = 0;
    for (size_t i = 0; i < options->listen.count; i++) {
        int fd = open_socket(options->listen.items[i]);
        if (fd < 0) {
            listeners_close(listeners);
            return false;
        }
        listeners->sockets[listeners->count++] = fd;
    }
    if (options->port_file != NULL && !write_port_file(options->port_file, port_of(listeners->sockets[0]))) {
        listeners_close(listeners);
        return false;
    }
    for (unsigned i = 0; i < listeners->count; i++) {
        say_where(listeners->sockets[i], options);
    }
    return true;
}

void listeners_close(struct listeners *listeners) {
    for (unsigned i = 0; i < listeners->count; i++) {
        (void)close(listeners->sockets[i]);
    }
    listeners->count = 0;
}

static struct loop *find_loop(const struct server *server) {
    struct loop *best = server->loops[0];
    for (unsigned i = 1; i < server->loop_count; i++) {
        if (atomic_load(&server->loops[i]->connections) < atomic_load(&best->connections)) {
            best = server->loops[i];
        }
    }
    return best;
}

bool listeners_are_full(const struct server *server) {
    return (int64_t)atomic_load(&server->connections) >= server->max_connections + REFUSED_AT_ONCE;
}

bool listeners_make_room(struct server *server) {
    struct loop *best = NULL;
    int64_t since_ms = INT64_MAX;
    for (unsigned i = 0; i < server->loop_count; i++) {
        int64_t its_ms = atomic_load(&server->loops[i]->idle_since_ms);
        if (its_ms == INT64_MAX && atomic_load(&server->loops[i]->newcomers) > 0) {
            its_ms = INT64_MAX - 1;
        }
        if (its_ms < since_ms) {
            since_ms = its_ms;
            best = server->loops[i];
        }
    }
    if (best != NULL) {
        loop_evict(best);
    }
    return best != NULL;
}

/* No descriptor is left. Sleeps and complains once in a while, so that neither the loop nor the log is flooded. */
static void wait_for_descriptors(struct server *server, int reason) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (now_ms >= server->next_complaint_ms) {
        complain("cannot accept a connection: %s", strerror(reason));
        server->next_complaint_ms = now_ms + COMPLAINT_MS;
    }
    (void)listeners_make_room(server);
    (void)usleep(100000); /* the existing connections continue meanwhile */
}

/* Counts the connection for its peer. False: the peer has too many to be answered. */
static bool take_share(struct server *server, struct arrival *arrival) {
    unsigned char address[16];
    unsigned char key[PEER_KEY_BYTES];
    unsigned count = 0;
    for (size_t i = 0; i < server->trusted_count; i++) {
        arrival->is_trusted = arrival->is_trusted || network_contains(&server->trusted[i], arrival->address);
    }
    if (arrival->is_trusted || !address_bytes(arrival->address, address)) {
        return true;
    }
    peers_key(address, key);
    arrival->peer = peers_enter(server->peers, key, &count);
    if (count > server->connections_per_peer) {
        arrival->excess = EXCESS_PEER;
    }
    return count <= server->connections_per_peer + REFUSED_OF_A_PEER;
}

static void take_in(struct server *server, int socket, const struct sockaddr_storage *address) {
    struct arrival arrival = {.socket = socket, .address = address};
    if (!take_share(server, &arrival)) {
        peers_leave(server->peers, arrival.peer);
        (void)close(socket);
        return;
    }
    bool is_full = (int64_t)atomic_load(&server->connections) >= server->max_connections;
    if (is_full && !listeners_make_room(server) && arrival.excess == EXCESS_NONE) {
        arrival.excess = EXCESS_SERVER;
    }
    (void)connection_open(find_loop(server), &arrival);
}

static void accept_from(int listener, struct server *server) {
    for (int i = 0; i < ACCEPTS_OF_A_TURN && !listeners_are_full(server); i++) {
        struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
        socklen_t length = sizeof peer;
        int fd = accept4(listener, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
                wait_for_descriptors(server, errno);
            }
            return;
        }
        take_in(server, fd, &peer);
    }
}

void listeners_accept(const struct listeners *listeners, struct server *server) {
    for (unsigned i = 0; i < listeners->count; i++) {
        accept_from(listeners->sockets[i], server);
    }
}
