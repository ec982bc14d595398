/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Points in time as text. The calendar is the proleptic Gregorian one, computed with years that begin in March, so that
 * the leap day is the last day of a year. The C library's functions are not used, because they depend on time zones and
 * locales.
 */

#include "base/clock.h"

#include "base/text.h"

#include <string.h>
#include <time.h>

struct moment {
    int64_t year;
    int64_t month; /* 1 to 12 */
    int64_t day; /* 1 to 31 */
    int64_t hour;
    int64_t minute;
    int64_t second;
    int64_t millisecond;
    int64_t weekday; /* 0 is Sunday */
};

#define MS_PER_DAY INT64_C(86400000)

/* The start of the year 0000 and the end of 9999; other times are clamped, because years have four digits. */
#define FIRST_MS INT64_C(-62167219200000)
#define LAST_MS INT64_C(253402300799999)

#define DAYS_PER_ERA 146097 /* 400 years */
#define DAYS_TO_EPOCH 719468 /* from 0000-03-01 to 1970-01-01 */

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekdays[] = "SunMonTueWedThuFriSat";

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

static int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
    int64_t shifted_year = month <= 2 ? year - 1 : year;
    int64_t shifted_month = month <= 2 ? month + 9 : month - 3;
    int64_t era = floor_divide(shifted_year, 400);
    int64_t year_of_era = shifted_year - era * 400;
    int64_t day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH;
}

static void civil_from_days(int64_t days, struct moment *out) {
    int64_t shifted = days + DAYS_TO_EPOCH;
    int64_t era = floor_divide(shifted, DAYS_PER_ERA);
    int64_t day_of_era = shifted - era * DAYS_PER_ERA;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    out->day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    out->month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    out->year = year_of_era + era * 400 + (out->month <= 2 ? 1 : 0);
}

static void moment_of(int64_t unix_ms, struct moment *out) {
    int64_t clamped = unix_ms < FIRST_MS ? FIRST_MS : unix_ms > LAST_MS ? LAST_MS : unix_ms;
    int64_t days = floor_divide(clamped, MS_PER_DAY);
    int64_t rest = clamped - days * MS_PER_DAY;
    civil_from_days(days, out);
    out->millisecond = rest % 1000;
    out->second = rest / 1000 % 60;
    out->minute = rest / 60000 % 60;
    out->hour = rest / 3600000;
    out->weekday = days + 4 - floor_divide(days + 4, 7) * 7; /* 1970-01-01 was a Thursday */
}

static char *put_digits(char *out, int64_t value, size_t digits) {
    for (size_t i = digits; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

static char *put_char(char *out, char c) {
    *out = c;
    return out + 1;
}

static char *put_bytes(char *out, const char *bytes, size_t length) {
    memcpy(out, bytes, length);
    return out + length;
}

static char *put_time(char *out, const struct moment *moment) {
    out = put_char(put_digits(out, moment->hour, 2), ':');
    out = put_char(put_digits(out, moment->minute, 2), ':');
    return put_digits(out, moment->second, 2);
}

void clock_format_iso(int64_t unix_ms, char out[CLOCK_ISO_TEXT]) {
    struct moment moment;
    moment_of(unix_ms, &moment);
    out = put_char(put_digits(out, moment.year, 4), '-');
    out = put_char(put_digits(out, moment.month, 2), '-');
    out = put_char(put_digits(out, moment.day, 2), 'T');
    out = put_char(put_time(out, &moment), '.');
    out = put_char(put_digits(out, moment.millisecond, 3), 'Z');
    *out = '\0';
}

void clock_format_http(int64_t unix_ms, char out[CLOCK_HTTP_TEXT]) {
    struct moment moment;
    moment_of(unix_ms, &moment);
    out = put_bytes(out, weekdays + 3 * moment.weekday, 3);
    out = put_bytes(out, ", ", 2);
    out = put_char(put_digits(out, moment.day, 2), ' ');
    out = put_char(put_bytes(out, months + 3 * (moment.month - 1), 3), ' ');
    out = put_char(put_digits(out, moment.year, 4), ' ');
    out = put_bytes(put_time(out, &moment), " GMT", 4);
    *out = '\0';
}

/* Scanners advance `*at`. They return false when the text does not match; `*at` is then undefined. */

static bool take_text(const char **at, const char *text) {
    size_t length = strlen(text);
    if (strncmp(*at, text, length) != 0) {
        return false;
    }
    *at += length;
    return true;
}

static bool take_digits(const char **at, size_t digits, int64_t *out) {
    int64_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (!char_is_digit(**at)) {
            return false;
        }
        value = value * 10 + (**at - '0');
        (*at)++;
    }
    *out = value;
    return true;
}

/* Takes one of the three-letter names. */
static bool take_name(const char **at, const char *names, int64_t *out_index) {
    for (int64_t i = 0; names[3 * i] != '\0'; i++) {
        if (strncmp(*at, names + 3 * i, 3) == 0) {
            *at += 3;
            *out_index = i;
            return true;
        }
    }
    return false;
}

static bool take_month(const char **at, struct moment *out) {
    if (!take_name(at, months, &out->month)) {
        return false;
    }
    out->month++;
    return true;
}

static bool take_time(const char **at, struct moment *out) {
    return take_digits(at, 2, &out->hour) && take_text(at, ":") && take_digits(at, 2, &out->minute) &&
           take_text(at, ":") && take_digits(at, 2, &out->second);
}

/* "06 Nov 1994 08:49:37 GMT", after "Sun, ". */
static bool take_imf_fixdate(const char *at, struct moment *out) {
    return take_digits(&at, 2, &out->day) && take_text(&at, " ") && take_month(&at, out) && take_text(&at, " ") &&
           take_digits(&at, 4, &out->year) && take_text(&at, " ") && take_time(&at, out) && take_text(&at, " GMT") &&
           *at == '\0';
}

/* "day, 06-Nov-94 08:49:37 GMT", after "Sun". As in POSIX, the years 70 to 99 are of the 20th century. */
static bool take_rfc850(const char *at, struct moment *out) {
    static const char *const ends[] = {"day", "day", "sday", "nesday", "rsday", "day", "urday"};
    bool taken = take_text(&at, ends[out->weekday]) && take_text(&at, ", ") && take_digits(&at, 2, &out->day) &&
                 take_text(&at, "-") && take_month(&at, out) && take_text(&at, "-") &&
                 take_digits(&at, 2, &out->year) && take_text(&at, " ") && take_time(&at, out) &&
                 take_text(&at, " GMT") && *at == '\0';
    out->year += out->year < 70 ? 2000 : 1900;
    return taken;
}

/* "Nov  6 08:49:37 1994", after "Sun ". */
static bool take_asctime(const char *at, struct moment *out) {
    return take_month(&at, out) && take_text(&at, " ") && take_digits(&at, take_text(&at, " ") ? 1 : 2, &out->day) &&
           take_text(&at, " ") && take_time(&at, out) && take_text(&at, " ") && take_digits(&at, 4, &out->year) &&
           *at == '\0';
}

static bool in_calendar(const struct moment *moment) {
    static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = moment->year % 4 == 0 && (moment->year % 100 != 0 || moment->year % 400 == 0);
    int64_t days = month_days[moment->month - 1] + (leap && moment->month == 2 ? 1 : 0);
    /* Second 60 is a leap second. It becomes the first second of the next minute. */
    return moment->day >= 1 && moment->day <= days && moment->hour <= 23 && moment->minute <= 59 &&
           moment->second <= 60;
}

bool clock_parse_http(const char *text, int64_t *out_unix_ms) {
    struct moment moment = {0};
    const char *at = text;
    if (text == NULL || !take_name(&at, weekdays, &moment.weekday)) {
        return false;
    }
    bool taken = take_text(&at, ", ")  ? take_imf_fixdate(at, &moment)
                 : take_text(&at, " ") ? take_asctime(at, &moment)
                                       : take_rfc850(at, &moment);
    if (!taken || !in_calendar(&moment)) {
        return false;
    }
    int64_t days = days_from_civil(moment.year, moment.month, moment.day);
    *out_unix_ms = ((days * 24 + moment.hour) * 60 + moment.minute) * 60000 + moment.second * 1000;
    return true;
}

int64_t clock_monotonic_ns(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
