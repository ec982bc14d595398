/* SPDX-License-Identifier: Apache-2.0 */

/*
 * JSON by jansson. Its parser recurses once per level, so a scan checks the depth first. Its error texts quote the
 * input, which may contain a secret and end up in a log; the library's messages name only the place.
 */

#include "base/json.h"

#include <string.h>

#define MESSAGE_CODE "malformed_json"
#define STORED_DEPTH 64

static bool opens(char c) {
    return c == '[' || c == '{';
}

static bool closes(char c) {
    return c == ']' || c == '}';
}

/* The offset at which the text becomes deeper than `max_depth` levels; `length` when it does not. For a malformed text
 * this is right up to the place where jansson stops. */
static size_t too_deep_at(const char *bytes, size_t length, size_t max_depth) {
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < length; i++) {
        char c = bytes[i];
        if (c == '"') {
            in_string = !in_string;
        } else if (in_string) {
            i += c == '\\' ? 1 : 0;
        } else if (opens(c)) {
            if (depth == max_depth) {
                return i;
            }
            depth++;
        } else if (closes(c) && depth > 0) {
            depth--;
        }
    }
    return length;
}

static const char *reason_of(const json_error_t *error) {
    switch (json_error_code(error)) {
    case json_error_premature_end_of_input:
        return "it ends too early";
    case json_error_end_of_input_expected:
        return "something stands behind its end";
    case json_error_invalid_utf8:
        return "not UTF-8";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a string holds NUL";
    case json_error_duplicate_key:
        return "a name occurs twice in one object";
    case json_error_numeric_overflow:
        return "a number is too large";
    case json_error_stack_overflow:
        return "it is nested too deeply";
    case json_error_invalid_syntax:
    default:
        return "it does not follow the syntax";
    }
}

static lreg_status parse_failed(const json_error_t *error, struct error *err) {
    /* jansson sets no error when an allocation fails below its parser. */
    if (json_error_code(error) == json_error_out_of_memory || error->text[0] == '\0') {
        return error_no_memory(err);
    }
    return error_set(err, LREG_BAD_ARGUMENT, MESSAGE_CODE, "malformed JSON at line %d, column %d: %s", error->line,
                     error->column, reason_of(error));
}

/* Parses twice and compares. When an allocation fails within a name or a string, jansson's lexer drops characters and
 * continues, so that the value is wrong or missing. */
lreg_status json_parse(const char *bytes, size_t length, size_t max_depth, json_t **out, struct error *err) {
    *out = NULL;
    size_t deep = too_deep_at(bytes, length, max_depth);
    if (deep < length) {
        return error_set(err, LREG_BAD_ARGUMENT, "json_too_deep", "JSON is nested deeper than %zu levels at byte %zu",
                         max_depth, deep);
    }
    json_error_t error = {0};
    json_error_t error_again = {0};
    json_t *value = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
    json_t *again = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error_again);
    lreg_status status = LREG_OK;
    if (value != NULL && json_equal(value, again) != 0) {
        *out = value;
        value = NULL;
    } else if (value == NULL && again == NULL && error.position == error_again.position) {
        status = parse_failed(&error, err);
    } else {
        status = error_no_memory(err);
    }
    json_decref(value);
    json_decref(again);
    return status;
}

static int append_piece(const char *bytes, size_t length, void *user) {
    struct strbuf *out = user;
    strbuf_append(out, bytes, length);
    return out->status == LREG_OK ? 0 : -1;
}

lreg_status json_render(const json_t *value, struct strbuf *out, struct error *err) {
    size_t before = out->length;
    int rendered = json_dump_callback(value, append_piece, out, JSON_COMPACT | JSON_ENCODE_ANY);
    if (rendered == 0) {
        return LREG_OK;
    }
    strbuf_shorten(out, before);
    lreg_status status = strbuf_status(out, err);
    /* Otherwise `value` was NULL, because building it failed, or jansson ran out of memory. */
    return status != LREG_OK ? status : error_no_memory(err);
}

json_t *json_stored(const char *text) {
    json_t *value = NULL;
    if (text[0] == '\0') {
        return json_object();
    }
    return json_parse(text, strlen(text), STORED_DEPTH, &value, NULL) == LREG_OK ? value : NULL;
}

const char *json_member_text(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

lreg_status json_read_text(const json_t *object, const char *name, const char **out, struct error *err) {
    const json_t *member = json_object_get(object, name);
    if (member == NULL) {
        return LREG_OK;
    }
    if (!json_is_string(member)) {
        return error_set(err, LREG_UNPROCESSABLE, "wrong_type", "\"%s\" must be a string", name);
    }
    *out = json_string_value(member);
    return LREG_OK;
}

lreg_status json_read_optional_text(const json_t *object, const char *name, const char **out, struct error *err) {
    if (json_is_null(json_object_get(object, name))) {
        *out = "";
        return LREG_OK;
    }
    return json_read_text(object, name, out, err);
}

lreg_status json_read_switch(const json_t *object, const char *name, int *out, struct error *err) {
    const json_t *member = json_object_get(object, name);
    if (member == NULL) {
        return LREG_OK;
    }
    if (!json_is_boolean(member)) {
        return error_set(err, LREG_UNPROCESSABLE, "wrong_type", "\"%s\" must be true or false", name);
    }
    *out = json_is_true(member) ? 1 : 0;
    return LREG_OK;
}
