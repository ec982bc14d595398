/* SPDX-License-Identifier: Apache-2.0 */

/* UUIDs and slugs. */

#include "base/id.h"

#include "base/encoding.h"
#include "base/text.h"

#define UUID_BYTES 16

static void format_uuid(const uint8_t bytes[UUID_BYTES], char out[ID_TEXT]) {
    static const uint8_t GROUPS[] = {4, 2, 2, 2, 6};
    for (size_t i = 0; i < sizeof GROUPS; i++) {
        hex_encode(bytes, GROUPS[i], out);
        bytes += GROUPS[i];
        out += 2 * GROUPS[i];
        *out++ = '-';
    }
    out[-1] = '\0';
}

static void set_version(uint8_t bytes[UUID_BYTES], uint8_t version) {
    bytes[6] = (uint8_t)(version << 4 | (bytes[6] & 0x0f));
    bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3f)); /* variant 10 */
}

lreg_status id_new(const struct hooks *hooks, char out[ID_TEXT], struct error *err) {
    uint8_t bytes[UUID_BYTES];
    lreg_status status = hooks_random(hooks, bytes, sizeof bytes, err);
    if (status != LREG_OK) {
        return status;
    }
    /* RFC 9562 section 5.7: 48 bits of milliseconds, version and variant; the rest stays random. */
    int64_t now = hooks_now_ms(hooks);
    uint64_t milliseconds = now > 0 ? (uint64_t)now : 0;
    for (size_t i = 0; i < 6; i++) {
        bytes[i] = (uint8_t)(milliseconds >> (40 - 8 * i));
    }
    set_version(bytes, 7);
    format_uuid(bytes, out);
    return LREG_OK;
}

lreg_status id_new_secret(const struct hooks *hooks, char out[ID_TEXT], struct error *err) {
    uint8_t bytes[UUID_BYTES];
    lreg_status status = hooks_random(hooks, bytes, sizeof bytes, err);
    if (status == LREG_OK) {
        set_version(bytes, 4);
        format_uuid(bytes, out);
    }
    return status;
}

static bool is_lower_hex(char c) {
    return char_is_digit(c) || (c >= 'a' && c <= 'f');
}

bool id_is_valid(const char *text) {
    if (text == NULL) {
        return false;
    }
    for (size_t i = 0; i < ID_TEXT - 1; i++) { /* a NUL is neither, so the loop ends with the text */
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_lower_hex(text[i])) {
            return false;
        }
    }
    return text[ID_TEXT - 1] == '\0';
}

void slug_from_name(const char *name, char out[SLUG_MAX + 1]) {
    size_t length = 0;
    bool separated = false;
    for (; *name != '\0'; name++) {
        if (!char_is_alphanumeric(*name)) {
            separated = length > 0;
            continue;
        }
        if (length + (separated ? 2 : 1) > SLUG_MAX) {
            break;
        }
        if (separated) {
            out[length++] = '-';
            separated = false;
        }
        out[length++] = char_to_lower(*name);
    }
    out[length] = '\0';
}

bool slug_is_valid(const char *slug) {
    if (slug == NULL) {
        return false;
    }
    char before = '-';
    size_t length = 0;
    for (; slug[length] != '\0'; length++) {
        char c = slug[length];
        bool word = char_is_digit(c) || (c >= 'a' && c <= 'z');
        if (length == SLUG_MAX || (!word && (c != '-' || before == '-'))) {
            return false;
        }
        before = c;
    }
    return before != '-';
}
