/* SPDX-License-Identifier: Apache-2.0 */

/* Runs statements that are not kept prepared, and is the one place that maps results of SQLite to statuses. */

#include "meta/sqlite/sqlite_internal.h"

#include <errno.h>

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
