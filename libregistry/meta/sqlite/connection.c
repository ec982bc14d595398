/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Connections: opening with the settings that the whole folder relies on, and waiting for locks.
 */

#include "meta/sqlite/connection_internal.h"

#include "meta/sqlite/migrations_internal.h"
#include "meta/sqlite/sqlite_internal.h"

#include <string.h>
#include <time.h>

/* Small caches: the operating system caches the pages anyway, and each thread has a connection of its own. temp_store
 * stays with files; otherwise the journal of a statement that removes a whole registry would be kept in memory. */
static const char settings[] = "PRAGMA foreign_keys = ON;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA cache_size = -400;"
                               "PRAGMA mmap_size = 0;"
                               "PRAGMA journal_size_limit = 8388608;";

#define WAIT_FIRST_US 250
#define WAIT_LAST_US 4000

static int64_t monotonic_ms(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_a_little(int times_before) {
    long microseconds = WAIT_FIRST_US;
    for (int i = 0; i < times_before && microseconds < WAIT_LAST_US; i++) {
        microseconds *= 2;
    }
    struct timespec pause = {.tv_nsec = microseconds * 1000};
    (void)nanosleep(&pause, NULL);
}

/* Long enough for each waiter for the lock to have tried again once. */
void meta_give_way(const struct meta *meta) {
    struct timespec pause = {.tv_nsec = (WAIT_LAST_US + WAIT_LAST_US / 4) * 1000L};
    if (meta->path != NULL) {
        (void)nanosleep(&pause, NULL);
    }
}

/* Waits in short steps, unlike SQLite's own handler: a process that sleeps 100 ms between its tries starves next to a
 * process whose writers are queued. Nonzero means: try again. */
static int while_busy(void *user, int times_before) {
    struct meta_connection *connection = user;
    int64_t now = monotonic_ms();
    if (times_before == 0) {
        connection->busy_until_ms = now + connection->meta->busy_timeout_ms;
    }
    if (now >= connection->busy_until_ms) {
        return 0;
    }
    wait_a_little(times_before);
    return 1;
}

static int try_mode(struct meta_connection *connection, const char *sql, bool *out_is_wal) {
    sqlite3_stmt *handle = NULL;
    *out_is_wal = false;
    int result = sqlite3_prepare_v2(connection->database, sql, -1, &handle, NULL);
    if (result == SQLITE_OK) {
        result = meta_step(connection, handle);
    }
    if (result == SQLITE_ROW) {
        const unsigned char *mode = sqlite3_column_text(handle, 0);
        *out_is_wal = mode != NULL && strcmp((const char *)mode, "wal") == 0;
    }
    (void)sqlite3_finalize(handle);
    return result;
}

/* Changing the mode, which happens once for a new file, does not always call the busy handler. */
static lreg_status ask_mode(struct meta_connection *connection, const char *sql, bool *out_is_wal, struct error *err) {
    int64_t until = monotonic_ms() + connection->meta->busy_timeout_ms;
    int result = try_mode(connection, sql, out_is_wal);
    for (int times = 0; (result & 0xff) == SQLITE_BUSY && monotonic_ms() < until; times++) {
        wait_a_little(times);
        result = try_mode(connection, sql, out_is_wal);
    }
    return result == SQLITE_ROW || result == SQLITE_DONE ? LREG_OK : meta_fail(connection, result, err);
}

/* The mode is written into the file, so the file is first checked to be ours. */
static lreg_status use_wal(struct meta_connection *connection, struct error *err) {
    bool is_wal = false;
    lreg_status status = ask_mode(connection, "PRAGMA journal_mode", &is_wal, err);
    if (status == LREG_OK && !is_wal) {
        status = meta_schema_check(connection, err);
        if (status == LREG_OK) {
            status = ask_mode(connection, "PRAGMA journal_mode = WAL", &is_wal, err);
        }
    }
    if (status == LREG_OK && !is_wal) {
        status = error_set(err, LREG_IO, "database_failed",
                           "metadata: the file system of the database does not allow a write-ahead log");
    }
    return status;
}

/* A new file is made able to shrink; later that takes a VACUUM (space.c). */
static lreg_status prepare_new(struct meta_connection *connection, struct error *err) {
    int64_t pages = 0;
    lreg_status status = meta_connection_number(connection, "PRAGMA page_count", &pages, err);
    if (status == LREG_OK && pages == 0) {
        status = meta_connection_run(connection, "PRAGMA auto_vacuum = INCREMENTAL", err);
    }
    return status;
}

static lreg_status configure(struct meta_connection *connection, struct error *err) {
    sqlite3 *database = connection->database;
    (void)sqlite3_extended_result_codes(database, 1);
    (void)sqlite3_busy_handler(database, while_busy, connection);
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    lreg_status status = LREG_OK;
    if (connection->meta->is_read_only) {
        /* Without locks SQLite treats this connection as the only reader and keeps the index of the log in memory. */
        status = connection->files.way == META_READING_PRIVATE
                     ? meta_connection_run(connection, "PRAGMA locking_mode = EXCLUSIVE", err)
                     : LREG_OK;
    } else {
        status = prepare_new(connection, err);
    }
    if (status == LREG_OK && connection->meta->path != NULL && !connection->meta->is_read_only) {
        status = use_wal(connection, err);
    }
    if (status == LREG_OK) {
        status = meta_connection_run(connection, settings, err);
    }
    if (status == LREG_OK) {
        const char *synchronous =
            connection->meta->durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";
        status = meta_connection_run(connection, synchronous, err);
    }
    return status;
}

#define COMMON_FLAGS (SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE)
#define WITHOUT_LOCKS "unix-none" /* the name of a VFS of SQLite */

static int open_to_read(struct meta_connection *connection) {
    const struct meta *meta = connection->meta;
    int flags = SQLITE_OPEN_READONLY | COMMON_FLAGS;
    meta_files_look(meta, &connection->files);
    switch ((enum meta_reading)connection->files.way) {
    case META_READING_PRIVATE:
        return sqlite3_open_v2(meta->path, &connection->database, flags, WITHOUT_LOCKS);
    case META_READING_FROZEN:
        return sqlite3_open_v2(meta->frozen_uri, &connection->database, flags | SQLITE_OPEN_URI, NULL);
    case META_READING_SHARED:
        break;
    }
    return sqlite3_open_v2(meta->path, &connection->database, flags, NULL);
}

/* The file was created when the instance was opened. A file that was lost since then is not created again. */
static int open_file(struct meta_connection *connection) {
    const struct meta *meta = connection->meta;
    const char *path = meta->path != NULL ? meta->path : ":memory:";
    return meta->is_read_only
               ? open_to_read(connection)
               : sqlite3_open_v2(path, &connection->database, SQLITE_OPEN_READWRITE | COMMON_FLAGS, NULL);
}

lreg_status meta_connection_open(struct meta *meta, struct meta_connection **out, struct error *err) {
    *out = NULL;
    struct meta_connection *connection = memory_allocate_zeroed(meta->hooks, 1, sizeof *connection);
    if (connection == NULL) {
        return error_no_memory(err);
    }
    connection->meta = meta;
    connection->transaction.connection = connection;
    lreg_status status = LREG_OK;
    int result = open_file(connection);
    if (connection->database == NULL) {
        status = error_no_memory(err);
    } else if (result != SQLITE_OK) {
        status = meta_fail(connection, result, err);
    } else {
        status = configure(connection, err);
    }
    if (status != LREG_OK) {
        goto out;
    }
    *out = connection;
    connection = NULL;
out:
    meta_connection_close(connection);
    return status;
}

void meta_connection_close(struct meta_connection *connection) {
    if (connection == NULL) {
        return;
    }
    for (size_t i = 0; i < META_STATEMENT_SLOTS; i++) {
        (void)sqlite3_finalize(connection->slots[i].handle);
    }
    (void)sqlite3_close_v2(connection->database);
    memory_release(connection->meta->hooks, connection);
}
