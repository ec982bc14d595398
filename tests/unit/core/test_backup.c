/* SPDX-License-Identifier: Apache-2.0 */
/* Online backups: whole, private, complete or absent, also while other instances publish, delete and collect.
 * Labels: threaded */

#include "store.h"
#include "core/instance/directory_internal.h"

#include <dirent.h>
#include <pthread.h>

struct target {
    char folder[64];
    char path[128];
};

static void target_begin(struct target *target, const char *folder) {
    snprintf(target->folder, sizeof target->folder, "%s/lreg-backup-XXXXXX", folder);
    assert_non_null(mkdtemp(target->folder));
    snprintf(target->path, sizeof target->path, "%s/copy", target->folder);
}

static void target_end(struct target *target) {
    nftw(target->folder, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Nothing else remains beside the backup, or after a failure. */
static size_t count_entries(const struct target *target) {
    size_t count = 0;
    const struct dirent *entry;
    DIR *folder = opendir(target->folder);
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    (void)closedir(folder);
    return count;
}

static void must_back_up(struct store *store, const char *path) {
    struct error err = {0};
    if (core_backup(store->core, path, false, &err) != LREG_OK) {
        fail_msg("core_backup: %s", err.message);
    }
}

static struct core *open_copy(struct store *store, const char *path) {
    struct core *core = NULL;
    struct error err = {0};
    struct core_options options = store->base.options;
    options.directory = path;
    options.backend = NULL;
    options.step_fault = NULL;
    if (core_open(&options, &core, &err) != LREG_OK) {
        fail_msg("core_open of the copy: %s", err.message);
    }
    return core;
}

static struct stat facts_of(const char *folder, const char *name) {
    char path[512];
    struct stat facts;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(lstat(path, &facts), 0);
    return facts;
}

static lreg_status take_key(void *user, const char *name, int64_t modified_ms, uint64_t length, struct error *err) {
    (void)modified_ms;
    (void)length;
    (void)err;
    snprintf(user, 300, "objects/%.2s/%.2s/%s", name, name + 2, name);
    return LREG_OK;
}

static void test_core_backup__opens_with_all_that_was_there(void **state) {
    struct store store;
    struct target target;
    (void)state;
    store_begin_plain(&store);
    target_begin(&target, "/tmp");
    must_publish(&store, "a", "alpha");
    must_publish(&store, "b", "beta");
    must_publish(&store, "gone", "gone");
    must_delete(&store, "gone");
    must_back_up(&store, target.path);
    assert_int_equal(count_entries(&target), 1);
    struct core *copy = open_copy(&store, target.path);
    assert_package(copy, store.registry, "a", "alpha");
    assert_package(copy, store.registry, "b", "beta");
    assert_no_package(copy, store.registry, "gone");
    assert_sound_and_clean(copy, 0);
    core_release(copy);
    target_end(&target);
    store_end(&store);
}

static void test_core_backup__is_as_private_as_the_instance(void **state) {
    struct store store;
    struct target target;
    char object[300] = "";
    (void)state;
    store_begin_plain(&store);
    target_begin(&target, "/tmp");
    must_publish(&store, "a", "alpha");
    must_back_up(&store, target.path);
    assert_int_equal(facts_of(target.path, ".").st_mode & 0777, 0700);
    assert_int_equal(facts_of(target.path, "instance.key").st_mode & 0777, 0600);
    assert_int_equal(facts_of(target.path, "registry.db").st_mode & 0777, 0600);
    assert_int_equal(storage_visit_all(store.core->storage, LREG_STORAGE_OBJECTS, take_key, object, NULL), LREG_OK);
    assert_int_not_equal(facts_of(target.path, object).st_ino, facts_of(store.base.directory, object).st_ino);
    assert_int_equal(facts_of(target.path, object).st_mode & 0777, 0600);
    assert_int_equal(facts_of(target.path, CORE_MARKER_FILE).st_mode & 0777, 0600);
    target_end(&target);
    store_end(&store);
}

/* Damage in place: a bad disk, or a program that writes where it should not. */
static void damage(const char *folder, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fputc('X', file), 'X');
    assert_int_equal(fclose(file), 0);
}

static void test_core_backup__damage_in_place_does_not_reach_a_copy(void **state) {
    struct store store;
    struct target target;
    char object[300] = "";
    (void)state;
    store_begin_plain(&store);
    target_begin(&target, "/tmp");
    must_publish(&store, "a", "alpha");
    must_back_up(&store, target.path);
    assert_int_equal(storage_visit_all(store.core->storage, LREG_STORAGE_OBJECTS, take_key, object, NULL), LREG_OK);
    damage(store.base.directory, object);
    struct core *copy = open_copy(&store, target.path);
    assert_package(copy, store.registry, "a", "alpha");
    (void)assert_sound(copy);
    core_release(copy);
    target_end(&target);
    store_end(&store);
}

static void test_core_backup__links_are_the_same_files(void **state) {
    struct store store;
    struct target target;
    char object[300] = "";
    struct error err = {0};
    (void)state;
    store_begin_plain(&store);
    target_begin(&target, "/tmp");
    must_publish(&store, "a", "alpha");
    assert_int_equal(core_backup(store.core, target.path, true, &err), LREG_OK);
    assert_int_equal(storage_visit_all(store.core->storage, LREG_STORAGE_OBJECTS, take_key, object, NULL), LREG_OK);
    assert_int_equal(facts_of(target.path, object).st_ino, facts_of(store.base.directory, object).st_ino);
    assert_int_not_equal(facts_of(target.path, "registry.db").st_ino,
                         facts_of(store.base.directory, "registry.db").st_ino);
    must_delete(&store, "a");
    (void)must_collect(store.core, 0);
    struct core *copy = open_copy(&store, target.path);
    assert_package(copy, store.registry, "a", "alpha");
    assert_sound_and_clean(copy, 0);
    core_release(copy);
    target_end(&target);
    store_end(&store);
}

static void test_core_backup__is_apart_from_the_instance(void **state) {
    struct store store;
    struct target target;
    (void)state;
    store_begin_plain(&store);
    target_begin(&target, "/tmp");
    must_publish(&store, "a", "alpha");
    must_back_up(&store, target.path);
    must_delete(&store, "a");
    must_publish(&store, "b", "beta");
    (void)must_collect(store.core, 0);
    struct core *copy = open_copy(&store, target.path);
    assert_package(copy, store.registry, "a", "alpha");
    assert_no_package(copy, store.registry, "b");
    assert_sound_and_clean(copy, 0);
    core_release(copy);
    assert_package(store.core, store.registry, "b", "beta");
    (void)assert_sound(store.core);
    target_end(&target);
    store_end(&store);
}

static void test_core_backup__goes_to_another_filesystem(void **state) {
    struct store store;
    struct target target;
    struct stat here;
    struct stat there;
    (void)state;
    if (stat("/tmp", &here) != 0 || stat("/dev/shm", &there) != 0 || here.st_dev == there.st_dev ||
        access("/dev/shm", W_OK) != 0) {
        skip(); /* no second filesystem */
    }
    store_begin_plain(&store);
    target_begin(&target, "/dev/shm");
    char *large = test_calloc(1, 700000);
    struct publication this = {.core = store.core, .registry = store.registry, .filename = "large"};
    assert_int_equal(publish_with(&this, large, 700000, NULL), LREG_OK);
    test_free(large);
    must_publish(&store, "a", "alpha");
    must_publish(&store, "empty", "");
    must_back_up(&store, target.path);
    struct core *copy = open_copy(&store, target.path);
    assert_package(copy, store.registry, "a", "alpha");
    assert_package(copy, store.registry, "empty", "");
    assert_sound_and_clean(copy, 0);
    core_release(copy);
    target_end(&target);
    store_end(&store);
}

static void test_core_backup__holds_more_blobs_than_a_page(void **state) {
    struct store store;
    struct target target;
    char text[16];
    (void)state;
    store_begin_plain(&store);
    target_begin(&target, "/tmp");
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "%d", i);
        must_publish(&store, text, text);
    }
    must_back_up(&store, target.path);
    struct core *copy = open_copy(&store, target.path);
    assert_int_equal(assert_sound(copy).blobs, 300);
    core_release(copy);
    target_end(&target);
    store_end(&store);
}

static void test_core_backup__never_replaces_anything(void **state) {
    struct store store;
    struct target target;
    struct error err = {0};
    (void)state;
    store_begin_plain(&store);
    target_begin(&target, "/tmp");
    must_back_up(&store, target.path);
    assert_int_equal(core_backup(store.core, target.path, false, &err), LREG_CONFLICT);
    assert_string_equal(err.code, "backup_exists");
    assert_int_equal(core_backup(store.core, store.base.directory, false, &err), LREG_CONFLICT);
    assert_int_equal(core_backup(store.core, "", false, &err), LREG_BAD_ARGUMENT);
    assert_int_equal(core_backup(store.core, "/no/such/folder/copy", false, &err), LREG_NOT_FOUND);
    assert_int_equal(count_entries(&target), 1);
    target_end(&target);
    store_end(&store);
}

static void test_core_backup__slashes_at_the_end_do_not_matter(void **state) {
    struct store store;
    struct target target;
    char path[160];
    (void)state;
    store_begin_plain(&store);
    target_begin(&target, "/tmp");
    snprintf(path, sizeof path, "%s//", target.path);
    must_back_up(&store, path);
    core_release(open_copy(&store, target.path));
    target_end(&target);
    store_end(&store);
}

static void test_core_backup__needs_a_directory_of_our_own(void **state) {
    struct store store;
    struct target target;
    struct error err = {0};
    (void)state;
    target_begin(&target, "/tmp");
    store_begin(&store); /* a backend of the host */
    assert_int_equal(core_backup(store.core, target.path, false, &err), LREG_UNSUPPORTED);
    assert_string_equal(err.code, "backup_unsupported");
    store_end(&store);
    store_prepare(&store);
    nftw(store.base.directory, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    store.base.directory[0] = '\0';
    store.base.options.directory = NULL;
    fixture_reopen(&store.base);
    assert_int_equal(core_backup(store.base.core, target.path, false, &err), LREG_UNSUPPORTED);
    store_end(&store);
    assert_int_equal(count_entries(&target), 0);
    target_end(&target);
}

/* The others are saved all the same, but the backup is not called whole. */
static void test_core_backup__a_lost_blob_is_told(void **state) {
    struct store store;
    struct target target;
    struct error err = {0};
    char object[300] = "";
    char path[512];
    (void)state;
    store_begin_plain(&store);
    target_begin(&target, "/tmp");
    must_publish(&store, "a", "alpha");
    assert_int_equal(storage_visit_all(store.core->storage, LREG_STORAGE_OBJECTS, take_key, object, NULL), LREG_OK);
    snprintf(path, sizeof path, "%s/%s", store.base.directory, object);
    assert_int_equal(unlink(path), 0);
    must_publish(&store, "b", "beta");
    must_publish(&store, "c", "gamma");
    assert_int_equal(core_backup(store.core, target.path, false, &err), LREG_CORRUPT);
    assert_string_equal(err.code, "backup_incomplete");
    assert_non_null(
        strstr(err.message, "8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8")); /* alpha */
    assert_int_equal(count_entries(&target), 1);
    struct core *copy = open_copy(&store, target.path);
    assert_package(copy, store.registry, "b", "beta");
    assert_package(copy, store.registry, "c", "gamma");
    core_release(copy);
    target_end(&target);
    store_end(&store);
}

/* --- Each call fails --- */

static void assert_backup_outcome(struct store *store, const struct target *target, lreg_status status) {
    if (status != LREG_OK) {
        assert_int_equal(count_entries(target), 0);
        return;
    }
    struct core *copy = open_copy(store, target->path);
    assert_package(copy, store->registry, "a", "alpha");
    (void)assert_sound(copy);
    core_release(copy);
}

static void test_core_backup__each_database_step_may_fail(void **state) {
    struct store store;
    struct target target;
    (void)state;
    store_begin_plain(&store);
    must_publish(&store, "a", "alpha");
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        target_begin(&target, "/tmp");
        steps_arm(&store.steps, n, 10);
        lreg_status status = core_backup(store.core, target.path, false, NULL);
        steps_disarm(&store.steps);
        assert_backup_outcome(&store, &target, status);
        target_end(&target);
    }
    store_end(&store);
}

static void test_core_backup__each_allocation_may_fail(void **state) {
    struct store store;
    struct target target;
    bool failed = true;
    (void)state;
    store_begin_plain(&store);
    must_publish(&store, "a", "alpha");
    for (size_t n = 1; failed; n++) {
        target_begin(&target, "/tmp");
        failing_allocator_fail_at(&store.memory, n, false);
        lreg_status status = core_backup(store.core, target.path, false, NULL);
        failed = failing_allocator_failed(&store.memory);
        failing_allocator_fail_at(&store.memory, 0, false);
        assert_true(status == LREG_OK || status == LREG_NO_MEMORY);
        assert_backup_outcome(&store, &target, status);
        target_end(&target);
    }
    store_end(&store);
}

/* --- During concurrent work --- */

struct rival {
    struct store *store;
    struct core *core;
    bool returns; /* the same content comes back under another key */
    lreg_status status;
};

/* Everything that the copy of the database may name disappears. */
static void delete_and_collect(void *user) {
    struct rival *rival = user;
    const struct core_package *package = NULL;
    struct core_collect_report report;
    if (core_package_find_by_filename(rival->core, rival->store->registry, "victim", &package, NULL) != LREG_OK) {
        return;
    }
    rival->status = core_package_delete(rival->core, &core_actor_host, package, NULL);
    core_package_release(package);
    if (rival->status == LREG_OK) {
        rival->status = core_collect(rival->core, 0, &report, NULL);
    }
    if (rival->status == LREG_OK && rival->returns) {
        rival->status = publish_text(rival->core, rival->store->registry, "again", "victim", NULL);
    }
}

static int64_t read_clock(void *user) {
    return atomic_load((atomic_llong *)user);
}

static void test_core_backup__a_collection_may_come_at_any_instant(void **state) {
    struct store store;
    struct target target;
    (void)state;
    store_begin_plain(&store);
    struct rival rival = {.store = &store, .core = store_second(&store, 1)};
    must_publish(&store, "a", "alpha");
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        target_begin(&target, "/tmp");
        struct publication victim = {
            .core = store.core, .registry = store.registry, .filename = "victim", .replace = true};
        assert_int_equal(publish_with(&victim, "victim", 6, NULL), LREG_OK);
        steps_interpose(&store.steps, n, delete_and_collect, &rival);
        lreg_status status = core_backup(store.core, target.path, false, NULL);
        steps_disarm(&store.steps);
        assert_int_equal(status, LREG_OK);
        assert_backup_outcome(&store, &target, status);
        assert_int_equal(count_entries(&target), 1);
        target_end(&target);
    }
    core_release(rival.core);
    store_end(&store);
}

static void test_core_backup__without_a_hold_the_database_is_copied_again(void **state) {
    struct store store;
    struct target target;
    (void)state;
    store_begin_plain(&store);
    struct rival rival = {.store = &store, .core = store_second(&store, 1)};
    /* The rival's clock is far ahead, so for the rival the hold has expired. */
    atomic_llong later = atomic_load(&store.base.now_ms) + 3600000;
    rival.core->hooks.clock.user = &later;
    rival.core->hooks.clock.now_ms = read_clock;
    rival.core->hooks.clock.uptime_ms = read_clock;
    size_t collected = 0;
    must_publish(&store, "a", "alpha");
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        target_begin(&target, "/tmp");
        must_delete_if_there(&store, "again");
        (void)must_collect(store.core, 0);
        struct publication victim = {
            .core = store.core, .registry = store.registry, .filename = "victim", .replace = true};
        assert_int_equal(publish_with(&victim, "victim", 6, NULL), LREG_OK);
        rival.returns = n % 2 == 0;
        steps_interpose(&store.steps, n, delete_and_collect, &rival);
        lreg_status status = core_backup(store.core, target.path, false, NULL);
        steps_disarm(&store.steps);
        assert_int_equal(status, LREG_OK);
        assert_backup_outcome(&store, &target, status);
        collected += atomic_load(&store.steps.hit) && rival.status == LREG_OK;
        target_end(&target);
    }
    assert_true(collected >= 3);
    core_release(rival.core);
    store_end(&store);
}

/* During a hold collectors remove no objects; after its end they do. */
static void test_core_backup__a_hold_keeps_collectors_off_for_a_while(void **state) {
    struct store store;
    (void)state;
    store_begin_plain(&store);
    must_publish(&store, "a", "alpha");
    must_delete(&store, "a");
    int64_t until_ms = atomic_load(&store.base.now_ms) + CORE_COLLECTION_PAUSE_MS;
    assert_int_equal(core_collection_pause_begin(store.core, until_ms, NULL), LREG_OK);
    assert_int_equal(core_collection_pause_begin(store.core, until_ms - 1, NULL), LREG_OK); /* the later one stays */
    assert_int_equal(must_collect(store.core, 0).blobs, 1);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 1);
    assert_int_equal(core_collection_pause_end(store.core, until_ms - 1, NULL), LREG_OK); /* not its own */
    (void)must_collect(store.core, 0);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 1);
    assert_int_equal(core_collection_pause_end(store.core, until_ms, NULL), LREG_OK);
    (void)must_collect(store.core, 0);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 0);

    must_publish(&store, "a", "alpha");
    must_delete(&store, "a");
    assert_int_equal(core_collection_pause_begin(store.core, until_ms, NULL), LREG_OK);
    fixture_pass_ms(&store.base, CORE_COLLECTION_PAUSE_MS);
    (void)must_collect(store.core, 0);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 0);
    store_end(&store);
}

struct busy {
    pthread_t thread;
    struct store *store;
    atomic_bool stop;
    lreg_status status;
};

static void *publish_and_delete(void *user) {
    struct busy *busy = user;
    for (int i = 0; !atomic_load(&busy->stop) && busy->status == LREG_OK; i++) {
        char text[16];
        struct core_collect_report report;
        const struct core_package *package = NULL;
        snprintf(text, sizeof text, "t-%d", i);
        busy->status = publish_text(busy->store->core, busy->store->registry, text, text, NULL);
        snprintf(text, sizeof text, "t-%d", i - 3);
        if (busy->status == LREG_OK && i >= 3 &&
            core_package_find_by_filename(busy->store->core, busy->store->registry, text, &package, NULL) == LREG_OK) {
            busy->status = core_package_delete(busy->store->core, &core_actor_host, package, NULL);
            core_package_release(package);
        }
        if (busy->status == LREG_OK && i % 4 == 0) {
            busy->status = core_collect(busy->store->core, 3600000, &report, NULL);
        }
    }
    return NULL;
}

static void test_core_backup__others_publish_delete_and_collect_meanwhile(void **state) {
    struct store store;
    (void)state;
    store_begin_plain(&store);
    must_publish(&store, "a", "alpha");
    struct busy busy = {.store = &store};
    assert_int_equal(pthread_create(&busy.thread, NULL, publish_and_delete, &busy), 0);
    for (int i = 0; i < 10; i++) {
        struct target target;
        target_begin(&target, "/tmp");
        must_back_up(&store, target.path);
        assert_backup_outcome(&store, &target, LREG_OK);
        target_end(&target);
    }
    atomic_store(&busy.stop, true);
    assert_int_equal(pthread_join(busy.thread, NULL), 0);
    assert_int_equal(busy.status, LREG_OK);
    assert_sound_and_clean(store.core, 0);
    store_end(&store);
}
