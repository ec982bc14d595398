/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of tokens: API access tokens of an organization, and registry tokens. */

#include "meta/tokens.h"

#include "meta/engine.h"

/* An API access token has no registry. */
#define TOKEN_LIVES "(registry_id IS NULL OR " META_REGISTRY_LIVES("tokens.registry_id") ")"

#define TOKEN_COLUMNS                                                                                              \
    "id, organization_id, registry_id, description, secret_sha256, sealed_secret, scopes, created_by, created_ms," \
    " expires_ms"

static void read_row(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_token *token = row;
    token->id = meta_column_text(statement, arena);
    token->organization_id = meta_column_text(statement, arena);
    token->registry_id = meta_column_text_or_null(statement, arena);
    token->description = meta_column_text(statement, arena);
    (void)meta_column_digest(statement, token->secret_sha256, sizeof token->secret_sha256);
    token->sealed_secret = meta_column_bytes(statement, arena, &token->sealed_length);
    token->scopes = (uint32_t)meta_column_int(statement);
    token->created_by = meta_column_text(statement, arena);
    token->created_ms = meta_column_int(statement);
    token->expires_ms = meta_column_int(statement);
}

lreg_status meta_token_insert(struct meta_transaction *transaction, const struct meta_token *row, struct error *err) {
    static const char sql[] = "INSERT INTO tokens (" TOKEN_COLUMNS ")"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->id);
    meta_bind_text(&statement, row->organization_id);
    meta_bind_text(&statement, row->registry_id);
    meta_bind_text_or_empty(&statement, row->description);
    meta_bind_bytes(&statement, row->secret_sha256, sizeof row->secret_sha256);
    meta_bind_bytes(&statement, row->sealed_secret, row->sealed_length);
    meta_bind_int(&statement, row->scopes);
    meta_bind_text_or_empty(&statement, row->created_by);
    meta_bind_int(&statement, row->created_ms);
    meta_bind_int(&statement, row->expires_ms);
    return meta_statement_run(&statement, NULL);
}

lreg_status meta_token_find_by_secret(struct meta_transaction *transaction,
                                      const uint8_t secret_sha256[DIGEST_SHA256_BYTES], struct arena *arena,
                                      struct meta_token *out, struct error *err) {
    static const char sql[] = "SELECT " TOKEN_COLUMNS " FROM tokens WHERE secret_sha256 = ?1 AND " TOKEN_LIVES;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_bytes(&statement, secret_sha256, DIGEST_SHA256_BYTES);
    return meta_statement_find(&statement, arena, read_row, out, "token", "of that secret");
}

lreg_status meta_token_find(struct meta_transaction *transaction, const char *id, struct arena *arena,
                            struct meta_token *out, struct error *err) {
    static const char sql[] = "SELECT " TOKEN_COLUMNS " FROM tokens WHERE id = ?1 AND " TOKEN_LIVES;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    return meta_statement_find(&statement, arena, read_row, out, "token", id);
}

lreg_status meta_token_newest(struct meta_transaction *transaction, const char *organization_id,
                              const char *registry_id, char out[ID_TEXT], struct error *err) {
    static const char of_registry[] = "SELECT id FROM tokens WHERE registry_id = ?1 ORDER BY id DESC LIMIT 1";
    static const char of_organization[] = "SELECT id FROM tokens WHERE organization_id = ?1 AND registry_id IS NULL"
                                          " ORDER BY id DESC LIMIT 1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, registry_id != NULL ? of_registry : of_organization, err);
    meta_bind_text(&statement, registry_id != NULL ? registry_id : organization_id);
    return meta_statement_find_id(&statement, out);
}

lreg_status meta_token_list(struct meta_transaction *transaction, const char *organization_id, const char *registry_id,
                            const char *after_id, size_t limit, struct arena *arena, struct meta_token **out,
                            size_t *out_count, struct error *err) {
    static const char of_registry[] = "SELECT " TOKEN_COLUMNS " FROM tokens"
                                      " WHERE " META_OF_REGISTRY " AND id > ?2 ORDER BY id LIMIT ?3";
    static const char of_organization[] = "SELECT " TOKEN_COLUMNS " FROM tokens"
                                          " WHERE organization_id = ?1 AND registry_id IS NULL AND id > ?2"
                                          " ORDER BY id LIMIT ?3";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, registry_id != NULL ? of_registry : of_organization, err);
    meta_bind_text(&statement, registry_id != NULL ? registry_id : organization_id);
    meta_bind_text_or_empty(&statement, after_id); /* every id is greater than "" */
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_row, &rows, out_count);
    *out = rows;
    return status;
}

lreg_status meta_token_set_description(struct meta_transaction *transaction, const char *id, const char *description,
                                       struct error *err) {
    static const char sql[] = "UPDATE tokens SET description = ?1 WHERE id = ?2 AND " TOKEN_LIVES;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text_or_empty(&statement, description);
    meta_bind_text(&statement, id);
    return meta_statement_run_one(&statement, "token", id);
}

lreg_status meta_token_delete(struct meta_transaction *transaction, const char *id, struct error *err) {
    static const char sql[] = "DELETE FROM tokens WHERE id = ?1 AND " TOKEN_LIVES;
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    return meta_statement_run_one(&statement, "token", id);
}
