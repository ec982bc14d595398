/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a database without writing to its files: with a log and its index, with only a log, and without both; while
 * other processes write, and after they end. */
#include "meta/sqlite/sqlite_internal.h"
#include "unit/meta/fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int setup(void **state) {
    return fixture_setup_directory(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static const char *path_of(const struct fixture *fixture, const char *suffix) {
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/registry.db%s", fixture->directory, suffix);
    return path;
}

static bool is_there(const struct fixture *fixture, const char *suffix) {
    return access(path_of(fixture, suffix), F_OK) == 0;
}

static void set_value(struct meta *meta, const char *value) {
    struct meta_transaction *transaction = NULL;
    assert_int_equal(meta_begin(meta, META_WRITE, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_value_set(transaction, "a", value, NULL), LREG_OK);
    assert_int_equal(meta_commit(transaction, NULL), LREG_OK);
}

static void assert_value(struct fixture *fixture, struct meta *meta, const char *wanted) {
    struct meta_transaction *transaction = NULL;
    const char *value = NULL;
    lreg_status status = meta_begin(meta, META_READ, &transaction, &fixture->err);
    if (status == LREG_OK) {
        status = meta_value_find(transaction, "a", &fixture->arena, &value, &fixture->err);
    }
    if (status != LREG_OK) {
        fail_msg("%s", fixture->err.message);
    }
    meta_rollback(transaction);
    assert_string_equal(value, wanted);
}

static lreg_status try_to_read(struct fixture *fixture, struct meta **out) {
    struct meta_options options = fixture_options(fixture);
    options.is_expected = true;
    options.is_read_only = true;
    return meta_open(&fixture->hooks, &options, out, &fixture->err);
}

static struct meta *reader_of(struct fixture *fixture, enum meta_reading way) {
    struct meta *meta = NULL;
    if (try_to_read(fixture, &meta) != LREG_OK) {
        fail_msg("%s", fixture->err.message);
    }
    assert_int_equal(meta->idle->files.way, way);
    return meta;
}

static void assert_refuses_writes(struct fixture *fixture, struct meta *meta) {
    struct meta_transaction *transaction = NULL;
    assert_int_equal(meta_begin(meta, META_WRITE, &transaction, &fixture->err), LREG_FORBIDDEN);
    assert_string_equal(fixture->err.code, "read_only");
    assert_int_equal(meta_begin_unsynced(meta, &transaction, &fixture->err), LREG_FORBIDDEN);
    assert_null(transaction);
}

static void make_database(struct fixture *fixture) {
    fixture_open(fixture);
    set_value(fixture->meta, "first");
}

static void close_database(struct fixture *fixture) {
    meta_close(fixture->meta);
    fixture->meta = NULL;
}

/* A process that is killed while it has it open. */
static void leave_database(struct fixture *fixture) {
    int status = -1;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        make_database(fixture);
        (void)raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(is_there(fixture, "-wal"));
    assert_true(is_there(fixture, "-shm"));
}

static void test_meta_reading__a_closed_database_needs_no_other_file(void **state) {
    struct fixture *fixture = *state;
    make_database(fixture);
    close_database(fixture);
    struct meta *reader = reader_of(fixture, META_READING_FROZEN);
    assert_value(fixture, reader, "first");
    assert_refuses_writes(fixture, reader);
    assert_int_equal(meta_check(reader, &fixture->err), LREG_OK);
    meta_close(reader);
    assert_false(is_there(fixture, "-wal"));
    assert_false(is_there(fixture, "-shm"));
}

static void test_meta_reading__what_a_killed_process_left_in_the_log_is_read(void **state) {
    struct fixture *fixture = *state;
    leave_database(fixture);
    struct meta *reader = reader_of(fixture, META_READING_SHARED);
    assert_value(fixture, reader, "first");
    assert_refuses_writes(fixture, reader);
    meta_close(reader);
}

static void test_meta_reading__a_log_without_its_index_is_read(void **state) {
    struct fixture *fixture = *state;
    leave_database(fixture);
    assert_int_equal(unlink(path_of(fixture, "-shm")), 0);
    struct meta *reader = reader_of(fixture, META_READING_PRIVATE);
    struct meta *second = reader_of(fixture, META_READING_PRIVATE);
    assert_value(fixture, reader, "first");
    assert_value(fixture, second, "first");
    assert_refuses_writes(fixture, reader);
    assert_int_equal(meta_check(reader, &fixture->err), LREG_OK);
    meta_close(second);
    meta_close(reader);
    assert_false(is_there(fixture, "-shm"));
}

/* Each time the files are different: earlier results are outdated, and the generation changes. */
static void test_meta_reading__follows_those_who_write(void **state) {
    struct fixture *fixture = *state;
    uint64_t before = 0;
    uint64_t after = 0;
    make_database(fixture);
    close_database(fixture);
    struct meta *reader = reader_of(fixture, META_READING_FROZEN);
    for (int turn = 0; turn < 3; turn++) {
        char value[16];
        assert_int_equal(meta_generation(reader, &before, NULL), LREG_OK);
        assert_int_equal(meta_generation(reader, &after, NULL), LREG_OK);
        assert_int_equal(before, after);
        fixture_open(fixture);
        (void)snprintf(value, sizeof value, "%d", turn);
        set_value(fixture->meta, value);
        assert_int_equal(meta_generation(reader, &after, NULL), LREG_OK);
        assert_int_not_equal(before, after);
        assert_value(fixture, reader, value);
        assert_int_equal(reader->idle->files.way, META_READING_SHARED);
        set_value(fixture->meta, "other");
        assert_int_equal(meta_generation(reader, &before, NULL), LREG_OK);
        assert_int_not_equal(before, after);
        assert_value(fixture, reader, "other");
        close_database(fixture);
        assert_value(fixture, reader, "other");
    }
    meta_close(reader);
}

static void test_meta_reading__none_is_made(void **state) {
    struct fixture *fixture = *state;
    struct meta *reader = NULL;
    assert_int_equal(try_to_read(fixture, &reader), LREG_CORRUPT);
    assert_string_equal(fixture->err.code, "database_missing");
    assert_false(is_there(fixture, ""));
}

static void test_meta_reading__an_older_schema_is_not_migrated(void **state) {
    struct fixture *fixture = *state;
    struct meta *reader = NULL;
    make_database(fixture);
    struct meta_transaction *writer = fixture_begin(fixture, META_WRITE);
    assert_int_equal(meta_connection_run(writer->connection, "PRAGMA user_version = 1", &fixture->err), LREG_OK);
    fixture_commit(fixture, writer);
    close_database(fixture);
    assert_int_equal(try_to_read(fixture, &reader), LREG_UNSUPPORTED);
    assert_string_equal(fixture->err.code, "database_older");
}

static void test_meta_reading__a_path_may_have_any_bytes(void **state) {
    struct fixture *fixture = *state;
    char strange[128];
    struct meta *meta = NULL;
    (void)snprintf(strange, sizeof strange, "%s/a?b#c%%20&mode=rwc \xc3\xa9", fixture->directory);
    struct meta_options options = fixture_options(fixture);
    options.directory = strange;
    assert_int_equal(meta_open(&fixture->hooks, &options, &meta, &fixture->err), LREG_OK);
    set_value(meta, "strange");
    meta_close(meta);
    options.is_expected = true;
    options.is_read_only = true;
    assert_int_equal(meta_open(&fixture->hooks, &options, &meta, &fixture->err), LREG_OK);
    assert_int_equal(meta->idle->files.way, META_READING_FROZEN);
    assert_value(fixture, meta, "strange");
    meta_close(meta);
    fixture_remove_directory(strange);
}

static void test_meta_reading__any_allocation_may_fail(void **state) {
    struct fixture *fixture = *state;
    bool failed = true;
    make_database(fixture);
    close_database(fixture);
    for (size_t n = 1; failed; n++) {
        struct meta *reader = NULL;
        failing_allocator_fail_at(&fixture->memory, n, false);
        lreg_status status = try_to_read(fixture, &reader);
        failed = failing_allocator_failed(&fixture->memory);
        failing_allocator_fail_at(&fixture->memory, 0, false);
        assert_true(status == LREG_OK || status == LREG_NO_MEMORY);
        meta_close(reader);
    }
}
