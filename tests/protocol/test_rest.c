/* SPDX-License-Identifier: Apache-2.0 */
/* The management API: registries, packages, tokens, the audit log; pages, links, and the addresses in answers. */
#include "support/protocol_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORGANIZATION "/v2/packages/organizations/my-organization"
#define REGISTRIES ORGANIZATION "/registries"
#define PACKAGES REGISTRIES "/my-files/packages"
#define TOKENS REGISTRIES "/my-files/tokens"
#define FIELDS " HTTP/1.1\nHost: packages.test\n"
#define BASE "http://packages.test"

static int setup(void **state) {
    return protocol_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

static struct http_answer *owner(void **state, const char *request, int status) {
    return protocol_expect(*state, WHO_OWNER, request, status);
}

static void expect_text(const struct http_answer *answer, const char *text) {
    if (strstr(answer->body, text) == NULL) {
        fail_msg("%s is missing in:\n%s", text, answer->body);
    }
}

static size_t count_of(const char *text, const char *wanted) {
    size_t count = 0;
    while ((text = strstr(text, wanted)) != NULL) {
        text += strlen(wanted);
        count++;
    }
    return count;
}

/* A request whose path contains an id. */
static struct http_answer *at_id(void **state, const char *method, const char *path, const char *id, const char *rest,
                                 int status) {
    char request[512];
    (void)snprintf(request, sizeof request, "%s %s/%s" FIELDS "%s\n", method, path, id, rest);
    return owner(state, request, status);
}

static void test_protocol_rest__a_new_registry_is_as_documented(void **state) {
    struct http_answer *answer = owner(
        state,
        "POST " REGISTRIES FIELDS "\n{\"name\":\"My Ruby gems!\",\"ecosystem\":\"files\",\"description\":\"registry "
        "containing files\"}",
        200);
    protocol_expect_member(answer, "slug", "my-ruby-gems");
    protocol_expect_member(answer, "url", BASE REGISTRIES "/my-ruby-gems");
    protocol_expect_member(answer, "web_url", BASE "/organizations/my-organization/packages/registries/my-ruby-gems");
    protocol_expect_member(answer, "name", "My Ruby gems!");
    protocol_expect_member(answer, "ecosystem", "files");
    protocol_expect_member(answer, "description", "registry containing files");
    expect_text(answer, "\"emoji\":null,\"color\":null,\"public\":false,\"oidc_policy\":null,"
                        "\"allow_overwrite\":false,\"strict_names\":false,"
                        "\"created_at\":\"2026-11-21T03:04:05.678Z\",\"updated_at\":\"2026-11-21T03:04:05.678Z\"}");
    struct http_answer *again = owner(state, "GET " REGISTRIES "/my-ruby-gems" FIELDS "\n", 200);
    assert_string_equal(again->body, answer->body);
    http_answer_free(again);
    http_answer_free(answer);
}

static void test_protocol_rest__a_new_registry_may_say_everything(void **state) {
    struct http_answer *answer =
        owner(state,
              "POST " REGISTRIES FIELDS
              "\n{\"name\":\"\xe6\x97\xa5\xe6\x9c\xac\",\"slug\":\"japan\",\"ecosystem\":\"alpine\","
              "\"emoji\":\":jp:\",\"color\":\"#FFe0F1\",\"description\":null,\"public\":true,\"allow_overwrite\":true,"
              "\"strict_names\":true}",
              200);
    protocol_expect_member(answer, "slug", "japan");
    expect_text(answer, "\"description\":null,\"emoji\":\":jp:\",\"color\":\"#FFe0F1\",\"public\":true,");
    expect_text(answer, "\"allow_overwrite\":true,\"strict_names\":true,");
    http_answer_free(answer);
}

static void test_protocol_rest__a_registry_is_changed_by_what_is_given(void **state) {
    static const char *const methods[] = {"POST", "PUT", "PATCH"};
    char request[512];
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        (void)snprintf(request, sizeof request,
                       "%s " REGISTRIES "/my-files" FIELDS "\n{\"description\":\"number %zu\",\"emoji\":\":x:\"}",
                       methods[i], i);
        struct http_answer *answer = owner(state, request, 200);
        (void)snprintf(request, sizeof request, "number %zu", i);
        protocol_expect_member(answer, "description", request);
        protocol_expect_member(answer, "name", "my-files");
        http_answer_free(answer);
    }
    struct http_answer *answer = owner(state, "PATCH " REGISTRIES "/my-files" FIELDS "\n{\"description\":null}", 200);
    expect_text(answer, "\"name\":\"my-files\",\"ecosystem\":\"files\",\"description\":null,\"emoji\":\":x:\"");
    http_answer_free(answer);
    answer = owner(state, "PATCH " REGISTRIES "/my-files" FIELDS "\n{\"emoji\":null,\"color\":\"#000000\"}", 200);
    expect_text(answer, "\"description\":null,\"emoji\":null,\"color\":\"#000000\",");
    http_answer_free(answer);
    answer = owner(state, "PATCH " REGISTRIES "/my-files" FIELDS "\n{\"color\":null}", 200);
    expect_text(answer, "\"emoji\":null,\"color\":null,");
    http_answer_free(answer);
}

static void test_protocol_rest__each_switch_is_itself(void **state) {
    static const struct {
        const char *path;
        const char *switches;
    } cases[] = {
        {REGISTRIES "/my-files",
         "\"public\":false,\"oidc_policy\":null,\"allow_overwrite\":false,\"strict_names\":false,"},
        {REGISTRIES "/public-files",
         "\"public\":true,\"oidc_policy\":null,\"allow_overwrite\":false,\"strict_names\":false,"},
        {REGISTRIES "/loose-files",
         "\"public\":false,\"oidc_policy\":null,\"allow_overwrite\":true,\"strict_names\":false,"},
        {REGISTRIES "/strict-files",
         "\"public\":false,\"oidc_policy\":null,\"allow_overwrite\":false,\"strict_names\":true,"},
    };
    char request[512];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)snprintf(request, sizeof request, "GET %s" FIELDS "\n", cases[i].path);
        struct http_answer *answer = owner(state, request, 200);
        expect_text(answer, cases[i].switches);
        http_answer_free(answer);
    }
}

static void test_protocol_rest__a_registry_moves_with_its_slug(void **state) {
    struct http_answer *answer =
        owner(state, "PATCH " REGISTRIES "/my-files" FIELDS "\n{\"slug\":\"moved\",\"public\":true}", 200);
    protocol_expect_member(answer, "url", BASE REGISTRIES "/moved");
    http_answer_free(answer);
    http_answer_free(owner(state, "GET " REGISTRIES "/my-files" FIELDS "\n", 404));
    http_answer_free(protocol_expect(*state, WHO_NOBODY, "GET /my-organization/moved/files/app-1.0.0.zip\n\n", 200));
}

static void test_protocol_rest__a_deleted_registry_takes_its_packages_along(void **state) {
    struct http_answer *answer = owner(state, "DELETE " REGISTRIES "/my-files" FIELDS "\n", 200);
    assert_int_equal(answer->body_length, 0);
    http_answer_free(answer);
    http_answer_free(owner(state, "GET " REGISTRIES "/my-files" FIELDS "\n", 404));
    http_answer_free(owner(state, "GET " PACKAGES FIELDS "\n", 404));
    http_answer_free(owner(state, "GET /my-organization/my-files/files/app-1.0.0.zip" FIELDS "\n", 404));
    http_answer_free(owner(state, "DELETE " REGISTRIES "/my-files" FIELDS "\n", 404));
    http_answer_free(protocol_expect(*state, WHO_REGISTRY_TOKEN, "GET " PACKAGES FIELDS "\n", 401));
    http_answer_free(owner(state, "POST " REGISTRIES FIELDS "\n{\"name\":\"My files\",\"ecosystem\":\"files\"}", 200));
    answer = owner(state, "GET " PACKAGES FIELDS "\n", 200);
    assert_string_equal(answer->body, "{\"items\":[],\"links\":{\"self\":\"" BASE PACKAGES "\"}}");
    http_answer_free(answer);
}

static void publish(void **state, const char *filename) {
    char request[512];
    (void)snprintf(request, sizeof request,
                   "POST " PACKAGES FIELDS "Content-Type: multipart/form-data; boundary=XX\n\n--XX\r\n"
                   "Content-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\n%s\r\n--XX--\r\n",
                   filename, filename);
    http_answer_free(owner(state, request, 200));
}

/* Copies the address from Link: <…>; rel="next". False when there is none. */
static bool next_page(struct http_answer *answer, char *out, size_t size) {
    const char *link = http_answer_header(answer, "Link");
    if (link == NULL) {
        return false;
    }
    assert_true(strncmp(link, "<" BASE "/v2/", 5 + strlen(BASE)) == 0);
    const char *end = strstr(link, ">; rel=\"next\"");
    assert_non_null(end);
    (void)snprintf(out, size, "GET %.*s HTTP/1.1\nHost: packages.test\n\n", (int)(end - link) - 1, link + 1);
    return true;
}

/* Follows a listing by its links; returns the number of answers, and counts `item` in them. */
static size_t walk(void **state, const char *request, const char *item, size_t *out_items) {
    char next[1024];
    size_t pages = 0;
    bool has_next = true;
    (void)snprintf(next, sizeof next, "%s", request);
    *out_items = 0;
    while (has_next) {
        struct http_answer *answer = owner(state, next, 200);
        *out_items += count_of(answer->body, item);
        has_next = next_page(answer, next, sizeof next);
        http_answer_free(answer);
        assert_true(++pages < 50);
    }
    return pages;
}

static void test_protocol_rest__packages_come_newest_first(void **state) {
    struct protocol_world *world = *state;
    world->now_ms += 1000;
    publish(state, "newer-1.0.0.zip");
    struct http_answer *answer = owner(state, "GET " PACKAGES FIELDS "\n", 200);
    const char *newer = strstr(answer->body, "\"name\":\"newer\"");
    const char *older = strstr(answer->body, "\"name\":\"app\"");
    assert_true(newer != NULL && older != NULL && newer < older);
    expect_text(answer, "\"links\":{\"self\":\"" BASE PACKAGES "\"}}");
    assert_null(http_answer_header(answer, "Link"));
    http_answer_free(answer);
}

static void test_protocol_rest__an_item_of_a_listing_is_as_documented(void **state) {
    struct protocol_world *world = *state;
    char wanted[1024];
    struct http_answer *answer = owner(state, "GET " PACKAGES FIELDS "\n", 200);
    (void)snprintf(
        wanted, sizeof wanted,
        "{\"items\":[{\"id\":\"%s\",\"url\":\"" BASE PACKAGES "/%s\",\"web_url\":\"" BASE
        "/organizations/my-organization/packages/registries/my-files/packages/%s\",\"name\":\"app\","
        "\"created_at\":\"2026-11-21T03:04:05.678Z\",\"version\":\"1.0.0\"}],\"links\":{\"self\":\"" BASE PACKAGES
        "\"}}",
        world->package_id, world->package_id, world->package_id);
    assert_string_equal(answer->body, wanted);
    http_answer_free(answer);
}

static void test_protocol_rest__pages_of_packages_are_linked(void **state) {
    struct protocol_world *world = *state;
    char filename[64];
    size_t items = 0;
    for (int i = 0; i < 6; i++) { /* with the existing one: 7 */
        world->now_ms++;
        (void)snprintf(filename, sizeof filename, "more-%d.0.0.zip", i);
        publish(state, filename);
    }
    assert_int_equal(walk(state, "GET " PACKAGES "?per_page=3" FIELDS "\n", "\"version\":", &items), 3);
    assert_int_equal(items, 7);
    assert_int_equal(walk(state, "GET " PACKAGES "?per_page=7" FIELDS "\n", "\"version\":", &items), 1);
    assert_int_equal(walk(state, "GET " PACKAGES "?name=MORE&per_page=4" FIELDS "\n", "\"version\":", &items), 2);
    assert_int_equal(items, 6);
    assert_int_equal(walk(state, "GET " PACKAGES "?name=%25" FIELDS "\n", "\"version\":", &items), 1);
    assert_int_equal(items, 0);
    struct http_answer *answer = owner(state, "GET " PACKAGES "?name=mor&per_page=4" FIELDS "\n", 200);
    expect_text(answer,
                "\"links\":{\"self\":\"" BASE PACKAGES "?name=mor\",\"next\":\"" BASE PACKAGES "?per_page=4&after=");
    expect_text(answer, "&name=mor\"}}");
    http_answer_free(answer);
}

static void test_protocol_rest__pages_of_registries_tokens_and_events_are_linked(void **state) {
    size_t items = 0;
    assert_int_equal(walk(state, "GET " REGISTRIES "?per_page=4" FIELDS "\n", "\"ecosystem\":", &items), 2);
    assert_int_equal(items, 6);
    for (int i = 0; i < 4; i++) {
        http_answer_free(owner(state, "POST " TOKENS FIELDS "\n{\"description\":\"one more\"}", 200));
    }
    assert_int_equal(walk(state, "GET " TOKENS "?per_page=2" FIELDS "\n", "\"description\":", &items), 3);
    assert_int_equal(items, 5);
    size_t events = 0;
    assert_int_equal(walk(state, "GET " ORGANIZATION "/audit?per_page=100" FIELDS "\n", "\"occurred_at\":", &events),
                     1);
    (void)walk(state, "GET " ORGANIZATION "/audit?per_page=3" FIELDS "\n", "\"occurred_at\":", &items);
    assert_int_equal(items, events);
}

static void test_protocol_rest__a_package_is_shown_as_it_was_published(void **state) {
    struct http_answer *answer = owner(state, "GET " PACKAGES "/<<package>>" FIELDS "\n", 200);
    struct http_answer *published =
        owner(state,
              "POST " PACKAGES FIELDS "Content-Type: multipart/form-data; boundary=XX\n\n--XX\r\n"
              "Content-Disposition: form-data; name=\"file\"; filename=\"app-1.0.0.zip\"\r\n\r\n" PROTOCOL_CONTENT
              "\r\n--XX--\r\n",
              200);
    assert_string_equal(published->body, answer->body);
    expect_text(answer, "\"registry\":{\"id\":\"");
    expect_text(answer, "\"slug\":\"my-files\",\"url\":\"" BASE REGISTRIES "/my-files\",\"web_url\":\"" BASE
                        "/organizations/my-organization/packages/registries/my-files\"}");
    http_answer_free(published);
    http_answer_free(answer);
}

static void test_protocol_rest__a_registry_token_lives_until_it_is_deleted(void **state) {
    struct protocol_world *world = *state;
    struct http_answer *answer = owner(state, "POST " TOKENS FIELDS "\n{\"description\":\"Usher\"}", 200);
    char *id = protocol_member(answer, "id");
    char *secret = protocol_member(answer, "token");
    assert_true(strncmp(secret, "lrgr_", 5) == 0);
    protocol_expect_member(answer, "description", "Usher");
    http_answer_free(answer);
    (void)snprintf(world->authorization[WHO_REGISTRY_TOKEN], sizeof world->authorization[0], "Bearer %s", secret);
    http_answer_free(protocol_expect(world, WHO_REGISTRY_TOKEN, "GET " PACKAGES FIELDS "\n", 200));

    answer = at_id(state, "GET", TOKENS, id, "", 200);
    protocol_expect_member(answer, "token", secret);
    http_answer_free(answer);
    answer = at_id(state, "POST", TOKENS, id, "\n{\"description\":\"Eminem\"}", 200);
    protocol_expect_member(answer, "description", "Eminem");
    http_answer_free(answer);
    answer = at_id(state, "DELETE", TOKENS, id, "", 200);
    assert_int_equal(answer->body_length, 0);
    http_answer_free(answer);
    http_answer_free(at_id(state, "GET", TOKENS, id, "", 404));
    http_answer_free(protocol_expect(world, WHO_REGISTRY_TOKEN, "GET " PACKAGES FIELDS "\n", 401));
    free(secret);
    free(id);
}

static void test_protocol_rest__secrets_are_shown_to_those_who_could_make_one(void **state) {
    struct http_answer *answer = owner(state, "GET " TOKENS "/<<token>>" FIELDS "\n", 200);
    expect_text(answer, "\"token\":\"lrgr_");
    http_answer_free(answer);
    answer = protocol_expect(*state, WHO_READER, "GET " TOKENS "/<<token>>" FIELDS "\n", 200);
    protocol_expect_member(answer, "description", "a registry token");
    assert_null(strstr(answer->body, "lrgr_"));
    http_answer_free(answer);
    answer = owner(state, "GET " TOKENS FIELDS "\n", 200);
    assert_null(strstr(answer->body, "lrgr_"));
    http_answer_free(answer);
}

static void test_protocol_rest__an_organization_is_shown(void **state) {
    struct http_answer *answer = owner(state, "GET /v2/organizations/my-organization" FIELDS "\n", 200);
    protocol_expect_member(answer, "slug", "my-organization");
    protocol_expect_member(answer, "url", BASE "/v2/organizations/my-organization");
    protocol_expect_member(answer, "web_url", BASE "/organizations/my-organization");
    protocol_expect_member(answer, "registries_url", BASE REGISTRIES);
    http_answer_free(answer);
}

static void test_protocol_rest__changes_are_in_the_audit_log(void **state) {
    struct protocol_world *world = *state;
    world->now_ms++; /* within a millisecond there is no order */
    http_answer_free(owner(state, "PATCH " REGISTRIES "/my-files" FIELDS "\n{\"public\":true}", 200));
    http_answer_free(owner(state, "DELETE " PACKAGES "/<<package>>" FIELDS "\n", 200));
    struct http_answer *answer = owner(state, "GET " ORGANIZATION "/audit?per_page=2" FIELDS "\n", 200);
    expect_text(answer, "\"type\":\"PackageDeletedEvent\"");
    expect_text(answer, "\"type\":\"RegistryUpdatedEvent\"");
    expect_text(answer, "\"subject\":\"my-organization/my-files\",\"remote_address\":\"192.0.2.7\","
                        "\"data\":{\"public\":{\"from\":false,\"to\":true}}");
    assert_int_equal(count_of(answer->body, "\"occurred_at\":"), 2);
    http_answer_free(answer);
}

static void test_protocol_rest__health_needs_no_token(void **state) {
    struct http_answer *answer = protocol_expect(*state, WHO_NOBODY, "GET /-/health" FIELDS "\n", 200);
    assert_string_equal(answer->body, "{\"status\":\"ok\"}");
    http_answer_free(answer);
    answer = protocol_expect(*state, WHO_NOBODY, "GET /-/ready" FIELDS "\n", 200);
    protocol_expect_member(answer, "status", "ready");
    protocol_expect_member(answer, "version", lreg_version_string());
    assert_null(strstr(answer->body, "refuses_changes"));
    http_answer_free(answer);
    http_answer_free(protocol_expect(*state, WHO_NOBODY, "GET /-/ready/changes" FIELDS "\n", 200));
    http_answer_free(protocol_expect(*state, WHO_NOBODY, "HEAD /-/health" FIELDS "\n", 200));
}

static void test_protocol_rest__methods_of_an_address_are_told(void **state) {
    static const struct {
        const char *path;
        const char *allow;
    } cases[] = {
        {REGISTRIES, "GET, HEAD, POST, OPTIONS"},
        {REGISTRIES "/my-files", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"},
        {PACKAGES, "GET, HEAD, POST, OPTIONS"},
        {PACKAGES "/x", "GET, HEAD, DELETE, OPTIONS"},
        {TOKENS, "GET, HEAD, POST, OPTIONS"},
        {TOKENS "/x", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"},
        {ORGANIZATION "/audit", "GET, HEAD, OPTIONS"},
        {"/my-organization/my-files/files/x", "GET, HEAD, OPTIONS"},
        {"/-/health", "GET, HEAD, OPTIONS"},
    };
    char request[512];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)snprintf(request, sizeof request, "OPTIONS %s" FIELDS "\n", cases[i].path);
        struct http_answer *answer = owner(state, request, 204);
        assert_string_equal(http_answer_header(answer, "Allow"), cases[i].allow);
        http_answer_free(answer);
    }
    struct http_answer *answer = owner(state, "PUT " REGISTRIES FIELDS "\n{}", 405);
    assert_string_equal(http_answer_header(answer, "Allow"), cases[0].allow);
    http_answer_free(answer);
}

static void test_protocol_rest__head_is_get_without_its_body(void **state) {
    static const char *const paths[] = {REGISTRIES, REGISTRIES "/my-files", PACKAGES,           PACKAGES "/<<package>>",
                                        TOKENS,     ORGANIZATION "/audit",  PACKAGES "/unknown"};
    char request[512];
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        (void)snprintf(request, sizeof request, "GET %s" FIELDS "\n", paths[i]);
        struct http_answer *get = protocol_run(*state, WHO_OWNER, request);
        (void)snprintf(request, sizeof request, "HEAD %s" FIELDS "\n", paths[i]);
        struct http_answer *head = protocol_run(*state, WHO_OWNER, request);
        assert_int_equal(head->status, get->status);
        assert_string_equal(head->head, get->head);
        assert_int_equal(head->content_length, get->content_length);
        assert_int_equal(get->content_length, get->body_length);
        assert_int_equal(head->body_length, 0);
        http_answer_free(head);
        http_answer_free(get);
    }
}

static void test_protocol_rest__addresses_are_those_by_which_the_client_came(void **state) {
    struct protocol_world *world = *state;
    struct http_script script = {.instance = world->instance,
                                 .authorization = world->authorization[WHO_OWNER],
                                 .scheme = "https",
                                 .mount = "/registry",
                                 .trusts_forwarded = true};
    static const char path[] = "/registry" REGISTRIES "/my-files";
    char request[512];
    (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\nHost: here.test:8443\n\n", path);
    struct http_answer *answer = http_script_run(&script, request);
    protocol_expect_member(answer, "url", "https://here.test:8443/registry" REGISTRIES "/my-files");
    http_answer_free(answer);
    (void)snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\nHost: inside\nX-Forwarded-Host: outside.test\nX-Forwarded-Proto: http\n\n", path);
    answer = http_script_run(&script, request);
    protocol_expect_member(answer, "url", "http://outside.test/registry" REGISTRIES "/my-files");
    http_answer_free(answer);
    script.trusts_forwarded = false;
    answer = http_script_run(&script, request);
    protocol_expect_member(answer, "url", "https://inside/registry" REGISTRIES "/my-files");
    http_answer_free(answer);
}

static void test_protocol_rest__one_exchange_serves_one_request_after_the_other(void **state) {
    struct protocol_world *world = *state;
    struct http_script script = {.instance = world->instance, .authorization = world->authorization[WHO_OWNER]};
    static const struct {
        const char *request;
        int status;
    } cases[] = {
        {"GET " REGISTRIES FIELDS "\n", 200},
        {"POST " PACKAGES FIELDS "Content-Type: multipart/form-data; boundary=XX\n\n--XX\r\nbroken", 400},
        {"GET /my-organization/my-files/files/app-1.0.0.zip" FIELDS "\n", 200},
        {"POST " REGISTRIES FIELDS "\n{\"name\":", 400},
        {"DELETE " REGISTRIES "/nothing" FIELDS "\n", 404},
        {"GET " PACKAGES FIELDS "\n", 200},
    };
    lreg_error *err = NULL;
    assert_int_equal(lreg_exchange_new(world->instance, &script.exchange, &err), LREG_OK);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            struct http_answer *answer = http_script_run(&script, cases[i].request);
            assert_int_equal(answer->status, cases[i].status);
            http_answer_free(answer);
        }
    }
    lreg_exchange_free(script.exchange);
}
