/* SPDX-License-Identifier: Apache-2.0 */
/* Container images through the C API: pushed over HTTP, then listed, read and deleted as packages. */
#include "component/fixture.h"
#include "support/apk_builder.h" /* SHA-256 */

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
    CHECK(lreg_token_create(fixture.instance, "acme", "push", "read_packages,write_packages", 0, &token, &err), err);
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

/* Pushes an image of one layer, and gives its manifest. */
static void push(const char *tag, const char *layer, char manifest[1024]) {
    static const char config[] = "{\"architecture\":\"amd64\",\"os\":\"linux\"}";
    char config_digest[72];
    char layer_digest[72];
    char target[256];
    digest_of(config, config_digest);
    digest_of(layer, layer_digest);
    snprintf(target, sizeof target, "/v2/acme/images/app/blobs/uploads/?digest=%s", config_digest);
    send("POST", target, "application/octet-stream", config, 201);
    snprintf(target, sizeof target, "/v2/acme/images/app/blobs/uploads/?digest=%s", layer_digest);
    send("POST", target, "application/octet-stream", layer, 201);
    snprintf(manifest, 1024,
             "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
             "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"%s\",\"size\":%zu},"
             "\"layers\":[{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"%s\",\"size\":%zu}]}",
             config_digest, strlen(config), layer_digest, strlen(layer));
    snprintf(target, sizeof target, "/v2/acme/images/app/manifests/%s", tag);
    send("PUT", target, "application/vnd.oci.image.manifest.v1+json", manifest, 201);
}

static void test_component_image__a_tag_is_a_package_whose_content_is_the_manifest(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_package *package = NULL;
    char manifest[1024];
    char digest[72];
    push("1.0", "layer", manifest);
    CHECK(lreg_package_find_by_filename(fixture.instance, registry, "app:1.0", &package, &err), err);
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
    push("1.0", "layer", manifest);
    CHECK(lreg_package_find_by_filename(fixture.instance, registry, "app:1.0", &package, &err), err);
    CHECK(lreg_package_delete(fixture.instance, package, &err), err);
    lreg_package_free(package);
    assert_int_equal(count_packages(fixture.instance, registry, NULL), 0);
    atomic_fetch_add(&fixture.now_ms, INT64_C(3) * 86400000);
    CHECK(lreg_collect(fixture.instance, 0, &collected, &err), err);
    CHECK(lreg_verify(fixture.instance, NULL, NULL, &verified, &err), err);
    assert_int_equal(verified.documents, 0);
    assert_int_equal(verified.blobs, 0);
    assert_int_equal(collected.blobs, 2);
}

static void test_component_image__is_not_published_as_a_file(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_publication *publication = NULL;
    EXPECT(lreg_publication_begin(fixture.instance, registry, "app.tar", &publication, &err), &err, LREG_UNSUPPORTED,
           "push_instead");
    assert_null(publication);
}
