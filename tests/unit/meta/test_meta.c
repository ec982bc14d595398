/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a database, and the generation that shows commits. */
#include "meta/sqlite/sqlite_internal.h"
#include "unit/meta/fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

static int setup(void **state) {
    return fixture_setup_directory(state);
}

static int teardown(void **state) {
    return fixture_free(state);
}

static void path_in(const struct fixture *fixture, const char *name, char path[128]) {
    (void)snprintf(path, 128, "%s/%s", fixture->directory, name);
}

static mode_t mode_of(const char *path) {
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    return found.st_mode & 0777;
}

static lreg_status try_to_open(struct fixture *fixture, const char *directory) {
    struct meta_options options = fixture_options(fixture);
    options.directory = directory;
    return meta_open(&fixture->hooks, &options, &fixture->meta, &fixture->err);
}

static void test_meta_meta__directory_and_files_are_made_for_the_owner_alone(void **state) {
    struct fixture *fixture = *state;
    char path[128];
    mode_t mask = umask(0);
    assert_int_equal(rmdir(fixture->directory), 0);
    fixture_open(fixture);
    fixture_add_owners(fixture);
    (void)umask(mask);
    assert_int_equal(mode_of(fixture->directory), 0700);
    path_in(fixture, "registry.db", path);
    assert_int_equal(mode_of(path), 0600);
    path_in(fixture, "registry.db-wal", path);
    assert_int_equal(mode_of(path), 0600);
}

static void test_meta_meta__a_directory_that_cannot_be_made_fails(void **state) {
    struct fixture *fixture = *state;
    char path[128];
    path_in(fixture, "a/b", path);
    assert_int_not_equal(try_to_open(fixture, path), LREG_OK);
    assert_null(fixture->meta);
    assert_int_equal(try_to_open(fixture, ""), LREG_BAD_ARGUMENT);
    assert_int_not_equal(try_to_open(fixture, "/dev/null"), LREG_OK);
}

static void test_meta_meta__a_name_like_a_uri_is_a_name(void **state) {
    struct fixture *fixture = *state;
    char path[128];
    int before = open(".", O_RDONLY | O_DIRECTORY);
    assert_int_equal(chdir(fixture->directory), 0);
    assert_int_equal(mkdir("file:x?mode=memory", 0700), 0);
    assert_int_equal(try_to_open(fixture, "file:x?mode=memory"), LREG_OK);
    fixture_add_owners(fixture);
    assert_int_equal(fchdir(before), 0);
    (void)close(before);
    path_in(fixture, "file:x?mode=memory/registry.db", path);
    assert_int_equal(access(path, F_OK), 0);
    meta_close(fixture->meta);
    fixture->meta = NULL;
    path_in(fixture, "file:x?mode=memory", path);
    fixture_remove_directory(path);
}

static void test_meta_meta__a_file_that_is_no_database_is_corrupt(void **state) {
    struct fixture *fixture = *state;
    char path[128];
    path_in(fixture, "registry.db", path);
    int descriptor = open(path, O_CREAT | O_WRONLY, 0600);
    static const char text[] = "This is a text and not a database at all, and it is longer than a header of 100 "
                               "bytes, so that it cannot be taken for the beginning of one.";
    assert_int_equal(write(descriptor, text, sizeof text), sizeof text);
    (void)close(descriptor);
    assert_int_equal(try_to_open(fixture, fixture->directory), LREG_CORRUPT);
    assert_int_equal(fixture->err.cause, SQLITE_NOTADB);
    assert_null(fixture->meta);
}

static void test_meta_meta__every_connection_has_its_settings(void **state) {
    struct fixture *fixture = *state;
    static const struct {
        const char *pragma;
        int64_t value;
    } settings[] = {
        {"PRAGMA foreign_keys", 1},
        {"PRAGMA trusted_schema", 0},
        {"PRAGMA mmap_size", 0},
        {"PRAGMA cache_size", -400},
    };
    for (int durable = 0; durable < 2; durable++) {
        struct meta_options options = fixture_options(fixture);
        options.durable = durable != 0;
        assert_int_equal(meta_open(&fixture->hooks, &options, &fixture->meta, &fixture->err), LREG_OK);
        struct meta_connection *connection = fixture->meta->idle;
        int64_t value = -1;
        for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
            assert_int_equal(meta_connection_number(connection, settings[i].pragma, &value, NULL), LREG_OK);
            assert_int_equal(value, settings[i].value);
        }
        assert_int_equal(meta_connection_number(connection, "PRAGMA synchronous", &value, NULL), LREG_OK);
        assert_int_equal(value, durable ? 2 : 1); /* FULL, NORMAL */
        assert_int_equal(meta_connection_number(connection,
                                                "SELECT count(*) FROM pragma_journal_mode"
                                                " WHERE journal_mode = 'wal'",
                                                &value, NULL),
                         LREG_OK);
        assert_int_equal(value, 1);
        meta_close(fixture->meta);
        fixture->meta = NULL;
    }
}

static uint64_t generation(struct fixture *fixture) {
    uint64_t number = 0;
    assert_int_equal(meta_generation(fixture->meta, &number, &fixture->err), LREG_OK);
    return number;
}

static void touch(struct meta *meta, bool commit) {
    struct meta_transaction *transaction = NULL;
    assert_int_equal(meta_begin(meta, META_WRITE, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_registry_touch(transaction, "r1", NULL), LREG_OK);
    if (commit) {
        assert_int_equal(meta_commit(transaction, NULL), LREG_OK);
    } else {
        meta_rollback(transaction);
    }
}

static void read_something(struct fixture *fixture) {
    struct meta_transaction *transaction = fixture_begin(fixture, META_READ);
    struct meta_registry found;
    assert_int_equal(meta_registry_find_by_id(transaction, "r1", &fixture->arena, &found, NULL), LREG_OK);
    fixture_commit(fixture, transaction);
}

static void check_generation(struct fixture *fixture) {
    uint64_t first = generation(fixture);
    assert_int_equal(generation(fixture), first);
    read_something(fixture);
    touch(fixture->meta, false);
    assert_int_equal(generation(fixture), first); /* reading and rolling back change nothing */
    touch(fixture->meta, true);
    uint64_t second = generation(fixture);
    assert_int_not_equal(second, first);
    assert_int_equal(generation(fixture), second);
    touch(fixture->meta, true);
    touch(fixture->meta, true);
    assert_int_not_equal(generation(fixture), second);
    assert_int_not_equal(generation(fixture), first);
}

static void test_meta_meta__generation_moves_with_commits_alone(void **state) {
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_add_owners(fixture);
    check_generation(fixture);
}

static void test_meta_meta__generation_of_a_database_in_memory_moves_with_commits_alone(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(try_to_open(fixture, NULL), LREG_OK);
    fixture_add_owners(fixture);
    check_generation(fixture);
}

static void test_meta_meta__generation_moves_with_a_commit_of_another_instance(void **state) {
    struct fixture *fixture = *state;
    struct meta_options options = fixture_options(fixture);
    struct meta *other = NULL;
    fixture_open(fixture);
    fixture_add_owners(fixture);
    assert_int_equal(meta_open(&fixture->hooks, &options, &other, &fixture->err), LREG_OK);
    uint64_t before = generation(fixture);
    touch(other, true);
    uint64_t after = generation(fixture);
    assert_int_not_equal(before, after);
    meta_close(other);
    assert_int_equal(generation(fixture), after);
}

static void test_meta_meta__databases_in_memory_are_apart(void **state) {
    struct fixture *fixture = *state;
    struct meta_options options = {.busy_timeout_ms = 100};
    struct meta *other = NULL;
    struct meta_transaction *transaction = NULL;
    struct meta_registry found;
    assert_int_equal(try_to_open(fixture, NULL), LREG_OK);
    fixture_add_owners(fixture);
    assert_int_equal(meta_open(&fixture->hooks, &options, &other, &fixture->err), LREG_OK);
    assert_int_equal(meta_begin(other, META_READ, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_registry_find_by_id(transaction, "r1", &fixture->arena, &found, NULL), LREG_NOT_FOUND);
    meta_rollback(transaction);
    meta_close(other);
    meta_close(NULL);
}
