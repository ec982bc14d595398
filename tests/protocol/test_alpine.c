/* SPDX-License-Identifier: Apache-2.0 */
/* The Alpine repository as clients see it: publishing, index, packages, key; permissions; and refused requests have no
 * effect. */
#include "component/fixture.h"
#include "support/apk_builder.h"
#include "support/http_script.h"

#define REPOSITORY "/acme/apks/alpine_any/alpine_any/main/"

static struct fixture fixture;
static lreg_registry *registry;
static struct http_script script;
static char writer[200]; /* "Bearer …" */
static char reader[200];

static void make_token(const char *scopes, char out[200]) {
    lreg_error *err = NULL;
    lreg_token *token = NULL;
    CHECK(objects_token_create(fixture.instance, "acme", "test", scopes, 0, &token, &err), err);
    (void)snprintf(out, 200, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
}

/* One instance for all tests: the first index makes a key, which takes a while. */
static int group_setup(void **state) {
    (void)state;
    fixture_open_memory(&fixture);
    make_organization(fixture.instance, "acme");
    registry = make_registry(fixture.instance, "acme", "apks", "alpine");
    make_token("read_packages,write_packages", writer);
    make_token("read_packages", reader);
    return 0;
}

static int group_teardown(void **state) {
    (void)state;
    lreg_registry_free(registry);
    fixture_close(&fixture);
    return 0;
}

static int setup(void **state) {
    (void)state;
    script = (struct http_script){.instance = fixture.instance, .authorization = reader};
    return 0;
}

static struct http_answer *get(const char *method, const char *target, const char *fields) {
    char request[1000];
    (void)snprintf(request, sizeof request, "%s %s\nHost: localhost\n%s\n", method, target, fields);
    return http_script_run(&script, request);
}

/* The upload from the documentation: one part "file". */
static void make_upload(struct apk_bytes *out, const struct apk_bytes *package) {
    static const char head[] = "POST /v2/packages/organizations/acme/registries/apks/packages\nHost: localhost\n"
                               "Content-Type: multipart/form-data; boundary=b\n\n"
                               "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.apk\"\r\n\r\n";
    apk_append(out, head, strlen(head));
    apk_append(out, package->bytes, package->length);
    apk_append(out, "\r\n--b--\r\n", 9);
}

static struct http_answer *upload_bytes(const struct apk_bytes *package) {
    struct apk_bytes request = {0};
    make_upload(&request, package);
    script.authorization = writer;
    struct http_answer *answer = http_script_run_bytes(&script, (const char *)request.bytes, request.length);
    script.authorization = reader;
    apk_free(&request);
    return answer;
}

static struct http_answer *upload(const struct apk_recipe *recipe) {
    struct apk_bytes package = {0};
    apk_build(&package, recipe);
    struct http_answer *answer = upload_bytes(&package);
    apk_free(&package);
    return answer;
}

static void must_upload(const struct apk_recipe *recipe) {
    struct http_answer *answer = upload(recipe);
    if (answer->status / 100 != 2) {
        fail_msg("%s", answer->text);
    }
    http_answer_free(answer);
}

/* A GET with this status; the caller frees the answer. */
static struct http_answer *expect(const char *target, int status) {
    struct http_answer *answer = get("GET", target, "");
    if (answer->status != status) {
        fail_msg("%s: %s", target, answer->text);
    }
    return answer;
}

static void expect_same(const struct http_answer *one, const struct http_answer *other) {
    assert_int_equal(one->text_length, other->text_length);
    assert_memory_equal(one->text, other->text, one->text_length);
}

static void test_protocol_alpine__a_published_package_comes_back_as_it_was(void **state) {
    (void)state;
    struct apk_bytes package = {0};
    apk_build(&package, &(struct apk_recipe){.name = "whole", .version = "1.0~abc-r1"});
    struct http_answer *answer = upload_bytes(&package);
    assert_int_equal(answer->status, 200);
    assert_non_null(strstr(answer->body, "\"name\":\"whole\""));
    assert_non_null(strstr(answer->body, "\"version\":\"1.0~abc-r1\""));
    http_answer_free(answer);
    answer = expect(REPOSITORY "x86_64/whole-1.0~abc-r1.apk", 200);
    assert_int_equal(answer->body_length, package.length);
    assert_memory_equal(answer->body, package.bytes, package.length);
    assert_string_equal(http_answer_header(answer, "Content-Type"), "application/octet-stream");
    assert_string_equal(http_answer_header(answer, "Cache-Control"), "private, max-age=31536000, immutable");
    http_answer_free(answer);
    http_answer_free(expect(REPOSITORY "x86_64/whole-1.0%7eabc-r1.apk", 200));
    http_answer_free(expect(REPOSITORY "x86_64/whole-1.0%7Eabc-r1.apk", 200));
    http_answer_free(expect(REPOSITORY "aarch64/whole-1.0~abc-r1.apk", 404));
    apk_free(&package);
}

static void test_protocol_alpine__a_plus_in_an_address_is_a_plus(void **state) {
    (void)state;
    must_upload(&(struct apk_recipe){.name = "gtk+", .version = "3"});
    http_answer_free(expect(REPOSITORY "x86_64/gtk+-3.apk", 200));
    http_answer_free(expect(REPOSITORY "x86_64/gtk%2B-3.apk", 200));
}

static void test_protocol_alpine__head_and_ranges_are_answered(void **state) {
    (void)state;
    struct apk_bytes package = {0};
    apk_build(&package, &(struct apk_recipe){.name = "ranged"});
    http_answer_free(upload_bytes(&package));
    struct http_answer *answer = get("HEAD", REPOSITORY "x86_64/ranged-1.0-r0.apk", "");
    assert_int_equal(answer->status, 200);
    assert_int_equal(answer->content_length, package.length);
    assert_int_equal(answer->body_length, 0);
    http_answer_free(answer);
    answer = get("GET", REPOSITORY "x86_64/ranged-1.0-r0.apk", "Range: bytes=10-19\n");
    assert_int_equal(answer->status, 206);
    assert_int_equal(answer->body_length, 10);
    assert_memory_equal(answer->body, package.bytes + 10, 10);
    http_answer_free(answer);
    answer = get("HEAD", REPOSITORY "x86_64/APKINDEX.tar.gz", "");
    assert_int_equal(answer->status, 200);
    assert_true(answer->content_length > 100);
    http_answer_free(answer);
    apk_free(&package);
}

static void test_protocol_alpine__the_index_changes_with_the_packages_and_not_else(void **state) {
    (void)state;
    struct http_answer *first = expect(REPOSITORY "x86_64/APKINDEX.tar.gz", 200);
    struct http_answer *second = expect(REPOSITORY "x86_64/APKINDEX.tar.gz", 200);
    assert_memory_equal(first->body, "\x1f\x8b", 2);
    expect_same(first, second);
    assert_string_equal(http_answer_header(first, "Cache-Control"), "private, no-cache");
    assert_null(http_answer_header(first, "Last-Modified"));
    assert_null(http_answer_header(first, "Content-Encoding"));
    http_answer_free(second);
    must_upload(&(struct apk_recipe){.name = "another"});
    second = expect(REPOSITORY "x86_64/APKINDEX.tar.gz", 200);
    assert_string_not_equal(http_answer_header(first, "ETag"), http_answer_header(second, "ETag"));
    http_answer_free(first);
    http_answer_free(second);
}

static void test_protocol_alpine__a_date_of_the_client_hides_no_change(void **state) {
    (void)state;
    struct http_answer *answer =
        get("GET", REPOSITORY "x86_64/APKINDEX.tar.gz", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\n");
    char fields[200];
    assert_int_equal(answer->status, 200);
    (void)snprintf(fields, sizeof fields, "If-None-Match: %s\n", http_answer_header(answer, "ETag"));
    http_answer_free(answer);
    answer = get("GET", REPOSITORY "x86_64/APKINDEX.tar.gz", fields);
    assert_int_equal(answer->status, 304);
    http_answer_free(answer);
}

static void test_protocol_alpine__architectures_that_apk_or_a_package_has_have_an_index(void **state) {
    (void)state;
    http_answer_free(expect(REPOSITORY "loongarch64/APKINDEX.tar.gz", 200));
    http_answer_free(expect(REPOSITORY "noarch/APKINDEX.tar.gz", 200));
    http_answer_free(expect(REPOSITORY "aarch64_cortex-a53/APKINDEX.tar.gz", 404));
    must_upload(&(struct apk_recipe){.name = "own", .architecture = "aarch64_cortex-a53"});
    http_answer_free(expect(REPOSITORY "aarch64_cortex-a53/APKINDEX.tar.gz", 200));
    http_answer_free(expect(REPOSITORY "X86/APKINDEX.tar.gz", 404));
    http_answer_free(expect(REPOSITORY "a.b/APKINDEX.tar.gz", 404));
    http_answer_free(expect("/acme/apks/alpine_any/alpine_any/community/x86_64/APKINDEX.tar.gz", 404));
}

static void test_protocol_alpine__noarch_is_served_under_every_architecture(void **state) {
    (void)state;
    must_upload(&(struct apk_recipe){.name = "any", .architecture = "noarch"});
    http_answer_free(expect(REPOSITORY "x86_64/any-1.0-r0.apk", 200));
    http_answer_free(expect(REPOSITORY "s390x/any-1.0-r0.apk", 200));
    http_answer_free(expect(REPOSITORY "noarch/any-1.0-r0.apk", 200));
    http_answer_free(expect(REPOSITORY "x86_64/any-1.0-r1.apk", 404));
}

static void test_protocol_alpine__the_key_has_its_name_and_never_changes(void **state) {
    (void)state;
    lreg_organization *organization = NULL;
    lreg_error *err = NULL;
    char name[200];
    CHECK(lreg_organization_find(fixture.instance, "acme", &organization, &err), err);
    (void)snprintf(name, sizeof name, "%s_%s.rsa.pub", lreg_organization_id(organization), lreg_registry_id(registry));
    lreg_organization_free(organization);
    struct http_answer *first = expect("/acme/apks/rsakey", 200);
    struct http_answer *second = expect("/acme/apks/rsakey", 200);
    assert_int_equal(strncmp(first->body, "-----BEGIN PUBLIC KEY-----\n", 27), 0);
    assert_non_null(strstr(http_answer_header(first, "Content-Disposition"), name));
    expect_same(first, second);
    http_answer_free(first);
    http_answer_free(second);
}

static void test_protocol_alpine__nobody_reads_a_private_registry(void **state) {
    (void)state;
    static const char *const targets[] = {REPOSITORY "x86_64/APKINDEX.tar.gz", REPOSITORY "x86_64/any-1.0-r0.apk",
                                          "/acme/apks/rsakey"};
    script.authorization = NULL;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct http_answer *answer = expect(targets[i], 401);
        assert_int_equal(strncmp(http_answer_header(answer, "WWW-Authenticate"), "Basic ", 6), 0);
        http_answer_free(answer);
    }
}

static void test_protocol_alpine__a_conflict_is_told_and_the_same_bytes_are_none(void **state) {
    (void)state;
    must_upload(&(struct apk_recipe){.name = "fixed"});
    struct http_answer *answer = upload(&(struct apk_recipe){.name = "fixed"});
    assert_int_equal(answer->status / 100, 2);
    http_answer_free(answer);
    answer = upload(&(struct apk_recipe){.name = "fixed", .content = "other", .content_length = 5});
    assert_int_equal(answer->status, 409);
    http_answer_free(answer);
    answer = upload(&(struct apk_recipe){.name = "fixed", .architecture = "noarch"});
    assert_int_equal(answer->status, 409);
    http_answer_free(answer);
}

static void test_protocol_alpine__what_is_no_sound_package_is_refused_and_leaves_nothing(void **state) {
    (void)state;
    static const struct {
        struct apk_recipe recipe;
        const char *code;
    } cases[] = {
        {{.name = "../../evil"}, "bad_name"},
        {{.name = "two words"}, "bad_name"},
        {{.version = "1/0"}, "bad_version"},
        {{.architecture = "x86_64/../../etc"}, "bad_architecture"},
        {{.more = "depend = a@edge\n"}, "bad_dependency"},
        {{.more = "maintainer = a\rb\n"}, "bad_value"},
        {{.more = "maintainer = caf\xe9\n"}, "bad_value"},
        {{.info = "pkgname = a\npkgver = 1\narch = x86_64\n"}, "missing_field"},
        {{.info = "pkgver = 1\narch = x86_64\ndatahash = @\n"}, "missing_field"},
        {{.info = "pkgname = a\npkgver = 1\narch = x86_64\ndatahash = @00\n"}, "bad_datahash"},
        {{.info = "pkgname = a\npkgver = 1\narch = x86_64\ndatahash = "
                  "0000000000000000000000000000000000000000000000000000000000000000\n"},
         "datahash_mismatch"},
        {{.control_name = "./.PKGINFO"}, "bad_control"},
        {{.control_name = ".NOTHING"}, "no_pkginfo"},
        {{.control_name = "usr/PKGINFO"}, "not_an_apk"},
    };
    struct http_answer *before = expect(REPOSITORY "x86_64/APKINDEX.tar.gz", 200);
    size_t count = count_packages(fixture.instance, registry, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_answer *answer = upload(&cases[i].recipe);
        if (answer->status != 422 || strstr(answer->body, cases[i].code) == NULL) {
            fail_msg("%s: %s", cases[i].code, answer->text);
        }
        http_answer_free(answer);
    }
    assert_int_equal(count_packages(fixture.instance, registry, NULL), count);
    struct http_answer *after = expect(REPOSITORY "x86_64/APKINDEX.tar.gz", 200);
    expect_same(before, after);
    http_answer_free(before);
    http_answer_free(after);
}

static void test_protocol_alpine__torn_packages_and_other_files_are_refused(void **state) {
    (void)state;
    struct apk_bytes package = {0};
    apk_build(&package, &(struct apk_recipe){.name = "torn"});
    for (size_t length = 0; length < package.length; length += 1 + package.length / 40) {
        struct apk_bytes part = {package.bytes, length, length};
        struct http_answer *answer = upload_bytes(&part);
        assert_int_equal(answer->status, 422);
        http_answer_free(answer);
    }
    apk_append(&package, "trailing bytes", 14);
    struct http_answer *answer = upload_bytes(&package);
    assert_int_equal(answer->status, 422);
    assert_non_null(strstr(answer->body, "trailing_bytes"));
    http_answer_free(answer);
    apk_free(&package);
    apk_append(&package, "ADBd package of apk 3", 21);
    answer = upload_bytes(&package);
    assert_int_equal(answer->status, 422);
    assert_non_null(strstr(answer->body, "apk v3 (ADB) package; this registry takes v2"));
    http_answer_free(answer);
    apk_free(&package);
    http_answer_free(expect(REPOSITORY "x86_64/torn-1.0-r0.apk", 404));
}

static void test_protocol_alpine__an_upload_may_be_cut_anywhere(void **state) {
    (void)state;
    struct apk_bytes package = {0}, request = {0};
    apk_build(&package, &(struct apk_recipe){.name = "cut"});
    make_upload(&request, &package);
    http_answer_free(upload_bytes(&package)); /* the first is new, the others are the same again */
    script.authorization = writer;
    for (size_t piece = 1; piece < 700; piece += 31) {
        script.piece_bytes = piece;
        struct http_answer *answer = http_script_run_bytes(&script, (const char *)request.bytes, request.length);
        assert_int_equal(answer->status, 200);
        http_answer_free(answer);
    }
    apk_free(&package);
    apk_free(&request);
}

static void test_protocol_alpine__an_upload_under_way_is_no_package(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_publication *publication = NULL;
    struct apk_bytes package = {0};
    apk_build(&package, &(struct apk_recipe){.name = "under-way"});
    CHECK(lreg_publication_open(fixture.instance, registry, "x.apk", &publication, &err), err);
    CHECK(lreg_publication_write(publication, package.bytes, package.length, &err), err);
    http_answer_free(expect(REPOSITORY "x86_64/under-way-1.0-r0.apk", 404));
    lreg_publication_close(publication);
    http_answer_free(expect(REPOSITORY "x86_64/under-way-1.0-r0.apk", 404));
    apk_free(&package);
}

static void test_protocol_alpine__downloads_are_counted_once_each(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package *package = NULL;
    must_upload(&(struct apk_recipe){.name = "counted"});
    http_answer_free(expect(REPOSITORY "x86_64/counted-1.0-r0.apk", 200));
    http_answer_free(get("HEAD", REPOSITORY "x86_64/counted-1.0-r0.apk", ""));
    http_answer_free(get("GET", REPOSITORY "x86_64/counted-1.0-r0.apk", "Range: bytes=100-\n"));
    http_answer_free(expect(REPOSITORY "x86_64/counted-1.0-r0.apk", 200));
    atomic_fetch_add(&fixture.now_ms, 3600000); /* counts are written in batches */
    http_answer_free(expect(REPOSITORY "x86_64/counted-1.0-r0.apk", 200));
    CHECK(lreg_package_find(fixture.instance, registry, "x86_64/counted-1.0-r0.apk", &package, &err), err);
    assert_in_range(lreg_package_downloads(package), 2, 3);
    lreg_package_free(package);
}

/* Rows of 120 KiB each; the listing shows only their names. */
static void test_protocol_alpine__a_page_of_large_packages_is_listed(void **state) {
    (void)state;
    enum {
        PROVIDED = 2000,
        LINE = 40
    };
    static char more[PROVIDED * LINE + 1];
    for (size_t i = 0; i < PROVIDED; i++) {
        (void)snprintf(more + i * LINE, LINE + 1, "provides = cmd:%024zu\n", i);
    }
    for (unsigned i = 0; i < 80; i++) {
        char name[20];
        (void)snprintf(name, sizeof name, "large%u", i);
        must_upload(&(struct apk_recipe){.name = name, .architecture = "large", .more = more});
    }
    http_answer_free(expect("/v2/packages/organizations/acme/registries/apks/packages?per_page=80&name=large", 200));
}

static void test_protocol_alpine__other_methods_are_not_allowed(void **state) {
    (void)state;
    struct http_answer *answer = get("DELETE", REPOSITORY "x86_64/any-1.0-r0.apk", "");
    assert_int_equal(answer->status, 405);
    assert_non_null(http_answer_header(answer, "Allow"));
    http_answer_free(answer);
}

static void set_public(bool is_public) {
    lreg_error *err = NULL;
    lreg_registry_settings *settings = NULL;
    CHECK(lreg_registry_settings_new(&settings, &err), err);
    CHECK(lreg_registry_settings_set_public(settings, is_public, &err), err);
    CHECK(lreg_registry_update(fixture.instance, registry, settings, NULL, &err), err);
    lreg_registry_settings_free(settings);
}

static void test_protocol_alpine__a_registry_token_reads_on_while_the_registry_is_public(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_token *token = NULL;
    char bearer[200];
    must_upload(&(struct apk_recipe){.name = "opened", .version = "1-r0"});
    CHECK(objects_registry_token_create(fixture.instance, registry, "Server", &token, &err), err);
    (void)snprintf(bearer, sizeof bearer, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
    for (int i = 0; i < 3; i++) { /* private, public, private again */
        set_public(i == 1);
        script.authorization = bearer;
        http_answer_free(expect(REPOSITORY "x86_64/APKINDEX.tar.gz", 200));
        http_answer_free(expect(REPOSITORY "x86_64/opened-1-r0.apk", 200));
        http_answer_free(expect("/acme/apks/rsakey", 200));
        script.authorization = NULL;
        http_answer_free(expect(REPOSITORY "x86_64/opened-1-r0.apk", i == 1 ? 200 : 401));
    }
}
