/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_TIMERS_H
#define STANDALONE_TIMERS_H

/* Deadlines of connections. All deadlines of one kind have the same length, so a list with appended entries is sorted:
 * setting and clearing take constant time. A connection has at most one deadline. */

#include <stdint.h>

struct connection;

enum timer_kind {
    TIMER_NONE,
    TIMER_HEADER, /* until the head is complete */
    TIMER_BODY, /* until there is progress of a body, in or out */
    TIMER_IDLE, /* until the next request begins */
    TIMER_REFUSED, /* until a refused client has received its answer */
    TIMER_KINDS
};

struct timer_list {
    struct connection *first;
    struct connection *last;
    int64_t length_ms;
};

struct timers {
    struct timer_list lists[TIMER_KINDS];
};

/* A member of a connection. */
struct timer {
    enum timer_kind kind;
    int64_t deadline_ms;
    struct connection *previous;
    struct connection *next;
};

/* Starts a deadline; it replaces a former one. */
void timers_set(struct timers *timers, struct connection *connection, enum timer_kind kind, int64_t now_ms);
void timers_clear(struct timers *timers, struct connection *connection);

/* A connection whose deadline has passed, or NULL. */
struct connection *timers_expired(const struct timers *timers, int64_t now_ms);

/* When the first connection of the list began to wait, or INT64_MAX. */
int64_t timers_since(const struct timers *timers, enum timer_kind kind);

/* Milliseconds to the next deadline, at most `limit_ms`. */
int64_t timers_wait(const struct timers *timers, int64_t now_ms, int64_t limit_ms);

#endif
