/* SPDX-License-Identifier: Apache-2.0 */

/* The same functions for plain sockets and for TLS. Plain sockets send files by sendfile. */

#include "transport.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILE_PIECE_BYTES ((uint64_t)1024 * 1024) /* one call; so that one connection does not delay the others */
#define TLS_PIECE_BYTES ((size_t)16 * 1024) /* one record */

static enum transfer judge_errno(void) {
    return errno == EAGAIN || errno == EINTR ? TRANSFER_WAIT : TRANSFER_FAILED;
}

static enum transfer judge_tls(int code) {
    if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) {
        return TRANSFER_WAIT;
    }
    return code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || code == 0 ? TRANSFER_END : TRANSFER_FAILED;
}

enum transfer transport_handshake(struct transport *transport) {
    int code = mbedtls_ssl_handshake(transport->session);
    return code == 0 ? TRANSFER_DONE : judge_tls(code);
}

enum transfer transport_receive(struct transport *transport, void *buffer, size_t capacity, size_t *out_got) {
    *out_got = 0;
    if (transport->session != NULL) {
        int code = mbedtls_ssl_read(transport->session, buffer, capacity);
        *out_got = code > 0 ? (size_t)code : 0;
        return code > 0 ? TRANSFER_DONE : judge_tls(code);
    }
    ssize_t got = recv(transport->socket, buffer, capacity, 0);
    if (got < 0) {
        return judge_errno();
    }
    *out_got = (size_t)got;
    return got > 0 ? TRANSFER_DONE : TRANSFER_END;
}

enum transfer transport_send(struct transport *transport, const void *bytes, size_t length, bool has_more,
                             size_t *out_sent) {
    *out_sent = 0;
    if (transport->session != NULL) {
        int code = mbedtls_ssl_write(transport->session, bytes, length);
        *out_sent = code > 0 ? (size_t)code : 0;
        return code > 0 ? TRANSFER_DONE : judge_tls(code);
    }
    ssize_t sent = send(transport->socket, bytes, length, MSG_NOSIGNAL | (has_more ? MSG_MORE : 0));
    if (sent < 0) {
        return judge_errno();
    }
    *out_sent = (size_t)sent;
    return TRANSFER_DONE;
}

/* TLS has to encrypt the bytes. If a record cannot be sent now, its bytes are read again later, and are the same. */
static enum transfer send_file_by_tls(struct transport *transport, int file, int64_t offset, uint64_t length,
                                      uint64_t *out_sent) {
    unsigned char record[TLS_PIECE_BYTES];
    size_t wanted = length < sizeof record ? (size_t)length : sizeof record;
    ssize_t got = pread(file, record, wanted, offset);
    if (got != (ssize_t)wanted) {
        return TRANSFER_FAILED;
    }
    size_t sent = 0;
    enum transfer transfer = transport_send(transport, record, wanted, false, &sent);
    *out_sent = sent;
    return transfer;
}

enum transfer transport_send_file(struct transport *transport, int file, int64_t offset, uint64_t length,
                                  uint64_t *out_sent) {
    *out_sent = 0;
    if (transport->session != NULL) {
        return send_file_by_tls(transport, file, offset, length, out_sent);
    }
    off_t at = offset;
    ssize_t sent =
        sendfile(transport->socket, file, &at, (size_t)(length < FILE_PIECE_BYTES ? length : FILE_PIECE_BYTES));
    if (sent < 0) {
        return judge_errno();
    }
    *out_sent = (uint64_t)sent;
    return sent > 0 ? TRANSFER_DONE : TRANSFER_FAILED; /* the file has become shorter */
}

bool transport_is_plain_request(const struct transport *transport) {
    unsigned char first = 0;
    return recv(transport->socket, &first, 1, MSG_PEEK) == 1 && first >= 'A' && first <= 'Z';
}

void transport_end(struct transport *transport) {
    if (transport->session != NULL) {
        (void)mbedtls_ssl_close_notify(transport->session);
    }
    (void)shutdown(transport->socket, SHUT_WR);
}

void transport_close(struct transport *transport) {
    tls_session_free(transport->session);
    transport->session = NULL;
    if (transport->socket >= 0) {
        (void)close(transport->socket);
        transport->socket = -1;
    }
}
