/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Dependencies as apk reads them. Clients trust every word in an index, and a word that they cannot parse invalidates
 * the rest of its list. So the words are checked at the upload.
 */

#include "ecosystems/alpine/dependency.h"

#include "base/encoding.h"
#include "ecosystems/alpine/version.h"

#include <string.h>

#define COMPARERS "<>=~"
#define CHECKSUM_MAX 32

static lreg_status refuse(struct slice word, const char *reason, struct error *err) {
    return error_set(err, LREG_UNPROCESSABLE, "bad_dependency", "dependency \"%.*s\" %s",
                     (int)(word.length < 80 ? word.length : 80), word.bytes, reason);
}

static size_t run_length(struct slice text, bool of_comparers) {
    size_t length = 0;
    while (length < text.length && (memchr(COMPARERS, text.bytes[length], strlen(COMPARERS)) != NULL) == of_comparers) {
        length++;
    }
    return length;
}

/* The spelling of an operator in an index; NULL for an unknown one. */
static const char *operator_spelling(struct slice comparer) {
    static const struct {
        const char *read;
        const char *written;
    } table[] = {{"=", "="},   {"==", "="},  {"<", "<"},   {"<=", "<="}, {"=<", "<="}, {">", ">"},
                 {">=", ">="}, {"=>", ">="}, {"~", "~"},   {"~=", "~"},  {"=~", "~"},  {"<~", "<~"},
                 {"~<", "<~"}, {">~", ">~"}, {"~>", ">~"}, {"><", "><"}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (slice_equals(comparer, table[i].read)) {
            return table[i].written;
        }
    }
    return NULL;
}

/* "Q1" and the base64 of a SHA-1 digest. */
static bool is_checksum(struct slice text) {
    uint8_t digest[CHECKSUM_MAX];
    size_t length = 0;
    return slice_starts_with(text, "Q1") &&
           base64_decode(text.bytes + 2, text.length - 2, digest, sizeof digest, &length) && length == 20;
}

static bool name_is_sound(struct slice name) {
    for (size_t i = 0; i < name.length; i++) {
        char c = name.bytes[i];
        /* '@' would be a repository tag, which apk 3 refuses in a package */
        if (c == '@' || c == '!' || c == ' ') {
            return false;
        }
    }
    return name.length > 0;
}

lreg_status alpine_dependency_append(struct strbuf *out, struct slice word, enum alpine_dependency_role role,
                                     struct error *err) {
    if (word.length > ALPINE_DEPENDENCY_MAX) {
        return refuse(word, "is longer than 255 bytes: clients could not write their database", err);
    }
    struct slice rest = word;
    bool is_conflict = slice_starts_with(rest, "!");
    if (is_conflict) {
        rest = (struct slice){rest.bytes + 1, rest.length - 1};
    }
    struct slice name = {rest.bytes, run_length(rest, false)};
    rest = (struct slice){rest.bytes + name.length, rest.length - name.length};
    struct slice comparer = {rest.bytes, run_length(rest, true)};
    struct slice version = {rest.bytes + comparer.length, rest.length - comparer.length};
    if (!name_is_sound(name)) {
        return refuse(word, "has no sound name", err);
    }
    const char *spelling = comparer.length > 0 ? operator_spelling(comparer) : "";
    if (spelling == NULL) {
        return refuse(word, "has an unknown operator", err);
    }
    if (text_equals(spelling, "><") && !is_checksum(version)) {
        return refuse(word, "has a malformed checksum", err);
    }
    bool needs_version = comparer.length > 0 && !text_equals(spelling, "><");
    if (needs_version && (version.length == 0 || (role == ALPINE_DEPENDS && !alpine_version_is_valid(version)))) {
        return refuse(word, "has an invalid version: apk 3 would refuse to install the package", err);
    }
    strbuf_append_text(out, is_conflict ? "!" : "");
    strbuf_append(out, name.bytes, name.length);
    strbuf_append_text(out, spelling);
    strbuf_append(out, version.bytes, version.length);
    return LREG_OK;
}
