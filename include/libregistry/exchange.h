/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_EXCHANGE_H
#define LIBREGISTRY_EXCHANGE_H

/**
 * @file
 * One HTTP request and its response, without input and output: the host owns the socket, the library never touches it.
 *
 * The host drives an exchange through its phases. The words in capitals are phases. The names on the arrows are
 * calls, without their prefix lreg_exchange_:
 *
 *             begin()
 *     HEAD ──────┬──────────────────────────────────► RESPONSE ──────────────────────────► END
 *                │                                    ▲         next(), consume(); read()
 *                ├──► BODY ─── write() …, finish() ───┤
 *                │    ▲  │                            │
 *                │    │  │ write(), finish()          │
 *                │    │  ▼                            │
 *                └──► WORK ───────── work() ──────────┘
 *
 *     every phase ─── reset() ───► HEAD
 *     HEAD ─── LREG_NO_MEMORY ───► FAILED
 *     RESPONSE ─── next() or read() fails ───► FAILED
 *
 * - HEAD: a new or reset exchange. It takes the head of a request: the setters and lreg_exchange_add_header(), in any
 *   order. lreg_exchange_begin() ends the head, finds the route and decides access.
 * - BODY: the exchange waits for the body of the request. The response may become ready before the body ends.
 * - WORK: work is left for a thread that may wait. Only after lreg_exchange_set_defers_work().
 * - RESPONSE: the response is ready and can be sent.
 * - END: the response was sent.
 * - FAILED: only lreg_exchange_reset() and lreg_exchange_free() are allowed. Other calls that return a status return
 *   LREG_MISUSE. If a part of the response was sent, the host closes the connection.
 *
 * lreg_exchange_wants() returns what comes next. LREG_MISUSE, from a call in the wrong phase, changes nothing.
 *
 *     lreg_exchange_set_request(ex, "PUT", "/v2/…", &err);
 *     lreg_exchange_add_header(ex, "Content-Length", "5", &err);  … and so on
 *     lreg_exchange_begin(ex, &err);
 *     while (lreg_exchange_wants(ex) == LREG_WANTS_BODY)          (with "Expect: 100-continue": send 100 first)
 *         if (receive more of the body)
 *             lreg_exchange_write(ex, bytes, length, &err);
 *         else
 *             lreg_exchange_finish(ex, &err);
 *     send lreg_exchange_status(), every lreg_exchange_header_at(), lreg_exchange_content_length()
 *     while (lreg_exchange_next(ex, &piece, &err) == LREG_OK && piece.kind != LREG_PIECE_END)
 *         lreg_exchange_consume(ex, how much of the piece was sent, &err);
 *     lreg_exchange_reset(ex);
 *
 * The host does the framing: it decodes chunked bodies, writes "Content-Length" of the response from
 * lreg_exchange_content_length(), and refuses messages whose framing is ambiguous. It also writes the fields Date and
 * Connection, and limits time. Everything else in the response comes from the library. A response of 404 or 500 is a
 * success of the call; a status other than LREG_OK is a problem of the host or of the machine.
 *
 * The memory of one exchange is bounded, independent of the size of the bodies. Any thread may use an exchange, but not
 * two at the same time.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One request and its response. Opaque. It keeps its instance open. Threads: any, one at a time per handle.
 * Since: 0.1 */
typedef struct lreg_exchange lreg_exchange;

/** What an exchange waits for: one of LREG_WANTS_*. Since: 0.1 */
typedef int32_t lreg_wants;

#define LREG_WANTS_NOTHING 0 /**< phases HEAD, END and FAILED */
#define LREG_WANTS_BODY 1 /**< phase BODY: lreg_exchange_write() or lreg_exchange_finish() */
#define LREG_WANTS_RESPONSE 2 /**< phase RESPONSE: send it. The rest of the body need not be read */
#define LREG_WANTS_WORK 3 /**< phase WORK: lreg_exchange_work(), as long as it is wanted */

/** The kind of a piece: one of LREG_PIECE_*. A host treats a kind that it does not know as a failure. Since: 0.1 */
typedef int32_t lreg_piece_kind;

#define LREG_PIECE_END 0 /**< the body was sent */
#define LREG_PIECE_BYTES 1 /**< `bytes`, `length` */
#define LREG_PIECE_FILE 2 /**< `file`, `file_offset`, `length` */
#define LREG_PIECE_WAIT 3 /**< reserved: nothing yet, more later. No version returns it so far */

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
    int32_t file; /**< descriptor for pread and sendfile, or -1. It may be shared: never seek, never close */
    int32_t reserved; /**< 0 */
} lreg_piece;

/**
 * Makes an exchange, in the phase HEAD.
 *
 * @param instance  not NULL
 * @param out       owned, lreg_exchange_free(); NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT; LREG_NO_MEMORY; LREG_IO (no random bytes); a status of the source of randomness
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_new(lreg_instance *instance, lreg_exchange **out, lreg_error **err);

/**
 * Ends an exchange, in any phase. The bytes of an upload that was not finished are removed.
 * @param exchange  may be NULL
 * Blocks: metadata database, storage (removes what is staged). Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT void lreg_exchange_free(lreg_exchange *exchange);

/**
 * Returns the exchange to the phase HEAD, from any phase, for the next request. This is cheaper than a new exchange.
 * All settings have their defaults again: scheme, host, mount, peer, trust, sending files, deferring work.
 * @param exchange  not NULL
 * Blocks: metadata database, storage (removes what is staged). Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT void lreg_exchange_reset(lreg_exchange *exchange);

/**
 * Sets the method and the target of the request, in one call or in two.
 *
 * If one of them is invalid (not a method, target too long or malformed), the response says so.
 * @param exchange  not NULL
 * @param method    such as "GET"; copied; NULL: set by another call
 * @param target    as the client sent it, in origin form ("/path?query"), absolute form, or "*"; percent-encoded, with
 *                  the mount; copied; NULL: set by another call
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (both are NULL); LREG_MISUSE (it is set already, or after begin);
 *         LREG_NO_MEMORY (the exchange has failed)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_request(lreg_exchange *exchange, const char *method, const char *target,
                                                  lreg_error **err);

/**
 * Sets the scheme of the client's request, for URLs in responses.
 * @param scheme  "http" (the default) or "https"; not NULL
 * @param err     owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (another scheme); LREG_MISUSE (after begin)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_scheme(lreg_exchange *exchange, const char *scheme, lreg_error **err);

/**
 * Sets the name and the port by which the client reached the host. The default is the field Host.
 * @param host  such as "packages.example.com:8443" or "[::1]:8080": a name or an address, with an optional port from 0
 *              to 65535; NULL: the field Host; copied
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (not a host); LREG_MISUSE (after begin); LREG_NO_MEMORY (the exchange has failed)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_host(lreg_exchange *exchange, const char *host, lreg_error **err);

/**
 * Sets the path below which the host serves the library. The library removes it from targets and adds it to paths in
 * responses. Percent escapes are decoded before a target is compared with it. Targets below "/v2/" are also accepted
 * without the mount, because container clients look for a registry only there: a host that does not use this path
 * itself passes such requests to the library too. Every other target outside the mount gets 404.
 * @param mount  "" (the default) or "/prefix", without a slash at its end; letters, digits, "-._~+@:" and percent
 *               escapes; not NULL; copied
 * @param err    owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (malformed); LREG_MISUSE (after begin); LREG_NO_MEMORY (the exchange has failed)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_mount(lreg_exchange *exchange, const char *mount, lreg_error **err);

/**
 * Sets the address of the client, for the audit log and for lreg_options_trust_forwarded().
 * @param address  such as "192.0.2.1" or "2001:db8::1", without a port; NULL: unknown; copied; at most 63
 *                 bytes are kept
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (after begin); LREG_NO_MEMORY (the exchange has failed)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_peer(lreg_exchange *exchange, const char *address, lreg_error **err);

/**
 * Says that the peer is a trusted proxy: the fields that it adds replace the scheme, the host, the mount (in responses
 * only) and the peer. lreg_options_set_forwarded_header() selects the family of fields:
 *
 * - X-Forwarded-Proto, -Host, -Port, -Prefix and -For (the default). X-Forwarded-Port replaces the port of the host,
 *   also when the host comes from the field Host. URLs do not contain the default port of the scheme.
 * - Forwarded (RFC 7239) with proto, host and for.
 *
 * lreg_options_set_forwarded_hops() selects the element of a list. The default is the last element, which the proxy
 * itself added. A malformed scheme, host, port or prefix gets 400. A client that is not an address is ignored. Without
 * trust all these fields are ignored.
 * @param trust  0 (the default: only peers in the networks of lreg_options_trust_forwarded() are trusted) or 1
 * @param err    owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (after begin)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_trust_forwarded(lreg_exchange *exchange, lreg_bool trust, lreg_error **err);

/**
 * Says that a front server can send files for the host (X-Sendfile of Apache and others, X-Accel-Redirect of nginx).
 * The response to a GET whose body is a file of the storage is then 200 with the whole file, also for a range request:
 * the front server handles ranges. lreg_exchange_file_path() returns the file. The library still evaluates conditions.
 * @param sends_files  0 (the default) or 1
 * @param err          owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (after begin)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_sends_files(lreg_exchange *exchange, lreg_bool sends_files, lreg_error **err);

/**
 * Adds a field to the request's head. Call it in the order of the fields; names may repeat.
 *
 * "Content-Length" announces a body, or "Transfer-Encoding" when the length is not known. A host whose protocol does
 * not have this field (HTTP/2) adds "Transfer-Encoding: chunked". If a field is invalid, the response says so.
 * @param name   not NULL; copied
 * @param value  not NULL; copied; blanks around it are removed
 * @param err    owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (after begin); LREG_NO_MEMORY (the exchange has failed)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_add_header(lreg_exchange *exchange, const char *name, const char *value,
                                                 lreg_error **err);

/**
 * Takes the whole head from the variables of a gateway protocol: CGI (RFC 3875), FastCGI, SCGI, WSGI. It replaces
 * lreg_exchange_set_request(), _set_scheme(), _set_host(), _set_mount(), _set_peer() and _add_header(). A later call of
 * one of these functions, except _set_request(), overrides or adds to the result.
 *
 * Of a variable that occurs twice the last one counts, except for fields that a client may repeat. An empty variable
 * counts as absent. Other variables than these are ignored, so a whole environment may be passed.
 *
 * - Method: REQUEST_METHOD.
 * - Target: REQUEST_URI (or RAW_URI), as the client sent it. Without it, or when the gateway has rewritten the path:
 *   SCRIPT_NAME and PATH_INFO, percent-encoded again, and QUERY_STRING.
 * - Mount: SCRIPT_NAME, if the path of REQUEST_URI begins with it; otherwise the part of that path before PATH_INFO
 *   ("" when a whole host is mapped to a script); otherwise SCRIPT_NAME.
 * - Scheme: HTTPS (unless "off" or "0"), or REQUEST_SCHEME or wsgi.url_scheme.
 * - Host: HTTP_HOST, the field of the request; without it, SERVER_NAME and SERVER_PORT.
 * - Peer: REMOTE_ADDR.
 * - Fields: CONTENT_TYPE, CONTENT_LENGTH and every HTTP_*. Authorization may also be REDIRECT_HTTP_AUTHORIZATION, as
 *   Apache renames it.
 * - Body: CONTENT_LENGTH bytes. Gateways pass decoded bodies, so HTTP_TRANSFER_ENCODING without CONTENT_LENGTH only
 *   means that a body follows, up to the end of the input. From HTTP/2 on (SERVER_PROTOCOL) POST, PUT and PATCH without
 *   CONTENT_LENGTH mean the same. The host has to distinguish that end from a broken connection, where its protocol
 *   allows it.
 *
 * @param variables  "NAME=value" each, NULL at the end, such as `environ` or FastCGI's `envp`; not NULL; copied
 * @param err        owned, lreg_error_free(); may be NULL
 * @return LREG_OK, also when the client's request is invalid: the response says so; LREG_BAD_ARGUMENT (no
 *         REQUEST_METHOD: not called by a gateway; nothing has changed); LREG_MISUSE (a request is set already, or
 *         after begin); LREG_NO_MEMORY (the exchange has failed)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_environment(lreg_exchange *exchange, const char *const *variables,
                                                      lreg_error **err);

/**
 * Says that the host calls lreg_exchange_work(), in a thread that may wait, when lreg_exchange_wants() returns
 * LREG_WANTS_WORK. Without this, each call does all of its work before it returns. Two kinds of work are deferred:
 *
 * - For GET and HEAD, everything that may take more than two milliseconds: making an index of Alpine packages or its
 *   signing key, listing many rows, writing. lreg_exchange_begin() then only reads, so an event loop may call it in the
 *   loop.
 * - For uploads, long work on the uploaded bytes (unpacking, parsing). It is split into turns of about ten
 *   milliseconds. lreg_exchange_write() and lreg_exchange_finish() do one turn, and each lreg_exchange_work() does
 *   another, so the host can serve other requests in between. lreg_exchange_share() returns whose turn it was. When the
 *   host calls lreg_exchange_write() or lreg_exchange_finish() while work is left, that call first does all of it.
 *   After lreg_exchange_finish() work may be left too. Pass at most 1 MiB in one call: of more, a part is processed
 *   before the call returns.
 * @param defers  0 (the default) or 1
 * @param err     owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (after begin)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_set_defers_work(lreg_exchange *exchange, lreg_bool defers, lreg_error **err);

/**
 * Ends the head: checks limits, finds the route, decides access, and starts the work.
 * @param exchange  not NULL; with a request set
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK, also when the response is a refusal; LREG_MISUSE (no method or target, called already, or "forked")
 * Blocks: metadata database, storage; for how long, see lreg_exchange_set_defers_work(). Threads: any, one at a time
 * per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_begin(lreg_exchange *exchange, lreg_error **err);

/**
 * Does deferred work, or one turn of it. Call it as long as lreg_exchange_wants() returns LREG_WANTS_WORK.
 * @param exchange  not NULL; it wants LREG_WANTS_WORK
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK, also when the response is a refusal; LREG_MISUSE (it wants something else, or "forked")
 * Blocks: metadata database, storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_work(lreg_exchange *exchange, lreg_error **err);

/**
 * Returns what the exchange waits for.
 * @param exchange  not NULL
 * @return LREG_WANTS_*
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_wants lreg_exchange_wants(const lreg_exchange *exchange);

/**
 * Returns how much of the request's body is missing, if its length is known. A host whose input does not end with the
 * body (RFC 3875 section 4.2 allows that) must not read more.
 * @param exchange  not NULL
 * @return bytes; 0 when there is no body, or it is complete; -1 when its length is not known, before
 *         lreg_exchange_begin(), and while lreg_exchange_begin() has left work
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT int64_t lreg_exchange_body_remaining(const lreg_exchange *exchange);

/**
 * Passes bytes of the request's body as they arrive, in pieces of any size. All of them are used.
 *
 * When the response is ready, the bytes are dropped. A host may still pass them, so that the connection can be kept.
 * @param bytes   `length` bytes, borrowed for the call; may be NULL when `length` is 0
 * @param err     owned, lreg_error_free(); may be NULL
 * @return LREG_OK, also when the response is now a refusal; LREG_MISUSE (before begin, the body is complete, or
 *         "forked")
 * Blocks: metadata database, storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_write(lreg_exchange *exchange, const void *bytes, size_t length,
                                            lreg_error **err);

/**
 * Ends the request's body. After it the response is ready, or there is work left (lreg_exchange_set_defers_work()). A
 * body that is shorter than its "Content-Length" gets 400. Not needed when there is no body; may be called again.
 * @param err  owned, lreg_error_free(); may be NULL
 * @return LREG_OK, also when the response is a refusal; LREG_MISUSE (before begin, or "forked")
 * Blocks: metadata database, storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_finish(lreg_exchange *exchange, lreg_error **err);

/**
 * Returns a key for fair scheduling of requests: all requests with tokens of one organization have the same key. A host
 * may combine it with what it knows itself, such as the address of the peer.
 * @param exchange  not NULL
 * @return such as "organization:0190…"; "" before lreg_exchange_begin(), and for requests without valid credentials;
 *         borrowed until lreg_exchange_reset() or lreg_exchange_free()
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT const char *lreg_exchange_share(const lreg_exchange *exchange);

/** The status of the response. @param exchange not NULL @return such as 200; 0 while it is not ready. Blocks: no.
 * Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT int32_t lreg_exchange_status(const lreg_exchange *exchange);

/** The reason phrase of the status, for protocols that have one. @param exchange not NULL @return such as "Not
 * Found"; "" while there is no response; static storage. Blocks: no. Threads: any, one at a time per handle. Since:
 * 0.1 */
LREG_EXPORT const char *lreg_exchange_reason(const lreg_exchange *exchange);

/**
 * Returns a field of the response's head; never Content-Length, Date, Connection or Transfer-Encoding.
 * @param index      from 0 on
 * @param out_name   not NULL; borrowed until lreg_exchange_reset() or lreg_exchange_free(); NULL when there are fewer
 *                   fields
 * @param out_value  likewise
 * @return 1; 0 when there are fewer fields, or no response
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_bool lreg_exchange_header_at(const lreg_exchange *exchange, size_t index, const char **out_name,
                                              const char **out_value);

/**
 * Returns the value of "Content-Length": the length of the body; for HEAD, the length of the body of a GET.
 * @param exchange  not NULL
 * @return -1: do not send the field (204, 304, or no response)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT int64_t lreg_exchange_content_length(const lreg_exchange *exchange);

/**
 * Returns whether the connection may carry another request after this response: the request's body is complete.
 * @param exchange  not NULL
 * @return 0 or 1
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_bool lreg_exchange_may_keep_alive(const lreg_exchange *exchange);

/**
 * Returns the file that is the whole body of the response, for a front server to send, after
 * lreg_exchange_set_sends_files(). The host may also send the body itself.
 * @param exchange  not NULL
 * @return relative to the data directory ("objects/ab/cd/…", of characters that need no escape), or the path from the
 *         host's storage backend; borrowed until lreg_exchange_reset() or lreg_exchange_free(). "": there is none, send
 *         the body
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT const char *lreg_exchange_file_path(const lreg_exchange *exchange);

/**
 * Returns the next piece of the response's body. It does not move on: another call returns the same piece. Responses to
 * HEAD, and 204 and 304, have none. A host that cannot send from a descriptor uses lreg_exchange_read().
 * @param piece  not NULL; its `size` set; filled in
 * @param err    owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (no response yet); LREG_BAD_ARGUMENT (`size`); LREG_NO_MEMORY, LREG_IO, LREG_CORRUPT or
 *         a status of the host's storage (the exchange has failed: close the connection)
 * Blocks: storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_next(lreg_exchange *exchange, lreg_piece *piece, lreg_error **err);

/**
 * Moves on by `length` bytes, which were sent of the piece that lreg_exchange_next() returned. It may be a part of it.
 * @param length  at most the length of that piece
 * @param err     owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_MISUSE (no response yet, or `length` is too large)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_consume(lreg_exchange *exchange, uint64_t length, lreg_error **err);

/**
 * Copies the next bytes of the response's body and moves on: lreg_exchange_next() and lreg_exchange_consume() in one
 * call, for every kind of piece. Both ways may be mixed.
 * @param buffer    room for `capacity` bytes; not NULL unless `capacity` is 0
 * @param out_got   not NULL; how many were copied; 0 only at the end (or for a `capacity` of 0, and on failure)
 * @param err       owned, lreg_error_free(); may be NULL
 * @return as lreg_exchange_next()
 * Blocks: storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_exchange_read(lreg_exchange *exchange, void *buffer, size_t capacity, size_t *out_got,
                                           lreg_error **err);

#ifdef __cplusplus
}
#endif

#endif
