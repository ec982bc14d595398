/* SPDX-License-Identifier: Apache-2.0 */

/* Tokens, parameters and media types in field values. */

#include "http/header_internal.h"
#include "http/headers.h"

#include <string.h>

static bool is_token_char(char c) {
    return char_is_alphanumeric(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool header_is_token(struct slice text) {
    for (size_t i = 0; i < text.length; i++) {
        if (!is_token_char(text.bytes[i])) {
            return false;
        }
    }
    return text.length > 0;
}

static bool is_bare_value_char(char c) {
    unsigned char byte = (unsigned char)c;
    return byte > 0x20 && byte != 0x7f && strchr("\";,\\", c) == NULL;
}

static void skip(struct slice *text, size_t length) {
    text->bytes += length;
    text->length -= length;
}

static void skip_blanks(struct slice *text) {
    while (text->length > 0 && (text->bytes[0] == ' ' || text->bytes[0] == '\t')) {
        skip(text, 1);
    }
}

/* Takes a quoted string after its opening quote; false when it is not closed. */
static bool take_quoted(struct slice *rest, struct slice *out) {
    size_t i = 0;
    while (i < rest->length && rest->bytes[i] != '"') {
        i += rest->bytes[i] == '\\' ? 2 : 1;
    }
    if (i >= rest->length) {
        return false;
    }
    *out = (struct slice){rest->bytes, i};
    skip(rest, i + 1);
    return true;
}

static bool take_value(struct slice *rest, struct header_parameter *out) {
    out->is_quoted = rest->length > 0 && rest->bytes[0] == '"';
    if (out->is_quoted) {
        skip(rest, 1);
        return take_quoted(rest, &out->value);
    }
    size_t length = 0;
    while (length < rest->length && is_bare_value_char(rest->bytes[length])) {
        length++;
    }
    out->value = (struct slice){rest->bytes, length};
    skip(rest, length);
    return length > 0;
}

enum header_step header_next_parameter(struct slice *rest, struct header_parameter *out) {
    skip_blanks(rest);
    if (rest->length > 0 && rest->bytes[0] != ';') {
        return HEADER_STEP_MALFORMED;
    }
    while (rest->length > 0 && rest->bytes[0] == ';') { /* empty parameters are ignored */
        skip(rest, 1);
        skip_blanks(rest);
    }
    if (rest->length == 0) {
        return HEADER_STEP_END;
    }
    size_t length = 0;
    while (length < rest->length && is_token_char(rest->bytes[length])) {
        length++;
    }
    if (length == 0 || length == rest->length || rest->bytes[length] != '=') {
        return HEADER_STEP_MALFORMED;
    }
    out->name = (struct slice){rest->bytes, length};
    skip(rest, length + 1);
    return take_value(rest, out) ? HEADER_STEP_FOUND : HEADER_STEP_MALFORMED;
}

/* Decodes quoted-pairs (RFC 9110 section 5.6.4). NULL for control characters, and when out of memory. */
static char *unquote(const struct header_parameter *parameter, struct arena *arena) {
    if (text_has_control(parameter->value.bytes, parameter->value.length)) {
        return NULL;
    }
    char *text = arena_copy_bytes(arena, parameter->value.bytes, parameter->value.length);
    if (text == NULL || !parameter->is_quoted) {
        return text;
    }
    size_t used = 0;
    for (size_t i = 0; i < parameter->value.length; i++) {
        if (text[i] == '\\') { /* take_quoted() made sure that a byte follows */
            i++;
        }
        text[used++] = text[i];
    }
    text[used] = '\0';
    return text;
}

/* The part before the first ';', trimmed. `*rest` begins with that ';' or is empty. */
static struct slice main_value(const char *value, struct slice *rest) {
    size_t length = strcspn(value, ";");
    *rest = slice_of(value + length);
    return slice_trim((struct slice){value, length});
}

const char *header_media_type(const char *value, struct arena *arena) {
    if (value == NULL) {
        return NULL;
    }
    struct slice rest;
    struct slice whole = main_value(value, &rest);
    struct slice subtype = whole;
    struct slice type = slice_cut(&subtype, '/');
    if (!header_is_token(type) || !header_is_token(subtype)) {
        return NULL;
    }
    char *text = arena_copy_bytes(arena, whole.bytes, whole.length);
    for (size_t i = 0; text != NULL && i < whole.length; i++) {
        text[i] = char_to_lower(text[i]);
    }
    return text;
}

const char *header_parameter(const char *value, const char *name, struct arena *arena) {
    if (value == NULL) {
        return NULL;
    }
    struct slice rest;
    (void)main_value(value, &rest);
    struct header_parameter parameter;
    struct header_parameter found = {0};
    size_t count = 0;
    enum header_step step;
    while ((step = header_next_parameter(&rest, &parameter)) == HEADER_STEP_FOUND) {
        if (slice_equals_ignoring_case(parameter.name, name)) {
            found = parameter;
            count++;
        }
    }
    /* A repeated parameter is malformed: two readers could use different values. */
    return step == HEADER_STEP_END && count == 1 ? unquote(&found, arena) : NULL;
}
