/* SPDX-License-Identifier: Apache-2.0 */

/*
 * apk reads tar in its own way: only ustar headers, only octal numbers, it does not see entries of the type NUL, and
 * segments follow each other without end marks. Other readers accept more, so their verdict does not suffice: a listed
 * package must install.
 */

#include "ecosystems/alpine/tar_walk.h"

#include <string.h>

/* Fields of a ustar header (POSIX.1-2017, pax, "ustar Interchange Format"). */
#define SIZE_OFFSET 124
#define SIZE_LENGTH 12
#define TYPE_OFFSET 156
#define MAGIC_OFFSET 257

#define CONTENT_MAX (UINT64_C(1) << 60)

void alpine_tar_walk_init(struct alpine_tar_walk *walk, enum alpine_tar_role role) {
    *walk = (struct alpine_tar_walk){.role = role};
}

static const char *segment_name(const struct alpine_tar_walk *walk) {
    return walk->role == ALPINE_TAR_DATA ? "data" : "control";
}

static lreg_status refuse(const struct alpine_tar_walk *walk, const char *reason, struct error *err) {
    return error_set(err, LREG_UNPROCESSABLE, "bad_tar", "the %s segment is not a tar archive that apk can read: %s",
                     segment_name(walk), reason);
}

/* Octal digits, then only NULs and spaces: no signs, no leading spaces, no binary numbers. */
static bool parse_octal(const uint8_t *field, size_t length, uint64_t *out) {
    uint64_t value = 0;
    size_t at = 0;
    while (at < length && field[at] >= '0' && field[at] <= '7') {
        value = value * 8 + (uint64_t)(field[at] - '0'); /* at most 12 digits */
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

/* Checks the numbers that apk parses in every header: an unreadable one fails the whole package. */
static bool numbers_are_octal(const uint8_t *header) {
    static const struct {
        size_t offset;
        size_t length;
    } fields[] = {{100, 8}, {108, 8}, {116, 8}, {SIZE_OFFSET, SIZE_LENGTH}, {136, 12}, {329, 8}, {337, 8}};
    uint64_t ignored = 0;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (!parse_octal(header + fields[i].offset, fields[i].length, &ignored)) {
            return false;
        }
    }
    return true;
}

static bool is_extension(uint8_t type) {
    return type == 'x' || type == 'g' || type == 'L' || type == 'K';
}

static bool is_regular(uint8_t type) {
    return type == '0' || type == '7';
}

static lreg_status read_header(struct alpine_tar_walk *walk, struct error *err) {
    const uint8_t *header = walk->block;
    uint8_t type = header[TYPE_OFFSET];
    uint64_t size = 0;
    bool is_ustar = memcmp(header + MAGIC_OFFSET, "ustar", 5) == 0;
    if (walk->role == ALPINE_TAR_CONTROL && walk->bytes == 0 &&
        (!is_ustar || (header[0] != '.' && !is_extension(type)))) {
        return error_set(
            err, LREG_UNPROCESSABLE, "not_an_apk",
            "not an Alpine package: a gzip member with control data (.PKGINFO) must come before the files");
    }
    if (!is_ustar) {
        return refuse(walk, "a header is not in the ustar format", err);
    }
    if (!numbers_are_octal(header) || !parse_octal(header + SIZE_OFFSET, SIZE_LENGTH, &size) || size > CONTENT_MAX) {
        return refuse(walk, "a number in a header is not octal", err);
    }
    if (walk->role == ALPINE_TAR_CONTROL && !is_regular(type) && !is_extension(type)) {
        return refuse(walk, "an entry is not a regular file (type '0')", err);
    }
    walk->entries += is_extension(type) ? 0 : 1;
    walk->file_bytes += is_regular(type) ? size : 0;
    walk->to_skip = (size + ALPINE_TAR_BLOCK - 1) / ALPINE_TAR_BLOCK * ALPINE_TAR_BLOCK;
    return LREG_OK;
}

static lreg_status read_block(struct alpine_tar_walk *walk, struct error *err) {
    lreg_status status = LREG_OK;
    bool is_zero = walk->block[0] == 0;
    if (is_zero && walk->role == ALPINE_TAR_CONTROL) {
        status = refuse(walk, "it has an end mark, and apk would not read past it", err);
    } else if (!is_zero && walk->zero_blocks >= 2) {
        status = refuse(walk, "something follows its end mark", err);
    } else if (is_zero) {
        walk->zero_blocks += walk->zero_blocks < 2 ? 1 : 0;
    } else {
        status = read_header(walk, err);
    }
    walk->bytes += ALPINE_TAR_BLOCK;
    walk->block_length = 0;
    return status;
}

lreg_status alpine_tar_walk_write(struct alpine_tar_walk *walk, const void *bytes, size_t length, struct error *err) {
    const uint8_t *at = bytes;
    while (length > 0) {
        size_t piece = ALPINE_TAR_BLOCK - walk->block_length;
        if (walk->to_skip > 0) {
            piece = walk->to_skip < length ? (size_t)walk->to_skip : length;
            walk->to_skip -= piece;
            walk->bytes += piece;
        } else {
            piece = piece < length ? piece : length;
            memcpy(walk->block + walk->block_length, at, piece);
            walk->block_length += piece;
        }
        at += piece;
        length -= piece;
        lreg_status status = walk->block_length == ALPINE_TAR_BLOCK ? read_block(walk, err) : LREG_OK;
        if (status != LREG_OK) {
            return status;
        }
    }
    return LREG_OK;
}

lreg_status alpine_tar_walk_finish(const struct alpine_tar_walk *walk, struct error *err) {
    if (walk->bytes == 0 && walk->role == ALPINE_TAR_CONTROL) {
        return error_set(err, LREG_UNPROCESSABLE, "not_an_apk",
                         "not an Alpine package: there is no control data (.PKGINFO) in its first gzip member");
    }
    if (walk->to_skip > 0 || walk->block_length > 0) {
        return refuse(walk, "it ends inside an entry", err);
    }
    return LREG_OK;
}
