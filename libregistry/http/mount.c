/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Mounts. Clients may escape any character ("/~me" and "/%7Eme" are equivalent, RFC 3986 section 6.2.2.2), so paths are
 * compared by decoded characters. An escaped slash does not equal a slash.
 */

#include "http/mount.h"

#include "base/encoding.h"

#include <string.h>

/* Decodes one character of a path, and returns how many bytes it takes there. A malformed escape is taken literally. */
static size_t decode_one(const char *at, char *out) {
    bool is_escape = at[0] == '%' && at[1] != '\0' && at[2] != '\0' && hex_decode(at + 1, 2, out);
    if (!is_escape) {
        *out = at[0];
    }
    return is_escape ? 3 : 1;
}

static bool is_separator(char decoded, size_t length) {
    return decoded == '/' && length == 1;
}

static bool is_character(const char *at, size_t *out_length) {
    char decoded = '\0';
    *out_length = decode_one(at, &decoded);
    if (*out_length == 3) {
        return decoded != '/' && decoded != '\\' && (unsigned char)decoded > 0x1f && decoded != 0x7f;
    }
    return char_is_alphanumeric(*at) || strchr("-._~+@:", *at) != NULL;
}

/* Skips "/segment"; NULL when there is no valid segment. */
static const char *skip_segment(const char *at) {
    bool is_dots = true;
    size_t count = 0;
    size_t length = 0;
    if (*at++ != '/') {
        return NULL;
    }
    for (; *at != '\0' && *at != '/'; at += length, count++) {
        char decoded = '\0';
        if (!is_character(at, &length)) {
            return NULL;
        }
        (void)decode_one(at, &decoded);
        is_dots = is_dots && decoded == '.';
    }
    return count == 0 || (is_dots && count <= 2) ? NULL : at;
}

bool mount_is_sound(const char *text) {
    while (text != NULL && *text != '\0') {
        text = skip_segment(text);
    }
    return text != NULL;
}

const char *mount_take_off(const char *mount, const char *path) {
    while (*mount != '\0') {
        char wanted = '\0';
        char found = '\0';
        size_t wanted_length = decode_one(mount, &wanted);
        size_t found_length = decode_one(path, &found);
        bool is_same = wanted == found && is_separator(wanted, wanted_length) == is_separator(found, found_length);
        if (*path == '\0' || !is_same) {
            return NULL;
        }
        mount += wanted_length;
        path += found_length;
    }
    return path[0] == '/' || path[0] == '?' || path[0] == '\0' ? path : NULL;
}
