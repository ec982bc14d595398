/* SPDX-License-Identifier: Apache-2.0 */

/*
 * .PKGINFO has lines of `key = value`, split at the first " = " and never trimmed. A line that apk ignores (indented,
 * without the spaces, with a key in upper case) must be ignored here too; otherwise the index would differ from the
 * package.
 */

#include "ecosystems/alpine/package_info.h"

#include "base/encoding.h"
#include "ecosystems/alpine/dependency.h"
#include "ecosystems/alpine/names.h"

#include <string.h>

enum key {
    KEY_NAME,
    KEY_VERSION,
    KEY_ARCHITECTURE,
    KEY_DESCRIPTION,
    KEY_URL,
    KEY_LICENSE,
    KEY_ORIGIN,
    KEY_MAINTAINER,
    KEY_COMMIT,
    KEY_SIZE,
    KEY_BUILD_DATE,
    KEY_PROVIDER_PRIORITY,
    KEY_DATA_HASH,
    KEY_DEPEND,
    KEY_PROVIDES,
    KEY_INSTALL_IF,
    KEY_COUNT
};
#define FIRST_LIST KEY_DEPEND
#define LIST_COUNT (KEY_COUNT - KEY_DEPEND)

static const char *const key_names[KEY_COUNT] = {
    "pkgname", "pkgver", "arch",      "pkgdesc",           "url",      "license", "origin",   "maintainer",
    "commit",  "size",   "builddate", "provider_priority", "datahash", "depend",  "provides", "install_if"};

struct reading {
    struct slice values[KEY_COUNT]; /* the last one of a repeated key */
    struct strbuf lists[LIST_COUNT]; /* all lines of these keys, joined */
};

static struct slice next_line(const char *text, size_t length, size_t *at) {
    const char *begin = text + *at;
    const char *end = memchr(begin, '\n', length - *at);
    size_t line = end == NULL ? length - *at : (size_t)(end - begin);
    *at += line + (end == NULL ? 0 : 1);
    return (struct slice){begin, line};
}

/* Splits a line at the first " = "; false for a line that apk skips. */
static bool split_line(struct slice line, struct slice *key, struct slice *value) {
    if (line.length == 0 || line.bytes[0] == '#') {
        return false;
    }
    for (size_t i = 0; i + 3 <= line.length; i++) {
        if (memcmp(line.bytes + i, " = ", 3) == 0) {
            *key = (struct slice){line.bytes, i};
            *value = (struct slice){line.bytes + i + 3, line.length - i - 3};
            return true;
        }
    }
    return false;
}

/* A value cannot contain a line end, but a carriage return or a NUL would reach clients. A tab
 * in a text is harmless. */
static lreg_status check_value(enum key key, struct slice value, struct error *err) {
    if (!text_is_utf8(value.bytes, value.length)) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_value", "%s in .PKGINFO is not UTF-8", key_names[key]);
    }
    if (text_has_control_beside(value.bytes, value.length, "\t")) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_value", "%s in .PKGINFO contains a control character",
                         key_names[key]);
    }
    return LREG_OK;
}

static lreg_status append_list(enum key key, struct slice value, struct strbuf *list, struct error *err) {
    enum alpine_dependency_role role = key == KEY_PROVIDES ? ALPINE_PROVIDES : ALPINE_DEPENDS;
    struct slice rest = value;
    while (rest.length > 0) {
        struct slice word = slice_cut(&rest, ' ');
        if (word.length == 0) {
            continue;
        }
        if (list->length > 0) {
            strbuf_append_char(list, ' ');
        }
        lreg_status status = alpine_dependency_append(list, word, role, err);
        if (status != LREG_OK) {
            return status;
        }
    }
    if (list->status == LREG_TOO_LARGE) {
        return error_set(err, LREG_UNPROCESSABLE, "index_line_too_long",
                         "all %s of .PKGINFO together are longer than %zu bytes: clients could not read the index",
                         key_names[key], ALPINE_INDEX_LINE_MAX);
    }
    return strbuf_status(list, err);
}

static lreg_status read_line(struct reading *reading, struct slice line, struct error *err) {
    struct slice key;
    struct slice value;
    if (line.length > ALPINE_INDEX_LINE_MAX) {
        return error_set(err, LREG_UNPROCESSABLE, "index_line_too_long",
                         "a line of .PKGINFO is longer than %zu bytes: clients could not read it",
                         ALPINE_INDEX_LINE_MAX);
    }
    if (!split_line(line, &key, &value)) {
        return LREG_OK;
    }
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (!slice_equals(key, key_names[i])) {
            continue;
        }
        lreg_status status = check_value((enum key)i, value, err);
        if (status == LREG_OK && i >= FIRST_LIST) {
            status = append_list((enum key)i, value, &reading->lists[i - FIRST_LIST], err);
        }
        reading->values[i] = value;
        return status;
    }
    return LREG_OK;
}

/* Reads leading digits, as apk does: "12k" is 12, and text without digits is 0. A larger number becomes `max`. */
static uint64_t leading_number(struct slice text, uint64_t max) {
    uint64_t value = 0;
    for (size_t i = 0; i < text.length && char_is_digit(text.bytes[i]); i++) {
        uint64_t digit = (uint64_t)(text.bytes[i] - '0');
        if (value > (max - digit) / 10) {
            return max;
        }
        value = value * 10 + digit;
    }
    return value;
}

static lreg_status read_data_hash(struct slice text, uint8_t *out, struct error *err) {
    if (text.length != (size_t)DIGEST_SHA256_BYTES * 2 || !hex_decode(text.bytes, text.length, out)) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_datahash",
                         "datahash in .PKGINFO is not a SHA-256 digest of 64 hexadecimal digits");
    }
    return LREG_OK;
}

static lreg_status check_needed(const struct reading *reading, struct error *err) {
    static const enum key needed[] = {KEY_NAME, KEY_VERSION, KEY_ARCHITECTURE, KEY_DATA_HASH};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (reading->values[needed[i]].length == 0) {
            return error_set(err, LREG_UNPROCESSABLE, "missing_field", ".PKGINFO has no %s", key_names[needed[i]]);
        }
    }
    return LREG_OK;
}

/* Copies the result into the arena. */
static lreg_status keep(const struct reading *reading, struct arena *arena, struct alpine_package_info *out,
                        struct error *err) {
    const char *texts[KEY_COUNT] = {NULL};
    for (size_t i = 0; i < KEY_COUNT; i++) {
        struct slice value = reading->values[i];
        if (i >= FIRST_LIST) {
            const struct strbuf *list = &reading->lists[i - FIRST_LIST];
            value = (struct slice){strbuf_text(list), list->length};
        }
        texts[i] = arena_copy_bytes(arena, value.length > 0 ? value.bytes : "", value.length);
        if (texts[i] == NULL) {
            return error_no_memory(err);
        }
    }
    out->name = texts[KEY_NAME];
    out->version = texts[KEY_VERSION];
    out->architecture = texts[KEY_ARCHITECTURE];
    out->description = texts[KEY_DESCRIPTION];
    out->url = texts[KEY_URL];
    out->license = texts[KEY_LICENSE];
    out->origin = texts[KEY_ORIGIN];
    out->maintainer = texts[KEY_MAINTAINER];
    out->commit = texts[KEY_COMMIT];
    out->depends = texts[KEY_DEPEND];
    out->provides = texts[KEY_PROVIDES];
    out->install_if = texts[KEY_INSTALL_IF];
    out->installed_bytes = leading_number(reading->values[KEY_SIZE], INT64_MAX);
    out->build_unix_s = (int64_t)leading_number(reading->values[KEY_BUILD_DATE], INT64_MAX);
    out->provider_priority = (uint32_t)leading_number(reading->values[KEY_PROVIDER_PRIORITY], UINT16_MAX);
    return LREG_OK;
}

lreg_status alpine_package_info_parse(const char *text, size_t length, struct arena *arena,
                                      struct alpine_package_info *out, struct error *err) {
    struct reading reading = {0};
    lreg_status status = LREG_OK;
    *out = (struct alpine_package_info){0};
    for (size_t i = 0; i < LIST_COUNT; i++) {
        strbuf_init(&reading.lists[i], arena->hooks, ALPINE_INDEX_LINE_MAX);
    }
    for (size_t at = 0; at < length && status == LREG_OK;) {
        status = read_line(&reading, next_line(text, length, &at), err);
    }
    if (status != LREG_OK) {
        goto out;
    }
    status = check_needed(&reading, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = read_data_hash(reading.values[KEY_DATA_HASH], out->data_sha256, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = keep(&reading, arena, out, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = alpine_names_check(out->name, out->version, out->architecture, err);

out:
    for (size_t i = 0; i < LIST_COUNT; i++) {
        strbuf_free(&reading.lists[i]);
    }
    return status;
}
