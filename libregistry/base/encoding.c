/* SPDX-License-Identifier: Apache-2.0 */

/* Hexadecimal, base64, base62 and CRC-32. The two base64 alphabets share one encoder and one decoder. */

#include "base/encoding.h"

#include "base/memory.h"

#define INVALID 0xff

void hex_encode(const void *bytes, size_t length, char *out) {
    static const char hex_digits[] = "0123456789abcdef";
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++) {
        *out++ = hex_digits[at[i] >> 4];
        *out++ = hex_digits[at[i] & 15];
    }
    *out = '\0';
}

static uint8_t hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return (uint8_t)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (uint8_t)(c - 'a' + 10);
    }
    if (c >= 'A' && c <= 'F') {
        return (uint8_t)(c - 'A' + 10);
    }
    return INVALID;
}

bool hex_decode(const char *text, size_t length, void *out) {
    if (length % 2 != 0) {
        return false;
    }
    uint8_t *to = out;
    for (size_t i = 0; i < length; i += 2) {
        uint8_t high = hex_value(text[i]);
        uint8_t low = hex_value(text[i + 1]);
        if (high == INVALID || low == INVALID) {
            return false;
        }
        *to++ = (uint8_t)(high << 4 | low);
    }
    return true;
}

static const char alphabet_standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Returns the end of the output, which the caller pads and terminates. */
static char *encode_64(const char *alphabet, const uint8_t *bytes, size_t length, char *out) {
    while (length >= 3) {
        uint32_t group = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = alphabet[group >> 6 & 63];
        *out++ = alphabet[group & 63];
        bytes += 3;
        length -= 3;
    }
    if (length > 0) {
        uint32_t group = (uint32_t)bytes[0] << 16 | (length == 2 ? (uint32_t)bytes[1] << 8 : 0);
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        if (length == 2) {
            *out++ = alphabet[group >> 6 & 63];
        }
    }
    return out;
}

static uint8_t value_64(const char *alphabet, char c) {
    if (c >= 'A' && c <= 'Z') {
        return (uint8_t)(c - 'A');
    }
    if (c >= 'a' && c <= 'z') {
        return (uint8_t)(c - 'a' + 26);
    }
    if (c >= '0' && c <= '9') {
        return (uint8_t)(c - '0' + 52);
    }
    if (c == alphabet[62]) {
        return 62;
    }
    return c == alphabet[63] ? 63 : INVALID;
}

/* Decodes text without padding. Bits after the last byte must be zero: no two texts decode to the same bytes. */
static bool decode_64(const char *alphabet, const char *text, size_t length, uint8_t *out, size_t capacity,
                      size_t *out_length) {
    size_t bytes = length / 4 * 3 + (length % 4 * 3) / 4;
    if (length % 4 == 1 || bytes > capacity) {
        return false;
    }
    uint32_t pending = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < length; i++) {
        uint8_t value = value_64(alphabet, text[i]);
        if (value == INVALID) {
            return false;
        }
        pending = (pending << 6 | value) & 0xfff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *out++ = (uint8_t)(pending >> bits);
        }
    }
    if ((pending & ((1u << bits) - 1)) != 0) {
        return false;
    }
    *out_length = bytes;
    return true;
}

size_t base64_encoded_length(size_t length) {
    size_t encoded = 0;
    return size_multiply(length / 3 + (length % 3 != 0), 4, &encoded) ? encoded : SIZE_MAX;
}

void base64_encode(const void *bytes, size_t length, char *out) {
    char *end = encode_64(alphabet_standard, bytes, length, out);
    if (length % 3 != 0) {
        *end++ = '=';
    }
    if (length % 3 == 1) {
        *end++ = '=';
    }
    *end = '\0';
}

bool base64_decode(const char *text, size_t length, void *out, size_t capacity, size_t *out_length) {
    if (length > 0 && length % 4 == 0 && text[length - 1] == '=') {
        length -= text[length - 2] == '=' ? 2 : 1;
    }
    return decode_64(alphabet_standard, text, length, out, capacity, out_length);
}

size_t base64url_encoded_length(size_t length) {
    size_t full = 0;
    size_t encoded = 0;
    size_t rest = length % 3 != 0 ? length % 3 + 1 : 0;
    return size_multiply(length / 3, 4, &full) && size_add(full, rest, &encoded) ? encoded : SIZE_MAX;
}

void base64url_encode(const void *bytes, size_t length, char *out) {
    *encode_64(alphabet_url, bytes, length, out) = '\0';
}

bool base64url_decode(const char *text, size_t length, void *out, size_t capacity, size_t *out_length) {
    return decode_64(alphabet_url, text, length, out, capacity, out_length);
}

void base62_encode(uint64_t value, size_t digits, char *out) {
    static const char hex_digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    out[digits] = '\0';
    for (size_t i = digits; i > 0; i--) {
        out[i - 1] = hex_digits[value % 62];
        value /= 62;
    }
}

uint32_t crc32_of(const void *bytes, size_t length) {
    /* The polynomial 0xedb88320, four bits at a time: a small table suits the short inputs here. */
    static const uint32_t crc_table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    const uint8_t *at = bytes;
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < length; i++) {
        crc ^= at[i];
        crc = crc >> 4 ^ crc_table[crc & 15];
        crc = crc >> 4 ^ crc_table[crc & 15];
    }
    return crc ^ 0xffffffff;
}
