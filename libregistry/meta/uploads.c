/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of upload sessions. */

#include "meta/uploads.h"

#include "meta/engine.h"

/* Sessions that can continue. */
#define UPLOAD_LIVES "lost = 0 AND " META_REGISTRY_LIVES("uploads.registry_id")

#define UPLOAD_COLUMNS \
    "id, registry_id, storage, scope, principal, received_bytes, digest_state, created_ms, updated_ms"

static void read_row(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_upload *upload = row;
    upload->id = meta_column_text(statement, arena);
    upload->registry_id = meta_column_text(statement, arena);
    upload->storage = meta_column_text(statement, arena);
    upload->scope = meta_column_text(statement, arena);
    upload->principal = meta_column_text(statement, arena);
    upload->received_bytes = meta_column_size(statement);
    upload->digest_state = meta_column_bytes(statement, arena, &upload->digest_state_length);
    upload->created_ms = meta_column_int(statement);
    upload->updated_ms = meta_column_int(statement);
}

lreg_status meta_upload_insert(struct meta_transaction *transaction, const struct meta_upload *row, struct error *err) {
    static const char sql[] = "INSERT INTO uploads (" UPLOAD_COLUMNS ")"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->id);
    meta_bind_text(&statement, row->registry_id);
    meta_bind_text(&statement, row->storage);
    meta_bind_text_or_empty(&statement, row->scope);
    meta_bind_text_or_empty(&statement, row->principal);
    meta_bind_size(&statement, row->received_bytes);
    meta_bind_bytes(&statement, row->digest_state, row->digest_state_length);
    meta_bind_int(&statement, row->created_ms);
    meta_bind_int(&statement, row->updated_ms);
    return meta_statement_run_owned(&statement, transaction, row->registry_id);
}

lreg_status meta_upload_find(struct meta_transaction *transaction, const char *id, struct arena *arena,
                             struct meta_upload *out, struct error *err) {
    static const char sql[] = "SELECT " UPLOAD_COLUMNS " FROM uploads WHERE id = ?1 AND " UPLOAD_LIVES;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    return meta_statement_find(&statement, arena, read_row, out, "upload", id);
}

static lreg_status advance(struct meta_transaction *transaction, const struct meta_upload *row,
                           uint64_t expected_received, uint64_t *out_changed, struct error *err) {
    static const char sql[] = "UPDATE uploads SET received_bytes = ?1, digest_state = ?2, updated_ms = ?3"
                              " WHERE id = ?4 AND received_bytes = ?5 AND " UPLOAD_LIVES;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_size(&statement, row->received_bytes);
    meta_bind_bytes(&statement, row->digest_state, row->digest_state_length);
    meta_bind_int(&statement, row->updated_ms);
    meta_bind_text(&statement, row->id);
    meta_bind_size(&statement, expected_received);
    return meta_statement_run(&statement, out_changed);
}

lreg_status meta_upload_advance(struct meta_transaction *transaction, const struct meta_upload *row,
                                uint64_t expected_received, struct error *err) {
    uint64_t changed = 0;
    bool exists = false;
    lreg_status status = advance(transaction, row, expected_received, &changed, err);
    if (status != LREG_OK || changed != 0) {
        return status;
    }
    status = meta_upload_exists(transaction, row->id, &exists, err);
    if (status != LREG_OK) {
        return status;
    }
    if (!exists) {
        return error_set(err, LREG_NOT_FOUND, "", "no upload %s", row->id);
    }
    return error_set(err, LREG_CONFLICT, "upload_moved", "another request has gone on with upload %s", row->id);
}

lreg_status meta_upload_lose(struct meta_transaction *transaction, const struct meta_upload *row, int64_t now_ms,
                             struct error *err) {
    static const char sql[] = "UPDATE uploads SET lost = 1, updated_ms = ?1"
                              " WHERE id = ?2 AND received_bytes = ?3 AND lost = 0";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_int(&statement, now_ms);
    meta_bind_text(&statement, row->id);
    meta_bind_size(&statement, row->received_bytes);
    return meta_statement_run(&statement, NULL);
}

lreg_status meta_upload_delete(struct meta_transaction *transaction, const char *id, struct error *err) {
    static const char sql[] = "DELETE FROM uploads WHERE id = ?1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    return meta_statement_run_one(&statement, "upload", id);
}

#define IN_STORAGE " AND (?3 IS NULL OR storage = ?3)"

static lreg_status list_before(struct meta_transaction *transaction, const char *sql, const char *storage,
                               int64_t before_ms, size_t limit, struct arena *arena, struct meta_upload **out,
                               size_t *out_count, struct error *err) {
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_int(&statement, before_ms);
    meta_bind_limit(&statement, limit);
    meta_bind_text(&statement, storage);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_row, &rows, out_count);
    *out = rows;
    return status;
}

lreg_status meta_upload_list_stale(struct meta_transaction *transaction, const char *storage, int64_t before_ms,
                                   size_t limit, struct arena *arena, struct meta_upload **out, size_t *out_count,
                                   struct error *err) {
    static const char sql[] =
        "SELECT " UPLOAD_COLUMNS " FROM uploads WHERE updated_ms < ?1" IN_STORAGE " ORDER BY updated_ms, id LIMIT ?2";
    return list_before(transaction, sql, storage, before_ms, limit, arena, out, out_count, err);
}

lreg_status meta_upload_list_lost(struct meta_transaction *transaction, const char *storage, int64_t before_ms,
                                  size_t limit, struct arena *arena, struct meta_upload **out, size_t *out_count,
                                  struct error *err) {
    static const char sql[] = "SELECT " UPLOAD_COLUMNS " FROM uploads WHERE lost = 1 AND updated_ms < ?1" IN_STORAGE
                              " ORDER BY updated_ms, id LIMIT ?2";
    return list_before(transaction, sql, storage, before_ms, limit, arena, out, out_count, err);
}

lreg_status meta_upload_exists(struct meta_transaction *transaction, const char *id, bool *out, struct error *err) {
    static const char sql[] = "SELECT 1 FROM uploads WHERE id = ?1 AND " UPLOAD_LIVES;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    return meta_statement_exists(&statement, out);
}

static void begin_for_registry(struct meta_statement *statement, struct meta_transaction *transaction, const char *sql,
                               const char *registry_id, struct error *err) {
    meta_statement_begin(statement, transaction, sql, err);
    meta_bind_text(statement, registry_id);
}

static lreg_status read_count(struct meta_statement *statement, uint64_t *out) {
    *out = 0;
    if (meta_statement_next(statement)) {
        *out = meta_column_size(statement);
    }
    return meta_statement_end(statement);
}

lreg_status meta_upload_count(struct meta_transaction *transaction, const char *registry_id, int64_t since_ms,
                              int64_t until_ms, uint64_t *out, struct error *err) {
    static const char sql[] = "SELECT count(*) FROM uploads WHERE " META_OF_REGISTRY " AND lost = 0"
                              " AND updated_ms BETWEEN ?2 AND ?3";
    struct meta_statement statement;
    begin_for_registry(&statement, transaction, sql, registry_id, err);
    meta_bind_int(&statement, since_ms);
    meta_bind_int(&statement, until_ms);
    return read_count(&statement, out);
}

lreg_status meta_upload_count_all(struct meta_transaction *transaction, int64_t since_ms, int64_t until_ms,
                                  uint64_t *out, struct error *err) {
    static const char sql[] = "SELECT count(*) FROM uploads WHERE updated_ms BETWEEN ?1 AND ?2 AND lost = 0"
                              " AND " META_REGISTRY_LIVES("registry_id");
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_int(&statement, since_ms);
    meta_bind_int(&statement, until_ms);
    return read_count(&statement, out);
}

lreg_status meta_upload_count_of(struct meta_transaction *transaction, const char *registry_id, const char *principal,
                                 int64_t since_ms, int64_t until_ms, uint64_t *out, struct error *err) {
    static const char sql[] = "SELECT count(*) FROM uploads WHERE " META_OF_REGISTRY " AND principal = ?2"
                              " AND lost = 0 AND updated_ms BETWEEN ?3 AND ?4";
    struct meta_statement statement;
    begin_for_registry(&statement, transaction, sql, registry_id, err);
    meta_bind_text(&statement, principal);
    meta_bind_int(&statement, since_ms);
    meta_bind_int(&statement, until_ms);
    return read_count(&statement, out);
}

lreg_status meta_upload_find_idlest(struct meta_transaction *transaction, const char *registry_id,
                                    const char *principal, struct arena *arena, struct meta_upload *out,
                                    struct error *err) {
    static const char sql[] = "SELECT " UPLOAD_COLUMNS " FROM uploads WHERE " META_OF_REGISTRY " AND principal = ?2"
                              " AND lost = 0 ORDER BY updated_ms, id LIMIT 1";
    struct meta_statement statement;
    begin_for_registry(&statement, transaction, sql, registry_id, err);
    meta_bind_text(&statement, principal);
    return meta_statement_find(&statement, arena, read_row, out, "upload", "of the principal");
}

lreg_status meta_upload_list(struct meta_transaction *transaction, const char *registry_id, const char *after_id,
                             size_t limit, struct arena *arena, struct meta_upload **out, size_t *out_count,
                             struct error *err) {
    static const char sql[] = "SELECT " UPLOAD_COLUMNS " FROM uploads WHERE " META_OF_REGISTRY " AND id > ?2"
                              " AND lost = 0 ORDER BY id LIMIT ?3";
    struct meta_statement statement;
    begin_for_registry(&statement, transaction, sql, registry_id, err);
    meta_bind_text_or_empty(&statement, after_id);
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_row, &rows, out_count);
    *out = rows;
    return status;
}
