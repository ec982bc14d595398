/* SPDX-License-Identifier: Apache-2.0 */

/* The list of header fields, iteration over it, and the quality that Accept gives to a type. */

#include "http/headers.h"

#include "http/header_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_CAPACITY 16

void headers_init(struct headers *headers, struct arena *arena) {
    *headers = (struct headers){.arena = arena};
}

static lreg_status bad_header(struct error *err, const char *why) {
    return error_set(err, LREG_BAD_ARGUMENT, "bad_header", "a header field %s", why);
}

/* Makes room for one more field. The old array stays in the arena, which is freed with the message. */
static lreg_status reserve(struct headers *headers, struct error *err) {
    if (headers->count < headers->capacity) {
        return LREG_OK;
    }
    size_t capacity = FIRST_CAPACITY;
    if (headers->capacity > 0 && !size_multiply(headers->capacity, 2, &capacity)) {
        return error_no_memory(err);
    }
    struct header *fields = arena_allocate_zeroed(headers->arena, capacity, sizeof *fields);
    if (fields == NULL) {
        return error_no_memory(err);
    }
    if (headers->count > 0) {
        memcpy(fields, headers->fields, headers->count * sizeof *fields);
    }
    headers->fields = fields;
    headers->capacity = capacity;
    return LREG_OK;
}

static lreg_status copy_field(struct headers *headers, const char *name, const char *value, struct header *out,
                              struct error *err) {
    if (!header_is_token(slice_of(name))) {
        return bad_header(err, "has a name that is not a token");
    }
    if (value[strcspn(value, "\r\n")] != '\0') {
        return bad_header(err, "has a line end in its value");
    }
    struct slice trimmed = slice_trim(slice_of(value));
    out->name = arena_copy_text(headers->arena, name);
    out->value = arena_copy_bytes(headers->arena, trimmed.bytes, trimmed.length);
    return out->name != NULL && out->value != NULL ? LREG_OK : error_no_memory(err);
}

lreg_status headers_add(struct headers *headers, const char *name, const char *value, struct error *err) {
    struct header field = {0};
    lreg_status status = copy_field(headers, name, value, &field, err);
    if (status != LREG_OK) {
        return status;
    }
    status = reserve(headers, err);
    if (status != LREG_OK) {
        return status;
    }
    headers->fields[headers->count++] = field;
    return LREG_OK;
}

lreg_status headers_add_format(struct headers *headers, struct error *err, const char *name, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return bad_header(err, "is too long");
    }
    size_t room = (size_t)length + 1;
    char *value = arena_allocate(headers->arena, room);
    if (value == NULL) {
        return error_no_memory(err);
    }
    va_start(arguments, format);
    (void)vsnprintf(value, room, format, arguments);
    va_end(arguments);
    return headers_add(headers, name, value, err);
}

/* The index of the first field of that name at or after `from`; headers->count when there is none. */
static size_t find_from(const struct headers *headers, const char *name, size_t from) {
    size_t i = from;
    while (i < headers->count && !text_equals_ignoring_case(headers->fields[i].name, name)) {
        i++;
    }
    return i;
}

lreg_status headers_set(struct headers *headers, const char *name, const char *value, struct error *err) {
    size_t first = find_from(headers, name, 0);
    if (first == headers->count) {
        return headers_add(headers, name, value, err);
    }
    struct header field = {0};
    lreg_status status = copy_field(headers, name, value, &field, err);
    if (status != LREG_OK) {
        return status;
    }
    headers->fields[first] = field;
    size_t kept = first + 1;
    for (size_t i = kept; i < headers->count; i++) {
        if (!text_equals_ignoring_case(headers->fields[i].name, name)) {
            headers->fields[kept++] = headers->fields[i];
        }
    }
    headers->count = kept;
    return LREG_OK;
}

const char *headers_find(const struct headers *headers, const char *name) {
    size_t i = find_from(headers, name, 0);
    return i < headers->count ? headers->fields[i].value : NULL;
}

size_t headers_count(const struct headers *headers, const char *name) {
    size_t count = 0;
    for (size_t i = find_from(headers, name, 0); i < headers->count; i = find_from(headers, name, i + 1)) {
        count++;
    }
    return count;
}

/* The length of the first list member, which ends before a comma that is not in a quoted string. */
static size_t member_length(const char *text) {
    bool is_quoted = false;
    size_t i = 0;
    while (text[i] != '\0' && (is_quoted || text[i] != ',')) {
        if (text[i] == '"') {
            is_quoted = !is_quoted;
        } else if (is_quoted && text[i] == '\\' && text[i + 1] != '\0') {
            i++;
        }
        i++;
    }
    return i;
}

bool headers_next_member(const struct headers *headers, const char *name, struct header_position *position,
                         struct slice *out) {
    position->field = find_from(headers, name, position->field);
    while (position->field < headers->count) {
        const char *text = headers->fields[position->field].value + position->offset;
        if (*text == '\0') {
            position->field = find_from(headers, name, position->field + 1);
            position->offset = 0;
            continue;
        }
        struct slice member = {text, member_length(text)};
        position->offset += member.length + (text[member.length] == ',' ? 1 : 0);
        *out = slice_trim(member);
        if (out->length > 0) { /* empty members are ignored (RFC 9110 section 5.6.1.2) */
            return true;
        }
    }
    return false;
}

/* qvalue of RFC 9110 section 12.4.2, in thousandths. ".5" is accepted too, because Java sends it. */
static bool parse_quality(struct slice text, unsigned *out) {
    unsigned value = 0;
    size_t i = 0;
    if (text.length > 0 && (text.bytes[0] == '0' || text.bytes[0] == '1')) {
        value = text.bytes[0] == '1' ? 1000 : 0;
        i = 1;
    }
    if (i == text.length) {
        *out = value;
        return i > 0;
    }
    if (text.bytes[i] != '.' || text.length - i > 4 || text.length == 1) {
        return false;
    }
    unsigned weight = 100;
    for (i++; i < text.length; i++) {
        if (!char_is_digit(text.bytes[i])) {
            return false;
        }
        value += (unsigned)(text.bytes[i] - '0') * weight;
        weight /= 10;
    }
    *out = value;
    return value <= 1000;
}

/* One member of Accept. */
struct media_range {
    struct slice type;
    struct slice subtype;
    bool has_parameters; /* other than q */
    unsigned quality;
};

static bool parse_media_range(struct slice member, struct media_range *out) {
    const char *semicolon = memchr(member.bytes, ';', member.length);
    size_t length = semicolon != NULL ? (size_t)(semicolon - member.bytes) : member.length;
    struct slice parameters = {member.bytes + length, member.length - length};
    struct slice range = slice_trim((struct slice){member.bytes, length});
    if (slice_equals(range, "*")) { /* Java sends this */
        range = slice_of("*/*");
    }
    *out = (struct media_range){.quality = 1000};
    out->subtype = range;
    out->type = slice_cut(&out->subtype, '/');
    if (!header_is_token(out->type) || !header_is_token(out->subtype)) {
        return false;
    }
    struct header_parameter parameter;
    enum header_step step;
    while ((step = header_next_parameter(&parameters, &parameter)) == HEADER_STEP_FOUND) {
        if (!slice_equals_ignoring_case(parameter.name, "q")) {
            out->has_parameters = true;
        } else if (parameter.is_quoted || !parse_quality(parameter.value, &out->quality)) {
            return false;
        }
    }
    return step == HEADER_STEP_END;
}

/* How exactly a range names the type (RFC 9110 section 12.5.1): 0 for no match, 4 for the best. */
static unsigned specificity(const struct media_range *range, const char *type, const char *subtype) {
    bool any_subtype = slice_equals(range->subtype, "*");
    if (slice_equals(range->type, "*")) {
        return any_subtype ? 1 : 0;
    }
    if (!slice_equals_ignoring_case(range->type, type)) {
        return 0;
    }
    if (any_subtype) {
        return 2;
    }
    /* The library's types have no parameters. A range with parameters still matches, but one without them is better. */
    return !slice_equals_ignoring_case(range->subtype, subtype) ? 0 : range->has_parameters ? 3 : 4;
}

unsigned headers_accept_quality(const struct headers *headers, const char *type, const char *subtype) {
    struct header_position position = {0};
    struct slice member = {0};
    unsigned best = 0;
    unsigned quality = 0;
    bool has_range = false;
    while (headers_next_member(headers, "Accept", &position, &member)) {
        struct media_range range;
        if (!parse_media_range(member, &range)) {
            continue;
        }
        has_range = true;
        unsigned match = specificity(&range, type, subtype);
        if (match > best || (match == best && match > 0 && range.quality > quality)) {
            best = match;
            quality = range.quality;
        }
    }
    return has_range ? quality : 1000;
}
