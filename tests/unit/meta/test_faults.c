/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th step and the n-th allocation fail, for every n, over a script of all functions. */
#include "unit/meta/fixture.h"
#include "unit/meta/script.h"

#include <sys/stat.h>

static int setup(void **state) {
    return fixture_setup_directory(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

/* The distance between failing steps: every step fails, except under valgrind. */
static uint64_t stride(void) {
    return getenv("LREG_VALGRIND") != NULL ? 11 : 1;
}

static lreg_status open_with_faults(struct fixture *fixture) {
    struct meta_options options = fixture_options(fixture);
    options.step_fault = fixture_step_fault;
    options.step_fault_user = fixture;
    return meta_open(&fixture->hooks, &options, &fixture->meta, &fixture->err);
}

static lreg_status open_and_run(struct fixture *fixture) {
    lreg_status status = open_with_faults(fixture);
    if (status == LREG_OK) {
        status = script_run(fixture->meta, &fixture->arena, &fixture->err);
    }
    arena_free(&fixture->arena);
    return status;
}

static void close_and_expect_no_leak(struct fixture *fixture) {
    meta_close(fixture->meta);
    fixture->meta = NULL;
    assert_int_equal(failing_allocator_live_blocks(&fixture->memory), 0);
}

/* After a failure the script has run to one of its commits: all of that is stored, or nothing. */
static void assert_intact(struct fixture *fixture) {
    struct meta_organization organization;
    fixture->fail_at = 0;
    fixture_check(fixture);
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    lreg_status found = meta_organization_find(transaction, "script", &fixture->arena, &organization, NULL);
    if (found == LREG_OK) {
        assert_int_equal(script_read(transaction, &fixture->arena, &fixture->err), LREG_OK);
        assert_int_equal(script_remove(transaction, &fixture->arena, &fixture->err), LREG_OK);
    } else {
        assert_int_equal(found, LREG_NOT_FOUND);
    }
    fixture_commit(fixture, transaction);
    arena_free(&fixture->arena);
}

static void remove_database(struct fixture *fixture) {
    fixture_remove_directory(fixture->directory);
    assert_int_equal(mkdir(fixture->directory, 0700), 0);
}

static void test_meta_faults__every_step_of_making_the_database_may_fail(void **state) {
    struct fixture *fixture = *state;
    uint64_t failures = 0; /* up to and including this step */
    for (;;) {
        fixture->steps = 0;
        fixture->fail_at = failures + 1;
        fixture->fail_with = 13;
        lreg_status status = open_with_faults(fixture);
        if (status == LREG_OK) {
            break;
        }
        assert_int_equal(status, LREG_NO_SPACE);
        failures += stride();
        fixture->fail_at = 0;
        assert_int_equal(open_with_faults(fixture), LREG_OK);
        assert_int_equal(script_run(fixture->meta, &fixture->arena, &fixture->err), LREG_OK);
        close_and_expect_no_leak(fixture);
        remove_database(fixture);
    }
    assert_true(failures > 50);
}

static void fail_every_step(struct fixture *fixture, int result, lreg_status expected) {
    uint64_t failures = 0; /* up to and including this step */
    for (;;) {
        fixture->steps = 0;
        fixture->fail_at = failures + 1;
        fixture->fail_with = result;
        fixture->err = (struct error){0};
        lreg_status status = open_and_run(fixture);
        if (fixture->steps < fixture->fail_at) {
            assert_int_equal(status, LREG_OK); /* the fault was after the last step */
            break;
        }
        /* Opening waits for a busy database. */
        assert_true(status == expected || (status == LREG_OK && expected == LREG_BUSY));
        if (status != LREG_OK) {
            assert_int_equal(fixture->err.status, expected);
            assert_int_equal(fixture->err.cause, result);
        }
        failures += stride();
        if (fixture->meta == NULL) {
            fixture->fail_at = 0;
            assert_int_equal(open_with_faults(fixture), LREG_OK);
        }
        assert_intact(fixture);
        close_and_expect_no_leak(fixture);
    }

    assert_true(failures > 100);
    close_and_expect_no_leak(fixture);
}

static void test_meta_faults__every_step_may_meet_a_full_disk(void **state) {
    fail_every_step(*state, 13, LREG_NO_SPACE); /* SQLITE_FULL */
}

static void test_meta_faults__every_step_may_meet_an_input_output_error(void **state) {
    fail_every_step(*state, 10 | (2 << 8), LREG_IO); /* SQLITE_IOERR_SHORT_READ */
}

static void test_meta_faults__every_step_may_find_the_database_busy(void **state) {
    fail_every_step(*state, 5, LREG_BUSY); /* SQLITE_BUSY */
}

static void test_meta_faults__steps_of_a_database_in_memory_may_fail_too(void **state) {
    struct fixture *fixture = *state;
    uint64_t failures = 0;
    struct meta_options options = fixture_options(fixture);
    options.directory = NULL;
    options.step_fault = fixture_step_fault;
    options.step_fault_user = fixture;
    assert_int_equal(meta_open(&fixture->hooks, &options, &fixture->meta, &fixture->err), LREG_OK);
    for (;;) {
        fixture->steps = 0;
        fixture->fail_at = failures + 1;
        fixture->fail_with = 10;
        lreg_status status = script_run(fixture->meta, &fixture->arena, &fixture->err);
        if (fixture->steps < fixture->fail_at) {
            assert_int_equal(status, LREG_OK);
            break;
        }
        assert_int_equal(status, LREG_IO);
        failures += stride();
        assert_intact(fixture); /* nothing of it was lost with a connection */
    }
    assert_true(failures > 100);
    close_and_expect_no_leak(fixture);
}

/* A step fails, and then the rollback that follows. */
static void test_meta_faults__a_rollback_that_fails_leaves_nothing(void **state) {
    struct fixture *fixture = *state;
    for (int in_memory = 0; in_memory < 2; in_memory++) {
        struct meta_options options = fixture_options(fixture);
        options.directory = in_memory ? NULL : fixture->directory;
        options.step_fault = fixture_step_fault;
        options.step_fault_user = fixture;
        fixture->fail_at = 0;
        assert_int_equal(meta_open(&fixture->hooks, &options, &fixture->meta, &fixture->err), LREG_OK);
        fixture_add_owners(fixture);
        struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
        assert_int_equal(meta_registry_delete(transaction, "r1", NULL), LREG_OK);
        fixture->fail_at = fixture->steps + 1;
        fixture->fail_with = 13; /* not one after which the connection is closed anyway */
        meta_rollback(transaction);
        struct meta_registry found;
        transaction = fixture_begin(fixture, META_READ);
        assert_int_equal(meta_registry_find_by_id(transaction, "r1", &fixture->arena, &found, NULL), LREG_OK);
        meta_rollback(transaction);
        fixture_check(fixture);
        arena_free(&fixture->arena);
        close_and_expect_no_leak(fixture);
    }
}

static void test_meta_faults__every_allocation_may_fail(void **state) {
    struct fixture *fixture = *state;
    size_t failures = 0;
    for (;;) {
        failing_allocator_fail_at(&fixture->memory, failures + 1, false);
        fixture->err = (struct error){0};
        lreg_status status = open_and_run(fixture);
        bool failed = failing_allocator_failed(&fixture->memory);
        failing_allocator_fail_at(&fixture->memory, 0, false);
        if (!failed) {
            assert_int_equal(status, LREG_OK);
            break;
        }
        failures++;
        assert_int_equal(status, LREG_NO_MEMORY);
        assert_int_equal(fixture->err.status, LREG_NO_MEMORY);
        if (fixture->meta == NULL) {
            assert_int_equal(open_with_faults(fixture), LREG_OK);
        }
        assert_intact(fixture);
        close_and_expect_no_leak(fixture);
    }
    assert_true(failures >= 5);
    close_and_expect_no_leak(fixture);
}

/* A failed backup leaves no file. The rollback at its end cannot fail: a fault there has no effect. */
static void test_meta_faults__every_step_of_check_and_backup_may_fail(void **state) {
    struct fixture *fixture = *state;
    size_t failures = 0;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/copy.db", fixture->directory);
    assert_int_equal(open_with_faults(fixture), LREG_OK);
    fixture->fail_with = 13; /* the connection is reused after it, so the steps stay the same */
    for (fixture->fail_at = 1;; fixture->fail_at++) {
        fixture->steps = 0;
        lreg_status status = meta_check(fixture->meta, &fixture->err);
        if (status == LREG_OK) {
            status = meta_backup(fixture->meta, path, &fixture->err);
        }
        if (fixture->steps < fixture->fail_at) {
            assert_int_equal(status, LREG_OK);
            break;
        }
        assert_true(status == LREG_OK || status == LREG_NO_SPACE);
        assert_int_equal(access(path, F_OK), status == LREG_OK ? 0 : -1);
        failures += status != LREG_OK;
        (void)unlink(path);
    }
    assert_true(failures > 9);
}
