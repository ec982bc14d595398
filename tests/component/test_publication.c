/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing through the C API: files and Alpine packages. Labels: threaded */
#include "component/fixture.h"
#include "support/apk_builder.h"

#include <pthread.h>

static struct fixture fixture;
static lreg_registry *registry;

static int setup(void **state) {
    (void)state;
    fixture_open_folder(&fixture);
    registry = make_files(fixture.instance);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    lreg_registry_free(registry);
    fixture_close(&fixture);
    return 0;
}

static void switch_on(lreg_status (*set)(lreg_registry_settings *, lreg_bool, lreg_error **)) {
    lreg_error *err = NULL;
    lreg_registry *changed = NULL;
    lreg_registry_settings *settings = settings_of(NULL, NULL);
    CHECK(set(settings, 1, &err), err);
    CHECK(lreg_registry_update(fixture.instance, registry, settings, &changed, &err), err);
    lreg_registry_settings_free(settings);
    lreg_registry_free(registry);
    registry = changed;
}

static void test_component_publication__bytes_come_back_as_they_were_written(void **state) {
    (void)state;
    enum {
        LENGTH = 300000
    };
    lreg_error *err = NULL;
    lreg_publication *publication = NULL;
    lreg_package *package = NULL;
    unsigned char *bytes = malloc(LENGTH);
    assert_non_null(bytes);
    for (size_t i = 0; i < LENGTH; i++) {
        bytes[i] = (unsigned char)(i * 31 + (i >> 8));
    }
    CHECK(lreg_publication_open(fixture.instance, registry, "big.bin", &publication, &err), err);
    for (size_t at = 0, step = 1; at < LENGTH; at += step, step = step * 3 % 70001 + 1) {
        size_t length = step < LENGTH - at ? step : LENGTH - at;
        CHECK(lreg_publication_write(publication, bytes + at, length, &err), err);
        step = length;
    }
    CHECK(lreg_publication_finish(publication, &package, NULL, &err), err);
    assert_int_equal(lreg_package_size_bytes(package), LENGTH);
    lreg_publication_close(publication);
    lreg_package_free(package);
    check_content(fixture.instance, registry, "big.bin", bytes, LENGTH);
    free(bytes);
}

static void test_component_publication__an_empty_file_is_a_package(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_publication *publication = NULL;
    CHECK(lreg_publication_open(fixture.instance, registry, "empty", &publication, &err), err);
    CHECK(lreg_publication_write(publication, NULL, 0, &err), err);
    CHECK(lreg_publication_finish(publication, NULL, NULL, &err), err);
    lreg_publication_close(publication);
    check_content(fixture.instance, registry, "empty", "", 0);
}

static void test_component_publication__same_bytes_again_are_the_same_package(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package *again = NULL;
    lreg_bool created = 7;
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "content");
    CHECK(try_publish(fixture.instance, registry, "a.txt", "content", 7, &again, &created, &err), err);
    assert_int_equal(created, 0);
    assert_string_equal(lreg_package_id(again), lreg_package_id(package));
    assert_int_equal(count_packages(fixture.instance, registry, NULL), 1);
    lreg_package_free(package);
    lreg_package_free(again);
}

static void test_component_publication__other_bytes_are_a_conflict(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package *again = (lreg_package *)&fixture;
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "content"));
    lreg_status status = try_publish(fixture.instance, registry, "a.txt", "other", 5, &again, NULL, &err);
    assert_int_equal(status, LREG_CONFLICT);
    assert_string_equal(lreg_error_operation(err), "publish acme/files a.txt");
    EXPECT(status, &err, LREG_CONFLICT, "package_exists");
    assert_null(again);
    check_content(fixture.instance, registry, "a.txt", "content", 7);
}

static void test_component_publication__other_bytes_replace_where_the_registry_allows_it(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "content"));
    switch_on(lreg_registry_settings_set_allow_overwrite);
    CHECK(try_publish(fixture.instance, registry, "a.txt", "other", 5, NULL, NULL, &err), err);
    check_content(fixture.instance, registry, "a.txt", "other", 5);
    assert_int_equal(count_packages(fixture.instance, registry, NULL), 1);
}

static void test_component_publication__strict_registry_takes_versioned_names_only(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_publication *publication = (lreg_publication *)&fixture;
    switch_on(lreg_registry_settings_set_strict_names);
    lreg_status status = lreg_publication_open(fixture.instance, registry, "README", &publication, &err);
    assert_string_equal(lreg_error_message(err), "Invalid filename format. Expected: {BASENAME}-{SEMVER}.{EXT}");
    EXPECT(status, &err, LREG_UNPROCESSABLE, "bad_filename");
    assert_null(publication);
    lreg_package_free(publish_text(fixture.instance, registry, "app-1.0.0.zip", "fine"));
}

static void test_component_publication__names_that_are_none_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"", ".", "..", "a\nb", "\xff", "dir/", "dir/.."};
    lreg_error *err = NULL;
    lreg_publication *publication = NULL;
    char longer[257];
    memset(longer, 'n', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        EXPECT(lreg_publication_open(fixture.instance, registry, names[i], &publication, &err), &err,
               LREG_UNPROCESSABLE, "bad_filename");
    }
    EXPECT(lreg_publication_open(fixture.instance, registry, longer, &publication, &err), &err, LREG_UNPROCESSABLE,
           "bad_filename");
}

static void test_component_publication__one_that_is_given_up_leaves_nothing(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_publication *publication = NULL;
    lreg_verify_report report = {.size = sizeof report};
    lreg_collect_report collected = {.size = sizeof collected};
    CHECK(lreg_publication_open(fixture.instance, registry, "a.txt", &publication, &err), err);
    CHECK(lreg_publication_write(publication, "half", 4, &err), err);
    lreg_publication_close(publication);
    assert_int_equal(count_packages(fixture.instance, registry, NULL), 0);
    CHECK(lreg_verify(fixture.instance, NULL, &report, &err), err);
    assert_int_equal(report.blobs + report.unnamed_objects, 0);
    atomic_fetch_add(&fixture.now_ms, INT64_C(90000000));
    CHECK(objects_collect(fixture.instance, 0, &collected, &err), err);
    assert_int_equal(collected.stages + collected.objects, 0);
}

static void test_component_publication__ends_with_finish(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_publication *publication = NULL;
    CHECK(lreg_publication_open(fixture.instance, registry, "a.txt", &publication, &err), err);
    CHECK(lreg_publication_finish(publication, NULL, NULL, &err), err);
    EXPECT(lreg_publication_write(publication, "x", 1, &err), &err, LREG_MISUSE, "publication_ended");
    EXPECT(lreg_publication_finish(publication, NULL, NULL, &err), &err, LREG_MISUSE, "publication_ended");
    lreg_publication_close(publication);
    check_content(fixture.instance, registry, "a.txt", "", 0);
}

static void test_component_publication__over_its_limit_it_ends(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_publication *publication = NULL;
    lreg_instance *small = NULL;
    CHECK(lreg_options_set_number(fixture.options, LREG_LIMIT_PACKAGE_BYTES, 8, &err), err);
    CHECK(lreg_open(fixture.options, &small, &err), err);
    CHECK(lreg_publication_open(small, registry, "a.txt", &publication, &err), err);
    CHECK(lreg_publication_write(publication, "12345678", 8, &err), err);
    EXPECT(lreg_publication_write(publication, "9", 1, &err), &err, LREG_TOO_LARGE, "package_too_large");
    EXPECT(lreg_publication_finish(publication, NULL, NULL, &err), &err, LREG_MISUSE, "publication_ended");
    lreg_publication_close(publication);
    lreg_close(small);
    assert_int_equal(count_packages(fixture.instance, registry, NULL), 0);
}

static void test_component_publication__an_apk_tells_its_own_name(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package *package = NULL;
    struct apk_bytes apk = {0};
    lreg_registry *alpine = make_registry(fixture.instance, "acme", "alpine", "alpine");
    apk_build(&apk, &(struct apk_recipe){.name = "hello", .version = "2.1-r3", .architecture = "aarch64"});
    CHECK(try_publish(fixture.instance, alpine, "whatever.apk", apk.bytes, apk.length, &package, NULL, &err), err);
    assert_string_equal(lreg_package_name(package), "hello");
    assert_string_equal(lreg_package_version(package), "2.1-r3");
    assert_string_equal(lreg_package_architecture(package), "aarch64");
    assert_string_equal(lreg_package_reference(package), "aarch64/hello-2.1-r3.apk");
    assert_string_equal(lreg_package_filename(package), "hello-2.1-r3.apk");
    assert_string_equal(lreg_package_path(package), "/acme/alpine/alpine_any/alpine_any/main/aarch64/hello-2.1-r3.apk");
    assert_int_equal(lreg_package_attributes(package)[0], '{');
    check_content(fixture.instance, alpine, "aarch64/hello-2.1-r3.apk", apk.bytes, apk.length);
    lreg_package_free(package);
    lreg_registry_free(alpine);
    apk_free(&apk);
}

static void test_component_publication__what_is_not_an_apk_is_refused_and_leaves_nothing(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_verify_report report = {.size = sizeof report};
    struct apk_bytes apk = {0};
    lreg_registry *alpine = make_registry(fixture.instance, "acme", "alpine", "alpine");
    apk_build(&apk, &(struct apk_recipe){.name = "hello"});
    assert_int_equal(try_publish(fixture.instance, alpine, "a.apk", "text", 4, NULL, NULL, &err), LREG_UNPROCESSABLE);
    lreg_error_free(err);
    err = NULL;
    assert_int_equal(try_publish(fixture.instance, alpine, "a.apk", apk.bytes, apk.length - 1, NULL, NULL, &err),
                     LREG_UNPROCESSABLE);
    assert_string_not_equal(lreg_error_message(err), "");
    lreg_error_free(err);
    err = NULL;
    assert_int_equal(count_packages(fixture.instance, alpine, NULL), 0);
    CHECK(lreg_verify(fixture.instance, NULL, &report, &err), err);
    assert_int_equal(report.blobs + report.unnamed_objects, 0);
    lreg_registry_free(alpine);
    apk_free(&apk);
}

static void test_component_publication__equal_content_is_stored_once(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_verify_report report = {.size = sizeof report};
    lreg_registry *other = make_registry(fixture.instance, "acme", "other", "files");
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "content"));
    lreg_package_free(publish_text(fixture.instance, registry, "b.txt", "content"));
    lreg_package_free(publish_text(fixture.instance, other, "c.txt", "content"));
    CHECK(lreg_verify(fixture.instance, NULL, &report, &err), err);
    assert_int_equal(report.blobs, 1);
    assert_int_equal(report.unnamed_objects, 0);
    lreg_registry_free(other);
}

/* --- many at once --- */

enum {
    THREADS = 8,
    ROUNDS = 12
};

struct worker {
    pthread_t thread;
    int number;
    bool same; /* all workers publish the same file */
    int failures;
};

/* No cmocka assertions here: they belong to the test's main thread. */
static void *publish_rounds(void *user) {
    struct worker *worker = user;
    for (int round = 0; round < ROUNDS; round++) {
        char name[48];
        lreg_package *package = NULL;
        snprintf(name, sizeof name, "file-%d-%d.txt", worker->same ? 0 : worker->number, round);
        if (try_publish(fixture.instance, registry, name, name, strlen(name), &package, NULL, NULL) != LREG_OK) {
            worker->failures++;
        }
        lreg_package_free(package);
    }
    return NULL;
}

static void publish_by_many(bool same) {
    struct worker workers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.number = i, .same = same};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, publish_rounds, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].failures, 0);
    }
}

static void test_component_publication__many_threads_publish_different_files(void **state) {
    (void)state;
    publish_by_many(false);
    assert_int_equal(count_packages(fixture.instance, registry, NULL), THREADS * ROUNDS);
    check_content(fixture.instance, registry, "file-7-11.txt", "file-7-11.txt", 13);
}

static void test_component_publication__many_threads_publish_the_same_file(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_verify_report report = {.size = sizeof report};
    publish_by_many(true);
    assert_int_equal(count_packages(fixture.instance, registry, NULL), ROUNDS);
    CHECK(lreg_verify(fixture.instance, NULL, &report, &err), err);
    assert_int_equal(report.blobs, ROUNDS);
    assert_int_equal(report.missing + report.damaged + report.unnamed_objects, 0);
}
