/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of registries, and their keys. */

#include "meta/registries.h"

#include "meta/engine.h"

#define SELECT_REGISTRY                                                                                                \
    "SELECT r.id, r.organization_id, o.slug, r.slug, r.name, r.description, r.emoji, r.color, r.ecosystem, r.storage," \
    " r.is_public, r.allow_overwrite, r.strict_names, r.revision, r.created_ms, r.updated_ms"                          \
    " FROM registries AS r JOIN organizations AS o ON o.id = r.organization_id"

static void read_row(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_registry *registry = row;
    registry->id = meta_column_text(statement, arena);
    registry->organization_id = meta_column_text(statement, arena);
    registry->organization_slug = meta_column_text(statement, arena);
    registry->slug = meta_column_text(statement, arena);
    registry->name = meta_column_text(statement, arena);
    registry->description = meta_column_text(statement, arena);
    registry->emoji = meta_column_text(statement, arena);
    registry->color = meta_column_text(statement, arena);
    registry->ecosystem = meta_column_text(statement, arena);
    registry->storage = meta_column_text(statement, arena);
    registry->is_public = meta_column_bool(statement);
    registry->allow_overwrite = meta_column_bool(statement);
    registry->strict_names = meta_column_bool(statement);
    registry->revision = meta_column_size(statement);
    registry->created_ms = meta_column_int(statement);
    registry->updated_ms = meta_column_int(statement);
}

lreg_status meta_registry_insert(struct meta_transaction *transaction, const struct meta_registry *row,
                                 struct error *err) {
    static const char sql[] = "INSERT INTO registries (id, organization_id, slug, name, description, emoji, color,"
                              " ecosystem, storage, is_public, allow_overwrite, strict_names, created_ms, updated_ms)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->id);
    meta_bind_text(&statement, row->organization_id);
    meta_bind_text(&statement, row->slug);
    meta_bind_text(&statement, row->name);
    meta_bind_text_or_empty(&statement, row->description);
    meta_bind_text_or_empty(&statement, row->emoji);
    meta_bind_text_or_empty(&statement, row->color);
    meta_bind_text(&statement, row->ecosystem);
    meta_bind_text(&statement, row->storage);
    meta_bind_int(&statement, row->is_public);
    meta_bind_int(&statement, row->allow_overwrite);
    meta_bind_int(&statement, row->strict_names);
    meta_bind_int(&statement, row->created_ms);
    meta_bind_int(&statement, row->updated_ms);
    return meta_statement_run(&statement, NULL);
}

lreg_status meta_registry_find(struct meta_transaction *transaction, const char *organization_slug, const char *slug,
                               struct arena *arena, struct meta_registry *out, struct error *err) {
    static const char sql[] = SELECT_REGISTRY " WHERE o.slug = ?1 AND r.slug = ?2";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, organization_slug);
    meta_bind_text(&statement, slug);
    return meta_statement_find(&statement, arena, read_row, out, "registry", slug);
}

lreg_status meta_registry_find_by_id(struct meta_transaction *transaction, const char *id, struct arena *arena,
                                     struct meta_registry *out, struct error *err) {
    static const char sql[] = SELECT_REGISTRY " WHERE r.id = ?1 AND r." META_IS_LIVING;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    return meta_statement_find(&statement, arena, read_row, out, "registry", id);
}

lreg_status meta_registry_list(struct meta_transaction *transaction, const char *organization_id,
                               const char *after_slug, size_t limit, struct arena *arena, struct meta_registry **out,
                               size_t *out_count, struct error *err) {
    static const char sql[] = SELECT_REGISTRY " WHERE r.organization_id = ?1 AND r.slug > ?2 ORDER BY r.slug LIMIT ?3";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, organization_id);
    meta_bind_text_or_empty(&statement, after_slug); /* every slug is greater than "" */
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_row, &rows, out_count);
    *out = rows;
    return status;
}

lreg_status meta_registry_update(struct meta_transaction *transaction, const struct meta_registry *row,
                                 struct error *err) {
    static const char sql[] = "UPDATE registries SET name = ?1, slug = ?2, description = ?3, emoji = ?4, color = ?5,"
                              " storage = ?6, is_public = ?7, allow_overwrite = ?8, strict_names = ?9, updated_ms = ?10"
                              " WHERE id = ?11 AND " META_IS_LIVING;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->name);
    meta_bind_text(&statement, row->slug);
    meta_bind_text_or_empty(&statement, row->description);
    meta_bind_text_or_empty(&statement, row->emoji);
    meta_bind_text_or_empty(&statement, row->color);
    meta_bind_text(&statement, row->storage);
    meta_bind_int(&statement, row->is_public);
    meta_bind_int(&statement, row->allow_overwrite);
    meta_bind_int(&statement, row->strict_names);
    meta_bind_int(&statement, row->updated_ms);
    meta_bind_text(&statement, row->id);
    return meta_statement_run_one(&statement, "registry", row->id);
}

static lreg_status delete_keys(struct meta_transaction *transaction, const char *id, struct error *err) {
    static const char sql[] = "DELETE FROM registry_keys WHERE registry_id = ?1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    return meta_statement_run(&statement, NULL);
}

/* The row stays, under an organization that cannot be found, because other rows refer to it. The keys are removed at
 * once: they are few, and secret. */
lreg_status meta_registry_delete(struct meta_transaction *transaction, const char *id, struct error *err) {
    static const char sql[] = "UPDATE registries SET organization_id = " META_OF_THE_DELETED ", slug = id"
                              " WHERE id = ?1 AND " META_IS_LIVING;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    lreg_status status = meta_statement_run_one(&statement, "registry", id);
    return status == LREG_OK ? delete_keys(transaction, id, err) : status;
}

lreg_status meta_registry_touch(struct meta_transaction *transaction, const char *id, struct error *err) {
    static const char sql[] = "UPDATE registries SET revision = revision + 1"
                              " WHERE id = ?1 AND " META_IS_LIVING;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    return meta_statement_run_one(&statement, "registry", id);
}

lreg_status meta_registry_key_insert(struct meta_transaction *transaction, const struct meta_registry_key *row,
                                     struct error *err) {
    static const char sql[] = "INSERT INTO registry_keys (registry_id, name, sealed, public_text)"
                              " VALUES (?1, ?2, ?3, ?4)";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->registry_id);
    meta_bind_text(&statement, row->name);
    meta_bind_bytes(&statement, row->sealed, row->sealed_length);
    meta_bind_text(&statement, row->public_text);
    return meta_statement_run_owned(&statement, transaction, row->registry_id);
}

static void read_key(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_registry_key *key = row;
    key->registry_id = meta_column_text(statement, arena);
    key->name = meta_column_text(statement, arena);
    key->sealed = meta_column_bytes(statement, arena, &key->sealed_length);
    key->public_text = meta_column_text(statement, arena);
}

lreg_status meta_registry_key_find(struct meta_transaction *transaction, const char *registry_id, const char *name,
                                   struct arena *arena, struct meta_registry_key *out, struct error *err) {
    static const char sql[] = "SELECT registry_id, name, sealed, public_text FROM registry_keys"
                              " WHERE registry_id = ?1 AND name = ?2";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, registry_id);
    meta_bind_text(&statement, name);
    return meta_statement_find(&statement, arena, read_key, out, "key", name);
}
