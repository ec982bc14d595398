/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of packages, one at a time; package_lists.c has the listings. */

#include "meta/package_row_internal.h"

static void read_digest(struct meta_statement *statement, struct digest_set *digests, uint32_t algorithm, uint8_t *out,
                        size_t length) {
    if (meta_column_digest(statement, out, length)) {
        digests->algorithms |= algorithm;
    }
}

static void read_digests(struct meta_statement *statement, struct digest_set *digests) {
    *digests = (struct digest_set){0};
    read_digest(statement, digests, DIGEST_MD5, digests->md5, sizeof digests->md5);
    read_digest(statement, digests, DIGEST_SHA1, digests->sha1, sizeof digests->sha1);
    read_digest(statement, digests, DIGEST_SHA256, digests->sha256, sizeof digests->sha256);
    read_digest(statement, digests, DIGEST_SHA512, digests->sha512, sizeof digests->sha512);
}

void meta_read_package(struct meta_statement *statement, struct arena *arena, void *row) {
    struct meta_package *package = row;
    package->id = meta_column_text(statement, arena);
    package->registry_id = meta_column_text(statement, arena);
    package->name = meta_column_text(statement, arena);
    package->version = meta_column_text(statement, arena);
    package->qualifier = meta_column_text(statement, arena);
    package->filename = meta_column_text(statement, arena);
    package->media_type = meta_column_text(statement, arena);
    package->size_bytes = meta_column_size(statement);
    package->blob_id = meta_column_int(statement); /* 0 for NULL */
    package->document = meta_column_text_or_null(statement, arena);
    read_digests(statement, &package->digests);
    package->attributes = meta_column_text(statement, arena);
    package->index_entry = meta_column_text(statement, arena);
    package->downloads = meta_column_size(statement);
    package->published_by = meta_column_text(statement, arena);
    package->created_ms = meta_column_int(statement);
    package->updated_ms = meta_column_int(statement);
}

static void bind_digest(struct meta_statement *statement, const struct digest_set *digests, uint32_t algorithm,
                        const uint8_t *bytes, size_t length) {
    bool is_set = (digests->algorithms & algorithm) != 0;
    meta_bind_bytes(statement, is_set ? bytes : NULL, length);
}

/* The columns that an update may change, in the order of both statements. */
static void bind_content(struct meta_statement *statement, const struct meta_package *row) {
    meta_bind_text_or_empty(statement, row->qualifier);
    meta_bind_text_or_empty(statement, row->media_type);
    meta_bind_size(statement, row->size_bytes);
    meta_bind_int_or_null(statement, row->blob_id);
    meta_bind_text(statement, row->document);
    const struct digest_set *digests = &row->digests;
    bind_digest(statement, digests, DIGEST_MD5, digests->md5, sizeof digests->md5);
    bind_digest(statement, digests, DIGEST_SHA1, digests->sha1, sizeof digests->sha1);
    bind_digest(statement, digests, DIGEST_SHA256, digests->sha256, sizeof digests->sha256);
    bind_digest(statement, digests, DIGEST_SHA512, digests->sha512, sizeof digests->sha512);
    meta_bind_text_or_empty(statement, row->attributes);
    meta_bind_text_or_empty(statement, row->index_entry);
    meta_bind_text_or_empty(statement, row->published_by);
    meta_bind_int(statement, row->updated_ms);
}

lreg_status meta_package_insert(struct meta_transaction *transaction, const struct meta_package *row,
                                struct error *err) {
    static const char sql[] =
        "INSERT INTO packages (qualifier, media_type, size_bytes, blob_id, document, md5, sha1, sha256, sha512,"
        " attributes, index_entry, published_by, updated_ms, id, registry_id, name, version, filename, created_ms)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    bind_content(&statement, row);
    meta_bind_text(&statement, row->id);
    meta_bind_text(&statement, row->registry_id);
    meta_bind_text(&statement, row->name);
    meta_bind_text_or_empty(&statement, row->version);
    meta_bind_text(&statement, row->filename);
    meta_bind_int(&statement, row->created_ms);
    return meta_statement_run(&statement, NULL);
}

lreg_status meta_package_update(struct meta_transaction *transaction, const struct meta_package *row,
                                struct error *err) {
    static const char sql[] =
        "UPDATE packages SET qualifier = ?1, media_type = ?2, size_bytes = ?3, blob_id = ?4, document = ?5, md5 = ?6,"
        " sha1 = ?7, sha256 = ?8, sha512 = ?9, attributes = ?10, index_entry = ?11, published_by = ?12,"
        " updated_ms = ?13 WHERE id = ?14 AND registry_id = ?15";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    bind_content(&statement, row);
    meta_bind_text(&statement, row->id);
    meta_bind_text(&statement, row->registry_id);
    return meta_statement_run_one(&statement, "package", row->id);
}

lreg_status meta_package_find(struct meta_transaction *transaction, const char *registry_id, const char *id,
                              struct arena *arena, struct meta_package *out, struct error *err) {
    static const char sql[] = "SELECT " META_PACKAGE_COLUMNS " FROM packages"
                              " WHERE id = ?1 AND registry_id = ?2 AND " META_REGISTRY_LIVES("?2");
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    meta_bind_text(&statement, registry_id);
    return meta_statement_find(&statement, arena, meta_read_package, out, "package", id);
}

lreg_status meta_package_find_by_filename(struct meta_transaction *transaction, const char *registry_id,
                                          const char *filename, struct arena *arena, struct meta_package *out,
                                          struct error *err) {
    static const char sql[] = "SELECT " META_PACKAGE_COLUMNS " FROM packages"
                              " WHERE " META_OF_REGISTRY " AND filename = ?2";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, registry_id);
    meta_bind_text(&statement, filename);
    return meta_statement_find(&statement, arena, meta_read_package, out, "package", filename);
}

lreg_status meta_package_delete(struct meta_transaction *transaction, const char *registry_id, const char *id,
                                struct error *err) {
    static const char sql[] = "DELETE FROM packages WHERE id = ?1 AND registry_id = ?2";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, id);
    meta_bind_text(&statement, registry_id);
    return meta_statement_run_one(&statement, "package", id);
}

lreg_status meta_package_add_downloads(struct meta_transaction *transaction, const char *id, uint64_t count,
                                       struct error *err) {
    static const char sql[] = "UPDATE packages SET downloads = downloads + ?1 WHERE id = ?2";
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_size(&statement, count);
    meta_bind_text(&statement, id);
    return meta_statement_run(&statement, NULL);
}

lreg_status meta_package_count(struct meta_transaction *transaction, const char *registry_id, uint64_t *out_packages,
                               uint64_t *out_bytes, struct error *err) {
    static const char sql[] = "SELECT package_count, package_bytes FROM registries"
                              " WHERE id = ?1 AND " META_IS_LIVING;
    struct meta_statement statement;
    *out_packages = 0;
    *out_bytes = 0;
    meta_statement_begin(&statement, transaction, sql, err);
    meta_bind_text(&statement, registry_id);
    if (meta_statement_next(&statement)) {
        *out_packages = meta_column_size(&statement);
        *out_bytes = meta_column_size(&statement);
    }
    return meta_statement_end(&statement);
}
