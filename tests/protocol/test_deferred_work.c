/* SPDX-License-Identifier: Apache-2.0 */
/* Read requests that must still write or create something. For a host that opts in, this work is left to a thread that
 * may block; the results are the same as without deferral. */
#include "support/protocol_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDEX "/my-organization/my-alpine-packages/alpine_any/alpine_any/main/x86_64/APKINDEX.tar.gz"
#define FILE_PATH "/my-organization/my-files/files/app-1.0.0.zip"
#define BLOBS "/v2/my-organization/my-images/app/blobs/"
#define ABC_DIGEST "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define LONG_MS (INT64_C(30) * 24 * 3600 * 1000) /* longer than anything is held back, and longer than a claim lasts */

static lreg_exchange *exchange;

static int setup(void **state) {
    if (protocol_setup(state) != 0) {
        return -1;
    }
    struct protocol_world *world = *state;
    assert_int_equal(lreg_exchange_new(world->instance, &exchange, NULL), LREG_OK);
    return 0;
}

static int teardown(void **state) {
    lreg_exchange_free(exchange);
    return protocol_teardown(state);
}

/* Begins a request and returns what it wants next. */
static lreg_wants begin_as(const struct protocol_world *world, enum protocol_who who, const char *method,
                           const char *target) {
    lreg_exchange_reset(exchange);
    assert_int_equal(lreg_exchange_set_request(exchange, method, target, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Host", "localhost", NULL), LREG_OK);
    if (world->authorization[who][0] != '\0') {
        assert_int_equal(lreg_exchange_add_header(exchange, "Authorization", world->authorization[who], NULL), LREG_OK);
    }
    assert_int_equal(lreg_exchange_set_defers_work(exchange, 1, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_begin(exchange, NULL), LREG_OK);
    return lreg_exchange_wants(exchange);
}

static lreg_wants begin(const struct protocol_world *world, const char *method, const char *target) {
    return begin_as(world, WHO_OWNER, method, target);
}

/* Does the wanted work, which leads to an answer. */
static int32_t work(void) {
    assert_int_equal(lreg_exchange_status(exchange), 0);
    assert_int_equal(lreg_exchange_work(exchange, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_wants(exchange), LREG_WANTS_RESPONSE);
    return lreg_exchange_status(exchange);
}

static int64_t read_all(void) {
    char bytes[4096];
    int64_t length = 0;
    size_t got = 1;
    while (got > 0) {
        assert_int_equal(lreg_exchange_read(exchange, bytes, sizeof bytes, &got, NULL), LREG_OK);
        length += (int64_t)got;
    }
    return length;
}

static void test_protocol_deferred_work__an_index_is_made_later_and_then_is_there(void **state) {
    struct protocol_world *world = *state;
    assert_int_equal(begin(world, "GET", INDEX), LREG_WANTS_WORK);
    assert_int_equal(work(), 200);
    int64_t length = lreg_exchange_content_length(exchange);
    assert_true(length > 0 && read_all() == length);
    assert_true(lreg_exchange_may_keep_alive(exchange));
    assert_int_equal(begin(world, "GET", INDEX), LREG_WANTS_RESPONSE);
    assert_true(lreg_exchange_content_length(exchange) == length);
    assert_int_equal(begin(world, "HEAD", INDEX), LREG_WANTS_RESPONSE);
    assert_true(lreg_exchange_content_length(exchange) == length);
}

static void test_protocol_deferred_work__the_answer_has_each_field_once(void **state) {
    struct protocol_world *world = *state;
    const char *name = NULL;
    const char *value = NULL;
    size_t etags = 0;
    assert_int_equal(begin(world, "GET", INDEX), LREG_WANTS_WORK);
    assert_int_equal(work(), 200);
    for (size_t i = 0; lreg_exchange_header_at(exchange, i, &name, &value) != 0; i++) {
        etags += strcmp(name, "ETag") == 0 ? 1 : 0;
    }
    assert_int_equal(etags, 1);
}

static void test_protocol_deferred_work__a_refusal_waits_for_nothing(void **state) {
    struct protocol_world *world = *state;
    assert_int_equal(begin_as(world, WHO_NOBODY, "GET", INDEX), LREG_WANTS_RESPONSE);
    assert_int_equal(lreg_exchange_status(exchange), 401);
    assert_int_equal(
        begin(world, "GET", "/my-organization/my-alpine-packages/alpine_any/alpine_any/main/x86_64/none.apk"),
        LREG_WANTS_RESPONSE);
    assert_int_equal(lreg_exchange_status(exchange), 404);
}

static void test_protocol_deferred_work__work_may_end_in_a_refusal(void **state) {
    struct protocol_world *world = *state;
    lreg_registry *registry = NULL;
    assert_int_equal(begin(world, "GET", INDEX), LREG_WANTS_WORK);
    assert_int_equal(lreg_registry_find(world->instance, "my-organization", "my-alpine-packages", &registry, NULL),
                     LREG_OK);
    assert_int_equal(lreg_registry_delete(world->instance, registry, NULL), LREG_OK);
    lreg_registry_free(registry);
    assert_int_equal(work(), 404);
}

static void test_protocol_deferred_work__the_key_is_left_to_it(void **state) {
    struct protocol_world *world = *state;
    assert_int_equal(begin(world, "GET", "/my-organization/my-alpine-packages/rsakey"), LREG_WANTS_WORK);
    assert_int_equal(work(), 200);
    assert_true(read_all() > 0);
}

static void test_protocol_deferred_work__download_counts_are_written_by_it(void **state) {
    struct protocol_world *world = *state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(begin(world, "GET", FILE_PATH), LREG_WANTS_RESPONSE);
        assert_int_equal(lreg_exchange_status(exchange), 200);
    }
    world->now_ms += LONG_MS;
    assert_int_equal(begin(world, "GET", FILE_PATH), LREG_WANTS_WORK);
    assert_int_equal(work(), 200);
    assert_true(read_all() == (int64_t)strlen(PROTOCOL_CONTENT));
    assert_int_equal(begin(world, "GET", FILE_PATH), LREG_WANTS_RESPONSE);
    struct http_answer *answer = protocol_expect(
        world, WHO_OWNER, "GET /v2/packages/organizations/my-organization/registries/my-files/packages/<<package>>\n\n",
        200);
    assert_non_null(strstr(answer->body, "\"downloads\":3"));
    http_answer_free(answer);
}

/* A read waits for writers only as the last resort: the next write includes the counts. */
static void test_protocol_deferred_work__counts_are_taken_along_by_who_writes(void **state) {
    struct protocol_world *world = *state;
    static const char show[] =
        "GET /v2/packages/organizations/my-organization/registries/my-files/packages/<<package>>\n\n";
    assert_int_equal(begin(world, "GET", FILE_PATH), LREG_WANTS_RESPONSE);
    world->now_ms += 20000;
    assert_int_equal(begin(world, "GET", FILE_PATH), LREG_WANTS_RESPONSE);
    struct http_answer *answer = protocol_expect(world, WHO_OWNER, show, 200);
    assert_non_null(strstr(answer->body, "\"downloads\":0"));
    http_answer_free(answer);
    http_answer_free(protocol_expect(world, WHO_OWNER,
                                     "POST /v2/packages/organizations/my-organization/registries/my-files/packages\n"
                                     "Content-Type: multipart/form-data; boundary=XX\n\n--XX\r\n"
                                     "Content-Disposition: form-data; name=\"file\"; filename=\"b-1.0.zip\"\r\n\r\n"
                                     "b\r\n--XX--\r\n",
                                     200));
    answer = protocol_expect(world, WHO_OWNER, show, 200);
    assert_non_null(strstr(answer->body, "\"downloads\":2"));
    http_answer_free(answer);
}

static void test_protocol_deferred_work__a_claim_on_a_blob_is_renewed_by_it(void **state) {
    struct protocol_world *world = *state;
    http_answer_free(protocol_expect(
        world, WHO_OWNER, "POST " BLOBS "uploads/?digest=" ABC_DIGEST "\nContent-Type: application/octet-stream\n\nabc",
        201));
    assert_int_equal(begin(world, "HEAD", BLOBS ABC_DIGEST), LREG_WANTS_RESPONSE);
    world->now_ms += LONG_MS;
    assert_int_equal(begin_as(world, WHO_READER, "HEAD", BLOBS ABC_DIGEST), LREG_WANTS_RESPONSE);
    assert_int_equal(begin(world, "HEAD", BLOBS ABC_DIGEST), LREG_WANTS_WORK);
    assert_int_equal(work(), 200);
    assert_true(lreg_exchange_content_length(exchange) == 3);
    assert_int_equal(begin(world, "HEAD", BLOBS ABC_DIGEST), LREG_WANTS_RESPONSE);
}

/* Reads of many or of long rows must not run in an event loop. */
static void test_protocol_deferred_work__listings_are_left_to_it(void **state) {
    struct protocol_world *world = *state;
    static const char *const targets[] = {
        "/v2/packages/organizations/my-organization/registries",
        "/v2/packages/organizations/my-organization/registries/my-files/packages",
        "/v2/packages/organizations/my-organization/registries/my-files/packages?name=zip",
        "/v2/packages/organizations/my-organization/registries/my-files/tokens",
        "/v2/packages/organizations/my-organization/audit",
        ("/v2/my-organization/my-images/app/referrers/" ABC_DIGEST),
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        assert_int_equal(begin(world, "GET", targets[i]), LREG_WANTS_WORK);
        assert_int_equal(work(), 200);
        assert_int_equal(begin_as(world, WHO_NOBODY, "GET", targets[i]), LREG_WANTS_RESPONSE); /* a refusal is quick */
    }
    assert_int_equal(begin(world, "GET", "/v2/my-organization/my-images/app/tags/list"), LREG_WANTS_WORK);
    assert_int_equal(work(), 404);
}

static void push_manifest(struct protocol_world *world, const char *tag, const char *length) {
    char request[600];
    snprintf(request, sizeof request,
             "PUT /v2/my-organization/my-images/app/manifests/%s\nContent-Type: "
             "application/vnd.oci.image.index.v1+json\n\n{\"schemaVersion\":2,\"manifests\":[],"
             "\"annotations\":{\"a\":\"<<a*%s>>\"}}",
             tag, length);
    http_answer_free(protocol_expect(world, WHO_OWNER, request, 201));
}

static void test_protocol_deferred_work__a_long_manifest_is_read_by_it(void **state) {
    struct protocol_world *world = *state;
    push_manifest(world, "long", "400000");
    push_manifest(world, "short", "4000");
    assert_int_equal(begin(world, "GET", "/v2/my-organization/my-images/app/manifests/short"), LREG_WANTS_RESPONSE);
    assert_int_equal(begin(world, "GET", "/v2/my-organization/my-images/app/manifests/long"), LREG_WANTS_WORK);
    assert_int_equal(work(), 200);
    assert_true(lreg_exchange_content_length(exchange) > 400000);
}

static void test_protocol_deferred_work__who_has_not_asked_for_it_gets_the_answer_at_once(void **state) {
    struct protocol_world *world = *state;
    http_answer_free(protocol_expect(world, WHO_OWNER, "GET " INDEX "\n\n", 200));
    lreg_exchange_reset(exchange); /* cancels the wish of the previous request */
    assert_int_equal(lreg_exchange_set_request(exchange, "GET", "/my-organization/my-alpine-packages/rsakey", NULL),
                     LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Authorization", world->authorization[WHO_OWNER], NULL),
                     LREG_OK);
    assert_int_equal(lreg_exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_wants(exchange), LREG_WANTS_RESPONSE);
}

static void test_protocol_deferred_work__it_is_refused_in_other_phases(void **state) {
    struct protocol_world *world = *state;
    assert_int_equal(lreg_exchange_work(exchange, NULL), LREG_MISUSE);
    assert_int_equal(begin(world, "GET", INDEX), LREG_WANTS_WORK);
    assert_int_equal(lreg_exchange_write(exchange, "x", 1, NULL), LREG_MISUSE);
    assert_int_equal(lreg_exchange_finish(exchange, NULL), LREG_MISUSE);
    assert_int_equal(lreg_exchange_set_defers_work(exchange, 0, NULL), LREG_MISUSE);
    assert_int_equal(work(), 200);
    assert_int_equal(lreg_exchange_work(exchange, NULL), LREG_MISUSE);
    assert_int_equal(begin(world, "GET", "/my-organization/my-alpine-packages/rsakey"), LREG_WANTS_WORK);
    /* the teardown ends it here */
}
