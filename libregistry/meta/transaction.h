/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_TRANSACTION_H
#define META_TRANSACTION_H

/*
 * Transactions, and what the headers of all rows share. Every function on rows runs inside a transaction that the
 * caller began: reads see one snapshot, and writes become visible together at the commit. Texts of rows are allocated
 * in the caller's arena. An empty list may be NULL.
 *
 * After a failure of a write other than LREG_CONFLICT and LREG_NOT_FOUND the transaction cannot be committed:
 * meta_commit() rolls it back and returns that status again.
 *
 * Threads: one thread at a time may use a transaction, not always the same one.
 */

#include "base/arena.h"
#include "base/digest.h"
#include "base/id.h"

struct meta;
struct meta_transaction;

#define META_PAGE_MAX 1000 /* the maximum number of rows that one listing returns, whatever its limit */

enum meta_mode {
    META_READ,
    META_WRITE /* takes the write lock at once (BEGIN IMMEDIATE), so that it cannot fail to get it later */
};

/* Writers of this process are served in the order of their calls. A database in memory has one transaction at a time,
 * readers included: a thread that begins a second one before it ended the first gets LREG_BUSY after the busy
 * timeout. */
lreg_status meta_begin(struct meta *meta, enum meta_mode mode, struct meta_transaction **out, struct error *err);
/* Begins a write that a power cut may undo until the next write is committed; otherwise like meta_begin(). For writes
 * that are not worth waiting for the disk and that were not promised to a client. */
lreg_status meta_begin_unsynced(struct meta *meta, struct meta_transaction **out, struct error *err);
/* Ends the transaction in every case; after a failure it has no effect. On success, all that was written is durable,
 * along with everything before it. That also holds for a transaction that wrote nothing because all was in place (see
 * meta_settle()). */
lreg_status meta_commit(struct meta_transaction *transaction, struct error *err);
void meta_rollback(struct meta_transaction *transaction); /* NULL is allowed */
/* Ends a write by the status of its steps: commits when `status` is LREG_OK; otherwise rolls back and leaves `err` as
 * it is. Returns the final status: that of the steps when they failed, or that of meta_commit(). `transaction` is not
 * NULL. */
lreg_status meta_end(struct meta_transaction *transaction, lreg_status status, struct error *err);

/* Call it between the transactions of a long series of writes: it lets writers of other processes get the lock.
 * (Writers of this process wait in a queue.) Takes a few milliseconds. */
void meta_give_way(const struct meta *meta);

#endif
