/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of documents, and what they name. */

#include "meta/documents.h"

#include "meta/distinct_internal.h"
#include "meta/referrers.h"
#include "meta/engine.h"

#define DOCUMENT_COLUMNS                                                                                         \
    "registry_id, scope, name, media_type, sha256, subject, attributes, revision, created_ms, length(content), " \
    "damaged_ms"

/* All but the content. */
static void read_head(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_document *document = row;
    document->registry_id = meta_column_text(statement, arena);
    document->scope = meta_column_text(statement, arena);
    document->name = meta_column_text(statement, arena);
    document->media_type = meta_column_text(statement, arena);
    (void)meta_column_digest(statement, document->sha256, sizeof document->sha256);
    document->subject = meta_column_text_or_null(statement, arena);
    document->attributes = meta_column_text(statement, arena);
    document->revision = meta_column_size(statement);
    document->created_ms = meta_column_int(statement);
    document->content_length = (size_t)meta_column_size(statement);
    document->damaged_ms = meta_column_int(statement);
    document->content = NULL;
    document->listed_type = NULL;
    document->listed = NULL;
}

static void read_row(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_document *document = row;
    read_head(statement, arena, document);
    document->content = meta_column_bytes(statement, arena, &document->content_length);
}

static lreg_status put_row(struct meta_transaction *transaction, const struct meta_document *row, struct error *err) {
    static const char sql[] =
        "INSERT INTO documents (registry_id, scope, name, media_type, sha256, subject, attributes, revision,"
        " created_ms, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        " ON CONFLICT (registry_id, scope, name) DO UPDATE SET media_type = excluded.media_type,"
        " sha256 = excluded.sha256, subject = excluded.subject, attributes = excluded.attributes,"
        " revision = excluded.revision, created_ms = excluded.created_ms, content = excluded.content, damaged_ms = 0";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->registry_id);
    meta_bind_text_or_empty(&statement, row->scope);
    meta_bind_text(&statement, row->name);
    meta_bind_text_or_empty(&statement, row->media_type);
    meta_bind_bytes(&statement, row->sha256, sizeof row->sha256);
    meta_bind_text(&statement, row->subject);
    meta_bind_text_or_empty(&statement, row->attributes);
    meta_bind_size(&statement, row->revision);
    meta_bind_int(&statement, row->created_ms);
    meta_bind_bytes(&statement, row->content_length > 0 ? row->content : "", row->content_length);
    return meta_statement_run_owned(&statement, transaction, row->registry_id);
}

static lreg_status drop_links(struct meta_transaction *transaction, const struct meta_document *row,
                              struct error *err) {
    static const char sql[] = "DELETE FROM document_links WHERE registry_id = ?1 AND scope = ?2 AND name = ?3";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->registry_id);
    meta_bind_text_or_empty(&statement, row->scope);
    meta_bind_text(&statement, row->name);
    return meta_statement_run(&statement, NULL);
}

/* A target that is named twice gets one link. */
static lreg_status add_link(struct meta_transaction *transaction, const struct meta_document *row, const char *target,
                            struct error *err) {
    static const char sql[] = "INSERT INTO document_links (registry_id, scope, name, target) VALUES (?1, ?2, ?3, ?4)"
                              " ON CONFLICT (registry_id, scope, name, target) DO NOTHING";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->registry_id);
    meta_bind_text_or_empty(&statement, row->scope);
    meta_bind_text(&statement, row->name);
    meta_bind_text(&statement, target);
    return meta_statement_run(&statement, NULL);
}

lreg_status meta_document_put(struct meta_transaction *transaction, const struct meta_document *row,
                              const char *const *targets, size_t target_count, struct error *err) {
    lreg_status status = put_row(transaction, row, err);
    if (status == LREG_OK) {
        const struct meta_referrer referrer = {
            .name = row->name, .type = row->listed_type, .listed = row->listed != NULL ? row->listed : ""};
        status = meta_referrer_put(transaction, row->registry_id, row->scope, row->subject, &referrer, err);
    }
    if (status == LREG_OK) {
        status = drop_links(transaction, row, err);
    }
    for (size_t i = 0; i < target_count && status == LREG_OK; i++) {
        status = add_link(transaction, row, targets[i], err);
    }
    return status;
}

static void begin_by_name(struct meta_statement *statement, struct meta_transaction *transaction, const char *sql,
                          const char *registry_id, const char *scope, const char *name, struct error *err) {
    meta_statement_begin(statement, transaction, sql, err);
    meta_bind_text(statement, registry_id);
    meta_bind_text(statement, scope);
    meta_bind_text(statement, name);
}

lreg_status meta_document_find(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                               const char *name, struct arena *arena, struct meta_document *out, struct error *err) {
    static const char sql[] = "SELECT " DOCUMENT_COLUMNS ", content FROM documents"
                              " WHERE " META_OF_REGISTRY " AND scope = ?2 AND name = ?3";
    struct meta_statement statement;
    begin_by_name(&statement, transaction, sql, registry_id, scope, name, err);
    return meta_statement_find(&statement, arena, read_row, out, "document", name);
}

lreg_status meta_document_find_head(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                    const char *name, struct arena *arena, struct meta_document *out,
                                    struct error *err) {
    static const char sql[] = "SELECT " DOCUMENT_COLUMNS " FROM documents"
                              " WHERE " META_OF_REGISTRY " AND scope = ?2 AND name = ?3";
    struct meta_statement statement;
    begin_by_name(&statement, transaction, sql, registry_id, scope, name, err);
    return meta_statement_find(&statement, arena, read_head, out, "document", name);
}

static void read_length(struct meta_statement *statement, struct arena *arena, void *row) {
    size_t *length = row;
    (void)arena;
    *length = (size_t)meta_column_size(statement);
}

lreg_status meta_document_length(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                 const char *name, size_t *out, struct error *err) {
    static const char sql[] = "SELECT length(content) FROM documents WHERE " META_OF_REGISTRY " AND scope = ?2"
                              " AND name = ?3";
    struct meta_statement statement;
    begin_by_name(&statement, transaction, sql, registry_id, scope, name, err);
    return meta_statement_find(&statement, NULL, read_length, out, "document", name);
}

lreg_status meta_document_delete(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                 const char *name, struct error *err) {
    static const char sql[] = "DELETE FROM documents WHERE " META_OF_REGISTRY " AND scope = ?2 AND name = ?3";
    struct meta_statement statement;
    begin_by_name(&statement, transaction, sql, registry_id, scope, name, err);
    return meta_statement_run_one(&statement, "document", name);
}

lreg_status meta_document_scopes(struct meta_transaction *transaction, const char *registry_id, const char *prefix,
                                 const char *after_scope, size_t limit, struct arena *arena, const char ***out,
                                 size_t *out_count, struct error *err) {
    static const char from[] = "SELECT scope FROM documents WHERE " META_OF_REGISTRY " AND scope >= ?2"
                               " ORDER BY scope LIMIT 1";
    static const char behind[] = "SELECT scope FROM documents WHERE " META_OF_REGISTRY " AND scope > ?2"
                                 " ORDER BY scope LIMIT 1";
    const struct meta_distinct query = {
        .from = from,
        .behind = behind,
        .registry_id = registry_id,
        .prefix = prefix,
        .after = after_scope,
        .limit = limit,
    };
    return meta_list_distinct(transaction, &query, arena, out, out_count, err);
}

static void read_target(struct meta_statement *statement, struct arena *arena, void *row) {
    const char **target = row;
    *target = meta_column_text(statement, arena);
}

lreg_status meta_document_targets(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                  const char *name, const char *after_target, size_t limit, struct arena *arena,
                                  const char ***out, size_t *out_count, struct error *err) {
    static const char sql[] = "SELECT target FROM document_links WHERE " META_OF_REGISTRY " AND scope = ?2"
                              " AND name = ?3 AND target > ?4 ORDER BY target LIMIT ?5";
    struct meta_statement statement;
    begin_by_name(&statement, transaction, sql, registry_id, scope, name, err);
    meta_bind_text_or_empty(&statement, after_target); /* every target is greater than "" */
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_target, &rows, out_count);
    *out = rows;
    return status;
}

lreg_status meta_document_target_is_named(struct meta_transaction *transaction, const char *registry_id,
                                          const char *scope, const char *target, bool *out, struct error *err) {
    static const char sql[] = "SELECT 1 FROM document_links WHERE " META_OF_REGISTRY " AND scope = ?2 AND target = ?3"
                              " LIMIT 1";
    struct meta_statement statement;
    begin_by_name(&statement, transaction, sql, registry_id, scope, target, err);
    return meta_statement_exists(&statement, out);
}

lreg_status meta_document_names(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                const char *name, const char *target, bool *out, struct error *err) {
    static const char sql[] = "SELECT 1 FROM document_links WHERE " META_OF_REGISTRY " AND scope = ?2 AND name = ?3"
                              " AND target = ?4";
    struct meta_statement statement;
    begin_by_name(&statement, transaction, sql, registry_id, scope, name, err);
    meta_bind_text(&statement, target);
    return meta_statement_exists(&statement, out);
}

static void read_name(struct meta_statement *statement, struct arena *arena, void *row) {
    *(const char **)row = meta_column_text(statement, arena);
}

lreg_status meta_document_list_naming(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                      const char *target, size_t limit, struct arena *arena, const char ***out,
                                      size_t *out_count, struct error *err) {
    static const char sql[] = "SELECT name FROM document_links WHERE " META_OF_REGISTRY " AND scope = ?2"
                              " AND target = ?3 ORDER BY name LIMIT ?4";
    struct meta_statement statement;
    begin_by_name(&statement, transaction, sql, registry_id, scope, target, err);
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_name, &rows, out_count);
    *out = rows;
    return status;
}

lreg_status meta_document_visit_all(struct meta_transaction *transaction, meta_document_visit visit, void *user,
                                    struct error *err) {
    static const char sql[] = "SELECT " DOCUMENT_COLUMNS ", content FROM documents ORDER BY position";
    struct meta_statement statement;
    lreg_status visited = LREG_OK;
    meta_statement_begin(&statement, transaction, sql, err);
    while (visited == LREG_OK && meta_statement_next(&statement)) {
        struct meta_document document = {0};
        read_row(&statement, NULL, &document);
        if (statement.status == LREG_OK) {
            visited = visit(user, &document, err);
        }
    }
    lreg_status status = meta_statement_end(&statement);
    return status != LREG_OK ? status : visited;
}

lreg_status meta_document_visit_next(struct meta_transaction *transaction, int64_t after_position,
                                     meta_document_visit visit, void *user, int64_t *out_position, struct error *err) {
    static const char sql[] = "SELECT " DOCUMENT_COLUMNS ", content, position FROM documents WHERE position > ?1"
                              " ORDER BY position LIMIT 1";
    struct meta_statement statement;
    struct meta_document document = {0};
    lreg_status visited = LREG_OK;
    *out_position = 0;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_int(&statement, after_position);
    if (meta_statement_next(&statement)) {
        read_row(&statement, NULL, &document);
        *out_position = meta_column_int(&statement);
        visited = statement.status == LREG_OK ? visit(user, &document, err) : LREG_OK;
    }
    lreg_status status = meta_statement_end(&statement);
    return status != LREG_OK ? status : visited;
}

lreg_status meta_document_set_damaged(struct meta_transaction *transaction, int64_t position,
                                      const uint8_t sha256[DIGEST_SHA256_BYTES], int64_t damaged_ms, bool *out_changed,
                                      struct error *err) {
    static const char sql[] = "UPDATE documents SET damaged_ms = ?3 WHERE position = ?1 AND sha256 = ?2"
                              " AND (damaged_ms = 0) <> (?3 = 0)";
    struct meta_statement statement;
    uint64_t changed = 0;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_int(&statement, position);
    meta_bind_bytes(&statement, sha256, DIGEST_SHA256_BYTES);
    meta_bind_int(&statement, damaged_ms);
    lreg_status status = meta_statement_run(&statement, &changed);
    *out_changed = status == LREG_OK && changed > 0;
    return status;
}
