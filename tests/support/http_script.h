/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_HTTP_SCRIPT_H
#define TESTS_SUPPORT_HTTP_SCRIPT_H

/*
 * Runs requests that are written as text through an exchange, and returns the responses as text. No sockets, no HTTP
 * parser of a host: just enough to write protocol tests.
 *
 *     struct http_script script = {.instance = instance};
 *     struct http_answer *answer = http_script_run(&script, "GET /org/reg/files/a.txt HTTP/1.1\nHost: localhost\n\n");
 *     assert_int_equal(answer->status, 200);
 *     http_answer_free(answer);
 *
 * Failures of the harness itself (a malformed script, a failed call) end the test through cmocka's fail_msg().
 */

#include <libregistry/exchange.h>

#include <stdbool.h>

/* How to run. All members except the instance may be zero: plain http, no mount, bodies in one piece. */
struct http_script {
    lreg_instance *instance;
    lreg_exchange *exchange; /* NULL: a new one per request; otherwise this one, reset before use */
    const char *scheme;
    const char *mount;
    const char *peer;
    bool trusts_forwarded;
    const char *authorization; /* added as that field when the script has none; NULL: not added */
    const size_t *cuts; /* offsets in the body at which it is cut into pieces, ascending */
    size_t cut_count;
    size_t piece_bytes; /* no piece of the body is longer; 0: any length */
    bool reads_by_pieces; /* read the response with next and consume in place of read, and descriptors with pread */
    lreg_status expected; /* of the calls: this status is not a failure of the harness */
    bool any_failure; /* no other status is one either: the test checks call_status */
};

struct http_answer {
    lreg_status call_status; /* of the first call that did not return LREG_OK; the rest is then incomplete */
    int status;
    bool was_early; /* the response began before the body was complete */
    bool may_keep_alive;
    long long content_length; /* -1: none */
    char *head; /* "Name: value\n" for each field, without X-Request-Id, which is new each time */
    char *body; /* a NUL follows */
    size_t body_length;
    char *text; /* "HTTP <status>\n", head, "Content-Length: …\n", "\n", body: for comparing whole answers */
    size_t text_length;
    char *found; /* of the last http_answer_header() */
};

/* `request` is "METHOD TARGET[ HTTP/1.1]\n", fields "Name: value\n", an empty line, and the body unchanged (chunked
 * bodies decoded). Lines end with "\n" or "\r\n". A body without Content-Length and Transfer-Encoding gets its
 * Content-Length. Never returns NULL; http_answer_free() ends the result. */
struct http_answer *http_script_run(const struct http_script *script, const char *request);
struct http_answer *http_script_run_bytes(const struct http_script *script, const char *request, size_t length);

/* Runs the same request at every cut in two, and byte by byte: all answers must have the same text as the uncut one.
 * `prepare` (may be NULL) is called before each run, to restore the state that the request changes. */
void http_script_check_cuts(const struct http_script *script, const char *request, size_t length,
                            void (*prepare)(void *user), void *user);

/* First value of a field; NULL when absent. Borrowed until the next call for this answer, or http_answer_free(). */
const char *http_answer_header(struct http_answer *answer, const char *name);

void http_answer_free(struct http_answer *answer); /* NULL is fine */

#endif
