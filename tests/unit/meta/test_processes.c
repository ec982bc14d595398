/* SPDX-License-Identifier: Apache-2.0 */
/* Several processes on one directory: creating it at the same time, writing at the same time, and a killed one. */
#include "unit/meta/fixture.h"

#include <signal.h>
#include <sys/wait.h>

static int setup(void **state) {
    return fixture_setup_directory(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

/* The work of a child process; its result becomes the exit status. */
typedef lreg_status (*child_work)(struct meta *meta, int number, struct error *err);

static void run_child(struct fixture *fixture, int gate, int number, child_work work) {
    struct meta_options options = fixture_options(fixture);
    struct meta *meta = NULL;
    struct error err = {0};
    char byte = 0;
    while (read(gate, &byte, 1) > 0) {
        /* opens when the parent has closed its end */
    }
    lreg_status status = meta_open(&fixture->hooks, &options, &meta, &err);
    if (status == LREG_OK) {
        status = work(meta, number, &err);
    }
    if (status != LREG_OK) {
        print_error("child %d: %s\n", number, err.message);
    }
    meta_close(meta);
    _exit((int)status);
}

/* All children begin at once, without having opened anything before. */
static void run_children(struct fixture *fixture, int count, child_work work) {
    int gate[2];
    pid_t children[16];
    assert_int_equal(pipe(gate), 0);
    for (int i = 0; i < count; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            (void)close(gate[1]);
            run_child(fixture, gate[0], i, work);
        }
    }
    (void)close(gate[0]);
    (void)close(gate[1]);
    for (int i = 0; i < count; i++) {
        int how = 0;
        assert_int_equal(waitpid(children[i], &how, 0), children[i]);
        assert_true(WIFEXITED(how));
        assert_int_equal(WEXITSTATUS(how), LREG_OK);
    }
}

static size_t count_organizations(struct fixture *fixture) {
    struct meta_transaction *transaction = fixture_begin(fixture, META_READ);
    struct meta_organization *rows = NULL;
    size_t total = 0;
    size_t count = 1;
    const char *after = NULL;
    while (count > 0) {
        assert_int_equal(meta_organization_list(transaction, after, 1000, &fixture->arena, &rows, &count, NULL),
                         LREG_OK);
        total += count;
        after = count > 0 ? rows[count - 1].slug : after;
    }
    meta_rollback(transaction);
    arena_free(&fixture->arena); /* not reported as a leak in children that are forked later */
    return total;
}

static lreg_status insert_rows(struct meta *meta, int number, int rows, struct error *err) {
    lreg_status status = LREG_OK;
    for (int i = 0; i < rows && status == LREG_OK; i++) {
        char slug[32];
        const struct meta_organization row = {.id = slug, .slug = slug, .name = "x"};
        struct meta_transaction *transaction = NULL;
        (void)snprintf(slug, sizeof slug, "c%d-%d", number, i);
        status = meta_begin(meta, META_WRITE, &transaction, err);
        if (status != LREG_OK) {
            break;
        }
        status = meta_organization_insert(transaction, &row, err);
        if (status != LREG_OK) {
            meta_rollback(transaction);
            break;
        }
        status = meta_commit(transaction, err);
    }
    return status;
}

static lreg_status insert_one(struct meta *meta, int number, struct error *err) {
    return insert_rows(meta, number, 1, err);
}

static lreg_status insert_500(struct meta *meta, int number, struct error *err) {
    return insert_rows(meta, number, 500, err);
}

static void test_meta_processes__eight_make_a_new_directory_at_the_same_time(void **state) {
    struct fixture *fixture = *state;
    for (int round = 0; round < 10; round++) {
        assert_int_equal(rmdir(fixture->directory), 0);
        run_children(fixture, 8, insert_one);
        fixture_open(fixture);
        assert_int_equal(count_organizations(fixture), 8);
        fixture_check(fixture);
        meta_close(fixture->meta);
        fixture->meta = NULL;
        fixture_remove_directory(fixture->directory);
        fixture_make_directory(fixture);
    }
}

static void test_meta_processes__two_insert_500_rows_each_at_the_same_time(void **state) {
    struct fixture *fixture = *state;
    run_children(fixture, 2, insert_500);
    fixture_open(fixture);
    assert_int_equal(count_organizations(fixture), 1000);
    fixture_check(fixture);
}

static void test_meta_processes__one_that_is_killed_takes_only_its_open_transaction_along(void **state) {
    struct fixture *fixture = *state;
    int told[2];
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct meta_organization open_row = {.id = "open", .slug = "open", .name = "x"};
        struct meta_transaction *transaction = NULL;
        struct meta_options options = fixture_options(fixture);
        (void)meta_open(&fixture->hooks, &options, &fixture->meta, NULL);
        (void)insert_rows(fixture->meta, 0, 20, NULL);
        (void)meta_begin(fixture->meta, META_WRITE, &transaction, NULL);
        (void)meta_organization_insert(transaction, &open_row, NULL);
        (void)!write(told[1], "x", 1);
        (void)pause();
        _exit(1);
    }
    char byte = 0;
    assert_int_equal(read(told[0], &byte, 1), 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    (void)close(told[0]);
    (void)close(told[1]);
    fixture_open(fixture);
    assert_int_equal(count_organizations(fixture), 20);
    assert_int_equal(insert_rows(fixture->meta, 1, 1, &fixture->err), LREG_OK);
    fixture_check(fixture);
}

static void test_meta_processes__a_commit_of_another_changes_the_generation(void **state) {
    struct fixture *fixture = *state;
    uint64_t before = 0;
    uint64_t after = 0;
    fixture_open(fixture);
    meta_close(fixture->meta); /* a child that is forked must not inherit an open database */
    fixture->meta = NULL;
    int gate[2];
    int done[2];
    assert_int_equal(pipe(gate), 0);
    assert_int_equal(pipe(done), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char byte = 0;
        struct meta_options options = fixture_options(fixture);
        (void)!read(gate[0], &byte, 1);
        (void)meta_open(&fixture->hooks, &options, &fixture->meta, NULL);
        (void)insert_rows(fixture->meta, 0, 1, NULL);
        (void)!write(done[1], "x", 1);
        meta_close(fixture->meta);
        _exit(0);
    }
    char byte = 0;
    fixture_open(fixture);
    assert_int_equal(meta_generation(fixture->meta, &before, NULL), LREG_OK);
    assert_int_equal(write(gate[1], "x", 1), 1);
    assert_int_equal(read(done[0], &byte, 1), 1);
    assert_int_equal(meta_generation(fixture->meta, &after, NULL), LREG_OK);
    assert_int_not_equal(before, after);
    assert_int_equal(waitpid(child, NULL, 0), child);
    for (int i = 0; i < 2; i++) {
        (void)close(gate[i]);
        (void)close(done[i]);
    }
}
