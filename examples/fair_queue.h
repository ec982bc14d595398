/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXAMPLES_FAIR_QUEUE_H
#define EXAMPLES_FAIR_QUEUE_H

/*
 * A queue for each key (an organization, a peer) in front of a number of servers (threads). The next to be served is
 * the first of the key that has used least, in proportion to its weight; of equal ones the one that waits longest. A
 * key has half of the servers at most, so that another key never waits for the end of a turn that is long, and finds
 * processors and locks that are free.
 *
 * What a turn costs is said when it is over, in any unit. A key that comes back after it had nothing to do begins where
 * the others are: it has saved nothing, and owes nothing.
 *
 * Threads: one at a time; the caller has a lock.
 */

#include <stdbool.h>
#include <stdint.h>

struct fair_key;
struct fair_queue;

/* Part of what is queued. Zeroed before its first use. */
struct fair_item {
    void *owner;
    struct fair_item *next;
    struct fair_key *key; /* while it waits or is served */
};

struct fair_queue *fair_queue_new(unsigned servers); /* NULL: out of memory */
void fair_queue_free(struct fair_queue *queue); /* may be NULL; what still waits is forgotten */

/* Puts an item behind the others of its key. `weight` is at least 1. False: out of memory. */
bool fair_queue_push(struct fair_queue *queue, uint64_t key, unsigned weight, struct fair_item *item);

/* The next item, whose turn begins; NULL: there is none, or its key has its share of servers. */
struct fair_item *fair_queue_take(struct fair_queue *queue);

/* The turn of an item is over. It may then be pushed again, with any key. */
void fair_queue_done(struct fair_queue *queue, struct fair_item *item, uint64_t cost);

/* A key of a text, which differs from process to process; 0 for `seed` begins one, and the key of a part goes on. */
uint64_t fair_queue_key(const struct fair_queue *queue, uint64_t seed, const char *text);

#endif
