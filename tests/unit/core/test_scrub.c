/* SPDX-License-Identifier: Apache-2.0 */
/* The scrub finds what a disk has damaged; that content is in quarantine until it is intact again. */

#include "store.h"

#include <fcntl.h>
#include <sqlite3.h>

static struct core_scrub_report scrub(struct store *store) {
    struct core_scrub_report report = {0};
    struct core_scrub *run = NULL;
    struct error err = {0};
    bool done = false;
    assert_int_equal(core_scrub_new(store->core, 0, 0, &run, NULL), LREG_OK);
    while (!done) {
        uint64_t bytes = 0;
        if (core_scrub_step(run, &report, &bytes, &done, &err) != LREG_OK) {
            fail_msg("core_scrub_step: %s", err.message);
        }
        assert_true(bytes <= 256 * 1024);
    }
    core_scrub_free(run);
    return report;
}

static void object_path(struct store *store, char path[512]) {
    struct arena arena;
    arena_init(&arena, core_hooks(store->core), 1 << 16);
    const struct meta_blob blob = only_blob(store, &arena);
    snprintf(path, 512, "%s/objects/%.2s/%.2s/%s", store->base.directory, blob.key, blob.key + 2, blob.key);
    arena_free(&arena);
}

/* Overwrites the first bytes of the only object with `text`. */
static void overwrite(struct store *store, const char *text) {
    char path[512];
    object_path(store, path);
    assert_int_equal(chmod(path, 0600), 0);
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    assert_int_equal(close(descriptor), 0);
}

static lreg_status open_package(struct store *store, const char *name, struct error *err) {
    const struct core_package *package = NULL;
    struct storage_object *object = NULL;
    uint64_t length = 0;
    assert_int_equal(core_package_find_by_filename(store->core, store->registry, name, &package, NULL), LREG_OK);
    lreg_status status = core_package_open(store->core, package, &object, &length, err);
    storage_object_close(object);
    core_package_release(package);
    return status;
}

static size_t count_events(struct store *store, const char *type) {
    struct arena arena;
    struct meta_audit_event event;
    arena_init(&arena, core_hooks(store->core), 1 << 20);
    size_t count = fixture_events(store->core, store->organization, type, &arena, &event);
    arena_free(&arena);
    return count;
}

static void test_core_scrub__reads_everything_and_finds_nothing(void **state) {
    struct store store;
    char *large = test_calloc(1, 600000);
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "alpha");
    must_publish(&store, "b", "");
    struct publication this = {.core = store.core, .registry = store.registry, .filename = "large"};
    assert_int_equal(publish_with(&this, large, 600000, NULL), LREG_OK);
    struct core_scrub_report report = scrub(&store);
    assert_int_equal(report.blobs, 3);
    assert_int_equal(report.bytes, 600005);
    assert_int_equal(report.missing + report.damaged + report.unreadable + report.healed, 0);
    test_free(large);
    store_end(&store);
}

static void test_core_scrub__a_damaged_object_is_served_no_longer(void **state) {
    struct store store;
    struct error err = {0};
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "alpha");
    must_publish(&store, "again", "alpha");
    assert_int_equal(open_package(&store, "a", NULL), LREG_OK); /* and in the cache from now on */
    overwrite(&store, "omega");
    assert_int_equal(scrub(&store).damaged, 1);
    assert_int_equal(open_package(&store, "a", &err), LREG_CORRUPT);
    assert_string_equal(err.code, "blob_damaged");
    assert_int_equal(open_package(&store, "again", NULL), LREG_CORRUPT);
    assert_int_equal(count_events(&store, "BlobDamagedEvent"), 2);
    assert_int_equal(scrub(&store).damaged, 1);
    assert_int_equal(count_events(&store, "BlobDamagedEvent"), 2); /* reported once */
    store_end(&store);
}

static void test_core_scrub__equal_content_that_is_published_heals_it(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "alpha");
    overwrite(&store, "omega");
    assert_int_equal(scrub(&store).damaged, 1);
    must_publish(&store, "a", "alpha"); /* the same once more, which changes nothing else */
    assert_package(store.core, store.registry, "a", "alpha");
    assert_int_equal(scrub(&store).damaged, 0);
    assert_sound_and_clean(store.core, 0);
    store_end(&store);
}

static void test_core_scrub__bytes_that_are_right_again_are_served(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "alpha");
    overwrite(&store, "omega");
    assert_int_equal(scrub(&store).damaged, 1);
    overwrite(&store, "alpha");
    struct core_scrub_report report = scrub(&store);
    assert_int_equal(report.damaged, 0);
    assert_int_equal(report.healed, 1);
    assert_package(store.core, store.registry, "a", "alpha");
    store_end(&store);
}

static void test_core_scrub__a_length_that_is_wrong_is_damage(void **state) {
    struct store store;
    char path[512];
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "alpha");
    object_path(&store, path);
    assert_int_equal(truncate(path, 3), 0);
    assert_int_equal(scrub(&store).damaged, 1);
    must_publish(&store, "a", "alpha");
    assert_package(store.core, store.registry, "a", "alpha");
    store_end(&store);
}

static void test_core_scrub__what_is_missing_is_told_and_not_marked(void **state) {
    struct store store;
    char path[512];
    char aside[520];
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "alpha");
    object_path(&store, path);
    snprintf(aside, sizeof aside, "%s-x", path);
    assert_int_equal(rename(path, aside), 0);
    struct core_scrub_report report = scrub(&store);
    assert_int_equal(report.missing, 1);
    assert_int_equal(report.damaged, 0);
    assert_int_equal(rename(aside, path), 0); /* a disk that was not mounted */
    assert_package(store.core, store.registry, "a", "alpha");
    store_end(&store);
}

static void test_core_scrub__a_storage_that_fails_makes_nothing_damaged(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "alpha");
    for (uint64_t n = 1; n <= 2; n++) { /* to open and to read */
        fault_backend_arm(&store.fault, n, LREG_IO, FAULT_BEFORE);
        struct core_scrub_report report = scrub(&store);
        fault_backend_disarm(&store.fault);
        assert_int_equal(report.damaged, 0);
        assert_int_equal(report.unreadable, 1);
        assert_package(store.core, store.registry, "a", "alpha");
    }
    store_end(&store);
}

static void put_document(struct store *store, const char *text) {
    struct meta_transaction *transaction = NULL;
    struct digest_set digests;
    struct meta_document row = {.registry_id = store->registry->row.id,
                                .scope = "app",
                                .name = "m",
                                .media_type = "text/plain",
                                .content = text,
                                .content_length = strlen(text),
                                .attributes = ""};
    digest_of(DIGEST_SHA256, text, strlen(text), &digests);
    memcpy(row.sha256, digests.sha256, sizeof row.sha256);
    assert_int_equal(meta_begin(core_meta(store->core), META_WRITE, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_document_put(transaction, &row, NULL, 0, NULL), LREG_OK);
    assert_int_equal(meta_commit(transaction, NULL), LREG_OK);
}

static lreg_status find_document(struct store *store, struct error *err) {
    const struct core_document *document = NULL;
    lreg_status status = core_document_find(store->core, store->registry, "app", "m", &document, err);
    core_document_release(document);
    return status;
}

/* Puts other bytes into the database, as a disk does. */
static void change_documents(struct store *store, const char *content) {
    char path[128];
    char sql[128];
    sqlite3 *database = NULL;
    snprintf(path, sizeof path, "%s/registry.db", store->base.directory);
    snprintf(sql, sizeof sql, "UPDATE documents SET content = CAST('%s' AS BLOB)", content);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void test_core_scrub__a_damaged_document_is_served_no_longer(void **state) {
    struct store store;
    struct error err = {0};
    (void)state;
    store_begin(&store);
    put_document(&store, "manifest");
    assert_int_equal(find_document(&store, NULL), LREG_OK);
    change_documents(&store, "x");
    struct core_scrub_report report = scrub(&store);
    assert_int_equal(report.documents, 1);
    assert_int_equal(report.damaged, 1);
    assert_int_equal(find_document(&store, &err), LREG_CORRUPT);
    assert_string_equal(err.code, "document_damaged");
    assert_int_equal(count_events(&store, "DocumentDamagedEvent"), 1);
    put_document(&store, "manifest");
    assert_int_equal(find_document(&store, NULL), LREG_OK);
    assert_int_equal(scrub(&store).damaged, 0);
    store_end(&store);
}

static void test_core_scrub__verification_puts_into_quarantine_too(void **state) {
    struct store store;
    struct core_verify_report report;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "alpha");
    overwrite(&store, "omega");
    assert_int_equal(core_verify(store.core, NULL, NULL, &report, NULL), LREG_OK);
    assert_int_equal(report.damaged, 1);
    assert_int_equal(open_package(&store, "a", NULL), LREG_CORRUPT);
    overwrite(&store, "alpha");
    assert_int_equal(core_verify(store.core, NULL, NULL, &report, NULL), LREG_OK);
    assert_int_equal(report.damaged, 0);
    assert_int_equal(open_package(&store, "a", NULL), LREG_OK);
    store_end(&store);
}

static void test_core_scrub__verification_puts_documents_into_quarantine_too(void **state) {
    struct store store;
    struct core_verify_report report;
    (void)state;
    store_begin(&store);
    put_document(&store, "manifest");
    change_documents(&store, "x");
    assert_int_equal(core_verify(store.core, NULL, NULL, &report, NULL), LREG_OK);
    assert_int_equal(report.damaged, 1);
    assert_int_equal(find_document(&store, NULL), LREG_CORRUPT);
    assert_int_equal(count_events(&store, "DocumentDamagedEvent"), 1);
    change_documents(&store, "manifest");
    assert_int_equal(core_verify(store.core, NULL, NULL, &report, NULL), LREG_OK);
    assert_int_equal(report.damaged, 0);
    assert_int_equal(find_document(&store, NULL), LREG_OK);
    store_end(&store);
}
