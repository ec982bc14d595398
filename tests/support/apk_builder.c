/* SPDX-License-Identifier: Apache-2.0 */

/* See the header. */

#include "support/apk_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 512
#define INFO_MAX 262144
#define STORED_MAX 65535

void apk_append(struct apk_bytes *out, const void *bytes, size_t length) {
    if (out->capacity - out->length < length) {
        size_t capacity = (out->length + length) * 2;
        uint8_t *grown = realloc(out->bytes, capacity);
        if (grown == NULL) {
            abort();
        }
        out->bytes = grown;
        out->capacity = capacity;
    }
    if (length > 0) {
        memcpy(out->bytes + out->length, bytes, length);
        out->length += length;
    }
}

void apk_free(struct apk_bytes *bytes) {
    free(bytes->bytes);
    *bytes = (struct apk_bytes){0};
}

static void put_octal(char *field, size_t size, size_t value) {
    for (size_t i = size - 1; i > 0; i--) {
        field[i - 1] = (char)('0' + (value & 7));
        value >>= 3;
    }
}

void apk_tar_entry(struct apk_bytes *out, const char *name, char type, const void *content, size_t length) {
    static const uint8_t zeros[BLOCK];
    char header[BLOCK] = {0};
    unsigned sum = 0;
    size_t name_length = strlen(name);
    memcpy(header, name, name_length < 100 ? name_length : 100);
    put_octal(header + 100, 8, 0644);
    put_octal(header + 108, 8, 0);
    put_octal(header + 116, 8, 0);
    put_octal(header + 124, 12, length);
    put_octal(header + 136, 12, 1700000000);
    memset(header + 148, ' ', 8);
    header[156] = type;
    memcpy(header + 257, "ustar", 5);
    memcpy(header + 263, "00", 2);
    for (size_t i = 0; i < BLOCK; i++) {
        sum += (uint8_t)header[i];
    }
    put_octal(header + 148, 7, sum);
    apk_append(out, header, BLOCK);
    apk_append(out, content, length);
    apk_append(out, zeros, (BLOCK - length % BLOCK) % BLOCK);
}

void apk_tar_end(struct apk_bytes *out) {
    static const uint8_t zeros[2 * BLOCK];
    apk_append(out, zeros, sizeof zeros);
}

static uint32_t crc32_of_bytes(const uint8_t *bytes, size_t length) {
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
        }
    }
    return ~crc;
}

static void put_little(uint8_t *out, uint32_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

void apk_gzip(struct apk_bytes *out, const struct apk_bytes *content) {
    static const uint8_t head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    const uint8_t *bytes = content->length > 0 ? content->bytes : head;
    uint8_t trailer[8];
    size_t at = 0;
    apk_append(out, head, sizeof head);
    do {
        size_t piece = content->length - at < STORED_MAX ? content->length - at : STORED_MAX;
        uint8_t block[5] = {at + piece == content->length};
        put_little(block + 1, (uint32_t)piece, 2);
        put_little(block + 3, (uint32_t)~piece, 2);
        apk_append(out, block, sizeof block);
        apk_append(out, bytes + at, piece);
        at += piece;
    } while (at < content->length);
    put_little(trailer, crc32_of_bytes(bytes, content->length), 4);
    put_little(trailer + 4, (uint32_t)content->length, 4);
    apk_append(out, trailer, sizeof trailer);
}

/* Bits of a deflate stream, the first one lowest (RFC 1951 section 3.1.1). */
struct bits {
    struct apk_bytes *out;
    uint32_t held;
    unsigned count;
};

static void put_bit(struct bits *bits, unsigned bit) {
    bits->held |= bit << bits->count++;
    if (bits->count == 8) {
        uint8_t byte = (uint8_t)bits->held;
        apk_append(bits->out, &byte, 1);
        bits->held = 0;
        bits->count = 0;
    }
}

/* A Huffman code, which begins with its highest bit. */
static void put_code(struct bits *bits, unsigned code, unsigned length) {
    while (length > 0) {
        put_bit(bits, code >> --length & 1);
    }
}

/* By the fixed codes (section 3.2.6): bytes, and matches of 258 bytes at the distance 1. */
static void put_runs(struct bits *bits, const uint8_t *bytes, size_t length) {
    size_t at = 0;
    while (at < length) {
        size_t run = 0;
        while (at > 0 && run < 258 && at + run < length && bytes[at + run] == bytes[at - 1]) {
            run++;
        }
        if (run == 258) {
            put_code(bits, 0xc5, 8);
            put_code(bits, 0, 5);
            at += run;
        } else {
            unsigned byte = bytes[at++];
            put_code(bits, byte < 144 ? 0x30 + byte : 0x190 + byte - 144, byte < 144 ? 8 : 9);
        }
    }
    put_code(bits, 0, 7);
}

void apk_gzip_runs(struct apk_bytes *out, const struct apk_bytes *content) {
    static const uint8_t head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    uint8_t trailer[8];
    struct bits bits = {.out = out};
    apk_append(out, head, sizeof head);
    put_bit(&bits, 1); /* the last block */
    put_bit(&bits, 1); /* with the fixed codes */
    put_bit(&bits, 0);
    put_runs(&bits, content->bytes, content->length);
    while (bits.count > 0) {
        put_bit(&bits, 0);
    }
    put_little(trailer, crc32_of_bytes(content->bytes, content->length), 4);
    put_little(trailer + 4, (uint32_t)content->length, 4);
    apk_append(out, trailer, sizeof trailer);
}

static uint32_t rotate(uint32_t value, unsigned by) {
    return (value >> by) | (value << (32 - by));
}

/* Cube roots of primes, as in FIPS 180-4: the first 32 bits of their fractions. */
static uint32_t root_fraction(unsigned prime, int cube) {
    long double low = 0;
    long double high = 32;
    for (int i = 0; i < 100; i++) {
        long double middle = (low + high) / 2;
        long double power = cube ? middle * middle * middle : middle * middle;
        if (power <= (long double)prime) {
            low = middle;
        } else {
            high = middle;
        }
    }
    long double fraction = low - (long double)(unsigned)low;
    return (uint32_t)(fraction * 4294967296.0L);
}

static void make_constants(uint32_t round[64], uint32_t state[8]) {
    unsigned count = 0;
    for (unsigned candidate = 2; count < 64; candidate++) {
        unsigned divisor = 2;
        while (candidate % divisor != 0) {
            divisor++;
        }
        if (divisor != candidate) {
            continue;
        }
        round[count] = root_fraction(candidate, 1);
        if (count < 8) {
            state[count] = root_fraction(candidate, 0);
        }
        count++;
    }
}

static void sha256_block(const uint32_t round[64], uint32_t state[8], const uint8_t *block) {
    uint32_t w[64];
    uint32_t v[8];
    for (size_t i = 0; i < 64; i++) {
        if (i < 16) {
            w[i] = (uint32_t)block[i * 4] << 24 | (uint32_t)block[i * 4 + 1] << 16 | (uint32_t)block[i * 4 + 2] << 8 |
                   block[i * 4 + 3];
            continue;
        }
        uint32_t a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(v, state, sizeof v);
    for (size_t i = 0; i < 64; i++) {
        uint32_t one = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) +
                       ((v[4] & v[5]) ^ (~v[4] & v[6])) + round[i] + w[i];
        uint32_t two =
            (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += one;
        v[0] = one + two;
    }
    for (size_t i = 0; i < 8; i++) {
        state[i] += v[i];
    }
}

void apk_sha256(const void *bytes, size_t length, uint8_t out[32]) {
    uint32_t round[64];
    uint32_t state[8];
    uint8_t last[128] = {0};
    size_t whole = length / 64 * 64;
    size_t rest = length - whole;
    size_t last_length = rest < 56 ? 64 : 128;
    make_constants(round, state);
    for (size_t at = 0; at < whole; at += 64) {
        sha256_block(round, state, (const uint8_t *)bytes + at);
    }
    if (rest > 0) {
        memcpy(last, (const uint8_t *)bytes + whole, rest);
    }
    last[rest] = 0x80;
    for (size_t i = 0; i < 8; i++) {
        last[last_length - 1 - i] = (uint8_t)((uint64_t)length * 8 >> (8 * i));
    }
    for (size_t at = 0; at < last_length; at += 64) {
        sha256_block(round, state, last + at);
    }
    for (size_t i = 0; i < 32; i++) {
        out[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

static const char *or_else(const char *text, const char *usual) {
    return text != NULL ? text : usual;
}

/* .PKGINFO, with the datahash for "@". */
static void make_info(struct apk_bytes *out, const struct apk_recipe *recipe, size_t size, const char *hash) {
    if (recipe->info == NULL) {
        char *text = malloc(INFO_MAX);
        if (text == NULL) {
            abort();
        }
        int length = snprintf(text, INFO_MAX,
                              "# made for tests\npkgname = %s\npkgver = %s\narch = %s\nsize = %zu\npkgdesc = A test\n"
                              "url = https://example.org/\nlicense = MIT\n%sdatahash = %s\n",
                              or_else(recipe->name, "hello"), or_else(recipe->version, "1.0-r0"),
                              or_else(recipe->architecture, "x86_64"), size, or_else(recipe->more, ""), hash);
        apk_append(out, text, (size_t)length);
        free(text);
        return;
    }
    for (const char *at = recipe->info; *at != '\0'; at++) {
        apk_append(out, *at == '@' ? hash : at, *at == '@' ? strlen(hash) : 1);
    }
}

void apk_build(struct apk_bytes *out, const struct apk_recipe *recipe) {
    struct apk_bytes data = {0}, packed = {0}, info = {0}, control = {0};
    uint8_t digest[32];
    char hash[65];
    const char *content = recipe->content != NULL ? recipe->content : "hello\n";
    size_t length = recipe->content != NULL ? recipe->content_length : strlen(content);
    if (!recipe->has_no_files) {
        apk_tar_entry(&data, "usr/", '5', "", 0);
        apk_tar_entry(&data, "usr/hello.txt", '0', content, length);
    }
    apk_tar_end(&data);
    (recipe->packs_runs ? apk_gzip_runs : apk_gzip)(&packed, &data);
    apk_sha256(packed.bytes, packed.length, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        (void)snprintf(hash + 2 * i, 3, "%02x", digest[i]);
    }
    make_info(&info, recipe, recipe->has_no_files ? 0 : length, hash);
    apk_tar_entry(&control, or_else(recipe->control_name, ".PKGINFO"), '0', info.bytes, info.length);
    apk_gzip(out, &control);
    apk_append(out, packed.bytes, packed.length);
    apk_free(&data);
    apk_free(&packed);
    apk_free(&info);
    apk_free(&control);
}
