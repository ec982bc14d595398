/* SPDX-License-Identifier: Apache-2.0 */
/* The plans of all statements: none scans or sorts, except for known ones. */
#include "meta/sqlite/sqlite_internal.h"
#include "meta/engine.h"
#include "unit/meta/fixture.h"
#include "unit/meta/script.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

/* A permitted plan line for statements with this beginning. */
struct exception {
    const char *sql;
    const char *line;
};

static const struct exception exceptions[] = {
    /* Walks over everything, by intention, in the order of the table. */
    {"SELECT registry_id, scope, name, media_type, sha256, subject, attributes, revision, created_ms,"
     " length(content), damaged_ms, content FROM documents ORDER BY position",
     "SCAN documents"},
    {"SELECT registry_id, filename, document FROM packages", "SCAN packages USING INDEX packages_by_document"},
    /* Once for a directory from before storages had names. */
    {"UPDATE uploads SET storage = ?2", "SCAN uploads"},
    /* A few rows: storages that were ever open. */
    {"", "SCAN storages"},
    /* Reads an index in its order, up to the limit. */
    {"DELETE FROM audit_events", "SCAN audit_events USING COVERING INDEX audit_events_by_time"},
    /* Reads only the blobs that wait for the collector, a partial index, up to the limit. */
    {"SELECT count(*), max(id) FROM (", "SCAN (subquery-"},
    /* Constants. */
    {"", "SCAN CONSTANT ROW"},
    /* The tags of one document. */
    {"SELECT id, registry_id, name, version, qualifier, filename, media_type, size_bytes, blob_id, document, md5,"
     " sha1, sha256, sha512, iif(?10, '', attributes), iif(?10, '', index_entry), downloads, published_by, created_ms,"
     " updated_ms FROM packages WHERE " META_OF_REGISTRY " AND document = ?5",
     "USE TEMP B-TREE FOR ORDER BY"},
};

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_fine(const char *sql, const char *line) {
    if (!starts_with(line, "SCAN ") && !starts_with(line, "USE TEMP B-TREE")) {
        return true;
    }
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++) {
        if (starts_with(sql, exceptions[i].sql) && starts_with(line, exceptions[i].line)) {
            return true;
        }
    }
    return false;
}

/* The lines of the plan, each ended by '\n'. */
static void explain(sqlite3 *database, const char *sql, char *plan, size_t size) {
    char question[4096];
    sqlite3_stmt *handle = NULL;
    (void)snprintf(question, sizeof question, "EXPLAIN QUERY PLAN %s", sql);
    assert_int_equal(sqlite3_prepare_v2(database, question, -1, &handle, NULL), SQLITE_OK);
    plan[0] = '\0';
    while (sqlite3_step(handle) == SQLITE_ROW) {
        size_t length = strlen(plan);
        (void)snprintf(plan + length, size - length, "%s\n", (const char *)sqlite3_column_text(handle, 3));
    }
    (void)sqlite3_finalize(handle);
}

static size_t count_unfit_lines(sqlite3 *database, const char *sql) {
    char plan[4096];
    size_t unfit = 0;
    explain(database, sql, plan, sizeof plan);
    for (char *line = plan; *line != '\0';) {
        char *end = strchr(line, '\n');
        *end = '\0';
        if (!is_fine(sql, line)) {
            print_error("%s\n    %s\n", sql, line);
            unfit++;
        }
        line = end + 1;
    }
    return unfit;
}

static void test_meta_plans__no_statement_scans_or_sorts(void **state) {
    struct fixture *fixture = *state;
    size_t statements = 0;
    size_t unfit = 0;
    assert_int_equal(script_run(fixture->meta, &fixture->arena, &fixture->err), LREG_OK);
    const struct meta_connection *connection = fixture->meta->idle; /* the only connection of a database in memory */
    for (size_t i = 0; i < META_STATEMENT_SLOTS; i++) {
        if (connection->slots[i].sql != NULL) {
            unfit += count_unfit_lines(connection->database, connection->slots[i].sql);
            statements++;
        }
    }
    assert_true(statements > 80);
    assert_true(statements < META_STATEMENT_SLOTS / 2); /* the table stays quick */
    assert_int_equal(unfit, 0);
}

/* The plan of the statement that a listing uses: the one that no earlier listing has prepared. */
static void assert_listing_uses(struct fixture *fixture, struct meta_package_query query, const char *index) {
    struct meta_transaction *transaction = fixture_begin(fixture, META_READ);
    struct meta_package *rows = NULL;
    size_t count = 0;
    char plan[4096] = "";
    query.registry_id = "r1";
    query.limit = 1;
    assert_int_equal(meta_package_list(transaction, &query, &fixture->arena, &rows, &count, NULL), LREG_OK);
    meta_rollback(transaction);
    struct meta_connection *connection = fixture->meta->idle;
    for (size_t i = 0; i < META_STATEMENT_SLOTS; i++) {
        struct meta_statement_slot *slot = &connection->slots[i];
        if (slot->sql != NULL && strstr(slot->sql, "LIMIT ?9") != NULL) {
            explain(connection->database, slot->sql, plan, sizeof plan);
            (void)sqlite3_finalize(slot->handle);
            slot->handle = NULL;
            slot->sql = "forgotten"; /* keeps its place, so that later ones are found */
        }
    }
    if (strstr(plan, index) == NULL) {
        print_error("wanted %s\ngot %s", index, plan);
    }
    assert_non_null(strstr(plan, index));
}

#define Q(...) ((struct meta_package_query){__VA_ARGS__})

static void test_meta_plans__each_listing_of_packages_has_its_index(void **state) {
    assert_listing_uses(*state, Q(.order = META_BY_TIME), "packages_by_time (registry_id=? AND (created_ms,id)<(?,?))");
    assert_listing_uses(*state, Q(.order = META_BY_TIME, .name = "a"),
                        "packages_by_name_and_time (registry_id=? AND name=? AND (created_ms,id)<(?,?))");
    assert_listing_uses(*state, Q(.order = META_BY_TIME, .document = "a"),
                        "packages_by_document (registry_id=? AND document=? AND (created_ms,id)<(?,?))");
    assert_listing_uses(*state, Q(.order = META_BY_NAME), "packages_by_name (registry_id=?)");
    assert_listing_uses(*state, Q(.order = META_BY_NAME, .name = "a"), "packages_by_name (registry_id=? AND name=?)");
    assert_listing_uses(*state, Q(.order = META_BY_NAME, .name = "a", .after_version = "1"),
                        "packages_by_name (registry_id=? AND name=? AND version>?)");
    assert_listing_uses(*state, Q(.order = META_BY_NAME, .qualifier = "a"),
                        "packages_by_qualifier (registry_id=? AND qualifier=?)");
    assert_listing_uses(*state, Q(.order = META_BY_NAME, .document = "a"),
                        "packages_by_document (registry_id=? AND document=?)");
}

/* A search may visit many packages, but it reads nothing of those that do not match. */
static void test_meta_plans__a_search_walks_through_an_index_alone(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_READ);
    const struct meta_package_query query = {
        .registry_id = "r1", .order = META_BY_TIME, .name_contains = "a", .limit = 1};
    struct meta_package *rows = NULL;
    size_t count = 0;
    char last[ID_TEXT];
    char plan[4096] = "";
    assert_int_equal(meta_package_search(transaction, &query, 10, &fixture->arena, &rows, &count, last, NULL), LREG_OK);
    meta_rollback(transaction);
    const struct meta_connection *connection = fixture->meta->idle;
    for (size_t i = 0; i < META_STATEMENT_SLOTS; i++) {
        const char *sql = connection->slots[i].sql;
        if (sql != NULL && starts_with(sql, "SELECT id, name FROM packages")) {
            explain(connection->database, sql, plan, sizeof plan);
        }
    }
    assert_non_null(strstr(plan, "COVERING INDEX packages_by_time (registry_id=? AND (created_ms,id)<(?,?))"));
}

/* A column that refers to another table is the first of an index; otherwise a deletion there would scan this table. */
static void test_meta_plans__every_foreign_key_has_an_index(void **state) {
    struct fixture *fixture = *state;
    static const char sql[] =
        "SELECT t.name || '.' || f.\"from\" FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f"
        " WHERE t.type = 'table' AND f.seq = 0 AND NOT EXISTS (SELECT 1 FROM pragma_index_list(t.name) AS i,"
        " pragma_index_info(i.name) AS c WHERE c.seqno = 0 AND c.name = f.\"from\")";
    sqlite3_stmt *handle = NULL;
    sqlite3 *database = fixture->meta->idle->database;
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &handle, NULL), SQLITE_OK);
    int result = sqlite3_step(handle);
    if (result == SQLITE_ROW) {
        print_error("%s\n", (const char *)sqlite3_column_text(handle, 0));
    }
    (void)sqlite3_finalize(handle);
    assert_int_equal(result, SQLITE_DONE);
}
