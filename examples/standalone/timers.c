/* SPDX-License-Identifier: Apache-2.0 */

/* One doubly linked list for each kind of deadline, oldest first. */

#include "timers.h"

#include "connection.h"

#include <stddef.h>

void timers_clear(struct timers *timers, struct connection *connection) {
    struct timer *timer = &connection->timer;
    struct timer_list *list = &timers->lists[timer->kind];
    if (timer->kind == TIMER_NONE) {
        return;
    }
    if (timer->previous != NULL) {
        timer->previous->timer.next = timer->next;
    } else {
        list->first = timer->next;
    }
    if (timer->next != NULL) {
        timer->next->timer.previous = timer->previous;
    } else {
        list->last = timer->previous;
    }
    *timer = (struct timer){.kind = TIMER_NONE};
}

void timers_set(struct timers *timers, struct connection *connection, enum timer_kind kind, int64_t now_ms) {
    timers_clear(timers, connection);
    struct timer_list *list = &timers->lists[kind];
    connection->timer =
        (struct timer){.kind = kind, .deadline_ms = now_ms + list->length_ms, .previous = list->last, .next = NULL};
    if (list->last != NULL) {
        list->last->timer.next = connection;
    } else {
        list->first = connection;
    }
    list->last = connection;
}

struct connection *timers_expired(const struct timers *timers, int64_t now_ms) {
    for (int kind = TIMER_NONE + 1; kind < TIMER_KINDS; kind++) {
        struct connection *first = timers->lists[kind].first;
        if (first != NULL && first->timer.deadline_ms <= now_ms) {
            return first;
        }
    }
    return NULL;
}

int64_t timers_since(const struct timers *timers, enum timer_kind kind) {
    const struct timer_list *list = &timers->lists[kind];
    return list->first != NULL ? list->first->timer.deadline_ms - list->length_ms : INT64_MAX;
}

int64_t timers_wait(const struct timers *timers, int64_t now_ms, int64_t limit_ms) {
    for (int kind = TIMER_NONE + 1; kind < TIMER_KINDS; kind++) {
        const struct connection *first = timers->lists[kind].first;
        int64_t left = first != NULL ? first->timer.deadline_ms - now_ms : limit_ms;
        limit_ms = left < limit_ms ? left : limit_ms;
    }
    return limit_ms > 0 ? limit_ms : 0;
}
