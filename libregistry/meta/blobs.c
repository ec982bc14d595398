/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of blobs, and their collection: a blob that nothing names is doomed, and forgotten once its bytes are
 * removed. */

#include "meta/blobs.h"

#include "meta/blob_row_internal.h"

void meta_read_blob(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_blob *blob = row;
    blob->id = meta_column_int(statement);
    blob->storage = meta_column_text(statement, arena);
    (void)meta_column_digest(statement, blob->sha256, sizeof blob->sha256);
    blob->size_bytes = meta_column_size(statement);
    blob->key = meta_column_text(statement, arena);
    blob->created_ms = meta_column_int(statement);
    blob->damaged_ms = meta_column_int(statement);
}

lreg_status meta_blob_find(struct meta_transaction *transaction, const char *storage,
                           const uint8_t sha256[DIGEST_SHA256_BYTES], struct arena *arena, struct meta_blob *out,
                           struct error *err) {
    static const char sql[] = "SELECT " META_BLOB_COLUMNS " FROM blobs AS b WHERE b.storage = ?1 AND b.sha256 = ?2";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, storage);
    meta_bind_bytes(&statement, sha256, DIGEST_SHA256_BYTES);
    return meta_statement_find(&statement, arena, meta_read_blob, out, "blob", "of that content");
}

lreg_status meta_blob_find_by_id(struct meta_transaction *transaction, int64_t id, struct arena *arena,
                                 struct meta_blob *out, struct error *err) {
    static const char sql[] = "SELECT " META_BLOB_COLUMNS " FROM blobs AS b WHERE b.id = ?1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_int(&statement, id);
    return meta_statement_find(&statement, arena, meta_read_blob, out, "blob", "of that id");
}

lreg_status meta_blob_insert(struct meta_transaction *transaction, const struct meta_blob *row, int64_t *out_id,
                             struct error *err) {
    static const char sql[] = "INSERT INTO blobs (storage, sha256, size_bytes, key, created_ms)"
                              " VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id";
    struct meta_statement statement;
    *out_id = 0;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->storage);
    meta_bind_bytes(&statement, row->sha256, sizeof row->sha256);
    meta_bind_size(&statement, row->size_bytes);
    meta_bind_text(&statement, row->key);
    meta_bind_int(&statement, row->created_ms);
    if (meta_statement_next(&statement)) {
        *out_id = meta_column_int(&statement);
    }
    return meta_statement_run(&statement, NULL);
}

lreg_status meta_blob_set_key(struct meta_transaction *transaction, int64_t id, const char *key, struct error *err) {
    static const char sql[] = "UPDATE blobs SET key = ?2, damaged_ms = 0 WHERE id = ?1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_int(&statement, id);
    meta_bind_text(&statement, key);
    return meta_statement_run_one(&statement, "blob", "of that id");
}

lreg_status meta_blob_set_damaged(struct meta_transaction *transaction, int64_t id, const char *key, int64_t damaged_ms,
                                  bool *out_changed, struct error *err) {
    static const char sql[] = "UPDATE blobs SET damaged_ms = ?3 WHERE id = ?1 AND key = ?2"
                              " AND (damaged_ms = 0) <> (?3 = 0)";
    struct meta_statement statement;
    uint64_t changed = 0;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_int(&statement, id);
    meta_bind_text(&statement, key);
    meta_bind_int(&statement, damaged_ms);
    lreg_status status = meta_statement_run(&statement, &changed);
    *out_changed = status == LREG_OK && changed > 0;
    return status;
}

static void read_user(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_blob_user *user = row;
    user->organization_id = meta_column_text(statement, arena);
    user->registry_id = meta_column_text(statement, arena);
    user->subject = meta_column_text(statement, arena);
}

lreg_status meta_blob_list_users(struct meta_transaction *transaction, int64_t id, size_t limit, struct arena *arena,
                                 struct meta_blob_user **out, size_t *out_count, struct error *err) {
    static const char sql[] =
        "SELECT r.organization_id, r.id, p.filename FROM packages AS p JOIN registries AS r ON r.id = p.registry_id"
        " WHERE p.blob_id = ?1 AND r." META_IS_LIVING " UNION ALL SELECT r.organization_id, r.id,"
        " l.scope || '@' || l.digest FROM blob_links AS l JOIN registries AS r ON r.id = l.registry_id"
        " WHERE l.blob_id = ?1 AND r." META_IS_LIVING " LIMIT ?2";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_int(&statement, id);
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_user, &rows, out_count);
    *out = rows;
    return status;
}

lreg_status meta_blob_list(struct meta_transaction *transaction, const char *storage, int64_t after_id, size_t limit,
                           struct arena *arena, struct meta_blob **out, size_t *out_count, struct error *err) {
    /* The plus keeps SQLite from an index by storage, whose rows it would have to sort for each page. */
    static const char sql[] = "SELECT " META_BLOB_COLUMNS " FROM blobs AS b WHERE b.id > ?2 AND +b.storage = ?1"
                              " ORDER BY b.id LIMIT ?3";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, storage);
    meta_bind_int(&statement, after_id);
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, meta_read_blob, &rows, out_count);
    *out = rows;
    return status;
}

static void read_total(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_blob_total *total = row;
    total->storage = meta_column_text(statement, arena);
    total->count = meta_column_size(statement);
    total->bytes = meta_column_size(statement);
}

lreg_status meta_blob_list_totals(struct meta_transaction *transaction, size_t limit, struct arena *arena,
                                  struct meta_blob_total **out, size_t *out_count, struct error *err) {
    static const char sql[] = "SELECT storage, count, bytes FROM blob_totals WHERE storage > ''"
                              " ORDER BY storage LIMIT ?1";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_total, &rows, out_count);
    *out = rows;
    return status;
}

lreg_status meta_blob_has_key(struct meta_transaction *transaction, const char *storage, const char *key, bool *out,
                              struct error *err) {
    static const char sql[] = "SELECT 1 WHERE EXISTS (SELECT 1 FROM blobs WHERE storage = ?1 AND key = ?2)"
                              " OR EXISTS (SELECT 1 FROM doomed WHERE storage = ?1 AND key = ?2)";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, storage);
    meta_bind_text(&statement, key);
    return meta_statement_exists(&statement, out);
}

lreg_status meta_blob_has_key_anywhere(struct meta_transaction *transaction, const char *key, bool *out,
                                       struct error *err) {
    static const char sql[] =
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM blobs WHERE storage IN " META_ALL_STORAGES
        " AND key = ?1) OR EXISTS (SELECT 1 FROM doomed WHERE storage IN " META_ALL_STORAGES " AND key = ?1)";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, key);
    return meta_statement_exists(&statement, out);
}

#define OF_PAGE " WHERE storage = ?1 AND unchecked = 1 AND id <= ?2"

/* Unchecked blobs of a storage, and the last one of a page. */
struct page {
    const char *storage;
    int64_t last;
};

/* The next page of unchecked blobs: how many, and the id of the last one. */
static lreg_status find_page(struct meta_transaction *transaction, size_t limit, uint64_t *out_count, struct page *page,
                             struct error *err) {
    static const char sql[] = "SELECT count(*), max(id) FROM (SELECT id FROM blobs WHERE storage = ?1"
                              " AND unchecked = 1 ORDER BY id LIMIT ?2)";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, page->storage);
    meta_bind_limit(&statement, limit);
    if (meta_statement_next(&statement)) {
        *out_count = meta_column_size(&statement);
        page->last = meta_column_int(&statement);
    }
    return meta_statement_end(&statement);
}

static void begin_on_page(struct meta_statement *statement, struct meta_transaction *transaction, const char *sql,
                          const struct page *page, struct error *err) {
    meta_statement_begin(statement, transaction, sql, err);
    meta_bind_text(statement, page->storage);
    meta_bind_int(statement, page->last);
}

static lreg_status run_on_page(struct meta_transaction *transaction, const char *sql, const struct page *page,
                               struct error *err) {
    struct meta_statement statement;
    begin_on_page(&statement, transaction, sql, page, err);
    return meta_statement_run(&statement, NULL);
}

static lreg_status sum_page(struct meta_transaction *transaction, const struct page *page, uint64_t *out_count,
                            uint64_t *out_bytes, struct error *err) {
    static const char sql[] = "SELECT count(*), coalesce(sum(size_bytes), 0) FROM blobs" OF_PAGE;
    struct meta_statement statement;
    begin_on_page(&statement, transaction, sql, page, err);
    if (meta_statement_next(&statement)) {
        *out_count = meta_column_size(&statement);
        *out_bytes = meta_column_size(&statement);
    }
    return meta_statement_end(&statement);
}

/* Named blobs of the page are marked as checked; the remaining unchecked ones are doomed. */
lreg_status meta_blobs_doom(struct meta_transaction *transaction, const char *storage, size_t limit,
                            struct meta_doom *out, struct error *err) {
    static const char check[] = "UPDATE blobs SET unchecked = 0" OF_PAGE " AND EXISTS (SELECT 1 FROM blobs AS c"
                                " WHERE c.storage IN " META_ALL_STORAGES " AND c.sha256 = blobs.sha256"
                                " AND (EXISTS (SELECT 1 FROM packages WHERE blob_id = c.id)"
                                " OR EXISTS (SELECT 1 FROM blob_links WHERE blob_id = c.id)))";
    static const char note[] = "INSERT INTO doomed (storage, key) SELECT storage, key FROM blobs" OF_PAGE
                               " ON CONFLICT (storage, key) DO NOTHING";
    static const char forget[] = "DELETE FROM blobs" OF_PAGE;
    struct page page = {.storage = storage};
    *out = (struct meta_doom){0};
    lreg_status status = find_page(transaction, limit, &out->looked_at, &page, err);
    if (status != LREG_OK || out->looked_at == 0) {
        return status;
    }
    status = run_on_page(transaction, check, &page, err);
    if (status == LREG_OK) {
        status = sum_page(transaction, &page, &out->blobs, &out->bytes, err);
    }
    if (status == LREG_OK && out->blobs > 0) {
        status = run_on_page(transaction, note, &page, err);
    }
    if (status == LREG_OK && out->blobs > 0) {
        status = run_on_page(transaction, forget, &page, err);
    }
    return status;
}

static void read_doomed(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_doomed *doomed = row;
    doomed->storage = meta_column_text(statement, arena);
    doomed->key = meta_column_text(statement, arena);
}

lreg_status meta_doomed_list(struct meta_transaction *transaction, const char *storage, size_t limit,
                             struct arena *arena, struct meta_doomed **out, size_t *out_count, struct error *err) {
    static const char sql[] = "SELECT storage, key FROM doomed WHERE storage = ?1 ORDER BY key LIMIT ?2";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, storage);
    meta_bind_limit(&statement, limit);
    void *rows = NULL;
    lreg_status status = meta_statement_collect(&statement, arena, sizeof **out, read_doomed, &rows, out_count);
    *out = rows;
    return status;
}

static lreg_status run_on_doomed(struct meta_transaction *transaction, const char *sql, const struct meta_doomed *row,
                                 struct error *err) {
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, row->storage);
    meta_bind_text(&statement, row->key);
    return meta_statement_run(&statement, NULL);
}

lreg_status meta_doomed_insert(struct meta_transaction *transaction, const struct meta_doomed *row, struct error *err) {
    static const char sql[] = "INSERT INTO doomed (storage, key) VALUES (?1, ?2) ON CONFLICT (storage, key) DO NOTHING";
    return run_on_doomed(transaction, sql, row, err);
}

lreg_status meta_doomed_delete(struct meta_transaction *transaction, const struct meta_doomed *row, struct error *err) {
    static const char sql[] = "DELETE FROM doomed WHERE storage = ?1 AND key = ?2";
    return run_on_doomed(transaction, sql, row, err);
}
