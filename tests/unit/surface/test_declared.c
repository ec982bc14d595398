/* SPDX-License-Identifier: Apache-2.0 */
/* What a route declares as permitted in its requests, and what is refused by name. */
#include "unit/surface/fixture.h"

static struct route route;
static const struct surface surface = {.harmless_query = "_ ns"};

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture_start(fixture, HTTP_POST);
    route = (struct route){.query = "per_page after tag*", .body = "name description"};
    fixture->call.route = &route;
    fixture->call.surface = &surface;
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    fixture_end(*state);
    free(*state);
    return 0;
}

static lreg_status check_query(struct fixture *fixture, const char *query, struct error *err) {
    char target[256];
    (void)snprintf(target, sizeof target, "/x?%s", query);
    assert_int_equal(url_parse(&fixture->call.url, target, &fixture->arena, NULL), LREG_OK);
    return call_check_query(&fixture->call, err);
}

static void test_surface_declared__known_and_harmless_parameters_pass(void **state) {
    static const char *const queries[] = {"",      "per_page=1", "after=x&per_page=1",  "tag=a&tag=b&tag=a",
                                          "_=123", "_=1&_=2",    "ns=docker.io&after=", "per%5fpage=1"};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        assert_int_equal(check_query(*state, queries[i], NULL), LREG_OK);
    }
    route.query = "*";
    assert_int_equal(check_query(*state, "page=1&page=2&x", NULL), LREG_OK);
}

static void test_surface_declared__others_are_named(void **state) {
    static const char *const queries[] = {
        "page=1", "per_page=1&page=2", "Per_page=1", "per_page%20after=1", "tag*=1", "*=1", "=1", "pag", "after%00x=1"};
    for (size_t i = 0; i + 1 < sizeof queries / sizeof queries[0]; i++) {
        struct error err = {0};
        assert_int_equal(check_query(*state, queries[i], &err), LREG_BAD_ARGUMENT);
        assert_string_equal(err.code, "unknown_parameter");
    }
    struct error err = {0};
    assert_int_equal(check_query(*state, "page=secret", &err), LREG_BAD_ARGUMENT);
    assert_string_equal(err.message, "the parameter \"page\" is not known here: known are per_page, after, tag");
    route.query = NULL;
    assert_int_equal(check_query(*state, "page=1", &err), LREG_BAD_ARGUMENT);
    assert_string_equal(err.message, "the parameter \"page\" is not known here: none are");
}

static void test_surface_declared__one_that_counts_once_is_there_once(void **state) {
    struct error err = {0};
    assert_int_equal(check_query(*state, "after=a&per_page=1&after=b", &err), LREG_BAD_ARGUMENT);
    assert_string_equal(err.code, "repeated_parameter");
    assert_non_null(strstr(err.message, "\"after\""));
}

static void test_surface_declared__a_long_name_is_cut(void **state) {
    char query[201];
    struct error err = {0};
    memset(query, 'x', 200);
    query[200] = '\0';
    assert_int_equal(check_query(*state, query, &err), LREG_BAD_ARGUMENT);
    assert_true(strlen(err.message) < 160);
}

static lreg_status check_members(struct fixture *fixture, const char *body, const json_t *shown, struct error *err) {
    json_t *object = json_loads(body, 0, NULL);
    lreg_status status = call_check_members(&fixture->call, object, shown, err);
    json_decref(object);
    return status;
}

static void test_surface_declared__members_are_declared_or_unchanged(void **state) {
    json_t *shown = json_pack("{s:s, s:s, s:n, s:{s:i}, s:b}", "id", "7", "name", "old", "oidc_policy", "organization",
                              "size", 3, "public", 1);
    struct error err = {0};
    assert_int_equal(check_members(*state, "{}", NULL, NULL), LREG_OK);
    assert_int_equal(check_members(*state, "{\"name\":\"new\",\"description\":7}", NULL, NULL), LREG_OK);
    assert_int_equal(check_members(*state,
                                   "{\"id\":\"7\",\"name\":\"new\",\"oidc_policy\":null,\"organization\":{\"size\":3},"
                                   "\"public\":true}",
                                   shown, NULL),
                     LREG_OK);
    static const char *const changed[] = {"{\"id\":\"8\"}",
                                          "{\"id\":7}",
                                          "{\"id\":null}",
                                          "{\"oidc_policy\":[]}",
                                          "{\"organization\":{\"size\":4}}",
                                          "{\"organization\":{}}"};
    for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++) {
        assert_int_equal(check_members(*state, changed[i], shown, &err), LREG_UNPROCESSABLE);
        assert_string_equal(err.code, "member_read_only");
    }
    static const char *const unknown[] = {"{\"team_ids\":[]}", "{\"quota\":null}", "{\"Name\":\"x\"}", "{\"\":1}",
                                          "{\"name description\":1}"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_int_equal(check_members(*state, unknown[i], shown, &err), LREG_UNPROCESSABLE);
        assert_string_equal(err.code, "unknown_member");
    }
    assert_int_equal(check_members(*state, "{\"team_ids\":[1]}", shown, &err), LREG_UNPROCESSABLE);
    assert_string_equal(err.message, "the member \"team_ids\" is not known here: known are name, description");
    json_decref(shown);
}

static void test_surface_declared__fields_are_declared(void **state) {
    struct fixture *fixture = *state;
    struct error err = {0};
    assert_int_equal(call_check_field(&fixture->call, "name", NULL), LREG_OK);
    assert_int_equal(call_check_field(&fixture->call, "distribution", &err), LREG_UNPROCESSABLE);
    assert_string_equal(err.code, "unknown_field");
    assert_string_equal(err.message, "the form field \"distribution\" is not known here: known are name, description");
    assert_int_equal(call_check_field(&fixture->call, "a\xff\x1b", &err), LREG_UNPROCESSABLE);
    assert_non_null(strstr(err.message, "\"a??\""));
}

static void test_surface_declared__a_body_needs_to_be_declared(void **state) {
    struct fixture *fixture = *state;
    struct error err = {0};
    fixture->call.has_body = true;
    fixture->call.has_length = true;
    assert_int_equal(call_check_body(&fixture->call, NULL), LREG_OK);
    route.body = NULL;
    assert_int_equal(call_check_body(&fixture->call, &err), LREG_BAD_ARGUMENT);
    assert_string_equal(err.code, "unexpected_body");
    fixture->call.method = HTTP_GET;
    assert_int_equal(call_check_body(&fixture->call, NULL), LREG_OK);
    fixture->call.method = HTTP_DELETE;
    fixture->call.has_length = false;
    assert_null(fixture->call.sink);
    assert_int_equal(call_check_body(&fixture->call, NULL), LREG_OK);
    assert_non_null(fixture->call.sink); /* which calls the handler when there was no body */
    assert_int_equal(fixture->call.sink->write(&fixture->call, NULL, "x", 1, &err), LREG_BAD_ARGUMENT);
    fixture->call.sink = NULL;
    fixture->call.has_body = false;
    assert_int_equal(call_check_body(&fixture->call, NULL), LREG_OK);
    assert_null(fixture->call.sink);
}
