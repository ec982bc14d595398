/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_ENGINE_H
#define META_ENGINE_H

/*
 * What all rows need of the engine: prepared statements. This header is for the folders of meta/ only and shows no type
 * of an engine; meta/sqlite/ implements it. A `struct meta_statement` is one use of a statement:
 *
 *     struct meta_statement statement;
 *     meta_statement_begin(&statement, transaction, sql, err);
 *     meta_bind_text(&statement, slug);                             in the order of the parameters
 *     while (meta_statement_next(&statement)) {
 *         row->id = meta_column_text(&statement, arena);            in the order of the columns
 *     }
 *     return meta_statement_end(&statement);
 *
 * Failures stick: after one, nothing more happens, next returns false, and end returns the status (the error is set).
 * So call end in every case, exactly once.
 *
 * `sql` is static text: the statement is kept by its address. Bound values are borrowed until end.
 */

#include "meta/transaction.h"

struct meta_connection;
struct meta_statement_slot;

/* A deleted registry belongs to an organization that no slug leads to until its rows are purged; callers must not see
 * it meanwhile. These are conditions on a row of `registries`. */
#define META_OF_THE_DELETED "''"
#define META_IS_DELETED "organization_id = " META_OF_THE_DELETED
#define META_IS_LIVING "organization_id <> " META_OF_THE_DELETED
/* The same for rows of a registry. `id` is an SQL expression. */
#define META_REGISTRY_LIVES(id) \
    "EXISTS (SELECT 1 FROM registries AS living WHERE living.id = " id " AND living." META_IS_LIVING ")"
/* Rows of registry ?1, unless it is deleted. */
#define META_OF_REGISTRY "registry_id = ?1 AND " META_REGISTRY_LIVES("?1")

struct meta_statement {
    struct meta_connection *connection;
    void *handle; /* the engine's */
    struct meta_statement_slot *slot; /* NULL: not kept */
    int parameter; /* the last one bound */
    int column; /* the next one to be read */
    lreg_status status;
    struct error *err;
};

void meta_statement_begin(struct meta_statement *statement, struct meta_transaction *transaction, const char *sql,
                          struct error *err);
bool meta_statement_next(struct meta_statement *statement); /* true: a row is ready */
lreg_status meta_statement_end(struct meta_statement *statement);

/* Runs to the end and ignores rows. Sets `*out_changed` (may be NULL) to the number of changed rows. */
lreg_status meta_statement_run(struct meta_statement *statement, uint64_t *out_changed);
/* The same for a statement about one row: LREG_NOT_FOUND, "no <what> <which>", when it changed none. */
lreg_status meta_statement_run_one(struct meta_statement *statement, const char *what, const char *which);

/* The same for a row that a registry owns: does nothing and returns LREG_NOT_FOUND ("registry_unknown") when the
 * registry was deleted meanwhile. */
lreg_status meta_statement_run_owned(struct meta_statement *statement, struct meta_transaction *transaction,
                                     const char *registry_id);

/* An array in an arena. It cannot grow in place, so its capacity doubles, and the abandoned memory stays smaller than
 * the array. */
struct meta_rows {
    size_t bytes_each;
    unsigned char *items;
    size_t count;
    size_t capacity;
};
void *meta_rows_add(struct meta_rows *rows, struct arena *arena); /* zeroed; NULL: out of memory */

typedef void (*meta_read_row)(struct meta_statement *statement, struct arena *arena, void *row);
/* Reads the only row and ends the statement; LREG_NOT_FOUND as above. */
lreg_status meta_statement_find(struct meta_statement *statement, struct arena *arena, meta_read_row read, void *row,
                                const char *what, const char *which);
/* Reads all rows into an array in the arena and ends the statement. */
lreg_status meta_statement_collect(struct meta_statement *statement, struct arena *arena, size_t bytes_each,
                                   meta_read_row read, void **out, size_t *out_count);
/* Reads the id in the first column of the only row and ends the statement; "" when there is no row. A longer text is
 * truncated. */
lreg_status meta_statement_find_id(struct meta_statement *statement, char out[ID_TEXT]);
/* Sets `*out` to whether there is a row, and ends the statement. */
lreg_status meta_statement_exists(struct meta_statement *statement, bool *out);

void meta_bind_text(struct meta_statement *statement, const char *text); /* NULL binds NULL */
void meta_bind_text_or_empty(struct meta_statement *statement, const char *text); /* NULL binds "" */
void meta_bind_bytes(struct meta_statement *statement, const void *bytes, size_t length); /* NULL binds NULL */
void meta_bind_int(struct meta_statement *statement, int64_t value);
void meta_bind_int_or_null(struct meta_statement *statement, int64_t value); /* 0 binds NULL */
void meta_bind_size(struct meta_statement *statement, uint64_t value); /* LREG_BAD_ARGUMENT above INT64_MAX */
void meta_bind_limit(struct meta_statement *statement, size_t limit); /* at most META_PAGE_MAX */

/* Texts and bytes are copied into the arena. Without one (NULL) they are borrowed until the next row. */
const char *meta_column_text(struct meta_statement *statement, struct arena *arena); /* never NULL */
const char *meta_column_text_or_null(struct meta_statement *statement, struct arena *arena); /* NULL when NULL */
const void *meta_column_bytes(struct meta_statement *statement, struct arena *arena, size_t *out_length);
/* Copies exactly `length` bytes; otherwise LREG_CORRUPT. Returns false and leaves `out` untouched when the column is
 * NULL. */
bool meta_column_digest(struct meta_statement *statement, uint8_t *out, size_t length);
int64_t meta_column_int(struct meta_statement *statement);
uint64_t meta_column_size(struct meta_statement *statement); /* LREG_CORRUPT when negative */
bool meta_column_bool(struct meta_statement *statement);

#endif
