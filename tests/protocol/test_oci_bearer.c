/* SPDX-License-Identifier: Apache-2.0 */
/* What a bearer of the token endpoint permits: the scopes that were requested and granted, in their repositories, below
 * the container paths only; and never more than its holder may do. */
#include "oci_world.h"

#define REGISTRIES "/v2/packages/organizations/my-organization/registries"
#define APP "my-organization/my-images/app"
#define TEAM "my-organization/my-images/team/other"
#define ELSEWHERE "/v2/other-organization/other-images/app"

static int setup(void **state) {
    return oci_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

/* Returns "Authorization: Bearer …\n" of a token request with that query ("scope=…"); free() it. `granted`: what the
 * answer says. */
static char *ask(struct protocol_world *world, enum protocol_who who, const char *query, const char *granted) {
    struct http_answer *answer = REQUEST(world, who, 200, "GET /-/token?service=s&%s\n\n", query);
    protocol_expect_member(answer, "scope", granted);
    char *token = protocol_member(answer, "token");
    size_t size = strlen(token) + 64;
    char *field = malloc(size);
    snprintf(field, size, "Authorization: Bearer %s\n", token);
    free(token);
    http_answer_free(answer);
    return field;
}

/* 401 with a challenge that makes clients request more scopes. */
static void expect_insufficient(struct protocol_world *world, const char *bearer, const char *request,
                                const char *scope) {
    struct http_answer *answer = REQUEST(world, WHO_NOBODY, 401, "%s\n%s\n", request, bearer);
    expect_error(answer, "UNAUTHORIZED", "insufficient_scope");
    const char *challenge = http_answer_header(answer, "WWW-Authenticate");
    char wanted[512];
    snprintf(wanted, sizeof wanted, ",scope=\"repository:%s\",error=\"insufficient_scope\"", scope);
    if (challenge == NULL || strstr(challenge, wanted) == NULL) {
        fail_msg("%s expected in\n%s", wanted, answer->text);
    }
    http_answer_free(answer);
}

static void test_protocol_oci_bearer__one_for_pull_pulls_and_does_nothing_else(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    push_image(world, OTHER, "v1");
    char *bearer = ask(world, WHO_OWNER, "scope=repository:" APP ":pull", "repository:" APP ":pull");
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET /v2/\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " REPOSITORY "/manifests/v1\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 200, "HEAD " REPOSITORY "/manifests/v1\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " REPOSITORY "/tags/list\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " REPOSITORY "/referrers/" IMAGE_DIGEST "\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 404, "GET " REPOSITORY "/manifests/none\n%s\n", bearer);
    expect_insufficient(world, bearer, "POST " REPOSITORY "/blobs/uploads/", APP ":pull,push");
    expect_insufficient(world, bearer, "PUT " REPOSITORY "/manifests/v2", APP ":pull,push");
    expect_insufficient(world, bearer, "DELETE " REPOSITORY "/manifests/v1", APP ":delete");
    expect_insufficient(world, bearer, "DELETE " REPOSITORY "/blobs/" LAYER_DIGEST, APP ":delete");
    expect_insufficient(world, bearer, "GET " OTHER "/manifests/v1", TEAM ":pull");
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REPOSITORY "/manifests/v1\n\n");
    free(bearer);
}

/* Below /v2/ and elsewhere. */
static void test_protocol_oci_bearer__serves_for_images_alone(void **state) {
    struct protocol_world *world = *state;
    static const char *const requests[] = {
        "GET /v2/organizations/my-organization",
        "GET " REGISTRIES,
        "GET " REGISTRIES "/my-images",
        "DELETE " REGISTRIES "/my-images",
        "GET " REGISTRIES "/my-images/packages",
        "GET " REGISTRIES "/my-images/tokens",
        "POST " REGISTRIES "/my-images/tokens",
        "GET /v2/packages/organizations/my-organization/audit",
        "GET /my-organization/my-files/files/app-1.0.0.zip",
        "GET /my-organization/public-files/files/app-1.0.0.zip",
        "GET /my-organization/my-alpine-packages/rsakey",
        "GET /-/token",
        "GET /-/token?scope=repository:" APP ":*",
        "GET /-/health",
    };
    char *bearer = ask(world, WHO_OWNER, "scope=repository:" APP ":*", "repository:" APP ":pull,push,delete");
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct http_answer *answer =
            REQUEST(world, WHO_NOBODY, 401, "%s\n%sAccept: application/json\n\n", requests[i], bearer);
        assert_non_null(strstr(answer->body, "bearer_elsewhere"));
        http_answer_free(answer);
    }
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET " REGISTRIES "/my-images\n\n");
    free(bearer);
}

static void test_protocol_oci_bearer__does_not_renew_itself(void **state) {
    struct protocol_world *world = *state;
    char *bearer = ask(world, WHO_OWNER, "scope=repository:" APP ":pull", "repository:" APP ":pull");
    bearer[strlen(bearer) - 1] = '\0';
    const char *token = strrchr(bearer, ' ') + 1;
    static const char *const forms[] = {"grant_type=password&password=", "grant_type=refresh_token&refresh_token="};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        EXPECT_STATUS(world, WHO_NOBODY, 401, "POST /-/token\nContent-Type: application/x-www-form-urlencoded\n\n%s%s",
                      forms[i], token);
    }
    free(bearer);
}

static void test_protocol_oci_bearer__each_action_is_granted_by_itself(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    char *bearer = ask(world, WHO_OWNER, "scope=repository:" APP ":push", "repository:" APP ":push");
    EXPECT_STATUS(world, WHO_NOBODY, 202, "POST " REPOSITORY "/blobs/uploads/\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 200, "HEAD " REPOSITORY "/blobs/" LAYER_DIGEST "\n%s\n", bearer);
    expect_insufficient(world, bearer, "GET " REPOSITORY "/blobs/" LAYER_DIGEST, APP ":pull");
    free(bearer);
    bearer = ask(world, WHO_OWNER, "scope=repository:" APP ":delete", "repository:" APP ":delete");
    expect_insufficient(world, bearer, "GET " REPOSITORY "/blobs/" LAYER_DIGEST, APP ":pull");
    EXPECT_STATUS(world, WHO_NOBODY, 401, "HEAD " REPOSITORY "/blobs/" LAYER_DIGEST "\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 202, "DELETE " REPOSITORY "/manifests/v1\n%s\n", bearer);
    free(bearer);
    bearer = ask(world, WHO_OWNER, "scope=repository:" APP ":*", "repository:" APP ":pull,push,delete");
    push_image(world, REPOSITORY, "v1");
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " REPOSITORY "/manifests/v1\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 202, "DELETE " REPOSITORY "/manifests/v1\n%s\n", bearer);
    free(bearer);
}

static void test_protocol_oci_bearer__several_scopes_come_in_several_ways(void **state) {
    struct protocol_world *world = *state;
    push_image(world, OTHER, "v1");
    static const char *const queries[] = {
        "scope=repository:" APP ":pull,push&scope=repository:" TEAM ":pull",
        "scope=repository:" APP ":pull,push+repository:" TEAM ":pull",
        "scope=repository:" APP ":push,pull%20%20repository(plugin):" TEAM ":pull,registry:catalog:*&scope=",
        "scope=repository:" APP ":pull&scope=repository:" APP ":push&scope=registry:catalog:*&scope=repository:" TEAM
        ":pull,fly",
    };
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct http_answer *answer = REQUEST(world, WHO_OWNER, 200, "GET /-/token?%s\n\n", queries[i]);
        char *token = protocol_member(answer, "access_token");
        http_answer_free(answer);
        EXPECT_STATUS(world, WHO_NOBODY, 202, "POST " REPOSITORY "/blobs/uploads/\nAuthorization: Bearer %s\n\n",
                      token);
        EXPECT_STATUS(world, WHO_NOBODY, i == 2 ? 401 : 200, "GET " OTHER "/manifests/v1\nAuthorization: Bearer %s\n\n",
                      token);
        EXPECT_STATUS(world, WHO_NOBODY, 401, "POST " OTHER "/blobs/uploads/\nAuthorization: Bearer %s\n\n", token);
        free(token);
    }
}

static void test_protocol_oci_bearer__a_login_without_scope_is_welcome_and_opens_nothing(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    char *bearer = ask(world, WHO_OWNER, "account=u&client_id=docker&offline_token=true", "");
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET /v2/\n%s\n", bearer);
    expect_insufficient(world, bearer, "GET " REPOSITORY "/manifests/v1", APP ":pull");
    free(bearer);
}

static void test_protocol_oci_bearer__what_is_no_scope_is_named(void **state) {
    struct protocol_world *world = *state;
    static const char *const scopes[] = {"a",           "pull",     "repository",       "repository:x",
                                         ":x:pull",     "a b:pull", "repository::pull", "repository(:x:pull",
                                         "re/po:x:pull"};
    for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", scopes[i]);
        for (char *c = text; *c != '\0'; c++) {
            *c = *c == ' ' ? '+' : *c;
        }
        struct http_answer *answer = REQUEST(world, WHO_OWNER, 400, "GET /-/token?scope=%s\n\n", text);
        assert_non_null(strstr(answer->body, "bad_scope"));
        http_answer_free(answer);
    }
    char many[8000] = "";
    for (int i = 0; i < 33; i++) {
        snprintf(many + strlen(many), sizeof many - strlen(many), "%srepository:o/r/a:pull", i > 0 ? "+" : "");
    }
    struct http_answer *answer = REQUEST(world, WHO_OWNER, 400, "GET /-/token?scope=%s\n\n", many);
    assert_non_null(strstr(answer->body, "too_many_scopes"));
    http_answer_free(answer);
}

static void test_protocol_oci_bearer__what_the_holder_may_not_do_is_not_granted(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    char *bearer = ask(world, WHO_READER, "scope=repository:" APP ":pull,push", "repository:" APP ":pull");
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " REPOSITORY "/manifests/v1\n%s\n", bearer);
    struct http_answer *answer = REQUEST(world, WHO_NOBODY, 403, "POST " REPOSITORY "/blobs/uploads/\n%s\n", bearer);
    expect_error(answer, "DENIED", "write_packages");
    http_answer_free(answer);
    free(bearer);
    bearer = ask(world, WHO_STRANGER, "scope=repository:" APP ":*", "");
    EXPECT_STATUS(world, WHO_NOBODY, 404, "GET " REPOSITORY "/manifests/v1\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 404, "POST " REPOSITORY "/blobs/uploads/\n%s\n", bearer);
    free(bearer);
    bearer = ask(world, WHO_NOBODY, "scope=repository:" APP ":pull", "");
    answer = REQUEST(world, WHO_NOBODY, 401, "GET " REPOSITORY "/manifests/v1\n%s\n", bearer);
    expect_error(answer, "UNAUTHORIZED", "authentication_required");
    http_answer_free(answer);
    free(bearer);
    bearer = ask(world, WHO_OWNER, "scope=repository:my-organization/my-files/app:pull&scope=repository:x:pull", "");
    free(bearer);
}

/* A repository that was not requested gets the same answer, whether it exists or not. */
static void test_protocol_oci_bearer__tells_nothing_of_other_repositories(void **state) {
    struct protocol_world *world = *state;
    push_image(world, OTHER, "v1");
    char *bearer = ask(world, WHO_OWNER, "scope=repository:" APP ":pull", "repository:" APP ":pull");
    static const char *const names[] = {"my-organization/my-images/team/other", "my-organization/no-images/team/other",
                                        "no-organization/no-images/team/other", "other-organization/other-images/app"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char request[256];
        char scope[256];
        snprintf(request, sizeof request, "GET /v2/%s/manifests/v1", names[i]);
        snprintf(scope, sizeof scope, "%s:pull", names[i]);
        expect_insufficient(world, bearer, request, scope);
    }
    free(bearer);
    bearer = ask(world, WHO_OWNER, "scope=repository:my-organization/no-images/app:pull", "");
    EXPECT_STATUS(world, WHO_NOBODY, 404, "GET /v2/my-organization/no-images/app/manifests/v1\n%s\n", bearer);
    free(bearer);
}

static void test_protocol_oci_bearer__what_is_public_needs_no_scope(void **state) {
    struct protocol_world *world = *state;
    push_image(world, PUBLIC, "v1");
    static const enum protocol_who all[] = {WHO_OWNER, WHO_STRANGER, WHO_NOBODY, WHO_REGISTRY_TOKEN};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char *bearer = ask(world, all[i], "account=u", "");
        EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " PUBLIC "/manifests/v1\n%s\n", bearer);
        EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " PUBLIC "/blobs/" LAYER_DIGEST "\n%s\n", bearer);
        expect_insufficient(world, bearer, "POST " PUBLIC "/blobs/uploads/",
                            "my-organization/public-images/app:pull,push");
        free(bearer);
    }
}

/* When the holder loses a permission, existing bearers lose it too; a new permission is not in earlier bearers. */
static void test_protocol_oci_bearer__each_request_is_decided_anew(void **state) {
    struct protocol_world *world = *state;
    push_image(world, PUBLIC, "v1");
    char *bearer = ask(world, WHO_STRANGER, "scope=repository:my-organization/public-images/app:pull",
                       "repository:my-organization/public-images/app:pull");
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " PUBLIC "/manifests/v1\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_OWNER, 200, "PUT " REGISTRIES "/public-images\n\n{\"public\":false}");
    EXPECT_STATUS(world, WHO_NOBODY, 404, "GET " PUBLIC "/manifests/v1\n%s\n", bearer);
    free(bearer);
}

/* Names are granted, so a recreated registry is included, with what the holder may do there. */
static void test_protocol_oci_bearer__what_was_deleted_is_decided_anew_too(void **state) {
    struct protocol_world *world = *state;
    struct http_answer *answer =
        REQUEST(world, WHO_OWNER, 200, "POST " REGISTRIES "/my-images/tokens\nHost: x\n\n{\"description\":\"x\"}");
    char *secret = protocol_member(answer, "token");
    http_answer_free(answer);
    answer = REQUEST(world, WHO_NOBODY, 200, "GET /-/token?scope=repository:" APP ":pull\nAuthorization: Bearer %s\n\n",
                     secret);
    char *reader = protocol_member(answer, "token");
    http_answer_free(answer);
    char *bearer = ask(world, WHO_OWNER, "scope=repository:" APP ":*", "repository:" APP ":pull,push,delete");
    EXPECT_STATUS(world, WHO_OWNER, 200, "DELETE " REGISTRIES "/my-images\nHost: x\n\n");
    EXPECT_STATUS(world, WHO_NOBODY, 404, "GET " REPOSITORY "/manifests/v1\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 401, "GET " REPOSITORY "/manifests/v1\nAuthorization: Bearer %s\n\n", reader);
    oci_make_registry(world, "my-organization", "my-images", false);
    push_image(world, REPOSITORY, "v1");
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET " REPOSITORY "/manifests/v1\n%s\n", bearer);
    EXPECT_STATUS(world, WHO_NOBODY, 401, "GET " REPOSITORY "/manifests/v1\nAuthorization: Bearer %s\n\n", reader);
    EXPECT_STATUS(world, WHO_NOBODY, 401, "GET /-/token?scope=repository:" APP ":pull\nAuthorization: Bearer %s\n\n",
                  secret);
    free(reader);
    free(secret);
    free(bearer);
}

static void test_protocol_oci_bearer__a_mount_needs_push_and_a_source_to_read(void **state) {
    struct protocol_world *world = *state;
    push_image(world, OTHER, "v1");
    push_image(world, PUBLIC, "v1");
#define MOUNT "POST " REPOSITORY "/blobs/uploads/?mount=" LAYER_DIGEST "&from="
    static const struct {
        const char *query;
        enum protocol_who who;
        const char *from;
        int status;
    } cases[] = {
        {"scope=repository:" APP ":pull,push&scope=repository:" TEAM ":pull", WHO_OWNER, TEAM, 201},
        {"scope=repository:" APP ":pull,push", WHO_OWNER, TEAM, 201}, /* the holder's token covers it */
        {"scope=repository:" APP ":pull,push", WHO_OWNER, "my-organization/public-images/app", 201},
        {"scope=repository:" APP ":push", WHO_PUBLISHER, "my-organization/public-images/app", 201},
        {"scope=repository:" APP ":push", WHO_PUBLISHER, TEAM, 202}, /* it may not read there */
        {"scope=repository:" APP ":push&scope=repository:" TEAM ":pull", WHO_PUBLISHER, TEAM, 202},
        {"scope=repository:" APP ":push", WHO_OWNER, "other-organization/other-images/app", 202},
        {"scope=repository:" APP ":push", WHO_OWNER, "no-organization/none/app", 202},
        {"scope=repository:" APP ":push", WHO_OWNER, "library/app", 202},
        {"scope=repository:" APP ":push", WHO_OWNER, "..", 202},
        {"scope=repository:" APP ":push", WHO_OWNER, "", 202},
        {"scope=repository:" APP ":pull&scope=repository:" TEAM ":pull", WHO_OWNER, TEAM, 401},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_answer *answer = REQUEST(world, cases[i].who, 200, "GET /-/token?%s\n\n", cases[i].query);
        char *token = protocol_member(answer, "token");
        http_answer_free(answer);
        EXPECT_STATUS(world, WHO_NOBODY, cases[i].status, MOUNT "%s\nAuthorization: Bearer %s\n\n", cases[i].from,
                      token);
        free(token);
        if (cases[i].status == 201) {
            EXPECT_STATUS(world, WHO_OWNER, 202, "DELETE " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n");
        }
    }
}

static void test_protocol_oci_bearer__an_ended_one_goes_on_with_uploads_of_its_scope_alone(void **state) {
    struct protocol_world *world = *state;
    char *location = begin_upload(world, REPOSITORY);
    char *pull = ask(world, WHO_OWNER, "scope=repository:" APP ":pull", "repository:" APP ":pull");
    char *push = ask(world, WHO_OWNER, "scope=repository:" APP ":push", "repository:" APP ":push");
    char *other = ask(world, WHO_OWNER, "scope=repository:" TEAM ":push", "repository:" TEAM ":push");
    EXPECT_STATUS(world, WHO_NOBODY, 401, "PATCH %s\n%s\nabc", location, pull);
    world->now_ms += 6 * 60000;
    EXPECT_STATUS(world, WHO_NOBODY, 401, "PATCH %s\n%s\nabc", location, pull);
    EXPECT_STATUS(world, WHO_NOBODY, 401, "PATCH %s\n%s\nabc", location, other);
    EXPECT_STATUS(world, WHO_NOBODY, 401, "DELETE %s\n%s\n", location, pull);
    EXPECT_STATUS(world, WHO_NOBODY, 202, "PATCH %s\n%s\nabc", location, push);
    free(pull);
    free(push);
    free(other);
    free(location);
}
