/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_MEMBERS_H
#define ECOSYSTEMS_ALPINE_MEMBERS_H

/*
 * Cuts a stream of concatenated gzip members (RFC 1952 section 2.2) at exactly where they end, however the stream is
 * cut into writes. Memory is bounded whatever a member unpacks to.
 */

#include "base/memory.h"
#include "base/turn.h"

struct alpine_members;

/* What is told of the running member; a failure ends the reading and is passed on. Both kinds of bytes come in order,
 * each as they become known; `end` after the last of both. `begin` comes before anything but the first two bytes was
 * looked at, so that whoever wants no more members says so in the same words wherever the stream is cut. */
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

/* Takes bytes until the turn is over, which unpacked bytes are spent from; the rest is to be given again in the next
 * one. LREG_UNPROCESSABLE: "not_an_apk" when the stream does not begin with a member, "trailing_bytes" when something
 * else follows one, "damaged" when a member does not unpack. After a failure nothing more may be given. */
lreg_status alpine_members_take(struct alpine_members *members, const void *bytes, size_t length, struct turn *turn,
                                size_t *out_taken, struct error *err);
/* Takes them all. */
lreg_status alpine_members_write(struct alpine_members *members, const void *bytes, size_t length, struct error *err);

/* Packed bytes up to where the unpacked ones come from that were told last. */
uint64_t alpine_members_packed_bytes(const struct alpine_members *members);

/* LREG_UNPROCESSABLE ("truncated") when the stream ends inside a member. */
lreg_status alpine_members_finish(struct alpine_members *members, struct error *err);

#endif
