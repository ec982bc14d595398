/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_SUPPORT_SCRIPT_H
#define FUZZ_SUPPORT_SCRIPT_H

/*
 * A small language for whole stories: a sequence of requests that SCRIPT_END separates.
 *
 *     @as reader                          lines that begin with @: how it is sent, see script.c
 *     POST /v2/acme/images/app/blobs/uploads/
 *     Name: value
 *                                         an empty line, then the body; lines that begin with = say what it is made
 *     =form a.apk                         into: =form FILENAME, =apk, =tar, see body.c
 *     =apk
 *     pkgname = a
 *
 * In targets, values and bodies these words stand for values that an input cannot know:
 *
 *     $d0 … $d9  $s0 … $s9   digest ("sha256:…") and length of the body of that request
 *     $D  $S  $H             of the body of this one (not within it); $H is its SHA-512
 *     $t0 … $t9  $u0 … $u9   digest and length of that entry of the archive, in later ones
 *     $L  $I  $T             path of the last Location; the last "id" and "token" of an answer in JSON
 */

#include "base/strbuf.h"
#include "support/world.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_END "\x1e\x1e\n"
#define SCRIPT_REQUESTS_MAX 24
#define SCRIPT_BODY_MAX ((size_t)1 << 20)
#define SCRIPT_WORD_MAX 512

struct script_piece {
    char digest[80];
    size_t length;
};

/* How one request is sent. */
struct script_manner {
    enum world_who who;
    uint8_t step; /* length of the first piece of the body; 0: in one piece */
    bool is_basic; /* the token is sent as a password */
    bool is_open; /* the body is sent without a length */
    bool is_cut_off; /* the client disconnects in the middle of the body */
    bool by_pieces; /* the response is read with next and consume */
    bool is_elsewhere; /* paths in answers may have a prefix */
};

struct script {
    struct world world;
    struct hooks hooks;
    struct script_piece bodies[10];
    struct script_piece entries[10];
    size_t count; /* requests so far */
    char location[SCRIPT_WORD_MAX];
    char id[SCRIPT_WORD_MAX];
    char token[SCRIPT_WORD_MAX];
    char sha512[144]; /* of the body of this request */
    struct strbuf body; /* of the request, as it is sent */
    struct strbuf answer; /* the beginning of the response body */
    uint8_t answer_sha256[32]; /* of the whole response body */
    uint64_t told; /* a digest of all answers */
    struct script_manner manner;
    bool may_fail; /* the storage may fail: 5xx and failed exchanges are not findings */
    const bool *is_lied_to; /* NULL, or says whether acknowledged data may be missing or different */
    void (*set_faults)(void *user, bool on); /* switched off while the harness itself checks; may be NULL */
    void *user;
};

/* Runs all requests; `backend` as in world_open(). When all checks are done, call world_close() and then script_end().
 * */
void script_begin(struct script *script, const lreg_storage_backend *backend, void *state);
void script_run(struct script *script, const uint8_t *bytes, size_t length);
void script_end(struct script *script);

/* --- body.c --- */

/* Appends `length` bytes with the words that begin with $ replaced. */
void script_expand(const struct script *script, const char *bytes, size_t length, struct strbuf *out);

/* Builds script->body from the text of a body. Returns the Content-Type that goes with it, or NULL. */
const char *script_make_body(struct script *script, const char *bytes, size_t length);

/* Notes digest and length of bytes. */
void script_note(const void *bytes, size_t length, struct script_piece *out);

/* --- check.c --- */

/* After a response to `method target`: checks that acknowledged data is there, and that removed data is not. */
void script_check_effect(struct script *script, const char *method, const char *target, int32_t status);

/* Sends the request of the exchange, whose head is complete, and reads its response. Returns the status, or 0 when the
 * storage made it break off. */
int32_t script_exchange(struct script *script, bool is_head);

#endif
