/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_MEMBERS_H
#define ECOSYSTEMS_ALPINE_MEMBERS_H

/*
 * Splits a stream of concatenated gzip members (RFC 1952 section 2.2) exactly where they end, however the stream is cut
 * into writes. Memory use is bounded whatever a member unpacks to.
 */

#include "base/memory.h"
#include "base/turn.h"

struct alpine_members;

/* Events of the current member. A failure of one ends the reading and is returned. Packed and unpacked bytes each come
 * in order, as they become known; `end` follows the last of both. `begin` comes when only the first two bytes have been
 * checked: a caller that refuses further members thus reports the same failure wherever the stream is cut. */
struct alpine_members_events {
    void *user;
    lreg_status (*begin)(void *user, struct error *err);
    lreg_status (*packed)(void *user, const void *bytes, size_t length, struct error *err);
    lreg_status (*unpacked)(void *user, const void *bytes, size_t length, struct error *err);
    lreg_status (*end)(void *user, struct error *err);
};

/* `events` is copied. */
lreg_status alpine_members_new(const struct hooks *hooks, const struct alpine_members_events *events,
                               struct alpine_members **out, struct error *err);
void alpine_members_free(struct alpine_members *members); /* NULL is fine */

/* Takes bytes until the turn is over, from which unpacked bytes are spent; the caller passes the rest again in the next
 * turn. LREG_UNPROCESSABLE: "not_an_apk" when the stream does not begin with a member, "trailing_bytes" when something
 * else follows one, "damaged" when a member does not unpack. After a failure, no more may be passed. */
lreg_status alpine_members_take(struct alpine_members *members, const void *bytes, size_t length, struct turn *turn,
                                size_t *out_taken, struct error *err);
/* Takes all bytes. */
lreg_status alpine_members_write(struct alpine_members *members, const void *bytes, size_t length, struct error *err);

/* Packed bytes up to those that the last unpacked bytes came from. */
uint64_t alpine_members_packed_bytes(const struct alpine_members *members);

/* LREG_UNPROCESSABLE ("truncated") when the stream ends inside a member. */
lreg_status alpine_members_finish(struct alpine_members *members, struct error *err);

#endif
