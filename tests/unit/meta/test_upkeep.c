/* SPDX-License-Identifier: Apache-2.0 */
/* Checking, and copying during writes. Labels: threaded */
#include "meta/sqlite/sqlite_internal.h"
#include "unit/meta/fixture.h"

#include <sys/stat.h>

static char copy_path[128];

static int setup(void **state) {
    fixture_setup_directory(state);
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_add_owners(fixture);
    (void)snprintf(copy_path, sizeof copy_path, "%s/copy.db", fixture->directory);
    return 0;
}

static int teardown(void **state) {
    return fixture_free(state);
}

/* Writes past the end of the block, as a bug or a bad disk would. */
static void run_sql(struct fixture *fixture, const char *sql) {
    sqlite3 *database = fixture->meta->idle->database;
    (void)sqlite3_exec(database, "PRAGMA foreign_keys = OFF", NULL, NULL, NULL);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_exec(database, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
}

static void assert_found(struct fixture *fixture, const char *message) {
    assert_int_equal(meta_check(fixture->meta, &fixture->err), LREG_CORRUPT);
    if (strstr(fixture->err.message, message) == NULL) {
        print_error("%s\n", fixture->err.message);
    }
    assert_non_null(strstr(fixture->err.message, message));
}

static void test_meta_upkeep__a_sound_database_passes(void **state) {
    fixture_check(*state);
}

static void test_meta_upkeep__a_reference_to_nothing_is_found(void **state) {
    struct fixture *fixture = *state;
    run_sql(fixture, "UPDATE registries SET organization_id = 'gone' WHERE id = 'r1'");
    assert_found(fixture, "a row of registries refers to what is not there");
}

static void test_meta_upkeep__wrong_totals_and_marks_are_found(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    int64_t id = fixture_add_blob(transaction, 1, 5);
    const struct meta_blob_link link = {.registry_id = "r1", .scope = "s", .digest = "sha256:a", .blob_id = id};
    assert_int_equal(meta_blob_link_put(transaction, &link, NULL), LREG_OK);
    (void)fixture_add_blob(transaction, 2, 5);
    fixture_commit(fixture, transaction);
    fixture_check(fixture);
    run_sql(fixture, "UPDATE registries SET package_count = 1 WHERE id = 'r2'");
    assert_found(fixture, "package totals of registry r2");
    run_sql(fixture, "UPDATE registries SET package_count = 0 WHERE id = 'r2'; UPDATE blob_totals SET bytes = 9");
    assert_found(fixture, "totals of the blobs of storage main");
    run_sql(fixture, "UPDATE blob_totals SET bytes = 10; UPDATE blob_links SET named = 1");
    assert_found(fixture, "mark of blob link sha256:a");
    run_sql(fixture, "UPDATE blob_links SET named = 0; UPDATE blobs SET unchecked = 0");
    assert_found(fixture, "mark of blob 2");
    run_sql(fixture, "UPDATE blobs SET unchecked = 1");
    fixture_check(fixture);
}

static void test_meta_upkeep__a_damaged_page_is_found(void **state) {
    struct fixture *fixture = *state;
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    for (uint32_t i = 0; i < 500; i++) {
        (void)fixture_add_blob(transaction, i, 5);
    }
    fixture_commit(fixture, transaction);
    meta_close(fixture->meta); /* the log goes into the file */
    char path[128];
    (void)snprintf(path, sizeof path, "%s/registry.db", fixture->directory);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    unsigned char noise[4096];
    memset(noise, 0xa5, sizeof noise);
    assert_int_equal(fseek(file, -2 * 4096, SEEK_END), 0);
    assert_int_equal(fwrite(noise, sizeof noise, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    fixture_open(fixture);
    assert_int_equal(meta_check(fixture->meta, &fixture->err), LREG_CORRUPT);
}

static struct meta *open_copy(struct fixture *fixture) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/registry.db", fixture->directory);
    meta_close(fixture->meta);
    fixture->meta = NULL;
    assert_int_equal(rename(copy_path, path), 0);
    fixture_open(fixture);
    return fixture->meta;
}

static void test_meta_upkeep__a_copy_is_a_database_for_the_owner_alone(void **state) {
    struct fixture *fixture = *state;
    struct meta_registry found;
    struct stat file;
    assert_int_equal(meta_backup(fixture->meta, copy_path, &fixture->err), LREG_OK);
    assert_int_equal(stat(copy_path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    (void)open_copy(fixture);
    fixture_check(fixture);
    struct meta_transaction *transaction = fixture_begin(fixture, META_READ);
    assert_int_equal(meta_registry_find_by_id(transaction, "r1", &fixture->arena, &found, NULL), LREG_OK);
    meta_rollback(transaction);
}

static void test_meta_upkeep__a_database_in_memory_can_be_copied(void **state) {
    struct fixture *fixture = *state;
    struct meta_options options = {.busy_timeout_ms = 100};
    struct meta *memory = NULL;
    struct meta_transaction *transaction = NULL;
    const char *value = NULL;
    assert_int_equal(meta_open(&fixture->hooks, &options, &memory, &fixture->err), LREG_OK);
    assert_int_equal(meta_begin(memory, META_WRITE, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_value_set(transaction, "from", "memory", NULL), LREG_OK);
    assert_int_equal(meta_commit(transaction, NULL), LREG_OK);
    assert_int_equal(meta_backup(memory, copy_path, &fixture->err), LREG_OK);
    meta_close(memory);
    (void)open_copy(fixture);
    transaction = fixture_begin(fixture, META_READ);
    assert_int_equal(meta_value_find(transaction, "from", &fixture->arena, &value, NULL), LREG_OK);
    assert_string_equal(value, "memory");
    meta_rollback(transaction);
}

static void test_meta_upkeep__a_file_that_is_there_is_not_overwritten(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(meta_backup(fixture->meta, copy_path, &fixture->err), LREG_OK);
    assert_int_equal(meta_backup(fixture->meta, copy_path, &fixture->err), LREG_CONFLICT);
    assert_int_equal(access(copy_path, F_OK), 0);
    assert_int_equal(meta_backup(fixture->meta, "", &fixture->err), LREG_BAD_ARGUMENT);
    assert_int_equal(meta_backup(fixture->meta, "/nowhere/at/all/copy.db", &fixture->err), LREG_NOT_FOUND);
}

struct writer {
    pthread_t thread;
    struct meta *meta;
    atomic_bool stop;
    atomic_int commits;
    lreg_status status;
};

/* Keeps two values equal: a copy in which they differ is not a snapshot of one moment. */
static void *write_pairs(void *argument) {
    struct writer *writer = argument;
    char filler[2000];
    memset(filler, 'x', sizeof filler - 1);
    filler[sizeof filler - 1] = '\0';
    while (!atomic_load(&writer->stop) && writer->status == LREG_OK) {
        struct meta_transaction *transaction = NULL;
        char value[16];
        (void)snprintf(value, sizeof value, "%d", atomic_load(&writer->commits));
        writer->status = meta_begin(writer->meta, META_WRITE, &transaction, NULL);
        if (writer->status == LREG_OK) {
            (void)meta_value_set(transaction, "first", value, NULL);
            (void)meta_value_set(transaction, value, filler, NULL);
            (void)meta_value_set(transaction, "second", value, NULL);
            writer->status = meta_commit(transaction, NULL);
        }
        (void)atomic_fetch_add(&writer->commits, 1);
    }
    return NULL;
}

static void test_meta_upkeep__a_copy_made_while_another_writes_is_of_one_moment(void **state) {
    struct fixture *fixture = *state;
    struct writer writer = {.meta = fixture->meta};
    const char *first = NULL;
    const char *second = NULL;
    assert_int_equal(pthread_create(&writer.thread, NULL, write_pairs, &writer), 0);
    while (atomic_load(&writer.commits) < 300) {
        (void)sched_yield();
    }
    int before = atomic_load(&writer.commits);
    lreg_status status = meta_backup(fixture->meta, copy_path, &fixture->err);
    while (atomic_load(&writer.commits) < before + 5) {
        (void)sched_yield(); /* the writer continued */
    }
    atomic_store(&writer.stop, true);
    pthread_join(writer.thread, NULL);
    assert_int_equal(writer.status, LREG_OK);
    assert_int_equal(status, LREG_OK);
    (void)open_copy(fixture);
    fixture_check(fixture);
    struct meta_transaction *transaction = fixture_begin(fixture, META_READ);
    assert_int_equal(meta_value_find(transaction, "first", &fixture->arena, &first, NULL), LREG_OK);
    assert_int_equal(meta_value_find(transaction, "second", &fixture->arena, &second, NULL), LREG_OK);
    assert_string_equal(first, second);
    assert_true(strlen(first) >= 3);
    meta_rollback(transaction);
}
