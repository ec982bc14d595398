/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The names of generic files contain their version: {BASENAME}-{SEMVER}.{EXT}. A SemVer pre-release and a file
 * extension both consist of words separated by dots, so the boundary between them is a matter of convention. The
 * convention is here.
 */

#include "ecosystems/files/filename.h"

#include <string.h>

const char *filename_last_component(const char *name) {
    const char *last = name;
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '/' || *at == '\\') {
            last = at + 1;
        }
    }
    return last;
}

lreg_status filename_check(const char *name, struct error *err) {
    size_t length = strlen(name);
    if (length == 0) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_filename", "the file has no name");
    }
    if (length > FILENAME_MAX_BYTES) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_filename", "the file name is longer than %d bytes",
                         FILENAME_MAX_BYTES);
    }
    if (!text_is_utf8(name, length)) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_filename", "the file name is not UTF-8");
    }
    if (text_has_control(name, length)) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_filename", "the file name contains a control character");
    }
    if (strpbrk(name, "/\\") != NULL || text_equals(name, ".") || text_equals(name, "..")) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_filename", "the file name is a path");
    }
    return LREG_OK;
}

/* Length of a SemVer number ("0", or without a leading zero) at the start of `text`; 0 when there is none. */
static size_t number_length(struct slice text) {
    size_t length = 0;
    while (length < text.length && char_is_digit(text.bytes[length])) {
        length++;
    }
    return length > 1 && text.bytes[0] == '0' ? 0 : length;
}

/* Length of MAJOR.MINOR.PATCH at the start of `text`; 0 when there is none. */
static size_t version_core_length(struct slice text) {
    size_t at = 0;
    for (int part = 0; part < 3; part++) {
        if (part > 0) {
            if (at >= text.length || text.bytes[at] != '.') {
                return 0;
            }
            at++;
        }
        size_t digits = number_length((struct slice){text.bytes + at, text.length - at});
        if (digits == 0) {
            return 0;
        }
        at += digits;
    }
    return at;
}

static bool word_is_numeric(struct slice word) {
    for (size_t i = 0; i < word.length; i++) {
        if (!char_is_digit(word.bytes[i])) {
            return false;
        }
    }
    return word.length > 0;
}

/* Identifiers of [0-9A-Za-z-], separated by dots (semver.org, items 9 and 10). Numeric ones of a pre-release have no
 * leading zero. */
static bool identifiers_are_valid(struct slice text, bool is_prerelease) {
    struct slice rest = text;
    bool more = true;
    while (more) {
        more = memchr(rest.bytes, '.', rest.length) != NULL;
        struct slice word = slice_cut(&rest, '.');
        if (word.length == 0) {
            return false;
        }
        for (size_t i = 0; i < word.length; i++) {
            if (!char_is_alphanumeric(word.bytes[i]) && word.bytes[i] != '-') {
                return false;
            }
        }
        if (is_prerelease && word_is_numeric(word) && word.length > 1 && word.bytes[0] == '0') {
            return false;
        }
    }
    return true;
}

static bool version_is_valid(struct slice text) {
    size_t at = version_core_length(text);
    if (at == 0) {
        return false;
    }
    struct slice rest = {text.bytes + at, text.length - at};
    if (rest.length == 0) {
        return true;
    }
    const char *plus = memchr(rest.bytes, '+', rest.length);
    size_t before_build = plus == NULL ? rest.length : (size_t)(plus - rest.bytes);
    if (plus != NULL && !identifiers_are_valid((struct slice){plus + 1, rest.length - before_build - 1}, false)) {
        return false;
    }
    if (before_build == 0) {
        return true;
    }
    return rest.bytes[0] == '-' && before_build > 1 &&
           identifiers_are_valid((struct slice){rest.bytes + 1, before_build - 1}, true);
}

static bool extension_is_valid(struct slice text) {
    struct slice rest = text;
    bool more = text.length > 0;
    bool valid = more;
    while (more && valid) {
        more = memchr(rest.bytes, '.', rest.length) != NULL;
        struct slice word = slice_cut(&rest, '.');
        valid = word.length > 0;
        for (size_t i = 0; i < word.length; i++) {
            valid = valid && char_is_alphanumeric(word.bytes[i]);
        }
    }
    return valid;
}

/* Where the extension (without its dot) begins in `text`: after the last dot, or after the one before for ".tar.gz" and
 * the like; text.length when there is no dot. */
static size_t extension_start(struct slice text) {
    static const char *const inner[] = {"tar", "cpio", "user"};
    size_t last = text.length;
    size_t before = text.length;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == '.') {
            before = last;
            last = i;
        }
    }
    if (last == text.length) {
        return text.length;
    }
    for (size_t i = 0; before < last && i < sizeof inner / sizeof inner[0]; i++) {
        struct slice word = {text.bytes + before + 1, last - before - 1};
        if (slice_equals_ignoring_case(word, inner[i])) {
            return before + 1;
        }
    }
    return last + 1;
}

/* Whether `text`, the part after a '-', is {SEMVER}.{EXT}; sets the version. */
static bool split_version(struct slice text, struct slice *version) {
    size_t core = version_core_length(text);
    if (core == 0) {
        return false;
    }
    /* "1.0.0.tar.gz": everything after the numbers is the extension. */
    if (core < text.length && text.bytes[core] == '.') {
        *version = (struct slice){text.bytes, core};
        return extension_is_valid((struct slice){text.bytes + core + 1, text.length - core - 1});
    }
    size_t start = extension_start(text);
    if (start >= text.length) {
        return false;
    }
    *version = (struct slice){text.bytes, start - 1};
    return version_is_valid(*version) && extension_is_valid((struct slice){text.bytes + start, text.length - start});
}

bool filename_split(const char *name, bool lenient, struct filename_parts *out) {
    size_t length = strlen(name);
    *out = (struct filename_parts){{name, length}, {name + length, 0}};
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (c == '-' && i > 0 && split_version((struct slice){name + i + 1, length - i - 1}, &out->version)) {
            out->name.length = i;
            return true;
        }
        bool allowed = char_is_alphanumeric(c) || c == '-' || (lenient && (c == '.' || c == '_'));
        if (!allowed) {
            break;
        }
    }
    out->version = (struct slice){name + length, 0};
    return false;
}

const char *filename_media_type(const char *name) {
    static const struct {
        const char *ending;
        const char *media_type;
    } types[] = {
        {".tar.gz", "application/gzip"},
        {".tgz", "application/gzip"},
        {".gz", "application/gzip"},
        {".zip", "application/zip"},
        {".tar", "application/x-tar"},
        {".bz2", "application/x-bzip2"},
        {".xz", "application/x-xz"},
        {".zst", "application/zstd"},
        {".7z", "application/x-7z-compressed"},
        {".json", "application/json"},
        {".xml", "application/xml"},
        {".pdf", "application/pdf"},
        {".txt", "text/plain; charset=utf-8"},
        {".md", "text/markdown; charset=utf-8"},
        {".csv", "text/csv; charset=utf-8"},
        {".jar", "application/java-archive"},
        {".wasm", "application/wasm"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".gif", "image/gif"},
    };
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t ending = strlen(types[i].ending);
        if (length > ending && text_equals_ignoring_case(name + length - ending, types[i].ending)) {
            return types[i].media_type;
        }
    }
    return "application/octet-stream";
}
