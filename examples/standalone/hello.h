/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_HELLO_H
#define STANDALONE_HELLO_H

/* Reassembles the first message of a TLS client, ClientHello, into one record. Clients may split it into several
 * records (RFC 5246 section 6.2.1, RFC 8446 section 5.1), and some do so to pass filters; Mbed TLS 2.28 refuses that.
 * The handshake digests cover messages, not records, so neither side notices. */

#include <stdbool.h>
#include <stddef.h>

#define HELLO_RECORD_HEAD 5
#define HELLO_BYTES_MAX ((size_t)16 * 1024) /* of the content of one record, and so of a ClientHello */
#define HELLO_ROOM (2 * HELLO_RECORD_HEAD + HELLO_BYTES_MAX)

enum hello_state {
    HELLO_HEAD, /* reads the head of a record; the state of a zeroed struct */
    HELLO_CONTENT,
    HELLO_DONE, /* the message is in `bytes`, as one record */
    HELLO_OTHER /* not a ClientHello, or not one that can be reassembled: the TLS parser refuses `bytes` */
};

struct hello {
    enum hello_state state;
    unsigned char *bytes; /* HELLO_ROOM bytes; belongs to the owner */
    size_t length;
    unsigned char head[HELLO_RECORD_HEAD]; /* of the current record */
    size_t head_length;
    size_t content_left;
};

/* How many bytes may be read next, so that none after the message is taken; 0 in the last two states. */
size_t hello_wants(const struct hello *hello);

/* Takes bytes, at most hello_wants() of them. */
void hello_take(struct hello *hello, const unsigned char *bytes, size_t length);

#endif
