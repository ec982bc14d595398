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

#include "meta/engine.h"

#define VALUE_UNSYNCED "'unsynced'"

static bool is_durable(const struct meta *meta) {
    return meta->durable && meta->path != NULL;
}

/* --- The log --- */

/* The log's file of a connection that has read before; NULL when there is none. */
static sqlite3_file *log_file(const struct meta_connection *connection) {
    sqlite3_file *file = NULL;
    int result = sqlite3_file_control(connection->database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    return result == SQLITE_OK && file != NULL && file->pMethods != NULL ? file : NULL;
}

int meta_log_errno(const struct meta_connection *connection) {
    sqlite3_file *file = log_file(connection);
    int number = 0;
    if (file != NULL && file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &number) != SQLITE_OK) {
        number = 0;
    }
    return number;
}

static int sync_log(struct meta_connection *connection) {
    sqlite3_file *file = log_file(connection);
    sqlite3_int64 size = 0;
    int result = file != NULL ? meta_step_fault(connection->meta) : SQLITE_OK;
    if (file == NULL || result != SQLITE_OK) {
        return result;
    }
    result = file->pMethods->xFileSize(file, &size);
    if (result == SQLITE_OK && size > 0) {
        result = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    }
    return result;
}

static lreg_status settle_log(struct meta_connection *connection, struct error *err) {
    int result = sync_log(connection);
    return result == SQLITE_OK ? LREG_OK : meta_fail(connection, result, err);
}

/* --- A sync that failed --- */

/* The system counts the bytes that it could not write as written: the next sync succeeds without them. If they include
 * commits that others see (those that did not wait for a sync), every later commit would be lost with them, because the
 * log is read up to the first damaged frame. So the whole log is moved into the database, and the log is restarted. */
void meta_doubt_log(struct meta *meta) {
    if (is_durable(meta)) {
        (void)atomic_fetch_add(&meta->doubts, 1);
    }
}

lreg_status meta_settle_doubts(struct meta_connection *connection, struct error *err) {
    struct meta *meta = connection->meta;
    unsigned before = atomic_load(&meta->doubts);
    if (before == 0) {
        return LREG_OK;
    }
    hooks_log(meta->hooks, LREG_LOG_WARNING,
              "metadata: a sync of the log has failed: moving the log into the database before the next write");
    int result = sqlite3_wal_checkpoint_v2(connection->database, "main", SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    if (result != SQLITE_OK) {
        return meta_fail(connection, result, err);
    }
    (void)atomic_compare_exchange_strong(&meta->doubts, &before, 0); /* unless another sync failed meanwhile */
    return LREG_OK;
}

/* --- The mark of an instance without syncs --- */

static lreg_status leave_mark(struct meta_transaction *transaction, struct error *err) {
    static const char sql[] =
        "INSERT INTO instance_values (name, value) VALUES (" VALUE_UNSYNCED ", '1') ON CONFLICT (name) DO NOTHING";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    return meta_statement_run(&statement, NULL);
}

static lreg_status take_mark(struct meta_transaction *transaction, struct error *err) {
    static const char sql[] = "DELETE FROM instance_values WHERE name = " VALUE_UNSYNCED;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    return meta_statement_run(&statement, NULL);
}

static lreg_status has_mark(struct meta_transaction *transaction, bool *out, struct error *err) {
    static const char sql[] = "SELECT 1 FROM instance_values WHERE name = " VALUE_UNSYNCED;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    return meta_statement_exists(&statement, out);
}

static lreg_status settle_others(struct meta_transaction *transaction, struct error *err) {
    const struct meta *meta = transaction->connection->meta;
    bool is_marked = false;
    lreg_status status = has_mark(transaction, &is_marked, err);
    if (status != LREG_OK || !is_marked) {
        return status;
    }
    hooks_log(meta->hooks, LREG_LOG_INFO, "metadata: syncing what an instance without syncs has stored");
    status = meta->settle != NULL ? meta->settle(meta->settle_user, err) : LREG_OK;
    return status == LREG_OK ? take_mark(transaction, err) : status;
}

lreg_status meta_settle_at_begin(struct meta_transaction *transaction, struct error *err) {
    const struct meta *meta = transaction->connection->meta;
    if (transaction->mode != META_WRITE || meta->path == NULL) {
        return LREG_OK;
    }
    if (!meta->durable) {
        return leave_mark(transaction, err);
    }
    transaction->changes_before = sqlite3_total_changes(transaction->connection->database);
    return transaction->is_unsynced ? LREG_OK : settle_others(transaction, err);
}

lreg_status meta_settle_at_commit(struct meta_transaction *transaction, struct error *err) {
    struct meta_connection *connection = transaction->connection;
    bool is_promise = transaction->mode == META_WRITE && !transaction->is_unsynced && is_durable(connection->meta);
    if (!is_promise || sqlite3_total_changes(connection->database) != transaction->changes_before) {
        return LREG_OK; /* its commit was synced, and all of the log before it */
    }
    return settle_log(connection, err);
}

/* --- All --- */

static lreg_status settle_by_writing(struct meta *meta, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(meta, META_WRITE, &transaction, err);
    return status == LREG_OK ? meta_commit(transaction, err) : status;
}

lreg_status meta_settle(struct meta *meta, struct error *err) {
    struct meta_transaction *transaction = NULL;
    bool is_marked = false;
    if (!is_durable(meta)) {
        return LREG_OK;
    }
    lreg_status status = meta_begin(meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = has_mark(transaction, &is_marked, err);
    /* A read-only instance acknowledges nothing. */
    bool is_read_only = sqlite3_db_readonly(transaction->connection->database, "main") == 1;
    bool has_to_write = (is_marked || atomic_load(&meta->doubts) != 0) && !is_read_only;
    if (status == LREG_OK && !has_to_write && !is_read_only) {
        status = settle_log(transaction->connection, err);
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
    status = has_mark(transaction, &is_marked, err); /* the read makes the connection open the log */
    if (status == LREG_OK) {
        status = settle_log(transaction->connection, err);
    }
    meta_rollback(transaction);
    return status;
}
