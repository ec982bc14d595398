/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Connections: opening with the settings that the whole folder relies on, waiting for locks, and the one place that
 * maps results of SQLite to statuses.
 */

#include "meta/sqlite/connection_internal.h"

#include "meta/sqlite/schema_internal.h"
#include "meta/sqlite/sqlite_internal.h"

#include <errno.h>
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

struct result_meaning {
    int result; /* extended, or primary */
    lreg_status status;
    const char *code;
};

static const struct result_meaning meanings[] = {
    {SQLITE_CONSTRAINT_UNIQUE, LREG_CONFLICT, "exists"},
    {SQLITE_CONSTRAINT_PRIMARYKEY, LREG_CONFLICT, "exists"},
    {SQLITE_CONSTRAINT_ROWID, LREG_CONFLICT, "exists"},
    {SQLITE_CONSTRAINT_FOREIGNKEY, LREG_CONFLICT, "referenced"},
    {SQLITE_BUSY, LREG_BUSY, "database_busy"},
    {SQLITE_LOCKED, LREG_BUSY, "database_busy"},
    {SQLITE_PROTOCOL, LREG_BUSY, "database_busy"},
    {SQLITE_FULL, LREG_NO_SPACE, "database_full"},
    {SQLITE_NOMEM, LREG_NO_MEMORY, ""},
    {SQLITE_CORRUPT, LREG_CORRUPT, "database_corrupt"},
    {SQLITE_NOTADB, LREG_CORRUPT, "database_corrupt"},
    {SQLITE_TOOBIG, LREG_TOO_LARGE, "value_too_large"},
    {SQLITE_READONLY, LREG_IO, "database_failed"},
    {SQLITE_CANTOPEN, LREG_IO, "database_failed"},
    {SQLITE_PERM, LREG_IO, "database_failed"},
    {SQLITE_IOERR, LREG_IO, "database_failed"},
    {SQLITE_NOLFS, LREG_IO, "database_failed"},
    {SQLITE_AUTH, LREG_IO, "database_failed"},
};

static const struct result_meaning *meaning_of(int result) {
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].result == result) {
            return &meanings[i];
        }
    }
    return NULL;
}

/* The errno of the connection's failure; 0 for a result that a test injected. */
static int system_error(struct meta_connection *connection, int result) {
    bool own = sqlite3_extended_errcode(connection->database) == result;
    return own ? sqlite3_system_errno(connection->database) : 0;
}

/* The connection does not record the errno of a failed sync: a commit that fails is not noted there as other failures
 * are. So the log's file is asked for it. */
static bool disk_is_full(struct meta_connection *connection, int result) {
    int number = result == SQLITE_IOERR_FSYNC ? meta_log_errno(connection) : 0;
    if (number == 0 && (result & 0xff) == SQLITE_IOERR) {
        number = system_error(connection, result);
    }
    return number == ENOSPC || number == EDQUOT;
}

static bool lacks_descriptors(struct meta_connection *connection, int result) {
    int number = (result & 0xff) == SQLITE_CANTOPEN ? system_error(connection, result) : 0;
    return number == EMFILE || number == ENFILE;
}

lreg_status meta_fail(struct meta_connection *connection, int result, struct error *err) {
    static const struct result_meaning full = {SQLITE_FULL, LREG_NO_SPACE, "database_full"};
    static const struct result_meaning no_file = {SQLITE_CANTOPEN, LREG_BUSY, "too_many_files"};
    static const struct result_meaning bug = {SQLITE_ERROR, LREG_INTERNAL, "database_statement"};
    const struct result_meaning *meaning = meaning_of(result);
    if (meaning == NULL) {
        meaning = meaning_of(result & 0xff);
    }
    if (disk_is_full(connection, result)) {
        meaning = &full;
    } else if (lacks_descriptors(connection, result)) {
        connection->unusable = true;
        meaning = &no_file;
    } else if (meaning == NULL) {
        meaning = &bug;
    }
    if (result == SQLITE_IOERR_FSYNC) {
        meta_doubt_log(connection->meta);
    }
    if (meaning->status == LREG_CORRUPT || meaning->status == LREG_IO) {
        connection->unusable = true;
    }
    /* The connection's message belongs to its last failure, not to a result that a test injected. */
    bool own = sqlite3_extended_errcode(connection->database) == result;
    const char *message = own ? sqlite3_errmsg(connection->database) : sqlite3_errstr(result);
    if (meaning == &full) {
        message = sqlite3_errstr(SQLITE_FULL); /* the result may say no more than that there was an I/O error */
    }
    lreg_status status = error_set(err, meaning->status, meaning->code, "metadata: %s", message);
    if (err != NULL) {
        err->cause_domain = LREG_CAUSE_SQLITE;
        err->cause = result;
    }
    return status;
}

int meta_step_fault(const struct meta *meta) {
    return meta->step_fault != NULL ? meta->step_fault(meta->step_fault_user) : SQLITE_OK;
}

int meta_step(struct meta_connection *connection, sqlite3_stmt *handle) {
    int result = meta_step_fault(connection->meta);
    return result == SQLITE_OK ? sqlite3_step(handle) : result;
}

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

static int run_statement(struct meta_connection *connection, const char **sql) {
    sqlite3_stmt *handle = NULL;
    int result = sqlite3_prepare_v2(connection->database, *sql, -1, &handle, sql);
    if (result != SQLITE_OK || handle == NULL) {
        return result; /* blanks alone are not a statement */
    }
    do {
        result = meta_step(connection, handle);
    } while (result == SQLITE_ROW);
    (void)sqlite3_finalize(handle);
    return result == SQLITE_DONE ? SQLITE_OK : result;
}

lreg_status meta_connection_run(struct meta_connection *connection, const char *sql, struct error *err) {
    while (*sql != '\0') {
        int result = run_statement(connection, &sql);
        if (result != SQLITE_OK) {
            return meta_fail(connection, result, err);
        }
    }
    return LREG_OK;
}

lreg_status meta_connection_number(struct meta_connection *connection, const char *sql, int64_t *out,
                                   struct error *err) {
    sqlite3_stmt *handle = NULL;
    *out = 0;
    int result = sqlite3_prepare_v2(connection->database, sql, -1, &handle, NULL);
    if (result == SQLITE_OK) {
        result = meta_step(connection, handle);
    }
    if (result == SQLITE_ROW) {
        *out = sqlite3_column_int64(handle, 0);
    }
    (void)sqlite3_finalize(handle);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        return meta_fail(connection, result, err);
    }
    return LREG_OK;
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
