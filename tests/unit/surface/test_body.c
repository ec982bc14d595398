/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting a request body. */
#include "unit/surface/fixture.h"

#include <stdio.h>

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture_start(fixture, HTTP_POST);
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    struct fixture *fixture = *state;
    if (fixture->call.sink != NULL) {
        fixture->call.sink->free(&fixture->call, fixture->call.sink_state);
    }
    fixture_end(fixture);
    free(fixture);
    return 0;
}

struct collected {
    int calls;
    char text[64];
    size_t length;
};

static lreg_status take(struct call *call, void *user, const char *bytes, size_t length, struct error *err) {
    struct collected *collected = user;
    collected->calls++;
    collected->length = length;
    assert_int_equal(bytes[length], '\0');
    snprintf(collected->text, sizeof collected->text, "%s", bytes);
    return call_respond(call, 204, err);
}

static lreg_status write_text(struct call *call, const char *text) {
    return call->sink->write(call, call->sink_state, text, strlen(text), NULL);
}

static void test_surface_body__without_a_body_the_text_is_empty_at_once(void **state) {
    struct call *call = &((struct fixture *)*state)->call;
    struct collected collected = {0};
    assert_int_equal(call_read_body(call, 10, take, &collected, NULL), LREG_OK);
    assert_int_equal(collected.calls, 1);
    assert_string_equal(collected.text, "");
    assert_null(call->sink);
    assert_int_equal(call->response.status, 204);
}

static void test_surface_body__pieces_are_joined(void **state) {
    struct call *call = &((struct fixture *)*state)->call;
    struct collected collected = {0};
    call->has_body = true;
    assert_int_equal(call_read_body(call, 10, take, &collected, NULL), LREG_OK);
    assert_int_equal(write_text(call, "{\"a\""), LREG_OK);
    assert_int_equal(write_text(call, ":1}"), LREG_OK);
    assert_int_equal(collected.calls, 0);
    assert_int_equal(call->sink->finish(call, call->sink_state, NULL), LREG_OK);
    assert_int_equal(collected.calls, 1);
    assert_string_equal(collected.text, "{\"a\":1}");
    assert_int_equal(collected.length, 7);
}

static void test_surface_body__an_announced_body_that_came_empty_is_empty(void **state) {
    struct call *call = &((struct fixture *)*state)->call;
    struct collected collected = {0};
    call->has_body = true;
    assert_int_equal(call_read_body(call, 10, take, &collected, NULL), LREG_OK);
    assert_int_equal(call->sink->finish(call, call->sink_state, NULL), LREG_OK);
    assert_string_equal(collected.text, "");
}

static void test_surface_body__the_limit_is_exact(void **state) {
    struct call *call = &((struct fixture *)*state)->call;
    struct collected collected = {0};
    call->has_body = true;
    assert_int_equal(call_read_body(call, 10, take, &collected, NULL), LREG_OK);
    assert_int_equal(write_text(call, "0123456789"), LREG_OK);
    struct error err;
    assert_int_equal(call->sink->write(call, call->sink_state, "x", 1, &err), LREG_TOO_LARGE);
    assert_non_null(strstr(err.message, "10 bytes"));
    assert_int_equal(collected.calls, 0);
}

static void test_surface_body__a_length_beyond_the_limit_is_refused_at_once(void **state) {
    struct call *call = &((struct fixture *)*state)->call;
    call->has_body = true;
    call->has_length = true;
    call->body_length = 11;
    assert_int_equal(call_read_body(call, 10, take, NULL, NULL), LREG_TOO_LARGE);
    assert_null(call->sink);
    call->body_length = 10;
    assert_int_equal(call_read_body(call, 10, take, NULL, NULL), LREG_OK);
    assert_non_null(call->sink);
}
