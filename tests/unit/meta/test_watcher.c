/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite is asked for the generation only when the WAL-index has changed, and the generation changes with every commit.
 * Labels: threaded */
#include "unit/meta/fixture.h"

#include "meta/sqlite/sqlite_internal.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define COMMITS 1000

static int setup(void **state) {
    return fixture_setup_directory(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static uint64_t generation(struct fixture *fixture) {
    uint64_t number = 0;
    assert_int_equal(meta_generation(fixture->meta, &number, &fixture->err), LREG_OK);
    return number;
}

static lreg_status touch(struct meta *meta) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(meta, META_WRITE, &transaction, NULL);
    if (status == LREG_OK && meta_registry_touch(transaction, "r1", NULL) != LREG_OK) {
        meta_rollback(transaction);
        return LREG_INTERNAL;
    }
    return status == LREG_OK ? meta_commit(transaction, NULL) : status;
}

static int64_t read_revision(struct fixture *fixture) {
    struct meta_registry found;
    struct meta_transaction *transaction = fixture_begin(fixture, META_READ);
    assert_int_equal(meta_registry_find_by_id(transaction, "r1", &fixture->arena, &found, NULL), LREG_OK);
    meta_rollback(transaction);
    arena_free(&fixture->arena);
    return (int64_t)found.revision;
}

/* How often SQLite was asked since the last time. */
static int questions(struct fixture *fixture) {
    return sqlite3_stmt_status(fixture->meta->data_version, SQLITE_STMTSTATUS_RUN, 1);
}

static void open_and_settle(struct fixture *fixture) {
    fixture_open(fixture);
    fixture_add_owners(fixture);
    (void)generation(fixture); /* finds the header */
    (void)generation(fixture); /* asks, knowing it */
    (void)questions(fixture);
}

static void test_meta_watcher__nobody_is_asked_while_nothing_is_committed(void **state) {
    struct fixture *fixture = *state;
    open_and_settle(fixture);
    uint64_t first = generation(fixture);
    (void)read_revision(fixture);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(generation(fixture), first);
    }
    assert_int_equal(questions(fixture), 0);
    assert_int_equal(touch(fixture->meta), LREG_OK);
    assert_int_not_equal(generation(fixture), first);
    assert_int_equal(questions(fixture), 1);
    (void)generation(fixture);
    assert_int_equal(questions(fixture), 0);
}

static void test_meta_watcher__a_log_that_begins_anew_hides_no_commit(void **state) {
    struct fixture *fixture = *state;
    sqlite3 *other = NULL;
    char path[512];
    open_and_settle(fixture);
    (void)snprintf(path, sizeof path, "%s/registry.db", fixture->directory);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    for (int i = 0; i < 20; i++) {
        uint64_t before = generation(fixture);
        assert_int_equal(sqlite3_wal_checkpoint_v2(other, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL), SQLITE_OK);
        (void)generation(fixture);
        assert_int_equal(touch(fixture->meta), LREG_OK);
        assert_int_not_equal(generation(fixture), before);
    }
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

static void test_meta_watcher__a_fork_in_between_hides_no_commit(void **state) {
    struct fixture *fixture = *state;
    open_and_settle(fixture);
    for (int i = 0; i < 3; i++) {
        uint64_t before = generation(fixture);
        assert_int_equal(meta_fork_begin(fixture->meta, &fixture->err), LREG_OK);
        meta_fork_end(fixture->meta, false);
        assert_int_equal(touch(fixture->meta), LREG_OK);
        uint64_t after = generation(fixture);
        assert_int_not_equal(after, before);
        assert_int_equal(touch(fixture->meta), LREG_OK);
        assert_int_not_equal(generation(fixture), after);
    }
}

static int commit_often(struct fixture *fixture, atomic_llong *acknowledged) {
    struct meta_options options = fixture_options(fixture);
    struct meta *meta = NULL;
    options.durable = false;
    if (meta_open(&fixture->hooks, &options, &meta, NULL) != LREG_OK) {
        return 1;
    }
    for (int i = 0; i < COMMITS; i++) {
        if (touch(meta) != LREG_OK) {
            return 1;
        }
        atomic_fetch_add(acknowledged, 1);
    }
    meta_close(meta);
    return 0;
}

/* A commit that another process has acknowledged is visible to every later read. Data that is read under the new
 * generation includes it, and so did data that was read earlier under the same generation. */
static void test_meta_watcher__no_commit_of_another_process_is_missed(void **state) {
    struct fixture *fixture = *state;
    atomic_llong *acknowledged =
        mmap(NULL, sizeof *acknowledged, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(acknowledged, MAP_FAILED);
    fixture_open(fixture);
    fixture_add_owners(fixture);
    int64_t first = read_revision(fixture);
    int64_t read = first;
    meta_close(fixture->meta); /* a child must not inherit an open database */
    fixture->meta = NULL;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(commit_often(fixture, acknowledged));
    }
    fixture_open(fixture);
    uint64_t known = 0;
    int64_t told = 0;
    for (size_t i = 0; told < COMMITS && i < 100 * 1000 * 1000; i++) {
        told = atomic_load(acknowledged);
        uint64_t now = generation(fixture);
        if (now != known) {
            read = read_revision(fixture);
            known = now;
        }
        assert_true(read - first >= told);
        if (told < COMMITS && waitpid(child, NULL, WNOHANG) == child) {
            child = -1; /* ended too early, or just now */
            told = atomic_load(acknowledged);
            assert_int_equal(told, COMMITS);
        }
    }
    int how = 0;
    if (child > 0) {
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_int_equal(how, 0);
    }
    assert_int_equal(munmap(acknowledged, sizeof *acknowledged), 0);
}
