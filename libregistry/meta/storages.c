/* SPDX-License-Identifier: Apache-2.0 */

/* The names of storages that rows have. */

#include "meta/storages.h"

#include "meta/engine.h"

lreg_status meta_storage_exists(struct meta_transaction *transaction, const char *name, bool *out, struct error *err) {
    static const char sql[] = "SELECT 1 FROM storages WHERE name = ?1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, name);
    return meta_statement_exists(&statement, out);
}

lreg_status meta_storage_rename(struct meta_transaction *transaction, const char *from, const char *to,
                                struct error *err) {
    static const char add_totals[] =
        "INSERT INTO blob_totals SELECT ?2, count, bytes FROM blob_totals WHERE storage = ?1 AND ?1 <> ?2"
        " ON CONFLICT (storage) DO UPDATE SET count = count + excluded.count, bytes = bytes + excluded.bytes";
    static const char *const renames[] = {
        "INSERT INTO storages (name) SELECT ?2 WHERE ?1 <> ?2 AND NOT EXISTS (SELECT 1 FROM storages WHERE name = ?2)",
        "UPDATE blobs SET storage = ?2 WHERE storage = ?1",
        "UPDATE doomed SET storage = ?2 WHERE storage = ?1",
        "UPDATE uploads SET storage = ?2 WHERE storage = ?1",
        "DELETE FROM storages WHERE name = ?1 AND name <> ?2",
        add_totals,
        "DELETE FROM blob_totals WHERE storage = ?1 AND ?1 <> ?2",
    };
    lreg_status status = LREG_OK;
    for (size_t i = 0; status == LREG_OK && i < sizeof renames / sizeof renames[0]; i++) {
        struct meta_statement statement;
        meta_statement_begin(&statement, transaction, renames[i], err);
        meta_bind_text(&statement, from);
        meta_bind_text(&statement, to);
        status = meta_statement_run(&statement, NULL);
    }
    return status;
}

static void read_storage(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_storage *storage = row;
    storage->name = meta_column_text(statement, arena);
    storage->has_blobs = meta_column_bool(statement);
    storage->waits = meta_column_bool(statement);
}

lreg_status meta_storage_list_others(struct meta_transaction *transaction, const char *name, size_t limit,
                                     struct arena *arena, struct meta_storage **out, size_t *out_count,
                                     struct error *err) {
    static const char sql[] =
        "SELECT name, EXISTS (SELECT 1 FROM blobs WHERE storage = storages.name),"
        " EXISTS (SELECT 1 FROM doomed WHERE storage = storages.name)"
        " OR EXISTS (SELECT 1 FROM blobs WHERE storage = storages.name AND unchecked = 1)"
        " FROM storages WHERE name <> ?1 AND (EXISTS (SELECT 1 FROM blobs WHERE storage = storages.name)"
        " OR EXISTS (SELECT 1 FROM doomed WHERE storage = storages.name)) ORDER BY name LIMIT ?2";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, name);
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_storage, &rows, out_count);
    *out = rows;
    return status;
}

lreg_status meta_storage_count_blobs(struct meta_transaction *transaction, const char *name, uint64_t *out,
                                     struct error *err) {
    static const char sql[] = "SELECT count(*) FROM blobs WHERE storage = ?1";
    struct meta_statement statement;
    *out = 0;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, name);
    if (meta_statement_next(&statement)) {
        *out = meta_column_size(&statement);
    }
    return meta_statement_end(&statement);
}
