/* SPDX-License-Identifier: Apache-2.0 */
/* Upload sessions as the operator of a registry sees them: listed and ended, by REST and by the C API. */
#include "oci_world.h"

#define REGISTRY "/v2/packages/organizations/my-organization/registries/my-images"
#define UPLOADS REGISTRY "/uploads"

static int setup(void **state) {
    return oci_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

static char *id_of(const char *location) {
    return strdup(strrchr(location, '/') + 1);
}

/* A session that has received some bytes; free() the result. */
static char *begin_with(struct protocol_world *world, const char *bytes) {
    char *location = begin_upload(world, REPOSITORY);
    EXPECT_STATUS(world, WHO_OWNER, 202, "PATCH %s\n\n%s", location, bytes);
    return location;
}

static lreg_registry *find_registry(struct protocol_world *world, const char *slug) {
    lreg_registry *registry = NULL;
    assert_int_equal(lreg_registry_find(world->instance, "my-organization", slug, &registry, NULL), LREG_OK);
    return registry;
}

static void test_protocol_uploads__they_are_listed(void **state) {
    struct protocol_world *world = *state;
    char *location = begin_with(world, "12345");
    char *id = id_of(location);
    struct http_answer *answer = REQUEST(world, WHO_READER, 200, "GET " UPLOADS "\n\n");
    protocol_expect_member(answer, "id", id);
    protocol_expect_member(answer, "image", "app");
    assert_non_null(strstr(answer->body, "\"received_bytes\":5"));
    assert_non_null(strstr(answer->body, "\"created_at\":\"2026-11-21T"));
    http_answer_free(answer);
    answer = REQUEST(world, WHO_OWNER, 200,
                     "GET /v2/packages/organizations/my-organization/registries/public-images/uploads\n\n");
    assert_string_equal(answer->body, "[]");
    http_answer_free(answer);
    free(id);
    free(location);
}

static void test_protocol_uploads__the_list_comes_in_pages(void **state) {
    struct protocol_world *world = *state;
    for (int i = 0; i < 3; i++) {
        free(begin_upload(world, REPOSITORY));
    }
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET " UPLOADS "?per_page=2\n\n");
    const char *link = http_answer_header(answer, "Link");
    assert_non_null(link);
    const char *path = strstr(link, "/v2/");
    char *end = strchr(path, '>');
    char *next = strndup(path, (size_t)(end - path));
    http_answer_free(answer);
    answer = REQUEST(world, WHO_OWNER, 200, "GET %s\n\n", next);
    assert_null(http_answer_header(answer, "Link"));
    assert_non_null(strstr(answer->body, "\"image\":\"app\""));
    http_answer_free(answer);
    free(next);
}

static void test_protocol_uploads__who_may_change_the_registry_ends_one(void **state) {
    struct protocol_world *world = *state;
    char *location = begin_with(world, "12345");
    char *id = id_of(location);
    EXPECT_STATUS(world, WHO_READER, 403, "DELETE " UPLOADS "/%s\n\n", id);
    EXPECT_STATUS(world, WHO_PUBLISHER, 403, "DELETE " UPLOADS "/%s\n\n", id);
    EXPECT_STATUS(world, WHO_PUBLISHER, 403, "GET " UPLOADS "\n\n");
    EXPECT_STATUS(world, WHO_STRANGER, 404, "DELETE " UPLOADS "/%s\n\n", id);
    EXPECT_STATUS(world, WHO_NOBODY, 401, "DELETE " UPLOADS "/%s\n\n", id);
    EXPECT_STATUS(world, WHO_OWNER, 404,
                  "DELETE /v2/packages/organizations/my-organization/registries/public-images/uploads/%s\n\n", id);
    EXPECT_STATUS(world, WHO_OWNER, 404, "DELETE " UPLOADS "/nonsense\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 200, "DELETE " UPLOADS "/%s\n\n", id);
    EXPECT_STATUS(world, WHO_OWNER, 404, "DELETE " UPLOADS "/%s\n\n", id);
    EXPECT_STATUS(world, WHO_OWNER, 404, "PATCH %s\n\nmore", location);
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 200, "GET /v2/packages/organizations/my-organization/audit?per_page=1\n\n");
    protocol_expect_member(answer, "type", "UploadDeletedEvent");
    http_answer_free(answer);
    free(id);
    free(location);
}

static void test_protocol_uploads__the_c_api_does_the_same(void **state) {
    struct protocol_world *world = *state;
    lreg_upload_list *list = NULL;
    lreg_upload *upload = NULL;
    lreg_registry *registry = find_registry(world, "my-images");
    lreg_registry *other = find_registry(world, "public-images");
    char *location = begin_with(world, "12345");
    char *id = id_of(location);
    assert_int_equal(lreg_upload_list_open(world->instance, registry, NULL, &list, NULL), LREG_OK);
    assert_int_equal(lreg_upload_list_next(list, &upload, NULL), LREG_OK);
    assert_string_equal(lreg_upload_id(upload), id);
    assert_string_equal(lreg_upload_image(upload), "app");
    assert_int_equal(strlen(lreg_upload_principal(upload)), strlen(id));
    assert_int_equal(lreg_upload_received_bytes(upload), 5);
    assert_int_equal(lreg_upload_created_ms(upload), world->now_ms);
    assert_int_equal(lreg_upload_updated_ms(upload), world->now_ms);
    lreg_upload_free(upload);
    assert_int_equal(lreg_upload_list_next(list, &upload, NULL), LREG_OK);
    assert_null(upload);
    lreg_upload_list_close(list);
    assert_int_equal(lreg_upload_find(world->instance, other, id, &upload, NULL), LREG_NOT_FOUND);
    assert_null(upload);
    assert_int_equal(lreg_upload_find(world->instance, registry, id, &upload, NULL), LREG_OK);
    assert_int_equal(lreg_upload_cancel(world->instance, upload, NULL), LREG_OK);
    assert_int_equal(lreg_upload_cancel(world->instance, upload, NULL), LREG_NOT_FOUND);
    assert_string_equal(lreg_upload_id(upload), id); /* the snapshot stays */
    EXPECT_STATUS(world, WHO_OWNER, 404, "GET %s\n\n", location);
    lreg_upload_free(upload);
    lreg_registry_free(other);
    lreg_registry_free(registry);
    free(id);
    free(location);
}
