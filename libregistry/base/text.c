/* SPDX-License-Identifier: Apache-2.0 */

/* Text without locale. All functions work on bytes; only those for UTF-8 know characters. */

#include "base/text.h"

#include <string.h>

struct slice slice_of(const char *text) {
    struct slice slice = {.bytes = text != NULL ? text : "", .length = text != NULL ? strlen(text) : 0};
    return slice;
}

static bool bytes_equal(const char *a, const char *b, size_t length) {
    return length == 0 || memcmp(a, b, length) == 0;
}

static bool bytes_equal_ignoring_case(const char *a, const char *b, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (char_to_lower(a[i]) != char_to_lower(b[i])) {
            return false;
        }
    }
    return true;
}

bool slice_equals(struct slice a, const char *text) {
    struct slice b = slice_of(text);
    return a.length == b.length && bytes_equal(a.bytes, b.bytes, b.length);
}

bool slice_equals_ignoring_case(struct slice a, const char *text) {
    struct slice b = slice_of(text);
    return a.length == b.length && bytes_equal_ignoring_case(a.bytes, b.bytes, b.length);
}

bool slice_starts_with(struct slice a, const char *prefix) {
    struct slice b = slice_of(prefix);
    return a.length >= b.length && bytes_equal(a.bytes, b.bytes, b.length);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

struct slice slice_trim(struct slice a) {
    while (a.length > 0 && is_blank(a.bytes[0])) {
        a.bytes++;
        a.length--;
    }
    while (a.length > 0 && is_blank(a.bytes[a.length - 1])) {
        a.length--;
    }
    return a;
}

struct slice slice_cut(struct slice *rest, char separator) {
    struct slice before = *rest;
    const char *found = rest->length > 0 ? memchr(rest->bytes, separator, rest->length) : NULL;
    if (found == NULL) {
        if (rest->length > 0) {
            rest->bytes += rest->length;
        }
        rest->length = 0;
        return before;
    }
    before.length = (size_t)(found - rest->bytes);
    rest->bytes = found + 1;
    rest->length -= before.length + 1;
    return before;
}

bool text_equals_ignoring_case(const char *a, const char *b) {
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return slice_equals_ignoring_case(slice_of(a), b);
}

bool text_equals(const char *a, const char *b) {
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return strcmp(a, b) == 0;
}

bool text_starts_with(const char *text, const char *prefix) {
    return slice_starts_with(slice_of(text), prefix);
}

bool text_ends_with(const char *text, const char *suffix) {
    struct slice a = slice_of(text);
    struct slice b = slice_of(suffix);
    return a.length >= b.length && bytes_equal(a.bytes + (a.length - b.length), b.bytes, b.length);
}

bool char_is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool char_is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool char_is_alphanumeric(char c) {
    return char_is_digit(c) || char_is_alpha(c);
}

char char_to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool in_range(unsigned char byte, unsigned char low, unsigned char high) {
    return byte >= low && byte <= high;
}

/* The length of the well-formed sequence at the start; 0 when there is none (RFC 3629 section 4). */
static size_t utf8_sequence(const unsigned char *bytes, size_t length) {
    unsigned char first = bytes[0];
    if (first < 0x80) {
        return 1;
    }
    if (length < 2 || !in_range(first, 0xc2, 0xf4)) {
        return 0;
    }
    /* The second byte shows overlong forms, surrogates and numbers that are too high. */
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (!in_range(bytes[1], low, high)) {
        return 0;
    }
    size_t needed = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length < needed) {
        return 0;
    }
    for (size_t i = 2; i < needed; i++) {
        if (!in_range(bytes[i], 0x80, 0xbf)) {
            return 0;
        }
    }
    return needed;
}

bool text_is_utf8(const char *bytes, size_t length) {
    const unsigned char *at = (const unsigned char *)bytes;
    while (length > 0) {
        size_t step = utf8_sequence(at, length);
        if (step == 0) {
            return false;
        }
        at += step;
        length -= step;
    }
    return true;
}

/* U+0000 to U+001F and U+007F to U+009F. Terminals interpret the latter too: U+009B starts a control sequence. */
static bool is_control(const char *bytes, size_t length) {
    unsigned char first = (unsigned char)bytes[0];
    return first < 0x20 || first == 0x7f ||
           (first == 0xc2 && length > 1 && in_range((unsigned char)bytes[1], 0x80, 0x9f));
}

bool text_has_control(const char *bytes, size_t length) {
    return text_has_control_beside(bytes, length, "");
}

bool text_has_control_beside(const char *bytes, size_t length, const char *allowed) {
    for (size_t i = 0; i < length; i++) {
        bool is_allowed = bytes[i] != '\0' && strchr(allowed, bytes[i]) != NULL;
        if (!is_allowed && is_control(bytes + i, length - i)) {
            return true;
        }
    }
    return false;
}

size_t text_utf8_prefix(const char *bytes, size_t length, size_t max) {
    if (length <= max) {
        return length;
    }
    /* A sequence has at most three continuation bytes; a longer run is ill-formed and may be cut anywhere. */
    for (size_t back = 0; back <= 3 && back <= max; back++) {
        if (((unsigned char)bytes[max - back] & 0xc0) != 0x80) {
            return max - back;
        }
    }
    return max;
}

void text_make_printable(char *bytes, size_t length) {
    size_t i = 0;
    while (i < length) {
        size_t step = utf8_sequence((const unsigned char *)bytes + i, length - i);
        if (step == 0 || is_control(bytes + i, length - i)) {
            step = step > 0 ? step : 1;
            memset(bytes + i, '?', step);
        }
        i += step;
    }
}

bool text_parse_u64(struct slice digits, uint64_t *out) {
    if (digits.length == 0) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < digits.length; i++) {
        if (!char_is_digit(digits.bytes[i])) {
            return false;
        }
        uint64_t digit = (uint64_t)(digits.bytes[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}
