/* SPDX-License-Identifier: Apache-2.0 */
/* /-/metrics: who may read it, what is counted, and that nothing of a client becomes a label. */
#include "support/objects.h"
#include "support/protocol_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METRICS "GET /-/metrics HTTP/1.1\nHost: localhost\n"
#define PACKAGES "/v2/packages/organizations/my-organization/registries/my-files/packages"
#define FORM_HEAD                                                                                             \
    "POST " PACKAGES " HTTP/1.1\nHost: localhost\nContent-Type: multipart/form-data; boundary=XX\n\n--XX\r\n" \
    "Content-Disposition: form-data; name=\"file\"; filename=\""
#define UPLOADS "/v2/my-organization/my-images/app/blobs/uploads/"

static char bearer[128]; /* of a token with read_metrics alone */

static void make_token(struct protocol_world *world) {
    lreg_token *token = NULL;
    assert_int_equal(
        objects_token_create(world->instance, "other-organization", "scraper", "read_metrics", 0, &token, NULL),
        LREG_OK);
    snprintf(bearer, sizeof bearer, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
}

static int setup(void **state) {
    if (protocol_setup(state) != 0) {
        return -1;
    }
    make_token(*state);
    return 0;
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

static struct http_answer *scrape_with(const struct protocol_world *world, const char *request) {
    const struct http_script script = {.instance = world->instance, .authorization = bearer};
    return http_script_run(&script, request);
}

static struct http_answer *scrape(const struct protocol_world *world) {
    struct http_answer *answer = scrape_with(world, METRICS "\n");
    assert_int_equal(answer->status, 200);
    return answer;
}

/* The value behind "\n<sample> "; -1 when there is no such line. */
static double value_in(const struct http_answer *answer, const char *sample) {
    size_t length = strlen(sample);
    for (const char *at = answer->body; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n' ? 1 : 0;
        if (strncmp(at, sample, length) == 0 && at[length] == ' ') {
            return strtod(at + length, NULL);
        }
        if (*at == '\0') {
            break;
        }
    }
    return -1;
}

static int value(const struct protocol_world *world, const char *sample) {
    struct http_answer *answer = scrape(world);
    double found = value_in(answer, sample);
    http_answer_free(answer);
    return (int)found;
}

static void test_protocol_metrics__are_for_tokens_with_their_scope(void **state) {
    static const struct protocol_case cases[] = {
        {"nobody", WHO_NOBODY, METRICS "\n", 0, 401, "authentication_required", "a token is needed for this"},
        {"a reader", WHO_READER, METRICS "\n", 0, 403, "missing_scope", "this token lacks the scope read_metrics"},
        {"a registry token", WHO_REGISTRY_TOKEN, METRICS "\n", 0, 403, "missing_scope", NULL},
        {"expired", WHO_EXPIRED, METRICS "\n", 0, 401, "expired_token", NULL},
        {"deleted", WHO_DELETED, METRICS "\n", 0, 401, NULL, NULL},
        {"a parameter", WHO_NOBODY, "GET /-/metrics?name=x HTTP/1.1\nHost: localhost\n\n", 0, 401, NULL, NULL},
    };
    struct http_answer *answer = protocol_expect(*state, WHO_NOBODY, METRICS "\n", 401);
    assert_non_null(http_answer_header(answer, "WWW-Authenticate"));
    http_answer_free(answer);
    for (size_t i = 0; i < 4; i++) {
        protocol_check_cases(*state, &cases[i], 1);
    }
    http_answer_free(protocol_expect(*state, WHO_DELETED, METRICS "\n", 401));
    answer = scrape_with(*state, cases[5].request);
    assert_int_equal(answer->status, 400);
    http_answer_free(answer);
}

static void test_protocol_metrics__have_the_text_form_of_prometheus(void **state) {
    struct http_answer *answer = scrape(*state);
    assert_string_equal(http_answer_header(answer, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_string_equal(http_answer_header(answer, "Cache-Control"), "no-store");
    assert_non_null(strstr(answer->body, "# TYPE libregistry_http_requests_total counter\n"));
    assert_non_null(strstr(answer->body, "# TYPE libregistry_http_request_duration_seconds histogram\n"));
    assert_true(value_in(answer, "libregistry_build_info{version=\"" LREG_VERSION_STRING "\"}") == 1);
    assert_true(value_in(answer, "libregistry_start_time_seconds") == 1795230245.678);
    assert_true(value_in(answer, "libregistry_database_up") == 1);
    assert_true(value_in(answer, "libregistry_database_bytes") >= 4096);
    assert_true(value_in(answer, "libregistry_database_log_bytes") > 0);
    assert_true(value_in(answer, "libregistry_disk_size_bytes") >= value_in(answer, "libregistry_disk_free_bytes"));
    http_answer_free(answer);
    answer = scrape_with(*state, "HEAD /-/metrics HTTP/1.1\nHost: localhost\n\n");
    assert_int_equal(answer->status, 200);
    assert_int_equal(answer->body_length, 0);
    http_answer_free(answer);
}

static void test_protocol_metrics__have_the_form_of_openmetrics_for_who_prefers_it(void **state) {
    static const char eof[] = "# EOF\n";
    struct http_answer *answer = scrape_with(
        *state, METRICS "Accept: application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5\n\n");
    assert_string_equal(http_answer_header(answer, "Content-Type"),
                        "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_non_null(strstr(answer->body, "# TYPE libregistry_http_requests counter\n"));
    assert_true(value_in(answer, "libregistry_http_requests_total{surface=\"rest\",code=\"200\"}") >= 0);
    assert_string_equal(answer->body + answer->body_length - strlen(eof), eof);
    http_answer_free(answer);
    answer = scrape_with(*state, METRICS "Accept: text/plain, application/openmetrics-text;q=0.2\n\n");
    assert_null(strstr(answer->body, eof));
    http_answer_free(answer);
}

static void test_protocol_metrics__count_requests_by_surface_and_status(void **state) {
    struct protocol_world *world = *state;
    static const char ok[] = "libregistry_http_requests_total{surface=\"files\",code=\"200\"}";
    static const char count[] = "libregistry_http_request_duration_seconds_count{surface=\"files\"}";
    static const char infinite[] = "libregistry_http_request_duration_seconds_bucket{surface=\"files\",le=\"+Inf\"}";
    static const char sent[] = "libregistry_http_sent_bytes_total{surface=\"files\"}";
    int before = value(world, ok);
    int sent_before = value(world, sent);
    assert_true(before >= 0);
    for (int i = 0; i < 3; i++) {
        http_answer_free(protocol_expect(
            world, WHO_OWNER, "GET /my-organization/my-files/files/app-1.0.0.zip HTTP/1.1\nHost: localhost\n\n", 200));
    }
    http_answer_free(protocol_expect(
        world, WHO_NOBODY, "GET /my-organization/my-files/files/app-1.0.0.zip HTTP/1.1\nHost: localhost\n\n", 401));
    http_answer_free(protocol_expect(world, WHO_NOBODY, "GET /v2/ HTTP/1.1\nHost: localhost\n\n", 401));
    http_answer_free(protocol_expect(world, WHO_NOBODY, "GET /nothing/here HTTP/1.1\nHost: localhost\n\n", 404));
    struct http_answer *answer = scrape(world);
    assert_int_equal((int)value_in(answer, ok), before + 3);
    assert_int_equal((int)value_in(answer, "libregistry_http_requests_total{surface=\"files\",code=\"401\"}"), 1);
    assert_int_equal((int)value_in(answer, "libregistry_http_requests_total{surface=\"oci\",code=\"401\"}"), 1);
    assert_int_equal((int)value_in(answer, "libregistry_http_requests_total{surface=\"other\",code=\"404\"}"), 1);
    assert_int_equal((int)value_in(answer, count), (int)value_in(answer, infinite));
    assert_int_equal((int)value_in(answer, count), before + 4);
    assert_true(value_in(answer, sent) >= sent_before + 3 * (double)strlen(PROTOCOL_CONTENT));
    http_answer_free(answer);
}

static void test_protocol_metrics__take_no_label_from_a_client(void **state) {
    struct protocol_world *world = *state;
    static const char *const requests[] = {
        "PURPLE-METHOD /purple/purple HTTP/1.1\nHost: purple\n\n",
        "GET /purple-organization/purple-registry/files/purple.zip HTTP/1.1\nHost: purple\nUser-Agent: purple\n\n",
        "GET /v2/my-organization/my-images/purple/manifests/purple HTTP/1.1\nHost: purple\n\n",
        "GET /v2/packages/organizations/purple/registries?purple=purple HTTP/1.1\nHost: purple\n\n",
        "POST " UPLOADS "?mount=purple&from=purple HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n",
    };
    struct http_answer *before = scrape(world);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        http_answer_free(protocol_run(world, WHO_OWNER, requests[i]));
    }
    struct http_answer *after = scrape(world);
    assert_null(strstr(after->body, "purple"));
    assert_null(strstr(after->body, "my-organization"));
    assert_true(after->body_length < before->body_length + 2000); /* statuses that had not occurred before */
    http_answer_free(before);
    http_answer_free(after);
}

static void test_protocol_metrics__count_uploads_and_refusals(void **state) {
    struct protocol_world *world = *state;
    int started = value(world, "libregistry_uploads_started_total{kind=\"request\"}");
    int finished = value(world, "libregistry_uploads_finished_total{kind=\"request\"}");
    int cancelled = value(world, "libregistry_uploads_cancelled_total{kind=\"request\"}");
    http_answer_free(protocol_expect(world, WHO_OWNER, FORM_HEAD "new-1.0.0.zip\"\r\n\r\ndata\r\n--XX--\r\n", 200));
    http_answer_free(
        protocol_expect(world, WHO_OWNER, FORM_HEAD "big-1.0.0.zip\"\r\n\r\n<<x*70000>>\r\n--XX--\r\n", 413));
    struct http_answer *answer = scrape(world);
    assert_int_equal((int)value_in(answer, "libregistry_uploads_started_total{kind=\"request\"}"), started + 2);
    assert_int_equal((int)value_in(answer, "libregistry_uploads_finished_total{kind=\"request\"}"), finished + 1);
    assert_int_equal((int)value_in(answer, "libregistry_uploads_cancelled_total{kind=\"request\"}"), cancelled + 1);
    assert_int_equal((int)value_in(answer, "libregistry_uploads_in_progress{kind=\"request\"}"), 0);
    assert_int_equal((int)value_in(answer, "libregistry_refusals_total{code=\"package_too_large\"}"), 1);
    assert_int_equal((int)value_in(answer, "libregistry_refusals_total{code=\"other\"}"), 0);
    assert_int_equal((int)value_in(answer, "libregistry_storage_objects{storage=\"local\"}"), 2);
    assert_true(value_in(answer, "libregistry_http_received_bytes_total{surface=\"rest\"}") > 65536);
    http_answer_free(answer);
}

static void test_protocol_metrics__count_upload_sessions(void **state) {
    struct protocol_world *world = *state;
    struct http_answer *session =
        protocol_expect(world, WHO_OWNER, "POST " UPLOADS " HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n", 202);
    char request[512];
    assert_int_equal(value(world, "libregistry_uploads_in_progress{kind=\"session\"}"), 1);
    assert_int_equal(value(world, "libregistry_uploads_started_total{kind=\"session\"}"), 1);
    const char *location = strstr(http_answer_header(session, "Location"), "/v2/");
    snprintf(request, sizeof request, "DELETE %s HTTP/1.1\nHost: localhost\n\n", location);
    http_answer_free(protocol_expect(world, WHO_OWNER, request, 204));
    http_answer_free(session);
    assert_int_equal(value(world, "libregistry_uploads_in_progress{kind=\"session\"}"), 0);
    assert_int_equal(value(world, "libregistry_uploads_cancelled_total{kind=\"session\"}"), 1);
    session =
        protocol_expect(world, WHO_OWNER, "POST " UPLOADS " HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n", 202);
    location = strstr(http_answer_header(session, "Location"), "/v2/");
    snprintf(request, sizeof request,
             "PUT %s%cdigest=sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad HTTP/1.1\n"
             "Host: localhost\n\nabc",
             location, strchr(location, '?') != NULL ? '&' : '?');
    http_answer_free(protocol_expect(world, WHO_OWNER, request, 201));
    http_answer_free(session);
    assert_int_equal(value(world, "libregistry_uploads_finished_total{kind=\"session\"}"), 1);
    assert_int_equal(value(world, "libregistry_uploads_cancelled_total{kind=\"session\"}"), 1);
}

/* The database and the file system are asked in a thread that may wait. */
static void test_protocol_metrics__are_read_as_work(void **state) {
    struct protocol_world *world = *state;
    lreg_exchange *exchange = NULL;
    assert_int_equal(lreg_exchange_new(world->instance, &exchange, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_set_request(exchange, "GET", "/-/metrics", NULL), LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Host", "localhost", NULL), LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Authorization", bearer, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_set_defers_work(exchange, 1, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_wants(exchange), LREG_WANTS_WORK);
    assert_int_equal(lreg_exchange_work(exchange, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_status(exchange), 200);
    lreg_exchange_free(exchange);
}

/* A request that its host gives up is counted as that, not as an answer. */
static void test_protocol_metrics__count_what_a_host_gave_up(void **state) {
    struct protocol_world *world = *state;
    lreg_exchange *exchange = NULL;
    int cancelled = value(world, "libregistry_uploads_cancelled_total{kind=\"request\"}");
    assert_int_equal(lreg_exchange_new(world->instance, &exchange, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_set_request(exchange, "POST", PACKAGES, NULL), LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Host", "localhost", NULL), LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Authorization", world->authorization[WHO_OWNER], NULL),
                     LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Content-Type", "multipart/form-data; boundary=XX", NULL),
                     LREG_OK);
    assert_int_equal(lreg_exchange_add_header(exchange, "Content-Length", "1000", NULL), LREG_OK);
    assert_int_equal(lreg_exchange_begin(exchange, NULL), LREG_OK);
    static const char part[] =
        "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cut-1.0.zip\"\r\n\r\nx";
    assert_int_equal(lreg_exchange_write(exchange, part, sizeof part - 1, NULL), LREG_OK);
    assert_int_equal(value(world, "libregistry_uploads_in_progress{kind=\"request\"}"), 1);
    lreg_exchange_free(exchange);
    assert_int_equal(value(world, "libregistry_http_requests_abandoned_total"), 1);
    assert_int_equal(value(world, "libregistry_uploads_in_progress{kind=\"request\"}"), 0);
    assert_int_equal(value(world, "libregistry_uploads_cancelled_total{kind=\"request\"}"), cancelled + 1);
}
