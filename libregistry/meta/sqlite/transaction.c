/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Begin and end. Nothing is allocated when a connection is idle: a transaction is a part of its connection. A writer
 * first waits for its turn in this process, then for the lock of the database, which other processes may hold.
 */

#include "meta/sqlite/sqlite_internal.h"

#include "base/process.h"
#include "meta/engine.h"

/* A database in memory is one connection, so readers take turns as well. */
static bool needs_turn(const struct meta *meta, enum meta_mode mode) {
    return mode == META_WRITE || meta->path == NULL;
}

/* Statements that begin and end a transaction, which meta_statement_begin() requires to be open. */
static lreg_status run_control(struct meta_connection *connection, const char *sql, struct error *err) {
    struct meta_statement statement;
    meta_statement_begin_control(&statement, connection, sql, err);
    while (meta_statement_next(&statement)) {
        /* there are no rows */
    }
    return meta_statement_end(&statement);
}

/* Commits do not sync then, but the log is still synced before it is moved into the database. */
static lreg_status stop_syncing(struct meta_connection *connection, struct error *err) {
    connection->transaction.is_unsynced = true; /* also after a failure: the setting may have been changed already */
    return meta_connection_run(connection, "PRAGMA synchronous = NORMAL", err);
}

static void sync_again(struct meta_connection *connection) {
    if (connection->transaction.is_unsynced &&
        meta_connection_run(connection, "PRAGMA synchronous = FULL", NULL) != LREG_OK) {
        connection->unusable = true;
    }
    connection->transaction.is_unsynced = false;
}

/* Must not fail, whatever a step returns: closing the connection rolls back as well. A database in memory would be lost
 * with its connection, so there the statement runs without the injected faults. */
static void roll_back(struct meta_connection *connection) {
    if (sqlite3_get_autocommit(connection->database) == 0) {
        (void)run_control(connection, "ROLLBACK", NULL);
    }
    if (sqlite3_get_autocommit(connection->database) == 0 && connection->meta->path == NULL) {
        (void)sqlite3_exec(connection->database, "ROLLBACK", NULL, NULL, NULL);
    }
    if (sqlite3_get_autocommit(connection->database) == 0) {
        connection->unusable = true;
    }
}

static lreg_status begin(struct meta *meta, enum meta_mode mode, bool is_synced, struct meta_transaction **out,
                         struct error *err) {
    struct meta_connection *connection = NULL;
    lreg_status status = meta_take_connection(meta, mode, &connection, err);
    if (status != LREG_OK) {
        return status;
    }
    connection->transaction = (struct meta_transaction){.connection = connection, .mode = mode};
    if (!is_synced) {
        status = stop_syncing(connection, err);
    }
    if (status == LREG_OK && mode == META_WRITE) {
        status = meta_settle_doubts(connection, err);
    }
    if (status == LREG_OK) {
        status = run_control(connection, mode == META_WRITE ? "BEGIN IMMEDIATE" : "BEGIN", err);
    }
    if (status == LREG_OK) {
        status = meta_settle_at_begin(&connection->transaction, err);
    }
    if (status != LREG_OK) {
        roll_back(connection);
        sync_again(connection);
        meta_give_connection(meta, mode, connection);
        return status;
    }
    *out = &connection->transaction;
    return LREG_OK;
}

lreg_status meta_read_only(struct error *err) {
    return error_set(err, LREG_FORBIDDEN, "read_only",
                     "this registry can only be read: its data directory cannot be written to");
}

static lreg_status begin_in_turn(struct meta *meta, enum meta_mode mode, bool is_synced, struct meta_transaction **out,
                                 struct error *err) {
    *out = NULL;
    lreg_status status = process_check(meta->hooks, err);
    if (status != LREG_OK) {
        return status;
    }
    if (mode == META_WRITE && meta->is_read_only) {
        return meta_read_only(err);
    }
    bool turn = needs_turn(meta, mode);
    if (turn && !meta_write_queue_enter(&meta->write_queue, meta->busy_timeout_ms)) {
        return error_set(err, LREG_BUSY, "database_busy", "metadata: other writers took longer than %d ms",
                         (int)meta->busy_timeout_ms);
    }
    status = begin(meta, mode, is_synced, out, err);
    if (status != LREG_OK && turn) {
        meta_write_queue_leave(&meta->write_queue);
    }
    return status;
}

lreg_status meta_begin(struct meta *meta, enum meta_mode mode, struct meta_transaction **out, struct error *err) {
    return begin_in_turn(meta, mode, true, out, err);
}

lreg_status meta_begin_unsynced(struct meta *meta, struct meta_transaction **out, struct error *err) {
    bool is_ever_synced = meta->durable && meta->path != NULL;
    return begin_in_turn(meta, META_WRITE, !is_ever_synced, out, err);
}

static void end(struct meta_transaction *transaction) {
    struct meta_connection *connection = transaction->connection;
    struct meta *meta = connection->meta;
    bool turn = needs_turn(meta, transaction->mode);
    sync_again(connection);
    meta_give_connection(meta, transaction->mode, connection); /* before the next writer in the queue asks for one */
    if (turn) {
        meta_write_queue_leave(&meta->write_queue);
    }
}

lreg_status meta_commit(struct meta_transaction *transaction, struct error *err) {
    struct meta_connection *connection = transaction->connection;
    lreg_status status = transaction->failure;
    if (status != LREG_OK) {
        error_set(err, status, "transaction_failed", "metadata: the transaction failed before its commit");
    } else {
        status = run_control(connection, "COMMIT", err);
    }
    if (status == LREG_OK) {
        status = meta_settle_at_commit(transaction, err);
    }
    if (status != LREG_OK) {
        roll_back(connection);
    } else if (transaction->mode == META_WRITE) {
        (void)atomic_fetch_add(&connection->meta->commits, 1);
    }
    end(transaction);
    return status;
}

void meta_rollback(struct meta_transaction *transaction) {
    if (transaction != NULL) {
        roll_back(transaction->connection);
        end(transaction);
    }
}

lreg_status meta_end(struct meta_transaction *transaction, lreg_status status, struct error *err) {
    if (status != LREG_OK) {
        meta_rollback(transaction);
        return status;
    }
    return meta_commit(transaction, err);
}

uint64_t meta_commits(const struct meta *meta) {
    return (uint64_t)atomic_load(&meta->commits);
}
