/* SPDX-License-Identifier: Apache-2.0 */
/* Finding, listing, reading and deleting packages through the C API. */
#include "component/fixture.h"

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

static void test_component_package__snapshot_tells_what_was_published(void **state) {
    (void)state;
    lreg_package *package = publish_text(fixture.instance, registry, "my_app-1.2.3-rc.1.tar.gz", "abc");
    assert_int_equal(strlen(lreg_package_id(package)), 36);
    assert_string_equal(lreg_package_name(package), "my_app");
    assert_string_equal(lreg_package_version(package), "1.2.3-rc.1");
    assert_string_equal(lreg_package_architecture(package), "");
    assert_string_equal(lreg_package_filename(package), "my_app-1.2.3-rc.1.tar.gz");
    assert_string_equal(lreg_package_path(package), "/acme/files/files/my_app-1.2.3-rc.1.tar.gz");
    assert_int_equal(lreg_package_size_bytes(package), 3);
    assert_string_equal(lreg_package_attributes(package), "{}");
    assert_int_equal(lreg_package_downloads(package), 0);
    assert_true(lreg_package_created_ms(package) == FIXTURE_NOW);
    lreg_package_free(package);
}

static void test_component_package__name_without_a_version_is_the_whole_file_name(void **state) {
    (void)state;
    lreg_package *package = publish_text(fixture.instance, registry, "what is new?.txt", "abc");
    assert_string_equal(lreg_package_name(package), "what is new?.txt");
    assert_string_equal(lreg_package_version(package), "");
    assert_string_equal(lreg_package_path(package), "/acme/files/files/what%20is%20new%3F.txt");
    lreg_package_free(package);
}

/* Of "abc", as in FIPS 180-4 and RFC 1321. */
static void test_component_package__digests_are_right(void **state) {
    (void)state;
    lreg_package *package = publish_text(fixture.instance, registry, "abc", "abc");
    assert_string_equal(lreg_package_digest(package, "md5"), "900150983cd24fb0d6963f7d28e17f72");
    assert_string_equal(lreg_package_digest(package, "sha1"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_string_equal(lreg_package_digest(package, "sha256"),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(lreg_package_digest(package, "sha512"),
                        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    assert_string_equal(lreg_package_digest(package, "crc32"), "");
    assert_string_equal(lreg_package_digest(package, ""), "");
    assert_string_equal(lreg_package_digest(package, NULL), "");
    lreg_package_free(package);
}

static void test_component_package__is_found_by_id_and_by_file_name(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package *found = NULL;
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "abc");
    CHECK(lreg_package_find_by_id(fixture.instance, registry, lreg_package_id(package), &found, &err), err);
    assert_string_equal(lreg_package_filename(found), "a.txt");
    lreg_package_free(found);
    CHECK(lreg_package_find(fixture.instance, registry, "a.txt", &found, &err), err);
    assert_string_equal(lreg_package_id(found), lreg_package_id(package));
    lreg_package_free(found);
    lreg_package_free(package);
}

static void test_component_package__unknown_one_is_not_found(void **state) {
    (void)state;
    static const char *const names[] = {"",
                                        "b.txt",
                                        "../a.txt",
                                        "\xff\xfe",
                                        "00000000-0000-7000-8000-000000000000",
                                        "00000000-0000-7000-8000-00000000000g"};
    lreg_error *err = NULL;
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "abc"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        lreg_package *found = (lreg_package *)&fixture;
        EXPECT(lreg_package_find_by_id(fixture.instance, registry, names[i], &found, &err), &err, LREG_NOT_FOUND,
               "package_unknown");
        assert_null(found);
        found = (lreg_package *)&fixture;
        EXPECT(lreg_package_find(fixture.instance, registry, names[i], &found, &err), &err, LREG_NOT_FOUND,
               "package_unknown");
        assert_null(found);
    }
}

static void test_component_package__is_not_found_in_another_registry(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package *found = NULL;
    lreg_registry *other = make_registry(fixture.instance, "acme", "other", "files");
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "abc");
    EXPECT(lreg_package_find_by_id(fixture.instance, other, lreg_package_id(package), &found, &err), &err,
           LREG_NOT_FOUND, "package_unknown");
    EXPECT(lreg_package_find(fixture.instance, other, "a.txt", &found, &err), &err, LREG_NOT_FOUND, "package_unknown");
    assert_int_equal(count_packages(fixture.instance, other, NULL), 0);
    lreg_package_free(package);
    lreg_registry_free(other);
}

/* More than a listing reads at once; the clock moves, so that the order is known. */
static void test_component_package__list_gives_all_newest_first(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package_list *list = NULL;
    lreg_package *package = NULL;
    char name[32];
    for (int i = 0; i < 205; i++) {
        snprintf(name, sizeof name, "file-%03d.txt", i);
        lreg_package_free(publish_text(fixture.instance, registry, name, name));
        atomic_fetch_add(&fixture.now_ms, 1);
    }
    CHECK(lreg_package_list_open(fixture.instance, registry, NULL, &list, &err), err);
    for (int i = 204; i >= 0; i--) {
        CHECK(lreg_package_list_next(list, &package, &err), err);
        snprintf(name, sizeof name, "file-%03d.txt", i);
        assert_string_equal(lreg_package_filename(package), name);
        lreg_package_free(package);
    }
    CHECK(lreg_package_list_next(list, &package, &err), err);
    assert_null(package);
    lreg_package_list_close(list);
}

static void test_component_package__list_selects_by_a_part_of_the_name(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package_list *list = NULL;
    lreg_package_free(publish_text(fixture.instance, registry, "Alpha-1.0.0.zip", "1"));
    lreg_package_free(publish_text(fixture.instance, registry, "alphabet-1.0.0.zip", "2"));
    lreg_package_free(publish_text(fixture.instance, registry, "beta_100-1.0.0.zip", "3"));
    assert_int_equal(count_packages(fixture.instance, registry, "ALPHA"), 2);
    assert_int_equal(count_packages(fixture.instance, registry, "bet"), 2);
    assert_int_equal(count_packages(fixture.instance, registry, "a_1"), 1);
    assert_int_equal(count_packages(fixture.instance, registry, "_b"), 0); /* neither is a wildcard */
    assert_int_equal(count_packages(fixture.instance, registry, "%"), 0);
    assert_int_equal(count_packages(fixture.instance, registry, "zip"), 0); /* of the file, not of the package */
    assert_int_equal(count_packages(fixture.instance, registry, ""), 3);
    EXPECT(lreg_package_list_open(fixture.instance, registry,
                                  &(lreg_package_filter){.size = sizeof(lreg_package_filter), .name_contains = "\xff"},
                                  &list, &err),
           &err, LREG_BAD_ARGUMENT, "");
}

static void test_component_package__content_is_read_from_any_offset(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package_reader *content = NULL;
    char bytes[16];
    size_t got = 99;
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "0123456789");
    CHECK(lreg_package_reader_open(fixture.instance, package, &content, &err), err);
    lreg_package_free(package);
    assert_int_equal(lreg_package_reader_length(content), 10);
    CHECK(lreg_package_reader_read(content, 4, bytes, 3, &got, &err), err);
    assert_int_equal(got, 3);
    assert_memory_equal(bytes, "456", 3);
    CHECK(lreg_package_reader_read(content, 8, bytes, sizeof bytes, &got, &err), err);
    assert_int_equal(got, 2);
    assert_memory_equal(bytes, "89", 2);
    CHECK(lreg_package_reader_read(content, 10, bytes, sizeof bytes, &got, &err), err);
    assert_int_equal(got, 0);
    CHECK(lreg_package_reader_read(content, UINT64_MAX, bytes, sizeof bytes, &got, &err), err);
    assert_int_equal(got, 0);
    CHECK(lreg_package_reader_read(content, 0, NULL, 0, &got, &err), err);
    assert_int_equal(got, 0);
    lreg_package_reader_close(content);
}

static void test_component_package__open_content_outlives_its_package(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package_reader *content = NULL;
    char bytes[16];
    size_t got = 0;
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "0123456789");
    CHECK(lreg_package_reader_open(fixture.instance, package, &content, &err), err);
    CHECK(lreg_package_delete(fixture.instance, package, &err), err);
    atomic_fetch_add(&fixture.now_ms, INT64_C(90000000));
    CHECK(objects_collect(fixture.instance, 0, NULL, &err), err);
    CHECK(lreg_package_reader_read(content, 0, bytes, sizeof bytes, &got, &err), err);
    assert_int_equal(got, 10);
    lreg_package_reader_close(content);
    lreg_package_free(package);
}

static void test_component_package__deleted_one_is_gone_and_can_come_back(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package *found = NULL;
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "first");
    CHECK(lreg_package_delete(fixture.instance, package, &err), err);
    EXPECT(lreg_package_delete(fixture.instance, package, &err), &err, LREG_NOT_FOUND, "package_unknown");
    EXPECT(lreg_package_find_by_id(fixture.instance, registry, lreg_package_id(package), &found, &err), &err,
           LREG_NOT_FOUND, "package_unknown");
    assert_int_equal(count_packages(fixture.instance, registry, NULL), 0);
    lreg_package_free(package);
    package = publish_text(fixture.instance, registry, "a.txt", "second");
    check_content(fixture.instance, registry, "a.txt", "second", 6);
    lreg_package_free(package);
}

/* Downloads over HTTP are counted; reads by the host are not. */
static void test_component_package__downloads_are_counted(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package *found = NULL;
    lreg_exchange *exchange = NULL;
    lreg_token *token = NULL;
    char authorization[128];
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "content"));
    check_content(fixture.instance, registry, "a.txt", "content", 7);
    CHECK(objects_token_create(fixture.instance, "acme", "ci", "read_packages", 0, &token, &err), err);
    snprintf(authorization, sizeof authorization, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
    CHECK(lreg_exchange_new(fixture.instance, &exchange, &err), err);
    for (int i = 0; i < 3; i++) {
        lreg_exchange_reset(exchange);
        CHECK(lreg_exchange_set_request(exchange, "GET", "/acme/files/files/a.txt", &err), err);
        CHECK(lreg_exchange_add_header(exchange, "Host", "localhost", &err), err);
        CHECK(lreg_exchange_add_header(exchange, "Authorization", authorization, &err), err);
        CHECK(lreg_exchange_begin(exchange, &err), err);
        assert_int_equal(lreg_exchange_status(exchange), 200);
    }
    lreg_exchange_free(exchange);
    lreg_close(fixture.instance); /* writes the pending counts */
    fixture_open(&fixture);
    CHECK(lreg_package_find(fixture.instance, registry, "a.txt", &found, &err), err);
    assert_int_equal(lreg_package_downloads(found), 3);
    lreg_package_free(found);
}
