/* SPDX-License-Identifier: Apache-2.0 */
/* Container images through the C API: pushed over HTTP or published as archives; listed, read, deleted as packages. */
#include "component/fixture.h"
#include "support/apk_builder.h" /* SHA-256 */
#include "support/tar_builder.h"

static struct fixture fixture;
static lreg_registry *registry;
static char authorization[160];

static int setup(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_token *token = NULL;
    fixture_open_folder(&fixture);
    make_organization(fixture.instance, "acme");
    registry = make_registry(fixture.instance, "acme", "images", "container");
    CHECK(objects_token_create(fixture.instance, "acme", "push", "read_packages,write_packages", 0, &token, &err), err);
    snprintf(authorization, sizeof authorization, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    lreg_registry_free(registry);
    fixture_close(&fixture);
    return 0;
}

static void digest_of(const char *text, char out[72]) {
    uint8_t bytes[32];
    apk_sha256(text, strlen(text), bytes);
    snprintf(out, 72, "sha256:");
    for (size_t i = 0; i < sizeof bytes; i++) {
        snprintf(out + 7 + 2 * i, 3, "%02x", bytes[i]);
    }
}

static void send(const char *method, const char *target, const char *type, const char *body, int wanted) {
    lreg_error *err = NULL;
    lreg_exchange *exchange = NULL;
    char length[24];
    snprintf(length, sizeof length, "%zu", strlen(body));
    CHECK(lreg_exchange_new(fixture.instance, &exchange, &err), err);
    CHECK(lreg_exchange_set_request(exchange, method, target, &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Host", "localhost", &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Authorization", authorization, &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Content-Type", type, &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Content-Length", length, &err), err);
    CHECK(lreg_exchange_begin(exchange, &err), err);
    if (lreg_exchange_wants(exchange) == LREG_WANTS_BODY) {
        CHECK(lreg_exchange_write(exchange, body, strlen(body), &err), err);
        CHECK(lreg_exchange_finish(exchange, &err), err);
    }
    assert_int_equal(lreg_exchange_status(exchange), wanted);
    lreg_exchange_free(exchange);
}

static const char config[] = "{\"architecture\":\"amd64\",\"os\":\"linux\"}";
static const char layer[] = "layer";

/* The manifest of an image of one layer. */
static void make_manifest(char manifest[1024]) {
    char config_digest[72];
    char layer_digest[72];
    digest_of(config, config_digest);
    digest_of(layer, layer_digest);
    snprintf(manifest, 1024,
             "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
             "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"%s\",\"size\":%zu},"
             "\"layers\":[{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"%s\",\"size\":%zu}]}",
             config_digest, strlen(config), layer_digest, strlen(layer));
}

static void push_blob(const char *bytes) {
    char digest[72];
    char target[160];
    digest_of(bytes, digest);
    snprintf(target, sizeof target, "/v2/acme/images/app/blobs/uploads/?digest=%s", digest);
    send("POST", target, "application/octet-stream", bytes, 201);
}

/* Pushes it as app:1.0, and returns its manifest. */
static void push(char manifest[1024]) {
    push_blob(config);
    push_blob(layer);
    make_manifest(manifest);
    send("PUT", "/v2/acme/images/app/manifests/1.0", "application/vnd.oci.image.manifest.v1+json", manifest, 201);
}

static void add_blob(struct tar_builder *tar, const char *bytes) {
    char digest[72];
    char name[96];
    digest_of(bytes, digest);
    snprintf(name, sizeof name, "blobs/sha256/%s", digest + 7);
    tar_builder_file(tar, name, bytes);
}

static void test_component_image__a_tag_is_a_package_whose_content_is_the_manifest(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package *package = NULL;
    char manifest[1024];
    char digest[72];
    push(manifest);
    CHECK(lreg_package_find(fixture.instance, registry, "app:1.0", &package, &err), err);
    assert_string_equal(lreg_package_name(package), "app");
    assert_string_equal(lreg_package_version(package), "1.0");
    assert_string_equal(lreg_package_path(package), "/v2/acme/images/app/manifests/1.0");
    digest_of(manifest, digest);
    assert_string_equal(lreg_package_digest(package, "sha256"), digest + 7);
    assert_true(lreg_package_size_bytes(package) > strlen(manifest));
    lreg_package_free(package);
    check_content(fixture.instance, registry, "app:1.0", manifest, strlen(manifest));
    assert_int_equal(count_packages(fixture.instance, registry, "app"), 1);
}

static void test_component_image__deleted_with_its_content(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package *package = NULL;
    lreg_collect_report collected = {.size = sizeof collected};
    lreg_verify_report verified = {.size = sizeof verified};
    char manifest[1024];
    push(manifest);
    CHECK(lreg_package_find(fixture.instance, registry, "app:1.0", &package, &err), err);
    CHECK(lreg_package_delete(fixture.instance, package, &err), err);
    lreg_package_free(package);
    assert_int_equal(count_packages(fixture.instance, registry, NULL), 0);
    atomic_fetch_add(&fixture.now_ms, INT64_C(3) * 86400000);
    CHECK(objects_collect(fixture.instance, 0, &collected, &err), err);
    CHECK(lreg_verify(fixture.instance, NULL, &verified, &err), err);
    assert_int_equal(verified.documents, 0);
    assert_int_equal(verified.blobs, 0);
    assert_int_equal(collected.blobs, 2);
}

static void test_component_image__is_published_as_an_archive(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package *package = NULL;
    lreg_bool created = 0;
    struct tar_builder tar = {0};
    char manifest[1024];
    char digest[72];
    char index[512];
    make_manifest(manifest);
    digest_of(manifest, digest);
    snprintf(index, sizeof index,
             "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
             "\"digest\":\"%s\",\"size\":%zu,\"annotations\":{\"org.opencontainers.image.ref.name\":\"2.0\"}}]}",
             digest, strlen(manifest));
    add_blob(&tar, config);
    add_blob(&tar, layer);
    add_blob(&tar, manifest);
    tar_builder_file(&tar, "index.json", index);
    tar_builder_end(&tar);
    CHECK(try_publish(fixture.instance, registry, "tool.tar", tar.bytes, tar.length, &package, &created, &err), err);
    assert_true(created);
    assert_string_equal(lreg_package_filename(package), "tool:2.0");
    lreg_package_free(package);
    check_content(fixture.instance, registry, "tool:2.0", manifest, strlen(manifest));
    free(tar.bytes);
}

static void test_component_image__what_is_no_archive_is_refused_and_leaves_nothing(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_verify_report report = {.size = sizeof report};
    struct tar_builder tar = {0};
    add_blob(&tar, layer);
    tar_builder_end(&tar);
    EXPECT(try_publish(fixture.instance, registry, "tool.tar", tar.bytes, tar.length, NULL, NULL, &err), &err,
           LREG_UNPROCESSABLE, "bad_archive");
    free(tar.bytes);
    assert_int_equal(count_packages(fixture.instance, registry, NULL), 0);
    atomic_fetch_add(&fixture.now_ms, INT64_C(3) * 86400000);
    CHECK(objects_collect(fixture.instance, 0, NULL, &err), err);
    CHECK(lreg_verify(fixture.instance, NULL, &report, &err), err);
    assert_int_equal(report.blobs + report.unnamed_objects, 0);
}
