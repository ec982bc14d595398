/* SPDX-License-Identifier: Apache-2.0 */
/* Requests without permission: without a token, with an invalid one, with the wrong scope, from elsewhere. */
#include "support/protocol_world.h"

#include <stdlib.h>
#include <string.h>

#define REGISTRIES "/v2/packages/organizations/my-organization/registries"
#define MINE REGISTRIES "/my-files"
#define FIELDS " HTTP/1.1\nHost: localhost\n"
#define FORM                                                                                                    \
    "Content-Type: multipart/form-data; boundary=XX\n\n--XX\r\nContent-Disposition: form-data; name=\"file\"; " \
    "filename=\"new-1.0.0.zip\"\r\n\r\ndata\r\n--XX--\r\n"
#define FILE_PATH "/my-organization/my-files/files/app-1.0.0.zip"
#define NEEDED 401, "authentication_required", "a token is needed for this"
#define EXPIRED 401, "expired_token", "token expired at 2026-11-21T03:04:04.678Z"
#define UNKNOWN 401, "unknown_token", "this token is not known, or no longer"
#define MISTYPED \
    401, "malformed_token", "this is not a token of this registry: it is mistyped, cut off, or from elsewhere"
#define MALFORMED \
    401, "malformed_credentials", "the credentials are malformed or of an unknown scheme: Basic and Bearer are known"
#define LACKS(scope) 403, "missing_scope", "this token lacks the scope " scope
#define ELSEWHERE 403, "not_a_member", "this token belongs elsewhere: here it may only read"
#define NO_REGISTRY 404, "registry_unknown", "no registry my-organization/my-files"
#define NO_ORGANIZATION 404, "organization_unknown", "no organization my-organization"

static int group_setup(void **state) {
    return protocol_setup(state);
}

static int group_teardown(void **state) {
    return protocol_teardown(state);
}

static void run(void **state, const struct protocol_case *cases, size_t count) {
    protocol_check_cases(*state, cases, count);
}

static void test_protocol_access__who_has_no_token_is_asked_for_one(void **state) {
    static const struct protocol_case cases[] = {
        {"registries", WHO_NOBODY, "GET " REGISTRIES FIELDS "\n", 0, NEEDED},
        {"registry", WHO_NOBODY, "GET " MINE FIELDS "\n", 0, NEEDED},
        {"packages", WHO_NOBODY, "GET " MINE "/packages" FIELDS "\n", 0, NEEDED},
        {"package", WHO_NOBODY, "GET " MINE "/packages/<<package>>" FIELDS "\n", 0, NEEDED},
        {"tokens", WHO_NOBODY, "GET " MINE "/tokens" FIELDS "\n", 0, NEEDED},
        {"audit", WHO_NOBODY, "GET /v2/packages/organizations/my-organization/audit" FIELDS "\n", 0, NEEDED},
        {"organization", WHO_NOBODY, "GET /v2/organizations/my-organization" FIELDS "\n", 0, NEEDED},
        {"publishing", WHO_NOBODY, "POST " MINE "/packages" FIELDS FORM, 0, NEEDED},
        {"deleting", WHO_NOBODY, "DELETE " MINE "/packages/<<package>>" FIELDS "\n", 0, NEEDED},
        {"creating", WHO_NOBODY, "POST " REGISTRIES FIELDS "\n{\"name\":\"x\",\"ecosystem\":\"files\"}", 0, NEEDED},
        {"updating", WHO_NOBODY, "PATCH " MINE FIELDS "\n{\"public\":true}", 0, NEEDED},
        {"deleting a registry", WHO_NOBODY, "DELETE " MINE FIELDS "\n", 0, NEEDED},
        {"an unknown registry", WHO_NOBODY, "GET " REGISTRIES "/nothing" FIELDS "\n", 0, NEEDED},
        {"an unknown organization", WHO_NOBODY, "GET /v2/packages/organizations/nobody/registries" FIELDS "\n", 0,
         NEEDED},
        {"a file", WHO_NOBODY, "GET " FILE_PATH FIELDS "\n", 0, 401, NULL, "a token is needed for this"},
        {"an unknown file", WHO_NOBODY, "GET /my-organization/my-files/files/x" FIELDS "\n", 0, 401, NULL,
         "a token is needed for this"},
        {"a file for JSON", WHO_NOBODY, "GET " FILE_PATH FIELDS "Accept: application/json\n\n", 0, NEEDED},
        {"publishing to a public registry", WHO_NOBODY, "POST " REGISTRIES "/public-files/packages" FIELDS FORM, 0,
         NEEDED},
        {"settings of a public registry", WHO_NOBODY, "GET " REGISTRIES "/public-files" FIELDS "\n", 0, NEEDED},
        {"tokens of a public registry", WHO_NOBODY, "GET " REGISTRIES "/public-files/tokens" FIELDS "\n", 0, NEEDED},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_access__bad_credentials_are_told(void **state) {
    static const struct protocol_case cases[] = {
        {"expired", WHO_EXPIRED, "GET " REGISTRIES FIELDS "\n", 0, EXPIRED},
        {"expired, publishing", WHO_EXPIRED, "POST " MINE "/packages" FIELDS FORM, 0, EXPIRED},
        {"expired, a file", WHO_EXPIRED, "GET " FILE_PATH FIELDS "\n", 0, 401, NULL,
         "token expired at 2026-11-21T03:04:04.678Z"},
        {"expired, where none is needed", WHO_EXPIRED, "GET " REGISTRIES "/public-files/packages" FIELDS "\n", 0,
         EXPIRED},
        {"deleted", WHO_DELETED, "GET " REGISTRIES FIELDS "\n", 0, UNKNOWN},
        {"deleted, publishing", WHO_DELETED, "POST " MINE "/packages" FIELDS FORM, 0, UNKNOWN},
        {"made up", WHO_NOBODY, "GET " REGISTRIES FIELDS "Authorization: Bearer secret\n\n", 0, MISTYPED},
        {"empty", WHO_NOBODY, "GET " REGISTRIES FIELDS "Authorization: Bearer \n\n", 0, MALFORMED},
        {"wrong checksum", WHO_NOBODY,
         "GET " REGISTRIES FIELDS "Authorization: Bearer lrga_00000000000000000000000000000000000000000000\n\n", 0,
         MISTYPED},
        {"very long", WHO_NOBODY, "GET " REGISTRIES FIELDS "Authorization: Bearer <<a*5000>>\n\n", 0, MISTYPED},
        {"our bearer, forged", WHO_NOBODY, "GET " REGISTRIES FIELDS "Authorization: Bearer lrgb_<<A*100>>\n\n", 0, 401,
         "bearer_elsewhere", NULL},
        {"wrong password", WHO_NOBODY, "GET " REGISTRIES FIELDS "Authorization: Basic YnVpbGRraXRlOnNlY3JldA==\n\n", 0,
         MISTYPED},
        {"empty password", WHO_NOBODY, "GET " REGISTRIES FIELDS "Authorization: Basic YnVpbGRraXRlOg==\n\n", 0,
         MISTYPED},
        {"Basic that is no base64", WHO_NOBODY, "GET " REGISTRIES FIELDS "Authorization: Basic !!!!\n\n", 0, MALFORMED},
        {"Basic without colon", WHO_NOBODY, "GET " REGISTRIES FIELDS "Authorization: Basic YnVpbGRraXRl\n\n", 0,
         MALFORMED},
        {"Basic with NUL", WHO_NOBODY, "GET " REGISTRIES FIELDS "Authorization: Basic YQA6Yg==\n\n", 0, MALFORMED},
        {"Basic alone", WHO_NOBODY, "GET " REGISTRIES FIELDS "Authorization: Basic\n\n", 0, MALFORMED},
        {"another scheme", WHO_NOBODY, "GET " REGISTRIES FIELDS "Authorization: Digest username=\"a\"\n\n", 0,
         MALFORMED},
        {"no scheme", WHO_NOBODY, "GET " REGISTRIES FIELDS "Authorization: \n\n", 0, MALFORMED},
        {"two fields", WHO_NOBODY, "GET " REGISTRIES FIELDS "Authorization: Bearer a\nAuthorization: Bearer b\n\n", 0,
         400, "bad_credentials", "the field Authorization is there twice"},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_access__a_missing_scope_is_named(void **state) {
    static const struct protocol_case cases[] = {
        {"reader publishes", WHO_READER, "POST " MINE "/packages" FIELDS FORM, 0, LACKS("write_packages")},
        {"reader publishes what is there", WHO_READER, "POST " MINE "/packages" FIELDS "\nx", 0,
         LACKS("write_packages")},
        {"reader deletes", WHO_READER, "DELETE " MINE "/packages/<<package>>" FIELDS "\n", 0, LACKS("delete_packages")},
        {"reader creates", WHO_READER, "POST " REGISTRIES FIELDS "\n{\"name\":\"x\",\"ecosystem\":\"files\"}", 0,
         LACKS("write_registries")},
        {"reader updates", WHO_READER, "PATCH " MINE FIELDS "\n{\"public\":true}", 0, LACKS("write_registries")},
        {"reader deletes a registry", WHO_READER, "DELETE " MINE FIELDS "\n", 0, LACKS("delete_registries")},
        {"reader makes a token", WHO_READER, "POST " MINE "/tokens" FIELDS "\n{\"description\":\"x\"}", 0,
         LACKS("write_registries")},
        {"reader changes a token", WHO_READER, "PATCH " MINE "/tokens/<<token>>" FIELDS "\n{\"description\":\"x\"}", 0,
         LACKS("write_registries")},
        {"reader deletes a token", WHO_READER, "DELETE " MINE "/tokens/<<token>>" FIELDS "\n", 0,
         LACKS("write_registries")},
        {"publisher lists", WHO_PUBLISHER, "GET " MINE "/packages" FIELDS "\n", 0, LACKS("read_packages")},
        {"publisher reads", WHO_PUBLISHER, "GET " MINE "/packages/<<package>>" FIELDS "\n", 0, LACKS("read_packages")},
        {"publisher downloads", WHO_PUBLISHER, "GET " FILE_PATH FIELDS "\n", 0, 403, NULL,
         "this token lacks the scope read_packages"},
        {"publisher deletes", WHO_PUBLISHER, "DELETE " MINE "/packages/<<package>>" FIELDS "\n", 0,
         LACKS("delete_packages")},
        {"publisher lists registries", WHO_PUBLISHER, "GET " REGISTRIES FIELDS "\n", 0, LACKS("read_registries")},
        {"publisher reads the organization", WHO_PUBLISHER, "GET /v2/organizations/my-organization" FIELDS "\n", 0,
         LACKS("read_registries")},
        {"publisher reads the audit log", WHO_PUBLISHER,
         "GET /v2/packages/organizations/my-organization/audit" FIELDS "\n", 0, LACKS("read_registries")},
        {"publisher lists tokens", WHO_PUBLISHER, "GET " MINE "/tokens" FIELDS "\n", 0, LACKS("read_registries")},
        {"registry token publishes", WHO_REGISTRY_TOKEN, "POST " MINE "/packages" FIELDS FORM, 0,
         LACKS("write_packages")},
        {"registry token deletes", WHO_REGISTRY_TOKEN, "DELETE " MINE "/packages/<<package>>" FIELDS "\n", 0,
         LACKS("delete_packages")},
        {"registry token reads its registry", WHO_REGISTRY_TOKEN, "GET " MINE FIELDS "\n", 0, LACKS("read_registries")},
        {"registry token shows itself", WHO_REGISTRY_TOKEN, "GET " MINE "/tokens/<<token>>" FIELDS "\n", 0,
         LACKS("read_registries")},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_access__what_is_not_ones_own_does_not_exist(void **state) {
    static const struct protocol_case cases[] = {
        {"stranger lists registries", WHO_STRANGER, "GET " REGISTRIES FIELDS "\n", 0, NO_ORGANIZATION},
        {"stranger reads the organization", WHO_STRANGER, "GET /v2/organizations/my-organization" FIELDS "\n", 0,
         NO_ORGANIZATION},
        {"stranger reads", WHO_STRANGER, "GET " MINE FIELDS "\n", 0, NO_REGISTRY},
        {"stranger lists packages", WHO_STRANGER, "GET " MINE "/packages" FIELDS "\n", 0, NO_REGISTRY},
        {"stranger publishes", WHO_STRANGER, "POST " MINE "/packages" FIELDS FORM, 0, NO_REGISTRY},
        {"stranger deletes", WHO_STRANGER, "DELETE " MINE "/packages/<<package>>" FIELDS "\n", 0, NO_REGISTRY},
        {"stranger deletes a registry", WHO_STRANGER, "DELETE " MINE FIELDS "\n", 0, NO_REGISTRY},
        {"stranger creates", WHO_STRANGER, "POST " REGISTRIES FIELDS "\n{\"name\":\"x\",\"ecosystem\":\"files\"}", 0,
         NO_ORGANIZATION},
        {"stranger downloads", WHO_STRANGER, "GET " FILE_PATH FIELDS "\n", 0, 404, NULL,
         "no registry my-organization/my-files"},
        {"stranger asks for what is not there", WHO_STRANGER, "GET " REGISTRIES "/nothing" FIELDS "\n", 0, 404,
         "registry_unknown", "no registry my-organization/nothing"},
        {"a public registry is read, not changed", WHO_STRANGER,
         "POST " REGISTRIES "/public-files/packages" FIELDS FORM, 0, ELSEWHERE},
        {"nor deleted", WHO_STRANGER, "DELETE " REGISTRIES "/public-files" FIELDS "\n", 0, ELSEWHERE},
        {"token of another registry lists", WHO_OTHER_REGISTRY_TOKEN, "GET " MINE "/packages" FIELDS "\n", 0,
         NO_REGISTRY},
        {"token of another registry downloads", WHO_OTHER_REGISTRY_TOKEN, "GET " FILE_PATH FIELDS "\n", 0, 404, NULL,
         "no registry my-organization/my-files"},
        {"token of another registry publishes", WHO_OTHER_REGISTRY_TOKEN, "POST " MINE "/packages" FIELDS FORM, 0,
         NO_REGISTRY},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

/* A client that waits for "100 Continue" sends nothing of its package. */
static void test_protocol_access__refusals_come_before_the_body(void **state) {
    static const struct {
        enum protocol_who who;
        int status;
    } cases[] = {{WHO_NOBODY, 401}, {WHO_EXPIRED, 401}, {WHO_READER, 403}, {WHO_STRANGER, 404}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_answer *answer =
            protocol_expect(*state, cases[i].who, "POST " MINE "/packages" FIELDS FORM, cases[i].status);
        assert_true(answer->was_early);
        assert_false(answer->may_keep_alive);
        http_answer_free(answer);
    }
}

static void test_protocol_access__the_challenge_is_what_the_client_can_answer(void **state) {
    struct http_answer *answer = protocol_expect(*state, WHO_NOBODY, "GET " REGISTRIES FIELDS "\n", 401);
    assert_string_equal(http_answer_header(answer, "WWW-Authenticate"), "Bearer realm=\"Package registry\"");
    http_answer_free(answer);
    answer = protocol_expect(*state, WHO_NOBODY, "GET " FILE_PATH FIELDS "\n", 401);
    assert_string_equal(http_answer_header(answer, "WWW-Authenticate"),
                        "Basic realm=\"Package registry\", charset=\"UTF-8\"");
    http_answer_free(answer);
    answer = protocol_expect(*state, WHO_READER, "DELETE " MINE FIELDS "\n", 403);
    assert_null(http_answer_header(answer, "WWW-Authenticate"));
    http_answer_free(answer);
}
