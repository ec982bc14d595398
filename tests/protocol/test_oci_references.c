/* SPDX-License-Identifier: Apache-2.0 */
/* References between blobs and manifests: nothing is deleted that a manifest still needs, and no manifest makes false
 * claims. */
#include "oci_world.h"

#define REST "/v2/packages/organizations/my-organization/registries/my-images/packages"
#define CONFIG_TYPE "application/vnd.oci.image.config.v1+json"
#define LAYER_TYPE "application/vnd.oci.image.layer.v1.tar+gzip"
#define DESCRIPTOR(type, digest) "{\"mediaType\":\"" type "\",\"digest\":\"" digest "\",\"size\":%zu}"
#define IMAGE_OF_SIZES                                                                                 \
    "{\"schemaVersion\":2,\"config\":" DESCRIPTOR(CONFIG_TYPE, CONFIG_DIGEST) ",\""                    \
                                                                              "layers\":[" DESCRIPTOR( \
                                                                                  LAYER_TYPE, LAYER_DIGEST) "]}"
#define INDEX_OF(type, digest) "{\"schemaVersion\":2,\"manifests\":[" DESCRIPTOR(type, digest) "]}"

static int setup(void **state) {
    return oci_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

/* The answer to a refused DELETE, which must not change anything. */
static struct http_answer *refuse_delete(struct protocol_world *world, const char *path) {
    char *before = protocol_state(world);
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 405, "DELETE %s\n\n", path);
    char *after = protocol_state(world);
    assert_string_equal(before, after);
    free(before);
    free(after);
    return answer;
}

static void push_index(struct protocol_world *world, const char *tag) {
    push_blobs(world, REPOSITORY);
    push_manifest(world, REPOSITORY, IMAGE_DIGEST, MANIFEST_TYPE, IMAGE);
    push_manifest(world, REPOSITORY, OTHER_IMAGE_DIGEST, MANIFEST_TYPE, OTHER_IMAGE);
    push_manifest(world, REPOSITORY, tag, INDEX_TYPE, INDEX);
}

/* --- Deleting blobs --- */

static void test_protocol_oci_references__a_blob_that_a_manifest_names_stays(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    struct http_answer *answer = refuse_delete(world, REPOSITORY "/blobs/" LAYER_DIGEST);
    expect_error(answer, "DENIED", "\"needed_by\":[{\"digest\":\"" IMAGE_DIGEST "\",\"tags\":[\"v1\"]}]");
    expect_error(answer, "DENIED", "\"more\":false");
    expect_header(answer, "Allow", "GET, HEAD");
    http_answer_free(answer);
    http_answer_free(refuse_delete(world, REPOSITORY "/blobs/" CONFIG_DIGEST));
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/blobs/" CONFIG_DIGEST "\n\n");
}

static void test_protocol_oci_references__a_manifest_without_tags_needs_its_blobs_too(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/v1\n\n");
    struct http_answer *answer = refuse_delete(world, REPOSITORY "/blobs/" LAYER_DIGEST);
    expect_error(answer, "DENIED", "\"needed_by\":[{\"digest\":\"" IMAGE_DIGEST "\",\"tags\":[]}]");
    http_answer_free(answer);
}

static void test_protocol_oci_references__another_repository_needs_its_own_alone(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    push_blobs(world, OTHER);
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " OTHER "/blobs/" LAYER_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " OTHER "/blobs/" LAYER_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
}

static void test_protocol_oci_references__what_is_not_there_is_unknown_whoever_names_it(void **state) {
    struct protocol_world *world = *state;
    push_blob(world, REPOSITORY, CONFIG_DIGEST, CONFIG);
    push_manifest(world, REPOSITORY, "foreign", MANIFEST_TYPE, FOREIGN_IMAGE);
    struct http_answer *answer = REQUEST(
        world, WHO_OWNER, 404,
        "DELETE " REPOSITORY "/blobs/sha256:7b1b763ee8f62eb88e4742a760f912d0b19bcd58b2b948999784bacc15a7f4d7\n\n");
    expect_error(answer, "BLOB_UNKNOWN", "");
    http_answer_free(answer);
}

/* 20 manifests that differ in an annotation. */
static void test_protocol_oci_references__of_many_that_need_it_some_are_named(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    for (int i = 0; i < 20; i++) {
        EXPECT_STATUS(world, WHO_OWNER, 201,
                      "PUT " REPOSITORY "/manifests/t%d\nContent-Type: " MANIFEST_TYPE
                      "\n\n{\"schemaVersion\":2,\"config\":" DESCRIPTOR(
                          CONFIG_TYPE, CONFIG_DIGEST) ",\"layers\":[],"
                                                      "\"annotations\":{\"n\":\"%d\"}}",
                      i, strlen(CONFIG), i);
    }
    struct http_answer *answer = refuse_delete(world, REPOSITORY "/blobs/" CONFIG_DIGEST);
    expect_error(answer, "DENIED", "\"more\":true");
    expect_error(answer, "DENIED", ", and others, need it");
    http_answer_free(answer);
}

/* --- Deleting manifests --- */

static void test_protocol_oci_references__a_manifest_that_an_index_names_stays(void **state) {
    struct protocol_world *world = *state;
    push_index(world, "multi");
    push_manifest(world, REPOSITORY, "amd64", MANIFEST_TYPE, IMAGE);
    struct http_answer *answer = refuse_delete(world, REPOSITORY "/manifests/" IMAGE_DIGEST);
    expect_error(answer, "DENIED", "\"needed_by\":[{\"digest\":\"" INDEX_DIGEST "\",\"tags\":[\"multi\"]}]");
    expect_header(answer, "Allow", "GET, HEAD, PUT");
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/amd64\n\n"); /* its tag may be deleted */
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/" INDEX_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/" OTHER_IMAGE_DIGEST "\n\n");
}

static void test_protocol_oci_references__conditions_come_first(void **state) {
    struct protocol_world *world = *state;
    push_index(world, "multi");
    EXPECT_STATUS(world, WHO_OWNER, 412,
                  "DELETE " REPOSITORY "/manifests/" IMAGE_DIGEST "\nIf-Match: \"" OTHER_IMAGE_DIGEST "\"\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 405,
                  "DELETE " REPOSITORY "/manifests/" IMAGE_DIGEST "\nIf-Match: \"" IMAGE_DIGEST "\"\n\n");
}

static void test_protocol_oci_references__a_subject_may_go_and_its_referrers_stay(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    push_manifest(world, REPOSITORY, SIGNATURE_DIGEST, MANIFEST_TYPE, SIGNATURE);
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/" SIGNATURE_DIGEST "\n\n");
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/referrers/" IMAGE_DIGEST "\n\n");
    assert_non_null(strstr(answer->body, SIGNATURE_DIGEST));
    http_answer_free(answer);
}

static void delete_package(struct protocol_world *world, const char *filename) {
    lreg_registry *registry = NULL;
    lreg_package *package = NULL;
    assert_int_equal(lreg_registry_find(world->instance, "my-organization", "my-images", &registry, NULL), LREG_OK);
    assert_int_equal(lreg_package_find(world->instance, registry, filename, &package, NULL), LREG_OK);
    EXPECT_STATUS(world, WHO_OWNER, 200, "DELETE " REST "/%s\n\n", lreg_package_id(package));
    lreg_package_free(package);
    lreg_registry_free(registry);
}

/* An index of indexes: content that only the deleted package names is removed; content that another index names stays
 * complete. */
static void test_protocol_oci_references__deleting_a_package_breaks_no_index(void **state) {
    struct protocol_world *world = *state;
    push_index(world, "multi");
    push_manifest(world, REPOSITORY, "amd64", MANIFEST_TYPE, IMAGE);
    EXPECT_STATUS(world, WHO_OWNER, 201,
                  "PUT " REPOSITORY "/manifests/outer\nContent-Type: " INDEX_TYPE
                  "\n\n" INDEX_OF(INDEX_TYPE, INDEX_DIGEST),
                  strlen(INDEX));
    delete_package(world, "app:amd64");
    delete_package(world, "app:multi");
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/" INDEX_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    http_answer_free(refuse_delete(world, REPOSITORY "/blobs/" LAYER_DIGEST));
    delete_package(world, "app:outer");
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/" INDEX_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
}

/* --- What a manifest says about others --- */

#define PUT_IMAGE(world, status, config, layer) \
    REQUEST(world, WHO_OWNER, status,           \
            "PUT " REPOSITORY "/manifests/v1\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE_OF_SIZES, (config), (layer))

static void test_protocol_oci_references__sizes_are_those_of_the_blobs(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    struct http_answer *answer = PUT_IMAGE(world, 400, strlen(CONFIG) - 1, strlen(LAYER));
    expect_error(answer, "MANIFEST_INVALID", CONFIG_DIGEST);
    http_answer_free(answer);
    answer = PUT_IMAGE(world, 400, strlen(CONFIG), strlen(LAYER) + 1);
    expect_error(answer, "MANIFEST_INVALID", LAYER_DIGEST);
    http_answer_free(answer);
    answer = PUT_IMAGE(world, 400, strlen(CONFIG), (size_t)0);
    expect_error(answer, "MANIFEST_INVALID", LAYER_DIGEST);
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/v1\n\n");
    http_answer_free(PUT_IMAGE(world, 201, strlen(CONFIG), strlen(LAYER)));
}

static void put_index(struct protocol_world *world, int status, const char *type, const char *digest, size_t size) {
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, status,
                "PUT " REPOSITORY "/manifests/ix\nContent-Type: " INDEX_TYPE
                "\n\n{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu}]}",
                type, digest, size);
    if (status != 201) {
        expect_error(answer, "MANIFEST_INVALID", digest);
    }
    http_answer_free(answer);
}

static void test_protocol_oci_references__an_index_says_what_its_children_are(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    put_index(world, 400, MANIFEST_TYPE, IMAGE_DIGEST, strlen(IMAGE) - 1);
    put_index(world, 400, MANIFEST_TYPE, IMAGE_DIGEST, strlen(IMAGE) + 100);
    put_index(world, 400, DOCKER_TYPE, IMAGE_DIGEST, strlen(IMAGE));
    put_index(world, 400, INDEX_TYPE, IMAGE_DIGEST, strlen(IMAGE));
    put_index(world, 400, "application/vnd.example.other", IMAGE_DIGEST, strlen(IMAGE));
    put_index(world, 201, MANIFEST_TYPE, IMAGE_DIGEST, strlen(IMAGE));
    put_index(world, 201, "Application/VND.oci.image.manifest.v1+JSON", IMAGE_DIGEST, strlen(IMAGE));
}

static struct http_answer *put_signature(struct protocol_world *world, int status, const char *type, const char *digest,
                                         size_t size) {
    return REQUEST(world, WHO_OWNER, status,
                   "PUT " REPOSITORY "/manifests/signature\nContent-Type: " MANIFEST_TYPE
                   "\n\n{\"schemaVersion\":2,\"config\":" DESCRIPTOR(
                       CONFIG_TYPE, CONFIG_DIGEST) ",\"layers\":[],"
                                                   "\"subject\":{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu}}",
                   strlen(CONFIG), type, digest, size);
}

/* The subject may be missing; one that is there is held against its descriptor, as the manifests of an index are. */
static void test_protocol_oci_references__a_subject_that_is_there_is_what_is_said(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    struct http_answer *answer = put_signature(world, 400, MANIFEST_TYPE, IMAGE_DIGEST, strlen(IMAGE) + 1);
    expect_error(answer, "MANIFEST_INVALID", IMAGE_DIGEST);
    http_answer_free(answer);
    answer = put_signature(world, 400, INDEX_TYPE, IMAGE_DIGEST, strlen(IMAGE));
    expect_error(answer, "MANIFEST_INVALID", IMAGE_DIGEST);
    http_answer_free(answer);
    http_answer_free(put_signature(world, 201, MANIFEST_TYPE, IMAGE_DIGEST, strlen(IMAGE)));
    http_answer_free(put_signature(world, 201, MANIFEST_TYPE, INDEX_DIGEST, 1)); /* not there */
}

static struct http_answer *put_embedded(struct protocol_world *world, int status, const char *digest, size_t size,
                                        const char *data) {
    return REQUEST(world, WHO_OWNER, status,
                   "PUT " REPOSITORY "/manifests/v1\nContent-Type: " MANIFEST_TYPE
                   "\n\n{\"schemaVersion\":2,\"config\":{\"mediaType\":\"" CONFIG_TYPE
                   "\",\"digest\":\"%s\",\"size\":%zu,\"data\":%s},\"layers\":[]}",
                   digest, size, data);
}

/* A client may use embedded content without fetching the blob, so it has to be the same. */
static void test_protocol_oci_references__embedded_content_is_that_of_the_digest(void **state) {
    static const char digest[] = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"; /* {} */
    static const char *const wrong[] = {"\"e30K\"", "\"W10=\"", "\"\"", "\"e3!=\"", "7", "{}"};
    struct protocol_world *world = *state;
    push_blob(world, REPOSITORY, digest, "{}");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct http_answer *answer = put_embedded(world, 400, digest, 2, wrong[i]);
        expect_error(answer, "MANIFEST_INVALID", "data");
        http_answer_free(answer);
    }
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/v1\n\n");
    http_answer_free(put_embedded(world, 201, digest, 2, "\"e30=\""));
    http_answer_free(put_embedded(world, 201, digest, 2, "null"));
}

/* As in build caches: entries of an index may be layers. */
static void test_protocol_oci_references__an_index_may_name_blobs(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    put_index(world, 400, LAYER_TYPE, LAYER_DIGEST, strlen(LAYER) + 1);
    put_index(world, 201, LAYER_TYPE, LAYER_DIGEST, strlen(LAYER));
    http_answer_free(refuse_delete(world, REPOSITORY "/blobs/" LAYER_DIGEST));
}

/* A manifest without a type gets the type of the request. An index that names it relies on that. */
static void test_protocol_oci_references__a_child_keeps_its_type(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    push_manifest(world, REPOSITORY, UNTYPED_IMAGE_DIGEST, MANIFEST_TYPE, UNTYPED_IMAGE);
    put_index(world, 400, DOCKER_TYPE, UNTYPED_IMAGE_DIGEST, strlen(UNTYPED_IMAGE));
    put_index(world, 201, MANIFEST_TYPE, UNTYPED_IMAGE_DIGEST, strlen(UNTYPED_IMAGE));
    struct http_answer *answer = REQUEST(
        world, WHO_OWNER, 400, "PUT " REPOSITORY "/manifests/untyped\nContent-Type: " DOCKER_TYPE "\n\n" UNTYPED_IMAGE);
    expect_error(answer, "MANIFEST_INVALID", UNTYPED_IMAGE_DIGEST);
    http_answer_free(answer);
    push_manifest(world, REPOSITORY, "untyped", MANIFEST_TYPE, UNTYPED_IMAGE);
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/ix\n\n");
    http_answer_free(refuse_delete(world, REPOSITORY "/manifests/" UNTYPED_IMAGE_DIGEST)); /* the index still exists */
}
