/* SPDX-License-Identifier: Apache-2.0 */
/* The collector: what it removes, what it keeps, and that neither faults nor concurrent writers make it remove more. */

#include "store.h"

#define HOUR_MS ((int64_t)3600 * 1000)
#define SCOPE "app"

static void leave_object(struct store *store, const char *name) {
    struct storage_stage *stage = NULL;
    char key[LREG_STORAGE_KEY_MAX + 1];
    char digest[DIGEST_SHA256_TEXT];
    memset(digest, 'a', sizeof digest - 1);
    digest[sizeof digest - 1] = '\0';
    assert_int_equal(storage_stage_create(store->core->storage, name, &stage, NULL), LREG_OK);
    assert_int_equal(storage_stage_commit(stage, digest, key, NULL), LREG_OK);
}

static void leave_stage(struct store *store, const char *name) {
    struct storage_stage *stage = NULL;
    assert_int_equal(storage_stage_create(store->core->storage, name, &stage, NULL), LREG_OK);
    storage_stage_close(stage);
}

static void link_blob(void *user, const char *digest, int64_t blob_id, struct meta_transaction *transaction) {
    struct store *store = user;
    const struct meta_blob_link link = {.registry_id = store->registry->row.id,
                                        .scope = SCOPE,
                                        .digest = digest,
                                        .blob_id = blob_id,
                                        .claimed_ms = atomic_load(&store->base.now_ms)};
    assert_int_equal(meta_blob_link_put(transaction, &link, NULL), LREG_OK);
}

static lreg_status name_by_link(void *user, struct meta_transaction *transaction, int64_t blob_id, struct error *err) {
    (void)err;
    link_blob(user, "sha256:x", blob_id, transaction);
    return LREG_OK;
}

static void upload_linked(struct store *store, const char *text) {
    struct core_blob_writer *writer = NULL;
    struct digest_set digests;
    assert_int_equal(core_blob_writer_new(store->core, 0, 1000, &writer, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, text, strlen(text), NULL), LREG_OK);
    core_blob_writer_finish(writer, &digests);
    assert_int_equal(core_blob_publish(writer, name_by_link, store, NULL), LREG_OK);
    core_blob_writer_free(writer);
}

static void test_core_collect__takes_what_nothing_names(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    must_publish(&store, "gone", "12345");
    must_publish(&store, "kept", "kept");
    must_delete(&store, "gone");
    struct core_collect_report report = must_collect(store.core, HOUR_MS);
    assert_int_equal(report.blobs, 1);
    assert_int_equal(report.blob_bytes, 5);
    assert_int_equal(report.objects, 0);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 1);
    assert_package(store.core, store.registry, "kept", "kept");
    report = must_collect(store.core, HOUR_MS);
    assert_int_equal(report.blobs, 0);
    store_end(&store);
}

static void test_core_collect__takes_more_than_a_page(void **state) {
    struct store store;
    char text[16];
    (void)state;
    store_prepare(&store);
    store.base.options.limits.max_token_uploads = 300;
    store_open(&store);
    store_make_registry(&store);
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "s-%d", i);
        leave_stage(&store, text);
        snprintf(text, sizeof text, "o-%d", i);
        leave_object(&store, text);
        must_publish(&store, text, text);
        must_delete(&store, text);
    }
    struct core_collect_report report = must_collect(store.core, 0);
    assert_int_equal(report.blobs, 300);
    assert_int_equal(report.objects, 300);
    assert_int_equal(report.stages, 300);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 0);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 0);
    store_end(&store);
}

static void test_core_collect__leaves_the_young(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    leave_stage(&store, "left");
    leave_object(&store, "left-too");
    struct core_collect_report report = must_collect(store.core, HOUR_MS);
    assert_int_equal(report.stages + report.objects, 0);
    fixture_pass_ms(&store.base, HOUR_MS + 60000);
    report = must_collect(store.core, HOUR_MS);
    assert_int_equal(report.stages, 1);
    assert_int_equal(report.objects, 1);
    store_end(&store);
}

static void test_core_collect__leaves_the_stage_of_a_writer_of_this_process(void **state) {
    struct store store;
    struct core_blob_writer *writer = NULL;
    (void)state;
    store_begin(&store);
    assert_int_equal(core_blob_writer_new(store.core, 0, 1000, &writer, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, "slow", 4, NULL), LREG_OK);
    assert_int_equal(must_collect(store.core, 0).stages, 0);
    struct publication this = {.core = store.core, .registry = store.registry, .filename = "a"};
    assert_int_equal(publication_finish(&this, writer, NULL), LREG_OK);
    assert_package(store.core, store.registry, "a", "slow");
    store_end(&store);
}

static void test_core_collect__ends_stale_uploads_only(void **state) {
    struct store store;
    char stale[ID_TEXT];
    char alive[ID_TEXT];
    struct arena arena;
    struct meta_upload upload;
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    const struct auth_principal *host = core_actor_host.principal;
    assert_int_equal(core_upload_begin(store.core, store.registry, host, SCOPE, stale, NULL), LREG_OK);
    fixture_pass_ms(&store.base, store.core->limits.max_upload_age_ms - 1000);
    assert_int_equal(core_upload_begin(store.core, store.registry, host, SCOPE, alive, NULL), LREG_OK);
    assert_int_equal(must_collect(store.core, 1).uploads, 0);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 2);
    fixture_pass_ms(&store.base, 2000);
    struct core_collect_report report = must_collect(store.core, 1);
    assert_int_equal(report.uploads, 1);
    assert_int_equal(report.stages, 0);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 1);
    assert_int_equal(core_upload_find(store.core, store.registry, SCOPE, alive, host, &arena, &upload, NULL), LREG_OK);
    assert_int_equal(core_upload_find(store.core, store.registry, SCOPE, stale, host, &arena, &upload, NULL),
                     LREG_NOT_FOUND);
    arena_free(&arena);
    store_end(&store);
}

static void test_core_collect__without_a_grace_all_uploads_end(void **state) {
    struct store store;
    char id[ID_TEXT];
    (void)state;
    store_begin(&store);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(core_upload_begin(store.core, store.registry, core_actor_host.principal, SCOPE, id, NULL),
                         LREG_OK);
    }
    assert_int_equal(must_collect(store.core, 1).uploads, 0);
    assert_int_equal(must_collect(store.core, 0).uploads, 2);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 0);
    store_end(&store);
}

static void test_core_collect__ends_more_stale_uploads_than_a_page(void **state) {
    struct store store;
    char id[ID_TEXT];
    (void)state;
    store_prepare(&store);
    store.base.options.limits.max_token_uploads = 300;
    store_open(&store);
    store_make_registry(&store);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(core_upload_begin(store.core, store.registry, core_actor_host.principal, SCOPE, id, NULL),
                         LREG_OK);
    }
    fixture_pass_ms(&store.base, store.core->limits.max_upload_age_ms + 1);
    assert_int_equal(must_collect(store.core, 0).uploads, 300);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 0);
    store_end(&store);
}

static void test_core_collect__a_blob_waits_for_its_manifest(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    upload_linked(&store, "layer");
    assert_int_equal(must_collect(store.core, 0).blobs, 0);
    fixture_pass_ms(&store.base, store.core->limits.blob_grace_ms + 1);
    assert_int_equal(must_collect(store.core, 0).blobs, 1);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 0);
    store_end(&store);
}

static void test_core_collect__rotates_the_audit_log(void **state) {
    struct store store;
    struct arena arena;
    struct meta_audit_event event = {0};
    (void)state;
    store_prepare(&store);
    store.base.options.limits.audit_keep_events = 10;
    store_open(&store);
    store_make_registry(&store);
    for (int i = 0; i < 20; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        fixture_pass_ms(&store.base, 1);
        must_publish(&store, text, text);
    }
    assert_int_equal(must_collect(store.core, 0).audit_events, 12); /* two more for organization and registry */
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    assert_int_equal(fixture_events(store.core, store.organization, "PackageCreatedEvent", &arena, &event), 10);
    assert_string_equal(event.subject, "19");
    fixture_pass_ms(&store.base, store.core->limits.audit_keep_ms + 1);
    assert_int_equal(must_collect(store.core, 0).audit_events, 10);
    arena_free(&arena);
    store_end(&store);
}

static void test_core_collect__a_negative_grace_is_refused(void **state) {
    struct store store;
    struct core_collect_report report;
    (void)state;
    store_begin(&store);
    assert_int_equal(core_collect(store.core, -1, &report, NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(core_collect(store.core, INT64_MAX, &report, NULL), LREG_BAD_ARGUMENT);
    store_end(&store);
}

static void test_core_collect__an_instance_in_memory_is_collected_too(void **state) {
    struct store store;
    (void)state;
    store_prepare(&store);
    store.base.options.directory = NULL;
    fixture_reopen(&store.base);
    store.core = store.base.core;
    store_make_registry(&store);
    must_publish(&store, "a", "x");
    must_delete(&store, "a");
    leave_stage(&store, "left");
    leave_object(&store, "left-too");
    struct core_collect_report report = must_collect(store.core, 0);
    assert_int_equal(report.blobs, 1);
    assert_int_equal(report.stages, 1);
    assert_int_equal(report.objects, 1);
    assert_sound_and_clean(store.core, 0);
    store_end(&store);
}

/* --- Faults --- */

/* Something of every kind to collect, and something to keep. */
static void make_work(struct store *store, uint64_t n) {
    char name[32];
    char id[ID_TEXT];
    assert_int_equal(core_upload_begin(store->core, store->registry, core_actor_host.principal, SCOPE, id, NULL),
                     LREG_OK);
    fixture_pass_ms(&store->base, store->core->limits.max_upload_age_ms + 1);
    snprintf(name, sizeof name, "s-%d", (int)n);
    leave_stage(store, name);
    snprintf(name, sizeof name, "o-%d", (int)n);
    leave_object(store, name);
    struct publication kept = {.core = store->core, .registry = store->registry, .filename = "kept", .replace = true};
    assert_int_equal(publish_with(&kept, name, strlen(name), NULL), LREG_OK);
    must_publish(store, "gone", "gone");
    must_delete(store, "gone");
}

static void assert_nothing_lost(struct store *store, uint64_t n) {
    char name[32];
    snprintf(name, sizeof name, "o-%d", (int)n);
    assert_package(store->core, store->registry, "kept", name);
    assert_int_equal(fault_backend_open_handles(&store->fault), 0);
    assert_sound_and_clean(store->core, 0);
    assert_package(store->core, store->registry, "kept", name);
}

static void test_core_collect__each_storage_call_may_fail(void **state) {
    struct store store;
    bool failed = true;
    size_t told = 0;
    (void)state;
    store_begin(&store);
    for (uint64_t n = 1; failed; n++) {
        struct core_collect_report report;
        make_work(&store, n);
        fault_backend_arm(&store.fault, n, LREG_IO, FAULT_BEFORE);
        lreg_status status = core_collect(store.core, 0, &report, NULL);
        failed = fault_backend_failures(&store.fault) > 0;
        fault_backend_disarm(&store.fault);
        assert_int_equal(status, failed ? LREG_IO : LREG_OK);
        told += status != LREG_OK;
        assert_nothing_lost(&store, n);
    }
    assert_true(told >= 5);
    store_end(&store);
}

static void test_core_collect__each_database_step_may_fail(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        struct core_collect_report report;
        make_work(&store, n);
        steps_arm(&store.steps, n, 10);
        (void)core_collect(store.core, 0, &report, NULL);
        steps_disarm(&store.steps);
        assert_nothing_lost(&store, n);
    }
    store_end(&store);
}

static void test_core_collect__each_allocation_may_fail(void **state) {
    struct store store;
    bool failed = true;
    (void)state;
    store_begin(&store);
    for (uint64_t n = 1; failed; n++) {
        struct core_collect_report report;
        make_work(&store, n);
        failing_allocator_fail_at(&store.memory, (size_t)n, false);
        lreg_status status = core_collect(store.core, 0, &report, NULL);
        failed = failing_allocator_failed(&store.memory);
        failing_allocator_fail_at(&store.memory, 0, false);
        assert_true(status == LREG_OK || status == LREG_NO_MEMORY);
        assert_nothing_lost(&store, n);
    }
    store_end(&store);
}

static void test_core_collect__what_a_storage_does_not_give_up_waits(void **state) {
    struct store store;
    struct core_collect_report report;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "x");
    must_publish(&store, "b", "y");
    must_delete(&store, "a");
    must_delete(&store, "b");
    fault_backend_arm_from(&store.fault, 6, LREG_IO); /* after the walk over the two objects */
    assert_int_equal(core_collect(store.core, HOUR_MS, &report, NULL), LREG_IO);
    fault_backend_disarm(&store.fault);
    assert_true(count_stored(store.core, LREG_STORAGE_OBJECTS) > 0);
    assert_int_equal(must_collect(store.core, HOUR_MS).blobs, 0);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 0);
    store_end(&store);
}
