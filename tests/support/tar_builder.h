/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_TAR_BUILDER_H
#define TESTS_SUPPORT_TAR_BUILDER_H

/* Makes small tar archives (ustar) in memory, for tests. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tar_builder {
    char *bytes; /* free() it */
    size_t length;
};

static inline char *tar_builder_extend(struct tar_builder *tar, size_t length) {
    char *bytes = realloc(tar->bytes, tar->length + length);
    if (bytes == NULL) {
        abort();
    }
    tar->bytes = bytes;
    memset(bytes + tar->length, 0, length);
    tar->length += length;
    return bytes + tar->length - length;
}

/* `digits` octal digits; the end of the field stays NUL. */
static inline void tar_builder_octal(char *field, size_t digits, size_t value) {
    for (size_t i = digits; i > 0; i--) {
        field[i - 1] = (char)('0' + (value & 7));
        value >>= 3;
    }
}

/* Recomputes the checksum of a header after a change. */
static inline void tar_builder_sum(char *header) {
    unsigned sum = 0;
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++) {
        sum += (unsigned char)header[i];
    }
    tar_builder_octal(header + 148, 6, sum);
    header[154] = '\0';
}

/* An entry of any type with `content`; returns the header's offset. */
static inline size_t tar_builder_add(struct tar_builder *tar, char type, const char *name, const void *content,
                                     size_t length) {
    size_t at = tar->length;
    char *header = tar_builder_extend(tar, 512);
    memcpy(header, name, strnlen(name, 99));
    memcpy(header + 100, "0000644", 7);
    tar_builder_octal(header + 124, 11, length);
    header[156] = type;
    memcpy(header + 257, "ustar\00000", 8);
    tar_builder_sum(header);
    char *body = tar_builder_extend(tar, (length + 511) / 512 * 512);
    memcpy(body, content, length);
    return at;
}

static inline void tar_builder_file(struct tar_builder *tar, const char *name, const char *content) {
    (void)tar_builder_add(tar, '0', name, content, strlen(content));
}

static inline void tar_builder_end(struct tar_builder *tar) {
    (void)tar_builder_extend(tar, 1024);
}

#endif
