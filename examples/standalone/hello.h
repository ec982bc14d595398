/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_HELLO_H
#define STANDALONE_HELLO_H

/* The first message of a TLS client, ClientHello, put together into one record. Clients may cut it into several records
 * (RFC 5246 section 6.2.1, RFC 8446 section 5.1), and some do, to get it past filters; Mbed TLS 2.28 refuses that. What
 * a digest of the handshake covers are messages, not records, so neither side notices. */

#include <stdbool.h>
#include <stddef.h>

#define HELLO_RECORD_HEAD 5
#define HELLO_BYTES_MAX ((size_t)16 * 1024) /* of the content of one record, and so of a ClientHello */
#define HELLO_ROOM (2 * HELLO_RECORD_HEAD + HELLO_BYTES_MAX)

enum hello_state {
    HELLO_HEAD, /* reads the head of a record; the state of a zeroed struct */
    HELLO_CONTENT,
    HELLO_DONE, /* is in `bytes`, as one record */
    HELLO_OTHER /* is none, or none that can be put together: `bytes` are for the parser of TLS to refuse */
};

struct hello {
    enum hello_state state;
    unsigned char *bytes; /* HELLO_ROOM of them; the owner's */
    size_t length;
    unsigned char head[HELLO_RECORD_HEAD]; /* of the record that is read */
    size_t head_length;
    size_t content_left;
};

/* How many bytes may be read next, so that none is taken which is behind the message; 0 in the last two states. */
size_t hello_wants(const struct hello *hello);

/* Takes bytes, at most as many as are wanted. */
void hello_take(struct hello *hello, const unsigned char *bytes, size_t length);

#endif
