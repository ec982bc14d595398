/* SPDX-License-Identifier: Apache-2.0 */
/* Migrations: from an empty file, repeated, and of unsupported versions. */
#include "meta/sqlite/sqlite_internal.h"
#include "unit/meta/fixture.h"
#include "unit/meta/script.h"

static int setup(void **state) {
    return fixture_setup_directory(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static void run_sql(const struct fixture *fixture, const char *sql) {
    char path[128];
    sqlite3 *database = NULL;
    (void)snprintf(path, sizeof path, "%s/registry.db", fixture->directory);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(database);
}

static int64_t number(struct fixture *fixture, const char *sql) {
    int64_t value = -1;
    assert_int_equal(meta_connection_number(fixture->meta->idle, sql, &value, NULL), LREG_OK);
    return value;
}

static lreg_status try_to_open(struct fixture *fixture) {
    struct meta_options options = fixture_options(fixture);
    return meta_open(&fixture->hooks, &options, &fixture->meta, &fixture->err);
}

static void test_meta_schema__an_empty_file_is_migrated_from_version_0(void **state) {
    struct fixture *fixture = *state;
    run_sql(fixture, "PRAGMA user_version = 0; CREATE TABLE x (y); DROP TABLE x;");
    fixture_open(fixture);
    assert_int_equal(number(fixture, "PRAGMA user_version"), 8);
    assert_int_equal(number(fixture, "PRAGMA application_id"), 0x4c524547);
    assert_int_equal(script_run(fixture->meta, &fixture->arena, &fixture->err), LREG_OK);
    fixture_check(fixture);
}

/* What version 7 brought. */
#define WITHOUT_STORAGES                                                                            \
    "DROP TRIGGER blobs_inserted; DROP TRIGGER blobs_deleted; DROP TABLE blob_totals;"              \
    "CREATE TABLE blob_totals (one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL,"    \
    " bytes INTEGER NOT NULL) STRICT;"                                                              \
    "INSERT INTO blob_totals SELECT 1, count(*), coalesce(sum(size_bytes), 0) FROM blobs;"          \
    "CREATE TRIGGER blobs_inserted AFTER INSERT ON blobs BEGIN"                                     \
    " UPDATE blob_totals SET count = count + 1, bytes = bytes + NEW.size_bytes WHERE one = 1; END;" \
    "CREATE TRIGGER blobs_deleted AFTER DELETE ON blobs BEGIN"                                      \
    " UPDATE blob_totals SET count = count - 1, bytes = bytes - OLD.size_bytes WHERE one = 1; END;" \
    "DROP TRIGGER blobs_stored; DROP TRIGGER doomed_stored; DROP TRIGGER blobs_copies_released;"    \
    "DROP TABLE storages; DROP INDEX blobs_unchecked;"                                              \
    "CREATE INDEX blobs_unchecked ON blobs (id) WHERE unchecked = 1;"

/* Removes what a database of that version lacked. */
static void test_meta_schema__a_database_of_version_1_is_migrated_with_what_it_has(void **state) {
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_add_owners(fixture);
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    const struct meta_upload upload = {.id = "u1", .registry_id = "r1", .storage = "main"};
    assert_int_equal(meta_upload_insert(transaction, &upload, NULL), LREG_OK);
    fixture_commit(fixture, transaction);
    meta_close(fixture->meta);
    fixture->meta = NULL;
    run_sql(fixture,
            WITHOUT_STORAGES "DELETE FROM organizations WHERE id = '';"
                             "DROP INDEX uploads_lost; DROP INDEX uploads_by_registry;"
                             "DROP INDEX uploads_by_progress; DROP INDEX uploads_by_principal;"
                             "ALTER TABLE uploads DROP COLUMN lost;"
                             "CREATE INDEX uploads_by_registry ON uploads (registry_id);"
                             "DROP TABLE upkeep;"
                             "ALTER TABLE blobs DROP COLUMN damaged_ms; ALTER TABLE documents DROP COLUMN damaged_ms;"
                             "DROP TABLE referrers; CREATE INDEX documents_by_subject ON documents"
                             " (registry_id, scope, subject, name) WHERE subject IS NOT NULL;"
                             "PRAGMA user_version = 1;");
    fixture_open(fixture);
    uint64_t uploads = 0;
    transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(meta_upload_count(transaction, "r1", 0, 0, &uploads, NULL), LREG_OK);
    assert_int_equal(uploads, 1);
    assert_int_equal(meta_registry_delete(transaction, "r1", NULL), LREG_OK);
    fixture_commit(fixture, transaction);
    assert_int_equal(script_run(fixture->meta, &fixture->arena, &fixture->err), LREG_OK);
    fixture_check(fixture);
}

/* The tables of that version, with a document that names a blob, a child and a subject. */
static void make_version_3(struct fixture *fixture) {
    static const char *const targets[] = {"sha256:blob", "sha256:child"};
    const struct meta_document row = {.registry_id = "r2",
                                      .scope = "app",
                                      .name = "sha256:index",
                                      .content = "{}",
                                      .content_length = 2,
                                      .subject = "sha256:subject"};
    fixture_open(fixture);
    fixture_add_owners(fixture);
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(meta_document_put(transaction, &row, targets, 2, NULL), LREG_OK);
    fixture_commit(fixture, transaction);
    meta_close(fixture->meta);
    fixture->meta = NULL;
    run_sql(fixture, WITHOUT_STORAGES
            "DROP INDEX uploads_by_registry; DROP INDEX uploads_by_progress; DROP INDEX uploads_by_principal;"
            "CREATE INDEX uploads_by_registry ON uploads (registry_id, lost);"
            "DROP TABLE upkeep;"
            "ALTER TABLE blobs DROP COLUMN damaged_ms; ALTER TABLE documents DROP COLUMN damaged_ms;"
            "DROP TABLE referrers; CREATE INDEX documents_by_subject ON documents"
            " (registry_id, scope, subject, name) WHERE subject IS NOT NULL;"
            "PRAGMA user_version = 3;");
}

static lreg_status open_with_fault(struct fixture *fixture, size_t step) {
    struct meta_options options = fixture_options(fixture);
    options.step_fault = fixture_step_fault;
    options.step_fault_user = fixture;
    fixture->steps = 0;
    fixture->fail_at = step;
    fixture->fail_with = 10; /* SQLITE_IOERR */
    return meta_open(&fixture->hooks, &options, &fixture->meta, &fixture->err);
}

static bool is_named(struct meta_transaction *transaction, const char *target) {
    bool named = false;
    assert_int_equal(meta_document_target_is_named(transaction, "r2", "app", target, &named, NULL), LREG_OK);
    return named;
}

/* Each step fails once, on a database that all attempts before have left as it was. */
static void test_meta_schema__an_interrupted_migration_is_run_again_and_references_are_kept(void **state) {
    struct fixture *fixture = *state;
    size_t failures = 0;
    lreg_status status = LREG_IO;
    make_version_3(fixture);
    while ((status = open_with_fault(fixture, failures + 1)) != LREG_OK) {
        assert_int_equal(status, LREG_IO);
        assert_null(fixture->meta);
        failures++;
    }
    assert_true(failures > 10);
    fixture->fail_at = 0;
    assert_int_equal(number(fixture, "PRAGMA user_version"), 8);
    assert_int_equal(number(fixture, "SELECT count(*) FROM referrers WHERE subject = 'sha256:subject'"
                                     " AND name = 'sha256:index'"),
                     1);
    struct meta_transaction *transaction = fixture_begin(fixture, META_READ);
    assert_true(is_named(transaction, "sha256:blob"));
    assert_true(is_named(transaction, "sha256:child"));
    assert_false(is_named(transaction, "sha256:other"));
    meta_rollback(transaction);
    fixture_check(fixture);
}

static void test_meta_schema__all_tables_are_strict(void **state) {
    struct fixture *fixture = *state;
    fixture_open(fixture);
    assert_int_equal(number(fixture, "SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND schema = 'main'"
                                     " AND name NOT LIKE 'sqlite_%' AND strict = 0"),
                     0);
    assert_true(number(fixture, "SELECT count(*) FROM pragma_table_list WHERE strict = 1") > 10);
}

static void test_meta_schema__an_open_database_is_opened_without_a_write(void **state) {
    struct fixture *fixture = *state;
    struct meta_options options = fixture_options(fixture);
    struct meta *other = NULL;
    uint64_t before = 0;
    uint64_t after = 0;
    fixture_open(fixture);
    struct meta_transaction *writer = fixture_begin(fixture, META_WRITE); /* would make it wait */
    options.busy_timeout_ms = 0;
    assert_int_equal(meta_generation(fixture->meta, &before, NULL), LREG_OK);
    assert_int_equal(meta_open(&fixture->hooks, &options, &other, &fixture->err), LREG_OK);
    meta_close(other);
    assert_int_equal(meta_generation(fixture->meta, &after, NULL), LREG_OK);
    assert_int_equal(before, after);
    meta_rollback(writer);
}

static void test_meta_schema__a_newer_version_is_refused(void **state) {
    struct fixture *fixture = *state;
    fixture_open(fixture);
    meta_close(fixture->meta);
    fixture->meta = NULL;
    run_sql(fixture, "PRAGMA user_version = 1000");
    assert_int_equal(try_to_open(fixture), LREG_UNSUPPORTED);
    assert_string_equal(fixture->err.code, "database_newer");
    assert_null(fixture->meta);
    run_sql(fixture, "PRAGMA user_version = -1");
    assert_int_equal(try_to_open(fixture), LREG_UNSUPPORTED);
}

static void test_meta_schema__a_database_of_another_program_is_refused_and_left_alone(void **state) {
    struct fixture *fixture = *state;
    run_sql(fixture, "CREATE TABLE theirs (x)");
    assert_int_equal(try_to_open(fixture), LREG_UNSUPPORTED);
    assert_string_equal(fixture->err.code, "database_foreign");
    run_sql(fixture, "INSERT INTO theirs VALUES (1)");
    run_sql(fixture, "DROP TABLE theirs; PRAGMA user_version = 1; PRAGMA application_id = 7");
    assert_int_equal(try_to_open(fixture), LREG_UNSUPPORTED);
    assert_string_equal(fixture->err.code, "database_foreign");
}
