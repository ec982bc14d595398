/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop of registryd, turn by turn: orders of events that occur by chance in a running server. */
#include "connection.h"
#include "loop.h"
#include "options.h"
#include "peers.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST "GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n"
#define CLIENTS 3

static struct options options;
static struct server server;
static struct loop *loop;
static int clients[CLIENTS];
static struct connection *connections[CLIENTS]; /* of the clients; they may be gone */

static struct connection *newest(void) {
    return loop->timers.lists[TIMER_HEADER].last;
}

static void connect_client(int number) {
    int sockets[2];
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_storage peer = {0};
    memcpy(&peer, &address, sizeof address);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets), 0);
    const struct arrival arrival = {.socket = sockets[0], .address = &peer};
    assert_true(connection_open(loop, &arrival));
    clients[number] = sockets[1];
    loop_turn(loop, 0);
    connections[number] = newest();
}

static int setup(void **state) {
    (void)state;
    char name[] = "registryd";
    char memory[] = "--memory";
    char *arguments[] = {name, memory, NULL};
    lreg_options *library = NULL;
    if (!options_read(&options, 2, arguments) || lreg_options_new(&library, NULL) != LREG_OK) {
        return -1;
    }
    server = (struct server){.options = &options, .loop_ended = -1, .peers = peers_new()};
    lreg_status status = lreg_open(library, &server.instance, NULL);
    lreg_options_free(library);
    loop = status == LREG_OK ? loop_new(&server) : NULL;
    if (loop == NULL) {
        return -1;
    }
    for (int i = 0; i < CLIENTS; i++) {
        connect_client(i);
    }
    return 0;
}

static int teardown(void **state) {
    (void)state;
    atomic_store(&server.stopping, STOPPING_NOW);
    loop_turn(loop, 0);
    int left = (int)atomic_load(&server.connections);
    loop_join(loop);
    for (int i = 0; i < CLIENTS; i++) {
        (void)close(clients[i]);
    }
    lreg_close(server.instance);
    peers_free(server.peers);
    options_free(&options);
    return left;
}

static void send_text(int number, const char *text) {
    assert_int_equal(send(clients[number], text, strlen(text), 0), strlen(text));
}

/* What a client received: 0 is the end, -1 nothing. */
static ssize_t receive(int number, char *buffer, size_t capacity) {
    ssize_t got = recv(clients[number], buffer, capacity - 1, 0);
    buffer[got > 0 ? got : 0] = '\0';
    return got;
}

static bool is_open(int number) {
    char buffer[4096];
    return receive(number, buffer, sizeof buffer) != 0;
}

/* As a pipelining client whose turn is over. */
static void make_ready(int number) {
    loop_make_ready(loop, connections[number]);
}

static void test_programs_loop__a_connection_that_ends_is_out_of_the_ready_list(void **state) {
    (void)state;
    static const int orders[][CLIENTS] = {{0, 1, 2}, {1, 0, 2}, {2, 1, 0}};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (i > 0) {
            assert_int_equal(teardown(state), 0);
            assert_int_equal(setup(state), 0);
        }
        for (int client = 0; client < CLIENTS; client++) {
            make_ready(client);
        }
        size_t left = CLIENTS;
        for (int client = 0; client < CLIENTS; client++) {
            connection_close(connections[orders[i][client]]);
            size_t listed = 0;
            for (const struct connection *at = loop->ready_first; at != NULL; at = at->next) {
                assert_ptr_not_equal(at, connections[orders[i][client]]);
                listed++;
            }
            assert_int_equal(listed, --left);
            assert_int_equal(loop->ready_count, left);
        }
        assert_null(loop->ready_last);
        loop_turn(loop, 0);
    }
}

/* SIGTERM arrives while a client with unread input waits for its turn, and its idle timer expires before that. */
static void test_programs_loop__a_timer_does_not_end_who_waits_for_a_turn(void **state) {
    (void)state;
    char buffer[4096];
    send_text(0, REQUEST);
    loop_turn(loop, 0);
    assert_true(receive(0, buffer, sizeof buffer) > 0);
    assert_int_equal(connections[0]->timer.kind, TIMER_IDLE);
    send_text(0, REQUEST);
    connections[0]->is_readable = true;
    make_ready(0);
    loop->stopping = STOPPING_GRACEFULLY;
    atomic_store(&server.stopping, STOPPING_GRACEFULLY);
    connection_expired(connections[0]);
    assert_ptr_equal(loop->ready_first, connections[0]);
    assert_int_equal(connections[0]->timer.kind, TIMER_IDLE);
    loop_turn(loop, 0);
    assert_true(receive(0, buffer, sizeof buffer) > 0);
    assert_non_null(strstr(buffer, "200 OK"));
    assert_non_null(strstr(buffer, "Connection: close"));
    loop_turn(loop, 0);
    assert_int_equal(receive(0, buffer, sizeof buffer), 0);
}

static void test_programs_loop__an_end_at_once_takes_those_that_wait_for_a_turn(void **state) {
    (void)state;
    make_ready(0);
    make_ready(1);
    atomic_store(&server.stopping, STOPPING_NOW);
    loop_turn(loop, 0);
    assert_null(loop->ready_first);
    for (int client = 0; client < CLIENTS; client++) {
        assert_false(is_open(client));
    }
}

static void test_programs_loop__the_one_that_is_idle_for_longest_makes_room(void **state) {
    (void)state;
    char buffer[4096];
    send_text(0, REQUEST); /* so the first has been idle for less than the others */
    loop_turn(loop, 0);
    assert_true(receive(0, buffer, sizeof buffer) > 0);
    connections[0]->timer.deadline_ms += 1000000; /* the clock stands still meanwhile */
    assert_true(atomic_load(&loop->idle_since_ms) < INT64_MAX);
    loop_evict(loop);
    loop_turn(loop, 0);
    assert_false(is_open(1));
    assert_true(is_open(0) && is_open(2));
    loop_evict(loop);
    loop_evict(loop);
    loop_evict(loop);
    loop_turn(loop, 0);
    assert_false(is_open(0) || is_open(2));
    assert_true(atomic_load(&loop->idle_since_ms) == INT64_MAX);
    assert_int_equal(atomic_load(&loop->connections), 0);
}
