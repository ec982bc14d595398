/* SPDX-License-Identifier: Apache-2.0 */
/* Copying a package into another registry: the result, and who may not do it. */
#include "support/protocol_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGISTRIES "/v2/packages/organizations/my-organization/registries"
#define FIELDS " HTTP/1.1\nHost: packages.test\n"
#define COPY(to) "POST " REGISTRIES "/my-files/packages/<<package>>/copy" to FIELDS "\n"
#define LOOSE_FILE "/my-organization/loose-files/files/app-1.0.0.zip"

static int setup(void **state) {
    return protocol_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

static struct http_answer *copy(struct protocol_world *world, const char *request, int status) {
    size_t length = 0;
    char *expanded = protocol_expand(world, request, strlen(request), &length);
    struct http_answer *answer = protocol_expect(world, WHO_OWNER, expanded, status);
    free(expanded);
    return answer;
}

static void test_protocol_rest_copy__is_a_package_of_its_own(void **state) {
    struct protocol_world *world = *state;
    struct http_answer *first = copy(world, COPY("?to=loose-files"), 200);
    char *id = protocol_member(first, "id");
    char url[256];
    assert_string_not_equal(id, world->package_id);
    (void)snprintf(url, sizeof url, "http://packages.test" REGISTRIES "/loose-files/packages/%s", id);
    protocol_expect_member(first, "url", url);
    protocol_expect_member(first, "name", "app");
    protocol_expect_member(first, "version", "1.0.0");
    protocol_expect_member(first, "download_url", "http://packages.test" LOOSE_FILE);
    assert_non_null(strstr(first->body, "\"slug\":\"loose-files\""));
    assert_null(strstr(first->body, "my-files"));
    struct http_answer *file = protocol_expect(world, WHO_OWNER, "GET " LOOSE_FILE FIELDS "\n", 200);
    assert_string_equal(file->body, PROTOCOL_CONTENT);
    http_answer_free(file);
    file = protocol_expect(world, WHO_OWNER, "GET /my-organization/my-files/files/app-1.0.0.zip" FIELDS "\n", 200);
    assert_string_equal(file->body, PROTOCOL_CONTENT);
    http_answer_free(file);

    struct http_answer *again = copy(world, COPY("?to=loose-files"), 200);
    protocol_expect_member(again, "id", id);
    http_answer_free(again);
    free(id);
    http_answer_free(first);
    struct http_answer *own = copy(world, COPY("?to=my-files"), 200);
    protocol_expect_member(own, "id", world->package_id);
    http_answer_free(own);
}

static void test_protocol_rest_copy__is_in_the_audit_log(void **state) {
    ((struct protocol_world *)*state)->now_ms += 1; /* the log is newest first */
    http_answer_free(copy(*state, COPY("?to=loose-files"), 200));
    struct http_answer *log = protocol_expect(
        *state, WHO_OWNER, "GET /v2/packages/organizations/my-organization/audit?per_page=1" FIELDS "\n", 200);
    protocol_expect_member(log, "type", "PackageCreatedEvent");
    protocol_expect_member(log, "subject", "app-1.0.0.zip");
    http_answer_free(log);
}

static void test_protocol_rest_copy__follows_the_rules_of_the_destination(void **state) {
    struct protocol_world *world = *state;
    static const char upload[] = "POST " REGISTRIES "/public-files/packages" FIELDS
                                 "Content-Type: multipart/form-data; boundary=cut\n\n--cut\r\nContent-Disposition: "
                                 "form-data; name=\"file\"; filename=\"app-1.0.0.zip\"\r\n\r\nother\r\n--cut--\r\n";
    http_answer_free(protocol_expect(world, WHO_OWNER, upload, 200));
    struct http_answer *conflict = copy(world, COPY("?to=public-files"), 409);
    protocol_expect_member(conflict, "code", "package_exists");
    http_answer_free(conflict);
    struct http_answer *file =
        protocol_expect(world, WHO_NOBODY, "GET /my-organization/public-files/files/app-1.0.0.zip" FIELDS "\n", 200);
    assert_string_equal(file->body, "other");
    http_answer_free(file);
}

#define REFUSED(name, who, to, status, code, message) \
    { name, who, COPY(to), 0, status, code, message }

static void test_protocol_rest_copy__is_refused(void **state) {
    static const char none[] = "no registry my-organization/nowhere";
    static const struct protocol_case cases[] = {
        REFUSED("no destination", WHO_OWNER, "", 422, "missing_destination",
                "the parameter \"to\" is missing: the slug of the registry to copy to"),
        REFUSED("empty destination", WHO_OWNER, "?to=", 422, "missing_destination", NULL),
        REFUSED("unknown destination", WHO_OWNER, "?to=nowhere", 404, "registry_unknown", none),
        REFUSED("destination of another organization", WHO_OWNER, "?to=other-files", 404, "registry_unknown",
                "no registry my-organization/other-files"),
        REFUSED("other ecosystem", WHO_OWNER, "?to=my-alpine-packages", 422, "other_ecosystem",
                "registry my-alpine-packages takes alpine packages, not files"),
        REFUSED("nobody", WHO_NOBODY, "?to=loose-files", 401, "authentication_required", NULL),
        REFUSED("a reader", WHO_READER, "?to=loose-files", 403, "missing_scope",
                "this token lacks the scope write_packages"),
        REFUSED("a reader, unknown destination", WHO_READER, "?to=nowhere", 404, "registry_unknown", none),
        REFUSED("a publisher", WHO_PUBLISHER, "?to=loose-files", 403, "missing_scope",
                "this token lacks the scope read_packages"),
        REFUSED("a stranger", WHO_STRANGER, "?to=loose-files", 404, "registry_unknown", NULL),
        REFUSED("a registry token", WHO_REGISTRY_TOKEN, "?to=my-files", 403, NULL, NULL),
        REFUSED("a registry token, another registry", WHO_REGISTRY_TOKEN, "?to=loose-files", 404, "registry_unknown",
                "no registry my-organization/loose-files"),
        REFUSED("a registry token, unknown destination", WHO_REGISTRY_TOKEN, "?to=nowhere", 404, "registry_unknown",
                none),
        {"unknown package", WHO_OWNER, "POST " REGISTRIES "/my-files/packages/none/copy?to=loose-files" FIELDS "\n", 0,
         404, "package_unknown", NULL},
        {"another method", WHO_OWNER,
         "GET " REGISTRIES "/my-files/packages/<<package>>/copy?to=loose-files" FIELDS "\n", 0, 405,
         "method_not_allowed", NULL},
    };
    protocol_check_cases(*state, cases, sizeof cases / sizeof cases[0]);
}

/* A client that may read a public registry learns nothing about private ones beside it. */
static void test_protocol_rest_copy__from_a_public_registry_tells_nothing_of_others(void **state) {
    struct protocol_world *world = *state;
    static const char *const destinations[] = {"loose-files", "nowhere"};
    char upload[512];
    char request[512];
    (void)snprintf(upload, sizeof upload,
                   "POST " REGISTRIES "/public-files/packages" FIELDS
                   "Content-Type: multipart/form-data; boundary=cut\n\n--cut\r\nContent-Disposition: form-data; "
                   "name=\"file\"; filename=\"a.txt\"\r\n\r\nopen\r\n--cut--\r\n");
    struct http_answer *package = protocol_expect(world, WHO_OWNER, upload, 200);
    char *id = protocol_member(package, "id");
    http_answer_free(package);
    for (size_t i = 0; i < sizeof destinations / sizeof destinations[0]; i++) {
        (void)snprintf(request, sizeof request, "POST " REGISTRIES "/public-files/packages/%s/copy?to=%s" FIELDS "\n",
                       id, destinations[i]);
        struct http_answer *answer = protocol_expect(world, WHO_NOBODY, request, 401);
        protocol_expect_member(answer, "code", "authentication_required");
        http_answer_free(answer);
        answer = protocol_expect(world, WHO_STRANGER, request, 404);
        protocol_expect_member(answer, "code", "registry_unknown");
        http_answer_free(answer);
    }
    free(id);
}
