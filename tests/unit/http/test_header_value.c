/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens, parameters and media types. */
#include "http/header_internal.h"
#include "http/headers.h"

#include "unit/http/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

static void expect_text(const char *context, const char *found, const char *expected) {
    if (!text_equals(found, expected)) {
        fail_msg("\"%s\" gives \"%s\"", context, found != NULL ? found : "(null)");
    }
}

static void test_http_header_value__media_type_is_lowered_and_trimmed(void **state) {
    struct fixture *fixture = *state;
    static const struct {
        const char *value;
        const char *type;
    } cases[] = {
        {"text/plain", "text/plain"},
        {"Text/PLAIN", "text/plain"},
        {" text/plain ; charset=utf-8", "text/plain"},
        {"text/plain;", "text/plain"},
        {"text/plain;;;broken=\"", "text/plain"},
        {"application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.index.v1+json"},
        {"multipart/form-data; boundary=x", "multipart/form-data"},
        {NULL, NULL},
        {"", NULL},
        {"text", NULL},
        {"/", NULL},
        {"text/", NULL},
        {"/plain", NULL},
        {"text/plain/x", NULL},
        {"te xt/plain", NULL},
        {"text /plain", NULL},
        {"text/plain charset=utf-8", NULL},
        {"text/plain, text/html", NULL},
        {"\"text/plain\"", NULL},
        {"text/\x80", NULL},
        {"; charset=utf-8", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_text(cases[i].value, header_media_type(cases[i].value, &fixture->arena), cases[i].type);
    }
}

static void test_http_header_value__parameter_is_looked_up(void **state) {
    struct fixture *fixture = *state;
    static const struct {
        const char *value;
        const char *found; /* the value of "a" */
    } cases[] = {
        {"x/y; a=b", "b"},
        {"x/y;a=b", "b"},
        {"x/y \t;\t a=b", "b"},
        {"x/y; A=b", "b"},
        {"x/y; a=B", "B"},
        {"x/y; c=d; a=b; e=f", "b"},
        {"x/y; a=\"b\"", "b"},
        {"x/y; a=\"\"", ""},
        {"x/y; a=\"b c;d=e,f\"", "b c;d=e,f"},
        {"x/y; a=\"b\\\"c\\\\d\\e\"", "b\"c\\de"},
        {"x/y; c=\"; a=z\"; a=b", "b"},
        {"x/y; a=----=_Part_1_2.3", "----=_Part_1_2.3"},
        {"x/y; a=b=c", "b=c"},
        {"x/y; a=\xc3\xa9", "\xc3\xa9"},
        {"x/y;;; ;a=b;;", "b"},
        {"x/y; a=b ", "b"},
        {"; a=b", "b"},
        {NULL, NULL},
        {"", NULL},
        {"a=b", NULL},
        {"x/y", NULL},
        {"x/y;", NULL},
        {"x/y; aa=b", NULL},
        {"x/y; a", NULL},
        {"x/y; a=", NULL},
        {"x/y; a=;", NULL},
        {"x/y; a =b", NULL},
        {"x/y; a= b", NULL},
        {"x/y; =b", NULL},
        {"x/y; a=b c", NULL},
        {"x/y; a=b, c=d", NULL},
        {"x/y; a=\"b", NULL},
        {"x/y; a=\"b\\", NULL},
        {"x/y; a=\"b\\\"", NULL},
        {"x/y; a=\"b\"c", NULL},
        {"x/y; a=b\"c\"", NULL},
        {"x/y; a=b; a=c", NULL},
        {"x/y; a=b; A=b", NULL},
        {"x/y; a=b; broken", NULL},
        {"x/y; broken=\"; a=b", NULL},
        {"x/y; a=\"b\x01\"", NULL},
        {"x/y; a=b\x7f", NULL},
        {"x/y; a=b\\c", NULL},
        {"x/y; \xc3\xa9=b; a=c", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_text(cases[i].value, header_parameter(cases[i].value, "a", &fixture->arena), cases[i].found);
    }
}

static void test_http_header_value__no_memory_gives_null(void **state) {
    struct fixture *fixture = *state;
    struct arena none;
    arena_init(&none, &fixture->hooks, 0);
    assert_null(header_media_type("text/plain", &none));
    assert_null(header_parameter("text/plain; a=b", "a", &none));
}

static void test_http_header_value__parameters_are_bounded_by_their_slice(void **state) {
    (void)state;
    static const char text[] = ";a=b\";c=\"d\"";
    struct slice rest = {text, 4};
    struct header_parameter parameter;
    assert_int_equal(header_next_parameter(&rest, &parameter), HEADER_STEP_FOUND);
    assert_int_equal(parameter.value.length, 1);
    assert_int_equal(header_next_parameter(&rest, &parameter), HEADER_STEP_END);
    for (size_t length = 0; length < sizeof text; length++) {
        char *copy = malloc(length > 0 ? length : 1); /* so that the tools detect a read past the end of the slice */
        assert_non_null(copy);
        memcpy(copy, text, length);
        rest = (struct slice){copy, length};
        while (header_next_parameter(&rest, &parameter) == HEADER_STEP_FOUND) {
            assert_true(parameter.value.bytes + parameter.value.length <= copy + length);
        }
        free(copy);
    }
}
