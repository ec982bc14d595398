/* SPDX-License-Identifier: Apache-2.0 */

#include "formats/tar.h"

#include <string.h>

/* Fields of the header. */
#define NAME_AT 0
#define NAME_BYTES 100
#define SIZE_AT 124
#define SIZE_BYTES 12
#define CHECKSUM_AT 148
#define CHECKSUM_BYTES 8
#define MAGIC_AT 257
#define PREFIX_AT 345
#define PREFIX_BYTES 155

void tar_init(struct tar *tar, const struct tar_events *events, unsigned options) {
    *tar = (struct tar){.events = *events, .options = options};
}

/* Octal digits, then only NULs and spaces: no signs, no leading spaces, no binary numbers. */
static bool parse_octal(const uint8_t *field, size_t length, uint64_t *out) {
    uint64_t value = 0;
    size_t at = 0;
    while (at < length && field[at] >= '0' && field[at] <= '7') {
        value = value << 3 | (uint64_t)(field[at] - '0'); /* at most 12 digits */
        at++;
    }
    for (; at < length; at++) {
        if (field[at] != 0 && field[at] != ' ') {
            return false;
        }
    }
    *out = value;
    return true;
}

/* Sizes too large for octal are numbers of base 256, with the first bit set. */
static bool parse_base_256(const uint8_t *field, size_t length, uint64_t *out) {
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = i == 0 ? field[i] & 0x7f : field[i];
        if (value > UINT64_MAX >> 9) {
            return false;
        }
        value = value << 8 | byte;
    }
    *out = value;
    return true;
}

static bool parse_size(const struct tar *tar, uint64_t *out) {
    const uint8_t *field = tar->block + SIZE_AT;
    bool is_binary = (field[0] & 0x80) != 0;
    bool is_read = is_binary && (tar->options & TAR_OCTAL_ONLY) == 0
                       ? parse_base_256(field, SIZE_BYTES, out)
                       : field[0] != 0 && field[0] != ' ' && parse_octal(field, SIZE_BYTES, out);
    return is_read && *out <= TAR_SIZE_MAX;
}

/* The other numbers that apk reads: an unreadable one fails the whole package. They may be empty. */
static bool numbers_are_octal(const uint8_t *header) {
    static const struct {
        size_t offset;
        size_t length;
    } fields[] = {{100, 8}, {108, 8}, {116, 8}, {136, 12}, {329, 8}, {337, 8}};
    uint64_t ignored = 0;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (!parse_octal(header + fields[i].offset, fields[i].length, &ignored)) {
            return false;
        }
    }
    return true;
}

static bool has_right_checksum(const uint8_t *header) {
    uint64_t sum = 0;
    uint64_t expected = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++) {
        bool is_field = i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_BYTES;
        sum += is_field ? ' ' : header[i];
    }
    return parse_octal(header + CHECKSUM_AT, CHECKSUM_BYTES, &expected) && sum == expected;
}

static bool is_zero(const uint8_t *block) {
    for (size_t i = 0; i < TAR_BLOCK; i++) {
        if (block[i] != 0) {
            return false;
        }
    }
    return true;
}

void tar_name(const uint8_t header[TAR_BLOCK], char out[TAR_NAME_MAX + 1]) {
    size_t used = 0;
    if (memcmp(header + MAGIC_AT, "ustar\0", 6) == 0 && header[PREFIX_AT] != '\0') { /* GNU tar has no prefix */
        used = strnlen((const char *)header + PREFIX_AT, PREFIX_BYTES);
        memcpy(out, header + PREFIX_AT, used);
        out[used++] = '/';
    }
    size_t length = strnlen((const char *)header + NAME_AT, NAME_BYTES);
    memcpy(out + used, header + NAME_AT, length);
    out[used + length] = '\0'; /* after at most 155 + 1 + 100 bytes */
    if (out[0] == '.' && out[1] == '/') {
        memmove(out, out + 2, strlen(out) - 1);
    }
}

static lreg_status refuse(const struct tar *tar, enum tar_fault fault, struct error *err) {
    return tar->events.refuse(tar->events.user, fault, err);
}

static lreg_status take_mark(struct tar *tar, struct error *err) {
    if ((tar->options & TAR_NO_END_MARK) != 0) {
        return refuse(tar, TAR_END_MARK, err);
    }
    if (!is_zero(tar->block)) {
        return refuse(tar, TAR_BAD_CHECKSUM, err);
    }
    tar->marks += tar->marks < 2 ? 1 : 0;
    tar->has_ended = (tar->options & TAR_STOPS_AT_MARK) != 0;
    return LREG_OK;
}

static lreg_status check_header(const struct tar *tar, uint64_t *out_size, struct error *err) {
    if (memcmp(tar->block + MAGIC_AT, "ustar", 5) != 0) {
        return refuse(tar, TAR_NOT_USTAR, err);
    }
    bool is_octal = (tar->options & TAR_OCTAL_ONLY) == 0 || numbers_are_octal(tar->block);
    if (!is_octal || !parse_size(tar, out_size)) {
        return refuse(tar, TAR_BAD_NUMBER, err);
    }
    return has_right_checksum(tar->block) ? LREG_OK : refuse(tar, TAR_BAD_CHECKSUM, err);
}

static bool has_data(const struct tar *tar, uint8_t type) {
    return (tar->options & TAR_SIZE_IS_DATA) != 0 || type < '1' || type > '6';
}

static lreg_status take_header(struct tar *tar, struct error *err) {
    struct tar_entry entry = {.header = tar->block, .type = tar->block[TAR_TYPE_AT]};
    lreg_status status = tar->marks < 2 ? check_header(tar, &entry.size, err) : refuse(tar, TAR_AFTER_END, err);
    if (status != LREG_OK) {
        return status;
    }
    tar->data = has_data(tar, entry.type) ? entry.size : 0;
    tar->padding = (TAR_BLOCK - (size_t)(tar->data % TAR_BLOCK)) % TAR_BLOCK;
    tar->is_wanted = false;
    status = tar->events.entry(tar->events.user, &entry, &tar->is_wanted, err);
    if (status == LREG_OK && tar->is_wanted && tar->data == 0) {
        tar->is_wanted = false;
        status = tar->events.end(tar->events.user, err);
    }
    return status;
}

static lreg_status take_block(struct tar *tar, struct error *err) {
    lreg_status status = tar->block[0] == 0 ? take_mark(tar, err) : take_header(tar, err);
    tar->filled = 0;
    tar->blocks++;
    return status;
}

static size_t smaller(uint64_t a, size_t b) {
    return a < b ? (size_t)a : b;
}

static lreg_status take_data(struct tar *tar, const uint8_t *bytes, size_t length, struct error *err) {
    tar->data -= length;
    if (!tar->is_wanted) {
        return LREG_OK;
    }
    lreg_status status = tar->events.data(tar->events.user, bytes, length, err);
    if (status != LREG_OK || tar->data > 0) {
        return status;
    }
    tar->is_wanted = false;
    return tar->events.end(tar->events.user, err);
}

/* Takes as many bytes as belong to the current part of the archive. */
static lreg_status take_some(struct tar *tar, const uint8_t *bytes, size_t length, size_t *out_taken,
                             struct error *err) {
    if (tar->data > 0) {
        *out_taken = smaller(tar->data, length);
        return take_data(tar, bytes, *out_taken, err);
    }
    if (tar->padding > 0) {
        *out_taken = smaller(tar->padding, length);
        tar->padding -= *out_taken;
        return LREG_OK;
    }
    *out_taken = smaller(TAR_BLOCK - tar->filled, length);
    memcpy(tar->block + tar->filled, bytes, *out_taken);
    tar->filled += *out_taken;
    return tar->filled == TAR_BLOCK ? take_block(tar, err) : LREG_OK;
}

lreg_status tar_take(struct tar *tar, const void *bytes, size_t length, const struct turn *turn, size_t *out_taken,
                     struct error *err) {
    const uint8_t *at = bytes;
    lreg_status status = LREG_OK;
    *out_taken = 0;
    while (status == LREG_OK && *out_taken < length && !tar->has_ended && !turn_is_over(turn)) {
        size_t taken = 0;
        status = take_some(tar, at + *out_taken, length - *out_taken, &taken, err);
        *out_taken += taken;
    }
    if (status == LREG_OK && tar->has_ended) {
        *out_taken = length;
    }
    return status;
}

lreg_status tar_finish(const struct tar *tar, struct error *err) {
    bool is_within = tar->data > 0 || tar->padding > 0 || tar->filled > 0;
    return is_within ? refuse(tar, TAR_TRUNCATED, err) : LREG_OK;
}
