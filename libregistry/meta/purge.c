/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The rows of deleted registries, removed a page at a time. A row is removed before the rows that it refers to, so that
 * no foreign key cascades to more rows than the page counts.
 */

#include "meta/registries.h"

#include "meta/engine.h"

/* Bound on the content of one page of documents: a row with content takes many pages of the database. */
#define PAGE_CONTENT_BYTES ((uint64_t)4 << 20)

/* Packages go by name: three of their indexes have that order, so a page of rows touches half as many pages of the
 * database as by time. Blob links go before document links, because removing a document link would update its blob
 * link. */
static const char *const purges[] = {
    "DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE registry_id = ?1 ORDER BY id LIMIT ?2)",
    "DELETE FROM uploads WHERE id IN (SELECT id FROM uploads WHERE registry_id = ?1 LIMIT ?2)",
    "DELETE FROM packages WHERE id IN (SELECT id FROM packages WHERE registry_id = ?1"
    " ORDER BY name, version, qualifier, id LIMIT ?2)",
    "DELETE FROM blob_links WHERE (registry_id, scope, digest) IN (SELECT registry_id, scope, digest FROM blob_links"
    " WHERE registry_id = ?1 ORDER BY scope, digest LIMIT ?2)",
    "DELETE FROM referrers WHERE (registry_id, scope, subject, name) IN (SELECT registry_id, scope, subject, name"
    " FROM referrers WHERE registry_id = ?1 ORDER BY scope, subject, name LIMIT ?2)",
    "DELETE FROM document_links WHERE (registry_id, scope, name, target) IN (SELECT registry_id, scope, name, target"
    " FROM document_links WHERE registry_id = ?1 ORDER BY scope, name, target LIMIT ?2)",
};
static const char purge_of_documents[] =
    "DELETE FROM documents WHERE position IN (SELECT position FROM documents WHERE registry_id = ?1"
    " ORDER BY scope, name LIMIT ?2)";

static lreg_status is_deleted(struct meta_transaction *transaction, const char *id, bool *out, struct error *err) {
    static const char sql[] = "SELECT 1 FROM registries WHERE " META_IS_DELETED " AND slug = ?1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    return meta_statement_exists(&statement, out);
}

/* Runs `sql` for as many rows as the page has room for, and reduces `*room` by their number. */
static lreg_status purge(struct meta_transaction *transaction, const char *sql, const char *id, size_t *room,
                         struct error *err) {
    struct meta_statement statement;
    uint64_t removed = 0;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    meta_bind_limit(&statement, *room);
    lreg_status status = meta_statement_run(&statement, &removed);
    *room -= (size_t)removed;
    return status;
}

/* Counts the documents, at most `room`, whose content fits into one page; at least the first one counts. */
static lreg_status count_documents(struct meta_transaction *transaction, const char *id, size_t room, size_t *out,
                                   struct error *err) {
    static const char sql[] = "SELECT length(content) FROM documents WHERE registry_id = ?1"
                              " ORDER BY scope, name LIMIT ?2";
    struct meta_statement statement;
    uint64_t bytes = 0;
    *out = 0;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    meta_bind_limit(&statement, room);
    while (meta_statement_next(&statement)) {
        bytes += meta_column_size(&statement);
        if (*out > 0 && bytes > PAGE_CONTENT_BYTES) {
            break;
        }
        (*out)++;
    }
    return meta_statement_end(&statement);
}

static lreg_status purge_documents(struct meta_transaction *transaction, const char *id, size_t *room,
                                   struct error *err) {
    size_t count = 0;
    lreg_status status = count_documents(transaction, id, *room, &count, err);
    if (status != LREG_OK || count == 0) {
        return status;
    }
    *room = 0; /* the next page finds out whether there are more */
    return purge(transaction, purge_of_documents, id, &count, err);
}

static lreg_status purge_rows(struct meta_transaction *transaction, const char *id, size_t *room, struct error *err) {
    lreg_status status = LREG_OK;
    for (size_t i = 0; status == LREG_OK && *room > 0 && i < sizeof purges / sizeof purges[0]; i++) {
        status = purge(transaction, purges[i], id, room, err);
    }
    if (status == LREG_OK && *room > 0) {
        status = purge_documents(transaction, id, room, err);
    }
    return status;
}

static lreg_status forget(struct meta_transaction *transaction, const char *id, struct error *err) {
    static const char sql[] = "DELETE FROM registries WHERE " META_IS_DELETED " AND slug = ?1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    return meta_statement_run(&statement, NULL);
}

lreg_status meta_registry_purge(struct meta_transaction *transaction, const char *id, size_t limit, bool *out_done,
                                struct error *err) {
    bool deleted = false;
    size_t room = limit < META_PAGE_MAX ? limit : META_PAGE_MAX;
    *out_done = false;
    lreg_status status = is_deleted(transaction, id, &deleted, err);
    if (status == LREG_OK && deleted) {
        status = purge_rows(transaction, id, &room, err);
    }
    if (status == LREG_OK && deleted && room > 0) {
        status = forget(transaction, id, err);
    }
    *out_done = status == LREG_OK && (!deleted || room > 0);
    return status;
}

static void read_id(struct meta_statement *statement, struct arena *arena, void *row) {
    const char **id = row;
    *id = meta_column_text(statement, arena);
}

lreg_status meta_registry_list_deleted(struct meta_transaction *transaction, size_t limit, struct arena *arena,
                                       const char ***out, size_t *out_count, struct error *err) {
    static const char sql[] = "SELECT id FROM registries WHERE " META_IS_DELETED " ORDER BY slug LIMIT ?1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_id, &rows, out_count);
    *out = rows;
    return status;
}
