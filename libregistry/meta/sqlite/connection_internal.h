/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_SQLITE_CONNECTION_INTERNAL_H
#define META_SQLITE_CONNECTION_INTERNAL_H

/*
 * One connection to the database, with the statements that it has prepared and the transaction that runs on it. Used by
 * one thread at a time.
 */

#include "meta/engine.h"
#include "meta/sqlite/reading_internal.h"

#include <sqlite3.h>

struct meta_connection;

struct meta_transaction {
    struct meta_connection *connection;
    enum meta_mode mode;
    bool is_unsynced; /* its connection does not sync at the commit */
    int changes_before; /* rows that its connection had changed in total when the transaction began */
    lreg_status failure; /* of a write; the transaction then cannot commit. LREG_OK: none */
};

/* A prepared statement that is kept. It is found by the address of its text, which is static. */
struct meta_statement_slot {
    const char *sql; /* NULL: empty */
    sqlite3_stmt *handle;
    bool in_use;
};

#define META_STATEMENT_SLOTS 512 /* a power of two, well above the number of statements */

struct meta_connection {
    struct meta *meta;
    sqlite3 *database;
    struct meta_connection *next_idle;
    int64_t busy_until_ms; /* on the monotonic clock: the end of the current wait for a lock */
    bool unusable; /* to be closed, not to be used again */
    struct meta_files files; /* the files that it was opened on; set when the database is only read */
    struct meta_transaction transaction;
    struct meta_statement_slot slots[META_STATEMENT_SLOTS];
};

/* Opens the file of `meta` with all settings of a connection. */
lreg_status meta_connection_open(struct meta *meta, struct meta_connection **out, struct error *err);
void meta_connection_close(struct meta_connection *connection); /* NULL is allowed */

/* --- execute.c --- */

/* The result that a test injects into the next step; SQLITE_OK: run the step. */
int meta_step_fault(const struct meta *meta);

/* Every step of a statement goes through this function. */
int meta_step(struct meta_connection *connection, sqlite3_stmt *handle);

/* Sets the error for a result of SQLite, with its extended code as the cause. */
lreg_status meta_fail(struct meta_connection *connection, int result, struct error *err);

/* Runs each statement of a text without keeping it prepared; rows are ignored. */
lreg_status meta_connection_run(struct meta_connection *connection, const char *sql, struct error *err);

/* The number in the first column of the first row; 0 when there is no row. */
lreg_status meta_connection_number(struct meta_connection *connection, const char *sql, int64_t *out,
                                   struct error *err);

/* meta_statement_begin() that does not require an open transaction: for statements that begin and end one. */
void meta_statement_begin_control(struct meta_statement *statement, struct meta_connection *connection, const char *sql,
                                  struct error *err);

#endif
