/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions: all or nothing, snapshots, readers during writes, threads. Labels: threaded */
#include "meta/sqlite/sqlite_internal.h"
#include "unit/meta/fixture.h"

#include <pthread.h>

static int setup(void **state) {
    fixture_setup_directory(state);
    fixture_open(*state);
    fixture_add_owners(*state);
    return 0;
}

static int teardown(void **state) {
    return fixture_free(state);
}

static bool has_organization(struct fixture *fixture, struct meta_transaction *transaction, const char *slug) {
    struct meta_organization found;
    lreg_status status = meta_organization_find(transaction, slug, &fixture->arena, &found, &fixture->err);
    assert_true(status == LREG_OK || status == LREG_NOT_FOUND);
    return status == LREG_OK;
}

static bool database_has(struct fixture *fixture, const char *slug) {
    struct meta_transaction *transaction = fixture_begin(fixture, META_READ);
    bool has = has_organization(fixture, transaction, slug);
    meta_rollback(transaction);
    return has;
}

static lreg_status add(struct meta_transaction *transaction, const char *slug) {
    const struct meta_organization row = {.id = slug, .slug = slug, .name = slug};
    return meta_organization_insert(transaction, &row, NULL);
}

static void test_meta_transaction__rollback_leaves_nothing(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(add(transaction, "beta"), LREG_OK);
    assert_true(has_organization(fixture, transaction, "beta"));
    meta_rollback(transaction);
    meta_rollback(NULL);
    assert_false(database_has(fixture, "beta"));
}

static void test_meta_transaction__commit_is_there_after_opening_again(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(add(transaction, "beta"), LREG_OK);
    fixture_commit(fixture, transaction);
    fixture_reopen(fixture);
    assert_true(database_has(fixture, "beta"));
}

static int64_t synchronous(struct meta_connection *connection) {
    int64_t level = -1;
    assert_int_equal(meta_connection_number(connection, "PRAGMA synchronous", &level, NULL), LREG_OK);
    return level;
}

#define LEVEL_NORMAL 1
#define LEVEL_FULL 2

static struct meta_transaction *begin_unsynced(struct fixture *fixture) {
    struct meta_transaction *transaction = NULL;
    assert_int_equal(meta_begin_unsynced(fixture->meta, &transaction, NULL), LREG_OK);
    assert_int_equal(synchronous(transaction->connection), LEVEL_NORMAL);
    return transaction;
}

static void test_meta_transaction__unsynced_one_is_the_only_one_without_sync(void **state) {
    struct fixture *fixture = *state;
    struct meta_options options = fixture_options(fixture);
    options.durable = true;
    meta_close(fixture->meta);
    fixture->meta = NULL;
    assert_int_equal(meta_open(&fixture->hooks, &options, &fixture->meta, NULL), LREG_OK);
    struct meta_transaction *transaction = begin_unsynced(fixture);
    assert_int_equal(add(transaction, "beta"), LREG_OK);
    fixture_commit(fixture, transaction);
    assert_true(database_has(fixture, "beta"));
    assert_int_equal(synchronous(fixture->meta->idle), LEVEL_FULL);
    meta_rollback(begin_unsynced(fixture));
    assert_int_equal(synchronous(fixture->meta->idle), LEVEL_FULL);
}

static void test_meta_transaction__writer_gets_the_connection_of_the_writer_before(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *writer = fixture_begin(fixture, META_WRITE);
    struct meta_transaction *reader = fixture_begin(fixture, META_READ);
    const struct meta_connection *of_writer = writer->connection;
    const struct meta_connection *of_reader = reader->connection;
    meta_rollback(reader);
    meta_rollback(writer);
    reader = fixture_begin(fixture, META_READ);
    assert_ptr_equal(reader->connection, of_reader);
    meta_rollback(reader);
    writer = fixture_begin(fixture, META_WRITE);
    assert_ptr_equal(writer->connection, of_writer);
    meta_rollback(writer);
}

static void test_meta_transaction__readers_do_not_wait_and_see_their_snapshot(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *writer = fixture_begin(fixture, META_WRITE);
    assert_int_equal(add(writer, "beta"), LREG_OK);
    struct meta_transaction *reader = fixture_begin(fixture, META_READ);
    assert_false(has_organization(fixture, reader, "beta"));
    fixture_commit(fixture, writer);
    assert_false(has_organization(fixture, reader, "beta"));
    assert_true(database_has(fixture, "beta"));
    fixture_commit(fixture, reader);
}

static void test_meta_transaction__a_write_in_a_reader_is_refused(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *reader = fixture_begin(fixture, META_READ);
    assert_int_equal(add(reader, "beta"), LREG_INTERNAL);
    assert_false(has_organization(fixture, reader, "beta"));
    meta_rollback(reader);
    assert_false(database_has(fixture, "beta"));
}

static int fail_once(void *user) {
    int *result = user;
    int now = *result;
    *result = 0;
    return now;
}

static void test_meta_transaction__what_failed_cannot_be_committed(void **state) {
    struct fixture *fixture = *state;
    int result = 0;
    struct meta_options options = fixture_options(fixture);
    options.step_fault = fail_once;
    options.step_fault_user = &result;
    struct meta *meta = NULL;
    assert_int_equal(meta_open(&fixture->hooks, &options, &meta, &fixture->err), LREG_OK);
    struct meta_transaction *transaction = NULL;
    assert_int_equal(meta_begin(meta, META_WRITE, &transaction, NULL), LREG_OK);
    assert_int_equal(add(transaction, "beta"), LREG_OK);
    result = 13; /* SQLITE_FULL */
    assert_int_equal(add(transaction, "gamma"), LREG_NO_SPACE);
    assert_int_equal(add(transaction, "delta"), LREG_OK); /* a caller that ignores the result */
    assert_int_equal(meta_commit(transaction, &fixture->err), LREG_NO_SPACE);
    assert_string_equal(fixture->err.code, "transaction_failed");
    assert_false(database_has(fixture, "beta"));
    assert_false(database_has(fixture, "delta"));
    meta_close(meta);
}

/* SQLite ends a transaction on its own after some failures, such as a full disk. */
static void test_meta_transaction__what_ended_on_its_own_takes_no_more_writes(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(sqlite3_exec(transaction->connection->database, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(add(transaction, "beta"), LREG_INTERNAL);
    assert_int_not_equal(meta_commit(transaction, &fixture->err), LREG_OK);
    assert_false(database_has(fixture, "beta"));
}

static void test_meta_transaction__a_writer_gives_up_after_the_busy_timeout(void **state) {
    struct fixture *fixture = *state;
    struct meta_options options = fixture_options(fixture);
    options.busy_timeout_ms = 30;
    struct meta *other = NULL; /* as another process has it */
    struct meta_transaction *second = NULL;
    assert_int_equal(meta_open(&fixture->hooks, &options, &other, &fixture->err), LREG_OK);
    struct meta_transaction *first = fixture_begin(fixture, META_WRITE);
    assert_int_equal(meta_begin(other, META_WRITE, &second, &fixture->err), LREG_BUSY);
    assert_null(second);
    assert_string_equal(fixture->err.code, "database_busy");
    meta_rollback(first);
    assert_int_equal(meta_begin(other, META_WRITE, &second, &fixture->err), LREG_OK);
    struct meta_transaction *third = NULL;
    assert_int_equal(meta_begin(other, META_WRITE, &third, &fixture->err), LREG_BUSY);
    assert_null(third);
    meta_rollback(second);
    meta_close(other);
}

static void test_meta_transaction__more_readers_than_connections_are_kept(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *readers[40];
    for (size_t i = 0; i < 40; i++) {
        readers[i] = fixture_begin(fixture, META_READ);
        assert_true(has_organization(fixture, readers[i], "acme"));
    }
    for (size_t i = 0; i < 40; i++) {
        fixture_commit(fixture, readers[i]);
    }
    assert_true(failing_allocator_live_blocks(&fixture->memory) < 30);
}

static void test_meta_transaction__in_memory_there_is_one_at_a_time(void **state) {
    struct fixture *fixture = *state;
    struct meta_options options = {.busy_timeout_ms = 20};
    struct meta *meta = NULL;
    struct meta_transaction *first = NULL;
    struct meta_transaction *second = NULL;
    assert_int_equal(meta_open(&fixture->hooks, &options, &meta, &fixture->err), LREG_OK);
    assert_int_equal(meta_begin(meta, META_READ, &first, NULL), LREG_OK);
    assert_int_equal(meta_begin(meta, META_READ, &second, &fixture->err), LREG_BUSY);
    meta_rollback(first);
    assert_int_equal(meta_begin(meta, META_WRITE, &second, NULL), LREG_OK);
    assert_int_equal(add(second, "beta"), LREG_OK);
    assert_int_equal(meta_commit(second, NULL), LREG_OK);
    assert_int_equal(meta_begin(meta, META_READ, &first, NULL), LREG_OK);
    assert_true(has_organization(fixture, first, "beta"));
    meta_rollback(first);
    meta_close(meta);
}

struct worker {
    pthread_t thread;
    struct meta *meta;
    struct hooks *hooks;
    int number;
    lreg_status status;
    struct error err;
};

#define WORKERS 4
#define ROWS_OF_EACH 50

static lreg_status insert_one(struct worker *worker, int row) {
    struct meta_transaction *transaction = NULL;
    char slug[32];
    (void)snprintf(slug, sizeof slug, "w%d-%d", worker->number, row);
    lreg_status status = meta_begin(worker->meta, META_WRITE, &transaction, &worker->err);
    if (status == LREG_OK) {
        status = add(transaction, slug);
    }
    if (status == LREG_OK) {
        return meta_commit(transaction, &worker->err);
    }
    meta_rollback(transaction);
    return status;
}

/* Each thread reads what it has just written, through any of the connections. */
static void *insert_and_read(void *argument) {
    struct worker *worker = argument;
    struct arena arena;
    uint64_t generation = 0;
    arena_init(&arena, worker->hooks, FIXTURE_ARENA_BYTES);
    for (int i = 0; i < ROWS_OF_EACH && worker->status == LREG_OK; i++) {
        struct meta_transaction *transaction = NULL;
        struct meta_organization *rows = NULL;
        size_t count = 0;
        worker->status = insert_one(worker, i);
        if (worker->status == LREG_OK) {
            worker->status = meta_begin(worker->meta, META_READ, &transaction, &worker->err);
        }
        if (worker->status == LREG_OK) {
            worker->status = meta_organization_list(transaction, NULL, 9999, &arena, &rows, &count, &worker->err);
        }
        meta_rollback(transaction);
        if (worker->status == LREG_OK && count < (size_t)i + 1) {
            worker->status = LREG_CORRUPT;
        }
        if (worker->status == LREG_OK) {
            worker->status = meta_generation(worker->meta, &generation, &worker->err);
        }
        arena_reset(&arena);
    }
    arena_free(&arena);
    return NULL;
}

static void run_workers(struct fixture *fixture, struct meta *meta) {
    struct worker workers[WORKERS] = {0};
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.meta = meta, .hooks = &fixture->hooks, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, insert_and_read, &workers[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    for (int i = 0; i < WORKERS; i++) {
        if (workers[i].status != LREG_OK) {
            print_error("%d: %s\n", i, workers[i].err.message);
        }
        assert_int_equal(workers[i].status, LREG_OK);
    }
    struct meta_transaction *transaction = NULL;
    struct meta_organization *rows = NULL;
    size_t count = 0;
    assert_int_equal(meta_begin(meta, META_READ, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_organization_list(transaction, "w", 9999, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, WORKERS * ROWS_OF_EACH);
    meta_rollback(transaction);
    assert_int_equal(meta_check(meta, &fixture->err), LREG_OK);
}

static void test_meta_transaction__threads_write_and_read_at_once(void **state) {
    struct fixture *fixture = *state;
    run_workers(fixture, fixture->meta);
}

static void test_meta_transaction__threads_share_a_database_in_memory(void **state) {
    struct fixture *fixture = *state;
    struct meta_options options = {.busy_timeout_ms = FIXTURE_TIMEOUT_MS};
    struct meta *meta = NULL;
    assert_int_equal(meta_open(&fixture->hooks, &options, &meta, &fixture->err), LREG_OK);
    run_workers(fixture, meta);
    meta_close(meta);
}
