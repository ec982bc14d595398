/* SPDX-License-Identifier: Apache-2.0 */

/* Ranges. Numbers that do not fit saturate: they are after the end of any representation. */

#include "http/range.h"

#include <string.h>

enum number {
    NUMBER_NONE, /* no digit */
    NUMBER_SOUND,
    NUMBER_BAD
};

/* 1*DIGIT; saturates. */
static enum number parse_number(struct slice text, uint64_t *out) {
    for (size_t i = 0; i < text.length; i++) {
        if (!char_is_digit(text.bytes[i])) {
            return NUMBER_BAD;
        }
    }
    if (!text_parse_u64(text, out)) {
        *out = UINT64_MAX;
    }
    return text.length > 0 ? NUMBER_SOUND : NUMBER_NONE;
}

/* "-N": the last N bytes. Of an empty representation, they are the whole. */
static enum range_result last_bytes(uint64_t wanted, uint64_t total, uint64_t *first, uint64_t *length) {
    if (wanted == 0) {
        return RANGE_NOT_SATISFIABLE;
    }
    if (total == 0) {
        return RANGE_WHOLE;
    }
    *length = wanted < total ? wanted : total;
    *first = total - *length;
    return RANGE_PART;
}

/* One range-spec (RFC 9110 section 14.1.2). */
static enum range_result resolve(struct slice spec, uint64_t total, uint64_t *first, uint64_t *length) {
    if (memchr(spec.bytes, '-', spec.length) == NULL) {
        return RANGE_WHOLE;
    }
    uint64_t from = 0;
    uint64_t to = UINT64_MAX;
    struct slice behind = spec;
    enum number from_is = parse_number(slice_cut(&behind, '-'), &from);
    enum number to_is = parse_number(behind, &to);
    if (from_is == NUMBER_BAD || to_is == NUMBER_BAD) {
        return RANGE_WHOLE;
    }
    if (from_is == NUMBER_NONE) {
        return to_is == NUMBER_SOUND ? last_bytes(to, total, first, length) : RANGE_WHOLE;
    }
    if (from > to || from >= total) { /* a reversed range is invalid; section 14.2 allows ignoring and refusing it */
        return RANGE_NOT_SATISFIABLE;
    }
    *first = from;
    *length = (to < total ? to : total - 1) - from + 1;
    return RANGE_PART;
}

enum range_result range_parse(const char *value, uint64_t total, uint64_t *first, uint64_t *length) {
    *first = 0;
    *length = total;
    struct slice rest = slice_trim(slice_of(value));
    struct slice unit = slice_cut(&rest, '=');
    if (!slice_equals_ignoring_case(unit, "bytes")) {
        return RANGE_WHOLE;
    }
    /* A list may have empty members (RFC 9110 section 5.6.1.2). */
    struct slice only = {0};
    while (rest.length > 0) {
        struct slice spec = slice_trim(slice_cut(&rest, ','));
        if (spec.length > 0 && only.length > 0) {
            return RANGE_WHOLE;
        }
        only = spec.length > 0 ? spec : only;
    }
    return only.length > 0 ? resolve(only, total, first, length) : RANGE_WHOLE;
}

bool range_parse_content(const char *value, uint64_t *first, uint64_t *last) {
    struct slice rest = slice_trim(slice_of(value));
    if (slice_starts_with(rest, "bytes ") || slice_starts_with(rest, "bytes=")) {
        rest.bytes += strlen("bytes ");
        rest.length -= strlen("bytes ");
    }
    bool has_total = rest.length > 0 && memchr(rest.bytes, '/', rest.length) != NULL;
    struct slice positions = slice_cut(&rest, '/');
    struct slice start = slice_cut(&positions, '-');
    uint64_t from = 0;
    uint64_t to = 0;
    /* The largest number is refused, so that `*last + 1` does not overflow. */
    if (!text_parse_u64(start, &from) || !text_parse_u64(positions, &to) || from > to || to == UINT64_MAX) {
        return false;
    }
    uint64_t total = UINT64_MAX;
    if (has_total && !slice_equals(rest, "*") && !text_parse_u64(rest, &total)) {
        return false;
    }
    if (to >= total) {
        return false;
    }
    *first = from;
    *last = to;
    return true;
}
