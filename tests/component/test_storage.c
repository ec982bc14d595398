/* SPDX-License-Identifier: Apache-2.0 */
/* Packages in a storage that the host supplies. */
#include "component/fixture.h"
#include "component/host_storage.h"

static struct fixture fixture;
static struct host_storage host;
static lreg_registry *registry;

static int setup(void **state) {
    (void)state;
    lreg_error *err = NULL;
    const lreg_storage_backend table = host_storage_table();
    host_storage_init(&host);
    fixture_prepare(&fixture);
    CHECK(lreg_options_set_storage(fixture.options, "host", &table, &host, &err), err);
    fixture_open(&fixture);
    registry = make_files(fixture.instance);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    lreg_registry_free(registry);
    fixture_close(&fixture);
    assert_int_equal(host.destroyed, 1);
    return 0;
}

static size_t count_entries(void) {
    size_t count = 0;
    for (size_t i = 0; i < HOST_ENTRIES; i++) {
        count += host.entries[i].name[0] != '\0';
    }
    return count;
}

static void test_component_storage__packages_are_kept_there(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_verify_report report = {.size = sizeof report};
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "content"));
    lreg_package_free(publish_text(fixture.instance, registry, "b.txt", "content"));
    check_content(fixture.instance, registry, "a.txt", "content", 7);
    assert_int_equal(count_entries(), 1); /* equal content is stored once, no stage remains */
    CHECK(lreg_verify(fixture.instance, NULL, &report, &err), err);
    assert_int_equal(report.blobs, 1);
    assert_int_equal(report.missing + report.damaged, 0);
}

static void test_component_storage__collector_removes_by_key(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "content");
    CHECK(lreg_package_delete(fixture.instance, package, &err), err);
    lreg_package_free(package);
    atomic_fetch_add(&fixture.now_ms, INT64_C(90000000));
    CHECK(objects_collect(fixture.instance, 0, NULL, &err), err);
    assert_int_equal(count_entries(), 0);
}

static void test_component_storage__what_is_given_up_is_dropped(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_publication *publication = NULL;
    CHECK(lreg_publication_open(fixture.instance, registry, "a.txt", &publication, &err), err);
    CHECK(lreg_publication_write(publication, "half", 4, &err), err);
    assert_int_equal(count_entries(), 1);
    lreg_publication_close(publication);
    assert_int_equal(count_entries(), 0);
}

static void test_component_storage__its_own_status_passes_through_publishing(void **state) {
    (void)state;
    lreg_error *err = NULL;
    host.fails_commits = 1;
    lreg_status status = try_publish(fixture.instance, registry, "a.txt", "content", 7, NULL, NULL, &err);
    assert_int_equal(status, HOST_STATUS);
    assert_int_equal(lreg_error_status(err), HOST_STATUS);
    lreg_error_free(err);
    assert_int_equal(count_packages(fixture.instance, registry, NULL), 0);
    assert_int_equal(count_entries(), 0);
    host.fails_commits = 0;
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "content"));
}

static void test_component_storage__its_own_status_passes_through_reading(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package_reader *content = NULL;
    char bytes[16];
    size_t got = 7;
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "content");
    CHECK(lreg_package_reader_open(fixture.instance, package, &content, &err), err);
    host.fails_reads = 1;
    lreg_status status = lreg_package_reader_read(content, 0, bytes, sizeof bytes, &got, &err);
    assert_int_equal(status, HOST_STATUS);
    assert_int_equal(got, 0);
    lreg_error_free(err);
    err = NULL;
    host.fails_reads = 0;
    CHECK(lreg_package_reader_read(content, 0, bytes, sizeof bytes, &got, &err), err);
    assert_memory_equal(bytes, "content", 7);
    lreg_package_reader_close(content);
    lreg_package_free(package);
}

static void test_component_storage__a_lost_object_is_found_by_verify(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_verify_report report = {.size = sizeof report};
    lreg_package_reader *content = NULL;
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "content");
    for (size_t i = 0; i < HOST_ENTRIES; i++) {
        host_clear(&host.entries[i]);
    }
    EXPECT(lreg_package_reader_open(fixture.instance, package, &content, &err), &err, LREG_CORRUPT, "blob_missing");
    CHECK(lreg_verify(fixture.instance, NULL, &report, &err), err);
    assert_int_equal(report.missing, 1);
    lreg_package_free(package);
}

static void test_component_storage__there_is_no_backup_of_it(void **state) {
    (void)state;
    lreg_error *err = NULL;
    assert_int_equal(lreg_backup(fixture.instance, "/tmp/lreg-component-never-made", NULL, &err), LREG_UNSUPPORTED);
    lreg_error_free(err);
}

/* --- What a storage says about its failures --- */

static void test_component_storage__its_words_become_the_error(void **state) {
    (void)state;
    lreg_error *err = NULL;
    host.fails_commits = 1;
    host.code = "quota_of_the_bucket";
    host.message = "the bucket \xff is full";
    host.domain = LREG_CAUSE_HTTP;
    host.number = INT64_C(5000000000);
    assert_int_equal(try_publish(fixture.instance, registry, "a.txt", "content", 7, NULL, NULL, &err), HOST_STATUS);
    assert_string_equal(lreg_error_code(err), "quota_of_the_bucket");
    assert_non_null(strstr(lreg_error_message(err), "the bucket ? is full"));
    assert_int_equal(lreg_error_cause_domain(err), LREG_CAUSE_HTTP);
    assert_true(lreg_error_cause(err) == INT64_C(5000000000));
    lreg_error_free(err);
}

static void test_component_storage__a_lost_bucket_damages_and_removes_nothing(void **state) {
    (void)state;
    static const lreg_status statuses[] = {LREG_UPSTREAM, LREG_TIMEOUT, LREG_CANCELLED};
    lreg_error *err = NULL;
    lreg_package *kept = publish_text(fixture.instance, registry, "kept.txt", "kept");
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        lreg_verify_report report = {.size = sizeof report};
        char name[] = "gone-0.txt";
        name[5] = (char)('0' + i);
        lreg_package *gone = publish_text(fixture.instance, registry, name, name);
        CHECK(lreg_package_delete(fixture.instance, gone, &err), err);
        lreg_package_free(gone);
        host.open_status = statuses[i];
        assert_int_equal(objects_collect(fixture.instance, 0, NULL, &err), statuses[i]);
        lreg_error_free(err);
        err = NULL;
        CHECK(lreg_verify(fixture.instance, NULL, &report, &err), err);
        assert_int_equal(report.unreadable, 1);
        assert_int_equal(report.missing + report.damaged, 0);
        host.open_status = 0;
        check_content(fixture.instance, registry, "kept.txt", "kept", 4);
        CHECK(objects_collect(fixture.instance, 0, NULL, &err), err);
        assert_int_equal(count_entries(), 1);
    }
    lreg_package_free(kept);
}
