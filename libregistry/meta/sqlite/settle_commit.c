/* SPDX-License-Identifier: Apache-2.0 */

/* What a transaction settles at its begin and at its commit; settle.c says what and why. */

#include "meta/sqlite/sqlite_internal.h"

#include "meta/engine.h"

#define VALUE_UNSYNCED "'unsynced'"

/* --- The log --- */

static int sync_log(struct meta_connection *connection) {
    sqlite3_file *file = meta_log_file(connection);
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

lreg_status meta_settle_log(struct meta_connection *connection, struct error *err) {
    int result = sync_log(connection);
    return result == SQLITE_OK ? LREG_OK : meta_fail(connection, result, err);
}

/* --- A sync that failed --- */

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

lreg_status meta_settle_has_mark(struct meta_transaction *transaction, bool *out, struct error *err) {
    static const char sql[] = "SELECT 1 FROM instance_values WHERE name = " VALUE_UNSYNCED;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    return meta_statement_exists(&statement, out);
}

static lreg_status settle_others(struct meta_transaction *transaction, struct error *err) {
    const struct meta *meta = transaction->connection->meta;
    bool is_marked = false;
    lreg_status status = meta_settle_has_mark(transaction, &is_marked, err);
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
    bool is_promise = transaction->mode == META_WRITE && !transaction->is_unsynced && meta_is_durable(connection->meta);
    if (!is_promise || sqlite3_total_changes(connection->database) != transaction->changes_before) {
        return LREG_OK; /* its commit was synced, and all of the log before it */
    }
    return meta_settle_log(connection, err);
}
