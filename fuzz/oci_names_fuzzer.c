/* SPDX-License-Identifier: Apache-2.0 */
/* Names, tags, digests and scopes: accepted ones can be used unchanged in paths and headers, and have one spelling. */
#include "auth/auth.h"
#include "ecosystems/oci/names.h"
#include "ecosystems/oci/token_scope.h"

#include "support/fuzzer.h"

#include <stdio.h>

/* A scope that was parsed and written again parses to the same scope. */
static void check_scopes(const char *text) {
    struct slice list = slice_of(text);
    struct slice part;
    while (oci_scope_next(&list, &part)) {
        struct oci_scope scope;
        struct oci_scope again;
        char actions[OCI_ACTIONS_TEXT];
        if (oci_scope_parse(part, &scope, NULL) != LREG_OK) {
            continue;
        }
        expect(scope.actions <= AUTH_ALL_GRANTS && scope.repository.length < part.length);
        if (scope.repository.length == 0) {
            expect(scope.actions == 0);
            continue;
        }
        oci_scope_format_actions(scope.actions, actions);
        size_t size = scope.repository.length + sizeof actions + 16;
        char *written = malloc(size);
        snprintf(written, size, "repository:%.*s:%s", (int)scope.repository.length, scope.repository.bytes, actions);
        expect(oci_scope_parse(slice_of(written), &again, NULL) == LREG_OK);
        expect(again.actions == scope.actions && again.repository.length == scope.repository.length);
        free(written);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct oci_digest digest;
    char *text = copy_text(data, size);
    if (oci_name_is_valid(text)) {
        size_t length = strlen(text);
        expect(length > 0 && length <= OCI_NAME_MAX && has_only(text, LOWER DIGITS "._-/"));
        expect(strstr(text, "..") == NULL && strstr(text, "//") == NULL);
        expect(strchr("._-/", text[0]) == NULL && strchr("._-/", text[length - 1]) == NULL);
    }
    if (oci_tag_is_valid(text)) {
        expect(text[0] != '\0' && strlen(text) <= OCI_TAG_MAX && has_only(text, LOWER UPPER DIGITS "._-"));
        expect(text[0] != '.' && text[0] != '-');
    }
    if (oci_media_type_is_valid(text)) {
        expect(has_only(text, LOWER UPPER DIGITS "!#$&-^_.+/") && strchr(text, '/') == strrchr(text, '/'));
    }
    if (oci_digest_parse(text, &digest)) {
        expect(strcmp(digest.text, text) == 0 && has_only(strchr(text, ':') + 1, DIGITS "abcdef"));
    }
    check_scopes(text);
    free(text);
    return 0;
}
