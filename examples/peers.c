/* SPDX-License-Identifier: Apache-2.0 */

/* A hash table with chains and an entry for each peer that has a connection. Its size is fixed: even with the largest
 * number of connections, a chain has a few entries. Peers choose their addresses, so the hash has a secret. */

#include "peers.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BUCKETS 4096 /* a power of 2 */

static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct peer {
    unsigned char key[PEER_KEY_BYTES];
    unsigned count;
    struct peer *next;
};

struct peers {
    pthread_mutex_t lock;
    uint64_t secret[2];
    struct peer *buckets[BUCKETS];
};

struct peers *peers_new(void) {
    struct peers *peers = calloc(1, sizeof *peers);
    if (peers == NULL) {
        return NULL;
    }
    (void)!getrandom(peers->secret, sizeof peers->secret, 0); /* without it, chains may grow long */
    (void)pthread_mutex_init(&peers->lock, NULL);
    return peers;
}

void peers_free(struct peers *peers) {
    if (peers != NULL) {
        (void)pthread_mutex_destroy(&peers->lock);
        free(peers);
    }
}

void peers_key(const unsigned char address[16], unsigned char out_key[PEER_KEY_BYTES]) {
    memcpy(out_key, address, PEER_KEY_BYTES);
    if (memcmp(address, mapped_prefix, sizeof mapped_prefix) != 0) {
        memset(out_key + 8, 0, 8);
    }
}

bool peers_key_of_text(const char *address, unsigned char out_key[PEER_KEY_BYTES]) {
    unsigned char bytes[16];
    memcpy(bytes, mapped_prefix, sizeof mapped_prefix);
    if (inet_pton(AF_INET, address, bytes + sizeof mapped_prefix) != 1 && inet_pton(AF_INET6, address, bytes) != 1) {
        return false;
    }
    peers_key(bytes, out_key);
    return true;
}

/* Multiply and shift, keyed: sufficient, because the only harm is a long chain. */
static size_t bucket_of(const struct peers *peers, const unsigned char key[PEER_KEY_BYTES]) {
    uint64_t words[2];
    memcpy(words, key, sizeof words);
    uint64_t hash = (words[0] ^ peers->secret[0]) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ (hash >> 32) ^ words[1] ^ peers->secret[1]) * UINT64_C(0xff51afd7ed558ccd);
    return (size_t)(hash >> 40) & (BUCKETS - 1);
}

struct peer *peers_enter(struct peers *peers, const unsigned char key[PEER_KEY_BYTES], unsigned *out_count) {
    struct peer **bucket = &peers->buckets[bucket_of(peers, key)];
    (void)pthread_mutex_lock(&peers->lock);
    struct peer *peer = *bucket;
    while (peer != NULL && memcmp(peer->key, key, PEER_KEY_BYTES) != 0) {
        peer = peer->next;
    }
    if (peer == NULL && (peer = calloc(1, sizeof *peer)) != NULL) {
        memcpy(peer->key, key, PEER_KEY_BYTES);
        peer->next = *bucket;
        *bucket = peer;
    }
    if (peer != NULL) {
        peer->count++;
    }
    *out_count = peer != NULL ? peer->count : 0;
    (void)pthread_mutex_unlock(&peers->lock);
    return peer;
}

void peers_leave(struct peers *peers, struct peer *peer) {
    if (peer == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&peers->lock);
    peer->count--;
    if (peer->count == 0) {
        struct peer **link = &peers->buckets[bucket_of(peers, peer->key)];
        while (*link != peer) {
            link = &(*link)->next;
        }
        *link = peer->next;
        free(peer);
    }
    (void)pthread_mutex_unlock(&peers->lock);
}
