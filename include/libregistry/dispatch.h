/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_DISPATCH_H
#define LIBREGISTRY_DISPATCH_H

/**
 * @file
 * The exchange in one call, for hosts that may block: CGI programs, servers with a thread for each connection, scripts,
 * fuzzers. It only uses the functions of exchange.h, whose contracts hold here too.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>
#include <libregistry/exchange.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Read the whole body of the request before the response is sent, also when the response does not need it. For
 * gateways that pass the whole body before they read the response, and lose the response of a program that ends with
 * unread input, such as Apache's mod_cgid. */
#define LREG_DISPATCH_READS_ALL 1

/**
 * The source of the request's body and the destination of the response. Each entry returns LREG_OK, or a status that
 * ends the call; the call returns it unchanged. Entries are called from the thread of the call. They may call the
 * library, but on this exchange only the functions that are named here. Since: 0.1
 */
typedef struct lreg_dispatch_io {
    uint32_t size; /**< sizeof(lreg_dispatch_io), set by the host */
    uint32_t flags; /**< LREG_DISPATCH_*, or 0 */
    void *user; /**< passed to every entry */

    /** Optional; without it there is no body. Read up to `capacity` bytes of the request's body; `*out_got` 0 is its
     * end. `capacity` is never more than the rest of the body, if that is known. Called only when the library wants the
     * body: with "Expect: 100-continue", send 100 in the first call. */
    lreg_status (*read)(void *user, void *buffer, size_t capacity, size_t *out_got);

    /** Send the head of the response: lreg_exchange_status(), lreg_exchange_header_at(),
     * lreg_exchange_content_length() and lreg_exchange_may_keep_alive() of `exchange`, which is borrowed for the
     * call. Called once. */
    lreg_status (*write_head)(void *user, const lreg_exchange *exchange);

    /** Send all `length` bytes of the response's body; borrowed for the call. */
    lreg_status (*write)(void *user, const void *bytes, size_t length);

    /** Optional, may lie beyond `size`: let the front server send the body. Called instead of `write_head` and `write`
     * when the body is the file at `path` (lreg_exchange_file_path()). It sends the head, with the field that names the
     * file. */
    lreg_status (*send_file)(void *user, const lreg_exchange *exchange, const char *path);
} lreg_dispatch_io;

/**
 * Answers the request whose head is in `exchange`: begins it, reads its body, and writes the response. It does not
 * reset the exchange.
 *
 * @param exchange  not NULL; with a request set, not begun
 * @param io        not NULL; `size`, `write_head` and `write` are needed
 * @param err       owned, lreg_error_free(); may be NULL. Unchanged for a status of a callback and for an
 *                  invalid `io`
 * @return LREG_OK when a response was written, also one of 404 or 500; LREG_BAD_ARGUMENT (`io`, or an unknown flag); a
 *         status of a callback; a status of the functions of exchange.h. After a failure, close the connection if
 *         `write_head` was called
 * Blocks: metadata database, storage, the callbacks of `io`. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_run(lreg_exchange *exchange, const lreg_dispatch_io *io, lreg_error **err);

/**
 * Answers one request with an exchange of its own.
 *
 * @param instance  not NULL
 * @param method    as for lreg_exchange_set_request()
 * @param target    likewise
 * @param headers   alternating names and values, then NULL: {"Host", "example.com", "Accept", "text/html", NULL}; may
 *                  be NULL
 * @param io        as for lreg_exchange_run()
 * @param err       likewise
 * @return as lreg_exchange_run()
 * Blocks: metadata database, storage, the callbacks of `io`. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_dispatch(lreg_instance *instance, const char *method, const char *target,
                                      const char *const *headers, const lreg_dispatch_io *io, lreg_error **err);

#ifdef __cplusplus
}
#endif

#endif
