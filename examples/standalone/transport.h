/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_TRANSPORT_H
#define STANDALONE_TRANSPORT_H

/* Bytes in and out of a non-blocking socket, plain or through TLS. */

#include "tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transport {
    int socket;
    mbedtls_ssl_context *session; /* NULL: plain */
};

enum transfer {
    TRANSFER_DONE, /* at least one byte */
    TRANSFER_WAIT, /* nothing until the socket is ready */
    TRANSFER_END, /* the peer sends nothing more */
    TRANSFER_FAILED
};

/* Continues the TLS handshake. DONE: it is complete. */
enum transfer transport_handshake(struct transport *transport);

enum transfer transport_receive(struct transport *transport, void *buffer, size_t capacity, size_t *out_got);

/* Sends some of the bytes. After WAIT, call it with the same bytes. `has_more` delays a short segment. */
enum transfer transport_send(struct transport *transport, const void *bytes, size_t length, bool has_more,
                             size_t *out_sent);

/* Sends some bytes of a file without moving its position. After WAIT, call it with the same arguments. */
enum transfer transport_send_file(struct transport *transport, int file, int64_t offset, uint64_t length,
                                  uint64_t *out_sent);

/* Whether the first byte is that of a plain request, on a socket that expects TLS. */
bool transport_is_plain_request(const struct transport *transport);

/* Ends the sending direction, and leaves the other one open. */
void transport_end(struct transport *transport);

void transport_close(struct transport *transport);

#endif
