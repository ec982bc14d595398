/* SPDX-License-Identifier: Apache-2.0 */
/* Failures as JSON, as text and as a page. */
#include "unit/surface/fixture.h"

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture_start(fixture, HTTP_GET);
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    fixture_end(*state);
    free(*state);
    return 0;
}

static struct error failure(lreg_status status, const char *code) {
    struct error made;
    (void)error_set(&made, status, code, "no \"such\" thing");
    return made;
}

static void expect_body(const struct fixture *fixture, const char *media_type, const char *body) {
    const struct response *response = &fixture->call.response;
    assert_string_equal(fixture_field(fixture, "Content-Type"), media_type);
    assert_int_equal(response->length, strlen(body));
    assert_memory_equal(response->bytes, body, strlen(body));
}

static void test_surface_failure__json_has_message_and_code(void **state) {
    struct fixture *fixture = *state;
    struct error shown = failure(LREG_NOT_FOUND, "thing_unknown");
    assert_int_equal(call_show_json_error(&fixture->call, &shown, NULL), LREG_OK);
    assert_int_equal(fixture->call.response.status, 404);
    expect_body(fixture, "application/json; charset=utf-8",
                "{\"message\":\"no \\\"such\\\" thing\",\"code\":\"thing_unknown\"}");
}

static void test_surface_failure__an_empty_code_is_left_out(void **state) {
    struct fixture *fixture = *state;
    struct error shown = failure(LREG_CONFLICT, "");
    assert_int_equal(call_show_json_error(&fixture->call, &shown, NULL), LREG_OK);
    assert_int_equal(fixture->call.response.status, 409);
    expect_body(fixture, "application/json; charset=utf-8", "{\"message\":\"no \\\"such\\\" thing\"}");
}

static void test_surface_failure__text_is_the_message_on_a_line(void **state) {
    struct fixture *fixture = *state;
    struct error shown = failure(LREG_FORBIDDEN, "missing_scope");
    fixture_request_field(fixture, "Accept", "application/json, text/plain, */*"); /* no preference */
    assert_int_equal(call_show_text_error(&fixture->call, &shown, NULL), LREG_OK);
    assert_int_equal(fixture->call.response.status, 403);
    assert_false(fixture_has_field(fixture, "WWW-Authenticate"));
    expect_body(fixture, "text/plain; charset=utf-8", "no \"such\" thing\n");
}

static void test_surface_failure__missing_credentials_are_asked_for(void **state) {
    struct fixture *fixture = *state;
    struct error shown = failure(LREG_UNAUTHENTICATED, "");
    assert_int_equal(call_show_text_error(&fixture->call, &shown, NULL), LREG_OK);
    assert_int_equal(fixture->call.response.status, 401);
    assert_true(text_starts_with(fixture_field(fixture, "WWW-Authenticate"), "Basic "));
}

static void test_surface_failure__text_gives_way_to_json_where_that_is_preferred(void **state) {
    struct fixture *fixture = *state;
    struct error shown = failure(LREG_UNAUTHENTICATED, "");
    fixture_request_field(fixture, "Accept", "application/json, text/plain;q=0.5");
    assert_int_equal(call_show_text_error(&fixture->call, &shown, NULL), LREG_OK);
    assert_true(text_starts_with(fixture_field(fixture, "WWW-Authenticate"), "Basic "));
    expect_body(fixture, "application/json; charset=utf-8", "{\"message\":\"no \\\"such\\\" thing\"}");
}

static void test_surface_failure__browsers_get_a_page_without_markup_of_the_client(void **state) {
    struct fixture *fixture = *state;
    struct error shown;
    (void)error_set(&shown, LREG_UNAUTHENTICATED, "", "<b>\"a\" & b</b>");
    fixture_request_field(fixture, "Accept", "text/html, text/plain;q=0.8");
    assert_int_equal(call_show_page_error(&fixture->call, &shown, NULL), LREG_OK);
    assert_int_equal(fixture->call.response.status, 401);
    assert_true(text_starts_with(fixture_field(fixture, "WWW-Authenticate"), "Basic "));
    assert_string_equal(fixture_field(fixture, "Content-Security-Policy"), "default-src 'none'");
    expect_body(fixture, "text/html; charset=utf-8",
                "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>401 Unauthorized</title>\n"
                "<h1>401 Unauthorized</h1>\n<p>&lt;b&gt;&quot;a&quot; &amp; b&lt;/b&gt;</p>\n</html>\n");
}

static void test_surface_failure__a_page_gives_way_to_text_where_nothing_is_preferred(void **state) {
    struct fixture *fixture = *state;
    struct error shown = failure(LREG_FORBIDDEN, "");
    assert_int_equal(call_show_page_error(&fixture->call, &shown, NULL), LREG_OK);
    expect_body(fixture, "text/plain; charset=utf-8", "no \"such\" thing\n");
}
