/* SPDX-License-Identifier: Apache-2.0 */
/* The database file shrinks again. */
#include "meta/sqlite/sqlite_internal.h"
#include "unit/meta/fixture.h"

#include <sys/stat.h>

static int setup(void **state) {
    return fixture_setup_directory(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static int64_t number(struct fixture *fixture, const char *sql) {
    int64_t value = -1;
    assert_int_equal(meta_connection_number(fixture->meta->idle, sql, &value, NULL), LREG_OK);
    return value;
}

static void run(struct fixture *fixture, const char *sql) {
    assert_int_equal(meta_connection_run(fixture->meta->idle, sql, NULL), LREG_OK);
}

static int64_t file_bytes(const struct fixture *fixture) {
    struct stat facts;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/registry.db", fixture->directory);
    assert_int_equal(stat(path, &facts), 0);
    return facts.st_size;
}

/* 8 MiB of documents that are added and removed. */
static void fill_and_empty(struct fixture *fixture) {
    run(fixture, "CREATE TABLE ballast (x); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
                 " i < 2048) INSERT INTO ballast SELECT randomblob(4000) FROM n; DROP TABLE ballast;"
                 "PRAGMA wal_checkpoint(PASSIVE)");
}

static uint64_t give_all_back(struct fixture *fixture) {
    uint64_t sum = 0;
    for (bool more = true; more;) {
        uint64_t freed = 0;
        assert_int_equal(meta_space_give_back(fixture->meta, &freed, &more, &fixture->err), LREG_OK);
        assert_true(freed <= 65 * 4096); /* a step is short */
        sum += freed;
    }
    return sum;
}

static void test_meta_space__what_was_deleted_is_given_back(void **state) {
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_add_owners(fixture);
    assert_int_equal(number(fixture, "PRAGMA auto_vacuum"), 2);
    fill_and_empty(fixture);
    int64_t before = file_bytes(fixture);
    assert_true(before > 8 << 20);
    uint64_t freed = give_all_back(fixture);
    assert_true(freed > 6 << 20);
    assert_int_equal(file_bytes(fixture), before - (int64_t)freed);
    assert_true(number(fixture, "PRAGMA freelist_count") >= 256); /* for later growth */
    assert_int_equal(give_all_back(fixture), 0);
    fixture_check(fixture);
}

/* A file from before shrinking was supported. */
static void make_old(struct fixture *fixture) {
    char path[128];
    sqlite3 *database = NULL;
    (void)snprintf(path, sizeof path, "%s/registry.db", fixture->directory);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "PRAGMA journal_mode = WAL", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(database);
    fixture_open(fixture);
    fixture_add_owners(fixture);
    assert_int_equal(number(fixture, "PRAGMA auto_vacuum"), 0);
}

static void test_meta_space__a_file_of_before_shrinks_once_it_is_compacted(void **state) {
    struct fixture *fixture = *state;
    uint64_t freed = 0;
    make_old(fixture);
    fill_and_empty(fixture);
    int64_t before = file_bytes(fixture);
    assert_int_equal(give_all_back(fixture), 0);
    assert_int_equal(file_bytes(fixture), before);
    assert_int_equal(meta_space_compact(fixture->meta, &freed, &fixture->err), LREG_OK);
    assert_true(freed > 7 << 20);
    assert_true(file_bytes(fixture) < 1 << 20);
    fixture_reopen(fixture);
    assert_int_equal(number(fixture, "PRAGMA auto_vacuum"), 2);
    assert_int_equal(number(fixture, "SELECT count(*) FROM registries"), 2);
    fill_and_empty(fixture);
    assert_true(give_all_back(fixture) > 6 << 20);
    fixture_check(fixture);
}

static void test_meta_space__a_reader_sees_the_same_while_it_is_compacted(void **state) {
    struct fixture *fixture = *state;
    uint64_t freed = 0;
    bool is = false;
    make_old(fixture);
    struct meta_transaction *reader = fixture_begin(fixture, META_READ);
    assert_int_equal(meta_document_target_is_named(reader, "r1", "s", "t", &is, &fixture->err), LREG_OK);
    assert_int_equal(meta_space_compact(fixture->meta, &freed, &fixture->err), LREG_OK);
    assert_int_equal(meta_document_target_is_named(reader, "r1", "s", "t", &is, &fixture->err), LREG_OK);
    meta_rollback(reader);
    fixture_check(fixture);
}
