/* SPDX-License-Identifier: Apache-2.0 */
/* The Authorization field. */
#include "http/authorization.h"

#include "base/encoding.h"
#include "unit/http/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

static struct authorization parse(struct fixture *fixture, const char *value) {
    struct authorization out;
    assert_int_equal(authorization_parse(value, &fixture->arena, &out, NULL), LREG_OK);
    return out;
}

static void expect_scheme(struct fixture *fixture, const char *value, enum authorization_scheme scheme) {
    struct authorization out = parse(fixture, value);
    if (out.scheme != scheme) {
        fail_msg("\"%s\" gives scheme %d", value, (int)out.scheme);
    }
    if (scheme != AUTHORIZATION_BASIC) {
        assert_null(out.user);
    }
    if (scheme != AUTHORIZATION_BASIC && scheme != AUTHORIZATION_BEARER) {
        assert_null(out.secret);
    }
}

static void expect_basic(struct fixture *fixture, const char *value, const char *user, const char *secret) {
    struct authorization out = parse(fixture, value);
    assert_int_equal(out.scheme, AUTHORIZATION_BASIC);
    assert_string_equal(out.user, user);
    assert_string_equal(out.secret, secret);
}

/* "Basic " and the base64 of the bytes. */
static const char *basic_of(struct fixture *fixture, const void *bytes, size_t length) {
    char *value = arena_allocate(&fixture->arena, 6 + base64_encoded_length(length) + 1);
    assert_non_null(value);
    memcpy(value, "Basic ", 6);
    base64_encode(bytes, length, value + 6);
    return value;
}

static void test_http_authorization__basic_gives_user_and_secret(void **state) {
    struct fixture *fixture = *state;
    expect_basic(fixture, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"); /* RFC 7617 section 2 */
    expect_basic(fixture, "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame");
    expect_basic(fixture, "BASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame");
    expect_basic(fixture, "Basic    QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame");
    expect_basic(fixture, "  Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==  ", "Aladdin", "open sesame");
    expect_basic(fixture, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ", "Aladdin", "open sesame");
    expect_basic(fixture, "Basic dGVzdDoxMjPCow==", "test", "123\xc2\xa3"); /* RFC 7617 section 2.1 */
    expect_basic(fixture, basic_of(fixture, "buildkite:token", 15), "buildkite", "token");
    expect_basic(fixture, basic_of(fixture, ":token", 6), "", "token");
    expect_basic(fixture, basic_of(fixture, "user:", 5), "user", "");
    expect_basic(fixture, basic_of(fixture, "user:a:b:c", 10), "user", "a:b:c");
    expect_basic(fixture, basic_of(fixture, "::", 2), "", ":");
}

static void test_http_authorization__nobody_is_none(void **state) {
    struct fixture *fixture = *state;
    expect_scheme(fixture, NULL, AUTHORIZATION_NONE);
    expect_scheme(fixture, "Basic Og==", AUTHORIZATION_NONE);
    expect_scheme(fixture, "basic Og", AUTHORIZATION_NONE);
}

static void test_http_authorization__bearer_gives_the_token(void **state) {
    struct fixture *fixture = *state;
    static const char *const tokens[] = {
        "a", "abc.def.ghi", "AZaz09-._~+/", "mF_9.B5f-4.1JqM", "abc=", "abc==", "abc====", "bkua_0123456789abcdef",
    };
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        struct authorization out = parse(fixture, arena_format(&fixture->arena, "Bearer %s", tokens[i]));
        assert_int_equal(out.scheme, AUTHORIZATION_BEARER);
        assert_string_equal(out.secret, tokens[i]);
        assert_null(out.user);
    }
    assert_string_equal(parse(fixture, "bEARER  x").secret, "x");
    assert_string_equal(parse(fixture, "\tBearer x\t").secret, "x");
}

static void test_http_authorization__malformed_bearer_is_told(void **state) {
    struct fixture *fixture = *state;
    static const char *const values[] = {
        "Bearer",     "Bearer ",    "Bearer =",    "Bearer ====", "Bearer a b",      "Bearer a,b", "Bearer \"a\"",
        "Bearer a=b", "Bearer a:b", "Bearer \x01", "Bearer a\tb", "Bearer \xc3\xa9", "Bearer a;b", "Bearer a%20b",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        expect_scheme(fixture, values[i], AUTHORIZATION_MALFORMED);
    }
}

static void test_http_authorization__malformed_basic_is_told(void **state) {
    struct fixture *fixture = *state;
    static const char *const values[] = {
        "Basic",
        "Basic ",
        "Basic =",
        "Basic ====",
        "Basic *",
        "Basic QWxhZGRpbg==",
        "Basic QWxh ZGRpbjpv",
        "Basic QWxhZGRpbjpv,",
        "Basic Og==Og==",
        "Basic Og===",
        "Basic O",
        "Basic Oh==",
        "Basic user:password",
        "Basic \xc3\xa9",
        "Basic Og==\x01",
        "Basic Og-_",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        expect_scheme(fixture, values[i], AUTHORIZATION_MALFORMED);
    }
}

static void test_http_authorization__control_characters_in_basic_are_refused(void **state) {
    struct fixture *fixture = *state;
    static const char with_nul[] = "user:to\0ken";
    expect_scheme(fixture, basic_of(fixture, with_nul, sizeof with_nul - 1), AUTHORIZATION_MALFORMED);
    expect_scheme(fixture, basic_of(fixture, "\0", 1), AUTHORIZATION_MALFORMED);
    expect_scheme(fixture, basic_of(fixture, "us\ner:token", 11), AUTHORIZATION_MALFORMED);
    expect_scheme(fixture, basic_of(fixture, "user:token\r\n", 12), AUTHORIZATION_MALFORMED);
    expect_scheme(fixture, basic_of(fixture, "user:\x7f", 6), AUTHORIZATION_MALFORMED);
    expect_scheme(fixture, basic_of(fixture, "us\x7f\xffr:token", 11), AUTHORIZATION_MALFORMED);
    expect_scheme(fixture, basic_of(fixture, "us\xc2\x85r:token", 11), AUTHORIZATION_MALFORMED); /* U+0085 */
}

/* The name is not read, so its encoding does not matter; that of the secret does. */
static void test_http_authorization__user_names_may_be_in_latin_1(void **state) {
    struct fixture *fixture = *state;
    expect_basic(fixture, basic_of(fixture, "m\xfcller:token", 12), "m\xfcller", "token");
    expect_basic(fixture, basic_of(fixture, "user\xa7:to:ken", 12), "user\xa7", "to:ken");
    expect_scheme(fixture, basic_of(fixture, "user:to\xffken", 11), AUTHORIZATION_MALFORMED);
    expect_scheme(fixture, basic_of(fixture, "m\xfcller:to\xfcken", 14), AUTHORIZATION_MALFORMED);
}

static void test_http_authorization__other_schemes_are_told_apart(void **state) {
    struct fixture *fixture = *state;
    expect_scheme(fixture, "Digest username=\"x\"", AUTHORIZATION_OTHER);
    expect_scheme(fixture, "Negotiate", AUTHORIZATION_OTHER);
    expect_scheme(fixture, "Bearerx y", AUTHORIZATION_OTHER);
    expect_scheme(fixture, "AWS4-HMAC-SHA256 Credential=x", AUTHORIZATION_OTHER);
    expect_scheme(fixture, "", AUTHORIZATION_MALFORMED);
    expect_scheme(fixture, "  ", AUTHORIZATION_MALFORMED);
    expect_scheme(fixture, "\"quoted\" x", AUTHORIZATION_MALFORMED);
    expect_scheme(fixture, "\xff\xfe", AUTHORIZATION_MALFORMED);
    expect_scheme(fixture, "Basic\tT2c=", AUTHORIZATION_MALFORMED);
}

static void test_http_authorization__no_memory_is_an_error(void **state) {
    struct fixture *fixture = *state;
    static const char *const values[] = {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Bearer x"};
    for (size_t i = 0; i < 2; i++) {
        struct arena none;
        struct authorization out;
        struct error err;
        arena_init(&none, &fixture->hooks, 0);
        assert_int_equal(authorization_parse(values[i], &none, &out, &err), LREG_NO_MEMORY);
        assert_int_equal(err.status, LREG_NO_MEMORY);
        assert_int_not_equal(out.scheme, AUTHORIZATION_BASIC);
        assert_int_not_equal(out.scheme, AUTHORIZATION_BEARER);
        arena_free(&none);
    }
}
