/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests, tags and referrers: pushed, sent, listed and deleted, and their view in the C API and the REST API. */
#include "oci_world.h"
#include "support/objects.h"

#define REST "/v2/packages/organizations/my-organization/registries/my-images/packages"

static int setup(void **state) {
    return oci_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

static void expect_manifest(struct protocol_world *world, const char *path, const char *type, const char *digest,
                            const char *content) {
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET %s\n\n", path);
    assert_string_equal(answer->body, content);
    expect_header(answer, "Content-Type", type);
    expect_header(answer, "Docker-Content-Digest", digest);
    http_answer_free(answer);
    answer = REQUEST(world, WHO_OWNER, 200, "HEAD %s\n\n", path);
    assert_int_equal(answer->body_length, 0);
    assert_int_equal(answer->content_length, strlen(content));
    expect_header(answer, "Content-Type", type);
    expect_header(answer, "Docker-Content-Digest", digest);
    http_answer_free(answer);
}

static lreg_package *find_package(struct protocol_world *world, const char *filename) {
    lreg_registry *registry = NULL;
    lreg_package *package = NULL;
    assert_int_equal(lreg_registry_find(world->instance, "my-organization", "my-images", &registry, NULL), LREG_OK);
    lreg_status status = lreg_package_find(world->instance, registry, filename, &package, NULL);
    assert_true(status == LREG_OK || status == LREG_NOT_FOUND);
    lreg_registry_free(registry);
    return package;
}

static void expect_body(struct protocol_world *world, const char *path, const char *body) {
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET %s\n\n", path);
    assert_string_equal(answer->body, body);
    http_answer_free(answer);
}

/* --- Pushing --- */

static void test_protocol_oci_manifests__a_tag_leads_to_the_exact_bytes(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 201, "PUT " REPOSITORY "/manifests/v1\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE);
    expect_header(answer, "Location", REPOSITORY "/manifests/" IMAGE_DIGEST);
    expect_header(answer, "Docker-Content-Digest", IMAGE_DIGEST);
    expect_header(answer, "OCI-Subject", NULL);
    http_answer_free(answer);
    expect_manifest(world, REPOSITORY "/manifests/v1", MANIFEST_TYPE, IMAGE_DIGEST, IMAGE);
    expect_manifest(world, REPOSITORY "/manifests/" IMAGE_DIGEST, MANIFEST_TYPE, IMAGE_DIGEST, IMAGE);
}

static void test_protocol_oci_manifests__docker_manifests_are_kept_as_they_are(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    push_manifest(world, REPOSITORY, "docker", DOCKER_TYPE, DOCKER_IMAGE);
    expect_manifest(world, REPOSITORY "/manifests/docker", DOCKER_TYPE, DOCKER_IMAGE_DIGEST, DOCKER_IMAGE);
}

static void test_protocol_oci_manifests__the_content_type_is_kept_when_the_manifest_has_none(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    push_manifest(world, REPOSITORY, "untyped", MANIFEST_TYPE, UNTYPED_IMAGE);
    expect_manifest(world, REPOSITORY "/manifests/untyped", MANIFEST_TYPE, UNTYPED_IMAGE_DIGEST, UNTYPED_IMAGE);
    push_manifest(world, REPOSITORY, "untyped", DOCKER_TYPE, UNTYPED_IMAGE);
    expect_manifest(world, REPOSITORY "/manifests/untyped", DOCKER_TYPE, UNTYPED_IMAGE_DIGEST, UNTYPED_IMAGE);
}

static void test_protocol_oci_manifests__an_index_holds_its_images(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    push_manifest(world, REPOSITORY, IMAGE_DIGEST, MANIFEST_TYPE, IMAGE);
    push_manifest(world, REPOSITORY, OTHER_IMAGE_DIGEST, MANIFEST_TYPE, OTHER_IMAGE);
    push_manifest(world, REPOSITORY, "multi", INDEX_TYPE, INDEX);
    expect_manifest(world, REPOSITORY "/manifests/multi", INDEX_TYPE, INDEX_DIGEST, INDEX);
    expect_manifest(world, REPOSITORY "/manifests/" OTHER_IMAGE_DIGEST, MANIFEST_TYPE, OTHER_IMAGE_DIGEST, OTHER_IMAGE);
    expect_body(world, REPOSITORY "/tags/list", "{\"name\":\"my-organization/my-images/app\",\"tags\":[\"multi\"]}");
}

static void test_protocol_oci_manifests__what_is_missing_is_named(void **state) {
    struct protocol_world *world = *state;
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    struct http_answer *answer = REQUEST(
        world, WHO_OWNER, 400, "PUT " REPOSITORY "/manifests/v1\nContent-Type: " MANIFEST_TYPE "\n\n" LOST_IMAGE);
    expect_error(answer, "MANIFEST_BLOB_UNKNOWN", "{\"digest\":\"" LOST_CONFIG_DIGEST "\"}");
    expect_error(answer, "MANIFEST_BLOB_UNKNOWN", "{\"digest\":\"" LOST_LAYER_DIGEST "\"}");
    assert_null(strstr(answer->body, LAYER_DIGEST));
    http_answer_free(answer);
    answer = REQUEST(world, WHO_OWNER, 400, "PUT " REPOSITORY "/manifests/v1\nContent-Type: " INDEX_TYPE "\n\n" INDEX);
    expect_error(answer, "MANIFEST_BLOB_UNKNOWN", IMAGE_DIGEST);
    expect_error(answer, "MANIFEST_BLOB_UNKNOWN", OTHER_IMAGE_DIGEST);
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/v1\n\n");
}

static void test_protocol_oci_manifests__blobs_of_another_repository_do_not_count(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, OTHER);
    EXPECT_STATUS(world, WHO_OWNER, 400, "PUT " REPOSITORY "/manifests/v1\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE);
}

static void test_protocol_oci_manifests__layers_from_elsewhere_need_not_be_there(void **state) {
    struct protocol_world *world = *state;
    push_blob(world, REPOSITORY, CONFIG_DIGEST, CONFIG);
    push_manifest(world, REPOSITORY, "foreign", MANIFEST_TYPE, FOREIGN_IMAGE);
}

static void test_protocol_oci_manifests__a_push_by_digest_may_set_tags(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 201,
                                         "PUT " REPOSITORY "/manifests/" IMAGE_DIGEST
                                         "?tag=1.2&tag=1\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE);
    assert_non_null(strstr(answer->head, "OCI-Tag: 1.2\nOCI-Tag: 1\n"));
    http_answer_free(answer);
    expect_body(world, REPOSITORY "/tags/list",
                "{\"name\":\"my-organization/my-images/app\",\"tags\":[\"1\",\"1.2\"]}");
}

static void test_protocol_oci_manifests__a_tag_moves(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "latest");
    push_manifest(world, REPOSITORY, "latest", MANIFEST_TYPE, OTHER_IMAGE);
    expect_manifest(world, REPOSITORY "/manifests/latest", MANIFEST_TYPE, OTHER_IMAGE_DIGEST, OTHER_IMAGE);
    expect_manifest(world, REPOSITORY "/manifests/" IMAGE_DIGEST, MANIFEST_TYPE, IMAGE_DIGEST, IMAGE);
    expect_body(world, REPOSITORY "/tags/list", "{\"name\":\"my-organization/my-images/app\",\"tags\":[\"latest\"]}");
}

static void test_protocol_oci_manifests__the_same_push_again_changes_nothing(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    char *before = protocol_state(world);
    world->now_ms += 1000;
    push_manifest(world, REPOSITORY, "v1", MANIFEST_TYPE, IMAGE);
    push_manifest(world, REPOSITORY, IMAGE_DIGEST, MANIFEST_TYPE, IMAGE);
    char *after = protocol_state(world);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void test_protocol_oci_manifests__a_blob_that_was_deleted_is_missed_at_the_next_push(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 400, "PUT " REPOSITORY "/manifests/v1\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE);
    push_blob(world, REPOSITORY, LAYER_DIGEST, LAYER);
    push_manifest(world, REPOSITORY, "v1", MANIFEST_TYPE, IMAGE);
}

static void test_protocol_oci_manifests__what_a_manifest_names_is_not_collected(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    world->now_ms += (int64_t)48 * 3600 * 1000;
    assert_int_equal(objects_collect(world->instance, 0, NULL, NULL), LREG_OK);
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    assert_int_equal(objects_collect(world->instance, 0, NULL, NULL), LREG_OK);
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
}

/* --- Getting --- */

static void test_protocol_oci_manifests__what_was_not_changed_is_not_sent_again(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 304, "GET " REPOSITORY "/manifests/v1\nIf-None-Match: \"" IMAGE_DIGEST "\"\n\n");
    expect_header(answer, "Cache-Control", "private, no-cache");
    http_answer_free(answer);
    answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    expect_header(answer, "Cache-Control", "private, max-age=31536000, immutable");
    http_answer_free(answer);
}

static void test_protocol_oci_manifests__downloads_by_tag_are_counted(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/v1\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/v1\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 200, "HEAD " REPOSITORY "/manifests/v1\n\n");
    world->now_ms += (int64_t)3600 * 1000;
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/v1\n\n");
    lreg_package *package = find_package(world, "app:v1");
    assert_in_range(lreg_package_downloads(package), 2, 3); /* the last may still be pending */
    lreg_package_free(package);
}

/* --- Tags --- */

static void test_protocol_oci_manifests__tags_are_listed_in_pages(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "b");
    push_manifest(world, REPOSITORY, IMAGE_DIGEST "?tag=d&tag=a&tag=c&tag=B", MANIFEST_TYPE, IMAGE);
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/tags/list?n=2\n\n");
    assert_string_equal(answer->body, "{\"name\":\"my-organization/my-images/app\",\"tags\":[\"B\",\"a\"]}");
    expect_header(answer, "Link", "<" REPOSITORY "/tags/list?n=2&last=a>; rel=\"next\"");
    http_answer_free(answer);
    answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/tags/list?n=2&last=b\n\n");
    assert_string_equal(answer->body, "{\"name\":\"my-organization/my-images/app\",\"tags\":[\"c\",\"d\"]}");
    expect_header(answer, "Link", NULL);
    http_answer_free(answer);
    expect_body(world, REPOSITORY "/tags/list?n=0", "{\"name\":\"my-organization/my-images/app\",\"tags\":[]}");
    expect_body(world, REPOSITORY "/tags/list?last=c", "{\"name\":\"my-organization/my-images/app\",\"tags\":[\"d\"]}");
    expect_body(world, REPOSITORY "/tags/list?last=z&n=5000",
                "{\"name\":\"my-organization/my-images/app\",\"tags\":[]}");
}

static void test_protocol_oci_manifests__many_tags_are_listed_whole(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "t0000");
    for (unsigned tag = 1; tag < 1010; tag++) {
        EXPECT_STATUS(world, WHO_OWNER, 201,
                      "PUT " REPOSITORY "/manifests/t%04u\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE, tag);
    }
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/tags/list\n\n");
    assert_non_null(strstr(answer->body, "\"t0000\",\"t0001\""));
    assert_non_null(strstr(answer->body, "\"t0999\"]"));
    expect_header(answer, "Link", "<" REPOSITORY "/tags/list?n=1000&last=t0999>; rel=\"next\"");
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/tags/list\n\n");
}

/* --- Deleting --- */

static void test_protocol_oci_manifests__deleting_a_tag_leaves_its_manifest(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/v1\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/v1\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 404, "DELETE " REPOSITORY "/manifests/v1\n\n");
    expect_manifest(world, REPOSITORY "/manifests/" IMAGE_DIGEST, MANIFEST_TYPE, IMAGE_DIGEST, IMAGE);
    expect_body(world, REPOSITORY "/tags/list", "{\"name\":\"my-organization/my-images/app\",\"tags\":[]}");
}

static void test_protocol_oci_manifests__deleting_a_manifest_takes_its_tags(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    push_manifest(world, REPOSITORY, "v2", MANIFEST_TYPE, IMAGE);
    push_manifest(world, REPOSITORY, "v3", MANIFEST_TYPE, OTHER_IMAGE);
    push_image(world, OTHER, "v1");
    EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/v2\n\n");
    expect_body(world, REPOSITORY "/tags/list", "{\"name\":\"my-organization/my-images/app\",\"tags\":[\"v3\"]}");
    expect_manifest(world, OTHER "/manifests/v1", MANIFEST_TYPE, IMAGE_DIGEST, IMAGE);
}

/* --- As packages --- */

static void test_protocol_oci_manifests__a_tag_is_a_package(void **state) {
    struct protocol_world *world = *state;
    push_image(world, OTHER, "v1");
    lreg_package *package = find_package(world, "team/other:v1");
    assert_non_null(package);
    assert_string_equal(lreg_package_name(package), "team/other");
    assert_string_equal(lreg_package_version(package), "v1");
    assert_string_equal(lreg_package_architecture(package), "amd64");
    assert_string_equal(lreg_package_path(package), OTHER "/manifests/v1");
    assert_int_equal(lreg_package_size_bytes(package), strlen(IMAGE) + strlen(CONFIG) + strlen(LAYER));
    assert_string_equal(lreg_package_digest(package, "sha256"), strchr(IMAGE_DIGEST, ':') + 1);
    assert_int_equal(strlen(lreg_package_digest(package, "sha512")), 128);
    const char *attributes = lreg_package_attributes(package);
    assert_non_null(strstr(attributes, "\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}"));
    assert_non_null(strstr(attributes, "\"layer_count\":1"));
    assert_non_null(strstr(attributes, "\"annotations\":{\"a\":\"b\"}"));
    assert_non_null(strstr(attributes, LAYER_DIGEST));
    lreg_package_free(package);
}

static void test_protocol_oci_manifests__an_index_counts_what_its_images_hold(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    push_manifest(world, REPOSITORY, IMAGE_DIGEST, MANIFEST_TYPE, IMAGE);
    push_manifest(world, REPOSITORY, OTHER_IMAGE_DIGEST, MANIFEST_TYPE, OTHER_IMAGE);
    push_manifest(world, REPOSITORY, "multi", INDEX_TYPE, INDEX);
    lreg_package *package = find_package(world, "app:multi");
    assert_int_equal(lreg_package_size_bytes(package),
                     strlen(INDEX) + strlen(IMAGE) + strlen(OTHER_IMAGE) + 2 * strlen(CONFIG) + 3 * strlen(LAYER));
    assert_non_null(strstr(lreg_package_attributes(package), "\"architecture\":\"arm64\""));
    lreg_package_free(package);
}

static void test_protocol_oci_manifests__a_config_that_is_no_json_tells_nothing(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    EXPECT_STATUS(world, WHO_OWNER, 201,
                  "PUT " REPOSITORY "/manifests/odd\nContent-Type: " MANIFEST_TYPE
                  "\n\n{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
                  "\"digest\":\"" LAYER_DIGEST "\",\"size\":22},\"layers\":[]}");
    lreg_package *package = find_package(world, "app:odd");
    assert_string_equal(lreg_package_architecture(package), "");
    lreg_package_free(package);
}

static void delete_package(struct protocol_world *world, const char *filename) {
    lreg_package *package = find_package(world, filename);
    EXPECT_STATUS(world, WHO_OWNER, 200, "DELETE " REST "/%s\n\n", lreg_package_id(package));
    lreg_package_free(package);
}

static void test_protocol_oci_manifests__the_last_package_takes_its_manifest_along(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    push_manifest(world, REPOSITORY, "v2", MANIFEST_TYPE, IMAGE);
    delete_package(world, "app:v1");
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/v1\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
    delete_package(world, "app:v2");
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
}

static void test_protocol_oci_manifests__an_index_takes_along_what_only_it_named(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    push_manifest(world, REPOSITORY, OTHER_IMAGE_DIGEST, MANIFEST_TYPE, OTHER_IMAGE);
    push_manifest(world, REPOSITORY, "multi", INDEX_TYPE, INDEX);
    delete_package(world, "app:multi");
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/" INDEX_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET " REPOSITORY "/manifests/" OTHER_IMAGE_DIGEST "\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/v1\n\n");
}

static void test_protocol_oci_manifests__an_image_that_an_index_names_stays(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    push_manifest(world, REPOSITORY, OTHER_IMAGE_DIGEST, MANIFEST_TYPE, OTHER_IMAGE);
    push_manifest(world, REPOSITORY, "multi", INDEX_TYPE, INDEX);
    delete_package(world, "app:v1");
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/" IMAGE_DIGEST "\n\n");
}

/* --- Referrers --- */

static void test_protocol_oci_manifests__referrers_are_listed(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 201,
                "PUT " REPOSITORY "/manifests/" SIGNATURE_DIGEST "\nContent-Type: " MANIFEST_TYPE "\n\n" SIGNATURE);
    expect_header(answer, "OCI-Subject", IMAGE_DIGEST);
    http_answer_free(answer);
    push_manifest(world, REPOSITORY, "bill", MANIFEST_TYPE, BILL);
    answer = REQUEST(world, WHO_OWNER, 200, "GET " REPOSITORY "/referrers/" IMAGE_DIGEST "\n\n");
    expect_header(answer, "Content-Type", INDEX_TYPE);
    expect_header(answer, "OCI-Filters-Applied", NULL);
    assert_non_null(strstr(answer->body, "{\"schemaVersion\":2,\"mediaType\":\"" INDEX_TYPE "\",\"manifests\":["));
    assert_non_null(strstr(answer->body, "\"digest\":\"" SIGNATURE_DIGEST "\""));
    assert_non_null(strstr(answer->body, "\"artifactType\":\"application/vnd.example.signature\","
                                         "\"annotations\":{\"signed\":\"yes\"}"));
    assert_non_null(strstr(answer->body, "\"digest\":\"" BILL_DIGEST "\""));
    assert_non_null(strstr(answer->body, "\"artifactType\":\"application/vnd.oci.image.config.v1+json\""));
    http_answer_free(answer);
}

static void test_protocol_oci_manifests__referrers_are_filtered_by_type(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    push_manifest(world, REPOSITORY, SIGNATURE_DIGEST, MANIFEST_TYPE, SIGNATURE);
    push_manifest(world, REPOSITORY, BILL_DIGEST, MANIFEST_TYPE, BILL);
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 200,
                "GET " REPOSITORY "/referrers/" IMAGE_DIGEST "?artifactType=application/vnd.example.signature\n\n");
    expect_header(answer, "OCI-Filters-Applied", "artifactType");
    assert_non_null(strstr(answer->body, SIGNATURE_DIGEST));
    assert_null(strstr(answer->body, BILL_DIGEST));
    http_answer_free(answer);
}

static void test_protocol_oci_manifests__no_referrers_are_an_empty_index(void **state) {
    struct protocol_world *world = *state;
    static const char empty[] = "{\"schemaVersion\":2,\"mediaType\":\"" INDEX_TYPE "\",\"manifests\":[]}";
    expect_body(world, REPOSITORY "/referrers/" NO_DIGEST, empty);
    push_image(world, REPOSITORY, "v1");
    expect_body(world, REPOSITORY "/referrers/" IMAGE_DIGEST, empty);
    expect_body(world, OTHER "/referrers/" IMAGE_DIGEST, empty);
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++) {
        count++;
    }
    return count;
}

/* Follows the Links from the first page on. */
static void expect_referrer_pages(struct protocol_world *world, const char *query, const size_t *sizes, size_t count) {
    char target[400];
    snprintf(target, sizeof target, REPOSITORY "/referrers/" NO_DIGEST "%s", query);
    for (size_t i = 0; i < count; i++) {
        struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET %s\n\n", target);
        const char *link = http_answer_header(answer, "Link");
        assert_int_equal(count_of(answer->body, "\"artifactType\""), sizes[i]);
        assert_int_equal(link != NULL, i + 1 < count);
        if (link != NULL) {
            snprintf(target, sizeof target, "%.*s", (int)strcspn(link, ">") - 1, link + 1);
        }
        http_answer_free(answer);
    }
}

static void test_protocol_oci_manifests__many_referrers_come_in_pages(void **state) {
    struct protocol_world *world = *state;
    push_blobs(world, REPOSITORY);
    for (unsigned number = 0; number < 130; number++) {
        EXPECT_STATUS(
            world, WHO_OWNER, 201,
            "PUT " REPOSITORY "/manifests/s%u\nContent-Type: " MANIFEST_TYPE
            "\n\n{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/x.%u\",\"digest\":\"" CONFIG_DIGEST
            "\",\"size\":78},\"layers\":[],\"subject\":{\"mediaType\":\"" MANIFEST_TYPE "\",\"digest\":\"" NO_DIGEST
            "\",\"size\":1}}",
            number, number);
    }
    static const size_t by_default[] = {100, 30};
    static const size_t by_fifty[] = {50, 50, 30};
    static const size_t by_all[] = {100, 30};
    static const size_t by_half[] = {65, 65};
    static const size_t none[] = {0};
    expect_referrer_pages(world, "", by_default, 2);
    expect_referrer_pages(world, "?n=50", by_fifty, 3);
    expect_referrer_pages(world, "?n=1000", by_all, 2);
    expect_referrer_pages(world, "?n=65", by_half, 2);
    expect_referrer_pages(world, "?n=0", none, 1);
}

/* --- Addresses --- */

static void test_protocol_oci_manifests__locations_stand_below_the_mount(void **state) {
    struct protocol_world *world = *state;
    struct http_script script = {
        .instance = world->instance, .authorization = world->authorization[WHO_OWNER], .mount = "/packages"};
    struct http_answer *answer =
        http_script_run(&script, "POST /packages" REPOSITORY "/blobs/uploads/?digest=" LAYER_DIGEST "\n\n" LAYER);
    assert_int_equal(answer->status, 201);
    expect_header(answer, "Location", "/packages" REPOSITORY "/blobs/" LAYER_DIGEST);
    http_answer_free(answer);
}
