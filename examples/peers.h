/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXAMPLES_PEERS_H
#define EXAMPLES_PEERS_H

/* Counts the connections, or requests, of each peer address, so that one peer cannot have them all. An IPv6 network of
 * 64 bits is one peer, because one host is assigned that much. */

#include <stdbool.h>

#define PEER_KEY_BYTES 16

struct peers;
struct peer;

/* NULL: out of memory. */
struct peers *peers_new(void);

/* All peers must have left. `peers` may be NULL. */
void peers_free(struct peers *peers);

/* Makes the key of an address of 16 bytes, with IPv4 as ::ffff:a.b.c.d. */
void peers_key(const unsigned char address[16], unsigned char out_key[PEER_KEY_BYTES]);

/* The key of an address as text, "192.0.2.1" or "2001:db8::1". False when it is neither. */
bool peers_key_of_text(const char *address, unsigned char out_key[PEER_KEY_BYTES]);

/* Counts one more. Returns the peer, and in `out_count` its number including this one. NULL when out of memory: the
 * connection then counts for no peer. Threads: any. */
struct peer *peers_enter(struct peers *peers, const unsigned char key[PEER_KEY_BYTES], unsigned *out_count);

/* Counts one less. `peer` is the result of peers_enter(), or NULL. Threads: any. */
void peers_leave(struct peers *peers, struct peer *peer);

#endif
