/* SPDX-License-Identifier: Apache-2.0 */
/* Verification finds missing, truncated and changed content, and names it. */

#include "store.h"

#include <fcntl.h>
#include <sqlite3.h>

struct findings {
    size_t count;
    char last[512];
};

static lreg_status note_finding(void *user, const char *message) {
    struct findings *findings = user;
    findings->count++;
    snprintf(findings->last, sizeof findings->last, "%s", message);
    return LREG_OK;
}

static struct core_verify_report verify(struct store *store, struct findings *findings) {
    struct core_verify_report report;
    struct error err = {0};
    *findings = (struct findings){0};
    if (core_verify(store->core, note_finding, findings, &report, &err) != LREG_OK) {
        fail_msg("core_verify: %s", err.message);
    }
    return report;
}

static lreg_status take_key(void *user, const char *name, int64_t modified_ms, uint64_t length, struct error *err) {
    (void)modified_ms;
    (void)length;
    (void)err;
    snprintf(user, LREG_STORAGE_KEY_MAX + 1, "%s", name);
    return LREG_OK;
}

/* The file of the only object. */
static void object_path(struct store *store, char path[512]) {
    char key[LREG_STORAGE_KEY_MAX + 1] = "";
    assert_int_equal(storage_visit_all(store->core->storage, LREG_STORAGE_OBJECTS, take_key, key, NULL), LREG_OK);
    snprintf(path, 512, "%s/objects/%.2s/%.2s/%s", store->base.directory, key, key + 2, key);
}

static void run_sql(struct store *store, const char *sql) {
    char path[128];
    sqlite3 *database = NULL;
    snprintf(path, sizeof path, "%s/registry.db", store->base.directory);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void put_document(struct store *store, const char *name, const char *text) {
    struct meta_transaction *transaction = NULL;
    struct digest_set digests;
    struct meta_document row = {.registry_id = store->registry->row.id,
                                .scope = "app",
                                .name = name,
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

static void test_core_verify__a_sound_store_has_no_findings(void **state) {
    struct store store;
    struct findings findings;
    char *large = test_calloc(1, 600000);
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "alpha");
    must_publish(&store, "b", "");
    struct publication this = {.core = store.core, .registry = store.registry, .filename = "large"};
    assert_int_equal(publish_with(&this, large, 600000, NULL), LREG_OK);
    put_document(&store, "d", "document");
    struct core_verify_report report = verify(&store, &findings);
    assert_int_equal(report.blobs, 3);
    assert_int_equal(report.blob_bytes, 600005);
    assert_int_equal(report.documents, 1);
    assert_int_equal(report.missing + report.damaged + report.unnamed_objects, 0);
    assert_int_equal(findings.count, 0);
    test_free(large);
    store_end(&store);
}

static void test_core_verify__many_blobs_are_all_looked_at(void **state) {
    struct store store;
    struct findings findings;
    char text[16];
    (void)state;
    store_begin(&store);
    for (int i = 0; i < 300; i++) { /* more than a page */
        snprintf(text, sizeof text, "%d", i);
        must_publish(&store, text, text);
    }
    assert_int_equal(verify(&store, &findings).blobs, 300);
    store_end(&store);
}

static void test_core_verify__a_missing_object_is_found(void **state) {
    struct store store;
    struct findings findings;
    char path[512];
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "abc");
    object_path(&store, path);
    assert_int_equal(unlink(path), 0);
    struct core_verify_report report = verify(&store, &findings);
    assert_int_equal(report.missing, 1);
    assert_int_equal(report.damaged, 0);
    assert_int_equal(findings.count, 1);
    assert_string_equal(findings.last,
                        "blob sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad is "
                        "missing in the storage");
    store_end(&store);
}

static void damage(const char *path, off_t offset, off_t length) {
    int file = open(path, O_WRONLY);
    assert_true(file >= 0);
    if (length >= 0) {
        assert_int_equal(ftruncate(file, length), 0);
    } else {
        assert_int_equal(pwrite(file, "\xff", 1, offset), 1);
    }
    assert_int_equal(close(file), 0);
}

static void test_core_verify__changed_and_torn_objects_are_found(void **state) {
    struct store store;
    struct findings findings;
    char path[512];
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "abc");
    object_path(&store, path);
    damage(path, 1, -1);
    assert_int_equal(verify(&store, &findings).damaged, 1);
    assert_non_null(strstr(findings.last, "other bytes"));
    damage(path, 0, 2);
    struct core_verify_report report = verify(&store, &findings);
    assert_int_equal(report.damaged, 1);
    assert_int_equal(report.missing, 0);
    assert_non_null(strstr(findings.last, "cannot be opened"));
    store_end(&store);
}

static void test_core_verify__an_unreadable_object_does_not_end_the_walk(void **state) {
    struct store store;
    struct findings findings;
    struct core_verify_report report;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "abc");
    must_publish(&store, "b", "def");
    fault_backend_arm(&store.fault, 2, LREG_IO, FAULT_BEFORE); /* open, read */
    assert_int_equal(core_verify(store.core, note_finding, &findings, &report, NULL), LREG_OK);
    fault_backend_disarm(&store.fault);
    assert_int_equal(report.blobs, 2);
    assert_int_equal(report.damaged, 1);
    assert_non_null(strstr(findings.last, "cannot be read"));
    store_end(&store);
}

static void test_core_verify__a_changed_document_is_found(void **state) {
    struct store store;
    struct findings findings;
    (void)state;
    store_begin(&store);
    put_document(&store, "good", "document");
    put_document(&store, "bad", "document");
    run_sql(&store, "UPDATE documents SET content = x'00' WHERE name = 'bad'");
    struct core_verify_report report = verify(&store, &findings);
    assert_int_equal(report.documents, 2);
    assert_int_equal(report.damaged, 1);
    assert_string_equal(findings.last, "document bad of app has other bytes than were published");
    store_end(&store);
}

static void test_core_verify__a_database_that_contradicts_itself_is_found(void **state) {
    struct store store;
    struct findings findings;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "abc");
    run_sql(&store, "PRAGMA foreign_keys = OFF; UPDATE packages SET blob_id = 999");
    assert_true(verify(&store, &findings).damaged >= 1);
    assert_true(findings.count >= 1);
    store_end(&store);
}

static void test_core_verify__unnamed_objects_are_counted(void **state) {
    struct store store;
    struct findings findings;
    struct storage_stage *stage = NULL;
    char key[LREG_STORAGE_KEY_MAX + 1];
    char digest[DIGEST_SHA256_TEXT];
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "abc");
    memset(digest, 'a', sizeof digest - 1);
    digest[sizeof digest - 1] = '\0';
    assert_int_equal(storage_stage_create(store.core->storage, "left", &stage, NULL), LREG_OK);
    assert_int_equal(storage_stage_commit(stage, digest, key, NULL), LREG_OK);
    struct core_verify_report report = verify(&store, &findings);
    assert_int_equal(report.unnamed_objects, 1);
    assert_int_equal(findings.count, 0);
    store_end(&store);
}

static void test_core_verify__each_failure_of_the_machine_is_told(void **state) {
    struct store store;
    struct core_verify_report report;
    bool failed = true;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "abc");
    put_document(&store, "d", "document");
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        steps_arm(&store.steps, n, 10);
        lreg_status status = core_verify(store.core, NULL, NULL, &report, NULL);
        bool hit = atomic_load(&store.steps.hit);
        steps_disarm(&store.steps);
        /* The end of a read transaction may fail without harm. */
        assert_true(status != LREG_OK || report.blobs + report.documents == 2 || hit);
    }
    for (size_t n = 1; failed; n++) {
        failing_allocator_fail_at(&store.memory, n, false);
        lreg_status status = core_verify(store.core, NULL, NULL, &report, NULL);
        failed = failing_allocator_failed(&store.memory);
        failing_allocator_fail_at(&store.memory, 0, false);
        assert_true(status == LREG_NO_MEMORY || (status == LREG_OK && report.damaged + report.missing == 0));
        assert_int_equal(fault_backend_open_handles(&store.fault), 0);
    }
    (void)assert_sound(store.core);
    store_end(&store);
}
