/* SPDX-License-Identifier: Apache-2.0 */

/* Parses and formats scopes of the token endpoint. */

#include "ecosystems/oci/token_scope.h"

#include "auth/auth.h"

#include <string.h>

static const struct {
    const char *word;
    uint32_t actions;
} WORDS[] = {{"pull", AUTH_PULL}, {"push", AUTH_PUSH}, {"delete", AUTH_DELETE}, {"*", AUTH_ALL_GRANTS}};

bool oci_scope_next(struct slice *list, struct slice *out) {
    do {
        *out = slice_cut(list, ' ');
    } while (out->length == 0 && list->length > 0);
    return out->length > 0;
}

static bool is_word(struct slice text) {
    for (size_t i = 0; i < text.length; i++) {
        if (!char_is_alphanumeric(text.bytes[i])) {
            return false;
        }
    }
    return text.length > 0;
}

/* "repository" or "repository(plugin)". */
static bool parse_type(struct slice text, bool *out_is_repository) {
    const char *opening = text.length > 0 ? memchr(text.bytes, '(', text.length) : NULL;
    struct slice type = {text.bytes, opening != NULL ? (size_t)(opening - text.bytes) : text.length};
    *out_is_repository = slice_equals(type, "repository");
    if (opening == NULL || !is_word(type)) {
        return opening == NULL && is_word(type);
    }
    size_t behind = text.length - type.length - 1;
    return behind > 0 && opening[behind] == ')' && is_word((struct slice){opening + 1, behind - 1});
}

static uint32_t parse_actions(struct slice list) {
    uint32_t actions = 0;
    while (list.length > 0) {
        struct slice word = slice_cut(&list, ',');
        for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
            actions |= slice_equals(word, WORDS[i].word) ? WORDS[i].actions : 0;
        }
    }
    return actions;
}

lreg_status oci_scope_parse(struct slice text, struct oci_scope *out, struct error *err) {
    const struct slice whole = text;
    bool is_repository = false;
    *out = (struct oci_scope){.actions = 0};
    struct slice type = slice_cut(&text, ':');
    size_t behind = text.length; /* after the last colon: names may contain a port */
    while (behind > 0 && text.bytes[behind - 1] != ':') {
        behind--;
    }
    if (behind < 2 || !parse_type(type, &is_repository)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_scope",
                         "the scope \"%.*s\" does not have the form repository:NAME:ACTIONS",
                         (int)(whole.length < 160 ? whole.length : 160), whole.bytes);
    }
    if (is_repository) {
        out->repository = (struct slice){text.bytes, behind - 1};
        out->actions = parse_actions((struct slice){text.bytes + behind, text.length - behind});
    }
    return LREG_OK;
}

void oci_scope_format_actions(uint32_t actions, char out[OCI_ACTIONS_TEXT]) {
    size_t length = 0;
    for (size_t i = 0; i + 1 < sizeof WORDS / sizeof WORDS[0]; i++) { /* without "*" */
        if ((actions & WORDS[i].actions) != 0) {
            size_t word = strlen(WORDS[i].word);
            memcpy(out + length, WORDS[i].word, word);
            out[length + word] = ',';
            length += word + 1;
        }
    }
    out[length > 0 ? length - 1 : 0] = '\0';
}
