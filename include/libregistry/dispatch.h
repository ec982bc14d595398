/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_DISPATCH_H
#define LIBREGISTRY_DISPATCH_H

/**
 * @file
 * The exchange in one call, for hosts that may block: CGI programs, threads with a socket each, scripts, fuzzers. Made
 * of the functions of exchange.h alone; what they do not say holds here too.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>
#include <libregistry/exchange.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Read the body of the request to its end before the response is sent, also when the response does not need it. For
 * gateways that hand all of it over before they look at the response, and lose that of a program which has ended with
 * unread input: Apache's mod_cgid does. */
#define LREG_DISPATCH_READS_ALL 1

/**
 * Where the body of a request comes from and where the response goes to. Each entry returns LREG_OK, or a status that
 * ends the call and is returned by it, unchanged. They are called from the thread of the call, and may call the
 * library, but not this exchange other than as said. Since: 0.1
 */
typedef struct lreg_dispatch_io {
    uint32_t size; /**< sizeof(lreg_dispatch_io), set by the host */
    uint32_t flags; /**< LREG_DISPATCH_*, or 0 */
    void *user; /**< handed back in every call */

    /** Optional; without it there is no body. Read up to `capacity` bytes of the request's body; `*out_got` 0 is its
     * end; never more than lreg_exchange_body_remaining() where that is known. Called only when the library wants the
     * body: with "Expect: 100-continue", the first call is the moment to send 100. */
    lreg_status (*read)(void *user, void *buffer, size_t capacity, size_t *out_got);

    /** Send the head of the response: lreg_exchange_status(), lreg_exchange_header_at(),
     * lreg_exchange_content_length() and lreg_exchange_may_keep_alive() of `exchange`, which is borrowed for the
     * call. Called once. */
    lreg_status (*write_head)(void *user, const lreg_exchange *exchange);

    /** Send all `length` bytes of the response's body; borrowed for the call. */
    lreg_status (*write)(void *user, const void *bytes, size_t length);

    /** Optional, may be behind `size`: have the front server send the body. Called in place of `write_head` and `write`
     * when the body is the file at `path` (lreg_exchange_file_path()), to send the head with the field that says so. */
    lreg_status (*send_file)(void *user, const lreg_exchange *exchange, const char *path);
} lreg_dispatch_io;

/**
 * Answers the request whose head was put into `exchange`: begins it, reads its body, and writes the response. The
 * exchange is not reset.
 *
 * @param exchange  not NULL; with a request set, not begun
 * @param io        not NULL; `size`, `write_head` and `write` are needed
 * @param err       owned, lreg_error_free(); may be NULL. Stays NULL for a status of a callback and for a bad `io`
 * @return LREG_OK when a response was written, whatever it says; LREG_BAD_ARGUMENT (`io`, or a flag that is not known);
 *         a status of a callback; what the functions of exchange.h give. When `write_head` was called before a failure,
 *         the connection is to be closed
 * Blocks. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_run(lreg_exchange *exchange, const lreg_dispatch_io *io, lreg_error **err);

/**
 * Answers one request with an exchange of its own.
 *
 * @param instance  not NULL
 * @param method    as for lreg_exchange_set_request()
 * @param target    likewise
 * @param headers   names and values in turn, then NULL: {"Host", "example.com", "Accept", "text/html", NULL}; may be
 *                  NULL
 * @param io        as for lreg_exchange_run()
 * @param err       likewise
 * @return as lreg_exchange_run()
 * Blocks. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_dispatch(lreg_instance *instance, const char *method, const char *target,
                                      const char *const *headers, const lreg_dispatch_io *io, lreg_error **err);

#ifdef __cplusplus
}
#endif

#endif
