/* SPDX-License-Identifier: Apache-2.0 */

/* UUIDs and slugs. */

#include "base/id.h"

#include "base/encoding.h"
#include "base/text.h"

#include <string.h>

#define UUID_BYTES 16
#define STEP_BYTES 6 /* see id_put_behind() */

static void format_uuid(const uint8_t bytes[UUID_BYTES], char out[ID_TEXT]) {
    static const uint8_t groups[] = {4, 2, 2, 2, 6};
    for (size_t i = 0; i < sizeof groups; i++) {
        hex_encode(bytes, groups[i], out);
        bytes += groups[i];
        out += 2 * groups[i];
        *out++ = '-';
    }
    out[-1] = '\0';
}

/* `text` is valid by id_is_valid(). */
static void parse_uuid(const char *text, uint8_t out[UUID_BYTES]) {
    for (size_t i = 0; i < UUID_BYTES; i++) {
        text += *text == '-' ? 1 : 0;
        (void)hex_decode(text, 2, &out[i]);
        text += 2;
    }
}

static void set_version(uint8_t bytes[UUID_BYTES], uint8_t version) {
    bytes[6] = (uint8_t)(version << 4 | (bytes[6] & 0x0f));
    bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3f)); /* variant 10 */
}

lreg_status id_new(const struct hooks *hooks, char out[ID_TEXT], struct error *err) {
    return id_new_at(hooks, hooks_now_ms(hooks), out, err);
}

lreg_status id_new_at(const struct hooks *hooks, int64_t now_ms, char out[ID_TEXT], struct error *err) {
    uint8_t bytes[UUID_BYTES];
    lreg_status status = hooks_random(hooks, bytes, sizeof bytes, err);
    if (status != LREG_OK) {
        return status;
    }
    /* RFC 9562 section 5.7: 48 bits of milliseconds, version and variant; the rest stays random. */
    uint64_t milliseconds = now_ms > 0 ? (uint64_t)now_ms : 0;
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
    for (size_t i = 0; i < ID_TEXT - 1; i++) { /* returns at a NUL, which is neither */
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_lower_hex(text[i])) {
            return false;
        }
    }
    return text[ID_TEXT - 1] == '\0';
}

/* Adds one and the last STEP_BYTES of `step`, skipping the bits of version and variant. False on overflow. */
static bool increase(uint8_t bytes[UUID_BYTES], const uint8_t step[UUID_BYTES]) {
    unsigned carry = 1;
    for (size_t i = UUID_BYTES; i > 0; i--) {
        size_t at = i - 1;
        unsigned free = at == 6 ? 0x0f : at == 8 ? 0x3f : 0xff;
        unsigned sum = (bytes[at] & free) + (at >= UUID_BYTES - STEP_BYTES ? step[at] : 0) + carry;
        bytes[at] = (uint8_t)((bytes[at] & ~free) | (sum & free));
        carry = sum > free ? 1 : 0;
    }
    return carry == 0;
}

/* The step is random so that an id is not issued again when its row was deleted in the meantime. */
void id_put_behind(char id[ID_TEXT], const char *last) {
    uint8_t bytes[UUID_BYTES];
    uint8_t step[UUID_BYTES];
    if (!id_is_valid(last) || last[14] != '7' || strcmp(id, last) > 0) {
        return;
    }
    parse_uuid(last, bytes);
    parse_uuid(id, step);
    if (increase(bytes, step)) {
        format_uuid(bytes, id);
    }
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
