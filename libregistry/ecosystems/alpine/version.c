/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A version is a sequence of parts, and two versions are compared part by part. Where the kinds of parts differ, the
 * kinds decide, so the order of the enumeration below is the order between a suffix, a revision and the end.
 */

#include "ecosystems/alpine/version.h"

#include <string.h>

/* Lowest first: 1.0_rc1 < (invalid from here) < 1.0 < 1.0-r0 < 1.0~hash < 1.0_p1 < 1.0a < 1.0.0 */
enum part_kind {
    PART_PRERELEASE,
    PART_INVALID,
    PART_END,
    PART_REVISION,
    PART_HASH,
    PART_SUFFIX_NUMBER,
    PART_POSTRELEASE,
    PART_LETTER,
    PART_NUMBER
};

struct part {
    enum part_kind kind;
    struct slice text;
    size_t rank; /* among suffixes */
};

struct cursor {
    struct slice rest;
    enum part_kind last; /* kind of the previous part; PART_END at the start */
    bool is_first;
};

static struct cursor cursor_of(struct slice version) {
    return (struct cursor){version, PART_END, true};
}

static bool is_hex(char c) {
    return char_is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

/* Takes the longest run of characters that `belongs` accepts. */
static struct slice take(struct cursor *cursor, bool (*belongs)(char c)) {
    size_t length = 0;
    while (length < cursor->rest.length && belongs(cursor->rest.bytes[length])) {
        length++;
    }
    struct slice run = {cursor->rest.bytes, length};
    cursor->rest = (struct slice){cursor->rest.bytes + length, cursor->rest.length - length};
    return run;
}

static void skip(struct cursor *cursor, size_t length) {
    cursor->rest = (struct slice){cursor->rest.bytes + length, cursor->rest.length - length};
}

static struct part part_of(enum part_kind kind, struct slice text) {
    return (struct part){text.length > 0 ? kind : PART_INVALID, text, 0};
}

static struct part take_suffix(struct cursor *cursor) {
    static const char *const suffixes[] = {"alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"};
    static const size_t prereleases = 4;
    skip(cursor, 1);
    struct part part = {PART_INVALID, take(cursor, is_lower), 0};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (slice_equals(part.text, suffixes[i])) {
            part.kind = i < prereleases ? PART_PRERELEASE : PART_POSTRELEASE;
            part.rank = i;
        }
    }
    return part;
}

static bool is_suffix(enum part_kind kind) {
    return kind == PART_PRERELEASE || kind == PART_POSTRELEASE;
}

/* The part that begins with `c`, the next character. The grammar is in which parts may follow each other. */
static struct part take_part(struct cursor *cursor, char c) {
    static const struct part invalid = {PART_INVALID, {"", 0}, 0};
    enum part_kind last = cursor->last;
    bool in_number = last == PART_NUMBER;
    if (is_lower(c)) {
        struct part letter = {PART_LETTER, {cursor->rest.bytes, 1}, 0};
        skip(cursor, 1);
        return in_number ? letter : invalid;
    }
    if (c == '.') {
        skip(cursor, 1);
        return in_number ? part_of(PART_NUMBER, take(cursor, char_is_digit)) : invalid;
    }
    if (char_is_digit(c)) {
        return is_suffix(last) ? part_of(PART_SUFFIX_NUMBER, take(cursor, char_is_digit)) : invalid;
    }
    if (c == '_') {
        return last >= PART_SUFFIX_NUMBER || is_suffix(last) ? take_suffix(cursor) : invalid;
    }
    if (c == '~') {
        skip(cursor, 1);
        return last > PART_HASH || is_suffix(last) ? part_of(PART_HASH, take(cursor, is_hex)) : invalid;
    }
    if (slice_starts_with(cursor->rest, "-r")) {
        skip(cursor, 2);
        return last > PART_REVISION || is_suffix(last) ? part_of(PART_REVISION, take(cursor, char_is_digit)) : invalid;
    }
    return invalid;
}

static struct part next_part(struct cursor *cursor) {
    struct part part;
    if (cursor->is_first) {
        part = part_of(PART_NUMBER, take(cursor, char_is_digit));
    } else if (cursor->rest.length == 0) {
        part = (struct part){PART_END, cursor->rest, 0};
    } else {
        part = take_part(cursor, cursor->rest.bytes[0]);
    }
    cursor->is_first = false;
    cursor->last = part.kind;
    return part;
}

static int compare_text(struct slice a, struct slice b) {
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common > 0 ? memcmp(a.bytes, b.bytes, common) : 0;
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* Numbers of any length: without leading zeros, the longer one is greater. */
static int compare_numbers(struct slice a, struct slice b) {
    while (a.length > 0 && a.bytes[0] == '0') {
        a = (struct slice){a.bytes + 1, a.length - 1};
    }
    while (b.length > 0 && b.bytes[0] == '0') {
        b = (struct slice){b.bytes + 1, b.length - 1};
    }
    return a.length != b.length ? (a.length > b.length) - (a.length < b.length) : compare_text(a, b);
}

static int compare_parts(const struct part *a, const struct part *b, bool is_first) {
    switch (a->kind) {
    case PART_PRERELEASE:
    case PART_POSTRELEASE:
        return (a->rank > b->rank) - (a->rank < b->rank);
    case PART_NUMBER:
        /* as in Gentoo's rules: a later number with a leading zero is a fraction */
        if (!is_first && (a->text.bytes[0] == '0' || b->text.bytes[0] == '0')) {
            return compare_text(a->text, b->text);
        }
        return compare_numbers(a->text, b->text);
    case PART_SUFFIX_NUMBER:
    case PART_REVISION:
        return compare_numbers(a->text, b->text);
    default:
        return compare_text(a->text, b->text);
    }
}

bool alpine_version_is_valid(struct slice version) {
    struct cursor cursor = cursor_of(version);
    struct part part;
    do {
        part = next_part(&cursor);
    } while (part.kind != PART_END && part.kind != PART_INVALID);
    return part.kind == PART_END;
}

int alpine_version_compare(struct slice a, struct slice b) {
    struct cursor cursor_a = cursor_of(a);
    struct cursor cursor_b = cursor_of(b);
    struct part part_a;
    struct part part_b;
    do {
        bool is_first = cursor_a.is_first;
        part_a = next_part(&cursor_a);
        part_b = next_part(&cursor_b);
        if (part_a.kind != part_b.kind) {
            return part_a.kind < part_b.kind ? -1 : 1;
        }
        int order =
            part_a.kind > PART_END || part_a.kind == PART_PRERELEASE ? compare_parts(&part_a, &part_b, is_first) : 0;
        if (order != 0) {
            return order < 0 ? -1 : 1;
        }
    } while (part_a.kind != PART_END && part_a.kind != PART_INVALID);
    return 0;
}
