/* SPDX-License-Identifier: Apache-2.0 */

/* One use of a prepared statement, from its parameters to its rows; see the header. */

#include "meta/sqlite/connection_internal.h"

#include <string.h>

#define FIRST_ROWS 8 /* initial capacity of an array */

static void set_failed(struct meta_statement *statement, int result) {
    statement->status = meta_fail(statement->connection, result, statement->err);
}

static struct meta_statement_slot *find_slot(struct meta_connection *connection, const char *sql) {
    size_t start = (size_t)(((uintptr_t)sql >> 3) * 0x9e3779b1u);
    for (size_t i = 0; i < META_STATEMENT_SLOTS; i++) {
        struct meta_statement_slot *slot = &connection->slots[(start + i) % META_STATEMENT_SLOTS];
        if (slot->sql == sql || slot->sql == NULL) {
            return slot;
        }
    }
    return NULL;
}

/* A visitor may need the statement whose rows it visits. That second use is prepared separately and not kept. */
static void prepare(struct meta_statement *statement, const char *sql) {
    struct meta_statement_slot *slot = find_slot(statement->connection, sql);
    if (slot != NULL && slot->in_use) {
        slot = NULL;
    }
    if (slot != NULL && slot->handle != NULL) {
        slot->in_use = true;
        statement->slot = slot;
        statement->handle = slot->handle;
        return;
    }
    unsigned int flags = slot != NULL ? SQLITE_PREPARE_PERSISTENT : 0;
    sqlite3 *database = statement->connection->database;
    sqlite3_stmt *handle = NULL;
    int result = sqlite3_prepare_v3(database, sql, -1, flags, &handle, NULL);
    statement->handle = handle;
    if (result != SQLITE_OK) {
        set_failed(statement, result);
        return;
    }
    if (slot != NULL) {
        *slot = (struct meta_statement_slot){.sql = sql, .handle = handle, .in_use = true};
        statement->slot = slot;
    }
}

void meta_statement_begin(struct meta_statement *statement, struct meta_transaction *transaction, const char *sql,
                          struct error *err) {
    *statement = (struct meta_statement){.connection = transaction->connection, .err = err};
    if (sqlite3_get_autocommit(statement->connection->database) != 0) {
        /* Some failures end the transaction by themselves; a write after that would be committed alone, at once. */
        lreg_status status = transaction->failure != LREG_OK ? transaction->failure : LREG_INTERNAL;
        statement->status = error_set(err, status, "transaction_failed", "metadata: the transaction has failed before");
        return;
    }
    prepare(statement, sql);
    if (statement->status == LREG_OK && transaction->mode == META_READ &&
        sqlite3_stmt_readonly(statement->handle) == 0) {
        statement->status =
            error_set(err, LREG_INTERNAL, "transaction_reads", "metadata: a write in a reading transaction");
    }
}

void meta_statement_begin_control(struct meta_statement *statement, struct meta_connection *connection, const char *sql,
                                  struct error *err) {
    *statement = (struct meta_statement){.connection = connection, .err = err};
    prepare(statement, sql);
}

bool meta_statement_next(struct meta_statement *statement) {
    if (statement->status != LREG_OK) {
        return false;
    }
    statement->column = 0;
    int result = meta_step(statement->connection, statement->handle);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        set_failed(statement, result);
    }
    return result == SQLITE_ROW;
}

lreg_status meta_statement_end(struct meta_statement *statement) {
    if (statement->slot != NULL) {
        (void)sqlite3_reset(statement->handle); /* returns the result of the last step, which is known */
        (void)sqlite3_clear_bindings(statement->handle);
        statement->slot->in_use = false;
    } else {
        (void)sqlite3_finalize(statement->handle);
    }
    statement->handle = NULL;
    struct meta_transaction *transaction = &statement->connection->transaction;
    bool failed = statement->status != LREG_OK && statement->status != LREG_CONFLICT;
    if (failed && transaction->mode == META_WRITE && transaction->failure == LREG_OK) {
        transaction->failure = statement->status;
    }
    return statement->status;
}

lreg_status meta_statement_run(struct meta_statement *statement, uint64_t *out_changed) {
    while (meta_statement_next(statement)) {
        /* rows of RETURNING are not wanted here */
    }
    if (out_changed != NULL) {
        bool done = statement->status == LREG_OK;
        *out_changed = done ? (uint64_t)sqlite3_changes64(statement->connection->database) : 0;
    }
    return meta_statement_end(statement);
}

static lreg_status not_found(struct error *err, const char *what, const char *which) {
    return error_set(err, LREG_NOT_FOUND, "", "no %s %s", what, which);
}

lreg_status meta_statement_run_one(struct meta_statement *statement, const char *what, const char *which) {
    uint64_t changed = 0;
    struct error *err = statement->err;
    lreg_status status = meta_statement_run(statement, &changed);
    if (status == LREG_OK && changed == 0) {
        status = not_found(err, what, which);
    }
    return status;
}

static lreg_status registry_lives(struct meta_transaction *transaction, const char *registry_id, bool *out,
                                  struct error *err) {
    static const char sql[] = "SELECT 1 WHERE " META_REGISTRY_LIVES("?1");
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, registry_id);
    return meta_statement_exists(&statement, out);
}

/* Checked here because the foreign key accepts a deleted registry until it is purged. */
lreg_status meta_statement_run_owned(struct meta_statement *statement, struct meta_transaction *transaction,
                                     const char *registry_id) {
    struct error *err = statement->err;
    bool lives = false;
    lreg_status status = registry_lives(transaction, registry_id, &lives, err);
    if (status == LREG_OK && lives) {
        return meta_statement_run(statement, NULL);
    }
    (void)meta_statement_end(statement);
    return status != LREG_OK ? status
                             : error_set(err, LREG_NOT_FOUND, "registry_unknown", "the registry was deleted meanwhile");
}

lreg_status meta_statement_find(struct meta_statement *statement, struct arena *arena, meta_read_row read, void *row,
                                const char *what, const char *which) {
    struct error *err = statement->err;
    bool found = meta_statement_next(statement);
    if (found) {
        read(statement, arena, row);
    }
    lreg_status status = meta_statement_end(statement);
    if (status == LREG_OK && !found) {
        status = not_found(err, what, which);
    }
    return status;
}

void *meta_rows_add(struct meta_rows *rows, struct arena *arena) {
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity > 0 ? rows->capacity * 2 : FIRST_ROWS;
        unsigned char *grown = arena_allocate_zeroed(arena, capacity, rows->bytes_each);
        if (grown == NULL) {
            return NULL;
        }
        if (rows->count > 0) {
            memcpy(grown, rows->items, rows->count * rows->bytes_each);
        }
        rows->items = grown;
        rows->capacity = capacity;
    }
    return rows->items + rows->bytes_each * rows->count++;
}

lreg_status meta_statement_collect(struct meta_statement *statement, struct arena *arena, size_t bytes_each,
                                   meta_read_row read, void **out, size_t *out_count) {
    struct meta_rows rows = {.bytes_each = bytes_each};
    *out = NULL;
    *out_count = 0;
    while (meta_statement_next(statement)) {
        void *row = meta_rows_add(&rows, arena);
        if (row != NULL) {
            read(statement, arena, row);
        } else {
            statement->status = error_no_memory(statement->err);
        }
    }
    lreg_status status = meta_statement_end(statement);
    if (status == LREG_OK) {
        *out = rows.items;
        *out_count = rows.count;
    }
    return status;
}

lreg_status meta_statement_find_id(struct meta_statement *statement, char out[ID_TEXT]) {
    out[0] = '\0';
    if (meta_statement_next(statement)) {
        const char *id = meta_column_text(statement, NULL);
        size_t length = strnlen(id, ID_TEXT - 1);
        memcpy(out, id, length);
        out[length] = '\0';
    }
    return meta_statement_end(statement);
}

lreg_status meta_statement_exists(struct meta_statement *statement, bool *out) {
    *out = meta_statement_next(statement);
    return meta_statement_end(statement);
}

static void check_bound(struct meta_statement *statement, int result) {
    if (result != SQLITE_OK) {
        set_failed(statement, result);
    }
}

void meta_bind_text(struct meta_statement *statement, const char *text) {
    int at = ++statement->parameter;
    if (statement->status == LREG_OK && text != NULL) {
        size_t length = strlen(text);
        check_bound(statement, sqlite3_bind_text64(statement->handle, at, text, length, SQLITE_STATIC, SQLITE_UTF8));
    }
}

void meta_bind_text_or_empty(struct meta_statement *statement, const char *text) {
    meta_bind_text(statement, text != NULL ? text : "");
}

void meta_bind_bytes(struct meta_statement *statement, const void *bytes, size_t length) {
    int at = ++statement->parameter;
    if (statement->status == LREG_OK && bytes != NULL) {
        check_bound(statement, sqlite3_bind_blob64(statement->handle, at, bytes, length, SQLITE_STATIC));
    }
}

void meta_bind_int(struct meta_statement *statement, int64_t value) {
    int at = ++statement->parameter;
    if (statement->status == LREG_OK) {
        check_bound(statement, sqlite3_bind_int64(statement->handle, at, value));
    }
}

void meta_bind_int_or_null(struct meta_statement *statement, int64_t value) {
    if (value != 0) {
        meta_bind_int(statement, value);
    } else {
        statement->parameter++; /* an unbound parameter is NULL */
    }
}

void meta_bind_size(struct meta_statement *statement, uint64_t value) {
    if (value > INT64_MAX && statement->status == LREG_OK) {
        statement->status = error_set(statement->err, LREG_BAD_ARGUMENT, "", "metadata: a number is too large");
    }
    meta_bind_int(statement, (int64_t)(value & INT64_MAX));
}

void meta_bind_limit(struct meta_statement *statement, size_t limit) {
    meta_bind_int(statement, (int64_t)(limit < META_PAGE_MAX ? limit : META_PAGE_MAX));
}

/* Returns the bytes of the next column. When the column is NULL, returns NULL and sets `*out_length` to 0. */
static const void *next_bytes(struct meta_statement *statement, size_t *out_length) {
    int at = statement->column++;
    *out_length = 0;
    if (statement->status != LREG_OK) {
        return NULL;
    }
    sqlite3_stmt *handle = statement->handle;
    int type = sqlite3_column_type(handle, at);
    if (type == SQLITE_NULL) {
        return NULL;
    }
    const void *bytes = type == SQLITE_BLOB ? sqlite3_column_blob(handle, at) : sqlite3_column_text(handle, at);
    *out_length = (size_t)sqlite3_column_bytes(handle, at);
    if (bytes == NULL && *out_length == 0 && type == SQLITE_BLOB) {
        return ""; /* SQLite returns NULL for an empty blob */
    }
    if (bytes == NULL) {
        statement->status = error_no_memory(statement->err);
    }
    return bytes;
}

const void *meta_column_bytes(struct meta_statement *statement, struct arena *arena, size_t *out_length) {
    const void *bytes = next_bytes(statement, out_length);
    if (bytes == NULL || arena == NULL) {
        return bytes;
    }
    const void *copy = arena_copy_bytes(arena, bytes, *out_length);
    if (copy == NULL) {
        statement->status = error_no_memory(statement->err);
    }
    return copy;
}

const char *meta_column_text_or_null(struct meta_statement *statement, struct arena *arena) {
    size_t length = 0;
    return meta_column_bytes(statement, arena, &length);
}

const char *meta_column_text(struct meta_statement *statement, struct arena *arena) {
    const char *text = meta_column_text_or_null(statement, arena);
    return text != NULL ? text : "";
}

bool meta_column_digest(struct meta_statement *statement, uint8_t *out, size_t length) {
    size_t found = 0;
    const void *bytes = next_bytes(statement, &found);
    if (bytes == NULL) {
        return false;
    }
    if (found != length) {
        statement->status = error_set(statement->err, LREG_CORRUPT, "database_corrupt",
                                      "metadata: a digest of %zu bytes has %zu", length, found);
        return false;
    }
    memcpy(out, bytes, length);
    return true;
}

int64_t meta_column_int(struct meta_statement *statement) {
    int at = statement->column++;
    return statement->status == LREG_OK ? sqlite3_column_int64(statement->handle, at) : 0;
}

uint64_t meta_column_size(struct meta_statement *statement) {
    int64_t value = meta_column_int(statement);
    if (value < 0) {
        statement->status = error_set(statement->err, LREG_CORRUPT, "database_corrupt", "metadata: a negative count");
        return 0;
    }
    return (uint64_t)value;
}

bool meta_column_bool(struct meta_statement *statement) {
    return meta_column_int(statement) != 0;
}
