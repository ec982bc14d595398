/* SPDX-License-Identifier: Apache-2.0 */

/* Validates repository names, tags and digests. */

#include "ecosystems/oci/names.h"

#include "base/encoding.h"

#include <string.h>

static bool is_lower_alphanumeric(char c) {
    return char_is_digit(c) || (c >= 'a' && c <= 'z');
}

/* Length of the separator at the start of `text`: "/", ".", "_", "__" or any number of dashes; 0 when there is none. */
static size_t separator_length(const char *text) {
    if (text[0] == '-') {
        return strspn(text, "-");
    }
    if (text[0] == '_') {
        return text[1] == '_' ? 2 : 1;
    }
    return text[0] == '.' || text[0] == '/' ? 1 : 0;
}

bool oci_name_is_valid(const char *name) {
    size_t at = 0;
    if (strnlen(name, OCI_NAME_MAX + 1) > OCI_NAME_MAX) {
        return false;
    }
    for (;;) {
        size_t start = at;
        while (is_lower_alphanumeric(name[at])) {
            at++;
        }
        if (at == start) {
            return false;
        }
        if (name[at] == '\0') {
            return true;
        }
        size_t separator = separator_length(name + at);
        if (separator == 0) {
            return false;
        }
        at += separator;
    }
}

bool oci_tag_is_valid(const char *tag) {
    if (!char_is_alphanumeric(tag[0]) && tag[0] != '_') {
        return false;
    }
    size_t length = 1;
    for (; tag[length] != '\0'; length++) {
        char c = tag[length];
        if (length == OCI_TAG_MAX || (!char_is_alphanumeric(c) && c != '.' && c != '_' && c != '-')) {
            return false;
        }
    }
    return true;
}

/* restricted-name of RFC 6838 section 4.2. */
static bool is_restricted_name(struct slice name) {
    if (name.length == 0 || name.length > 127 || !char_is_alphanumeric(name.bytes[0])) {
        return false;
    }
    for (size_t i = 1; i < name.length; i++) {
        if (!char_is_alphanumeric(name.bytes[i]) && memchr("!#$&-^_.+", name.bytes[i], 9) == NULL) {
            return false;
        }
    }
    return true;
}

bool oci_media_type_is_valid(const char *media_type) {
    struct slice rest = slice_of(media_type);
    struct slice type = slice_cut(&rest, '/');
    return is_restricted_name(type) && is_restricted_name(rest);
}

static bool is_lower_hex(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!char_is_digit(text[i]) && (text[i] < 'a' || text[i] > 'f')) {
            return false;
        }
    }
    return text[length] == '\0';
}

bool oci_digest_parse(const char *text, struct oci_digest *out) {
    static const char prefixes[][8] = {"sha256:", "sha512:"};
    static const uint32_t algorithms[] = {DIGEST_SHA256, DIGEST_SHA512};
    static const size_t digits[] = {2 * DIGEST_SHA256_BYTES, 2 * DIGEST_SHA512_BYTES};
    for (size_t i = 0; i < 2; i++) {
        size_t prefix = strlen(prefixes[i]);
        size_t length = prefix + digits[i];
        if (strncmp(text, prefixes[i], prefix) != 0 || strnlen(text, length + 1) != length ||
            !is_lower_hex(text + prefix, digits[i]) || !hex_decode(text + prefix, digits[i], out->bytes)) {
            continue;
        }
        out->algorithm = algorithms[i];
        memcpy(out->text, text, length + 1);
        return true;
    }
    return false;
}

void oci_digest_of_sha256(const uint8_t sha256[DIGEST_SHA256_BYTES], struct oci_digest *out) {
    static const char prefix[] = "sha256:";
    out->algorithm = DIGEST_SHA256;
    memcpy(out->bytes, sha256, DIGEST_SHA256_BYTES);
    memcpy(out->text, prefix, sizeof prefix - 1);
    hex_encode(sha256, DIGEST_SHA256_BYTES, out->text + sizeof prefix - 1);
}

bool oci_digest_matches(const struct oci_digest *digest, const struct digest_set *set) {
    if ((set->algorithms & digest->algorithm) == 0) {
        return false;
    }
    if (digest->algorithm == DIGEST_SHA512) {
        return memcmp(digest->bytes, set->sha512, DIGEST_SHA512_BYTES) == 0;
    }
    return memcmp(digest->bytes, set->sha256, DIGEST_SHA256_BYTES) == 0;
}
