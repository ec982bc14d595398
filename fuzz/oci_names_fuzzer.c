/* SPDX-License-Identifier: Apache-2.0 */
/* Names, tags and digests: what is accepted fits into paths and headers as it is, and has one spelling. */
#include "ecosystems/oci/names.h"

#include "support/fuzzer.h"

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
    free(text);
    return 0;
}
