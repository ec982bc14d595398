/* SPDX-License-Identifier: Apache-2.0 */
/* One directory, opened with several storages in turn: nothing is lost, in any order, also when a process is killed. */
#include "unit/core/store.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#define STORAGES 3 /* "local", "a" and "b" */
#define OPENINGS 3
#define SESSION_AGE_MS INT64_C(90000000)

/* The storages of a host are folders of their own, which outlive the process. */
static const char *const names[STORAGES] = {CORE_STORAGE_LOCAL, "a", "b"};
static char folders[STORAGES][80];
static struct fixture fixture;
static struct steps steps;
static struct fault_backend fault;
static const struct core_registry *registry;

static int setup(void **state) {
    (void)state;
    struct hooks real;
    hooks_default(&real);
    fixture_prepare(&fixture);
    fixture_make_directory(&fixture);
    atomic_store(&fixture.now_ms, hooks_now_ms(&real) + 60000);
    memset(&steps, 0, sizeof steps);
    fixture.options.step_fault = store_step;
    fixture.options.step_fault_user = &steps;
    for (size_t i = 1; i < STORAGES; i++) {
        (void)snprintf(folders[i], sizeof folders[i], "%s-%s", fixture.directory, names[i]);
    }
    return 0;
}

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *position) {
    (void)facts;
    (void)type;
    (void)position;
    return remove(path);
}

static int teardown(void **state) {
    (void)state;
    fixture_close(&fixture);
    for (size_t i = 1; i < STORAGES; i++) {
        (void)nftw(folders[i], remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    }
    return 0;
}

static void choose(size_t which, lreg_storage_backend *table) {
    lreg_storage_backend inner;
    void *inner_state = NULL;
    fixture.options.backend = NULL;
    fixture.options.backend_name = NULL;
    if (which > 0) {
        assert_int_equal(
            storage_filesystem_table(&fixture.options.hooks, folders[which], false, &inner, &inner_state, NULL),
            LREG_OK);
        fault_backend_wrap(&fault, &inner, inner_state, table);
        fixture.options.backend = table;
        fixture.options.backend_state = &fault;
        fixture.options.backend_name = names[which];
    }
}

static void close_instance(void) {
    core_registry_release(registry);
    registry = NULL;
    core_release(fixture.core);
    fixture.core = NULL;
}

static void find_registry(void) {
    const struct core_organization *organization = NULL;
    if (core_organization_find(fixture.core, "acme", &organization, NULL) == LREG_OK) {
        assert_int_equal(core_registry_find(fixture.core, "acme", "files", &registry, NULL), LREG_OK);
    } else {
        organization = fixture_organization(fixture.core, "acme");
        registry = fixture_registry(fixture.core, organization, "files", false);
    }
    core_organization_release(organization);
}

static void open_with(size_t which) {
    lreg_storage_backend table;
    close_instance();
    choose(which, &table);
    fixture_reopen(&fixture);
    find_registry();
}

static void must_store(const char *filename, const char *text) {
    struct error err = {0};
    if (publish_text(fixture.core, registry, filename, text, &err) != LREG_OK) {
        fail_msg("publish %s: %s", filename, err.message);
    }
}

/* Whether the package can be read; if not, its storage is not open. */
static bool is_readable(const char *filename, const char *text) {
    char got[64];
    lreg_status status = read_package_text(fixture.core, registry, filename, got, sizeof got);
    if (status == LREG_OK) {
        assert_string_equal(got, text);
    } else {
        assert_int_equal(status, LREG_BUSY);
    }
    return status == LREG_OK;
}

/* Collects twice, so that what the first made unnamed is gone, and finds nothing bad. */
static void tend(void) {
    (void)must_collect(fixture.core, 1);
    (void)must_collect(fixture.core, 1);
    struct core_verify_report report = assert_sound(fixture.core);
    assert_int_equal(report.unnamed_objects, 0);
    assert_int_equal(count_stored(fixture.core, LREG_STORAGE_OBJECTS), report.blobs);
}

/* --- Every order --- */

/* Opening number `at` with storage `which`: publishes equal bytes each time, and others. `stored` says where the equal
 * ones are. */
static void play_opening(size_t which, size_t at, bool stored[STORAGES]) {
    char own[16];
    char text[16];
    (void)snprintf(own, sizeof own, "own-%zu", at);
    (void)snprintf(text, sizeof text, "text %zu", at);
    open_with(which);
    if (at > 0) {
        assert_int_equal(is_readable("equal", "equal"), stored[which]);
    }
    must_store("equal", "equal");
    stored[which] = true;
    must_store(own, text);
    assert_true(is_readable("equal", "equal"));
    assert_true(is_readable(own, text));
    tend();
    assert_true(is_readable("equal", "equal"));
    close_instance();
}

static void check_all(const size_t order[OPENINGS], const bool stored[STORAGES]) {
    for (size_t which = 0; which < STORAGES; which++) {
        open_with(which);
        tend();
        assert_int_equal(is_readable("equal", "equal"), stored[which]);
        for (size_t at = 0; at < OPENINGS; at++) {
            char own[16];
            char text[16];
            (void)snprintf(own, sizeof own, "own-%zu", at);
            (void)snprintf(text, sizeof text, "text %zu", at);
            assert_int_equal(is_readable(own, text), order[at] == which);
        }
        close_instance();
    }
}

static void test_core_storages__openings_in_every_order_lose_nothing(void **state) {
    for (size_t number = 0; number < STORAGES * STORAGES * STORAGES; number++) {
        const size_t order[OPENINGS] = {number % STORAGES, number / STORAGES % STORAGES, number / STORAGES / STORAGES};
        bool stored[STORAGES] = {false};
        for (size_t at = 0; at < OPENINGS; at++) {
            play_opening(order[at], at, stored);
        }
        check_all(order, stored);
        (void)teardown(state);
        (void)setup(state);
    }
}

static void test_core_storages__a_deleted_package_leaves_each_storage_when_that_is_open(void **state) {
    (void)state;
    open_with(0);
    must_store("equal", "equal");
    open_with(1);
    must_store("equal", "equal");
    const struct core_package *package = NULL;
    assert_int_equal(core_package_find_by_filename(fixture.core, registry, "equal", &package, NULL), LREG_OK);
    assert_int_equal(core_package_delete(fixture.core, &core_actor_host, package, NULL), LREG_OK);
    core_package_release(package);
    /* The row in the other storage still names the content, and is not this storage's to remove. */
    (void)must_collect(fixture.core, 1);
    open_with(0);
    tend();
    assert_int_equal(count_stored(fixture.core, LREG_STORAGE_OBJECTS), 0);
    open_with(1);
    tend();
    assert_int_equal(count_stored(fixture.core, LREG_STORAGE_OBJECTS), 0);
    close_instance();
}

/* The bytes under another name are not leftovers. */
static void test_core_storages__a_storage_under_a_new_name_is_not_swept(void **state) {
    (void)state;
    open_with(1);
    must_store("equal", "equal");
    close_instance();
    memcpy(folders[2], folders[1], sizeof folders[2]);
    open_with(2);
    (void)must_collect(fixture.core, 1);
    assert_int_equal(count_stored(fixture.core, LREG_STORAGE_OBJECTS), 1);
    assert_false(is_readable("equal", "equal"));
    close_instance();
    open_with(1);
    assert_true(is_readable("equal", "equal"));
    tend();
    close_instance();
}

static lreg_status keep_finding(void *user, const char *message) {
    (void)snprintf(user, 200, "%s", message);
    return LREG_OK;
}

static void test_core_storages__verify_names_what_it_did_not_read(void **state) {
    (void)state;
    char finding[200] = "";
    struct core_verify_report report = {0};
    open_with(1);
    must_store("one", "1");
    must_store("two", "2");
    open_with(0);
    assert_int_equal(core_verify(fixture.core, keep_finding, finding, &report, NULL), LREG_OK);
    assert_int_equal(report.unreadable, 2);
    assert_int_equal(report.blobs + report.missing + report.damaged + report.unnamed_objects, 0);
    assert_non_null(strstr(finding, "\"a\""));
    close_instance();
}

static void test_core_storages__a_backup_is_of_the_files_alone(void **state) {
    (void)state;
    char place[96];
    open_with(1);
    must_store("elsewhere", "1");
    open_with(0);
    must_store("here", "2");
    (void)snprintf(place, sizeof place, "%s-backup", fixture.directory);
    assert_int_equal(core_backup(fixture.core, place, false, NULL), LREG_OK);
    close_instance();
    const char *directory = fixture.options.directory;
    fixture.options.directory = place;
    open_with(0);
    assert_true(is_readable("here", "2"));
    assert_false(is_readable("elsewhere", "1"));
    close_instance();
    open_with(1);
    assert_true(is_readable("elsewhere", "1"));
    close_instance();
    fixture.options.directory = directory;
    (void)nftw(place, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* --- Upload sessions --- */

static void test_core_storages__a_session_waits_for_its_storage(void **state) {
    (void)state;
    char id[ID_TEXT];
    struct meta_upload upload;
    struct arena arena;
    struct error err = {0};
    struct core_blob_writer *writer = NULL;
    open_with(1);
    assert_int_equal(core_upload_begin(fixture.core, registry, core_actor_host.principal, "image", id, NULL), LREG_OK);
    open_with(0);
    (void)must_collect(fixture.core, 0); /* without a grace period all sessions end that are in this storage */
    arena_init(&arena, &fixture.options.hooks, 1 << 16); /* longer than one instance */
    assert_int_equal(
        core_upload_find(fixture.core, registry, "image", id, core_actor_host.principal, &arena, &upload, NULL),
        LREG_OK);
    assert_int_equal(core_blob_writer_resume(fixture.core, &upload, 100, &writer, &err), LREG_BUSY);
    assert_string_equal(err.code, "storage_unknown");
    open_with(1);
    assert_int_equal(core_blob_writer_resume(fixture.core, &upload, 100, &writer, NULL), LREG_OK);
    core_blob_writer_detach(writer);
    open_with(0);
    assert_int_equal(core_upload_cancel(fixture.core, &upload, NULL), LREG_OK);
    arena_free(&arena);
    open_with(1);
    atomic_fetch_add(&fixture.now_ms, SESSION_AGE_MS);
    (void)must_collect(fixture.core, 1);
    assert_int_equal(count_stored(fixture.core, LREG_STORAGE_STAGES), 0);
    close_instance();
}

/* --- Kills --- */

/* By the signal itself: a checker of memory does not look at what a killed process leaves. */
static void die(void) {
    (void)raise(SIGKILL);
}

static void die_at_step(void *user) {
    (void)user;
    die();
}

/* Publishes equal bytes with the other storage, and new ones, deletes, and collects. */
static void work_elsewhere(size_t which, uint64_t step, uint64_t call) {
    steps_interpose(&steps, step, die_at_step, NULL);
    lreg_storage_backend table;
    choose(which, &table);
    fault.act = die;
    if (which > 0) {
        fault_backend_arm(&fault, call, LREG_IO, FAULT_BEFORE);
        fault.act = die;
    }
    fixture_reopen(&fixture);
    find_registry();
    must_store("equal", "equal");
    must_store("mine", "mine");
    const struct core_package *package = NULL;
    assert_int_equal(core_package_find_by_filename(fixture.core, registry, "mine", &package, NULL), LREG_OK);
    assert_int_equal(core_package_delete(fixture.core, &core_actor_host, package, NULL), LREG_OK);
    core_package_release(package);
    (void)must_collect(fixture.core, 1);
    close_instance();
}

/* True when the process was killed before it was done. */
static bool kill_at(size_t which, uint64_t step, uint64_t call) {
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        work_elsewhere(which, step, call);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    assert_true(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    return killed;
}

static void check_after_kill(size_t first, size_t second) {
    const size_t order[] = {first, second, first};
    for (size_t i = 0; i < 3; i++) {
        open_with(order[i]);
        if (order[i] == first) {
            assert_true(is_readable("equal", "equal"));
        }
        tend();
        must_store("equal", "equal");
        assert_true(is_readable("equal", "equal"));
        assert_true(is_readable("old", "old") == (order[i] == first));
        close_instance();
    }
}

/* The directory as it is before the kill, each time. */
static void begin_with(size_t first) {
    open_with(first);
    must_store("equal", "equal");
    must_store("old", "old");
    close_instance();
}

static void kill_everywhere(void **state, size_t first, size_t second, bool at_calls) {
    bool killed = true;
    uint64_t count = 0;
    for (uint64_t n = 1; killed; n++) {
        begin_with(first);
        killed = kill_at(second, at_calls ? 0 : n, at_calls ? n : 0);
        check_after_kill(first, second);
        (void)teardown(state);
        (void)setup(state);
        count = n;
    }
    assert_true(count > 8);
}

static void test_core_storages__a_kill_before_any_step_of_the_database_loses_nothing(void **state) {
    kill_everywhere(state, 0, 1, false);
    kill_everywhere(state, 1, 0, false);
}

static void test_core_storages__a_kill_before_any_call_of_the_storage_loses_nothing(void **state) {
    kill_everywhere(state, 0, 1, true);
    kill_everywhere(state, 2, 1, true);
}

/* --- Directories from before storages had names --- */

static void run_sql(const char *sql) {
    char path[128];
    sqlite3 *database = NULL;
    (void)snprintf(path, sizeof path, "%s/" META_DATABASE_FILE, fixture.directory);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(database);
}

/* What the directory would be if the version before had made it with that storage. */
static void make_old(size_t which) {
    char id[ID_TEXT];
    open_with(which);
    must_store("old", "old");
    must_store("gone", "gone");
    must_delete_if_there(&(struct store){.core = fixture.core, .registry = registry}, "gone");
    assert_int_equal(core_upload_begin(fixture.core, registry, core_actor_host.principal, "image", id, NULL), LREG_OK);
    close_instance();
    run_sql("DROP TRIGGER blobs_stored; DROP TRIGGER doomed_stored; DROP TRIGGER blobs_copies_released;"
            "DROP TABLE storages; DROP INDEX blobs_unchecked;"
            "CREATE INDEX blobs_unchecked ON blobs (id) WHERE unchecked = 1;"
            "UPDATE blobs SET storage = 'default'; UPDATE uploads SET storage = 'default';"
            "INSERT INTO doomed VALUES ('default', 'x');"
            "PRAGMA user_version = 6");
}

/* For each first opening after the migration, then for each second one. */
static void test_core_storages__rows_without_a_name_get_that_of_their_storage(void **state) {
    for (size_t made = 0; made < 2; made++) {
        for (size_t first = 0; first < 2; first++) {
            make_old(made);
            open_with(first);
            assert_int_equal(is_readable("old", "old"), first == made);
            tend();
            must_store("new", "new");
            open_with(1 - first);
            tend();
            assert_int_equal(is_readable("old", "old"), 1 - first == made);
            open_with(made);
            assert_true(is_readable("old", "old"));
            tend();
            assert_int_equal(is_readable("new", "new"), first == made);
            close_instance();
            (void)teardown(state);
            (void)setup(state);
        }
    }
}

static void test_core_storages__memory_takes_no_rows_without_a_name(void **state) {
    (void)state;
    make_old(1);
    choose(0, NULL);
    fixture.options.memory_storage = true;
    fixture_reopen(&fixture);
    find_registry();
    (void)must_collect(fixture.core, 1);
    assert_false(is_readable("old", "old"));
    must_store("old", "old");
    assert_true(is_readable("old", "old"));
    close_instance();
    fixture.options.memory_storage = false;
    open_with(1);
    assert_true(is_readable("old", "old"));
    tend();
    close_instance();
}

static void test_core_storages__an_interrupted_migration_is_run_again(void **state) {
    (void)state;
    bool killed = true;
    for (uint64_t n = 1; killed; n++) {
        int status = 0;
        make_old(1);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            steps_interpose(&steps, n, die_at_step, NULL);
            open_with(1);
            close_instance();
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        killed = WIFSIGNALED(status);
        open_with(0);
        assert_false(is_readable("old", "old"));
        open_with(1);
        assert_true(is_readable("old", "old"));
        tend();
        close_instance();
        (void)teardown(state);
        (void)setup(state);
    }
}
