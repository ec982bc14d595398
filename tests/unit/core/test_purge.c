/* SPDX-License-Identifier: Apache-2.0 */
/* The deletion of a registry with many packages: short transactions, and no inconsistency in between. */

#include "store.h"
#include "unit/core/organizations.h"

#include <sqlite3.h>

#define PAGE 256 /* rows of one transaction */
#define PACKAGES (2 * PAGE + 88)

/* Inspects the database from outside before each step of a deletion. */
struct watch {
    struct store *store;
    struct core *second; /* as of another process */
    sqlite3 *database;
    void (*between)(struct watch *watch); /* called when the registry is deleted and the lock is free */
    int64_t left; /* rows of the deleted registry, as last seen */
    int64_t most; /* that were removed between two inspections */
    int turns; /* how often another could have written after the deletion and before its end */
    bool is_busy; /* its own statements are steps too */
};

static int64_t number(const struct watch *watch, const char *sql) {
    sqlite3_stmt *handle = NULL;
    assert_int_equal(sqlite3_prepare_v2(watch->database, sql, -1, &handle, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(handle), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(handle, 0);
    (void)sqlite3_finalize(handle);
    return value;
}

static bool is_deleted(const struct watch *watch) {
    return number(watch, "SELECT count(*) FROM registries WHERE organization_id = ''") > 0;
}

static int64_t count_left(const struct watch *watch) {
    return number(watch, "SELECT count(*) FROM packages WHERE registry_id IN"
                         " (SELECT id FROM registries WHERE organization_id = '')");
}

static bool lock_is_free(const struct watch *watch) {
    return sqlite3_exec(watch->database, "BEGIN IMMEDIATE; ROLLBACK", NULL, NULL, NULL) == SQLITE_OK;
}

static void look(void *user) {
    struct watch *watch = user;
    struct steps *steps = &watch->store->steps;
    steps->at = atomic_load(&steps->calls) + 1; /* before the next one too */
    if (watch->is_busy || !is_deleted(watch)) {
        return;
    }
    int64_t left = count_left(watch);
    watch->most = watch->left - left > watch->most ? watch->left - left : watch->most;
    watch->left = left;
    if (lock_is_free(watch)) {
        watch->is_busy = true;
        watch->turns++;
        if (watch->between != NULL) {
            watch->between(watch);
        }
        watch->is_busy = false;
    }
}

static void watch_begin(struct watch *watch, struct store *store, int packages) {
    char path[128];
    *watch = (struct watch){.store = store, .left = packages};
    store_begin(store);
    for (int i = 0; i < packages; i++) {
        char name[16];
        snprintf(name, sizeof name, "p-%d", i);
        must_publish(store, name, "the same");
    }
    snprintf(path, sizeof path, "%s/registry.db", store->base.directory);
    assert_int_equal(sqlite3_open(path, &watch->database), SQLITE_OK);
    watch->second = store_second(store, 0);
}

static void watch_end(struct watch *watch) {
    steps_disarm(&watch->store->steps);
    core_release(watch->second);
    assert_int_equal(sqlite3_close(watch->database), SQLITE_OK);
    store_end(watch->store);
}

/* The deletion, with `between` called whenever other writers can get the lock. */
static void delete_under_watch(struct watch *watch, void (*between)(struct watch *watch)) {
    struct store *store = watch->store;
    struct error err = {0};
    watch->between = between;
    steps_interpose(&store->steps, 1, look, watch);
    if (core_registry_delete(store->core, &core_actor_host, store->registry, &err) != LREG_OK) {
        fail_msg("core_registry_delete: %s", err.message);
    }
    steps_disarm(&store->steps);
}

static void test_core_purge__each_transaction_takes_a_page_at_most(void **state) {
    struct store store;
    struct watch watch;
    (void)state;
    watch_begin(&watch, &store, PACKAGES);
    delete_under_watch(&watch, NULL);
    assert_int_equal(watch.most, PAGE);
    assert_true(watch.turns >= 3); /* after the deletion and after each full page */
    assert_false(is_deleted(&watch));
    assert_int_equal(number(&watch, "SELECT count(*) FROM packages"), 0);
    assert_sound_and_clean(store.core, 0);
    watch_end(&watch);
}

/* No writer waits until the last of very many packages is removed. */
static void test_core_purge__of_very_many_packages_the_collector_has_the_rest(void **state) {
    enum {
        DELETED = 8 * PAGE
    };
    struct store store;
    struct watch watch;
    (void)state;
    watch_begin(&watch, &store, DELETED + 100);
    assert_int_equal(core_registry_delete(store.core, &core_actor_host, store.registry, NULL), LREG_OK);
    assert_int_equal(count_left(&watch), 100);
    (void)assert_sound(store.core);
    (void)must_collect(store.core, 0);
    assert_int_equal(number(&watch, "SELECT count(*) FROM packages"), 0);
    assert_false(is_deleted(&watch));
    watch_end(&watch);
}

/* --- concurrent operations --- */

static void publish_beside(struct watch *watch) {
    const struct core_registry *registry = NULL;
    char name[16];
    assert_int_equal(core_registry_find(watch->second, "acme", "other", &registry, NULL), LREG_OK);
    snprintf(name, sizeof name, "o-%d", watch->turns);
    assert_int_equal(publish_text(watch->second, registry, name, "the same", NULL), LREG_OK);
    core_registry_release(registry);
}

/* Others publish the content that the deleted registry had. */
static void test_core_purge__others_publish_between_the_pages(void **state) {
    struct store store;
    struct watch watch;
    char name[16];
    (void)state;
    watch_begin(&watch, &store, PACKAGES);
    const struct core_registry *other = fixture_registry(store.core, store.organization, "other", false);
    delete_under_watch(&watch, publish_beside);
    assert_true(watch.turns >= 3);
    assert_sound_and_clean(store.core, 0);
    for (int i = 1; i <= watch.turns; i++) {
        snprintf(name, sizeof name, "o-%d", i);
        assert_package(store.core, other, name, "the same");
    }
    core_registry_release(other);
    watch_end(&watch);
}

static void collect_beside(struct watch *watch) {
    watch->between = NULL;
    (void)assert_sound(watch->second);
    (void)must_collect(watch->second, 0);
    assert_false(is_deleted(watch));
    (void)assert_sound(watch->second);
}

static void test_core_purge__a_collector_may_be_faster(void **state) {
    struct store store;
    struct watch watch;
    (void)state;
    watch_begin(&watch, &store, PACKAGES);
    delete_under_watch(&watch, collect_beside);
    assert_sound_and_clean(store.core, 0);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 0);
    watch_end(&watch);
}

static void make_it_again(struct watch *watch) {
    const struct core_organization *organization = NULL;
    const struct core_registry *registry = NULL;
    watch->between = NULL;
    assert_int_equal(core_organization_find(watch->second, "acme", &organization, NULL), LREG_OK);
    assert_int_equal(core_registry_find(watch->second, "acme", "files", &registry, NULL), LREG_NOT_FOUND);
    registry = fixture_registry(watch->second, organization, "files", false);
    assert_no_package(watch->second, registry, "p-599");
    assert_int_equal(publish_text(watch->second, registry, "p-599", "another", NULL), LREG_OK);
    core_registry_release(registry);
    core_organization_release(organization);
}

static void test_core_purge__the_slug_is_free_before_the_packages_are_gone(void **state) {
    struct store store;
    struct watch watch;
    const struct core_registry *again = NULL;
    (void)state;
    watch_begin(&watch, &store, PACKAGES);
    delete_under_watch(&watch, make_it_again);
    assert_int_equal(core_registry_find(store.core, "acme", "files", &again, NULL), LREG_OK);
    assert_sound_and_clean(store.core, 0);
    assert_package(store.core, again, "p-599", "another");
    core_registry_release(again);
    watch_end(&watch);
}

static void delete_the_organization(struct watch *watch) {
    watch->between = NULL;
    assert_int_equal(delete_organization(watch->second, "acme", NULL), LREG_OK);
}

static void test_core_purge__the_organisation_can_go_before_the_packages(void **state) {
    struct store store;
    struct watch watch;
    (void)state;
    watch_begin(&watch, &store, PACKAGES);
    delete_under_watch(&watch, delete_the_organization);
    assert_int_equal(number(&watch, "SELECT count(*) FROM packages"), 0);
    assert_sound_and_clean(store.core, 0);
    watch_end(&watch);
}

/* --- after a crash --- */

/* Fails the first step that finds the registry deleted: everything after that commit never happens. */
static void crash(void *user) {
    struct watch *watch = user;
    struct steps *steps = &watch->store->steps;
    steps->at = atomic_load(&steps->calls) + 1;
    steps->code = is_deleted(watch) ? SQLITE_FULL : 0;
}

static void delete_and_crash(struct watch *watch) {
    struct store *store = watch->store;
    steps_interpose(&store->steps, 1, crash, watch);
    assert_int_equal(core_registry_delete(store->core, &core_actor_host, store->registry, NULL), LREG_OK);
    steps_disarm(&store->steps);
    assert_true(is_deleted(watch));
    assert_int_equal(count_left(watch), watch->left);
}

static void assert_gone(struct core *core, const struct store *store, const char *secret) {
    const struct core_registry *found = NULL;
    const struct core_package *package = NULL;
    struct auth_principal principal;
    struct meta_package *rows = NULL;
    size_t count = 9;
    struct arena arena;
    struct error err = {0};
    const struct meta_package_query query = {.registry_id = store->registry->row.id, .limit = 10};
    arena_init(&arena, core_hooks(core), 1 << 20);
    assert_int_equal(core_registry_find(core, "acme", "files", &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(core_authenticate(core, secret, &principal, &err), LREG_UNAUTHENTICATED);
    assert_string_equal(err.code, "unknown_token");
    assert_int_equal(core_package_find_by_filename(core, store->registry, "p-1", &package, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "package_unknown");
    assert_int_equal(core_package_list(core, &query, &arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(core_registry_delete(core, &core_actor_host, store->registry, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "registry_unknown");
    arena_free(&arena);
}

static void test_core_purge__after_a_crash_it_is_gone_and_the_collector_takes_the_rest(void **state) {
    struct store store;
    struct watch watch;
    const struct core_token *token = NULL;
    (void)state;
    watch_begin(&watch, &store, PACKAGES);
    const struct core_registry *other = fixture_registry(store.core, store.organization, "other", false);
    assert_int_equal(publish_text(store.core, other, "kept", "the same", NULL), LREG_OK);
    assert_int_equal(core_token_create_registry(store.core, &core_actor_host, store.registry, "", &token, NULL),
                     LREG_OK);
    must_publish(&store, "own", "its own");
    watch.left++;
    delete_and_crash(&watch);
    assert_gone(store.core, &store, token->secret);
    assert_gone(watch.second, &store, token->secret);
    (void)assert_sound(store.core);
    struct core_collect_report report = must_collect(watch.second, 0);
    assert_int_equal(report.blobs, 1);
    assert_int_equal(number(&watch, "SELECT count(*) FROM packages"), 1);
    assert_int_equal(number(&watch, "SELECT count(*) FROM tokens"), 0);
    assert_false(is_deleted(&watch));
    assert_sound_and_clean(store.core, 0);
    assert_package(store.core, other, "kept", "the same");
    core_token_release(token);
    core_registry_release(other);
    watch_end(&watch);
}

/* Uploads in progress when it was deleted are refused in the usual way, whether it is purged or not. */
static void test_core_purge__nothing_is_published_into_what_is_not_purged_yet(void **state) {
    struct store store;
    struct watch watch;
    struct core_blob_writer *writer = NULL;
    struct error err = {0};
    char id[ID_TEXT];
    (void)state;
    watch_begin(&watch, &store, 3);
    struct publication late = {.core = store.core, .registry = store.registry, .filename = "late"};
    assert_int_equal(core_blob_writer_new(store.core, 0, 1000, &writer, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, "late", 4, NULL), LREG_OK);
    delete_and_crash(&watch);
    assert_int_equal(publication_finish(&late, writer, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "registry_unknown");
    err = (struct error){0};
    assert_int_equal(core_upload_begin(store.core, store.registry, core_actor_host.principal, "app", id, &err),
                     LREG_NOT_FOUND);
    assert_string_equal(err.code, "registry_unknown");
    assert_int_equal(count_left(&watch), 3);
    assert_sound_and_clean(store.core, 0);
    watch_end(&watch);
}
