/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of referrers. */

#include "meta/referrers.h"

#include "meta/engine.h"

static lreg_status drop(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                        const char *name, struct error *err) {
    static const char sql[] = "DELETE FROM referrers WHERE registry_id = ?1 AND scope = ?2 AND name = ?3";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, registry_id);
    meta_bind_text_or_empty(&statement, scope);
    meta_bind_text(&statement, name);
    return meta_statement_run(&statement, NULL);
}

lreg_status meta_referrer_put(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                              const char *subject, const struct meta_referrer *row, struct error *err) {
    static const char sql[] = "INSERT INTO referrers (registry_id, scope, subject, name, type, listed)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    lreg_status status = drop(transaction, registry_id, scope, row->name, err);
    if (status != LREG_OK || subject == NULL) {
        return status;
    }
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, registry_id);
    meta_bind_text_or_empty(&statement, scope);
    meta_bind_text(&statement, subject);
    meta_bind_text(&statement, row->name);
    meta_bind_text_or_empty(&statement, row->type);
    meta_bind_text(&statement, row->listed);
    return meta_statement_run(&statement, NULL);
}

static void read_referrer(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_referrer *referrer = row;
    referrer->name = meta_column_text(statement, arena);
    referrer->type = meta_column_text(statement, arena);
    referrer->listed = meta_column_text_or_null(statement, arena);
}

lreg_status meta_referrer_list(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                               const char *subject, const char *after_name, size_t limit, struct arena *arena,
                               struct meta_referrer **out, size_t *out_count, struct error *err) {
    static const char sql[] = "SELECT name, type, listed FROM referrers WHERE " META_OF_REGISTRY " AND scope = ?2"
                              " AND subject = ?3 AND name > ?4 ORDER BY name LIMIT ?5";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, registry_id);
    meta_bind_text(&statement, scope);
    meta_bind_text(&statement, subject);
    meta_bind_text_or_empty(&statement, after_name); /* every name is greater than "" */
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_referrer, &rows, out_count);
    *out = rows;
    return status;
}
