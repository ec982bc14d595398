/* SPDX-License-Identifier: Apache-2.0 */

/* One thread waits, for all clients that wait for their sockets ("parked"); others work. A client belongs to the
 * list of the parked, to the queue, or to the thread that works on it. Only the waiting thread takes clients out of
 * the list, so an event and a deadline never give one client to two threads.
 *
 * Threads are shared out among organizations and peers, turn by turn: see fair_queue.h. What a turn costs is the time
 * for which it had the thread. */

#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 64
#define BUFFER_BYTES ((size_t)64 * 1024)
#define THREADS_MAX 256
#define REFUSED_AT_ONCE 64
#define PAUSE_MS 100 /* without descriptors, or with too many clients */
#define COMPLAINT_MS 60000
#define TICK_MS 500 /* deadlines are looked at as often */

struct list {
    struct client *first;
    struct client *last;
};

struct server {
    const struct server_settings *settings;
    struct client_settings *clients;
    int epoll;
    int wake; /* eventfd: a client ended */
    int64_t next_complaint_ms;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct list parked; /* who waits for longest comes first */
    struct fair_queue *queue;
    unsigned count; /* of clients */
    bool is_over; /* for the threads */
    pthread_t threads[THREADS_MAX];
    unsigned thread_count;
};

static void append(struct list *list, struct client *client) {
    client->next = NULL;
    client->previous = list->last;
    if (list->last != NULL) {
        list->last->next = client;
    } else {
        list->first = client;
    }
    list->last = client;
}

static void take_out(struct list *list, struct client *client) {
    if (client->previous != NULL) {
        client->previous->next = client->next;
    } else {
        list->first = client->next;
    }
    if (client->next != NULL) {
        client->next->previous = client->previous;
    } else {
        list->last = client->previous;
    }
    client->previous = NULL;
    client->next = NULL;
}

/* --- from thread to thread; the caller has the lock where the name says so --- */

static void count_out_locked(struct server *server) {
    uint64_t one = 1;
    server->count--;
    (void)!write(server->wake, &one, sizeof one); /* with the lock: the server is there as long as it counts one */
}

static void end(struct server *server, struct client *client) {
    client_free(client);
    (void)pthread_mutex_lock(&server->lock);
    count_out_locked(server);
    (void)pthread_mutex_unlock(&server->lock);
}

/* Out of memory, the client is ended. */
static void enqueue_locked(struct server *server, struct client *client) {
    unsigned weight = client_set_key(client, server->queue);
    client->turn.owner = client;
    if (fair_queue_push(server->queue, client->key, weight, &client->turn)) {
        (void)pthread_cond_signal(&server->changed);
    } else {
        client_free(client);
        count_out_locked(server);
    }
}

static void enqueue(struct server *server, struct client *client) {
    (void)pthread_mutex_lock(&server->lock);
    enqueue_locked(server, client);
    (void)pthread_mutex_unlock(&server->lock);
}

/* The next client to be worked on; NULL: there will be none any more. */
static struct client *dequeue(struct server *server) {
    (void)pthread_mutex_lock(&server->lock);
    struct fair_item *item = NULL;
    while ((item = fair_queue_take(server->queue)) == NULL && !server->is_over) {
        (void)pthread_cond_wait(&server->changed, &server->lock);
    }
    (void)pthread_mutex_unlock(&server->lock);
    return item != NULL ? item->owner : NULL;
}

/* The turn of a client is over; `goes_on`: it waits for another one. */
static void end_turn(struct server *server, struct client *client, uint64_t cost, bool goes_on) {
    (void)pthread_mutex_lock(&server->lock);
    fair_queue_done(server->queue, &client->turn, cost);
    (void)pthread_cond_signal(&server->changed); /* another one of its key may have the thread */
    if (goes_on) {
        enqueue_locked(server, client);
    }
    (void)pthread_mutex_unlock(&server->lock);
}

static uint64_t now_us(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Waits for the socket of a client. The lock is held until it is watched: an event may come before this returns. */
static void park(struct server *server, struct client *client, bool for_output) {
    struct epoll_event event = {.events = (for_output ? EPOLLOUT : EPOLLIN | EPOLLRDHUP) | EPOLLONESHOT,
                                .data.ptr = client};
    (void)pthread_mutex_lock(&server->lock);
    bool is_lost =
        epoll_ctl(server->epoll, client->is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, client->socket, &event) != 0;
    if (!is_lost) {
        client->is_watched = true;
        client->is_parked = true;
        client->deadline_ms =
            client->state == CLIENT_LINGER ? client->linger_until_ms : client_clock_ms() + server->clients->silence_ms;
        append(&server->parked, client);
    }
    (void)pthread_mutex_unlock(&server->lock);
    if (is_lost) {
        end(server, client);
    }
}

static void *work(void *user) {
    struct server *server = user;
    unsigned char *buffer = malloc(BUFFER_BYTES);
    struct client *client = NULL;
    while (buffer != NULL && (client = dequeue(server)) != NULL) {
        uint64_t begun = now_us();
        enum client_need need = client_work(client, buffer, BUFFER_BYTES);
        end_turn(server, client, now_us() - begun, need == CLIENT_NEEDS_TURN);
        if (need == CLIENT_NEEDS_END) {
            end(server, client);
        } else if (need != CLIENT_NEEDS_TURN) {
            park(server, client, need == CLIENT_NEEDS_OUTPUT);
        }
    }
    free(buffer);
    return NULL;
}

/* --- the thread that waits --- */

/* Takes a client out of the parked ones. `is_event`: by its event, which was the last until it is watched again. */
static void unpark_locked(struct server *server, struct client *client, bool is_event) {
    take_out(&server->parked, client);
    client->is_parked = false;
    if (!is_event) {
        (void)epoll_ctl(server->epoll, EPOLL_CTL_DEL, client->socket, NULL);
        client->is_watched = false;
    }
}

static void take_event(struct server *server, struct client *client) {
    (void)pthread_mutex_lock(&server->lock);
    if (client->is_parked) {
        unpark_locked(server, client, true);
        enqueue_locked(server, client);
    }
    (void)pthread_mutex_unlock(&server->lock);
}

/* Gives those whose time is over to the threads; at the end of the server also those that have no request. */
static void expire(struct server *server) {
    int64_t now_ms = client_clock_ms();
    bool is_ending = atomic_load(&server->clients->is_ending);
    (void)pthread_mutex_lock(&server->lock);
    for (struct client *client = server->parked.first, *next = NULL; client != NULL; client = next) {
        next = client->next;
        if (client->deadline_ms <= now_ms || (is_ending && client_is_idle(client))) {
            unpark_locked(server, client, false);
            client->is_expired = true;
            enqueue_locked(server, client);
        }
    }
    (void)pthread_mutex_unlock(&server->lock);
}

/* Ends the client that is idle for longest. One that has not begun its first request is about to, and goes only
 * where it has to. False when there is none. */
static bool make_room(struct server *server, bool has_to) {
    (void)pthread_mutex_lock(&server->lock);
    struct client *client = server->parked.first;
    while (client != NULL && !(client_is_idle(client) && (has_to || client->has_served))) {
        client = client->next;
    }
    if (client != NULL) {
        unpark_locked(server, client, false);
    }
    (void)pthread_mutex_unlock(&server->lock);
    if (client != NULL) {
        end(server, client);
    }
    return client != NULL;
}

/* How many clients there are, with `more`. */
static unsigned count_in(struct server *server, unsigned more) {
    (void)pthread_mutex_lock(&server->lock);
    server->count += more;
    unsigned count = server->count;
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

/* Says once in a while that there are no descriptors; those that are idle go. */
static void want_descriptors(struct server *server, int reason) {
    int64_t now_ms = client_clock_ms();
    if (now_ms >= server->next_complaint_ms) {
        fprintf(stderr, "registry: cannot accept a connection: %s\n", strerror(reason));
        server->next_complaint_ms = now_ms + COMPLAINT_MS;
    }
    (void)make_room(server, true);
}

/* Accepts what there is. False: none can be accepted for now. */
static bool accept_clients(struct server *server) {
    const unsigned room = server->clients->requests_max;
    for (;;) {
        if (count_in(server, 0) >= room + REFUSED_AT_ONCE && !make_room(server, true)) {
            return false;
        }
        int socket = accept4(server->settings->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) {
            bool is_out = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
            if (is_out) {
                want_descriptors(server, errno);
            }
            return !is_out;
        }
        struct client *client = client_new(server->clients, socket);
        if (client != NULL) {
            if (count_in(server, 1) > room) {
                (void)make_room(server, false);
            }
            enqueue(server, client);
        }
    }
}

static bool watch_listening(struct server *server, int operation) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = server};
    return epoll_ctl(server->epoll, operation, server->settings->listening, &event) == 0;
}

/* Waits for events and takes them. True: a new client may be there. */
static bool take_events(struct server *server, int timeout_ms, bool *out_is_signalled) {
    struct epoll_event events[EVENTS];
    bool is_new = false;
    int count = epoll_wait(server->epoll, events, EVENTS, timeout_ms);
    for (int i = 0; i < count; i++) {
        void *of = events[i].data.ptr;
        uint64_t wakes = 0;
        if (of == server) {
            is_new = true;
        } else if (of == &server->settings->signals) {
            *out_is_signalled = true;
        } else if (of == &server->wake) {
            (void)!read(server->wake, &wakes, sizeof wakes);
        } else {
            take_event(server, of);
        }
    }
    return is_new;
}

/* Serves until a signal comes and the last client has gone. */
static void wait_and_accept(struct server *server) {
    bool is_signalled = false;
    bool is_accepting = true;
    while (!is_signalled || count_in(server, 0) > 0) {
        bool is_new = take_events(server, is_accepting || is_signalled ? TICK_MS : PAUSE_MS, &is_signalled);
        if (is_signalled && is_accepting) {
            (void)watch_listening(server, EPOLL_CTL_DEL);
            (void)epoll_ctl(server->epoll, EPOLL_CTL_DEL, server->settings->signals, NULL);
            atomic_store(&server->clients->is_ending, true);
            is_accepting = false;
        }
        expire(server);
        if (is_signalled || (is_accepting && !is_new)) {
            continue;
        }
        bool accepts = accept_clients(server);
        if (accepts != is_accepting) {
            (void)watch_listening(server, accepts ? EPOLL_CTL_ADD : EPOLL_CTL_DEL);
        }
        is_accepting = accepts;
    }
}

static bool open_server(struct server *server) {
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event wake = {.events = EPOLLIN, .data.ptr = &server->wake};
    struct epoll_event signals = {.events = EPOLLIN, .data.ptr = (void *)&server->settings->signals};
    return server->epoll >= 0 && server->wake >= 0 && watch_listening(server, EPOLL_CTL_ADD) &&
           epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->wake, &wake) == 0 &&
           epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->settings->signals, &signals) == 0;
}

static void end_threads(struct server *server) {
    (void)pthread_mutex_lock(&server->lock);
    server->is_over = true;
    (void)pthread_cond_broadcast(&server->changed);
    (void)pthread_mutex_unlock(&server->lock);
    for (unsigned i = 0; i < server->thread_count; i++) {
        (void)pthread_join(server->threads[i], NULL);
    }
}

bool server_run(const struct server_settings *settings, struct client_settings *clients) {
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return false;
    }
    server->settings = settings;
    server->clients = clients;
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_cond_init(&server->changed, NULL);
    unsigned wanted = settings->threads < THREADS_MAX ? settings->threads : THREADS_MAX;
    server->queue = fair_queue_new(wanted);
    bool is_good = server->queue != NULL && open_server(server);
    while (is_good && server->thread_count < wanted &&
           pthread_create(&server->threads[server->thread_count], NULL, work, server) == 0) {
        server->thread_count++;
    }
    is_good = is_good && server->thread_count > 0;
    if (is_good) {
        wait_and_accept(server);
    } else {
        fprintf(stderr, "registry: cannot begin to serve: %s\n", strerror(errno));
    }
    end_threads(server);
    fair_queue_free(server->queue);
    (void)close(server->epoll);
    (void)close(server->wake);
    (void)pthread_cond_destroy(&server->changed);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
    return is_good;
}
