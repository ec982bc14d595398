/* SPDX-License-Identifier: Apache-2.0 */

/* Reads tar archives (POSIX.1-2017, pax, "ustar Interchange Format"), block by block. */

#include "ecosystems/oci/tar.h"

#include <string.h>

/* Fields of the header. */
#define NAME_AT 0
#define NAME_BYTES 100
#define SIZE_AT 124
#define SIZE_BYTES 12
#define CHECKSUM_AT 148
#define CHECKSUM_BYTES 8
#define TYPE_AT 156
#define MAGIC_AT 257
#define PREFIX_AT 345
#define PREFIX_BYTES 155

static lreg_status bad_archive(struct error *err, const char *what) {
    return error_set(err, LREG_UNPROCESSABLE, "bad_archive", "this is no tar archive of an image: %s", what);
}

void oci_tar_init(struct oci_tar *tar, const struct oci_tar_events *events, size_t max_entries) {
    *tar = (struct oci_tar){.events = *events, .max_entries = max_entries};
}

/* Octal digits, after spaces and before a space or NUL. */
static bool parse_octal(const uint8_t *field, size_t length, uint64_t *out) {
    uint64_t value = 0;
    size_t at = 0;
    size_t digits = 0;
    while (at < length && field[at] == ' ') {
        at++;
    }
    for (; at < length && field[at] >= '0' && field[at] <= '7'; at++) {
        value = value << 3 | (uint64_t)(field[at] - '0'); /* at most 12 digits */
        digits++;
    }
    *out = value;
    return digits > 0 && (at == length || field[at] == ' ' || field[at] == '\0');
}

/* Sizes too large for octal are numbers of base 256, with the first bit set. */
static bool parse_size(const uint8_t *field, uint64_t *out) {
    uint64_t value = 0;
    if ((field[0] & 0x80) == 0) {
        return parse_octal(field, SIZE_BYTES, out);
    }
    for (size_t i = 0; i < SIZE_BYTES; i++) {
        uint8_t byte = i == 0 ? field[i] & 0x7f : field[i];
        if (value > UINT64_MAX >> 9) {
            return false;
        }
        value = value << 8 | byte;
    }
    *out = value;
    return true;
}

static bool has_right_checksum(const uint8_t *header) {
    uint64_t sum = 0;
    uint64_t expected = 0;
    for (size_t i = 0; i < OCI_TAR_BLOCK; i++) {
        bool is_field = i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_BYTES;
        sum += is_field ? ' ' : header[i];
    }
    return parse_octal(header + CHECKSUM_AT, CHECKSUM_BYTES, &expected) && sum == expected;
}

static bool is_zero(const uint8_t *header) {
    for (size_t i = 0; i < OCI_TAR_BLOCK; i++) {
        if (header[i] != 0) {
            return false;
        }
    }
    return true;
}

/* "prefix/name", without a leading "./". */
static void read_name(const uint8_t *header, char out[OCI_TAR_NAME_MAX + 1]) {
    size_t used = 0;
    if (memcmp(header + MAGIC_AT, "ustar\0", 6) == 0 && header[PREFIX_AT] != '\0') {
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

static bool is_file(uint8_t type) {
    return type == '0' || type == '\0' || type == '7';
}

/* Links, devices and folders: no data follows them, whatever their size says. */
static bool has_no_data(uint8_t type) {
    return type >= '1' && type <= '6';
}

static lreg_status take_header(struct oci_tar *tar, struct error *err) {
    char name[OCI_TAR_NAME_MAX + 1];
    uint64_t size = 0;
    uint8_t type = tar->header[TYPE_AT];
    tar->filled = 0;
    if (is_zero(tar->header)) {
        tar->ended = true;
        return LREG_OK;
    }
    if (!has_right_checksum(tar->header) || !parse_size(tar->header + SIZE_AT, &size)) {
        return bad_archive(err, "a header is damaged");
    }
    if (++tar->entries > tar->max_entries) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_archive",
                         "the archive has more than %zu entries, which is the limit archive-entries", tar->max_entries);
    }
    tar->data = has_no_data(type) ? 0 : size;
    tar->padding = (OCI_TAR_BLOCK - (size_t)(tar->data % OCI_TAR_BLOCK)) % OCI_TAR_BLOCK;
    tar->in_file = is_file(type);
    if (!tar->in_file) {
        return LREG_OK;
    }
    read_name(tar->header, name);
    lreg_status status = tar->events.begin(tar->events.user, name, size, err);
    if (status == LREG_OK && size == 0) {
        tar->in_file = false;
        status = tar->events.end(tar->events.user, err);
    }
    return status;
}

static size_t smaller(uint64_t a, size_t b) {
    return a < b ? (size_t)a : b;
}

/* Takes as many bytes as belong to the current part of the archive. */
static lreg_status take_some(struct oci_tar *tar, const uint8_t *bytes, size_t length, size_t *out_taken,
                             struct error *err) {
    if (tar->data > 0) {
        size_t count = smaller(tar->data, length);
        *out_taken = count;
        tar->data -= count;
        if (!tar->in_file) {
            return LREG_OK;
        }
        lreg_status status = tar->events.data(tar->events.user, bytes, count, err);
        if (status != LREG_OK || tar->data > 0) {
            return status;
        }
        tar->in_file = false;
        return tar->events.end(tar->events.user, err);
    }
    if (tar->padding > 0) {
        *out_taken = smaller(tar->padding, length);
        tar->padding -= *out_taken;
        return LREG_OK;
    }
    *out_taken = smaller(OCI_TAR_BLOCK - tar->filled, length);
    memcpy(tar->header + tar->filled, bytes, *out_taken);
    tar->filled += *out_taken;
    return tar->filled == OCI_TAR_BLOCK ? take_header(tar, err) : LREG_OK;
}

lreg_status oci_tar_take(struct oci_tar *tar, const void *bytes, size_t length, const struct turn *turn,
                         size_t *out_taken, struct error *err) {
    const uint8_t *at = bytes;
    lreg_status status = LREG_OK;
    *out_taken = 0;
    while (status == LREG_OK && *out_taken < length && !tar->ended && !turn_is_over(turn)) {
        size_t taken = 0;
        status = take_some(tar, at + *out_taken, length - *out_taken, &taken, err);
        *out_taken += taken;
    }
    if (status == LREG_OK && tar->ended) {
        *out_taken = length;
    }
    return status;
}

lreg_status oci_tar_write(struct oci_tar *tar, const void *bytes, size_t length, struct error *err) {
    size_t taken = 0;
    return oci_tar_take(tar, bytes, length, NULL, &taken, err);
}

lreg_status oci_tar_finish(const struct oci_tar *tar, struct error *err) {
    if (tar->data > 0 || tar->padding > 0 || tar->filled > 0 || tar->entries == 0) {
        return bad_archive(err, tar->entries == 0 ? "it has no entries" : "it ends within an entry");
    }
    return LREG_OK;
}
