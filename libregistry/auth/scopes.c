/* SPDX-License-Identifier: Apache-2.0 */

/* Scopes of API access tokens: their texts, and parsing lists of them. */

#include "auth/auth.h"

#include "base/text.h"

static const struct {
    uint32_t bit;
    const char *text;
} scopes[] = {
    {AUTH_READ_PACKAGES, "read_packages"},       {AUTH_WRITE_PACKAGES, "write_packages"},
    {AUTH_DELETE_PACKAGES, "delete_packages"},   {AUTH_READ_REGISTRIES, "read_registries"},
    {AUTH_WRITE_REGISTRIES, "write_registries"}, {AUTH_DELETE_REGISTRIES, "delete_registries"},
    {AUTH_READ_METRICS, "read_metrics"},
};

#define SCOPE_COUNT (sizeof(scopes) / sizeof(scopes[0]))

static bool is_separator(char c) {
    return c == ',' || c == ' ' || c == '\t';
}

/* Cuts the next word off `rest`; empty at the end. */
static struct slice next_word(struct slice *rest) {
    while (rest->length > 0 && is_separator(rest->bytes[0])) {
        rest->bytes++;
        rest->length--;
    }
    struct slice word = {rest->bytes, 0};
    while (word.length < rest->length && !is_separator(rest->bytes[word.length])) {
        word.length++;
    }
    rest->bytes += word.length;
    rest->length -= word.length;
    return word;
}

static uint32_t scope_of(struct slice word) {
    for (size_t i = 0; i < SCOPE_COUNT; i++) {
        if (slice_equals(word, scopes[i].text)) {
            return scopes[i].bit;
        }
    }
    return 0;
}

lreg_status auth_scopes_parse(const char *text, uint32_t *out, struct error *err) {
    uint32_t found = 0;
    struct slice rest = slice_of(text);
    for (struct slice word = next_word(&rest); word.length > 0; word = next_word(&rest)) {
        uint32_t bit = scope_of(word);
        if (bit == 0) {
            int shown = word.length > 60 ? 60 : (int)word.length;
            return error_set(err, LREG_BAD_ARGUMENT, "unknown_scope", "there is no scope \"%.*s\"", shown, word.bytes);
        }
        found |= bit;
    }
    if (found == 0) {
        return error_set(err, LREG_BAD_ARGUMENT, "no_scopes", "at least one scope is needed, such as %s",
                         scopes[0].text);
    }
    *out = found;
    return LREG_OK;
}

const char *auth_scope_text(uint32_t scope) {
    for (size_t i = 0; i < SCOPE_COUNT; i++) {
        if (scopes[i].bit == scope) {
            return scopes[i].text;
        }
    }
    return NULL;
}
