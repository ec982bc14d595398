/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a data directory: new, existing, half made, damaged, or belonging to something else. Labels: threaded
 * */
#include "store.h"

#include "core/instance/directory_internal.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

static struct store store;

static int setup(void **state) {
    (void)state;
    store_prepare(&store);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    store_end(&store);
    return 0;
}

/* --- Files of the directory --- */

static const char *path_of(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", store.base.directory, name);
    return path;
}

static bool is_there(const char *name) {
    return access(path_of(name), F_OK) == 0;
}

static void write_file(const char *name, const char *text) {
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *name) {
    assert_int_equal(mkdir(path_of(name), 0700), 0);
}

static void lose(const char *name) {
    assert_int_equal(unlink(path_of(name)), 0);
}

static void assert_marker(enum marker_state wanted) {
    struct marker marker;
    int directory = open(store.base.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(directory >= 0);
    assert_int_equal(core_marker_read(directory, &marker, NULL), LREG_OK);
    (void)close(directory);
    assert_int_equal(marker.state, wanted);
}

/* Every name below the directory, with its size. */
static char listing[8192];
static size_t listed;

static int list_one(const char *path, const struct stat *facts, int kind, struct FTW *walk) {
    (void)kind;
    (void)walk;
    int length = snprintf(listing + listed, sizeof listing - listed, "%s %lld\n", path,
                          S_ISDIR(facts->st_mode) ? 0LL : (long long)facts->st_size);
    assert_true(length > 0 && (size_t)length < sizeof listing - listed);
    listed += (size_t)length;
    return 0;
}

static const char *list_all(void) {
    listed = 0;
    listing[0] = '\0';
    assert_int_equal(nftw(store.base.directory, list_one, 16, FTW_PHYS), 0);
    return listing;
}

/* --- Opening --- */

static void open_it(void) {
    fixture_reopen(&store.base);
    store.core = store.base.core;
}

static void close_it(void) {
    core_release(store.base.core);
    store.base.core = NULL;
    store.core = NULL;
}

/* It is refused for that reason, and nothing has changed. */
static void assert_refused(lreg_status status, const char *code) {
    struct error err = {0};
    struct core *core = NULL;
    char before[sizeof listing];
    snprintf(before, sizeof before, "%s", list_all());
    assert_int_equal(core_open(&store.base.options, &core, &err), status);
    assert_null(core);
    assert_string_equal(err.code, code);
    assert_non_null(strstr(err.message, "Nothing was changed"));
    assert_string_equal(list_all(), before);
}

/* A store with a package in it, closed. */
static void make_store(void) {
    open_it();
    store_make_registry(&store);
    must_publish(&store, "a", "alpha");
    close_it();
}

static void assert_opens_with_the_package(void) {
    open_it();
    assert_package(store.core, store.registry, "a", "alpha");
    assert_int_equal(assert_sound(store.core).blobs, 1);
    close_it();
    assert_marker(MARKER_READY);
}

static void assert_opens_as_new(void) {
    open_it();
    store_make_registry(&store);
    must_publish(&store, "a", "alpha");
    close_it();
    assert_opens_with_the_package();
}

/* --- The marker --- */

static void test_core_directory__a_new_one_gets_a_marker_for_its_owner_alone(void **state) {
    char text[2048] = "";
    struct stat facts;
    (void)state;
    open_it();
    assert_marker(MARKER_READY);
    assert_int_equal(stat(path_of(CORE_MARKER_FILE), &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    FILE *file = fopen(path_of(CORE_MARKER_FILE), "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    (void)fclose(file);
    assert_non_null(strstr(text, "registry.db"));
    assert_non_null(strstr(text, "instance.key"));
    assert_non_null(strstr(text, "objects"));
    assert_null(strstr(list_all(), CORE_MARKER_FILE ".")); /* nothing temporary is left */
}

static void test_core_directory__opening_again_changes_nothing(void **state) {
    char before[sizeof listing];
    (void)state;
    make_store();
    snprintf(before, sizeof before, "%s", list_all());
    assert_opens_with_the_package();
    assert_string_equal(list_all(), before);
}

static void test_core_directory__a_store_of_before_opens_and_gets_a_marker(void **state) {
    (void)state;
    make_store();
    lose(CORE_MARKER_FILE);
    write_file("notes.txt", "what an administrator has put there");
    assert_opens_with_the_package();
}

static void test_core_directory__a_marker_of_a_later_version_is_refused(void **state) {
    struct error err = {0};
    struct core *core = NULL;
    (void)state;
    make_store();
    write_file(CORE_MARKER_FILE, "libregistry data directory 2\nstate: ready\n");
    assert_int_equal(core_open(&store.base.options, &core, &err), LREG_UNSUPPORTED);
    assert_string_equal(err.code, "directory_newer");
}

static void test_core_directory__a_damaged_marker_is_written_anew_beside_a_database(void **state) {
    static const char *const damaged[] = {"", "libregistry", "libregistry data directory 1\n",
                                          "libregistry data directory 1\nstate: x\n", "\xff"};
    (void)state;
    make_store();
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        write_file(CORE_MARKER_FILE, damaged[i]);
        assert_opens_with_the_package();
    }
    write_file(CORE_MARKER_FILE, "");
    lose(META_DATABASE_FILE);
    assert_refused(LREG_CORRUPT, "database_missing");
}

static void make_database_without_schema(void) {
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path_of(META_DATABASE_FILE), &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "PRAGMA journal_mode = WAL", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* --- Lost parts --- */

static void test_core_directory__a_lost_database_is_not_replaced(void **state) {
    (void)state;
    make_store();
    lose(META_DATABASE_FILE);
    assert_refused(LREG_CORRUPT, "database_missing");
    lose(CORE_MARKER_FILE); /* as it was without one */
    assert_refused(LREG_CORRUPT, "database_missing");
    lose(CORE_KEY_FILE);
    assert_refused(LREG_CORRUPT, "database_missing");
}

static void test_core_directory__an_empty_database_is_not_filled(void **state) {
    (void)state;
    make_store();
    write_file(META_DATABASE_FILE, "");
    write_file(META_DATABASE_FILE "-wal", "what may be left of it");
    assert_refused(LREG_CORRUPT, "database_missing");
    lose(CORE_MARKER_FILE);
    assert_refused(LREG_CORRUPT, "database_missing");
}

/* Even before the first package was published, organizations and tokens would be lost. */
static void test_core_directory__a_database_that_named_no_object_is_missed_too(void **state) {
    (void)state;
    open_it();
    close_it();
    lose(META_DATABASE_FILE);
    assert_refused(LREG_CORRUPT, "database_missing");
    lose(CORE_MARKER_FILE);
    assert_refused(LREG_CORRUPT, "database_missing");
}

static void test_core_directory__a_database_without_a_schema_is_missed_too(void **state) {
    struct error err = {0};
    struct core *core = NULL;
    (void)state;
    make_store();
    lose(META_DATABASE_FILE);
    make_database_without_schema();
    assert_int_equal(core_open(&store.base.options, &core, &err), LREG_CORRUPT);
    assert_string_equal(err.code, "database_missing");
}

static void test_core_directory__a_lost_key_is_told(void **state) {
    struct error err = {0};
    struct core *core = NULL;
    (void)state;
    make_store();
    lose(CORE_KEY_FILE);
    assert_int_equal(core_open(&store.base.options, &core, &err), LREG_CORRUPT);
    assert_string_equal(err.code, "instance_key_missing");
}

static void test_core_directory__lost_objects_are_told(void **state) {
    (void)state;
    char objects[256];
    make_store();
    snprintf(objects, sizeof objects, "%s", path_of("objects"));
    assert_int_equal(rename(objects, path_of("elsewhere")), 0);
    assert_refused(LREG_CORRUPT, "objects_missing");
    assert_int_equal(rename(path_of("elsewhere"), objects), 0);
    assert_opens_with_the_package();
}

/* As when the disk of the packages is not mounted. */
static void test_core_directory__an_empty_folder_of_objects_is_told(void **state) {
    char objects[256];
    char inner[300];
    (void)state;
    make_store();
    snprintf(objects, sizeof objects, "%s", path_of("objects"));
    assert_int_equal(rename(objects, path_of("elsewhere")), 0);
    assert_int_equal(mkdir(objects, 0700), 0);
    assert_refused(LREG_CORRUPT, "objects_missing");
    snprintf(inner, sizeof inner, "%s/lost+found", objects);
    assert_int_equal(mkdir(inner, 0700), 0);
    assert_refused(LREG_CORRUPT, "objects_missing");
    assert_int_equal(rmdir(inner), 0);
    snprintf(inner, sizeof inner, "%s/00", objects); /* "open it without them" */
    assert_int_equal(mkdir(inner, 0700), 0);
    open_it();
    close_it();
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(rmdir(objects), 0);
    assert_int_equal(rename(path_of("elsewhere"), objects), 0);
    assert_opens_with_the_package();
}

/* An open instance does not create a database either, if its file is removed. */
static void test_core_directory__a_database_that_goes_while_it_is_open_is_not_made_anew(void **state) {
    struct meta_transaction *first = NULL;
    struct meta_transaction *second = NULL;
    struct error err = {0};
    (void)state;
    make_store();
    open_it();
    assert_int_equal(meta_begin(store.core->meta, META_READ, &first, NULL), LREG_OK);
    lose(META_DATABASE_FILE);
    assert_int_equal(meta_begin(store.core->meta, META_READ, &second, &err), LREG_IO); /* wants a new connection */
    assert_null(second);
    meta_rollback(first);
    assert_false(is_there(META_DATABASE_FILE));
    close_it();
}

/* --- Half made --- */

static void test_core_directory__a_marker_that_was_being_written_does_not_matter(void **state) {
    (void)state;
    write_file(CORE_MARKER_FILE ".0190aaaa-0000-7000-8000-000000000001", "libreg");
    assert_opens_as_new();
    lose(CORE_MARKER_FILE ".0190aaaa-0000-7000-8000-000000000001");
}

static void begin_half_made(bool with_marker) {
    int directory = open(store.base.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct core core = {.hooks = store.base.options.hooks};
    assert_true(directory >= 0);
    if (with_marker) {
        assert_int_equal(core_marker_make(&core, directory, NULL), LREG_OK);
        assert_int_equal(core_marker_make(&core, directory, NULL), LREG_OK); /* a second time has no effect */
        assert_marker(MARKER_MAKING);
    }
    (void)close(directory);
}

static const char key_bytes[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static void assert_half_made_opens(bool with_marker, int step) {
    begin_half_made(with_marker);
    if (step == 1) {
        write_file(META_DATABASE_FILE, "");
    } else if (step == 2) {
        write_file(META_DATABASE_FILE, "");
        write_file(META_DATABASE_FILE "-journal", "");
    } else if (step >= 3) {
        make_database_without_schema();
    }
    if (step == 4) {
        write_file(META_DATABASE_FILE "-wal", "");
        write_file(META_DATABASE_FILE "-shm", "");
    }
    if (step == 5) {
        write_file(CORE_KEY_FILE ".0190aaaa-0000-7000-8000-000000000001", "00");
    }
    if (step >= 6) {
        write_file(CORE_KEY_FILE, key_bytes);
    }
    if (step >= 7) {
        make_folder("staging");
    }
    if (step >= 8) {
        make_folder("objects");
    }
    assert_opens_as_new();
}

static void test_core_directory__half_made_with_a_marker_opens(void **state) {
    (void)state;
    for (int step = 0; step <= 8; step++) {
        assert_half_made_opens(true, step);
        (void)teardown(state);
        (void)setup(state);
    }
}

static void test_core_directory__half_made_by_an_earlier_version_opens(void **state) {
    (void)state;
    for (int step = 1; step <= 8; step++) {
        assert_half_made_opens(false, step);
        (void)teardown(state);
        (void)setup(state);
    }
}

/* With a marker that is not ready, nothing can be lost yet: the key may exist without its database. */
static void test_core_directory__a_key_without_a_database_opens(void **state) {
    (void)state;
    write_file(CORE_KEY_FILE, key_bytes);
    assert_opens_as_new();
    (void)teardown(state);
    (void)setup(state);
    begin_half_made(true);
    write_file(CORE_KEY_FILE, key_bytes);
    make_folder("staging");
    make_folder("objects");
    assert_opens_as_new();
}

/* A process is killed at any step of the database while it makes a store. */
static void die(void *user) {
    (void)user;
    (void)raise(SIGKILL);
}

static void test_core_directory__a_maker_may_be_killed_at_any_step(void **state) {
    bool came_through = false;
    (void)state;
    for (uint64_t n = 1; !came_through; n++) {
        int status = 0;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct core *core = NULL;
            steps_interpose(&store.steps, n, die, NULL);
            lreg_status opened = core_open(&store.base.options, &core, NULL);
            core_release(core);
            _exit(opened == LREG_OK ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        came_through = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        assert_true(came_through || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
        assert_opens_as_new();
        (void)teardown(state);
        (void)setup(state);
    }
}

/* --- Directories of other programs --- */

static void test_core_directory__a_foreign_one_is_refused_and_left_alone(void **state) {
    static const char *const foreign[] = {"README.md",        ".hidden",          "registry.db.bak",
                                          "instance.key.old", "libregistry.txt~", "lost+found"};
    (void)state;
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        write_file(foreign[i], "x");
        assert_refused(LREG_UNSUPPORTED, "directory_foreign");
        lose(foreign[i]);
    }
    make_folder(".git");
    write_file(".git/config", "x");
    assert_refused(LREG_UNSUPPORTED, "directory_foreign");
    make_folder("objects"); /* those of a bare repository */
    write_file("objects/pack", "x");
    assert_refused(LREG_UNSUPPORTED, "directory_foreign");
    write_file(META_DATABASE_FILE, ""); /* what an earlier version had begun there */
    assert_refused(LREG_UNSUPPORTED, "directory_foreign");
}

static void test_core_directory__a_foreign_database_is_refused_and_left_alone(void **state) {
    struct error err = {0};
    struct core *core = NULL;
    sqlite3 *database = NULL;
    char before[sizeof listing];
    (void)state;
    assert_int_equal(sqlite3_open(path_of(META_DATABASE_FILE), &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "CREATE TABLE theirs (x)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    snprintf(before, sizeof before, "%s", list_all());
    assert_int_equal(core_open(&store.base.options, &core, &err), LREG_UNSUPPORTED);
    assert_string_equal(err.code, "database_foreign");
    assert_string_equal(list_all(), before);
    unsigned char head[20] = {0};
    FILE *file = fopen(path_of(META_DATABASE_FILE), "r");
    assert_int_equal(fread(head, 1, sizeof head, file), sizeof head);
    (void)fclose(file);
    assert_int_equal(head[18], 1); /* still without a write-ahead log */
}

static void test_core_directory__a_new_file_system_is_not_foreign(void **state) {
    (void)state;
    make_folder("lost+found");
    write_file("lost+found/x", "what its owner alone may see");
    make_folder("empty");
    assert_opens_as_new();
}

/* --- Concurrent opening --- */

struct opener {
    pthread_t thread;
    const struct core_options *options;
    struct core *core;
    lreg_status status;
    struct error err;
};

static void *open_once(void *user) {
    struct opener *opener = user;
    opener->status = core_open(opener->options, &opener->core, &opener->err);
    return NULL;
}

static void test_core_directory__many_may_make_it_at_once(void **state) {
    enum {
        OPENERS = 6,
        ROUNDS = 20
    };
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct opener openers[OPENERS] = {0};
        for (size_t i = 0; i < OPENERS; i++) {
            openers[i].options = &store.base.options;
            assert_int_equal(pthread_create(&openers[i].thread, NULL, open_once, &openers[i]), 0);
        }
        for (size_t i = 0; i < OPENERS; i++) {
            assert_int_equal(pthread_join(openers[i].thread, NULL), 0);
            if (openers[i].status != LREG_OK) {
                fail_msg("core_open: %s", openers[i].err.message);
            }
        }
        for (size_t i = 0; i < OPENERS; i++) {
            core_release(openers[i].core);
        }
        assert_opens_as_new();
        (void)teardown(state);
        (void)setup(state);
    }
}

static void test_core_directory__two_processes_may_make_it_at_once(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        pid_t children[2];
        for (size_t i = 0; i < 2; i++) {
            children[i] = fork();
            assert_true(children[i] >= 0);
            if (children[i] == 0) {
                struct core *core = NULL;
                lreg_status status = core_open(&store.base.options, &core, NULL);
                core_release(core);
                _exit(status);
            }
        }
        for (size_t i = 0; i < 2; i++) {
            int status = -1;
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            assert_int_equal(status, 0);
        }
        assert_opens_as_new();
        (void)teardown(state);
        (void)setup(state);
    }
}
