/* SPDX-License-Identifier: Apache-2.0 */
/* A registry is deleted while a request into it is in progress: the answer is that for a registry that never existed.
 * Likewise the token of the request. */
#include "oci_world.h"

static void delete_registry(struct protocol_world *world, const char *slug) {
    lreg_registry *registry = NULL;
    assert_int_equal(lreg_registry_find(world->instance, "my-organization", slug, &registry, NULL), LREG_OK);
    assert_int_equal(lreg_registry_delete(world->instance, registry, NULL), LREG_OK);
    lreg_registry_free(registry);
}

/* And the others with all scopes; that of WHO_READER stays. */
static void delete_token_of_owner(struct protocol_world *world, const char *slug) {
    lreg_token_list *list = NULL;
    lreg_token *token = NULL;
    (void)slug;
    assert_int_equal(lreg_token_list_open(world->instance, "my-organization", NULL, &list, NULL), LREG_OK);
    while (lreg_token_list_next(list, &token, NULL) == LREG_OK && token != NULL) {
        if (strstr(lreg_token_scopes(token), "delete_registries") != NULL) {
            assert_int_equal(lreg_token_delete(world->instance, token, NULL), LREG_OK);
        }
        lreg_token_free(token);
    }
    lreg_token_list_close(list);
}

/* Sends the head, deletes something, and then sends the body. Returns the answer's status and body. */
static int32_t send_around(struct protocol_world *world, void (*delete)(struct protocol_world *, const char *),
                           const char *slug, const char *target, const char *type, const char *body, char *answer,
                           size_t capacity) {
    lreg_exchange *exchange = NULL;
    size_t got = 0;
    assert_int_equal(lreg_exchange_new(world->instance, &exchange, NULL), LREG_OK);
    assert_int_equal(
        lreg_exchange_set_request(exchange, strstr(target, "/manifests/") != NULL ? "PUT" : "POST", target, NULL),
        LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Host", "localhost", NULL), LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Authorization", world->authorization[WHO_OWNER], NULL),
                     LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Content-Type", type, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Transfer-Encoding", "chunked", NULL), LREG_OK);
    assert_int_equal(lreg_exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_wants(exchange), LREG_WANTS_BODY);
    delete (world, slug);
    assert_int_equal(lreg_exchange_write(exchange, body, strlen(body), NULL), LREG_OK);
    if (lreg_exchange_wants(exchange) == LREG_WANTS_BODY) {
        assert_int_equal(lreg_exchange_finish(exchange, NULL), LREG_OK);
    }
    int32_t status = lreg_exchange_status(exchange);
    assert_int_equal(lreg_exchange_read(exchange, answer, capacity - 1, &got, NULL), LREG_OK);
    answer[got] = '\0';
    lreg_exchange_free(exchange);
    return status;
}

static int32_t send_around_deletion(struct protocol_world *world, const char *slug, const char *target,
                                    const char *type, const char *body, char *answer, size_t capacity) {
    return send_around(world, delete_registry, slug, target, type, body, answer, capacity);
}

static void test_protocol_registry_gone__blob_in_one_request(void **state) {
    char answer[1024];
    int32_t status = send_around_deletion(*state, "my-images", REPOSITORY "/blobs/uploads/?digest=" LAYER_DIGEST,
                                          "application/octet-stream", LAYER, answer, sizeof answer);
    assert_int_equal(status, 404);
    assert_non_null(strstr(answer, "NAME_UNKNOWN"));
    assert_null(strstr(answer, "constraint"));
}

static void test_protocol_registry_gone__manifest(void **state) {
    char answer[1024];
    push_blobs(*state, REPOSITORY);
    int32_t status = send_around_deletion(*state, "my-images", REPOSITORY "/manifests/1", MANIFEST_TYPE, IMAGE, answer,
                                          sizeof answer);
    assert_int_equal(status, 404);
    assert_null(strstr(answer, "constraint"));
}

/* Names no blob that would be missed first. */
static void test_protocol_registry_gone__manifest_of_nothing(void **state) {
    char answer[1024];
    int32_t status = send_around_deletion(
        *state, "my-images", REPOSITORY "/manifests/1", "application/vnd.oci.image.index.v1+json",
        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[]}", answer,
        sizeof answer);
    assert_int_equal(status, 404);
    assert_non_null(strstr(answer, "NAME_UNKNOWN"));
    assert_null(strstr(answer, "constraint"));
}

static void test_protocol_registry_gone__file(void **state) {
    char answer[1024];
    int32_t status = send_around_deletion(
        *state, "my-files", "/v2/packages/organizations/my-organization/registries/my-files/packages",
        "multipart/form-data; boundary=x",
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"late-1.0.0.txt\"\r\n\r\nlate\r\n--x--\r\n",
        answer, sizeof answer);
    assert_int_equal(status, 404);
    assert_non_null(strstr(answer, "registry"));
}

/* --- The token of the request --- */

static void test_protocol_registry_gone__a_blob_of_a_deleted_token(void **state) {
    char answer[1024];
    int32_t status = send_around(*state, delete_token_of_owner, "", REPOSITORY "/blobs/uploads/?digest=" LAYER_DIGEST,
                                 "application/octet-stream", LAYER, answer, sizeof answer);
    assert_int_equal(status, 401);
    assert_non_null(strstr(answer, "UNAUTHORIZED"));
    EXPECT_STATUS(*state, WHO_READER, 404, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
}

static void test_protocol_registry_gone__a_manifest_of_a_deleted_token(void **state) {
    char answer[1024];
    push_blobs(*state, REPOSITORY);
    int32_t status = send_around(*state, delete_token_of_owner, "", REPOSITORY "/manifests/1", MANIFEST_TYPE, IMAGE,
                                 answer, sizeof answer);
    assert_int_equal(status, 401);
    EXPECT_STATUS(*state, WHO_READER, 404, "GET " REPOSITORY "/manifests/1\n\n");
}

static void test_protocol_registry_gone__a_file_of_a_deleted_token(void **state) {
    char answer[1024];
    int32_t status = send_around(
        *state, delete_token_of_owner, "", "/v2/packages/organizations/my-organization/registries/my-files/packages",
        "multipart/form-data; boundary=x",
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"late-1.0.0.txt\"\r\n\r\nlate\r\n--x--\r\n",
        answer, sizeof answer);
    assert_int_equal(status, 401);
    assert_non_null(strstr(answer, "unknown_token"));
    EXPECT_STATUS(*state, WHO_READER, 404, "GET /my-organization/my-files/files/late-1.0.0.txt\n\n");
}

static int setup(void **state) {
    return oci_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}
