/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Request targets and form texts. Everything is decoded once, into one buffer as long as the source text. A target is
 * refused when later code could read it differently: control characters, an escaped slash, "..".
 */

#include "http/url.h"

#include "base/encoding.h"
#include "http/authority.h"
#include "http/url_internal.h"

#include <string.h>

bool url_decode(struct slice text, bool plus_is_blank, char *out, size_t *out_length) {
    size_t used = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        if (c == '%') {
            if (text.length - i < 3 || !hex_decode(text.bytes + i + 1, 2, &c)) {
                return false;
            }
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        out[used++] = c;
    }
    out[used] = '\0';
    *out_length = used;
    return true;
}

static lreg_status bad_target(struct error *err, const char *why) {
    return error_set(err, LREG_BAD_ARGUMENT, "bad_target", "the request target %s", why);
}

/* The reason why an undecoded target is refused, or NULL (RFC 3986 section 2; RFC 9112 section 3.2 has no fragment). */
static const char *target_fault(const char *target) {
    for (const char *at = target; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte <= 0x20 || byte == 0x7f) {
            return "contains a blank or a control character";
        }
        if (byte == '#') {
            return "contains a fragment";
        }
    }
    return text_is_utf8(target, strlen(target)) ? NULL : "is not UTF-8";
}

bool url_split_absolute(const char *target, struct slice *out_authority, const char **out_rest) {
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);
        struct slice start = {target, strnlen(target, length)};
        if (slice_equals_ignoring_case(start, schemes[i])) {
            const char *authority = target + length;
            *out_authority = (struct slice){authority, strcspn(authority, "/?#")};
            *out_rest = authority + out_authority->length;
            return true;
        }
    }
    return false;
}

/* Removes scheme and authority of an absolute form; false when they are malformed or contain a user (RFC 9110
 * section 4.2.4). */
static bool skip_authority(struct slice *target) {
    struct slice authority;
    const char *rest = NULL;
    if (!url_split_absolute(target->bytes, &authority, &rest) || !authority_parse(authority, NULL)) {
        return false;
    }
    *target = slice_of(rest);
    return true;
}

static const char *segment_fault(const char *segment, size_t length) {
    if (text_has_control(segment, length)) {
        return "has an escaped control character in its path";
    }
    if (memchr(segment, '/', length) != NULL || memchr(segment, '\\', length) != NULL) {
        return "has a backslash or an escaped slash in its path";
    }
    if (strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0) {
        return "has a segment \".\" or \"..\"";
    }
    return text_is_utf8(segment, length) ? NULL : "is not UTF-8 once decoded";
}

static lreg_status decode_segments(struct url *url, struct slice rest, char *buffer, struct error *err) {
    for (size_t i = 0; i < url->segment_count; i++) {
        struct slice raw = slice_cut(&rest, '/');
        size_t length = 0;
        if (raw.length == 0 && i + 1 < url->segment_count) {
            return bad_target(err, "has an empty segment in its path");
        }
        if (!url_decode(raw, false, buffer, &length)) {
            return bad_target(err, "has a malformed percent escape");
        }
        const char *fault = segment_fault(buffer, length);
        if (fault != NULL) {
            return bad_target(err, fault);
        }
        url->segments[i] = buffer;
        buffer += length + 1;
    }
    return LREG_OK;
}

static size_t count_of(struct slice text, char wanted) {
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++) {
        count += text.bytes[i] == wanted ? 1 : 0;
    }
    return count;
}

/* `path` begins with '/'. */
static lreg_status parse_path(struct url *url, struct slice path, struct arena *arena, struct error *err) {
    url->segment_count = path.length > 1 ? count_of(path, '/') : 0;
    if (url->segment_count > URL_SEGMENTS_MAX) {
        return error_set(err, LREG_URI_TOO_LONG, "too_many_segments", "the path has more than %d segments",
                         URL_SEGMENTS_MAX);
    }
    url->path = arena_copy_bytes(arena, path.bytes, path.length);
    url->segments = arena_allocate_zeroed(arena, url->segment_count, sizeof *url->segments);
    char *buffer = arena_allocate(arena, path.length); /* the NUL of a segment takes the place of its '/' */
    if (url->path == NULL || url->segments == NULL || buffer == NULL) {
        return error_no_memory(err);
    }
    struct slice rest = {path.bytes + 1, path.length - 1};
    return decode_segments(url, rest, buffer, err);
}

/* The code and subject of errors about parameters, and whether they may contain line ends (text areas of forms do). */
struct parameter_rules {
    const char *code;
    const char *what;
    bool allow_lines;
};

static bool parameter_is_sound(const char *text, size_t length, bool allow_lines) {
    return !text_has_control_beside(text, length, allow_lines ? "\n\r\t" : "") && text_is_utf8(text, length);
}

/* Decodes one name or value to `*buffer` and advances that past its NUL. Returns NULL, or the reason of a refusal. */
static const char *decode_text(struct slice raw, const struct parameter_rules *rules, char **buffer, const char **out) {
    size_t length = 0;
    if (!url_decode(raw, true, *buffer, &length)) {
        return "has a malformed percent escape";
    }
    if (!parameter_is_sound(*buffer, length, rules->allow_lines)) {
        return "has a control character or is not UTF-8";
    }
    *out = *buffer;
    *buffer += length + 1;
    return NULL;
}

static const char *decode_parameter(struct slice piece, const struct parameter_rules *rules, char **buffer,
                                    struct url_parameter *out) {
    struct slice value = piece;
    struct slice name = slice_cut(&value, '=');
    out->value = "";
    const char *fault = decode_text(name, rules, buffer, &out->name);
    if (fault == NULL && name.length < piece.length) {
        fault = decode_text(value, rules, buffer, &out->value);
    }
    return fault;
}

/* Empty pieces, as in "a=1&&b=2&", are not counted. */
static size_t count_parameters(struct slice text) {
    size_t count = 0;
    while (text.length > 0) {
        count += slice_cut(&text, '&').length > 0 ? 1 : 0;
    }
    return count;
}

static lreg_status parse_parameters(const char *text, const struct parameter_rules *rules, struct arena *arena,
                                    struct url_parameter **out, size_t *out_count, struct error *err) {
    struct slice rest = slice_of(text);
    size_t count = count_parameters(rest);
    if (count > URL_PARAMETERS_MAX) {
        return error_set(err, LREG_BAD_ARGUMENT, "too_many_parameters", "%s has more than %d parameters", rules->what,
                         URL_PARAMETERS_MAX);
    }
    struct url_parameter *parameters = arena_allocate_zeroed(arena, count, sizeof *parameters);
    char *buffer = arena_allocate(arena, rest.length + 1); /* the NULs take the place of '=' and '&' */
    if (parameters == NULL || buffer == NULL) {
        return error_no_memory(err);
    }
    size_t used = 0;
    while (rest.length > 0) {
        struct slice piece = slice_cut(&rest, '&');
        if (piece.length == 0) {
            continue;
        }
        const char *fault = decode_parameter(piece, rules, &buffer, &parameters[used++]);
        if (fault != NULL) {
            return error_set(err, LREG_BAD_ARGUMENT, rules->code, "%s %s", rules->what, fault);
        }
    }
    *out = parameters;
    *out_count = used;
    return LREG_OK;
}

static lreg_status parse_target(struct url *url, const char *target, struct arena *arena, struct error *err) {
    static const struct parameter_rules rules = {"bad_target", "the query of the request target", false};
    const char *fault = target_fault(target);
    if (fault != NULL) {
        return bad_target(err, fault);
    }
    struct slice path = slice_of(target);
    bool is_origin_form = path.length > 0 && path.bytes[0] == '/';
    if (!is_origin_form && !skip_authority(&path)) {
        return bad_target(err, "is neither a path nor a URL");
    }
    const char *query = strchr(path.bytes, '?');
    if (query != NULL) {
        path.length = (size_t)(query - path.bytes);
    }
    lreg_status status = parse_path(url, path.length > 0 ? path : slice_of("/"), arena, err);
    if (status != LREG_OK || query == NULL) {
        return status;
    }
    url->query = arena_copy_text(arena, query + 1);
    if (url->query == NULL) {
        return error_no_memory(err);
    }
    return parse_parameters(url->query, &rules, arena, &url->parameters, &url->parameter_count, err);
}

lreg_status url_parse(struct url *out, const char *target, struct arena *arena, struct error *err) {
    struct url url = {0};
    lreg_status status = parse_target(&url, target, arena, err);
    *out = status == LREG_OK ? url : (struct url){0};
    return status;
}

const char *url_parameter(const struct url *url, const char *name) {
    return url_parameter_at(url, name, 0);
}

const char *url_parameter_at(const struct url *url, const char *name, size_t index) {
    for (size_t i = 0; i < url->parameter_count; i++) {
        if (strcmp(url->parameters[i].name, name) == 0 && index-- == 0) {
            return url->parameters[i].value;
        }
    }
    return NULL;
}

lreg_status url_parse_parameters(const char *text, struct arena *arena, struct url_parameter **out, size_t *out_count,
                                 struct error *err) {
    static const struct parameter_rules rules = {"bad_form", "the form", true};
    *out = NULL;
    *out_count = 0;
    return parse_parameters(text, &rules, arena, out, out_count, err);
}

static bool is_unreserved(char c) {
    return char_is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

char *url_encode(const char *text, struct arena *arena) {
    static const char digits[] = "0123456789ABCDEF";
    size_t room = 0;
    if (!size_multiply(strlen(text), 3, &room) || !size_add(room, 1, &room)) {
        return NULL;
    }
    char *encoded = arena_allocate(arena, room);
    if (encoded == NULL) {
        return NULL;
    }
    char *at = encoded;
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (is_unreserved(*text)) {
            *at++ = *text;
            continue;
        }
        *at++ = '%';
        *at++ = digits[byte >> 4];
        *at++ = digits[byte & 15];
    }
    *at = '\0';
    return encoded;
}
