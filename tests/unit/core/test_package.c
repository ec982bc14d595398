/* SPDX-License-Identifier: Apache-2.0 */
/* Packages: added, judged, found in the cache, listed, deleted; and the counting of downloads. Labels: threaded */

#include "store.h"

#include <pthread.h>

static struct publication publication_of(struct store *store, const char *filename) {
    return (struct publication){.core = store->core, .registry = store->registry, .filename = filename};
}

static size_t count_events(struct store *store, const char *type, char subject[64], char data[256]) {
    struct arena arena;
    struct meta_audit_event event = {0};
    arena_init(&arena, core_hooks(store->core), 1 << 20);
    size_t count = fixture_events(store->core, store->organization, type, &arena, &event);
    if (count > 0) {
        snprintf(subject, 64, "%s", event.subject);
        snprintf(data, 256, "%s", event.data);
    }
    arena_free(&arena);
    return count;
}

static uint64_t revision(struct store *store) {
    const struct core_registry *registry = NULL;
    assert_int_equal(core_registry_find(store->core, "acme", "files", &registry, NULL), LREG_OK);
    uint64_t value = registry->row.revision;
    core_registry_release(registry);
    return value;
}

static const struct core_package *must_find(struct store *store, const char *filename) {
    const struct core_package *package = NULL;
    assert_int_equal(core_package_find_by_filename(store->core, store->registry, filename, &package, NULL), LREG_OK);
    return package;
}

static void test_core_package__put_fills_in_who_when_and_which(void **state) {
    struct store store;
    char subject[64];
    char data[256];
    (void)state;
    store_begin(&store);
    uint64_t before = revision(&store);
    struct publication this = publication_of(&store, "a-1.0.zip");
    assert_int_equal(publish_with(&this, "bytes", 5, NULL), LREG_OK);
    assert_true(this.created);
    const struct core_package *package = must_find(&store, "a-1.0.zip");
    assert_true(id_is_valid(package->row.id));
    assert_string_equal(package->row.registry_id, store.registry->row.id);
    assert_string_equal(package->row.published_by, "host");
    assert_int_equal(package->row.created_ms, atomic_load(&store.base.now_ms));
    assert_int_equal(package->row.updated_ms, atomic_load(&store.base.now_ms));
    assert_string_equal(package->registry->row.slug, "files");
    assert_int_equal(revision(&store), before + 1);
    assert_int_equal(count_events(&store, "PackageCreatedEvent", subject, data), 1);
    assert_string_equal(subject, "a-1.0.zip");
    assert_non_null(strstr(data, package->row.id));
    core_package_release(package);
    store_end(&store);
}

static void test_core_package__equal_bytes_are_the_same_package(void **state) {
    struct store store;
    char subject[64];
    char data[256];
    (void)state;
    store_begin(&store);
    struct publication this = publication_of(&store, "a");
    assert_int_equal(publish_with(&this, "bytes", 5, NULL), LREG_OK);
    const struct core_package *first = must_find(&store, "a");
    uint64_t before = revision(&store);
    fixture_pass_ms(&store.base, 1000);
    assert_int_equal(publish_with(&this, "bytes", 5, NULL), LREG_OK);
    assert_false(this.created);
    const struct core_package *second = must_find(&store, "a");
    assert_string_equal(second->row.id, first->row.id);
    assert_int_equal(second->row.updated_ms, first->row.updated_ms);
    assert_int_equal(revision(&store), before);
    assert_int_equal(count_events(&store, "PackageUpdatedEvent", subject, data), 0);
    core_package_release(first);
    core_package_release(second);
    store_end(&store);
}

static void test_core_package__other_bytes_are_a_conflict(void **state) {
    struct store store;
    struct error err = {0};
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "first");
    assert_int_equal(publish_text(store.core, store.registry, "a", "second", &err), LREG_CONFLICT);
    assert_string_equal(err.code, "package_exists");
    assert_package(store.core, store.registry, "a", "first");
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 1);
    store_end(&store);
}

static void allow_overwrite(struct store *store) {
    struct core_registry_settings settings;
    core_registry_settings_init(&settings);
    settings.allow_overwrite = 1;
    assert_int_equal(core_registry_update(store->core, &core_actor_host, store->registry, &settings, NULL, NULL),
                     LREG_OK);
}

static void test_core_package__a_registry_may_allow_other_bytes(void **state) {
    struct store store;
    char subject[64];
    char data[256];
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "first");
    const struct core_package *before = must_find(&store, "a");
    allow_overwrite(&store); /* the registry snapshot that is used below does not know */
    fixture_pass_ms(&store.base, 1000);
    struct publication this = publication_of(&store, "a");
    assert_int_equal(publish_with(&this, "second", 6, NULL), LREG_OK);
    assert_false(this.created);
    const struct core_package *after = must_find(&store, "a");
    assert_string_equal(after->row.id, before->row.id);
    assert_int_equal(after->row.created_ms, before->row.created_ms);
    assert_int_equal(after->row.updated_ms, before->row.updated_ms + 1000);
    assert_package(store.core, store.registry, "a", "second");
    assert_int_equal(count_events(&store, "PackageUpdatedEvent", subject, data), 1);
    core_package_release(before);
    core_package_release(after);
    assert_sound_and_clean(store.core, 0);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 1);
    store_end(&store);
}

static void test_core_package__an_ecosystem_may_replace(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    struct publication this = publication_of(&store, "tag");
    this.replace = true;
    assert_int_equal(publish_with(&this, "one", 3, NULL), LREG_OK);
    assert_int_equal(publish_with(&this, "two", 3, NULL), LREG_OK);
    assert_package(store.core, store.registry, "tag", "two");
    store_end(&store);
}

static void test_core_package__of_a_deleted_registry_is_refused(void **state) {
    struct store store;
    struct error err = {0};
    (void)state;
    store_begin(&store);
    assert_int_equal(core_registry_delete(store.core, &core_actor_host, store.registry, NULL), LREG_OK);
    assert_int_equal(publish_text(store.core, store.registry, "a", "late", &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "registry_unknown");
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 0);
    store_end(&store);
}

/* --- Finding --- */

static void test_core_package__is_found_by_id_and_by_filename(void **state) {
    struct store store;
    struct error err = {0};
    const struct core_package *package = NULL;
    const struct core_package *same = NULL;
    char longest[2000];
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "x");
    package = must_find(&store, "a");
    assert_int_equal(core_package_find(store.core, store.registry, package->row.id, &same, NULL), LREG_OK);
    assert_string_equal(same->row.filename, "a");
    core_package_release(same);
    memset(longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(core_package_find_by_filename(store.core, store.registry, longest, &same, &err), LREG_NOT_FOUND);
    assert_int_equal(core_package_find_by_filename(store.core, store.registry, "b", &same, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "package_unknown");
    assert_int_equal(core_package_find(store.core, store.registry, "no id", &same, &err), LREG_NOT_FOUND);
    assert_int_equal(core_package_find(store.core, store.registry, "01939e3c-0000-7000-8000-000000000000", &same, &err),
                     LREG_NOT_FOUND);
    assert_null(same);
    core_package_release(package);
    core_package_release(NULL);
    store_end(&store);
}

/* Finding and opening in one step, which checks whether anything has changed. */
static void test_core_package__a_warm_download_reads_no_row(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "warm");
    assert_package(store.core, store.registry, "a", "warm");
    steps_arm(&store.steps, 0, 0);
    assert_package(store.core, store.registry, "a", "warm");
    assert_true(atomic_load(&store.steps.calls) <= 2);
    store_end(&store);
}

static void test_core_package__a_change_by_another_instance_is_seen(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    struct core *second = store_second(&store, 5000);
    must_publish(&store, "a", "one");
    assert_package(second, store.registry, "a", "one");
    must_delete(&store, "a");
    assert_no_package(second, store.registry, "a");
    core_release(second);
    store_end(&store);
}

static void test_core_package__a_snapshot_outlives_what_it_shows(void **state) {
    struct store store;
    struct storage_object *object = NULL;
    struct error err = {0};
    uint64_t length = 0;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "bytes");
    const struct core_package *package = must_find(&store, "a");
    core_package_retain(package);
    core_package_release(package);
    must_delete(&store, "a");
    (void)must_collect(store.core, 0);
    assert_string_equal(package->row.filename, "a");
    assert_int_equal(core_package_open(store.core, package, &object, &length, &err), LREG_NOT_FOUND);
    assert_int_equal(core_package_delete(store.core, &core_actor_host, package, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "package_unknown");
    core_package_release(package);
    store_end(&store);
}

static void test_core_package__a_snapshot_of_a_written_row_opens(void **state) {
    struct store store;
    struct storage_object *object = NULL;
    const struct core_package *copy = NULL;
    uint64_t length = 0;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "bytes");
    const struct core_package *package = must_find(&store, "a");
    assert_int_equal(core_package_snapshot(store.core, store.registry, &package->row, &copy, NULL), LREG_OK);
    core_package_release(package);
    assert_string_equal(copy->row.filename, "a");
    assert_null(copy->row.document);
    assert_int_equal(core_package_open(store.core, copy, &object, &length, NULL), LREG_OK);
    assert_int_equal(length, 5);
    storage_object_close(object);
    struct meta_package image = copy->row;
    image.blob_id = 0;
    core_package_release(copy);
    image.id = image.registry_id = image.name = image.version = image.qualifier = image.filename = "x";
    image.media_type = image.attributes = image.index_entry = image.published_by = "";
    assert_int_equal(core_package_snapshot(store.core, store.registry, &image, &copy, NULL), LREG_OK);
    assert_int_equal(core_package_open(store.core, copy, &object, &length, NULL), LREG_NOT_FOUND);
    core_package_release(copy);
    store_end(&store);
}

static void test_core_package__are_listed(void **state) {
    struct store store;
    struct arena arena;
    struct meta_package *rows = NULL;
    size_t count = 0;
    (void)state;
    store_begin(&store);
    must_publish(&store, "b", "1");
    must_publish(&store, "a", "2");
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    const struct meta_package_query query = {.registry_id = store.registry->row.id, .order = META_BY_NAME, .limit = 10};
    assert_int_equal(core_package_list(store.core, &query, &arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].filename, "a");
    arena_free(&arena);
    store_end(&store);
}

/* --- Deleting --- */

static struct {
    int calls;
    char filename[32];
    lreg_status answer;
} hook;

static lreg_status note_deleted(struct core *core, struct meta_transaction *transaction,
                                const struct core_package *package, struct error *err) {
    bool is_there = true;
    struct arena arena;
    struct meta_package row;
    arena_init(&arena, core_hooks(core), 1 << 20);
    is_there = meta_package_find(transaction, package->row.registry_id, package->row.id, &arena, &row, NULL) == LREG_OK;
    arena_free(&arena);
    assert_false(is_there);
    hook.calls++;
    snprintf(hook.filename, sizeof hook.filename, "%s", package->row.filename);
    return hook.answer == LREG_OK ? LREG_OK : error_set(err, hook.answer, "made_up", "made up");
}

static const struct core_ecosystem ecosystem = {.name = "files", .title = "Files", .package_deleted = note_deleted};
static const struct core_ecosystem *const ecosystems[] = {&ecosystem, NULL};

static void test_core_package__its_ecosystem_has_a_say_in_its_end(void **state) {
    struct store store;
    char subject[64];
    char data[256];
    (void)state;
    store_prepare(&store);
    store.base.options.ecosystems = ecosystems;
    store_open(&store);
    store_make_registry(&store);
    must_publish(&store, "a", "x");
    uint64_t before = revision(&store);
    const struct core_package *package = must_find(&store, "a");
    hook.calls = 0;
    hook.answer = LREG_UNPROCESSABLE;
    assert_int_equal(core_package_delete(store.core, &core_actor_host, package, NULL), LREG_UNPROCESSABLE);
    assert_package(store.core, store.registry, "a", "x");
    assert_int_equal(revision(&store), before);
    assert_int_equal(count_events(&store, "PackageDeletedEvent", subject, data), 0);
    hook.answer = LREG_OK;
    assert_int_equal(core_package_delete(store.core, &core_actor_host, package, NULL), LREG_OK);
    assert_int_equal(hook.calls, 2);
    assert_string_equal(hook.filename, "a");
    assert_no_package(store.core, store.registry, "a");
    assert_int_equal(revision(&store), before + 1);
    assert_int_equal(count_events(&store, "PackageDeletedEvent", subject, data), 1);
    core_package_release(package);
    store_end(&store);
}

/* --- Downloads --- */

static uint64_t stored_downloads(struct store *store, const char *filename) {
    const struct core_package *package = must_find(store, filename);
    uint64_t count = package->row.downloads;
    core_package_release(package);
    return count;
}

static void test_core_package__downloads_are_gathered_and_flushed(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "x");
    const struct core_package *package = must_find(&store, "a");
    for (int i = 0; i < 3; i++) {
        core_count_download(store.core, package->row.id);
    }
    assert_int_equal(stored_downloads(&store, "a"), 0);
    assert_int_equal(core_flush_downloads(store.core, NULL), LREG_OK);
    assert_int_equal(stored_downloads(&store, "a"), 3);
    core_count_download(store.core, package->row.id);
    fixture_pass_ms(&store.base, 10000);
    core_count_download(store.core, package->row.id); /* writes the pending counts, and then counts this one */
    assert_int_equal(stored_downloads(&store, "a"), 4);
    core_package_release(package);
    core_registry_release(store.registry);
    core_organization_release(store.organization);
    core_release(store.base.core); /* writes the rest */
    store.base.core = NULL;
    store_open(&store);
    assert_int_equal(core_organization_find(store.core, "acme", &store.organization, NULL), LREG_OK);
    assert_int_equal(core_registry_find(store.core, "acme", "files", &store.registry, NULL), LREG_OK);
    assert_int_equal(stored_downloads(&store, "a"), 5);
    store_end(&store);
}

static void test_core_package__a_full_table_is_flushed(void **state) {
    struct store store;
    char filename[32];
    (void)state;
    store_begin(&store);
    for (int i = 0; i < 200; i++) {
        snprintf(filename, sizeof filename, "f%d", i);
        must_publish(&store, filename, "x");
        const struct core_package *package = must_find(&store, filename);
        core_count_download(store.core, package->row.id);
        core_count_download(store.core, package->row.id);
        core_package_release(package);
    }
    assert_int_equal(stored_downloads(&store, "f0"), 2);
    assert_int_equal(stored_downloads(&store, "f199"), 0);
    assert_int_equal(core_flush_downloads(store.core, NULL), LREG_OK);
    assert_int_equal(stored_downloads(&store, "f199"), 2);
    store_end(&store);
}

static void test_core_package__a_full_table_does_not_press(void **state) {
    struct store store;
    char filename[32];
    (void)state;
    store_begin(&store);
    for (int i = 0; i < 192; i++) {
        snprintf(filename, sizeof filename, "f%d", i);
        must_publish(&store, filename, "x");
        const struct core_package *package = must_find(&store, filename);
        core_count_download(store.core, package->row.id);
        core_package_release(package);
    }
    const struct core_package *package = must_find(&store, "f0");
    steps_arm(&store.steps, 2, 10);
    core_count_download(store.core, package->row.id); /* writing fails */
    assert_true(atomic_load(&store.steps.hit));
    steps_arm(&store.steps, 0, 0);
    core_count_download(store.core, package->row.id); /* too soon to try again */
    assert_int_equal(atomic_load(&store.steps.calls), 0);
    fixture_pass_ms(&store.base, 10000);
    core_count_download(store.core, package->row.id);
    core_package_release(package);
    assert_int_equal(stored_downloads(&store, "f0"), 3);
    assert_int_equal(stored_downloads(&store, "f191"), 1);
    store_end(&store);
}

static void test_core_package__downloads_of_deleted_packages_do_not_matter(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "x");
    must_publish(&store, "b", "y");
    const struct core_package *a = must_find(&store, "a");
    const struct core_package *b = must_find(&store, "b");
    core_count_download(store.core, a->row.id);
    core_count_download(store.core, b->row.id);
    must_delete(&store, "a");
    assert_int_equal(core_flush_downloads(store.core, NULL), LREG_OK);
    assert_int_equal(stored_downloads(&store, "b"), 1);
    core_package_release(a);
    core_package_release(b);
    store_end(&store);
}

static void test_core_package__counts_that_cannot_be_written_wait(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "x");
    const struct core_package *package = must_find(&store, "a");
    core_count_download(store.core, package->row.id);
    steps_arm(&store.steps, 2, 10);
    assert_int_equal(core_flush_downloads(store.core, NULL), LREG_IO);
    steps_arm(&store.steps, 0, 0);
    fixture_pass_ms(&store.base, 9999);
    core_count_download(store.core, package->row.id); /* too soon to try again */
    assert_int_equal(atomic_load(&store.steps.calls), 0);
    fixture_pass_ms(&store.base, 1);
    core_count_download(store.core, package->row.id);
    assert_int_equal(stored_downloads(&store, "a"), 2);
    core_package_release(package);
    store_end(&store);
}

static void test_core_package__counting_survives_a_lack_of_memory(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "x");
    const struct core_package *package = must_find(&store, "a");
    failing_allocator_fail_at(&store.memory, 1, true);
    core_count_download(store.core, package->row.id); /* not counted */
    failing_allocator_fail_at(&store.memory, 0, false);
    core_count_download(store.core, package->row.id);
    failing_allocator_fail_at(&store.memory, 1, true);
    fixture_pass_ms(&store.base, 20000);
    core_count_download(store.core, package->row.id);
    failing_allocator_fail_at(&store.memory, 0, false);
    assert_int_equal(core_flush_downloads(store.core, NULL), LREG_OK);
    assert_true(stored_downloads(&store, "a") >= 1);
    core_package_release(package);
    store_end(&store);
}

#define THREADS 8
#define COUNTS 500

struct counter {
    pthread_t thread;
    struct store *store;
    const struct core_package *package;
};

static void *count_many(void *user) {
    struct counter *counter = user;
    for (int i = 0; i < COUNTS; i++) {
        core_count_download(counter->store->core, counter->package->row.id);
        if (i % 100 == 0) {
            fixture_pass_ms(&counter->store->base, 3000);
        }
    }
    return NULL;
}

static void test_core_package__no_download_of_many_threads_is_lost(void **state) {
    struct store store;
    struct counter counters[THREADS];
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "x");
    const struct core_package *package = must_find(&store, "a");
    for (int i = 0; i < THREADS; i++) {
        counters[i] = (struct counter){.store = &store, .package = package};
        assert_int_equal(pthread_create(&counters[i].thread, NULL, count_many, &counters[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(counters[i].thread, NULL), 0);
    }
    assert_int_equal(core_flush_downloads(store.core, NULL), LREG_OK);
    assert_int_equal(stored_downloads(&store, "a"), THREADS * COUNTS);
    core_package_release(package);
    store_end(&store);
}
