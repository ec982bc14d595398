/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of organizations, and values of the whole instance. */

#include "meta/organizations.h"

#include "meta/engine.h"

static void read_row(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_organization *organization = row;
    organization->id = meta_column_text(statement, arena);
    organization->slug = meta_column_text(statement, arena);
    organization->name = meta_column_text(statement, arena);
    organization->created_ms = meta_column_int(statement);
}

lreg_status meta_organization_insert(struct meta_transaction *transaction, const struct meta_organization *row,
                                     struct error *err) {
    static const char sql[] = "INSERT INTO organizations (id, slug, name, created_ms) VALUES (?1, ?2, ?3, ?4)";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->id);
    meta_bind_text(&statement, row->slug);
    meta_bind_text(&statement, row->name);
    meta_bind_int(&statement, row->created_ms);
    return meta_statement_run(&statement, NULL);
}

lreg_status meta_organization_find(struct meta_transaction *transaction, const char *slug, struct arena *arena,
                                   struct meta_organization *out, struct error *err) {
    static const char sql[] = "SELECT id, slug, name, created_ms FROM organizations WHERE slug = ?1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, slug);
    return meta_statement_find(&statement, arena, read_row, out, "organization", slug);
}

lreg_status meta_organization_find_by_id(struct meta_transaction *transaction, const char *id, struct arena *arena,
                                         struct meta_organization *out, struct error *err) {
    static const char sql[] = "SELECT id, slug, name, created_ms FROM organizations WHERE id = ?1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    return meta_statement_find(&statement, arena, read_row, out, "organization", id);
}

lreg_status meta_organization_update(struct meta_transaction *transaction, const struct meta_organization *row,
                                     struct error *err) {
    static const char sql[] = "UPDATE organizations SET slug = ?2, name = ?3 WHERE id = ?1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->id);
    meta_bind_text(&statement, row->slug);
    meta_bind_text(&statement, row->name);
    return meta_statement_run_one(&statement, "organization", row->id);
}

lreg_status meta_organization_list(struct meta_transaction *transaction, const char *after_slug, size_t limit,
                                   struct arena *arena, struct meta_organization **out, size_t *out_count,
                                   struct error *err) {
    static const char sql[] = "SELECT id, slug, name, created_ms FROM organizations WHERE slug > ?1"
                              " ORDER BY slug LIMIT ?2";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text_or_empty(&statement, after_slug); /* every slug is greater than "" */
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_row, &rows, out_count);
    *out = rows;
    return status;
}

lreg_status meta_organization_delete(struct meta_transaction *transaction, const char *id, struct error *err) {
    static const char sql[] = "DELETE FROM organizations WHERE id = ?1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    return meta_statement_run_one(&statement, "organization", id);
}

lreg_status meta_value_find(struct meta_transaction *transaction, const char *name, struct arena *arena,
                            const char **out, struct error *err) {
    static const char sql[] = "SELECT value FROM instance_values WHERE name = ?1";
    struct meta_statement statement;
    *out = NULL;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, name);
    if (meta_statement_next(&statement)) {
        *out = meta_column_text_or_null(&statement, arena);
    }
    return meta_statement_end(&statement);
}

lreg_status meta_value_set(struct meta_transaction *transaction, const char *name, const char *value,
                           struct error *err) {
    static const char sql[] = "INSERT INTO instance_values (name, value) VALUES (?1, ?2)"
                              " ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, name);
    meta_bind_text(&statement, value);
    return meta_statement_run(&statement, NULL);
}
