/* SPDX-License-Identifier: Apache-2.0 */
/* Images as files: archives of an OCI image layout, published by the C API and by REST. */
#include "oci_world.h"

#include "support/tar_builder.h"
#include "support/objects.h"

#define INDEX_OF(type, digest, size, annotations)                                          \
    "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" type "\",\"digest\":\"" digest \
    "\",\"size\":" size annotations "}]}"
#define NAMED(name) ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" name "\"}"
#define IMAGE_INDEX(annotations) INDEX_OF(MANIFEST_TYPE, IMAGE_DIGEST, "423", annotations)

static int setup(void **state) {
    return oci_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

static void add_blob(struct tar_builder *archive, const char *digest, const char *content) {
    char name[200];
    snprintf(name, sizeof name, "blobs/sha256/%s", strchr(digest, ':') + 1);
    tar_builder_file(archive, name, content);
}

/* IMAGE with its parts, and any index. */
static struct tar_builder make_archive(const char *index) {
    struct tar_builder archive = {NULL, 0};
    (void)tar_builder_add(&archive, '5', "blobs/", "", 0);
    add_blob(&archive, CONFIG_DIGEST, CONFIG);
    add_blob(&archive, LAYER_DIGEST, LAYER);
    add_blob(&archive, IMAGE_DIGEST, IMAGE);
    tar_builder_file(&archive, "index.json", index);
    tar_builder_file(&archive, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
    tar_builder_end(&archive);
    return archive;
}

/* Publishes through the C API; frees the archive. Returns the status, and the code of a failure. */
static lreg_status publish(struct protocol_world *world, const char *filename, struct tar_builder archive,
                           char code[40]) {
    lreg_registry *registry = NULL;
    lreg_publication *publication = NULL;
    lreg_error *err = NULL;
    assert_int_equal(lreg_registry_find(world->instance, "my-organization", "my-images", &registry, NULL), LREG_OK);
    lreg_status status = lreg_publication_open(world->instance, registry, filename, &publication, &err);
    for (size_t at = 0; status == LREG_OK && at < archive.length; at += 700) {
        size_t count = archive.length - at < 700 ? archive.length - at : 700;
        status = lreg_publication_write(publication, archive.bytes + at, count, &err);
    }
    if (status == LREG_OK) {
        status = lreg_publication_finish(publication, NULL, NULL, &err);
    }
    snprintf(code, 40, "%s", err != NULL ? lreg_error_code(err) : "");
    lreg_error_free(err);
    lreg_publication_close(publication);
    lreg_registry_free(registry);
    free(archive.bytes);
    return status;
}

static void expect_published(struct protocol_world *world, const char *filename, const char *index, const char *image,
                             const char *tag) {
    char code[40];
    if (publish(world, filename, make_archive(index), code) != LREG_OK) {
        fail_msg("%s: %s", filename, code);
    }
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 200, "GET /v2/my-organization/my-images/%s/manifests/%s\n\n", image, tag);
    assert_string_equal(answer->body, IMAGE);
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET /v2/my-organization/my-images/%s/blobs/" LAYER_DIGEST "\n\n", image);
}

static void expect_refused(struct protocol_world *world, const char *filename, struct tar_builder archive,
                           const char *wanted) {
    char code[40];
    char *before = protocol_state(world);
    lreg_status status = publish(world, filename, archive, code);
    if (status != LREG_UNPROCESSABLE || strcmp(code, wanted) != 0) {
        fail_msg("%s expected, not %s \"%s\"", wanted, lreg_status_name(status), code);
    }
    assert_int_equal(objects_collect(world->instance, 0, NULL, NULL), LREG_OK);
    char *after = protocol_state(world);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void test_protocol_oci_archive__the_archive_says_the_name(void **state) {
    struct protocol_world *world = *state;
    expect_published(world, "x.tar", IMAGE_INDEX(NAMED("team/app:v1")), "team/app", "v1");
    expect_published(world, "x.tar", IMAGE_INDEX(NAMED("localhost/plain:v2")), "plain", "v2");
    expect_published(world, "x.tar", IMAGE_INDEX(NAMED("registry.example.com:5000/a/b:v3")), "a/b", "v3");
    expect_published(
        world, "x.tar",
        IMAGE_INDEX(",\"annotations\":{\"io.containerd.image.name\":\"registry.example.com/library/saved:v4\","
                    "\"org.opencontainers.image.ref.name\":\"v4\"}"),
        "saved", "v4");
}

/* As docker shows them: without "library/" for what has no owner, and not with this registry's own address twice. */
static void test_protocol_oci_archive__names_with_a_host_are_shortened(void **state) {
    struct protocol_world *world = *state;
    expect_published(world, "x.tar", IMAGE_INDEX(NAMED("localhost:5000/my-organization/my-images/own/a:v1")), "own/a",
                     "v1");
    expect_published(world, "x.tar", IMAGE_INDEX(NAMED("localhost:5000/my-organization/my-images:v1")),
                     "my-organization/my-images", "v1");
    expect_published(world, "x.tar", IMAGE_INDEX(NAMED("localhost:5000/my-organization/other/a:v1")),
                     "my-organization/other/a", "v1");
    expect_published(world, "x.tar", IMAGE_INDEX(NAMED("localhost:5000/library/a/b:v1")), "library/a/b", "v1");
    expect_published(world, "x.tar", IMAGE_INDEX(NAMED("library/a:v1")), "library/a", "v1");
}

static void test_protocol_oci_archive__else_the_file_does(void **state) {
    struct protocol_world *world = *state;
    expect_published(world, "folder/file-name.tar", IMAGE_INDEX(""), "file-name", "latest");
    expect_published(world, "other.oci.tar", IMAGE_INDEX(NAMED("v9")), "other", "v9");
}

static void test_protocol_oci_archive__the_same_again_is_the_same_package(void **state) {
    struct protocol_world *world = *state;
    expect_published(world, "x.tar", IMAGE_INDEX(NAMED("app:v1")), "app", "v1");
    char *before = protocol_state(world);
    expect_published(world, "x.tar", IMAGE_INDEX(NAMED("app:v1")), "app", "v1");
    char *after = protocol_state(world);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void test_protocol_oci_archive__an_index_comes_with_its_images(void **state) {
    struct protocol_world *world = *state;
    struct tar_builder archive = {NULL, 0};
    char code[40];
    char index[600];
    snprintf(index, sizeof index, INDEX_OF(INDEX_TYPE, INDEX_DIGEST, "%zu", NAMED("app:multi")), sizeof INDEX - 1);
    tar_builder_file(&archive, "index.json", index);
    add_blob(&archive, INDEX_DIGEST, INDEX);
    add_blob(&archive, OTHER_IMAGE_DIGEST, OTHER_IMAGE);
    add_blob(&archive, IMAGE_DIGEST, IMAGE);
    add_blob(&archive, LAYER_DIGEST, LAYER);
    add_blob(&archive, CONFIG_DIGEST, CONFIG);
    tar_builder_end(&archive);
    assert_int_equal(publish(world, "x.tar", archive, code), LREG_OK);
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/multi\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/" OTHER_IMAGE_DIGEST "\n\n");
    world->now_ms += (int64_t)48 * 3600 * 1000;
    assert_int_equal(objects_collect(world->instance, 0, NULL, NULL), LREG_OK);
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
}

static void test_protocol_oci_archive__rest_takes_it_as_a_form(void **state) {
    struct protocol_world *world = *state;
    struct tar_builder archive = make_archive(IMAGE_INDEX(NAMED("app:v1")));
    struct tar_builder request = {NULL, 0};
    static const char head[] = "POST /v2/packages/organizations/my-organization/registries/my-images/packages\n"
                               "Content-Type: multipart/form-data; boundary=XX\n\n"
                               "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.tar\"\r\n\r\n";
    static const char tail[] = "\r\n--XX--\r\n";
    memcpy(tar_builder_extend(&request, sizeof head - 1), head, sizeof head - 1);
    memcpy(tar_builder_extend(&request, archive.length), archive.bytes, archive.length);
    memcpy(tar_builder_extend(&request, sizeof tail - 1), tail, sizeof tail - 1);
    struct http_script script = {.instance = world->instance, .authorization = world->authorization[WHO_OWNER]};
    struct http_answer *answer = http_script_run_bytes(&script, request.bytes, request.length);
    assert_int_equal(answer->status, 200);
    assert_non_null(strstr(answer->body, "\"name\":\"app\""));
    assert_non_null(strstr(answer->body, "/v2/my-organization/my-images/app/manifests/v1"));
    http_answer_free(answer);
    free(archive.bytes);
    free(request.bytes);
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/v1\n\n");
}

static void test_protocol_oci_archive__what_is_no_sound_archive_is_refused(void **state) {
    struct protocol_world *world = *state;
    static const char *const indexes[] = {
        "",
        "nonsense",
        "{\"schemaVersion\":2,\"manifests\":[]}",
        INDEX_OF(MANIFEST_TYPE, NO_DIGEST, "1", NAMED("app:v1")),
        INDEX_OF("text/plain", IMAGE_DIGEST, "1", NAMED("app:v1")),
        INDEX_OF(INDEX_TYPE, IMAGE_DIGEST, "1", NAMED("app:v1")),
        INDEX_OF(MANIFEST_TYPE, LAYER_DIGEST, "1", NAMED("app:v1")),
        IMAGE_INDEX(NAMED("App:v1")),
        IMAGE_INDEX(NAMED("app:-")),
        IMAGE_INDEX(NAMED("../app:v1")),
    };
    static const char *const codes[] = {"bad_archive",  "manifest_invalid", "bad_archive",      "bad_archive",
                                        "bad_archive",  "manifest_invalid", "manifest_invalid", "name_invalid",
                                        "name_invalid", "name_invalid"};
    for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
        expect_refused(world, "x.tar", make_archive(indexes[i]), codes[i]);
    }
    expect_refused(world, "No Name.tar", make_archive(IMAGE_INDEX("")), "name_invalid");
    expect_refused(world, "", make_archive(IMAGE_INDEX("")), "name_invalid");
}

static void test_protocol_oci_archive__a_blob_that_is_not_what_it_says_is_refused(void **state) {
    struct protocol_world *world = *state;
    struct tar_builder archive = {NULL, 0};
    add_blob(&archive, LAYER_DIGEST, "other");
    expect_refused(world, "x.tar", archive, "bad_archive");
}

/* index.json says how long the manifest is. */
static void test_protocol_oci_archive__a_wrong_size_of_the_first_manifest_is_refused(void **state) {
    struct protocol_world *world = *state;
    static const char *const sizes[] = {"1", "422", "424", "9007199254740992"};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char index[600];
        snprintf(index, sizeof index, INDEX_OF(MANIFEST_TYPE, IMAGE_DIGEST, "%s", NAMED("app:v1")), sizes[i]);
        expect_refused(world, "x.tar", make_archive(index), "manifest_invalid");
    }
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/v1\n\n");
}

static void test_protocol_oci_archive__a_missing_layer_is_named(void **state) {
    struct protocol_world *world = *state;
    struct tar_builder archive = {NULL, 0};
    add_blob(&archive, CONFIG_DIGEST, CONFIG);
    add_blob(&archive, IMAGE_DIGEST, IMAGE);
    tar_builder_file(&archive, "index.json", IMAGE_INDEX(NAMED("app:v1")));
    expect_refused(world, "x.tar", archive, "bad_archive");
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/v1\n\n");
}

/* Nothing of it is stored, although children are stored before their index. */
static void test_protocol_oci_archive__a_wrong_size_is_refused(void **state) {
    struct protocol_world *world = *state;
    static const char image[] = "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" MANIFEST_TYPE
                                "\",\"digest\":\"" IMAGE_DIGEST "\",\"size\":424}]}";
    static const char digest[] = "sha256:75b3a922a302f1a25ab1fa0fae95ddc4c0ec24ee672dd8fe920c77a4ec646cdf";
    struct tar_builder archive = {NULL, 0};
    char index[600];
    snprintf(index, sizeof index, INDEX_OF(INDEX_TYPE, "%s", "%zu", NAMED("app:multi")), digest, sizeof image - 1);
    tar_builder_file(&archive, "index.json", index);
    add_blob(&archive, digest, image);
    add_blob(&archive, IMAGE_DIGEST, IMAGE);
    add_blob(&archive, LAYER_DIGEST, LAYER);
    add_blob(&archive, CONFIG_DIGEST, CONFIG);
    tar_builder_end(&archive);
    expect_refused(world, "x.tar", archive, "manifest_invalid");
}

static void test_protocol_oci_archive__an_aborted_publication_leaves_nothing(void **state) {
    struct protocol_world *world = *state;
    char *before = protocol_state(world);
    for (size_t cut = 1; cut < 6000; cut += 500) {
        struct tar_builder archive = make_archive(IMAGE_INDEX(NAMED("app:v1")));
        lreg_registry *registry = NULL;
        lreg_publication *publication = NULL;
        assert_int_equal(lreg_registry_find(world->instance, "my-organization", "my-images", &registry, NULL), LREG_OK);
        assert_int_equal(lreg_publication_open(world->instance, registry, "x.tar", &publication, NULL), LREG_OK);
        size_t length = archive.length < cut ? archive.length : cut;
        assert_int_equal(lreg_publication_write(publication, archive.bytes, length, NULL), LREG_OK);
        lreg_publication_close(publication);
        lreg_registry_free(registry);
        free(archive.bytes);
    }
    assert_int_equal(objects_collect(world->instance, 0, NULL, NULL), LREG_OK);
    char *after = protocol_state(world);
    assert_string_equal(before, after);
    free(before);
    free(after);
}
