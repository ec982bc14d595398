/* SPDX-License-Identifier: Apache-2.0 */

/* See the header. A key exists only while one of its items waits or is served. */

#include "fair_queue.h"

#include <stdlib.h>
#include <sys/random.h>

#define BUCKETS 256u
#define COST_SCALE 1024u /* so that a weight divides small costs, too */

struct fair_key {
    struct fair_key *next_in_bucket;
    struct fair_key *next_waiting; /* in order of arrival */
    uint64_t key;
    uint64_t used; /* cost divided by weight */
    unsigned weight;
    unsigned served;
    struct fair_item *first;
    struct fair_item *last;
};

struct fair_queue {
    unsigned servers_of_one; /* the most that one key has */
    uint64_t secret;
    uint64_t now; /* `used` of the key that was served last */
    struct fair_key *waiting;
    struct fair_key *buckets[BUCKETS];
};

struct fair_queue *fair_queue_new(unsigned servers) {
    struct fair_queue *queue = calloc(1, sizeof *queue);
    if (queue != NULL) {
        queue->servers_of_one = servers > 1 ? servers / 2 : 1;
        (void)!getrandom(&queue->secret, sizeof queue->secret, GRND_NONBLOCK);
    }
    return queue;
}

void fair_queue_free(struct fair_queue *queue) {
    for (unsigned i = 0; queue != NULL && i < BUCKETS; i++) {
        while (queue->buckets[i] != NULL) {
            struct fair_key *key = queue->buckets[i];
            queue->buckets[i] = key->next_in_bucket;
            free(key);
        }
    }
    free(queue);
}

/* FNV-1a, seeded with a secret. A client that finds two texts with one key only shares a queue with itself. */
uint64_t fair_queue_key(const struct fair_queue *queue, uint64_t seed, const char *text) {
    uint64_t hash = seed != 0 ? seed : queue->secret ^ UINT64_C(0xcbf29ce484222325);
    for (const char *at = text; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    }
    return (hash ^ 0xff) * UINT64_C(0x100000001b3); /* the end, which no text has */
}

static struct fair_key **bucket_of(struct fair_queue *queue, uint64_t key) {
    return &queue->buckets[(key ^ key >> 32) % BUCKETS];
}

static struct fair_key *find_or_add(struct fair_queue *queue, uint64_t key) {
    struct fair_key **bucket = bucket_of(queue, key);
    struct fair_key *found = *bucket;
    while (found != NULL && found->key != key) {
        found = found->next_in_bucket;
    }
    if (found == NULL) {
        found = calloc(1, sizeof *found);
        if (found == NULL) {
            return NULL;
        }
        found->key = key;
        found->used = queue->now;
        found->next_in_bucket = *bucket;
        *bucket = found;
    }
    return found;
}

static void remove_key(struct fair_queue *queue, struct fair_key *key) {
    struct fair_key **at = bucket_of(queue, key->key);
    while (*at != key) {
        at = &(*at)->next_in_bucket;
    }
    *at = key->next_in_bucket;
    free(key);
}

static void append_waiting(struct fair_queue *queue, struct fair_key *key) {
    struct fair_key **at = &queue->waiting;
    while (*at != NULL) {
        at = &(*at)->next_waiting;
    }
    key->next_waiting = NULL;
    *at = key;
}

bool fair_queue_push(struct fair_queue *queue, uint64_t key, unsigned weight, struct fair_item *item) {
    struct fair_key *owner = find_or_add(queue, key);
    if (owner == NULL) {
        return false;
    }
    owner->weight = weight;
    item->next = NULL;
    item->key = owner;
    if (owner->first == NULL) {
        owner->first = item;
        append_waiting(queue, owner);
    } else {
        owner->last->next = item;
    }
    owner->last = item;
    return true;
}

/* The link to the next key; NULL: no key may be served. */
static struct fair_key **choose(struct fair_queue *queue) {
    struct fair_key **best = NULL;
    for (struct fair_key **at = &queue->waiting; *at != NULL; at = &(*at)->next_waiting) {
        if ((*at)->served < queue->servers_of_one && (best == NULL || (*at)->used < (*best)->used)) {
            best = at;
        }
    }
    return best;
}

static void charge(struct fair_key *key, uint64_t cost) {
    uint64_t share = cost < UINT64_MAX / COST_SCALE ? cost * COST_SCALE / key->weight : UINT64_MAX / 2;
    key->used = share < UINT64_MAX - key->used ? key->used + share : UINT64_MAX;
}

struct fair_item *fair_queue_take(struct fair_queue *queue) {
    struct fair_key **place = choose(queue);
    if (place == NULL) {
        return NULL;
    }
    struct fair_key *key = *place;
    struct fair_item *item = key->first;
    queue->now = key->used > queue->now ? key->used : queue->now;
    *place = key->next_waiting; /* a key with further items is appended again, so that equal keys take turns */
    key->first = item->next;
    if (key->first != NULL) {
        append_waiting(queue, key);
    }
    item->next = NULL;
    key->served++;
    charge(key, 1);
    return item;
}

void fair_queue_done(struct fair_queue *queue, struct fair_item *item, uint64_t cost) {
    struct fair_key *key = item->key;
    item->key = NULL;
    key->served--;
    charge(key, cost);
    if (key->served == 0 && key->first == NULL) {
        remove_key(queue, key);
    }
}
