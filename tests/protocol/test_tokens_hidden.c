/* SPDX-License-Identifier: Apache-2.0 */
/* Registry tokens while their registry is public: they are not accessible, they read like anonymous clients, and they
 * are back when it is private again. */
#include "oci_world.h"

#define REGISTRIES "/v2/packages/organizations/my-organization/registries"
#define TOKENS REGISTRIES "/my-files/tokens"
#define FILE_PATH "/my-organization/my-files/files/app-1.0.0.zip"

static int setup(void **state) {
    return oci_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

static void set_public(struct protocol_world *world, const char *registry, bool is_public) {
    EXPECT_STATUS(world, WHO_OWNER, 200, "PUT " REGISTRIES "/%s\n\n{\"public\":%s}", registry,
                  is_public ? "true" : "false");
}

static void expect_hidden(struct protocol_world *world, enum protocol_who who, const char *method, const char *below) {
    struct http_answer *answer =
        REQUEST(world, who, 404, "%s " TOKENS "%s\nHost: x\n\n%s", method, below,
                strcmp(method, "GET") == 0 || strcmp(method, "DELETE") == 0 ? "" : "{\"description\":\"x\"}");
    protocol_expect_member(answer, "code", "tokens_hidden");
    http_answer_free(answer);
}

static void test_protocol_tokens_hidden__cannot_be_reached_while_the_registry_is_public(void **state) {
    struct protocol_world *world = *state;
    char one[64];
    snprintf(one, sizeof one, "/%s", world->token_id);
    set_public(world, "my-files", true);
    char *before = protocol_state(world);
    expect_hidden(world, WHO_OWNER, "GET", "");
    expect_hidden(world, WHO_READER, "GET", "");
    expect_hidden(world, WHO_OWNER, "POST", "");
    expect_hidden(world, WHO_OWNER, "GET", one);
    expect_hidden(world, WHO_OWNER, "PUT", one);
    expect_hidden(world, WHO_OWNER, "PATCH", one);
    expect_hidden(world, WHO_OWNER, "POST", one);
    expect_hidden(world, WHO_OWNER, "DELETE", one);
    expect_hidden(world, WHO_OWNER, "GET", "/0190abcd-ef01-7234-9567-89abcdef0123");
    char *after = protocol_state(world);
    assert_string_equal(before, after);
    free(before);
    free(after);
    set_public(world, "my-files", false);
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET " TOKENS "%s\nHost: x\n\n", one);
    protocol_expect_member(answer, "token", strchr(world->authorization[WHO_REGISTRY_TOKEN], ' ') + 1);
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_OWNER, 200, "POST " TOKENS "\nHost: x\n\n{\"description\":\"x\"}");
}

/* Clients that may not see tokens learn nothing new. */
static void test_protocol_tokens_hidden__others_are_answered_as_before(void **state) {
    struct protocol_world *world = *state;
    set_public(world, "my-files", true);
    EXPECT_STATUS(world, WHO_NOBODY, 401, "GET " TOKENS "\n\n");
    EXPECT_STATUS(world, WHO_PUBLISHER, 403, "GET " TOKENS "\n\n");
    EXPECT_STATUS(world, WHO_REGISTRY_TOKEN, 403, "GET " TOKENS "\n\n");
    EXPECT_STATUS(world, WHO_STRANGER, 403, "GET " TOKENS "\n\n");
    EXPECT_STATUS(world, WHO_READER, 403, "POST " TOKENS "\n\n{\"description\":\"x\"}");
}

static void test_protocol_tokens_hidden__a_client_that_still_sends_one_reads_on(void **state) {
    struct protocol_world *world = *state;
    for (int i = 0; i < 3; i++) { /* private, public, private again */
        set_public(world, "my-files", i == 1);
        EXPECT_STATUS(world, WHO_REGISTRY_TOKEN, 200, "GET " FILE_PATH "\n\n");
        EXPECT_STATUS(world, WHO_REGISTRY_TOKEN, 200, "HEAD " FILE_PATH "\n\n");
        EXPECT_STATUS(world, WHO_REGISTRY_TOKEN, 200, "GET " REGISTRIES "/my-files/packages\nHost: x\n\n");
        EXPECT_STATUS(world, WHO_OTHER_REGISTRY_TOKEN, i == 1 ? 200 : 404, "GET " FILE_PATH "\n\n");
        EXPECT_STATUS(world, WHO_NOBODY, i == 1 ? 200 : 401, "GET " FILE_PATH "\n\n");
        EXPECT_STATUS(world, WHO_REGISTRY_TOKEN, 403, "DELETE " REGISTRIES "/my-files\n\n");
    }
}

/* Images: with Basic and Bearer, through the token endpoint, with a bearer from before and after. */
static void test_protocol_tokens_hidden__pulls_go_on(void **state) {
    struct protocol_world *world = *state;
    char *bearers[2] = {NULL, NULL};
    push_image(world, REPOSITORY, "v1");
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 200, "POST " REGISTRIES "/my-images/tokens\nHost: x\n\n{\"description\":\"x\"}");
    char *secret = protocol_member(answer, "token");
    http_answer_free(answer);
    for (int i = 0; i < 3; i++) {
        set_public(world, "my-images", i == 1);
        EXPECT_STATUS(world, WHO_NOBODY, 200, "GET /v2/\nAuthorization: Bearer %s\n\n", secret);
        EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " REPOSITORY "/manifests/v1\nAuthorization: Bearer %s\n\n", secret);
        EXPECT_STATUS(world, WHO_NOBODY, 403, "POST " REPOSITORY "/blobs/uploads/\nAuthorization: Bearer %s\n\n",
                      secret);
        answer = REQUEST(world, WHO_NOBODY, 200,
                         "GET /-/token?scope=repository:my-organization/my-images/app:pull\n"
                         "Authorization: Bearer %s\n\n",
                         secret);
        free(bearers[1]);
        bearers[1] = protocol_member(answer, "token");
        bearers[0] = bearers[0] == NULL ? strdup(bearers[1]) : bearers[0];
        http_answer_free(answer);
        for (size_t j = 0; j < 2; j++) {
            EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " REPOSITORY "/manifests/v1\nAuthorization: Bearer %s\n\n",
                          bearers[j]);
            EXPECT_STATUS(world, WHO_NOBODY, 200,
                          "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\nAuthorization: Bearer %s\n\n", bearers[j]);
        }
    }
    free(bearers[0]);
    free(bearers[1]);
    free(secret);
}
