/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_EXCHANGE_H
#define LIBREGISTRY_EXCHANGE_H

/**
 * @file
 * One HTTP request and its response, without input and output: the host owns the socket, the library never touches it.
 *
 * Phases. A new or reset exchange takes the head of a request (the setters and lreg_exchange_add_header, in any order).
 * lreg_exchange_begin() ends the head: the request is routed and access is decided. From then on lreg_exchange_wants()
 * says after every call what is next: the request's body, or sending the response. lreg_exchange_reset() makes it ready
 * for the next request, in any phase.
 *
 *     lreg_exchange_set_request(ex, "PUT", "/v2/…", &err);
 *     lreg_exchange_add_header(ex, "Content-Length", "5", &err);  … and so on
 *     lreg_exchange_begin(ex, &err);
 *     while (lreg_exchange_wants(ex) == LREG_WANTS_BODY)          (with "Expect: 100-continue": send 100 before)
 *         if (receive more of the body)
 *             lreg_exchange_write(ex, bytes, length, &err);
 *         else
 *             lreg_exchange_finish(ex, &err);
 *     send lreg_exchange_status(), every lreg_exchange_header_at(), lreg_exchange_content_length()
 *     while (lreg_exchange_next(ex, &piece, &err) == LREG_OK && piece.kind != LREG_PIECE_END)
 *         lreg_exchange_consume(ex, how much of the piece was sent, &err);
 *     lreg_exchange_reset(ex);
 *
 * What is the host's: framing (chunked bodies are handed over decoded; "Content-Length" of the response is written from
 * lreg_exchange_content_length()), the fields Date and Connection, time limits, and the refusal of messages whose
 * framing is ambiguous. What is the library's: everything that the response says. A response of 404 or 500 is a success
 * of the call; a status other than LREG_OK means that the host or the machine has a problem.
 *
 * After LREG_NO_MEMORY, and after a failure of lreg_exchange_next() or lreg_exchange_read(), the exchange has failed:
 * all calls but lreg_exchange_reset() and lreg_exchange_free() give LREG_MISUSE, and if a part of the response was
 * sent, the connection is to be closed. LREG_MISUSE, from a call in the wrong phase, changes nothing.
 *
 * Memory of one exchange is bounded, whatever the size of the bodies. Threads: any, one at a time per exchange, not
 * always the same one.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One request and its response. Opaque. It keeps its instance open. Threads: any, one at a time per handle.
 * Since: 0.1 */
typedef struct lreg_exchange lreg_exchange;

/** What an exchange waits for; one of LREG_WANTS_*. Since: 0.1 */
typedef int32_t lreg_wants;

#define LREG_WANTS_NOTHING 0 /**< the head, before begin; or the response was sent to its end; or it has failed */
#define LREG_WANTS_BODY 1 /**< lreg_exchange_write() or lreg_exchange_finish() */
#define LREG_WANTS_RESPONSE 2 /**< the response is ready: send it. Reading the rest of the body is not needed */
#define LREG_WANTS_WORK 3 /**< lreg_exchange_work(), also again. Only after lreg_exchange_set_defers_work() */

/** What a piece is; one of LREG_PIECE_*. A kind that a host does not know is a failure. Since: 0.1 */
typedef int32_t lreg_piece_kind;

#define LREG_PIECE_END 0 /**< nothing more is to be sent */
#define LREG_PIECE_BYTES 1 /**< `bytes`, `length` */
#define LREG_PIECE_FILE 2 /**< `file`, `file_offset`, `length` */
#define LREG_PIECE_WAIT 3 /**< reserved: nothing yet, later more. No version gives it so far */

/**
 * The next piece of a response's body. What it points to is borrowed until lreg_exchange_consume() has passed it,
 * lreg_exchange_reset() or lreg_exchange_free(). Since: 0.1
 */
typedef struct lreg_piece {
    uint32_t size; /**< sizeof(lreg_piece), set by the host before each call */
    lreg_piece_kind kind;
    const void *bytes; /**< NULL unless LREG_PIECE_BYTES */
    uint64_t length; /**< at least 1 unless LREG_PIECE_END */
    int64_t file_offset; /**< where in the file the piece begins */
    int32_t file; /**< descriptor for pread and sendfile, else -1. It may be shared: never seek, never close */
    int32_t reserved; /**< 0 */
} lreg_piece;

/**
 * A new exchange, which waits for the head of a request.
 *
 * @param instance  not NULL
 * @param out       owned, lreg_exchange_free(); NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT; LREG_NO_MEMORY; LREG_IO (no randomness)
 * Does not block. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_new(lreg_instance *instance, lreg_exchange **out, lreg_error **err);

/**
 * Ends an exchange in any phase. An upload that was not finished leaves nothing behind.
 * @param exchange may be NULL. May block: removes what is staged. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT void lreg_exchange_free(lreg_exchange *exchange);

/**
 * Makes the exchange ready for the next request, in any phase; as after lreg_exchange_new(), but cheaper. Scheme, host,
 * mount, peer and trust are to be set again.
 * @param exchange not NULL. May block: removes what is staged. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT void lreg_exchange_reset(lreg_exchange *exchange);

/**
 * Sets method and target of the request, both at once, or in two calls for a host that learns of them one by one.
 *
 * What is wrong with them (not a method, target too long or malformed) becomes the response.
 * @param exchange  not NULL
 * @param method    such as "GET"; copied; NULL: another call sets it
 * @param target    as the client sent it, in origin form ("/path?query"), absolute form, or "*"; percent-encoded, with
 *                  the mount in front; copied; NULL: another call sets it
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (both are NULL); LREG_MISUSE (set before in this request, or after begin);
 *         LREG_NO_MEMORY (the exchange has failed)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_request(lreg_exchange *exchange, const char *method, const char *target,
                                                  lreg_error **err);

/**
 * Sets the scheme by which the client reached the host, for URLs in answers.
 * @param scheme  "http" (the default) or "https"; not NULL
 * @param err     owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (another scheme); LREG_MISUSE (after begin)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_scheme(lreg_exchange *exchange, const char *scheme, lreg_error **err);

/**
 * Sets name and port under which the client reached the host. Without it the field Host counts.
 * @param host  such as "packages.example.com:8443" or "[::1]:8080": a name or an address, maybe with a port from 0 to
 *              65535; NULL: the field Host; copied
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (not a host); LREG_MISUSE (after begin); LREG_NO_MEMORY (the exchange has failed)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_host(lreg_exchange *exchange, const char *host, lreg_error **err);

/**
 * Sets the path under which the host has put the library. It is taken off the target and put in front of paths in
 * answers; percent escapes in both are undone before they are compared. A target below "/v2/" is taken as it is, for
 * container clients look for a registry there and nowhere else: a host that has no such path of its own hands these
 * over too. Every other target outside the mount is answered with 404.
 * @param mount  "" (the default) or "/prefix", without a slash at its end; letters, digits, "-._~+@:" and percent
 *               escapes; not NULL; copied
 * @param err    owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (malformed); LREG_MISUSE (after begin); LREG_NO_MEMORY (the exchange has failed)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_mount(lreg_exchange *exchange, const char *mount, lreg_error **err);

/**
 * Sets the address of the client, for the audit log.
 * @param address  such as "192.0.2.1" or "2001:db8::1", without a port; NULL: unknown; copied; cut after 63 bytes
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (after begin); LREG_NO_MEMORY (the exchange has failed)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_peer(lreg_exchange *exchange, const char *address, lreg_error **err);

/**
 * Says that the peer is a proxy of the host's own: what it forwards replaces scheme, host, mount (in answers only) and
 * peer. One family of fields counts, by lreg_options_set_forwarded_header():
 *
 * - X-Forwarded-Proto, -Host, -Port, -Prefix and -For (the default). X-Forwarded-Port replaces the port of the host,
 *   also of the field Host; the default port of the scheme is left out.
 * - Forwarded (RFC 7239) with proto, host and for.
 *
 * Of lists the element counts that lreg_options_set_forwarded_hops() names: the last one, which the proxy wrote, unless
 * there are several in a row. A malformed scheme, host, port or prefix becomes the response (400); a client that is no
 * address changes nothing. Without trust these fields mean nothing.
 * @param trust  0 (the default: only peers of lreg_options_trust_forwarded()) or 1
 * @param err    owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (after begin)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_trust_forwarded(lreg_exchange *exchange, lreg_bool trust, lreg_error **err);

/**
 * Says that a front server can send files for the host (X-Sendfile of Apache and others, X-Accel-Redirect of nginx).
 * The answer to a GET whose body is a file of the storage is then 200 with all of it, also when a range was asked for:
 * ranges are the front server's. lreg_exchange_file_path() tells the file; conditions are evaluated as ever.
 * @param sends_files  0 (the default) or 1
 * @param err          owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (after begin)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_sends_files(lreg_exchange *exchange, lreg_bool sends_files, lreg_error **err);

/**
 * Adds a field of the request's head, in the order in which they came; repeated names are fine.
 *
 * A body is announced by "Content-Length", or by "Transfer-Encoding" when its length is not known: hosts whose protocol
 * has no such field (HTTP/2) add "Transfer-Encoding: chunked" for it. What is wrong with a field becomes the response.
 * @param name   not NULL; copied
 * @param value  not NULL; copied; blanks around it are removed
 * @param err    owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (after begin); LREG_NO_MEMORY (the exchange has failed)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_add_header(lreg_exchange *exchange, const char *name, const char *value,
                                                 lreg_error **err);

/**
 * Takes the whole head from the variables of a gateway protocol: CGI (RFC 3875), FastCGI, SCGI, WSGI. In place of
 * lreg_exchange_set_request(), _set_scheme(), _set_host(), _set_mount(), _set_peer() and _add_header(); those of them
 * that are called afterwards replace, or add to, what it found.
 *
 * Of variables that are there twice the last one counts, but for fields that a client may repeat; an empty value counts
 * as none; and all that are not named here are passed over, so that a whole environment may be given.
 *
 * - Method: REQUEST_METHOD.
 * - Target: REQUEST_URI (or RAW_URI), as the client sent it. Without it, or when the gateway has rewritten the path:
 *   SCRIPT_NAME and PATH_INFO, percent-encoded again, and QUERY_STRING.
 * - Mount: SCRIPT_NAME, when the path of REQUEST_URI begins with it; else what is in front of PATH_INFO in it (a whole
 *   host that is mapped to a script gives ""); else SCRIPT_NAME.
 * - Scheme: HTTPS (unless "off" or "0"), or REQUEST_SCHEME or wsgi.url_scheme.
 * - Host: the field, of HTTP_HOST; without one, SERVER_NAME and SERVER_PORT.
 * - Peer: REMOTE_ADDR.
 * - Fields: CONTENT_TYPE, CONTENT_LENGTH and every HTTP_*. Authorization may also be REDIRECT_HTTP_AUTHORIZATION, as
 *   Apache renames it.
 * - Body: of CONTENT_LENGTH bytes. Gateways hand over decoded bodies, so HTTP_TRANSFER_ENCODING only says that a body
 *   without CONTENT_LENGTH comes, up to the end of the input; from HTTP/2 on (SERVER_PROTOCOL) the same is taken to be
 *   so for POST, PUT and PATCH. The host has to tell that end from a broken connection, where its protocol lets it.
 *
 * @param variables  "NAME=value" each, NULL at the end, such as `environ` or FastCGI's `envp`; not NULL; copied
 * @param err        owned, lreg_error_free(); may be NULL
 * @return LREG_OK, also when something is wrong that the client can cause: that becomes the response; LREG_BAD_ARGUMENT
 *         (no REQUEST_METHOD: not called by a gateway; nothing has changed); LREG_MISUSE (a request was set before, or
 *         after begin); LREG_NO_MEMORY (the exchange has failed)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_environment(lreg_exchange *exchange, const char *const *variables,
                                                      lreg_error **err);

/**
 * Says that the host calls lreg_exchange_work(), in a thread that may wait, when lreg_exchange_wants() says so. Without
 * this everything is done at once. Two things are left to that call:
 *
 * - Of GET and HEAD, whatever may take more than two milliseconds: an index of Alpine packages or its signing key is to
 *   be made, a listing reads many rows, something is to be written down. lreg_exchange_begin() waits for nothing then,
 *   so that an event loop can call it in the loop itself.
 * - Of uploads, long work on what was uploaded (unpacking, parsing): it comes in turns. lreg_exchange_write() and
 *   lreg_exchange_finish() do one and leave the rest. Each lreg_exchange_work() does another, of some ten milliseconds,
 *   so that a host can serve others in between. lreg_exchange_share() tells whose turn it was. A host that calls
 *   lreg_exchange_write() or lreg_exchange_finish() instead has all of that work done in this call; after
 *   lreg_exchange_finish() the work may still go on. Hand over at most 1 MiB at once; of more, a part is worked off
 *   before the call returns.
 * @param defers  0 (the default) or 1
 * @param err    owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (after begin)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_defers_work(lreg_exchange *exchange, lreg_bool defers, lreg_error **err);

/**
 * The head is complete: checks limits, finds the route, decides access, and starts the work.
 * @param exchange  not NULL; with a request set
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK, also when the response is a refusal; LREG_MISUSE (no method, no target, or called before)
 * Blocks: metadata database, storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_begin(lreg_exchange *exchange, lreg_error **err);

/**
 * Does what was left for a thread that may wait, or a turn of it: call it as long as lreg_exchange_wants() says
 * LREG_WANTS_WORK.
 * @param exchange  not NULL; it wants LREG_WANTS_WORK
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK, also when the response is a refusal; LREG_MISUSE (it wants something else)
 * Blocks: metadata database, storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_work(lreg_exchange *exchange, lreg_error **err);

/**
 * What the exchange waits for.
 * @param exchange  not NULL
 * @return LREG_WANTS_*. Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_wants lreg_exchange_wants(const lreg_exchange *exchange);

/**
 * How much of the request's body is still to come, where its length is known: a host whose input does not end there (a
 * gateway's need not, RFC 3875 section 4.2) reads no more than that.
 * @param exchange  not NULL
 * @return bytes; 0 when there is no body, or all of it was written; -1 when its length is not known, and before
 *         lreg_exchange_begin(). Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT int64_t lreg_exchange_body_remaining(const lreg_exchange *exchange);

/**
 * Hands over bytes of the request's body as they arrive, in pieces of any size.
 *
 * All are taken. When the response is ready they are dropped; a host may go on so that the connection can be kept.
 * @param bytes   `length` bytes, borrowed for the call; may be NULL when `length` is 0
 * @param err     owned, lreg_error_free(); may be NULL
 * @return LREG_OK, also when the response is now a refusal; LREG_MISUSE (before begin, or the body was finished)
 * Blocks: storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_write(lreg_exchange *exchange, const void *bytes, size_t length,
                                            lreg_error **err);

/**
 * The request's body is complete, and the response is ready when this returns, or there is work left
 * (lreg_exchange_set_defers_work()). A body that is shorter than its "Content-Length" is answered with 400. Not needed
 * when there is no body; may be called again.
 * @param err  owned, lreg_error_free(); may be NULL
 * @return LREG_OK, also when the response is a refusal; LREG_MISUSE (before begin)
 * Blocks: metadata database, storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_finish(lreg_exchange *exchange, lreg_error **err);

/**
 * Whose share of the host's threads the request uses, for hosts that share them out fairly: everything of one
 * organization's tokens has the same text. Hosts add what they know themselves, such as the address of the peer.
 * @param exchange  not NULL
 * @return such as "organization:0190…"; "" before lreg_exchange_begin(), and for requests without credentials or with
 *         wrong ones; borrowed until lreg_exchange_reset() or lreg_exchange_free(). Does not block.
 *         Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT const char *lreg_exchange_share(const lreg_exchange *exchange);

/** The status of the response, such as 200; 0 while it is not ready.
 * @param exchange not NULL. Does not block. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT int32_t lreg_exchange_status(const lreg_exchange *exchange);

/** The reason phrase of the status, such as "Not Found", for protocols that have one; "" while there is no response.
 * @param exchange not NULL. Static storage. Does not block. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT const char *lreg_exchange_reason(const lreg_exchange *exchange);

/**
 * A field of the response's head. Content-Length, Date, Connection and Transfer-Encoding are never among them.
 * @param index      from 0 on
 * @param out_name   not NULL; borrowed until lreg_exchange_reset() or lreg_exchange_free(); NULL when there are fewer
 *                   fields
 * @param out_value  likewise
 * @return 1; 0 when there are fewer fields, or no response. Does not block. Threads: any, one at a time per handle.
 *         Since: 0.1
 */
LREG_EXPORT lreg_bool lreg_exchange_header_at(const lreg_exchange *exchange, size_t index, const char **out_name,
                                              const char **out_value);

/**
 * What to write as "Content-Length": the length of the body, for HEAD of that which GET would send.
 * @param exchange  not NULL
 * @return -1: leave the field out (204, 304, or no response). Does not block. Threads: any, one at a time per handle.
 *         Since: 0.1
 */
LREG_EXPORT int64_t lreg_exchange_content_length(const lreg_exchange *exchange);

/**
 * Whether the connection may carry another request after this response: the request's body was taken to its end.
 * @param exchange  not NULL
 * @return 0 or 1. Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_bool lreg_exchange_may_keep_alive(const lreg_exchange *exchange);

/**
 * The file that is the whole body of the response, for a front server to send, after
 * lreg_exchange_set_sends_files(). The host may as well send the body itself.
 * @param exchange  not NULL
 * @return relative to the data directory ("objects/ab/cd/…", of characters that need no escape), or what the host's
 *         storage backend says; borrowed until lreg_exchange_reset() or lreg_exchange_free(). "": the body is to be
 *         sent as always. Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT const char *lreg_exchange_file_path(const lreg_exchange *exchange);

/**
 * Shows the next piece of the response's body, without moving on: called again, it shows the same. HEAD, 204 and 304
 * have none. A host that cannot send from a descriptor uses lreg_exchange_read().
 * @param piece  not NULL; its `size` set; filled in
 * @param err    owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (no response yet); LREG_BAD_ARGUMENT (`size`); LREG_NO_MEMORY, LREG_IO, LREG_CORRUPT or
 *         a status of the host's storage (the exchange has failed: close the connection)
 * May block: storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_next(lreg_exchange *exchange, lreg_piece *piece, lreg_error **err);

/**
 * Moves on: `length` bytes of what lreg_exchange_next() shows were sent. Partial pieces are fine.
 * @param length  at most the length of the piece that was shown
 * @param err     owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (no response yet, or more than was shown). Does not block.
 * Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_consume(lreg_exchange *exchange, uint64_t length, lreg_error **err);

/**
 * Copies the next bytes of the response's body and moves on: lreg_exchange_next() and lreg_exchange_consume() in one,
 * whatever kind the piece is. The two ways may be mixed.
 * @param buffer    room for `capacity` bytes; not NULL unless `capacity` is 0
 * @param out_got   not NULL; how many were copied; 0 at the end only (or for a `capacity` of 0)
 * @param err       owned, lreg_error_free(); may be NULL
 * @return as lreg_exchange_next()
 * May block: storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_read(lreg_exchange *exchange, void *buffer, size_t capacity, size_t *out_got,
                                           lreg_error **err);

#ifdef __cplusplus
}
#endif

#endif
