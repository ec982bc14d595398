/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of blob links: which scope of a registry has which blob, under the digest that its clients use. */

#include "meta/blob_row_internal.h"

#define SELECT_LINK                                                                        \
    "SELECT l.registry_id, l.scope, l.digest, l.blob_id, l.claimed_ms, " META_BLOB_COLUMNS \
    " FROM blob_links AS l JOIN blobs AS b ON b.id = l.blob_id"

struct linked_blob {
    struct meta_blob_link *link;
    struct meta_blob *blob;
};

lreg_status meta_blob_link_put(struct meta_transaction *transaction, const struct meta_blob_link *row,
                               struct error *err) {
    static const char sql[] = "INSERT INTO blob_links (registry_id, scope, digest, blob_id, claimed_ms, named)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, EXISTS (SELECT 1 FROM document_links"
                              " WHERE registry_id = ?1 AND scope = ?2 AND target = ?3))"
                              " ON CONFLICT (registry_id, scope, digest)"
                              " DO UPDATE SET blob_id = excluded.blob_id, claimed_ms = excluded.claimed_ms";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->registry_id);
    meta_bind_text_or_empty(&statement, row->scope);
    meta_bind_text(&statement, row->digest);
    meta_bind_int(&statement, row->blob_id);
    meta_bind_int(&statement, row->claimed_ms);
    return meta_statement_run_owned(&statement, transaction, row->registry_id);
}

static void read_linked(struct meta_statement *statement, struct arena *arena, void *row) {
    struct linked_blob *linked = row;
    struct meta_blob_link *link = linked->link;
    link->registry_id = meta_column_text(statement, arena);
    link->scope = meta_column_text(statement, arena);
    link->digest = meta_column_text(statement, arena);
    link->blob_id = meta_column_int(statement);
    link->claimed_ms = meta_column_int(statement);
    meta_read_blob(statement, arena, linked->blob);
}

lreg_status meta_blob_link_find(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                const char *digest, struct arena *arena, struct meta_blob_link *out_link,
                                struct meta_blob *out_blob, struct error *err) {
    static const char sql[] =
        SELECT_LINK " WHERE l.registry_id = ?1 AND l.scope = ?2 AND l.digest = ?3 AND " META_REGISTRY_LIVES("?1");
    struct linked_blob linked = {.link = out_link, .blob = out_blob};
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, registry_id);
    meta_bind_text(&statement, scope);
    meta_bind_text(&statement, digest);
    return meta_statement_find(&statement, arena, read_linked, &linked, "blob", digest);
}

lreg_status meta_blob_link_find_anywhere(struct meta_transaction *transaction, const char *registry_id,
                                         const char *digest, struct arena *arena, struct meta_blob_link *out_link,
                                         struct meta_blob *out_blob, struct error *err) {
    static const char sql[] =
        SELECT_LINK " WHERE l.registry_id = ?1 AND l.digest = ?2 AND " META_REGISTRY_LIVES("?1") " LIMIT 1";
    struct linked_blob linked = {.link = out_link, .blob = out_blob};
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, registry_id);
    meta_bind_text(&statement, digest);
    return meta_statement_find(&statement, arena, read_linked, &linked, "blob", digest);
}

lreg_status meta_blob_link_delete(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                  const char *digest, struct error *err) {
    static const char sql[] = "DELETE FROM blob_links WHERE " META_OF_REGISTRY " AND scope = ?2 AND digest = ?3";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, registry_id);
    meta_bind_text(&statement, scope);
    meta_bind_text(&statement, digest);
    return meta_statement_run_one(&statement, "blob", digest);
}

lreg_status meta_blob_links_expire(struct meta_transaction *transaction, int64_t before_ms, size_t limit,
                                   uint64_t *out_removed, struct error *err) {
    static const char sql[] = "DELETE FROM blob_links WHERE (registry_id, scope, digest) IN"
                              " (SELECT registry_id, scope, digest FROM blob_links"
                              " WHERE named = 0 AND claimed_ms < ?1 ORDER BY claimed_ms LIMIT ?2)";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_int(&statement, before_ms);
    meta_bind_limit(&statement, limit);
    return meta_statement_run(&statement, out_removed);
}
