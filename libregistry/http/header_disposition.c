/* SPDX-License-Identifier: Apache-2.0 */

/* Content-Disposition: reads what browsers and curl write in forms, and writes a form that every client can read. */

#include "http/header_internal.h"
#include "http/headers.h"
#include "http/url_internal.h"
#include "http/url.h"

#include <string.h>

static lreg_status bad_disposition(struct error *err, const char *why) {
    return error_set(err, LREG_BAD_ARGUMENT, "bad_disposition", "Content-Disposition %s", why);
}

/*
 * Decodes one character of a name, and returns how many bytes it takes. RFC 7578 escapes '"' and '\' with a backslash;
 * browsers, by the URL standard, write %22 for '"' and do not escape backslashes. So all other backslashes and percent
 * signs are taken literally.
 */
static size_t take_char(struct slice text, bool is_quoted, char *out) {
    const char *bytes = text.bytes;
    size_t left = is_quoted ? text.length : 1;
    if (left >= 2 && bytes[0] == '\\' && (bytes[1] == '"' || bytes[1] == '\\')) {
        *out = bytes[1];
        return 2;
    }
    if (left >= 3 && memcmp(bytes, "%22", 3) == 0) {
        *out = '"';
        return 3;
    }
    *out = bytes[0];
    return 1;
}

static lreg_status check_name(const char *name, size_t length, struct error *err) {
    if (text_has_control(name, length)) {
        return bad_disposition(err, "has a control character in a name");
    }
    return text_is_utf8(name, length) ? LREG_OK : bad_disposition(err, "has a name that is not UTF-8");
}

static lreg_status decode_plain(const struct header_parameter *parameter, struct arena *arena, const char **out,
                                struct error *err) {
    struct slice raw = parameter->value;
    char *name = arena_allocate(arena, raw.length + 1);
    if (name == NULL) {
        return error_no_memory(err);
    }
    size_t used = 0;
    while (raw.length > 0) {
        size_t taken = take_char(raw, parameter->is_quoted, &name[used++]);
        raw.bytes += taken;
        raw.length -= taken;
    }
    name[used] = '\0';
    *out = name;
    return check_name(name, used, err);
}

/* ext-value of RFC 8187 section 3.2.1: charset "'" [ language ] "'" value-chars */
static lreg_status decode_extended(const struct header_parameter *parameter, struct arena *arena, const char **out,
                                   struct error *err) {
    struct slice rest = parameter->value;
    struct slice charset = slice_cut(&rest, '\'');
    struct slice language = slice_cut(&rest, '\'');
    bool is_complete = language.bytes + language.length < rest.bytes;
    if (parameter->is_quoted || !is_complete) {
        return bad_disposition(err, "has a malformed filename*");
    }
    if (!slice_equals_ignoring_case(charset, "UTF-8")) {
        return bad_disposition(err, "has a filename* that is not in UTF-8");
    }
    char *name = arena_allocate(arena, rest.length + 1);
    if (name == NULL) {
        return error_no_memory(err);
    }
    size_t length = 0;
    if (!url_decode(rest, false, name, &length)) {
        return bad_disposition(err, "has a malformed percent escape in filename*");
    }
    *out = name;
    return check_name(name, length, err);
}

/* `*extended` is filename*. */
static lreg_status take_parameter(const struct header_parameter *parameter, struct arena *arena,
                                  struct header_disposition *out, const char **extended, struct error *err) {
    const char **target = NULL;
    if (slice_equals_ignoring_case(parameter->name, "name")) {
        target = &out->name;
    } else if (slice_equals_ignoring_case(parameter->name, "filename")) {
        target = &out->filename;
    } else if (slice_equals_ignoring_case(parameter->name, "filename*")) {
        target = extended;
    } else {
        return LREG_OK;
    }
    if (*target != NULL) {
        return bad_disposition(err, "has a parameter twice");
    }
    return target == extended ? decode_extended(parameter, arena, target, err)
                              : decode_plain(parameter, arena, target, err);
}

lreg_status header_parse_disposition(const char *value, struct arena *arena, struct header_disposition *out,
                                     struct error *err) {
    *out = (struct header_disposition){0};
    size_t type_length = strcspn(value, ";");
    struct slice rest = slice_of(value + type_length);
    out->type = slice_trim((struct slice){value, type_length});
    if (!header_is_token(out->type)) {
        return bad_disposition(err, "has no type");
    }
    const char *extended = NULL;
    struct header_parameter parameter;
    enum header_step step;
    while ((step = header_next_parameter(&rest, &parameter)) == HEADER_STEP_FOUND) {
        lreg_status status = take_parameter(&parameter, arena, out, &extended, err);
        if (status != LREG_OK) {
            return status;
        }
    }
    out->filename = extended != NULL ? extended : out->filename;
    return step == HEADER_STEP_END ? LREG_OK : bad_disposition(err, "is malformed");
}

const char *header_disposition_filename(const char *value, struct arena *arena) {
    struct header_disposition disposition;
    if (value == NULL || header_parse_disposition(value, arena, &disposition, NULL) != LREG_OK) {
        return NULL;
    }
    return disposition.filename;
}

/* '%' is excluded because some clients decode it in the plain form too (RFC 6266 appendix D). */
static bool is_plain(char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '%';
}

/* Writes the plain form, with one '_' for each character that it cannot hold. True when there was none. */
static bool make_fallback(const char *filename, char *out) {
    bool is_exact = true;
    for (; *filename != '\0'; filename++) {
        if (is_plain(*filename)) {
            *out++ = *filename;
            continue;
        }
        is_exact = false;
        if (((unsigned char)*filename & 0xc0) != 0x80) {
            *out++ = '_';
        }
    }
    *out = '\0';
    return is_exact;
}

char *header_content_disposition(const char *filename, struct arena *arena) {
    char *fallback = arena_allocate(arena, strlen(filename) + 1);
    if (fallback == NULL) {
        return NULL;
    }
    if (make_fallback(filename, fallback)) {
        return arena_format(arena, "attachment; filename=\"%s\"", fallback);
    }
    const char *encoded = url_encode(filename, arena);
    if (encoded == NULL) {
        return NULL;
    }
    return arena_format(arena, "attachment; filename=\"%s\"; filename*=UTF-8''%s", fallback, encoded);
}
