/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXAMPLES_FAIR_QUEUE_H
#define EXAMPLES_FAIR_QUEUE_H

/*
 * A queue for each key (an organization, a peer) in front of a number of servers (threads). The next item is the first
 * one of the key that has used the least cost in proportion to its weight; of equal keys, the one that has waited
 * longest. A key has at most half of the servers. So another key never waits for the end of a long turn, and finds free
 * processors and locks.
 *
 * The cost of a turn, in any unit, is given when the turn is over. A key that becomes busy again starts where the
 * others are: it keeps neither credit nor debt.
 *
 * Threads: one at a time; the caller holds a lock.
 */

#include <stdbool.h>
#include <stdint.h>

struct fair_key;
struct fair_queue;

/* An entry of the queue, inside its owner. Zeroed before its first use. */
struct fair_item {
    void *owner;
    struct fair_item *next;
    struct fair_key *key; /* while it waits or is served */
};

struct fair_queue *fair_queue_new(unsigned servers); /* NULL: out of memory */
void fair_queue_free(struct fair_queue *queue); /* may be NULL; items that still wait are dropped */

/* Appends an item to those of its key. `weight` is at least 1. False: out of memory. */
bool fair_queue_push(struct fair_queue *queue, uint64_t key, unsigned weight, struct fair_item *item);

/* The next item, whose turn begins. NULL: there is none, or its key has its share of servers. */
struct fair_item *fair_queue_take(struct fair_queue *queue);

/* The turn of an item is over. It may then be pushed again, with any key. */
void fair_queue_done(struct fair_queue *queue, struct fair_item *item, uint64_t cost);

/* Hashes a text to a key; keys differ from process to process. `seed` is 0, or the key of the preceding part. */
uint64_t fair_queue_key(const struct fair_queue *queue, uint64_t seed, const char *text);

#endif
