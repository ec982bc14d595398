/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The schema, as the migrations that lead to it, and how they are applied. The n-th text leads from PRAGMA user_version
 * n to n + 1. A text that was released is never edited; a change is a new text after it.
 *
 * Columns that repeat what other rows say (counts, sums, flags) are maintained by triggers, so that no statement and no
 * cascade can miss them. meta_check() compares them.
 */

#include "meta/sqlite/migrations_internal.h"

#include "meta/sqlite/sqlite_internal.h"

#define APPLICATION_ID 1280460103 /* "LREG", PRAGMA application_id */
#define APPLICATION_ID_TEXT "1280460103"

static const char organizations_and_registries[] =
    "PRAGMA application_id = " APPLICATION_ID_TEXT ";"

    "CREATE TABLE instance_values ("
    "    name TEXT NOT NULL PRIMARY KEY,"
    "    value TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE organizations ("
    "    id TEXT NOT NULL PRIMARY KEY,"
    "    slug TEXT NOT NULL UNIQUE,"
    "    name TEXT NOT NULL,"
    "    created_ms INTEGER NOT NULL"
    ") STRICT;"

    "CREATE TABLE registries ("
    "    id TEXT NOT NULL PRIMARY KEY,"
    "    organization_id TEXT NOT NULL REFERENCES organizations (id),"
    "    slug TEXT NOT NULL,"
    "    name TEXT NOT NULL,"
    "    description TEXT NOT NULL,"
    "    emoji TEXT NOT NULL,"
    "    color TEXT NOT NULL,"
    "    ecosystem TEXT NOT NULL,"
    "    storage TEXT NOT NULL,"
    "    is_public INTEGER NOT NULL,"
    "    allow_overwrite INTEGER NOT NULL,"
    "    strict_names INTEGER NOT NULL,"
    "    revision INTEGER NOT NULL DEFAULT 0,"
    "    package_count INTEGER NOT NULL DEFAULT 0," /* maintained by triggers on packages, like the next */
    "    package_bytes INTEGER NOT NULL DEFAULT 0,"
    "    created_ms INTEGER NOT NULL,"
    "    updated_ms INTEGER NOT NULL,"
    "    UNIQUE (organization_id, slug)"
    ") STRICT;"

    "CREATE TABLE registry_keys ("
    "    registry_id TEXT NOT NULL REFERENCES registries (id) ON DELETE CASCADE,"
    "    name TEXT NOT NULL,"
    "    sealed BLOB NOT NULL,"
    "    public_text TEXT NOT NULL,"
    "    PRIMARY KEY (registry_id, name)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE tokens ("
    "    id TEXT NOT NULL PRIMARY KEY,"
    "    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,"
    "    registry_id TEXT REFERENCES registries (id) ON DELETE CASCADE,"
    "    description TEXT NOT NULL,"
    "    secret_sha256 BLOB NOT NULL UNIQUE,"
    "    sealed_secret BLOB,"
    "    scopes INTEGER NOT NULL,"
    "    created_by TEXT NOT NULL,"
    "    created_ms INTEGER NOT NULL,"
    "    expires_ms INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX tokens_by_organization ON tokens (organization_id, registry_id, id);"
    "CREATE INDEX tokens_by_registry ON tokens (registry_id, id);"

    "CREATE TABLE uploads ("
    "    id TEXT NOT NULL PRIMARY KEY,"
    "    registry_id TEXT NOT NULL REFERENCES registries (id) ON DELETE CASCADE,"
    "    storage TEXT NOT NULL,"
    "    scope TEXT NOT NULL,"
    "    principal TEXT NOT NULL,"
    "    received_bytes INTEGER NOT NULL,"
    "    digest_state BLOB,"
    "    created_ms INTEGER NOT NULL,"
    "    updated_ms INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX uploads_by_registry ON uploads (registry_id);"
    "CREATE INDEX uploads_by_update ON uploads (updated_ms, id);"

    /* No foreign keys: events outlive what they are about. `position` bounds the number of events without counting
     * them. */
    "CREATE TABLE audit_events ("
    "    position INTEGER PRIMARY KEY,"
    "    id TEXT NOT NULL,"
    "    organization_id TEXT NOT NULL,"
    "    registry_id TEXT,"
    "    type TEXT NOT NULL,"
    "    actor TEXT NOT NULL,"
    "    actor_token_id TEXT,"
    "    remote_address TEXT NOT NULL,"
    "    subject TEXT NOT NULL,"
    "    data TEXT NOT NULL,"
    "    at_ms INTEGER NOT NULL,"
    "    UNIQUE (organization_id, id)"
    ") STRICT;"
    "CREATE INDEX audit_events_by_time ON audit_events (at_ms, id);";

static const char blobs[] =
    /* `unchecked`: new, or something that named it is gone; the collector reads only these. */
    "CREATE TABLE blobs ("
    "    id INTEGER PRIMARY KEY AUTOINCREMENT," /* never reused: an id that is held too long finds nothing */
    "    storage TEXT NOT NULL,"
    "    sha256 BLOB NOT NULL,"
    "    size_bytes INTEGER NOT NULL,"
    "    key TEXT NOT NULL,"
    "    created_ms INTEGER NOT NULL,"
    "    unchecked INTEGER NOT NULL DEFAULT 1,"
    "    UNIQUE (storage, sha256),"
    "    UNIQUE (storage, key)"
    ") STRICT;"
    "CREATE INDEX blobs_unchecked ON blobs (id) WHERE unchecked = 1;"

    "CREATE TABLE blob_totals ("
    "    one INTEGER PRIMARY KEY CHECK (one = 1),"
    "    count INTEGER NOT NULL,"
    "    bytes INTEGER NOT NULL"
    ") STRICT;"
    "INSERT INTO blob_totals (one, count, bytes) VALUES (1, 0, 0);"
    "CREATE TRIGGER blobs_inserted AFTER INSERT ON blobs BEGIN"
    "    UPDATE blob_totals SET count = count + 1, bytes = bytes + NEW.size_bytes WHERE one = 1;"
    "END;"
    "CREATE TRIGGER blobs_deleted AFTER DELETE ON blobs BEGIN"
    "    UPDATE blob_totals SET count = count - 1, bytes = bytes - OLD.size_bytes WHERE one = 1;"
    "END;"

    "CREATE TABLE doomed ("
    "    storage TEXT NOT NULL,"
    "    key TEXT NOT NULL,"
    "    PRIMARY KEY (storage, key)"
    ") STRICT, WITHOUT ROWID;"

    /* `named`: a document of the scope names the digest. */
    "CREATE TABLE blob_links ("
    "    registry_id TEXT NOT NULL REFERENCES registries (id) ON DELETE CASCADE,"
    "    scope TEXT NOT NULL,"
    "    digest TEXT NOT NULL,"
    "    blob_id INTEGER NOT NULL REFERENCES blobs (id),"
    "    claimed_ms INTEGER NOT NULL,"
    "    named INTEGER NOT NULL,"
    "    PRIMARY KEY (registry_id, scope, digest)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX blob_links_by_blob ON blob_links (blob_id);"
    "CREATE INDEX blob_links_by_digest ON blob_links (registry_id, digest);"
    "CREATE INDEX blob_links_unnamed ON blob_links (claimed_ms) WHERE named = 0;"
    "CREATE TRIGGER blob_links_deleted AFTER DELETE ON blob_links BEGIN"
    "    UPDATE blobs SET unchecked = 1 WHERE id = OLD.blob_id;"
    "END;"
    "CREATE TRIGGER blob_links_moved AFTER UPDATE OF blob_id ON blob_links WHEN OLD.blob_id <> NEW.blob_id BEGIN"
    "    UPDATE blobs SET unchecked = 1 WHERE id = OLD.blob_id;"
    "END;";

static const char documents[] =
    "CREATE TABLE documents ("
    "    position INTEGER PRIMARY KEY,"
    "    registry_id TEXT NOT NULL REFERENCES registries (id) ON DELETE CASCADE,"
    "    scope TEXT NOT NULL,"
    "    name TEXT NOT NULL,"
    "    media_type TEXT NOT NULL,"
    "    sha256 BLOB NOT NULL,"
    "    subject TEXT,"
    "    attributes TEXT NOT NULL,"
    "    revision INTEGER NOT NULL,"
    "    created_ms INTEGER NOT NULL,"
    "    content BLOB NOT NULL," /* last, so that statements that do not select it do not read its pages */
    "    UNIQUE (registry_id, scope, name)"
    ") STRICT;"
    "CREATE INDEX documents_by_subject ON documents (registry_id, scope, subject, name) WHERE subject IS NOT NULL;"

    "CREATE TABLE document_links ("
    "    registry_id TEXT NOT NULL,"
    "    scope TEXT NOT NULL,"
    "    name TEXT NOT NULL,"
    "    target TEXT NOT NULL,"
    "    PRIMARY KEY (registry_id, scope, name, target),"
    "    FOREIGN KEY (registry_id, scope, name) REFERENCES documents (registry_id, scope, name) ON DELETE CASCADE"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX document_links_by_target ON document_links (registry_id, scope, target);"
    "CREATE TRIGGER document_links_inserted AFTER INSERT ON document_links BEGIN"
    "    UPDATE blob_links SET named = 1"
    "        WHERE registry_id = NEW.registry_id AND scope = NEW.scope AND digest = NEW.target;"
    "END;"
    "CREATE TRIGGER document_links_deleted AFTER DELETE ON document_links BEGIN"
    "    UPDATE blob_links SET named = EXISTS (SELECT 1 FROM document_links"
    "            WHERE registry_id = OLD.registry_id AND scope = OLD.scope AND target = OLD.target)"
    "        WHERE registry_id = OLD.registry_id AND scope = OLD.scope AND digest = OLD.target;"
    "END;";

static const char packages[] =
    "CREATE TABLE packages ("
    "    id TEXT NOT NULL PRIMARY KEY,"
    "    registry_id TEXT NOT NULL REFERENCES registries (id) ON DELETE CASCADE,"
    "    name TEXT NOT NULL,"
    "    version TEXT NOT NULL,"
    "    qualifier TEXT NOT NULL,"
    "    filename TEXT NOT NULL,"
    "    media_type TEXT NOT NULL,"
    "    size_bytes INTEGER NOT NULL,"
    "    blob_id INTEGER REFERENCES blobs (id),"
    "    document TEXT,"
    "    md5 BLOB,"
    "    sha1 BLOB,"
    "    sha256 BLOB,"
    "    sha512 BLOB,"
    "    attributes TEXT NOT NULL,"
    "    index_entry TEXT NOT NULL,"
    "    downloads INTEGER NOT NULL DEFAULT 0,"
    "    published_by TEXT NOT NULL,"
    "    created_ms INTEGER NOT NULL,"
    "    updated_ms INTEGER NOT NULL,"
    "    UNIQUE (registry_id, filename)"
    ") STRICT;"
    /* Each order of a listing is the order of an index. The first index also holds the columns that its filters
     * read. */
    "CREATE INDEX packages_by_time ON packages (registry_id, created_ms, id, name, qualifier);"
    "CREATE INDEX packages_by_name_and_time ON packages (registry_id, name, created_ms, id);"
    "CREATE INDEX packages_by_name ON packages (registry_id, name, version, qualifier, id);"
    "CREATE INDEX packages_by_qualifier ON packages (registry_id, qualifier, name, version, created_ms, id);"
    "CREATE INDEX packages_by_document ON packages (registry_id, document, created_ms, id)"
    "    WHERE document IS NOT NULL;"
    "CREATE INDEX packages_by_blob ON packages (blob_id) WHERE blob_id IS NOT NULL;"
    "CREATE TRIGGER packages_inserted AFTER INSERT ON packages BEGIN"
    "    UPDATE registries SET package_count = package_count + 1, package_bytes = package_bytes + NEW.size_bytes"
    "        WHERE id = NEW.registry_id;"
    "END;"
    "CREATE TRIGGER packages_resized AFTER UPDATE OF size_bytes ON packages WHEN OLD.size_bytes <> NEW.size_bytes BEGIN"
    "    UPDATE registries SET package_bytes = package_bytes - OLD.size_bytes + NEW.size_bytes"
    "        WHERE id = NEW.registry_id;"
    "END;"
    "CREATE TRIGGER packages_deleted AFTER DELETE ON packages BEGIN"
    "    UPDATE registries SET package_count = package_count - 1, package_bytes = package_bytes - OLD.size_bytes"
    "        WHERE id = OLD.registry_id;"
    "END;"
    "CREATE TRIGGER packages_blob_released AFTER DELETE ON packages WHEN OLD.blob_id IS NOT NULL BEGIN"
    "    UPDATE blobs SET unchecked = 1 WHERE id = OLD.blob_id;"
    "END;"
    "CREATE TRIGGER packages_blob_replaced AFTER UPDATE OF blob_id ON packages"
    "    WHEN OLD.blob_id IS NOT NULL AND OLD.blob_id IS NOT NEW.blob_id BEGIN"
    "    UPDATE blobs SET unchecked = 1 WHERE id = OLD.blob_id;"
    "END;";

/* The row of a deleted registry stays until its last row is removed, which takes many transactions. Until then it
 * belongs to this organization, which no slug leads to. */
static const char organization_of_the_deleted[] =
    "INSERT INTO organizations (id, slug, name, created_ms) VALUES ('', '', '', 0);";

/* `lost`: the bytes are gone, so the session cannot go on. The row stays for a while because another request may have
 * made an object of the bytes and be about to end the session. */
static const char lost_uploads[] = "ALTER TABLE uploads ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;"
                                   "DROP INDEX uploads_by_registry;"
                                   "CREATE INDEX uploads_by_registry ON uploads (registry_id, lost);"
                                   "CREATE INDEX uploads_lost ON uploads (updated_ms, id) WHERE lost = 1;";

/* Counted by registry and by principal, those in progress separately from those that are idle; listed by id. */
static const char uploads_in_progress[] =
    "DROP INDEX uploads_by_registry;"
    "CREATE INDEX uploads_by_registry ON uploads (registry_id, id);"
    "CREATE INDEX uploads_by_progress ON uploads (registry_id, lost, updated_ms);"
    "CREATE INDEX uploads_by_principal ON uploads (registry_id, principal, lost, updated_ms, id);";

/* The state of upkeep, in one row. `holder` has the lease ("" when it is free) as long as `renewals` grows.
 * `believed_ms` is the latest wall-clock time that is trusted, read when the machine was up for `uptime_ms` (-1:
 * unknown); in a database without this row it starts as the time of the last event. The other columns say when each
 * kind of work was last done, and after which rows the scrub continues. */
static const char upkeep[] =
    "CREATE TABLE upkeep ("
    "    one INTEGER PRIMARY KEY CHECK (one = 1),"
    "    holder TEXT NOT NULL,"
    "    renewals INTEGER NOT NULL,"
    "    believed_ms INTEGER NOT NULL,"
    "    uptime_ms INTEGER NOT NULL,"
    "    collected_ms INTEGER NOT NULL,"
    "    swept_ms INTEGER NOT NULL,"
    "    scrubbed_ms INTEGER NOT NULL,"
    "    scrub_blob INTEGER NOT NULL,"
    "    scrub_document INTEGER NOT NULL"
    ") STRICT;"
    "INSERT INTO upkeep SELECT 1, '', 0, coalesce(max(at_ms), 0), -1, 0, 0, 0, 0, 0"
    "    FROM audit_events;"
    /* When the stored bytes were found to be others; 0: they were not. Such bytes are not served until they are right
     * again. Behind the content of a document 0 costs no page: it has no bytes in the row. */
    "ALTER TABLE blobs ADD COLUMN damaged_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE documents ADD COLUMN damaged_ms INTEGER NOT NULL DEFAULT 0;";

/* What lists of referrers show, so that nothing is parsed for them. `listed` is NULL for a document that is older than
 * this table, until its list is requested. */
static const char referrers[] =
    "CREATE TABLE referrers ("
    "    registry_id TEXT NOT NULL,"
    "    scope TEXT NOT NULL,"
    "    subject TEXT NOT NULL,"
    "    name TEXT NOT NULL,"
    "    type TEXT NOT NULL,"
    "    listed TEXT,"
    "    PRIMARY KEY (registry_id, scope, subject, name),"
    "    FOREIGN KEY (registry_id, scope, name) REFERENCES documents (registry_id, scope, name) ON DELETE CASCADE"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX referrers_by_name ON referrers (registry_id, scope, name);"
    "INSERT INTO referrers (registry_id, scope, subject, name, type, listed)"
    "    SELECT registry_id, scope, subject, name, '', NULL FROM documents WHERE subject IS NOT NULL;"
    "DROP INDEX documents_by_subject;";

/* The storages that rows of blobs and doomed objects name. A blob that loses its last name is checked again together
 * with its copies in other storages. */
static const char storages[] =
    "CREATE TABLE storages (name TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;"
    "INSERT INTO storages SELECT storage FROM blobs UNION SELECT storage FROM doomed UNION SELECT storage FROM uploads;"
    "CREATE TRIGGER blobs_stored AFTER INSERT ON blobs BEGIN"
    "    INSERT INTO storages SELECT NEW.storage WHERE NEW.storage NOT IN (SELECT name FROM storages);"
    "END;"
    "CREATE TRIGGER doomed_stored AFTER INSERT ON doomed BEGIN"
    "    INSERT INTO storages SELECT NEW.storage WHERE NEW.storage NOT IN (SELECT name FROM storages);"
    "END;"
    "CREATE TRIGGER blobs_copies_released AFTER DELETE ON blobs BEGIN"
    "    UPDATE blobs SET unchecked = 1 WHERE storage IN (SELECT name FROM storages) AND sha256 = OLD.sha256;"
    "END;"
    "DROP INDEX blobs_unchecked;"
    "CREATE INDEX blobs_unchecked ON blobs (storage, id) WHERE unchecked = 1;";

/* The totals of blobs, for each storage. */
static const char totals_of_storages[] =
    "DROP TRIGGER blobs_inserted;"
    "DROP TRIGGER blobs_deleted;"
    "DROP TABLE blob_totals;"
    "CREATE TABLE blob_totals ("
    "    storage TEXT NOT NULL PRIMARY KEY,"
    "    count INTEGER NOT NULL,"
    "    bytes INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO blob_totals SELECT storage, count(*), sum(size_bytes) FROM blobs GROUP BY storage;"
    "CREATE TRIGGER blobs_inserted AFTER INSERT ON blobs BEGIN"
    "    INSERT INTO blob_totals VALUES (NEW.storage, 1, NEW.size_bytes)"
    "    ON CONFLICT (storage) DO UPDATE SET count = count + 1, bytes = bytes + excluded.bytes;"
    "END;"
    "CREATE TRIGGER blobs_deleted AFTER DELETE ON blobs BEGIN"
    "    UPDATE blob_totals SET count = count - 1, bytes = bytes - OLD.size_bytes WHERE storage = OLD.storage;"
    "END;";

struct migration {
    const char *const *texts; /* terminated by NULL */
    const char *version; /* sets the user_version after it */
};

static const char *const first_texts[] = {organizations_and_registries, blobs, documents, packages, NULL};
static const char *const second_texts[] = {organization_of_the_deleted, NULL};
static const char *const third_texts[] = {lost_uploads, NULL};
static const char *const fourth_texts[] = {uploads_in_progress, NULL};
static const char *const fifth_texts[] = {upkeep, NULL};
static const char *const sixth_texts[] = {referrers, NULL};
static const char *const seventh_texts[] = {storages, NULL};
static const char *const eighth_texts[] = {totals_of_storages, NULL};

static const struct migration migrations[] = {
    {first_texts, "PRAGMA user_version = 1"},   {second_texts, "PRAGMA user_version = 2"},
    {third_texts, "PRAGMA user_version = 3"},   {fourth_texts, "PRAGMA user_version = 4"},
    {fifth_texts, "PRAGMA user_version = 5"},   {sixth_texts, "PRAGMA user_version = 6"},
    {seventh_texts, "PRAGMA user_version = 7"}, {eighth_texts, "PRAGMA user_version = 8"},
};

#define LATEST ((int64_t)(sizeof migrations / sizeof migrations[0]))

/* Sets `*out_version`; fails when the database is not for this version of the library. */
static lreg_status read_version(struct meta_connection *connection, int64_t *out_version, struct error *err) {
    int64_t application = 0;
    int64_t tables = 0;
    lreg_status status = meta_connection_number(connection, "PRAGMA user_version", out_version, err);
    if (status == LREG_OK) {
        status = meta_connection_number(connection, "PRAGMA application_id", &application, err);
    }
    if (status == LREG_OK && application != APPLICATION_ID) {
        status = meta_connection_number(connection, "SELECT count(*) FROM sqlite_schema", &tables, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    if (application != APPLICATION_ID && (tables != 0 || *out_version != 0)) {
        return error_set(err, LREG_UNSUPPORTED, "database_foreign",
                         "metadata: the database is not one of this library");
    }
    if (*out_version > LATEST || *out_version < 0) {
        return error_set(err, LREG_UNSUPPORTED, "database_newer",
                         "metadata: the database has schema version %lld, this library knows up to %lld",
                         (long long)*out_version, (long long)LATEST);
    }
    return LREG_OK;
}

static lreg_status apply(struct meta_connection *connection, const struct migration *migration, struct error *err) {
    lreg_status status = LREG_OK;
    for (const char *const *text = migration->texts; *text != NULL && status == LREG_OK; text++) {
        status = meta_connection_run(connection, *text, err);
    }
    if (status == LREG_OK) {
        status = meta_connection_run(connection, migration->version, err);
    }
    return status;
}

/* In one snapshot; otherwise a database that another process is creating could look half made. */
static lreg_status look_at_version(struct meta_connection *connection, int64_t *out_version, struct error *err) {
    lreg_status status = meta_connection_run(connection, "BEGIN", err);
    if (status == LREG_OK) {
        status = read_version(connection, out_version, err);
    }
    if (status == LREG_OK) {
        status = meta_connection_run(connection, "COMMIT", err);
    }
    return status;
}

lreg_status meta_schema_check(struct meta_connection *connection, struct error *err) {
    int64_t version = 0;
    return look_at_version(connection, &version, err);
}

lreg_status meta_database_missing(bool is_empty, struct error *err) {
    return error_set(err, LREG_CORRUPT, "database_missing",
                     "%s is %s, but this is the data directory of a registry: a new one cannot know of what is here."
                     " Restore a backup (docs/hosting.md, \"Restoring\"); where that is this file alone, first move"
                     " %s-wal and %s-shm away. Nothing was changed",
                     META_DATABASE_FILE, is_empty ? "empty" : "missing", META_DATABASE_FILE, META_DATABASE_FILE);
}

/* After a failure the connection is closed, which rolls back. */
lreg_status meta_schema_migrate(struct meta_connection *connection, bool is_expected, struct error *err) {
    int64_t version = 0;
    lreg_status status = look_at_version(connection, &version, err);
    if (status != LREG_OK || version == LATEST) {
        return status;
    }
    if (version == 0 && is_expected) {
        return meta_database_missing(true, err);
    }
    if (connection->meta->is_read_only) {
        return error_set(err, LREG_UNSUPPORTED, "database_older",
                         "metadata: an earlier version of the library has written the database: open it once where it"
                         " can be written to");
    }
    status = meta_connection_run(connection, "BEGIN IMMEDIATE", err);
    if (status != LREG_OK) {
        return status;
    }
    /* Read again under the write lock: another process may have migrated meanwhile. */
    status = read_version(connection, &version, err);
    for (int64_t at = version; status == LREG_OK && at < LATEST; at++) {
        status = apply(connection, &migrations[at], err);
    }
    if (status == LREG_OK) {
        status = meta_connection_run(connection, "COMMIT", err);
    }
    if (status == LREG_OK && version < LATEST) {
        hooks_log(connection->meta->hooks, LREG_LOG_INFO, "metadata: migrated the database from version %lld to %lld",
                  (long long)version, (long long)LATEST);
    }
    return status;
}
