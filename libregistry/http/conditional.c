/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Preconditions. Entity tags are not parsed as ordinary list members, because a backslash in a tag is not an escape
 * (RFC 9110 section 8.8.3).
 */

#include "http/conditional.h"

#include "base/clock.h"

#include <string.h>

/* The current representation. */
struct validators {
    const char *etag;
    int64_t modified_s; /* negative when unknown */
};

struct entity_tag {
    struct slice opaque; /* with its quotes */
    bool is_weak;
};

/* Takes the next tag of a list; false at the end and when the text is not a tag. */
static bool next_tag(const char **at, struct entity_tag *out) {
    const char *text = *at + strspn(*at, " \t,");
    out->is_weak = strncmp(text, "W/", 2) == 0;
    text += out->is_weak ? 2 : 0;
    if (*text != '"') {
        return false;
    }
    size_t length = 1;
    while ((unsigned char)text[length] > 0x20 && text[length] != '"' && text[length] != 0x7f) {
        length++;
    }
    if (text[length] != '"') {
        return false;
    }
    out->opaque = (struct slice){text, length + 1};
    text += length + 1;
    text += strspn(text, " \t");
    *at = text;
    return *text == ',' || *text == '\0';
}

static bool is_star(const char *value) {
    return strcmp(value, "*") == 0;
}

/* Whether a list of tags names the representation; the weak comparison ignores "W/" (RFC 9110 section 8.8.3.2). */
static bool list_matches(const char *value, const struct validators *current, bool strongly) {
    if (is_star(value)) {
        return current->etag != NULL || current->modified_s >= 0;
    }
    struct entity_tag tag;
    while (current->etag != NULL && next_tag(&value, &tag)) {
        if (slice_equals(tag.opaque, current->etag) && !(strongly && tag.is_weak)) {
            return true;
        }
    }
    return false;
}

static bool any_field_matches(const struct headers *request, const char *name, const struct validators *current,
                              bool strongly) {
    for (size_t i = 0; i < request->count; i++) {
        const struct header *field = &request->fields[i];
        if (text_equals_ignoring_case(field->name, name) && list_matches(field->value, current, strongly)) {
            return true;
        }
    }
    return false;
}

/* The date of a field that occurs once and is valid; others are ignored (RFC 9110 sections 13.1.3 and 13.1.4). */
static bool find_date(const struct headers *request, const char *name, int64_t *out_s) {
    int64_t unix_ms = 0;
    if (headers_count(request, name) != 1 || !clock_parse_http(headers_find(request, name), &unix_ms)) {
        return false;
    }
    *out_s = unix_ms / 1000;
    return true;
}

/* RFC 9110 section 13.1.5: true for a tag that matches strongly, for exactly the date, and without the field. */
static bool if_range_holds(const struct headers *request, const struct validators *current) {
    size_t count = headers_count(request, "If-Range");
    if (count != 1) {
        return count == 0;
    }
    const char *value = headers_find(request, "If-Range");
    struct entity_tag tag;
    if (next_tag(&value, &tag)) {
        return *value == '\0' && !tag.is_weak && current->etag != NULL && slice_equals(tag.opaque, current->etag);
    }
    int64_t date_s = 0;
    return current->modified_s >= 0 && find_date(request, "If-Range", &date_s) && date_s == current->modified_s;
}

/* Steps 1 and 2 of RFC 9110 section 13.2.2. */
static bool may_go_on(const struct headers *request, const struct validators *current) {
    int64_t date_s = 0;
    if (headers_find(request, "If-Match") != NULL) {
        return any_field_matches(request, "If-Match", current, true);
    }
    if (current->modified_s >= 0 && find_date(request, "If-Unmodified-Since", &date_s)) {
        return current->modified_s <= date_s;
    }
    return true;
}

/* Steps 3 and 4: whether the client already has what it asks for. */
static bool is_known(const struct headers *request, bool is_get_or_head, const struct validators *current) {
    int64_t date_s = 0;
    if (headers_find(request, "If-None-Match") != NULL) {
        return any_field_matches(request, "If-None-Match", current, false);
    }
    return is_get_or_head && current->modified_s >= 0 && find_date(request, "If-Modified-Since", &date_s) &&
           current->modified_s <= date_s;
}

enum conditional_result conditional_evaluate(const struct headers *request, bool is_get_or_head, const char *etag,
                                             int64_t modified_ms, bool *use_range) {
    struct validators current = {.etag = etag, .modified_s = modified_ms < 0 ? -1 : modified_ms / 1000};
    if (use_range != NULL) {
        *use_range = is_get_or_head && if_range_holds(request, &current);
    }
    if (!may_go_on(request, &current)) {
        return CONDITIONAL_PRECONDITION_FAILED;
    }
    if (is_known(request, is_get_or_head, &current)) {
        return is_get_or_head ? CONDITIONAL_NOT_MODIFIED : CONDITIONAL_PRECONDITION_FAILED;
    }
    return CONDITIONAL_PROCEED;
}
