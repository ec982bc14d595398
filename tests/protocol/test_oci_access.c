/* SPDX-License-Identifier: Apache-2.0 */
/* How container clients authenticate: the challenge, the token endpoint, anonymous tokens, and tokens that expire. */
#include "oci_world.h"

#define HOST "Host: packages.example.com:8443\n"
#define REALM "Bearer realm=\"http://packages.example.com:8443/-/token\",service=\"packages.example.com:8443\""
#define SCOPE "repository:my-organization/my-images/app:pull,push"
#define MINUTE INT64_C(60000)

static int setup(void **state) {
    return oci_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

/* The secret of `who`. */
static const char *secret_of(const struct protocol_world *world, enum protocol_who who) {
    return strchr(world->authorization[who], ' ') + 1;
}

/* "Authorization: Bearer …\n" with the token from a successful answer; free() it. */
static char *bearer_of(struct http_answer *answer) {
    char *token = protocol_member(answer, "token");
    assert_non_null(token);
    size_t size = strlen(token) + 64;
    char *field = malloc(size);
    snprintf(field, size, "Authorization: Bearer %s\n", token);
    free(token);
    http_answer_free(answer);
    return field;
}

static char *fetch_bearer(struct protocol_world *world, enum protocol_who who) {
    return bearer_of(REQUEST(world, who, 200, "GET /-/token?service=packages.example.com&scope=" SCOPE "\n\n"));
}

static void test_protocol_oci_access__without_credentials_there_is_a_challenge(void **state) {
    struct protocol_world *world = *state;
    struct http_answer *answer = REQUEST(world, WHO_NOBODY, 401, "GET /v2/\n" HOST "\n");
    expect_header(answer, "WWW-Authenticate", REALM);
    expect_header(answer, "Content-Type", "application/json; charset=utf-8");
    expect_error(answer, "UNAUTHORIZED", "\"detail\":{");
    assert_null(strstr(answer->body, "authentication required"));
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_NOBODY, 401, "GET /v2\n\n");
    EXPECT_STATUS(world, WHO_NOBODY, 401, "HEAD /v2/\n\n");
}

static void test_protocol_oci_access__empty_basic_credentials_are_none(void **state) {
    struct protocol_world *world = *state;
    EXPECT_STATUS(world, WHO_NOBODY, 401, "GET /v2/\nAuthorization: Basic Og==\n\n");
}

static void test_protocol_oci_access__the_challenge_names_repository_and_actions(void **state) {
    struct protocol_world *world = *state;
    struct http_answer *answer = REQUEST(world, WHO_NOBODY, 401, "GET " REPOSITORY "/manifests/v1\n" HOST "\n");
    expect_header(answer, "WWW-Authenticate", REALM ",scope=\"repository:my-organization/my-images/app:pull\"");
    http_answer_free(answer);
    answer = REQUEST(world, WHO_NOBODY, 401, "POST " OTHER "/blobs/uploads/\n" HOST "\n");
    expect_header(answer, "WWW-Authenticate",
                  REALM ",scope=\"repository:my-organization/my-images/team/other:pull,push\"");
    http_answer_free(answer);
    answer = REQUEST(world, WHO_NOBODY, 401, "DELETE " REPOSITORY "/manifests/v1\n" HOST "\n");
    expect_header(answer, "WWW-Authenticate", REALM ",scope=\"repository:my-organization/my-images/app:delete\"");
    http_answer_free(answer);
}

static void test_protocol_oci_access__what_is_no_name_is_not_repeated_in_the_challenge(void **state) {
    struct protocol_world *world = *state;
    struct http_answer *answer =
        REQUEST(world, WHO_NOBODY, 401, "GET /v2/my-organization/my-images/a%%22,b/manifests/v1\n" HOST "\n");
    expect_header(answer, "WWW-Authenticate", REALM);
    http_answer_free(answer);
}

static void test_protocol_oci_access__every_valid_credential_is_welcome(void **state) {
    struct protocol_world *world = *state;
    static const enum protocol_who all[] = {WHO_OWNER, WHO_READER, WHO_PUBLISHER, WHO_STRANGER, WHO_REGISTRY_TOKEN};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        EXPECT_STATUS(world, all[i], 200, "GET /v2/\n\n");
        char *bearer = fetch_bearer(world, all[i]);
        EXPECT_STATUS(world, WHO_NOBODY, 200, "GET /v2/\n%s\n", bearer);
        free(bearer);
    }
}

static void test_protocol_oci_access__basic_credentials_work_where_they_are_sent(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    /* "u:" and the owner's token */
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char plain[128];
    char encoded[256] = "";
    size_t length = (size_t)snprintf(plain, sizeof plain, "u:%s", secret_of(world, WHO_OWNER));
    size_t out = 0;
    for (size_t i = 0; i < length; i += 3) {
        unsigned long bits = 0;
        for (size_t j = 0; j < 3; j++) {
            bits = bits << 8 | (i + j < length ? (unsigned char)plain[i + j] : 0);
        }
        for (size_t j = 0; j < 4; j++) {
            encoded[out++] = i + j <= length ? digits[bits >> (18 - 6 * j) & 63] : '=';
        }
    }
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET /v2/\nAuthorization: Basic %s\n\n", encoded);
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " REPOSITORY "/manifests/v1\nAuthorization: Basic %s\n\n", encoded);
    char *bearer = bearer_of(
        REQUEST(world, WHO_NOBODY, 200, "GET /-/token?scope=" SCOPE "\nAuthorization: Basic %s\n\n", encoded));
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " REPOSITORY "/manifests/v1\n%s\n", bearer);
    free(bearer);
}

static void test_protocol_oci_access__the_token_answer_has_what_clients_read(void **state) {
    struct protocol_world *world = *state;
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET /-/token\n\n");
    char *token = protocol_member(answer, "token");
    char *access_token = protocol_member(answer, "access_token");
    char *issued_at = protocol_member(answer, "issued_at");
    assert_string_equal(token, access_token);
    assert_string_equal(issued_at, "2026-11-21T03:04:05.678Z");
    assert_non_null(strstr(answer->body, "\"expires_in\":300"));
    assert_null(strstr(answer->body, secret_of(world, WHO_OWNER)));
    expect_header(answer, "Cache-Control", "no-store");
    free(token);
    free(access_token);
    free(issued_at);
    http_answer_free(answer);
}

static void test_protocol_oci_access__nobody_pulls_what_is_public_with_a_token_for_nobody(void **state) {
    struct protocol_world *world = *state;
    push_image(world, PUBLIC, "v1");
    push_image(world, REPOSITORY, "v1");
    char *bearer = fetch_bearer(world, WHO_NOBODY);
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET /v2/\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " PUBLIC "/manifests/v1\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " PUBLIC "/blobs/" LAYER_DIGEST "\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " PUBLIC "/tags/list\n\n");
    EXPECT_STATUS(world, WHO_NOBODY, 401, "GET " REPOSITORY "/manifests/v1\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 401, "POST " PUBLIC "/blobs/uploads/\n%s\n", bearer);
    free(bearer);
}

/* Limited in time: a cache does not learn that the registry became private. */
static void test_protocol_oci_access__what_is_public_may_be_cached_by_all(void **state) {
    struct protocol_world *world = *state;
    push_image(world, PUBLIC, "v1");
    struct http_answer *answer = REQUEST(world, WHO_NOBODY, 200, "GET " PUBLIC "/blobs/" LAYER_DIGEST "\n\n");
    expect_header(answer, "Cache-Control", "public, max-age=300, must-revalidate");
    http_answer_free(answer);
    answer = REQUEST(world, WHO_NOBODY, 200, "GET " PUBLIC "/manifests/v1\n\n");
    expect_header(answer, "Cache-Control", "public, no-cache");
    http_answer_free(answer);
}

static void test_protocol_oci_access__a_form_gives_a_token_too(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
#define FORM "POST /-/token\nContent-Type: application/x-www-form-urlencoded\n\n"
    char *bearer = bearer_of(REQUEST(world, WHO_NOBODY, 200,
                                     FORM "grant_type=password&username=u&password=%s&service=s&scope=" SCOPE
                                          "+registry:catalog:*",
                                     secret_of(world, WHO_READER)));
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " REPOSITORY "/manifests/v1\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 403, "POST " REPOSITORY "/blobs/uploads/\n%s\n", bearer);
    free(bearer);
    bearer = bearer_of(REQUEST(world, WHO_NOBODY, 200, FORM "grant_type=refresh_token&refresh_token=%s&scope=" SCOPE,
                               secret_of(world, WHO_OWNER)));
    EXPECT_STATUS(world, WHO_NOBODY, 202, "POST " REPOSITORY "/blobs/uploads/\n%s\n", bearer);
    free(bearer);
    bearer = bearer_of(REQUEST(world, WHO_NOBODY, 200, FORM "service=s"));
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET /v2/\n%s\n", bearer);
    free(bearer);
}

static void test_protocol_oci_access__a_bearer_ends(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    char *bearer = fetch_bearer(world, WHO_OWNER);
    world->now_ms += 5 * MINUTE - 1;
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " REPOSITORY "/manifests/v1\n%s\n", bearer);
    world->now_ms += 1;
    struct http_answer *answer = REQUEST(world, WHO_NOBODY, 401, "GET " REPOSITORY "/manifests/v1\n%s\n", bearer);
    expect_error(answer, "UNAUTHORIZED", "expired");
    assert_non_null(http_answer_header(answer, "WWW-Authenticate"));
    http_answer_free(answer);
    EXPECT_STATUS(world, WHO_NOBODY, 401, "GET /v2/\n%s\n", bearer);
    free(bearer);
}

static void test_protocol_oci_access__an_upload_goes_on_when_its_token_has_ended(void **state) {
    struct protocol_world *world = *state;
    char *bearer = fetch_bearer(world, WHO_OWNER);
    struct http_answer *answer = REQUEST(world, WHO_NOBODY, 202, "POST " REPOSITORY "/blobs/uploads/\n%s\n", bearer);
    char *location = strdup(http_answer_header(answer, "Location"));
    http_answer_free(answer);
    world->now_ms += 60 * MINUTE;
    EXPECT_STATUS(world, WHO_NOBODY, 202, "PATCH %s\n%s\n%.10s", location, bearer, LAYER);
    EXPECT_STATUS(world, WHO_NOBODY, 204, "GET %s\n%s\n", location, bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 401, "PATCH %s\n\nabc", location);
    EXPECT_STATUS(world, WHO_EXPIRED, 403, "PATCH %s\n\nabc", location);
    EXPECT_STATUS(world, WHO_NOBODY, 201, "PUT %s?digest=" LAYER_DIGEST "\n%s\n%s", location, bearer, &LAYER[10]);
    EXPECT_STATUS(world, WHO_NOBODY, 401, "POST " REPOSITORY "/blobs/uploads/\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 401, "HEAD " REPOSITORY "/blobs/" LAYER_DIGEST "\n%s\n", bearer);
    free(location);
    free(bearer);
}

static void test_protocol_oci_access__another_bearer_of_the_same_token_goes_on(void **state) {
    struct protocol_world *world = *state;
    char *location = begin_upload(world, REPOSITORY);
    world->now_ms += 6 * MINUTE;
    char *bearer = fetch_bearer(world, WHO_OWNER);
    EXPECT_STATUS(world, WHO_NOBODY, 201, "PUT %s?digest=" LAYER_DIGEST "\n%s\n" LAYER, location, bearer);
    free(bearer);
    free(location);
}
