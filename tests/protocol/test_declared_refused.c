/* SPDX-License-Identifier: Apache-2.0 */
/* Unknown names are refused by name everywhere: members of bodies, fields of forms, parameters of targets. A body that
 * the registry has returned is accepted unchanged. */
#include "oci_world.h"

#define REGISTRIES "/v2/packages/organizations/my-organization/registries"
#define MINE REGISTRIES "/my-files"
#define FIELDS " HTTP/1.1\nHost: localhost\n"
#define PARAMETER 400, "unknown_parameter"

static int setup(void **state) {
    return oci_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

static void run(void **state, const struct protocol_case *cases, size_t count) {
    protocol_check_cases(*state, cases, count);
}

/* Settings that other registries have and this one does not (yet): a client would take a 200 for success. */
static void test_protocol_declared__unknown_settings_are_named(void **state) {
    static const char *const members[] = {"\"team_ids\":[\"7\"]",
                                          "\"team_ids\":[]",
                                          "\"team_ids\":null",
                                          "\"retention\":{\"days\":3}",
                                          "\"immutable_tags\":true",
                                          "\"quota\":1",
                                          "\"Public\":true",
                                          "\"is_public\":true",
                                          "\"\":1",
                                          "\"type\":\"composite\"",
                                          "\"storage\":\"s3\""};
    struct protocol_world *world = *state;
    char *before = protocol_state(world);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        static const char *const heads[] = {"PUT " MINE, "PATCH " MINE, "POST " MINE, ("POST " REGISTRIES)};
        for (size_t j = 0; j < sizeof heads / sizeof heads[0]; j++) {
            struct http_answer *answer =
                REQUEST(world, WHO_OWNER, 422, "%s\nHost: x\n\n{\"name\":\"X\",\"ecosystem\":\"files\",%s}", heads[j],
                        members[i]);
            protocol_expect_member(answer, "code", "unknown_member");
            http_answer_free(answer);
        }
    }
    char *after = protocol_state(world);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void test_protocol_declared__the_message_says_what_is_known(void **state) {
    static const struct protocol_case cases[] = {
        {"member", WHO_OWNER, "PATCH " MINE FIELDS "\n{\"team_ids\":[\"7\"]}", 0, 422, "unknown_member",
         "the member \"team_ids\" is not known here: known are name, slug, ecosystem, description, emoji, color, "
         "public, allow_overwrite, strict_names"},
        {"token", WHO_OWNER, "POST " MINE "/tokens" FIELDS "\n{\"description\":\"x\",\"expires_at\":\"2030\"}", 0, 422,
         "unknown_member", "the member \"expires_at\" is not known here: known are description"},
        {"change of a token", WHO_OWNER,
         "POST " MINE "/tokens/<<token>>" FIELDS "\n{\"description\":\"x\",\"scopes\":[\"read_packages\"]}", 0, 422,
         "unknown_member", "the member \"scopes\" is not known here: known are description"},
        {"policy at creation", WHO_OWNER,
         "POST " REGISTRIES FIELDS "\n{\"name\":\"x\",\"ecosystem\":\"files\",\"oidc_policy\":\"- iss: x\"}", 0, 422,
         "member_read_only", "\"oidc_policy\" cannot be changed: leave it out, or send it as it is shown now"},
        {"policy in a change", WHO_OWNER, "PUT " MINE FIELDS "\n{\"oidc_policy\":[]}", 0, 422, "member_read_only",
         "\"oidc_policy\" cannot be changed: leave it out, or send it as it is shown now"},
        {"id", WHO_OWNER, "PUT " MINE FIELDS "\n{\"id\":\"0190abcd-ef01-7234-9567-89abcdef0123\"}", 0, 422,
         "member_read_only", NULL},
        {"creation date", WHO_OWNER, "PUT " MINE FIELDS "\n{\"created_at\":null}", 0, 422, "member_read_only", NULL},
        {"id at creation", WHO_OWNER,
         "POST " REGISTRIES FIELDS "\n{\"name\":\"x\",\"ecosystem\":\"files\",\"id\":\"x\"}", 0, 422, "unknown_member",
         NULL},
        {"secret of a token", WHO_OWNER,
         "PUT " MINE "/tokens/<<token>>" FIELDS "\n{\"description\":\"x\",\"token\":\"lrgr_0\"}", 0, 422,
         "member_read_only", NULL},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

#define FORM(fields)                                                                                       \
    "Content-Type: multipart/form-data; boundary=XX\n\n" fields "--XX\r\nContent-Disposition: form-data; " \
    "name=\"file\"; filename=\"new-1.0.0.zip\"\r\n\r\ndata\r\n--XX--\r\n"
#define FIELD(name) "--XX\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\nvalue\r\n"

static void test_protocol_declared__unknown_form_fields_are_named(void **state) {
    static const struct protocol_case cases[] = {
        {"bundle", WHO_OWNER, "POST " MINE "/packages" FIELDS FORM(FIELD("attestation_bundle")), 0, 422,
         "unknown_field", "the form field \"attestation_bundle\" is not known here: known are file, _charset_"},
        {"distribution", WHO_OWNER,
         "POST " REGISTRIES "/my-alpine-packages/packages" FIELDS FORM(FIELD("distribution")), 0, 422, "unknown_field",
         NULL},
        {"release", WHO_OWNER, "POST " REGISTRIES "/my-images/packages" FIELDS FORM(FIELD("release")), 0, 422,
         "unknown_field", NULL},
        {"upload elsewhere", WHO_OWNER, "POST " MINE "/packages" FIELDS FORM(FIELD("package_url")), 0, 422,
         "unknown_field", NULL},
        {"other case", WHO_OWNER, "POST " MINE "/packages" FIELDS FORM(FIELD("File")), 0, 422, "unknown_field", NULL},
        {"behind the file", WHO_OWNER,
         "POST " MINE "/packages" FIELDS
         "Content-Type: multipart/form-data; boundary=XX\n\n--XX\r\nContent-Disposition: form-data; name=\"file\"; "
         "filename=\"new-1.0.0.zip\"\r\n\r\ndata\r\n" FIELD("quota") "--XX--\r\n",
         0, 422, "unknown_field", NULL},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
    struct protocol_world *world = *state;
    http_answer_free(protocol_expect(world, WHO_OWNER, "POST " MINE "/packages" FIELDS FORM(FIELD("_charset_")), 200));
}

static void test_protocol_declared__unknown_parameters_are_named(void **state) {
    static const struct protocol_case cases[] = {
        {"page", WHO_OWNER, "GET " REGISTRIES "?page=2" FIELDS "\n", 0, PARAMETER,
         "the parameter \"page\" is not known here: known are per_page, after"},
        {"type", WHO_OWNER,
         "GET /v2/packages/organizations/my-organization/audit?type=RegistryCreatedEvent" FIELDS "\n", 0, PARAMETER,
         "the parameter \"type\" is not known here: known are per_page, before"},
        {"since", WHO_OWNER, "GET " MINE "/packages?since=2026-01-01" FIELDS "\n", 0, PARAMETER,
         "the parameter \"since\" is not known here: known are per_page, after, name"},
        {"of another listing", WHO_OWNER, "GET " MINE "/packages?before=x" FIELDS "\n", 0, PARAMETER, NULL},
        {"organization", WHO_OWNER, "GET /v2/organizations/my-organization?include=teams" FIELDS "\n", 0, PARAMETER,
         NULL},
        {"registry", WHO_OWNER, "GET " MINE "?fields=name" FIELDS "\n", 0, PARAMETER, NULL},
        {"without a value", WHO_OWNER, "GET " MINE "?x" FIELDS "\n", 0, PARAMETER, NULL},
        {"tokens", WHO_OWNER, "GET " MINE "/tokens?page=1" FIELDS "\n", 0, PARAMETER, NULL},
        {"token", WHO_OWNER, "GET " MINE "/tokens/<<token>>?reveal=false" FIELDS "\n", 0, PARAMETER, NULL},
        {"package", WHO_OWNER, "GET " MINE "/packages/<<package>>?x=1" FIELDS "\n", 0, PARAMETER, NULL},
        {"dry run", WHO_OWNER, "DELETE " MINE "?dry_run=true" FIELDS "\n", 0, PARAMETER, NULL},
        {"dry run of a package", WHO_OWNER, "DELETE " MINE "/packages/<<package>>?dry_run=1" FIELDS "\n", 0, PARAMETER,
         NULL},
        {"dry run of a token", WHO_OWNER, "DELETE " MINE "/tokens/<<token>>?dry_run=1" FIELDS "\n", 0, PARAMETER, NULL},
        {"change", WHO_OWNER, "PUT " MINE "?public=true" FIELDS "\n{}", 0, PARAMETER, NULL},
        {"creation", WHO_OWNER, "POST " REGISTRIES "?public=true" FIELDS "\n{\"name\":\"x\",\"ecosystem\":\"files\"}",
         0, PARAMETER, NULL},
        {"publishing", WHO_OWNER, "POST " MINE "/packages?overwrite=true" FIELDS FORM(""), 0, PARAMETER, NULL},
        {"copy", WHO_OWNER, "POST " MINE "/packages/<<package>>/copy?to=loose-files&move=true" FIELDS "\n", 0,
         PARAMETER, NULL},
        {"copy to two", WHO_OWNER, "POST " MINE "/packages/<<package>>/copy?to=loose-files&to=x" FIELDS "\n", 0, 400,
         "repeated_parameter", "the parameter \"to\" is there twice"},
        {"two sizes", WHO_OWNER, "GET " REGISTRIES "?per_page=1&per_page=2" FIELDS "\n", 0, 400, "repeated_parameter",
         NULL},
        {"without token", WHO_NOBODY, "GET " REGISTRIES "?page=2" FIELDS "\n", 0, 401, "authentication_required", NULL},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
    EXPECT_STATUS((struct protocol_world *)*state, WHO_OWNER, 200, "GET " MINE "?_=1\nHost: x\n\n");
}

/* For images: parameters that would filter or set something. */
static void test_protocol_declared__so_are_those_of_images(void **state) {
    struct protocol_world *world = *state;
    push_image(world, REPOSITORY, "v1");
    static const char *const refused[] = {
        "GET " REPOSITORY "/tags/list?filter=v",
        "GET " REPOSITORY "/tags/list?n=1&n=2",
        "GET " REPOSITORY "/referrers/" IMAGE_DIGEST "?artifact_type=a",
        "POST " REPOSITORY "/blobs/uploads/?mounted=x",
        "POST " REPOSITORY "/blobs/uploads?size=3",
        "PUT " REPOSITORY "/manifests/v2?immutable=true",
        "DELETE " REPOSITORY "/manifests/v1?dry_run=true",
        "DELETE " REPOSITORY "/blobs/" LAYER_DIGEST "?force=false",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct http_answer *answer = REQUEST(world, WHO_OWNER, 400, "%s\nHost: x\n\n", refused[i]);
        expect_error(answer, "UNSUPPORTED", "_parameter");
        http_answer_free(answer);
    }
    static const char *const taken[] = {
        "GET /v2/?x=1",
        "GET " REPOSITORY "/tags/list?n=5&ns=docker.io",
        "GET " REPOSITORY "/referrers/" IMAGE_DIGEST "?artifactType=a/b&ns=docker.io",
        "GET " REPOSITORY "/manifests/v1?ns=docker.io&x=1",
        "HEAD " REPOSITORY "/manifests/v1?_=1",
        "GET " REPOSITORY "/blobs/" LAYER_DIGEST "?verify=1",
    };
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        EXPECT_STATUS(world, WHO_OWNER, 200, "%s\nHost: x\n\n", taken[i]);
    }
    EXPECT_STATUS(world, WHO_OWNER, 202, "POST " REPOSITORY "/blobs/uploads/?ns=docker.io\nHost: x\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET /-/token?client_id=x&unheard_of=1&scope=\nHost: x\n\n");
}

static void test_protocol_declared__downloads_take_what_keeps_caches_from_answering(void **state) {
    struct protocol_world *world = *state;
    EXPECT_STATUS(world, WHO_OWNER, 200, "GET /my-organization/my-files/files/app-1.0.0.zip?v=2&cb=77\n\n");
    EXPECT_STATUS(world, WHO_OWNER, 200, "HEAD /my-organization/my-files/files/app-1.0.0.zip?x\n\n");
    EXPECT_STATUS(world, WHO_NOBODY, 200, "GET /-/health?probe=1\n\n");
}

static void test_protocol_declared__requests_without_a_body_take_none(void **state) {
    static const struct protocol_case cases[] = {
        {"registry", WHO_OWNER, "DELETE " MINE FIELDS "\n{\"dry_run\":true}", 0, 400, "unexpected_body",
         "this request takes no body"},
        {"package", WHO_OWNER, "DELETE " MINE "/packages/<<package>>" FIELDS "\n{}", 0, 400, "unexpected_body", NULL},
        {"token", WHO_OWNER, "DELETE " MINE "/tokens/<<token>>" FIELDS "\nx", 0, 400, "unexpected_body", NULL},
        {"copy", WHO_OWNER, "POST " MINE "/packages/<<package>>/copy?to=loose-files" FIELDS "\n{\"move\":true}", 0, 400,
         "unexpected_body", NULL},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
    EXPECT_STATUS((struct protocol_world *)*state, WHO_OWNER, 200, "GET " MINE "\nHost: x\n\n{}");
    EXPECT_STATUS((struct protocol_world *)*state, WHO_OWNER, 200,
                  "DELETE " REGISTRIES "/loose-files\nHost: x\nTransfer-Encoding: chunked\n\n");
    EXPECT_STATUS((struct protocol_world *)*state, WHO_OWNER, 200, "DELETE " MINE "\nHost: x\nContent-Length: 0\n\n");
}

/* GET, a change by the client, and the whole document sent back. */
static void test_protocol_declared__what_was_shown_may_come_back(void **state) {
    struct protocol_world *world = *state;
    static const char *const targets[] = {MINE, MINE "/tokens/<<token>>"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        static const char *const methods[] = {"PUT", "PATCH", "POST"};
        size_t length = 0;
        char *target = protocol_expand(world, targets[i], strlen(targets[i]), &length);
        for (size_t j = 0; j < sizeof methods / sizeof methods[0]; j++) {
            struct http_answer *shown = REQUEST(world, WHO_OWNER, 200, "GET %s\nHost: x\n\n", target);
            char *body = strdup(shown->body);
            char *description = strstr(body, "\"description\":");
            http_answer_free(shown);
            assert_non_null(description);
            struct http_answer *answer =
                REQUEST(world, WHO_OWNER, 200, "%s %s\nHost: x\n\n%s", methods[j], target, body);
            http_answer_free(answer);
            char *comma = strchr(description, ',');
            answer = REQUEST(world, WHO_OWNER, 200, "%s %s\nHost: x\n\n%.*s\"description\":\"changed %zu\"%s",
                             methods[j], target, (int)(description - body), body, j, comma);
            http_answer_free(answer);
            answer = REQUEST(world, WHO_OWNER, 200, "GET %s\nHost: x\n\n", target);
            assert_non_null(strstr(answer->body, "\"description\":\"changed "));
            http_answer_free(answer);
            free(body);
        }
        free(target);
    }
    EXPECT_STATUS(world, WHO_OWNER, 200,
                  "POST " REGISTRIES "\nHost: x\n\n{\"name\":\"X\",\"ecosystem\":\"files\",\"oidc_policy\":null}");
}
