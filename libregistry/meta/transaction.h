/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_TRANSACTION_H
#define META_TRANSACTION_H

/*
 * Transactions, and what the headers of all rows share. Every function on rows runs inside a transaction, which the
 * caller began: reads see one snapshot, writes become visible together at the commit. Texts of rows that are read live
 * in the arena that the caller gives; a list of no rows may be NULL.
 *
 * After a failure of a write other than LREG_CONFLICT and LREG_NOT_FOUND the transaction cannot be committed any more:
 * meta_commit() rolls it back and gives that status again.
 *
 * Threads: a transaction from one at a time, not always the same one.
 */

#include "base/arena.h"
#include "base/digest.h"
#include "base/id.h"

struct meta;
struct meta_transaction;

#define META_PAGE_MAX 1000 /* rows that one listing gives at most, whatever its limit */

enum meta_mode {
    META_READ,
    META_WRITE /* takes the write lock at once (BEGIN IMMEDIATE), so that it cannot fail for it later */
};

/* Writers queue in the order in which they came. A database in memory has one transaction at a time, also of readers:
 * a thread that begins a second one before it ended its first gets LREG_BUSY after the busy timeout. */
lreg_status meta_begin(struct meta *meta, enum meta_mode mode, struct meta_transaction **out, struct error *err);
/* A write that a power cut may undo until the next one is committed; all else is as ever. For what is not worth the
 * wait for the disk: nothing that somebody was promised. */
lreg_status meta_begin_unsynced(struct meta *meta, struct meta_transaction **out, struct error *err);
/* Ends the transaction in every case; after a failure it had no effect. What it wrote is durable then, and with it all
 * that was there; also when it wrote nothing, because all was there (see meta_settle()). */
lreg_status meta_commit(struct meta_transaction *transaction, struct error *err);
void meta_rollback(struct meta_transaction *transaction); /* NULL is fine */

/* To be called between two of a long row of writes: writers of other processes get the lock in between. (Those of this
 * process stand in line.) Takes a few milliseconds. */
void meta_give_way(const struct meta *meta);

#endif
