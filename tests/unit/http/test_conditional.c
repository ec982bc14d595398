/* SPDX-License-Identifier: Apache-2.0 */
/* Preconditions in their order. */
#include "http/conditional.h"

#include "unit/http/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

#define ETAG "\"abc\""
#define MODIFIED_MS INT64_C(784111777123) /* Sun, 06 Nov 1994 08:49:37.123 GMT */
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"

enum {
    GET = true,
    PUT = false
};

struct request_case {
    const char *name;
    const char *value;
    enum conditional_result get;
    enum conditional_result put;
};

static enum conditional_result evaluate(void **state, const char *const *fields, bool is_get, const char *etag,
                                        int64_t modified_ms, bool *use_range) {
    struct headers headers;
    headers_init(&headers, &((struct fixture *)*state)->arena);
    for (; *fields != NULL; fields += 2) {
        assert_int_equal(headers_add(&headers, fields[0], fields[1], NULL), LREG_OK);
    }
    return conditional_evaluate(&headers, is_get, etag, modified_ms, use_range);
}

static void check(void **state, const struct request_case *cases, size_t count, const char *etag, int64_t modified_ms) {
    for (size_t i = 0; i < count; i++) {
        const char *const fields[] = {cases[i].name, cases[i].value, NULL};
        bool use_range = false;
        if (evaluate(state, fields, GET, etag, modified_ms, &use_range) != cases[i].get) {
            fail_msg("GET with %s: %s", cases[i].name, cases[i].value);
        }
        assert_true(use_range);
        if (evaluate(state, fields, PUT, etag, modified_ms, &use_range) != cases[i].put) {
            fail_msg("PUT with %s: %s", cases[i].name, cases[i].value);
        }
        assert_false(use_range);
    }
}

#define CHECK(cases, etag, modified_ms) check(state, cases, sizeof(cases) / sizeof((cases)[0]), etag, modified_ms)

#define GO CONDITIONAL_PROCEED
#define NOT_MODIFIED CONDITIONAL_NOT_MODIFIED
#define FAILED CONDITIONAL_PRECONDITION_FAILED

static void test_http_conditional__if_none_match_compares_weakly(void **state) {
    static const struct request_case cases[] = {
        {"If-None-Match", "\"abc\"", NOT_MODIFIED, FAILED},
        {"if-none-match", "W/\"abc\"", NOT_MODIFIED, FAILED},
        {"If-None-Match", "*", NOT_MODIFIED, FAILED},
        {"If-None-Match", "\"x\", \"abc\"", NOT_MODIFIED, FAILED},
        {"If-None-Match", "\"x\",W/\"abc\",\"y\"", NOT_MODIFIED, FAILED},
        {"If-None-Match", " , ,\"x\" ,, \"abc\" ,", NOT_MODIFIED, FAILED},
        {"If-None-Match", "\"a,b\", \"abc\"", NOT_MODIFIED, FAILED},
        {"If-None-Match", "\"a\\\", \"abc\"", NOT_MODIFIED, FAILED},
        {"If-None-Match", "\"\", \"abc\"", NOT_MODIFIED, FAILED},
        {"If-None-Match", "\"\xc3\xa9\", \"abc\"", NOT_MODIFIED, FAILED},
        {"If-None-Match", "\"ABC\"", GO, GO},
        {"If-None-Match", "\"abcd\"", GO, GO},
        {"If-None-Match", "\"ab\"", GO, GO},
        {"If-None-Match", "\"\"", GO, GO},
        {"If-None-Match", "", GO, GO},
        {"If-None-Match", "abc", GO, GO},
        {"If-None-Match", "\"abc", GO, GO},
        {"If-None-Match", "w/\"abc\"", GO, GO},
        {"If-None-Match", "W/abc", GO, GO},
        {"If-None-Match", "W/ \"abc\"", GO, GO},
        {"If-None-Match", "\"x\" \"abc\"", GO, GO},
        {"If-None-Match", "junk, \"abc\"", GO, GO},
        {"If-None-Match", "\"abc\"x", GO, GO},
        {"If-None-Match", "\"a bc\", \"abc\"", GO, GO},
        {"If-None-Match", "\"x\", *", GO, GO},
        {"If-None-Match", "**", GO, GO},
        {"If-None-Match", "W/", GO, GO},
        {"If-None-Match", "W", GO, GO},
    };
    CHECK(cases, ETAG, MODIFIED_MS);
}

static void test_http_conditional__if_match_compares_strongly(void **state) {
    static const struct request_case cases[] = {
        {"If-Match", "\"abc\"", GO, GO},
        {"If-Match", "*", GO, GO},
        {"If-Match", "\"x\", \"abc\"", GO, GO},
        {"If-Match", "W/\"abc\", \"abc\"", GO, GO},
        {"If-Match", "W/\"abc\"", FAILED, FAILED},
        {"If-Match", "\"x\"", FAILED, FAILED},
        {"If-Match", "\"x\", \"y\"", FAILED, FAILED},
        {"If-Match", "", FAILED, FAILED},
        {"If-Match", "abc", FAILED, FAILED},
        {"If-Match", "\"abc", FAILED, FAILED},
    };
    CHECK(cases, ETAG, MODIFIED_MS);
}

static void test_http_conditional__nothing_matches_what_is_not_there(void **state) {
    static const struct request_case cases[] = {
        {"If-Match", "*", FAILED, FAILED},   {"If-Match", "\"abc\"", FAILED, FAILED},
        {"If-None-Match", "*", GO, GO},      {"If-None-Match", "\"abc\"", GO, GO},
        {"If-Modified-Since", DATE, GO, GO}, {"If-Unmodified-Since", DATE, GO, GO},
    };
    CHECK(cases, NULL, -1);
}

static void test_http_conditional__star_matches_a_representation_without_tag(void **state) {
    static const struct request_case cases[] = {
        {"If-Match", "*", GO, GO},
        {"If-Match", "\"abc\"", FAILED, FAILED},
        {"If-None-Match", "*", NOT_MODIFIED, FAILED},
        {"If-None-Match", "\"abc\"", GO, GO},
    };
    CHECK(cases, NULL, MODIFIED_MS);
}

static void test_http_conditional__dates_compare_in_seconds(void **state) {
    static const struct request_case cases[] = {
        {"If-Modified-Since", DATE, NOT_MODIFIED, GO},
        {"If-Modified-Since", AFTER, NOT_MODIFIED, GO},
        {"If-Modified-Since", BEFORE, GO, GO},
        {"If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT", NOT_MODIFIED, GO},
        {"If-Modified-Since", "Sun Nov  6 08:49:37 1994", NOT_MODIFIED, GO},
        {"If-Unmodified-Since", DATE, GO, GO},
        {"If-Unmodified-Since", AFTER, GO, GO},
        {"If-Unmodified-Since", BEFORE, FAILED, FAILED},
    };
    CHECK(cases, ETAG, MODIFIED_MS);
}

static void test_http_conditional__invalid_dates_do_not_count(void **state) {
    static const char *const dates[] = {
        "",
        "junk",
        "0",
        "784111777",
        "1994-11-06T08:49:37Z",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Feb 2100 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "\"abc\"",
        DATE ", " DATE,
        "06 Nov 1994 08:49:37 GMT",
    };
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        const struct request_case cases[] = {
            {"If-Modified-Since", dates[i], GO, GO},
            {"If-Unmodified-Since", dates[i], GO, GO},
        };
        CHECK(cases, ETAG, MODIFIED_MS);
    }
}

static void test_http_conditional__dates_do_not_count_without_modification_time(void **state) {
    static const struct request_case cases[] = {
        {"If-Modified-Since", AFTER, GO, GO},
        {"If-Unmodified-Since", BEFORE, GO, GO},
    };
    CHECK(cases, ETAG, -1);
}

static void test_http_conditional__epoch_is_a_time_like_any_other(void **state) {
    static const struct request_case cases[] = {
        {"If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT", NOT_MODIFIED, GO},
        {"If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT", GO, GO},
        {"If-Unmodified-Since", "Wed, 31 Dec 1969 23:59:59 GMT", FAILED, FAILED},
        {"If-Modified-Since", "Wed, 31 Dec 1969 23:59:59 GMT", GO, GO},
        {"If-None-Match", "*", NOT_MODIFIED, FAILED},
    };
    CHECK(cases, NULL, 0);
}

struct combination {
    const char *fields[9];
    enum conditional_result get;
    enum conditional_result put;
};

static void test_http_conditional__tags_come_before_dates(void **state) {
    static const struct combination cases[] = {
        {{"If-Match", "\"abc\"", "If-Unmodified-Since", BEFORE, NULL}, GO, GO},
        {{"If-Match", "\"x\"", "If-Unmodified-Since", AFTER, NULL}, FAILED, FAILED},
        {{"If-None-Match", "\"x\"", "If-Modified-Since", AFTER, NULL}, GO, GO},
        {{"If-None-Match", "\"abc\"", "If-Modified-Since", BEFORE, NULL}, NOT_MODIFIED, FAILED},
        {{"If-None-Match", "junk", "If-Modified-Since", AFTER, NULL}, GO, GO},
        {{"If-Match", "\"x\"", "If-None-Match", "\"abc\"", NULL}, FAILED, FAILED},
        {{"If-Match", "\"abc\"", "If-None-Match", "\"abc\"", NULL}, NOT_MODIFIED, FAILED},
        {{"If-Unmodified-Since", BEFORE, "If-None-Match", "\"abc\"", NULL}, FAILED, FAILED},
        {{"If-Unmodified-Since", DATE, "If-Modified-Since", DATE, NULL}, NOT_MODIFIED, GO},
        {{"If-None-Match", "\"x\"", "If-None-Match", "\"abc\"", NULL}, NOT_MODIFIED, FAILED},
        {{"If-Match", "\"x\"", "If-Match", "\"abc\"", NULL}, GO, GO},
        {{"If-Match", "\"x\"", "If-Match", "\"y\"", NULL}, FAILED, FAILED},
        {{"If-Modified-Since", DATE, "If-Modified-Since", DATE, NULL}, GO, GO},
        {{"If-Unmodified-Since", BEFORE, "If-Unmodified-Since", BEFORE, NULL}, GO, GO},
        {{"Accept", "\052/\052", NULL}, GO, GO},
        {{NULL}, GO, GO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(evaluate(state, cases[i].fields, GET, ETAG, MODIFIED_MS, NULL), cases[i].get);
        assert_int_equal(evaluate(state, cases[i].fields, PUT, ETAG, MODIFIED_MS, NULL), cases[i].put);
    }
}

static void expect_use_range(void **state, const char *value, const char *etag, int64_t modified_ms, bool expected) {
    const char *const fields[] = {"If-Range", value, NULL};
    bool use_range = !expected;
    assert_int_equal(evaluate(state, fields, GET, etag, modified_ms, &use_range), GO);
    if (use_range != expected) {
        fail_msg("If-Range: %s", value);
    }
}

static void test_http_conditional__if_range_wants_the_same_representation(void **state) {
    expect_use_range(state, "\"abc\"", ETAG, MODIFIED_MS, true);
    expect_use_range(state, DATE, ETAG, MODIFIED_MS, true);
    expect_use_range(state, "Sunday, 06-Nov-94 08:49:37 GMT", ETAG, MODIFIED_MS, true);
    static const char *const others[] = {
        "W/\"abc\"", "\"x\"", "\"abc\", \"abc\"", "\"abc\",", "*", "", "abc", "\"abc", BEFORE, AFTER, "junk",
        "\"abc\"x",  "W/",    "Sun, 06 Nov 1994"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        expect_use_range(state, others[i], ETAG, MODIFIED_MS, false);
    }
    expect_use_range(state, "\"abc\"", NULL, MODIFIED_MS, false);
    expect_use_range(state, DATE, ETAG, -1, false);
    expect_use_range(state, DATE, NULL, -1, false);
}

static void test_http_conditional__if_range_counts_once(void **state) {
    static const char *const twice[] = {"If-Range", ETAG, "If-Range", ETAG, NULL};
    static const char *const none[] = {NULL};
    bool use_range = true;
    (void)evaluate(state, twice, GET, ETAG, MODIFIED_MS, &use_range);
    assert_false(use_range);
    (void)evaluate(state, none, GET, ETAG, MODIFIED_MS, &use_range);
    assert_true(use_range);
    (void)evaluate(state, none, PUT, ETAG, MODIFIED_MS, &use_range);
    assert_false(use_range);
}
