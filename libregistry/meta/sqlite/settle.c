/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Commits that others left unsynced. SQLite shows a commit to others only after its sync, with two exceptions. A log
 * that is recovered after a crash may end with commits whose process was killed before the sync. An instance that is
 * opened without syncs does not sync at all. A kill loses neither, because the page cache stays; a power cut loses
 * both. So an instance that syncs makes durable what it finds before it acknowledges it: when it is opened, and
 * whenever a write finds everything in place and writes nothing that SQLite would have synced.
 *
 * The log is synced through the file that a connection has open. What an instance without syncs stored beside the
 * database is not known here. Such an instance leaves a mark among the values. The next write of an instance that syncs
 * has all of it synced (`settle` of the options), and removes the mark in the same transaction. A row that this
 * transaction can see was committed after its bytes were stored, so nothing is missed while both instances run.
 */

#include "meta/sqlite/sqlite_internal.h"

static lreg_status settle_by_writing(struct meta *meta, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(meta, META_WRITE, &transaction, err);
    return status == LREG_OK ? meta_commit(transaction, err) : status;
}

lreg_status meta_settle(struct meta *meta, struct error *err) {
    struct meta_transaction *transaction = NULL;
    bool is_marked = false;
    if (!meta_is_durable(meta)) {
        return LREG_OK;
    }
    lreg_status status = meta_begin(meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_settle_has_mark(transaction, &is_marked, err);
    /* A read-only instance acknowledges nothing. */
    bool is_read_only = sqlite3_db_readonly(transaction->connection->database, "main") == 1;
    bool has_to_write = (is_marked || atomic_load(&meta->doubts) != 0) && !is_read_only;
    if (status == LREG_OK && !has_to_write && !is_read_only) {
        status = meta_settle_log(transaction->connection, err);
    }
    meta_rollback(transaction);
    return status == LREG_OK && has_to_write ? settle_by_writing(meta, err) : status;
}

lreg_status meta_sync_log(struct meta *meta, struct error *err) {
    struct meta_transaction *transaction = NULL;
    bool is_marked = false;
    if (meta->path == NULL) {
        return LREG_OK;
    }
    lreg_status status = meta_begin(meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_settle_has_mark(transaction, &is_marked, err); /* the read makes the connection open the log */
    if (status == LREG_OK) {
        status = meta_settle_log(transaction->connection, err);
    }
    meta_rollback(transaction);
    return status;
}
