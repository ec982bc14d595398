/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Exactly two gzip members: a tar segment with the signature and no end mark, and a tar archive with the file APKINDEX.
 * Their headers are made by hand, because any tar writer would put an end mark into the first segment.
 */

#include "ecosystems/alpine/index.h"

#include "ecosystems/alpine/signature.h"
#include "ecosystems/alpine/tar_walk.h"

#include <string.h>

#define INDEX_NAME "APKINDEX"
#define SIGNATURE_PREFIX ".SIGN.RSA256."
#define SIGNATURE_MEMBER_MAX ((size_t)64 * 1024)
#define NAME_MAX_BYTES 100

static const uint8_t zeros[2 * ALPINE_TAR_BLOCK];

static size_t padding_of(uint64_t length) {
    return (size_t)((ALPINE_TAR_BLOCK - length % ALPINE_TAR_BLOCK) % ALPINE_TAR_BLOCK);
}

/* `digits` octal digits and a NUL. */
static void put_octal(uint8_t *field, size_t digits, uint64_t value) {
    field[digits] = 0;
    for (size_t i = digits; i > 0; i--) {
        field[i - 1] = (uint8_t)('0' + (value & 7));
        value >>= 3;
    }
}

/* A ustar header of a regular file (POSIX.1-2017, pax, "ustar Interchange Format"), dated at the epoch, owned by root.
 * `name` has at most NAME_MAX_BYTES bytes. */
static void make_header(uint8_t header[ALPINE_TAR_BLOCK], const char *name, uint64_t size) {
    unsigned sum = 0;
    memset(header, 0, ALPINE_TAR_BLOCK);
    memcpy(header, name, strlen(name));
    put_octal(header + 100, 7, 0644);
    put_octal(header + 108, 7, 0);
    put_octal(header + 116, 7, 0);
    put_octal(header + 124, 11, size);
    put_octal(header + 136, 11, 0);
    memset(header + 148, ' ', 8);
    header[156] = '0';
    memcpy(header + 257, "ustar", 5);
    memcpy(header + 263, "00", 2);
    memcpy(header + 265, "root", 4);
    memcpy(header + 297, "root", 4);
    put_octal(header + 329, 7, 0);
    put_octal(header + 337, 7, 0);
    for (size_t i = 0; i < ALPINE_TAR_BLOCK; i++) {
        sum += header[i];
    }
    put_octal(header + 148, 6, sum);
}

lreg_status alpine_index_begin(struct alpine_index *index, const struct hooks *hooks, uint64_t text_bytes,
                               struct error *err) {
    uint8_t header[ALPINE_TAR_BLOCK];
    *index = (struct alpine_index){.text_bytes = text_bytes};
    strbuf_init(&index->packed, hooks, ALPINE_INDEX_MAX);
    if (text_bytes > ALPINE_INDEX_TEXT_MAX) {
        return error_set(err, LREG_TOO_LARGE, "index_too_large", "the index would have %llu bytes, more than %llu",
                         (unsigned long long)text_bytes, (unsigned long long)ALPINE_INDEX_TEXT_MAX);
    }
    lreg_status status = alpine_gzip_begin(&index->gzip, &index->packed, err);
    if (status != LREG_OK) {
        return status;
    }
    make_header(header, INDEX_NAME, text_bytes);
    return alpine_gzip_write(&index->gzip, header, sizeof header, err);
}

static lreg_status write_text(struct alpine_index *index, struct slice text, struct error *err) {
    index->written_bytes += text.length;
    return alpine_gzip_write(&index->gzip, text.bytes, text.length, err);
}

lreg_status alpine_index_add(struct alpine_index *index, const struct alpine_index_record *record,
                             const char *architecture, struct error *err) {
    const struct slice parts[] = {record->identity, {"A:", 2},    slice_of(architecture),
                                  {"\n", 1},        record->rest, {"\n", 1}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        lreg_status status = write_text(index, parts[i], err);
        if (status != LREG_OK) {
            return status;
        }
    }
    return LREG_OK;
}

static lreg_status finish_archive(struct alpine_index *index, struct error *err) {
    if (index->written_bytes != index->text_bytes) {
        return error_set(err, LREG_INTERNAL, "", "an index has another length than announced");
    }
    lreg_status status = alpine_gzip_write(&index->gzip, zeros, padding_of(index->text_bytes), err);
    if (status == LREG_OK) {
        status = alpine_gzip_write(&index->gzip, zeros, sizeof zeros, err);
    }
    return status == LREG_OK ? alpine_gzip_finish(&index->gzip, err) : status;
}

/* The gzip member of the signature: header, content and padding. It has no end mark, since the next member continues
 * the archive. */
static lreg_status make_signature_member(const struct hooks *hooks, const char *key_name, const uint8_t *signature,
                                         size_t length, struct strbuf *out, struct error *err) {
    uint8_t header[ALPINE_TAR_BLOCK];
    char name[NAME_MAX_BYTES + 1] = SIGNATURE_PREFIX;
    struct alpine_gzip gzip;
    size_t key_name_length = strlen(key_name);
    strbuf_init(out, hooks, SIGNATURE_MEMBER_MAX);
    if (key_name_length > ALPINE_KEY_NAME_MAX) {
        return error_set(err, LREG_INTERNAL, "", "the name of a key is too long for an index");
    }
    memcpy(name + strlen(SIGNATURE_PREFIX), key_name, key_name_length + 1);
    make_header(header, name, length);
    lreg_status status = alpine_gzip_begin(&gzip, out, err);
    if (status != LREG_OK) {
        return status;
    }
    status = alpine_gzip_write(&gzip, header, sizeof header, err);
    if (status == LREG_OK) {
        status = alpine_gzip_write(&gzip, signature, length, err);
    }
    if (status == LREG_OK) {
        status = alpine_gzip_write(&gzip, zeros, padding_of(length), err);
    }
    if (status == LREG_OK) {
        status = alpine_gzip_finish(&gzip, err);
    }
    alpine_gzip_end(&gzip);
    return status;
}

/* Puts `lead` first, without a second copy of the packed index. */
static lreg_status prepend(struct strbuf *packed, const struct strbuf *lead, struct error *err) {
    size_t length = packed->length;
    if (strbuf_extend(packed, lead->length) == NULL) {
        return strbuf_status(packed, err);
    }
    memmove(packed->bytes + lead->length, packed->bytes, length);
    memcpy(packed->bytes, lead->bytes, lead->length);
    return LREG_OK;
}

lreg_status alpine_index_finish(struct alpine_index *index, const char *private_pem, const char *key_name,
                                struct error *err) {
    const struct hooks *hooks = index->packed.hooks;
    uint8_t signature[ALPINE_SIGNATURE_MAX];
    size_t signature_length = 0;
    struct digest_set digests;
    struct strbuf member = {0};
    lreg_status status = finish_archive(index, err);
    if (status != LREG_OK) {
        return status;
    }
    digest_of(DIGEST_SHA256, index->packed.bytes, index->packed.length, &digests);
    status = alpine_sign(hooks, private_pem, digests.sha256, signature, &signature_length, err);
    if (status != LREG_OK) {
        return status;
    }
    status = make_signature_member(hooks, key_name, signature, signature_length, &member, err);
    if (status == LREG_OK) {
        status = prepend(&index->packed, &member, err);
    }
    strbuf_free(&member);
    return status;
}

void alpine_index_end(struct alpine_index *index) {
    alpine_gzip_end(&index->gzip);
    strbuf_free(&index->packed);
}
