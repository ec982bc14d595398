/* SPDX-License-Identifier: Apache-2.0 */
/* Request targets, form texts, percent-encoding. */
#include "http/url.h"

#include "unit/http/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

static struct url parse(struct fixture *fixture, const char *target) {
    struct url url;
    struct error err;
    error_clear(&err);
    if (url_parse(&url, target, &fixture->arena, &err) != LREG_OK) {
        fail_msg("\"%s\" is refused: %s", target, err.message);
    }
    return url;
}

static void expect_refused(struct fixture *fixture, const char *target) {
    struct url url;
    struct error err;
    error_clear(&err);
    memset(&url, 0x55, sizeof url);
    if (url_parse(&url, target, &fixture->arena, &err) != LREG_BAD_ARGUMENT) {
        fail_msg("\"%s\" is accepted", target);
    }
    assert_string_equal(err.code, "bad_target");
    assert_true(err.message[0] != '\0');
    assert_null(url.path);
    assert_null(url.segments);
    assert_int_equal(url.segment_count, 0);
    assert_int_equal(url.parameter_count, 0);
}

/* The decoded segments, joined by '|'. */
static void expect_segments(struct fixture *fixture, const char *target, const char *path, const char *joined) {
    struct url url = parse(fixture, target);
    const char *text = "";
    for (size_t i = 0; i < url.segment_count; i++) {
        text = arena_format(&fixture->arena, "%s%s%s", text, i > 0 ? "|" : "", url.segments[i]);
    }
    assert_string_equal(text, joined);
    assert_string_equal(url.path, path);
}

static void test_http_url__segments_are_decoded(void **state) {
    struct fixture *fixture = *state;
    expect_segments(fixture, "/a", "/a", "a");
    expect_segments(fixture, "/a/b/c", "/a/b/c", "a|b|c");
    expect_segments(fixture, "/v2/org/registry/image/manifests/sha256:00", "/v2/org/registry/image/manifests/sha256:00",
                    "v2|org|registry|image|manifests|sha256:00");
    expect_segments(fixture, "/a%20b", "/a%20b", "a b");
    expect_segments(fixture, "/%41%5A%61%7a", "/%41%5A%61%7a", "AZaz");
    expect_segments(fixture, "/a+b", "/a+b", "a+b");
    expect_segments(fixture, "/a%2Bb", "/a%2Bb", "a+b");
    expect_segments(fixture, "/100%25", "/100%25", "100%");
    expect_segments(fixture, "/%252e%252e", "/%252e%252e", "%2e%2e");
    expect_segments(fixture, "/%252F", "/%252F", "%2F");
    expect_segments(fixture, "/%c3%a9", "/%c3%a9", "\xc3\xa9");
    expect_segments(fixture, "/%C3%A9", "/%C3%A9", "\xc3\xa9");
    expect_segments(fixture, "/\xc3\xa9", "/\xc3\xa9", "\xc3\xa9");
    expect_segments(fixture, "/%F0%9F%98%80", "/%F0%9F%98%80", "\xf0\x9f\x98\x80");
    expect_segments(fixture, "/...", "/...", "...");
    expect_segments(fixture, "/.a", "/.a", ".a");
    expect_segments(fixture, "/a..", "/a..", "a..");
    expect_segments(fixture, "/-/health", "/-/health", "-|health");
    expect_segments(fixture, "/a;b=c/d,e", "/a;b=c/d,e", "a;b=c|d,e");
    expect_segments(fixture, "/!$&'()*:@=~_", "/!$&'()*:@=~_", "!$&'()*:@=~_");
    expect_segments(fixture, "/%23%3F", "/%23%3F", "#?");
    expect_segments(fixture, "/\052", "/\052", "*");
}

static void test_http_url__slashes_at_the_ends_count_as_told(void **state) {
    struct fixture *fixture = *state;
    struct url url = parse(fixture, "/");
    assert_int_equal(url.segment_count, 0);
    assert_string_equal(url.path, "/");
    url = parse(fixture, "/a/");
    assert_int_equal(url.segment_count, 2);
    assert_string_equal(url.segments[0], "a");
    assert_string_equal(url.segments[1], "");
    url = parse(fixture, "/v2/?x=1");
    assert_int_equal(url.segment_count, 2);
    assert_string_equal(url.path, "/v2/");
}

static void test_http_url__absolute_form_loses_its_authority(void **state) {
    struct fixture *fixture = *state;
    expect_segments(fixture, "http://example.test/a/b", "/a/b", "a|b");
    expect_segments(fixture, "https://example.test:8443/a", "/a", "a");
    expect_segments(fixture, "HTTP://EXAMPLE.test/a", "/a", "a");
    expect_segments(fixture, "http://[::1]:80/a", "/a", "a");
    expect_segments(fixture, "http://example.test", "/", "");
    expect_segments(fixture, "http://example.test/", "/", "");
    expect_segments(fixture, "http://example.test/http:", "/http:", "http:");
}

static void test_http_url__query_of_an_absolute_form_without_path_is_found(void **state) {
    struct url url = parse(*state, "http://example.test?a=1");
    assert_string_equal(url.path, "/");
    assert_string_equal(url.query, "a=1");
    assert_string_equal(url_parameter(&url, "a"), "1");
}

static void test_http_url__malformed_targets_are_refused(void **state) {
    static const char *const targets[] = {
        "",
        "*",
        "a",
        "a/b",
        "?",
        "?a=b",
        "example.test:443",
        "http:",
        "http:/",
        "http://",
        "http:///",
        "http:///a",
        "http://?a",
        "http:/a",
        "https//a/b",
        "ftp://example.test/a",
        "file:///etc/passwd",
        "http//a",
        "://a/b",
        "http://user@example.test/a",
        "http://user:secret@example.test/a",
        "javascript:x",
        "//",
        "//a",
        "//a/b",
        "/a//b",
        "/a//",
        "///",
        "/a b",
        " /a",
        "/a ",
        "/a\tb",
        "/a\r\nb",
        "/a\x7f",
        "/a\x01",
        "/a#b",
        "/#",
        "/a?b#c",
        "#",
        "http://example.test//a",
        "http://exam ple.test/a",
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        expect_refused(*state, targets[i]);
    }
}

static void test_http_url__bad_escapes_are_refused(void **state) {
    static const char *const targets[] = {
        "/%",   "/a%",   "/%1",    "/%a",     "/%g0",   "/%0g",       "/%%",        "/%%41", "/% 1",
        "/%-1", "/%+1",  "/%0x",   "/%u0041", "/a%2",   "/a%2/b",     "/%\xc3\xa9", "/%zz",  "/a/%/b",
        "/?%",  "/?a=%", "/?a=%4", "/?a=%4g", "/?%4=a", "/?a=1&b=%%", "/?a=%&b=41",
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        expect_refused(*state, targets[i]);
    }
}

static void test_http_url__escapes_that_hide_something_are_refused(void **state) {
    static const char *const targets[] = {
        "/.",       "/..",      "/./a",        "/a/.",     "/a/..",       "/a/../b",    "/a/./b", "/%2e",
        "/%2E",     "/%2e%2e",  "/.%2e",       "/%2E.",    "/a/%2e%2e/b", "/a%2fb",     "/a%2Fb", "/%2f",
        "/a%5cb",   "/a%5Cb",   "/a\\b",       "/\\",      "/..\\a",      "/..%5c..",   "/a%00",  "/%00",
        "/a%00b",   "/a%0a",    "/a%0Db",      "/%09",     "/%1f",        "/%7f",       "/%7F",   "/a?b=%00",
        "/a?%00=b", "/a?b=%0a", "/a?b=%0d%0a", "/a?b=%09", "/a?b=%7f",    "/?b=%1b%5b",
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        expect_refused(*state, targets[i]);
    }
}

static void test_http_url__bytes_that_are_not_utf8_are_refused(void **state) {
    static const char *const targets[] = {
        "/\xff",      "/\xc3",      "/%ff",          "/%c3",       "/%c3/%a9",         "/%c0%ae",  "/%c0%af",
        "/%e0%80%af", "/%ed%a0%80", "/%f4%90%80%80", "/%80",       "/\xc0\xae",        "/\xc3%a9", "/%c3\xa9",
        "/?\xff",     "/?a=%ff",    "/?a=%c3&b=%a9", "/?%c0%80=a", "/%f8%88%80%80%80",
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        expect_refused(*state, targets[i]);
    }
}

static void test_http_url__every_single_raw_byte_is_taken_or_refused_as_told(void **state) {
    for (int byte = 1; byte < 256; byte++) {
        char target[] = {'/', 'a', (char)byte, 'b', '\0'};
        struct url url;
        bool is_sound = byte > 0x20 && byte < 0x7f && strchr("#%\\", byte) == NULL;
        lreg_status status = url_parse(&url, target, &((struct fixture *)*state)->arena, NULL);
        assert_int_equal(status, is_sound ? LREG_OK : LREG_BAD_ARGUMENT);
    }
}

static void test_http_url__every_escaped_byte_is_taken_or_refused_as_told(void **state) {
    struct fixture *fixture = *state;
    for (int byte = 0; byte < 256; byte++) {
        struct url url;
        bool is_sound = byte >= 0x20 && byte < 0x7f && byte != '/' && byte != '\\' && byte != '.';
        const char *target = arena_format(&fixture->arena, "/%%%02x", (unsigned)byte);
        lreg_status status = url_parse(&url, target, &fixture->arena, NULL);
        assert_int_equal(status, is_sound ? LREG_OK : LREG_BAD_ARGUMENT);
        if (is_sound) {
            assert_int_equal(url.segments[0][0], byte);
            assert_int_equal(url.segments[0][1], 0);
        }
    }
}

static void test_http_url__query_becomes_parameters(void **state) {
    struct url url = parse(*state, "/p?a=1&b=two+words&c=%26%3D%2f&a=3&d&=x&e=&&f=a=b");
    assert_string_equal(url.path, "/p");
    assert_string_equal(url.query, "a=1&b=two+words&c=%26%3D%2f&a=3&d&=x&e=&&f=a=b");
    assert_int_equal(url.parameter_count, 8);
    assert_string_equal(url_parameter(&url, "a"), "1");
    assert_string_equal(url_parameter_at(&url, "a", 0), "1");
    assert_string_equal(url_parameter_at(&url, "a", 1), "3");
    assert_null(url_parameter_at(&url, "a", 2));
    assert_string_equal(url_parameter(&url, "b"), "two words");
    assert_string_equal(url_parameter(&url, "c"), "&=/");
    assert_string_equal(url_parameter(&url, "d"), "");
    assert_string_equal(url_parameter(&url, ""), "x");
    assert_string_equal(url_parameter(&url, "e"), "");
    assert_string_equal(url_parameter(&url, "f"), "a=b");
    assert_null(url_parameter(&url, "A"));
    assert_null(url_parameter(&url, "missing"));
}

static void test_http_url__query_is_absent_or_empty(void **state) {
    struct url url = parse(*state, "/p");
    assert_null(url.query);
    assert_int_equal(url.parameter_count, 0);
    assert_null(url_parameter(&url, "a"));
    url = parse(*state, "/p?");
    assert_string_equal(url.query, "");
    assert_int_equal(url.parameter_count, 0);
    url = parse(*state, "/p?&&&");
    assert_int_equal(url.parameter_count, 0);
    url = parse(*state, "/p?a=?&b=/../x\\");
    assert_string_equal(url_parameter(&url, "a"), "?");
    assert_string_equal(url_parameter(&url, "b"), "/../x\\");
}

static char *repeated(struct fixture *fixture, const char *first, const char *piece, size_t count) {
    size_t length = strlen(piece);
    char *text = arena_allocate(&fixture->arena, strlen(first) + length * count + 1);
    assert_non_null(text);
    memcpy(text, first, strlen(first));
    for (size_t i = 0; i < count; i++) {
        memcpy(text + strlen(first) + i * length, piece, length);
    }
    text[strlen(first) + length * count] = '\0';
    return text;
}

static void test_http_url__maxima_hold(void **state) {
    struct fixture *fixture = *state;
    struct url url;
    struct error err;
    assert_int_equal(parse(fixture, repeated(fixture, "", "/a", URL_SEGMENTS_MAX)).segment_count, URL_SEGMENTS_MAX);
    assert_int_equal(url_parse(&url, repeated(fixture, "", "/a", URL_SEGMENTS_MAX + 1), &fixture->arena, &err),
                     LREG_URI_TOO_LONG);
    assert_string_equal(err.code, "too_many_segments");
    assert_int_equal(url_parse(&url, repeated(fixture, "", "/", 100000), &fixture->arena, &err), LREG_URI_TOO_LONG);
    assert_int_equal(parse(fixture, repeated(fixture, "/?", "a&", URL_PARAMETERS_MAX)).parameter_count,
                     URL_PARAMETERS_MAX);
    assert_int_equal(url_parse(&url, repeated(fixture, "/?", "a&", URL_PARAMETERS_MAX + 1), &fixture->arena, &err),
                     LREG_BAD_ARGUMENT);
    assert_string_equal(err.code, "too_many_parameters");
    assert_int_equal(parse(fixture, repeated(fixture, "/?", "&", 100000)).parameter_count, 0);
}

static void test_http_url__form_may_have_line_ends(void **state) {
    struct fixture *fixture = *state;
    struct url_parameter *parameters = NULL;
    size_t count = 0;
    assert_int_equal(url_parse_parameters("policy=a%0D%0A%09b&name=x+y", &fixture->arena, &parameters, &count, NULL),
                     LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(parameters[0].value, "a\r\n\tb");
    assert_string_equal(parameters[1].value, "x y");
    assert_int_equal(url_parse_parameters("", &fixture->arena, &parameters, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
}

static void test_http_url__malformed_form_is_refused(void **state) {
    struct fixture *fixture = *state;
    static const char *const forms[] = {"%",     "a=%0",   "a=%00",     "a=%01",  "%7f=a",
                                        "a=%ff", "a=\xff", "a=b&c=%zz", "a\x1b=b"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct url_parameter *parameters = NULL;
        size_t count = 5;
        struct error err;
        assert_int_equal(url_parse_parameters(forms[i], &fixture->arena, &parameters, &count, &err), LREG_BAD_ARGUMENT);
        assert_string_equal(err.code, "bad_form");
        assert_int_equal(count, 0);
        assert_null(parameters);
    }
}

static void test_http_url__encoding_keeps_only_what_is_unreserved(void **state) {
    struct fixture *fixture = *state;
    assert_string_equal(url_encode("", &fixture->arena), "");
    assert_string_equal(url_encode("AZaz09-._~", &fixture->arena), "AZaz09-._~");
    assert_string_equal(url_encode("a b+c/d?e#f%g", &fixture->arena), "a%20b%2Bc%2Fd%3Fe%23f%25g");
    assert_string_equal(url_encode("\xc3\xa9\x01\xff", &fixture->arena), "%C3%A9%01%FF");
}

static void test_http_url__encoded_text_decodes_to_itself(void **state) {
    struct fixture *fixture = *state;
    static const char *const texts[] = {"a b",     "100%",       "a+b", "\xc3\xa9t\xc3\xa9",
                                        "a&b=c;d", "\"quoted\"", "%41", "?#"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *encoded = url_encode(texts[i], &fixture->arena);
        struct url url = parse(fixture, arena_format(&fixture->arena, "/%s?n=%s", encoded, encoded));
        assert_string_equal(url.segments[0], texts[i]);
        assert_string_equal(url_parameter(&url, "n"), texts[i]);
    }
}

static void test_http_url__every_failing_allocation_is_reported(void **state) {
    struct fixture *fixture = *state;
    bool was_complete = false;
    for (size_t limit = 0; !was_complete; limit += 16) {
        struct arena small;
        struct url url;
        struct error err;
        arena_init(&small, &fixture->hooks, limit);
        lreg_status status = url_parse(&url, "/a/b/c?d=e&f=g", &small, &err);
        was_complete = status == LREG_OK;
        assert_true(was_complete || (status == LREG_NO_MEMORY && url.path == NULL));
        assert_true(was_complete || url_encode("abcdefabcdef", &small) == NULL || limit > 0);
        arena_free(&small);
        assert_true(limit < 4096);
    }
}
