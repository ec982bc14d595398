/* SPDX-License-Identifier: Apache-2.0 */
/* Range and the Content-Range of upload chunks. */
#include "http/range.h"

struct range_case {
    const char *value;
    uint64_t total;
    enum range_result result;
    uint64_t first;
    uint64_t length;
};

static void check_ranges(const struct range_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint64_t first = 99;
        uint64_t length = 99;
        enum range_result result = range_parse(cases[i].value, cases[i].total, &first, &length);
        if (result != cases[i].result) {
            fail_msg("\"%s\" of %llu gives %d", cases[i].value != NULL ? cases[i].value : "(null)",
                     (unsigned long long)cases[i].total, (int)result);
        }
        if (result == RANGE_PART) {
            assert_int_equal(first, cases[i].first);
            assert_int_equal(length, cases[i].length);
            assert_true(length > 0 && first < cases[i].total && length <= cases[i].total - first);
        } else {
            assert_int_equal(first, 0);
            assert_int_equal(length, cases[i].total);
        }
    }
}

#define CHECK_RANGES(cases) check_ranges(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_http_range__single_ranges_give_their_part(void **state) {
    (void)state;
    static const struct range_case cases[] = {
        {"bytes=0-0", 10, RANGE_PART, 0, 1},          {"bytes=0-9", 10, RANGE_PART, 0, 10},
        {"bytes=0-4", 10, RANGE_PART, 0, 5},          {"bytes=5-9", 10, RANGE_PART, 5, 5},
        {"bytes=9-9", 10, RANGE_PART, 9, 1},          {"bytes=0-", 10, RANGE_PART, 0, 10},
        {"bytes=9-", 10, RANGE_PART, 9, 1},           {"bytes=3-7", 10, RANGE_PART, 3, 5},
        {"BYTES=3-7", 10, RANGE_PART, 3, 5},          {"Bytes=3-7", 10, RANGE_PART, 3, 5},
        {" bytes=3-7 ", 10, RANGE_PART, 3, 5},        {"bytes= 3-7", 10, RANGE_PART, 3, 5},
        {"bytes=3-7,", 10, RANGE_PART, 3, 5},         {"bytes=,3-7", 10, RANGE_PART, 3, 5},
        {"bytes=, ,\t3-7 , ,", 10, RANGE_PART, 3, 5}, {"bytes=000003-0007", 10, RANGE_PART, 3, 5},
        {"bytes=0-0", 1, RANGE_PART, 0, 1},
    };
    CHECK_RANGES(cases);
}

static void test_http_range__last_position_is_cut_at_the_end(void **state) {
    (void)state;
    static const struct range_case cases[] = {
        {"bytes=0-10", 10, RANGE_PART, 0, 10},
        {"bytes=5-100", 10, RANGE_PART, 5, 5},
        {"bytes=5-18446744073709551614", 10, RANGE_PART, 5, 5},
        {"bytes=5-18446744073709551615", 10, RANGE_PART, 5, 5},
        {"bytes=5-18446744073709551616", 10, RANGE_PART, 5, 5},
        {"bytes=5-99999999999999999999999999999999999999999", 10, RANGE_PART, 5, 5},
        {"bytes=0-18446744073709551615", UINT64_MAX, RANGE_PART, 0, UINT64_MAX},
        {"bytes=1-", UINT64_MAX, RANGE_PART, 1, UINT64_MAX - 1},
        {"bytes=18446744073709551614-", UINT64_MAX, RANGE_PART, UINT64_MAX - 1, 1},
    };
    CHECK_RANGES(cases);
}

static void test_http_range__suffix_counts_from_the_end(void **state) {
    (void)state;
    static const struct range_case cases[] = {
        {"bytes=-1", 10, RANGE_PART, 9, 1},
        {"bytes=-10", 10, RANGE_PART, 0, 10},
        {"bytes=-11", 10, RANGE_PART, 0, 10},
        {"bytes=-18446744073709551615", 10, RANGE_PART, 0, 10},
        {"bytes=-99999999999999999999999", 10, RANGE_PART, 0, 10},
        {"bytes=-0", 10, RANGE_NOT_SATISFIABLE, 0, 0},
        {"bytes=-000", 10, RANGE_NOT_SATISFIABLE, 0, 0},
        {"bytes=-0", 0, RANGE_NOT_SATISFIABLE, 0, 0},
        {"bytes=-1", 0, RANGE_WHOLE, 0, 0},
    };
    CHECK_RANGES(cases);
}

static void test_http_range__first_position_behind_the_end_is_not_satisfiable(void **state) {
    (void)state;
    static const struct range_case cases[] = {
        {"bytes=10-", 10, RANGE_NOT_SATISFIABLE, 0, 0},
        {"bytes=10-10", 10, RANGE_NOT_SATISFIABLE, 0, 0},
        {"bytes=11-20", 10, RANGE_NOT_SATISFIABLE, 0, 0},
        {"bytes=0-", 0, RANGE_NOT_SATISFIABLE, 0, 0},
        {"bytes=0-0", 0, RANGE_NOT_SATISFIABLE, 0, 0},
        {"bytes=18446744073709551615-", 10, RANGE_NOT_SATISFIABLE, 0, 0},
        {"bytes=18446744073709551616-", 10, RANGE_NOT_SATISFIABLE, 0, 0},
        {"bytes=18446744073709551617-18446744073709551617", 10, RANGE_NOT_SATISFIABLE, 0, 0},
        {"bytes=99999999999999999999999999-", UINT64_MAX, RANGE_NOT_SATISFIABLE, 0, 0},
    };
    CHECK_RANGES(cases);
}

static void test_http_range__a_range_backwards_is_not_satisfiable(void **state) {
    (void)state;
    static const struct range_case cases[] = {
        {"bytes=5-4", 10, RANGE_NOT_SATISFIABLE, 0, 0},
        {"bytes=9-0", 10, RANGE_NOT_SATISFIABLE, 0, 0},
        {"bytes=99999999999999999999-1", 10, RANGE_NOT_SATISFIABLE, 0, 0},
    };
    CHECK_RANGES(cases);
}

static void test_http_range__malformed_or_foreign_ranges_give_the_whole(void **state) {
    (void)state;
    static const char *const values[] = {
        NULL,           "",           "bytes",      "bytes=",      "bytes=,",      "bytes= ",
        "bytes=-",      "bytes=--1",  "bytes=a-b",  "bytes=1",     "bytes=1-2-3",  "bytes=1 - 2",
        "bytes=+1-2",   "bytes=1-+2", "bytes=-+2",  "bytes=0x1-2", "bytes=1-2x",   "bytes=1.5-2",
        "bytes =1-2",   "items=0-5",  "byte=0-5",   "bytess=0-5",  "0-5",          "bytes 0-5",
        "bytes:0-5",    "=0-5",       "bytes==0-5", "bytes=\x80",  "bytes=1-\xff", "bytes=*",
        "bytes=0-5/10",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const struct range_case one = {values[i], 10, RANGE_WHOLE, 0, 0};
        check_ranges(&one, 1);
    }
}

static void test_http_range__several_ranges_give_the_whole(void **state) {
    (void)state;
    static const char *const values[] = {
        "bytes=0-1,2-3", "bytes=0-1, 2-3", "bytes=0-1,-1", "bytes=20-,30-", "bytes=0-1,junk", "bytes=,0-1,,0-1,",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const struct range_case one = {values[i], 10, RANGE_WHOLE, 0, 0};
        check_ranges(&one, 1);
    }
}

static void test_http_range__content_range_of_a_chunk_is_read(void **state) {
    (void)state;
    static const struct {
        const char *value;
        uint64_t first;
        uint64_t last;
    } cases[] = {
        {"0-0", 0, 0},
        {"0-1023", 0, 1023},
        {"1024-2047", 1024, 2047},
        {" 1-2 ", 1, 2},
        {"bytes 0-9", 0, 9},
        {"bytes=0-9", 0, 9},
        {"bytes 0-9/10", 0, 9},
        {"bytes 0-9/\052", 0, 9},
        {"0-9/10", 0, 9},
        {"0-9/\052", 0, 9},
        {"0-9/11", 0, 9},
        {"18446744073709551613-18446744073709551614", UINT64_MAX - 2, UINT64_MAX - 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t first = 77;
        uint64_t last = 77;
        assert_true(range_parse_content(cases[i].value, &first, &last));
        assert_int_equal(first, cases[i].first);
        assert_int_equal(last, cases[i].last);
    }
}

static void test_http_range__malformed_content_range_is_refused(void **state) {
    (void)state;
    static const char *const values[] = {
        NULL,
        "",
        "-",
        "0",
        "0-",
        "-0",
        "1-0",
        "a-b",
        "0-9/",
        "0-9/9",
        "0-9/x",
        "0-9/10/10",
        "0-9-10",
        "0 - 9",
        "bytes \052/10",
        "bytes \052/\052",
        "bytes",
        "bytes ",
        "bytes  0-9",
        "bits 0-9",
        "0-9,10-11",
        "+0-9",
        "0-+9",
        "0--9",
        "0x0-9",
        "0-9 ,",
        "0-9/-1",
        "0-\xff",
        "0-18446744073709551615",
        "0-18446744073709551616",
        "18446744073709551616-18446744073709551617",
        "0-9/18446744073709551616",
        "10-9/100",
        "0-10/10",
        "items 0-9",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint64_t first = 77;
        uint64_t last = 78;
        if (range_parse_content(values[i], &first, &last)) {
            fail_msg("\"%s\" was accepted", values[i]);
        }
        assert_int_equal(first, 77);
        assert_int_equal(last, 78);
    }
}
