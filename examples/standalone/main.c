/* SPDX-License-Identifier: Apache-2.0 */

/* registryd: the library on sockets. The main thread accepts connections and waits for signals; loops serve them;
 * workers write. The library has all that defines a registry. */

#include "instance.h"
#include "listener.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "server.h"
#include "tls.h"
#include "upkeep.h"
#include "workers.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 8
#define FULL_WAIT_MS 50
#define DESCRIPTORS_BESIDE 128 /* for small files that stay open, logs and loops */
#define DESCRIPTORS_OF_A_THREAD 4 /* for the database */
#define SHARES 8 /* so many peers with a full share of connections fill the server */
#define SHARE_MIN 16

static bool read_networks(struct server *server) {
    const struct text_list *list = &server->options->trust_forwarded;
    for (size_t i = 0; i < list->count; i++) {
        if (!network_parse(list->items[i], &server->trusted[i])) {
            complain("\"%s\" is not a network; write ADDRESS or ADDRESS/BITS", list->items[i]);
            return false;
        }
        server->trusted_count++;
    }
    return true;
}

static bool open_log(struct server *server) {
    const struct options *options = server->options;
    if (options->access_log == NULL) {
        return true;
    }
    bool is_json = options->log_format != NULL && strcmp(options->log_format, "json") == 0;
    server->access_log = access_log_open(options->access_log, is_json);
    return server->access_log != NULL;
}

static bool open_tls(struct server *server) {
    const struct options *options = server->options;
    if (options->tls_certificate != NULL) {
        server->tls = tls_open(options->tls_certificate, options->tls_key);
    }
    return options->tls_certificate == NULL || server->tls != NULL;
}

static unsigned thread_count(const struct options *options) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (options->threads > 0) {
        return (unsigned)options->threads;
    }
    return processors < 1 ? 1 : (unsigned)(processors < THREADS_MAX ? processors : THREADS_MAX);
}

/* Raises the limit of descriptors to its maximum: a connection needs one, and another for the file that it sends. The
 * number of connections is bounded by the descriptors, so that served connections do not fail for lack of one. */
static void set_limits(struct server *server) {
    const struct options *options = server->options;
    struct rlimit limit;
    server->max_connections = options->max_connections;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        rlim_t threads = (rlim_t)options->workers + thread_count(options);
        rlim_t beside = DESCRIPTORS_BESIDE + DESCRIPTORS_OF_A_THREAD * threads;
        rlim_t room = limit.rlim_max > beside ? (limit.rlim_max - beside) / 2 : 1;
        if (limit.rlim_max != RLIM_INFINITY && room < (rlim_t)options->max_connections) {
            server->max_connections = room > 0 ? (int64_t)room : 1;
        }
        if (server->max_connections < options->max_connections && options->max_connections != OPTIONS_MAX_CONNECTIONS) {
            complain("the limit of open files (%llu) is enough for %lld connections",
                     (unsigned long long)limit.rlim_max, (long long)server->max_connections);
        }
    }
    int64_t share = server->max_connections / SHARES;
    server->connections_per_peer = options->connections_per_peer > 0 ? options->connections_per_peer
                                   : share > SHARE_MIN               ? share
                                                                     : SHARE_MIN;
#ifdef M_ARENA_MAX /* of the GNU C library */
    (void)mallopt(M_ARENA_MAX, 2); /* memory use is small; many arenas would only retain more of it */
#endif
}

static bool start_loops(struct server *server) {
    unsigned count = thread_count(server->options);
    server->loop_ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->loops = calloc(count, sizeof(struct loop *));
    if (server->loop_ended < 0 || server->loops == NULL) {
        complain("out of memory or descriptors");
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        server->loops[i] = loop_new(server);
        if (server->loops[i] == NULL) {
            return false;
        }
        server->loop_count++;
    }
    for (unsigned i = 0; i < count; i++) {
        if (!loop_start(server->loops[i])) {
            return false;
        }
    }
    return true;
}

static void complain_of_upkeep(lreg_status status, lreg_error *error) {
    complain_of("the upkeep failed", status, error);
}

static bool start_upkeep(struct server *server) {
    const struct options *options = server->options;
    const lreg_upkeep_options upkeep = {
        .size = sizeof upkeep,
        .collect_interval_ms = options->upkeep_interval_ms,
        .scrub_interval_ms = options->scrub_interval_ms,
        .scrub_bytes_per_second = (uint64_t)options->scrub_rate,
    };
    if (options->is_without_upkeep) {
        return true;
    }
    server->upkeep = upkeep_start(server->instance, &upkeep, complain_of_upkeep);
    if (server->upkeep == NULL) {
        complain("cannot start a thread");
    }
    return server->upkeep != NULL;
}

static bool start(struct server *server) {
    if (!read_networks(server) || !open_tls(server) || !open_log(server)) {
        return false;
    }
    server->peers = peers_new();
    if (server->peers == NULL) {
        complain("out of memory");
        return false;
    }
    server->workers = workers_start((unsigned)server->options->workers);
    return server->workers != NULL && instance_open(server) && start_loops(server) && start_upkeep(server);
}

static void stop(struct server *server, enum stopping how) {
    atomic_store(&server->stopping, how);
    for (unsigned i = 0; i < server->loop_count; i++) {
        loop_wake(server->loops[i]);
    }
}

/* Ends what was started, in reverse order. Running requests are aborted. */
static void end(struct server *server) {
    stop(server, STOPPING_NOW);
    for (unsigned i = 0; i < server->loop_count; i++) {
        loop_join(server->loops[i]);
    }
    upkeep_stop(server->upkeep);
    workers_stop(server->workers);
    lreg_close(server->instance);
    access_log_close(server->access_log);
    tls_close(server->tls);
    peers_free(server->peers);
    free(server->loops);
    if (server->loop_ended >= 0) {
        (void)close(server->loop_ended);
    }
}

/* Blocks the signals that end the server, in all threads. Returns a descriptor that reports them. */
static int open_signals(void) {
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        complain("cannot wait for signals: %s", strerror(errno));
    }
    return fd;
}

/* Whether a signal arrived that ends the server. */
static bool take_signal(int signals, struct server *server) {
    struct signalfd_siginfo signal;
    bool ends = false;
    while (read(signals, &signal, sizeof signal) == (ssize_t)sizeof signal) {
        if (signal.ssi_signo == SIGHUP) {
            access_log_reopen(server->access_log);
        } else {
            ends = true;
        }
    }
    return ends;
}

/* Accepts until a signal arrives. */
static void serve(const struct listeners *listeners, int signals, struct server *server) {
    struct pollfd polls[OPTIONS_LIST_MAX + 1] = {{.fd = signals, .events = POLLIN}};
    for (unsigned i = 0; i < listeners->count; i++) {
        polls[i + 1] = (struct pollfd){.fd = listeners->sockets[i], .events = POLLIN};
    }
    for (;;) {
        bool is_full = listeners_are_full(server);
        if (is_full) {
            (void)listeners_make_room(server);
        }
        (void)poll(polls, is_full ? 1 : listeners->count + 1, is_full ? FULL_WAIT_MS : -1);
        if (take_signal(signals, server)) {
            return;
        }
        listeners_accept(listeners, server);
    }
}

static int64_t now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until running requests have finished. A second signal, or the time limit, ends the wait. */
static void wait_for_requests(int signals, struct server *server) {
    int64_t deadline = now_ms() + server->options->shutdown_timeout_ms;
    uint64_t ended = 0;
    stop(server, STOPPING_GRACEFULLY);
    while (ended < server->loop_count) {
        struct pollfd polls[2] = {{.fd = signals, .events = POLLIN}, {.fd = server->loop_ended, .events = POLLIN}};
        int64_t left = deadline - now_ms();
        if (left <= 0 || poll(polls, 2, (int)left) == 0 || take_signal(signals, server)) {
            return;
        }
        uint64_t more = 0;
        if (read(server->loop_ended, &more, sizeof more) == (ssize_t)sizeof more) {
            ended += more;
        }
    }
}

static int run(const struct options *options) {
    struct server server = {.options = options, .loop_ended = -1};
    struct listeners listeners = {.count = 0};
    int result = EXIT_FAILURE;
    set_limits(&server);
    int signals = open_signals();
    if (signals >= 0 && start(&server) && listeners_open(&listeners, options)) {
        note(options, "info", "%u threads, %lld workers, at most %lld connections, %lld of one peer", server.loop_count,
             (long long)options->workers, (long long)server.max_connections, (long long)server.connections_per_peer);
        serve(&listeners, signals, &server);
        listeners_close(&listeners);
        note(options, "info", "stopping: running requests have %lld ms to finish",
             (long long)options->shutdown_timeout_ms);
        wait_for_requests(signals, &server);
        result = EXIT_SUCCESS;
    }
    end(&server);
    if (signals >= 0) {
        (void)close(signals);
    }
    return result;
}

int main(int count, char **arguments) {
    struct options options;
    int result = EXIT_FAILURE;
    if (!options_read(&options, count, arguments)) {
        result = 2;
    } else if (options.wants_help) {
        options_print_help();
        result = EXIT_SUCCESS;
    } else if (options.wants_version) {
        printf("registryd %s (libregistry %s)\n", LREG_VERSION_STRING, lreg_version_string());
        result = EXIT_SUCCESS;
    } else {
        result = run(&options);
    }
    options_free(&options);
    return result;
}
