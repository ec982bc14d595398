/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters, URLs and fields of a call. */
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

static void test_surface_call__parameters_are_found_by_name_in_order(void **state) {
    struct call *call = &((struct fixture *)*state)->call;
    struct route route = {.pattern = "/v2/{organization}/x/{image*}/{reference}"};
    call->route = &route;
    call->parameters[0] = "org";
    call->parameters[1] = "a/b";
    call->parameters[2] = "latest";
    assert_string_equal(call_parameter(call, "organization"), "org");
    assert_string_equal(call_parameter(call, "image"), "a/b");
    assert_string_equal(call_parameter(call, "reference"), "latest");
}

static void test_surface_call__an_absent_parameter_is_empty(void **state) {
    struct call *call = &((struct fixture *)*state)->call;
    assert_string_equal(call_parameter(call, "name"), "");
    struct route route = {.pattern = "/{name}/literal"};
    call->route = &route;
    assert_string_equal(call_parameter(call, "name"), "");
    assert_string_equal(call_parameter(call, "literal"), "");
    assert_string_equal(call_parameter(call, "{name}"), "");
}

static void test_surface_call__url_is_base_and_path(void **state) {
    struct call *call = &((struct fixture *)*state)->call;
    assert_string_equal(call_url(call, "/org/reg"), "https://packages.test/prefix/org/reg");
}

static void test_surface_call__url_is_null_when_memory_is_out(void **state) {
    struct fixture *fixture = *state;
    fixture->arena.max_bytes = 0;
    assert_null(call_url(&fixture->call, "/org/reg"));
}

static void test_surface_call__fields_of_the_host_are_refused(void **state) {
    struct fixture *fixture = *state;
    static const char *const names[] = {"Content-Length", "content-length", "Date", "Connection", "Transfer-Encoding"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct error err;
        assert_int_equal(call_header(&fixture->call, names[i], "1", &err), LREG_INTERNAL);
        assert_int_equal(fixture->call.response.headers.count, 0);
    }
}

static void test_surface_call__formatted_fields_are_of_any_length(void **state) {
    struct fixture *fixture = *state;
    char long_text[3000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(call_header_format(&fixture->call, NULL, "Location", "/%s/%d", long_text, 7), LREG_OK);
    assert_int_equal(strlen(fixture_field(fixture, "Location")), sizeof long_text - 1 + 3);
    assert_int_equal(call_header_format(&fixture->call, NULL, "Content-Length", "%d", 1), LREG_INTERNAL);
}

static void test_surface_call__line_ends_in_values_are_refused(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(call_header(&fixture->call, "Location", "/a\r\nSet-Cookie: b", NULL), LREG_BAD_ARGUMENT);
    assert_false(fixture_has_field(fixture, "Location"));
}

static void test_surface_call__basic_challenge_names_the_scheme(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(call_challenge_basic(&fixture->call, NULL), LREG_OK);
    assert_true(text_starts_with(fixture_field(fixture, "WWW-Authenticate"), "Basic realm=\""));
}
