/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FORMATS_TAR_H
#define FORMATS_TAR_H

/*
 * Walks a tar archive (POSIX.1-2017, pax, "ustar Interchange Format") as it arrives, in pieces of any size. Memory use
 * is constant. The caller decides about each entry from its header, and words the refusals. Extended headers (pax, GNU)
 * are entries like others: their names and numbers are not applied to the entry that follows.
 *
 * Refused for every caller: a header that is not ustar (which GNU tar's are, too), that has a wrong checksum or a size
 * that cannot be read or is above TAR_SIZE_MAX, and a block that begins like an end mark and is none. What the clients
 * of the ecosystems need differently is in the options.
 */

#include "base/error.h"
#include "base/turn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAR_BLOCK 512
#define TAR_TYPE_AT 156 /* in a header */
#define TAR_NAME_MAX 256 /* "prefix/name" */
#define TAR_SIZE_MAX (UINT64_C(1) << 60)

#define TAR_OCTAL_ONLY 0x1u /* all numbers are octal, as apk reads them; otherwise a size may be of base 256 */
#define TAR_SIZE_IS_DATA \
    0x2u /* data follows whatever has a size, as apk reads it; otherwise not links, devices, folders */
#define TAR_NO_END_MARK 0x4u /* an end mark is refused: apk does not read on after one */
#define TAR_STOPS_AT_MARK 0x8u /* a block of zeros ends the walk, as tar does; otherwise only zeros may follow two */

/* Why an archive is refused. */
enum tar_fault {
    TAR_NOT_USTAR,
    TAR_BAD_NUMBER,
    TAR_BAD_CHECKSUM, /* or a block that begins like an end mark and is none */
    TAR_END_MARK,
    TAR_AFTER_END,
    TAR_TRUNCATED
};

struct tar_entry {
    const uint8_t *header; /* TAR_BLOCK bytes, until the event returns */
    uint8_t type; /* '0', '\0' and '7': a file */
    uint64_t size; /* of its data */
};

/* A failure of one ends the walk with its status. */
struct tar_events {
    /* *out_is_wanted, false before: whether data and end are called for this entry. */
    lreg_status (*entry)(void *user, const struct tar_entry *entry, bool *out_is_wanted, struct error *err);
    lreg_status (*data)(void *user, const void *bytes, size_t length, struct error *err); /* NULL: nothing is wanted */
    lreg_status (*end)(void *user, struct error *err);
    lreg_status (*refuse)(void *user, enum tar_fault fault, struct error *err); /* sets the error, returns its status */
    void *user;
};

struct tar {
    struct tar_events events;
    unsigned options;
    uint8_t block[TAR_BLOCK];
    size_t filled; /* of the block */
    uint64_t blocks; /* headers and end marks that were read */
    uint64_t data; /* bytes of the entry that are still to come */
    size_t padding; /* bytes after the data */
    unsigned marks; /* blocks of zeros, up to 2 */
    bool is_wanted;
    bool has_ended; /* with TAR_STOPS_AT_MARK: the rest is padding */
};

/* `options`: TAR_…. */
void tar_init(struct tar *tar, const struct tar_events *events, unsigned options);
/* Takes bytes until the turn (NULL: none) is over, from which the events spend; the caller passes the rest again in the
 * next turn. After a failure, no more may be passed. */
lreg_status tar_take(struct tar *tar, const void *bytes, size_t length, const struct turn *turn, size_t *out_taken,
                     struct error *err);
/* Refused (TAR_TRUNCATED) when the archive ends within an entry. An empty one is fine. */
lreg_status tar_finish(const struct tar *tar, struct error *err);

/* "prefix/name" of a header, without a leading "./". */
void tar_name(const uint8_t header[TAR_BLOCK], char out[TAR_NAME_MAX + 1]);

#endif
