/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as text: the calendar against the C library's, the three forms of HTTP, malformed dates. */

#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

static void check_iso(int64_t unix_ms, const char *expected) {
    char text[CLOCK_ISO_TEXT];
    clock_format_iso(unix_ms, text);
    assert_string_equal(text, expected);
}

static void check_http(int64_t unix_ms, const char *expected) {
    char text[CLOCK_HTTP_TEXT];
    clock_format_http(unix_ms, text);
    assert_string_equal(text, expected);
}

static void test_base_clock__iso_form(void **state) {
    (void)state;
    check_iso(0, "1970-01-01T00:00:00.000Z");
    check_iso(1, "1970-01-01T00:00:00.001Z");
    check_iso(-1, "1969-12-31T23:59:59.999Z");
    check_iso(INT64_C(951782400000), "2000-02-29T00:00:00.000Z");
    check_iso(INT64_C(4107542399999), "2100-02-28T23:59:59.999Z");
    check_iso(INT64_C(4107542400000), "2100-03-01T00:00:00.000Z");
    check_iso(INT64_C(1795230245678), "2026-11-21T03:04:05.678Z");
}

static void test_base_clock__http_form(void **state) {
    (void)state;
    check_http(INT64_C(784111777000), "Sun, 06 Nov 1994 08:49:37 GMT");
    check_http(INT64_C(784111777999), "Sun, 06 Nov 1994 08:49:37 GMT");
    check_http(INT64_C(1795230245678), "Sat, 21 Nov 2026 03:04:05 GMT");
    check_http(0, "Thu, 01 Jan 1970 00:00:00 GMT");
    check_http(-1, "Wed, 31 Dec 1969 23:59:59 GMT");
}

static void test_base_clock__years_beyond_four_digits_are_clamped(void **state) {
    (void)state;
    check_iso(INT64_MAX, "9999-12-31T23:59:59.999Z");
    check_iso(INT64_C(253402300800000), "9999-12-31T23:59:59.999Z");
    check_iso(INT64_MIN, "0000-01-01T00:00:00.000Z");
    check_iso(INT64_C(-62167219200001), "0000-01-01T00:00:00.000Z");
    check_http(INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT");
    check_http(INT64_MIN, "Sat, 01 Jan 0000 00:00:00 GMT");
}

static int64_t days_apart(void) {
    return getenv("LREG_VALGRIND") != NULL ? 37 : 1;
}

static void test_base_clock__calendar_agrees_with_the_system_for_every_day(void **state) {
    (void)state;
    /* Every day from 0000-03-01 to 9999-12-31 has its own noon. */
    int64_t apart = days_apart();
    for (int64_t day = -719468; day <= 2932896; day += apart) {
        time_t seconds = (time_t)(day * 86400 + 43200);
        struct tm tm;
        assert_non_null(gmtime_r(&seconds, &tm));
        char text[CLOCK_ISO_TEXT];
        clock_format_iso((int64_t)seconds * 1000, text);
        int year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
        int month = (text[5] - '0') * 10 + (text[6] - '0');
        int of_month = (text[8] - '0') * 10 + (text[9] - '0');
        if (year != tm.tm_year + 1900 || month != tm.tm_mon + 1 || of_month != tm.tm_mday) {
            fail_msg("day %lld is %s", (long long)day, text);
        }
    }
}

static void test_base_clock__every_day_of_http_comes_back(void **state) {
    (void)state;
    static const char weekdays[] = "SunMonTueWedThuFriSat";
    int64_t apart = days_apart();
    for (int64_t day = -719468; day <= 2932896; day += apart) {
        int64_t wanted = (day * 86400 + (day * 7919 % 86400 + 86400) % 86400) * 1000;
        char text[CLOCK_HTTP_TEXT];
        clock_format_http(wanted, text);
        int64_t got = 0;
        if (!clock_parse_http(text, &got) || got != wanted) {
            fail_msg("%s comes back as %lld", text, (long long)got);
        }
        if (memcmp(text, weekdays + 3 * ((day + 4) % 7 + 7) % 21, 3) != 0) {
            fail_msg("%s has the wrong weekday", text);
        }
    }
}

static void check_parse(const char *text, int64_t expected) {
    int64_t got = 0;
    if (!clock_parse_http(text, &got)) {
        fail_msg("refused: %s", text);
    }
    assert_true(got == expected);
}

static void test_base_clock__all_three_forms_of_http_are_read(void **state) {
    (void)state;
    check_parse("Sun, 06 Nov 1994 08:49:37 GMT", INT64_C(784111777000));
    check_parse("Sunday, 06-Nov-94 08:49:37 GMT", INT64_C(784111777000));
    check_parse("Sun Nov  6 08:49:37 1994", INT64_C(784111777000));
    check_parse("Sat Nov 21 03:04:05 2026", INT64_C(1795230245000));
    check_parse("Saturday, 21-Nov-26 03:04:05 GMT", INT64_C(1795230245000));
    check_parse("Thursday, 01-Jan-70 00:00:00 GMT", 0);
    check_parse("Wednesday, 31-Dec-69 23:59:59 GMT", INT64_C(3155759999000)); /* 2069 */
    check_parse("Tue, 29 Feb 2000 00:00:00 GMT", INT64_C(951782400000));
    check_parse("Tue, 31 Dec 2024 23:59:60 GMT", INT64_C(1735689600000));
}

static void test_base_clock__each_weekday_has_its_long_name(void **state) {
    (void)state;
    static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
    for (size_t i = 0; i < 7; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "%s, 06-Nov-94 08:49:37 GMT", days[i]);
        check_parse(text, INT64_C(784111777000));
        (void)snprintf(text, sizeof text, "%s, 06-Nov-94 08:49:37 GMT", days[(i + 1) % 7]);
        text[1] = days[i][1];
        int64_t got = 0;
        (void)clock_parse_http(text, &got); /* mixed names: refused or not, but never read past the end */
    }
}

static void test_base_clock__malformed_dates_are_refused(void **state) {
    (void)state;
    static const char *const wrong_texts[] = {
        "",
        "S",
        "Sun",
        "Sun,",
        "Sun, ",
        "Xyz, 06 Nov 1994 08:49:37 GMT",
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nov 1994 08:49:37 GMT+1",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 1994 08:49:37 GMT",
        "Thu, 29 Feb 1900 08:49:37 GMT",
        "Sun,  06 Nov 1994 08:49:37 GMT",
        "Sun, -6 Nov 1994 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunsday, 06-Nov-94 08:49:37 GMT",
        "Wedday, 06-Nov-94 08:49:37 GMT",
        "Sunday 06-Nov-94 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov   6 08:49:37 1994",
        "Sun Nov 06 08:49:37 1994 GMT",
        "Sun Nov  0 08:49:37 1994",
        "Sun Nov 31 08:49:37 1994",
        "1994-11-06T08:49:37Z",
        "784111777",
    };
    for (size_t i = 0; i < sizeof wrong_texts / sizeof wrong_texts[0]; i++) {
        int64_t got = 4711;
        if (clock_parse_http(wrong_texts[i], &got)) {
            fail_msg("accepted: %s", wrong_texts[i]);
        }
        assert_true(got == 4711);
    }
    int64_t got = 0;
    assert_false(clock_parse_http(NULL, &got));
}

static void test_base_clock__every_truncation_is_refused(void **state) {
    (void)state;
    static const char *const whole[] = {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994"};
    for (size_t i = 0; i < 3; i++) {
        for (size_t length = 0; length < strlen(whole[i]); length++) {
            char *text = malloc(length + 1); /* of exactly this length, so that reads past the end are detected */
            assert_non_null(text);
            memcpy(text, whole[i], length);
            text[length] = '\0';
            int64_t got = 0;
            assert_false(clock_parse_http(text, &got));
            free(text);
        }
    }
}
