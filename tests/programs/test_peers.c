/* SPDX-License-Identifier: Apache-2.0 */
/* Connections are counted for each peer. Labels: threaded */
#include "peers.h"

#include <pthread.h>

static struct peer *enter(struct peers *peers, const char *address, unsigned expected) {
    unsigned char key[PEER_KEY_BYTES];
    unsigned count = 0;
    assert_true(peers_key_of_text(address, key));
    struct peer *peer = peers_enter(peers, key, &count);
    assert_non_null(peer);
    assert_int_equal(count, expected);
    return peer;
}

static void test_programs_peers__each_address_counts_for_itself(void **state) {
    (void)state;
    struct peers *peers = peers_new();
    struct peer *first = enter(peers, "192.0.2.1", 1);
    struct peer *other = enter(peers, "192.0.2.2", 1);
    struct peer *again = enter(peers, "192.0.2.1", 2);
    peers_leave(peers, first);
    struct peer *third = enter(peers, "192.0.2.1", 2);
    peers_leave(peers, again);
    peers_leave(peers, third);
    peers_leave(peers, other);
    peers_leave(peers, enter(peers, "192.0.2.1", 1));
    peers_leave(peers, NULL);
    peers_free(peers);
}

static void test_programs_peers__an_ipv6_network_of_64_bits_is_one_peer(void **state) {
    (void)state;
    struct peers *peers = peers_new();
    struct peer *first = enter(peers, "2001:db8:0:1::1", 1);
    struct peer *second = enter(peers, "2001:db8:0:1:ffff:ffff:ffff:ffff", 2);
    struct peer *other = enter(peers, "2001:db8:0:2::1", 1);
    peers_leave(peers, first);
    peers_leave(peers, second);
    peers_leave(peers, other);
    peers_free(peers);
}

static void test_programs_peers__ipv4_in_ipv6_is_that_address(void **state) {
    (void)state;
    struct peers *peers = peers_new();
    struct peer *first = enter(peers, "192.0.2.1", 1);
    struct peer *second = enter(peers, "::ffff:192.0.2.1", 2);
    struct peer *other = enter(peers, "::ffff:192.0.2.2", 1);
    peers_leave(peers, first);
    peers_leave(peers, second);
    peers_leave(peers, other);
    peers_free(peers);
}

static void test_programs_peers__what_is_no_address_has_no_key(void **state) {
    (void)state;
    static const char *const texts[] = {"", "x", "192.0.2", "192.0.2.1:80", "[::1]", "unix:", "::1%lo"};
    unsigned char key[PEER_KEY_BYTES];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_false(peers_key_of_text(texts[i], key));
    }
}

static void test_programs_peers__many_are_found_again(void **state) {
    (void)state;
    struct peers *peers = peers_new();
    static struct peer *entered[20000];
    char address[32];
    for (unsigned i = 0; i < 20000; i++) {
        (void)snprintf(address, sizeof address, "10.%u.%u.1", i / 256 % 256, i % 256);
        entered[i] = enter(peers, address, 1);
    }
    for (unsigned i = 0; i < 20000; i++) {
        (void)snprintf(address, sizeof address, "10.%u.%u.1", i / 256 % 256, i % 256);
        peers_leave(peers, enter(peers, address, 2));
        peers_leave(peers, entered[i]);
    }
    peers_free(peers);
}

static void *come_and_go(void *user) {
    unsigned char key[PEER_KEY_BYTES] = {1};
    unsigned count = 0;
    for (int i = 0; i < 2000; i++) {
        key[1] = (unsigned char)(i % 3);
        peers_leave(user, peers_enter(user, key, &count));
    }
    return NULL;
}

static void test_programs_peers__threads_come_and_go(void **state) {
    (void)state;
    struct peers *peers = peers_new();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, peers), 0);
    }
    for (int i = 0; i < 4; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    peers_leave(peers, enter(peers, "192.0.2.1", 1));
    peers_free(peers);
}
