/* SPDX-License-Identifier: Apache-2.0 */
/* The list of header fields, its members, and Accept. */
#include "http/headers.h"

#include "unit/http/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

static void add(struct headers *headers, const char *name, const char *value) {
    assert_int_equal(headers_add(headers, name, value, NULL), LREG_OK);
}

static struct headers new_headers(void **state) {
    struct headers headers;
    headers_init(&headers, &((struct fixture *)*state)->arena);
    return headers;
}

static void test_http_headers__names_are_found_without_case(void **state) {
    struct headers headers = new_headers(state);
    add(&headers, "Content-Type", "text/plain");
    add(&headers, "X-Thing", "1");
    add(&headers, "x-thing", "2");
    assert_string_equal(headers_find(&headers, "content-type"), "text/plain");
    assert_string_equal(headers_find(&headers, "CONTENT-TYPE"), "text/plain");
    assert_string_equal(headers_find(&headers, "X-THING"), "1");
    assert_null(headers_find(&headers, "Content"));
    assert_null(headers_find(&headers, ""));
    assert_int_equal(headers_count(&headers, "x-Thing"), 2);
    assert_int_equal(headers_count(&headers, "missing"), 0);
    assert_string_equal(headers.fields[2].name, "x-thing");
}

static void test_http_headers__values_are_trimmed_and_copied(void **state) {
    struct headers headers = new_headers(state);
    char name[] = "Name";
    char value[] = " \t a b \t ";
    add(&headers, name, value);
    memset(name, 'x', sizeof name - 1);
    memset(value, 'x', sizeof value - 1);
    assert_string_equal(headers_find(&headers, "Name"), "a b");
    add(&headers, "Empty", "");
    add(&headers, "Blank", " \t ");
    assert_string_equal(headers_find(&headers, "Empty"), "");
    assert_string_equal(headers_find(&headers, "Blank"), "");
}

static void test_http_headers__malformed_fields_are_refused(void **state) {
    static const char *const names[] = {"",    " ",    "a b",  " a",       "a ",    "a:",    ":",   "a\t",
                                        "a\n", "a\"b", "a(b)", "a/b",      "a,b",   "a;b",   "a=b", "a[b",
                                        "a{b", "a@b",  "a\\b", "\xc3\xa9", "a\x7f", "a\x01", "?"};
    static const char *const values[] = {"a\r", "a\n", "\r\nX: y", "a\r\n b", "\n", "\r", "a\rb"};
    struct headers headers = new_headers(state);
    struct error err;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(headers_add(&headers, names[i], "v", &err), LREG_BAD_ARGUMENT);
        assert_string_equal(err.code, "bad_header");
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_int_equal(headers_add(&headers, "Name", values[i], &err), LREG_BAD_ARGUMENT);
        assert_int_equal(headers_set(&headers, "Name", values[i], &err), LREG_BAD_ARGUMENT);
        assert_int_equal(headers_add_format(&headers, &err, "Name", "%s", values[i]), LREG_BAD_ARGUMENT);
    }
    assert_int_equal(headers.count, 0);
}

static void test_http_headers__all_token_characters_make_a_name(void **state) {
    struct headers headers = new_headers(state);
    add(&headers, "!#$%&'*+-.^_`|~09azAZ", "v");
    assert_string_equal(headers_find(&headers, "!#$%&'*+-.^_`|~09azaz"), "v");
}

static void test_http_headers__format_makes_the_value(void **state) {
    struct headers headers = new_headers(state);
    assert_int_equal(headers_add_format(&headers, NULL, "Content-Range", "bytes %d-%d/%d", 1, 2, 3), LREG_OK);
    assert_string_equal(headers_find(&headers, "Content-Range"), "bytes 1-2/3");
}

static void test_http_headers__set_replaces_all_of_a_name(void **state) {
    struct headers headers = new_headers(state);
    add(&headers, "A", "1");
    add(&headers, "B", "2");
    add(&headers, "a", "3");
    add(&headers, "C", "4");
    add(&headers, "A", "5");
    assert_int_equal(headers_set(&headers, "A", headers_find(&headers, "C"), NULL), LREG_OK);
    assert_int_equal(headers.count, 3);
    assert_int_equal(headers_count(&headers, "a"), 1);
    assert_string_equal(headers.fields[0].value, "4");
    assert_string_equal(headers.fields[1].name, "B");
    assert_string_equal(headers.fields[2].name, "C");
    assert_int_equal(headers_set(&headers, "D", "6", NULL), LREG_OK);
    assert_string_equal(headers.fields[3].value, "6");
}

static void test_http_headers__many_fields_keep_their_order(void **state) {
    struct headers headers = new_headers(state);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(headers_add_format(&headers, NULL, "Name", "%d", i), LREG_OK);
    }
    assert_int_equal(headers.count, 1000);
    assert_string_equal(headers.fields[0].value, "0");
    assert_string_equal(headers.fields[999].value, "999");
}

static void test_http_headers__failed_addition_changes_nothing(void **state) {
    struct fixture *fixture = *state;
    bool was_complete = false;
    for (size_t limit = 0; !was_complete; limit += 16) {
        struct arena small;
        struct headers headers;
        struct error err;
        arena_init(&small, &fixture->hooks, limit);
        headers_init(&headers, &small);
        size_t added = 0;
        lreg_status status = LREG_OK;
        while (added < 20 && status == LREG_OK) {
            status = headers_add_format(&headers, &err, "Name", "%zu", added);
            added += status == LREG_OK ? 1 : 0;
        }
        assert_int_equal(headers.count, added);
        if (added > 0) {
            assert_string_equal(headers.fields[added - 1].name, "Name");
        }
        if (status != LREG_OK) {
            assert_int_equal(status, LREG_NO_MEMORY);
        }
        was_complete = added == 20;
        arena_free(&small);
        assert_true(limit < 65536);
    }
}

/* All members, joined by '|'. */
static const char *members(void **state, const struct headers *headers, const char *name) {
    struct fixture *fixture = *state;
    struct header_position position = {0};
    struct slice member;
    const char *text = "";
    while (headers_next_member(headers, name, &position, &member)) {
        text =
            arena_format(&fixture->arena, "%s%s%.*s", text, *text != '\0' ? "|" : "", (int)member.length, member.bytes);
    }
    assert_false(headers_next_member(headers, name, &position, &member));
    return text;
}

static void test_http_headers__members_are_cut_at_commas(void **state) {
    static const struct {
        const char *value;
        const char *joined;
    } cases[] = {
        {"a", "a"},
        {"a,b", "a|b"},
        {"a, b ,\tc", "a|b|c"},
        {"", ""},
        {",", ""},
        {", ,,", ""},
        {",a,,b,", "a|b"},
        {"a b", "a b"},
        {"\"a,b\",c", "\"a,b\"|c"},
        {"x=\"a\\\",b\",c", "x=\"a\\\",b\"|c"},
        {"\"a\\\\\",b", "\"a\\\\\"|b"},
        {"\"open,a", "\"open,a"},
        {"\"open\\", "\"open\\"},
        {"a\\,b", "a\\|b"},
        {"a\"b,c\"d,e", "a\"b,c\"d|e"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct headers headers = new_headers(state);
        add(&headers, "List", cases[i].value);
        assert_string_equal(members(state, &headers, "list"), cases[i].joined);
    }
}

static void test_http_headers__members_of_several_fields_follow_each_other(void **state) {
    struct headers headers = new_headers(state);
    assert_string_equal(members(state, &headers, "List"), "");
    add(&headers, "Other", "x,y");
    add(&headers, "List", "a,b");
    add(&headers, "Other", "z");
    add(&headers, "LIST", "");
    add(&headers, "list", "\"c");
    add(&headers, "List", "d");
    assert_string_equal(members(state, &headers, "List"), "a|b|\"c|d");
    assert_string_equal(members(state, &headers, "Other"), "x|y|z");
    assert_string_equal(members(state, &headers, "None"), "");
}

static void expect_quality(void **state, const char *accept, const char *type, const char *subtype, unsigned quality) {
    struct headers headers = new_headers(state);
    add(&headers, "Accept", accept);
    unsigned found = headers_accept_quality(&headers, type, subtype);
    if (found != quality) {
        fail_msg("\"%s\" gives %s/%s %u", accept, type, subtype, found);
    }
}

static void test_http_headers__accept_takes_the_most_specific_range(void **state) {
    expect_quality(state, "text/html", "text", "html", 1000);
    expect_quality(state, "TEXT/HTML", "text", "html", 1000);
    expect_quality(state, "text/html", "text", "plain", 0);
    expect_quality(state, "text/\052", "text", "plain", 1000);
    expect_quality(state, "text/\052", "application", "json", 0);
    expect_quality(state, "\052/\052", "application", "json", 1000);
    expect_quality(state, "*", "application", "json", 1000);
    expect_quality(state, "\052/json", "application", "json", 0);
    expect_quality(state, "text/html;q=0.5, \052/\052;q=0.1", "text", "html", 500);
    expect_quality(state, "\052/\052;q=0.1, text/html;q=0.5", "text", "html", 500);
    expect_quality(state, "text/\052;q=0.9, text/html;q=0.5", "text", "html", 500);
    expect_quality(state, "text/\052;q=0.9, \052/\052", "text", "html", 900);
    expect_quality(state, "text/html;q=0, \052/\052", "text", "html", 0);
    expect_quality(state, "text/html;q=0.3, text/html;q=0.7", "text", "html", 700);
    expect_quality(state, "text/html;level=1, text/html;q=0.4", "text", "html", 400);
    expect_quality(state, "application/json; charset=utf-8", "application", "json", 1000);
    expect_quality(state, "application/json;profile=\"a,b;q=0\";q=0.2", "application", "json", 200);
    /* RFC 9110 section 12.5.1 */
    const char *accept =
        "text/\052;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, \052/\052;q=0.5";
    expect_quality(state, accept, "text", "plain", 700);
    expect_quality(state, accept, "text", "html", 300);
    expect_quality(state, accept, "image", "jpeg", 500);
    /* As browsers send it. */
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,\052/\052;q=0.8";
    expect_quality(state, accept, "text", "html", 1000);
    expect_quality(state, accept, "application", "json", 800);
}

static void test_http_headers__quality_has_up_to_three_decimals(void **state) {
    static const struct {
        const char *quality;
        unsigned value;
    } cases[] = {{"0", 0},       {"1", 1000},     {"0.", 0},    {"1.", 1000},   {"0.0", 0},   {"0.5", 500},
                 {"0.50", 500},  {"0.05", 50},    {"0.005", 5}, {"0.999", 999}, {"0.000", 0}, {"1.0", 1000},
                 {"1.00", 1000}, {"1.000", 1000}, {".5", 500},  {".2", 200},    {".123", 123}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture *fixture = *state;
        expect_quality(state, arena_format(&fixture->arena, "a/b;q=%s, \052/\052;q=0.3", cases[i].quality), "a", "b",
                       cases[i].value);
        expect_quality(state, arena_format(&fixture->arena, "a/b ; Q=%s ;, \052/\052;q=0.3", cases[i].quality), "a",
                       "b", cases[i].value);
    }
}

static void test_http_headers__malformed_members_of_accept_do_not_count(void **state) {
    static const char *const bad[] = {
        "a/b;q=",      "a/b;q=2",  "a/b;q=1.1",   "a/b;q=0.1234", "a/b;q=-1", "a/b;q=x",   "a/b;q=0.x",
        "a/b;q=.",     "a/b;q=00", "a/b;q=\"1\"", "a/b;q=1.001",  "a/b;q",    "a/b;=1",    "a/b q=1",
        "/b",          "a/",       "a",           "a/b/c",        "a b/c",    "/",         ";q=1",
        "a/b;q=1.5.0", "a/b;x=\"", "a/b;q=10",    "a/b;q =1",     "a/b;q= 1", "a/b;q=1e0",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct headers headers = new_headers(state);
        add(&headers, "Accept", "x/y;q=0.1");
        add(&headers, "Accept", bad[i]);
        if (headers_accept_quality(&headers, "a", "b") != 0) {
            fail_msg("\"%s\" counted", bad[i]);
        }
        assert_int_equal(headers_accept_quality(&headers, "x", "y"), 100);
    }
}

static void test_http_headers__without_a_range_everything_is_accepted(void **state) {
    struct headers headers = new_headers(state);
    assert_int_equal(headers_accept_quality(&headers, "a", "b"), 1000);
    expect_quality(state, "", "a", "b", 1000);
    expect_quality(state, " , ,", "a", "b", 1000);
    expect_quality(state, "x/y/z, x y/z, x/, /y, x", "a", "b", 1000);
}

static void test_http_headers__accept_fields_count_together(void **state) {
    struct headers headers = new_headers(state);
    add(&headers, "Accept", "application/vnd.oci.image.manifest.v1+json");
    add(&headers, "Accept", "application/vnd.oci.image.index.v1+json;q=0.5");
    add(&headers, "Accept", "\052/\052;q=0.001");
    assert_int_equal(headers_accept_quality(&headers, "application", "vnd.oci.image.manifest.v1+json"), 1000);
    assert_int_equal(headers_accept_quality(&headers, "application", "vnd.oci.image.index.v1+json"), 500);
    assert_int_equal(headers_accept_quality(&headers, "text", "html"), 1);
}
