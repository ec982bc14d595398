/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A package is gzip members in this order: any number of signatures, one of control data, one of data. The identity of
 * the package is the SHA-1 of the packed control member. Which member that is shows only when it has been read, so each
 * member before the data is hashed, and the hash is kept for the right one.
 */

#include "ecosystems/alpine/package_reader.h"

#include "ecosystems/alpine/control.h"
#include "ecosystems/alpine/members.h"
#include "ecosystems/alpine/tar_walk.h"

#include <string.h>

#define HEAD_BYTES 4 /* enough to tell the formats apart */
#define READER_ARENA_MAX ((size_t)4 * 1024 * 1024)

enum stage {
    STAGE_LEAD, /* signatures and control data */
    STAGE_DATA,
    STAGE_DONE
};

struct alpine_package_reader {
    const struct hooks *hooks;
    struct alpine_members *members;
    struct arena arena;
    struct alpine_package_limits limits;
    uint64_t unpacked_bytes;
    enum stage stage;
    uint8_t head[HEAD_BYTES];
    size_t head_length;
    struct alpine_tar_walk walk;
    struct strbuf segment; /* unpacked bytes of a member before the data */
    struct digest digest; /* of the packed bytes of the current member */
    bool data_is_as_promised; /* the data has the digest `datahash` */
    struct alpine_package package;
};

static void prepare_for_member(struct alpine_package_reader *reader) {
    bool is_data = reader->stage == STAGE_DATA;
    alpine_tar_walk_init(&reader->walk, is_data ? ALPINE_TAR_DATA : ALPINE_TAR_CONTROL);
    digest_init(&reader->digest, is_data ? DIGEST_SHA256 : DIGEST_SHA1);
    strbuf_clear(&reader->segment);
}

static lreg_status begin_member(void *user, struct error *err) {
    const struct alpine_package_reader *reader = user;
    if (reader->stage == STAGE_DONE) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_structure",
                         "a gzip member follows the data: apk 3 reads packages with one data member only");
    }
    return LREG_OK;
}

static lreg_status take_packed(void *user, const void *bytes, size_t length, struct error *err) {
    struct alpine_package_reader *reader = user;
    (void)err;
    digest_update(&reader->digest, bytes, length);
    return LREG_OK;
}

/* A few bytes can unpack to very many: the unpacked bytes are limited, absolutely and in
 * proportion to the packed ones. */
static lreg_status check_unpacked(const struct alpine_package_reader *reader, struct error *err) {
    const struct alpine_package_limits *limits = &reader->limits;
    if (reader->unpacked_bytes > limits->max_unpacked_bytes) {
        return error_set(err, LREG_UNPROCESSABLE, "unpacked_too_large",
                         "the package unpacks to more than %llu bytes, which is the limit package-unpacked-bytes",
                         (unsigned long long)limits->max_unpacked_bytes);
    }
    if (reader->unpacked_bytes > ALPINE_UNPACKED_FREE &&
        reader->unpacked_bytes / limits->max_unpacked_ratio > alpine_members_packed_bytes(reader->members)) {
        return error_set(err, LREG_UNPROCESSABLE, "unpacked_ratio",
                         "the package unpacks to more than %llu times its size, which is the limit unpacked-ratio",
                         (unsigned long long)limits->max_unpacked_ratio);
    }
    return LREG_OK;
}

static lreg_status take_data(struct alpine_package_reader *reader, const void *bytes, size_t length,
                             struct error *err) {
    lreg_status status = alpine_tar_walk_write(&reader->walk, bytes, length, err);
    if (status == LREG_OK && reader->walk.entries > reader->limits.max_entries) {
        return error_set(err, LREG_UNPROCESSABLE, "too_many_entries",
                         "the package has more than %llu entries, which is the limit archive-entries",
                         (unsigned long long)reader->limits.max_entries);
    }
    return status;
}

static lreg_status take_unpacked(void *user, const void *bytes, size_t length, struct error *err) {
    struct alpine_package_reader *reader = user;
    reader->unpacked_bytes += length;
    lreg_status status = check_unpacked(reader, err);
    if (status == LREG_OK) {
        status = take_data(reader, bytes, length, err);
    }
    if (status != LREG_OK || reader->stage == STAGE_DATA) {
        return status;
    }
    strbuf_append(&reader->segment, bytes, length);
    if (reader->segment.status == LREG_TOO_LARGE) {
        return error_set(err, LREG_UNPROCESSABLE, "control_too_large",
                         "the control data unpacks to more than %zu bytes, which is the limit here",
                         reader->segment.max_length);
    }
    return strbuf_status(&reader->segment, err);
}

static lreg_status end_control(struct alpine_package_reader *reader, const struct strbuf *text, struct error *err) {
    struct digest_set digests;
    lreg_status status =
        alpine_package_info_parse(strbuf_text(text), text->length, &reader->arena, &reader->package.info, err);
    if (status != LREG_OK) {
        return status;
    }
    digest_finish(&reader->digest, &digests);
    memcpy(reader->package.identity, digests.sha1, sizeof reader->package.identity);
    reader->stage = STAGE_DATA;
    strbuf_free(&reader->segment);
    return LREG_OK;
}

static lreg_status end_lead(struct alpine_package_reader *reader, struct error *err) {
    struct alpine_control control;
    lreg_status status =
        alpine_control_read(reader->hooks, reader->segment.bytes, reader->segment.length, &control, err);
    if (status != LREG_OK) {
        goto out;
    }
    if (!control.is_signature) {
        status = end_control(reader, &control.package_info, err);
        goto out;
    }
    reader->package.signature_segments++;
    if (reader->package.signature_segments > ALPINE_SIGNATURE_SEGMENTS_MAX) {
        status = error_set(err, LREG_UNPROCESSABLE, "bad_structure",
                           "more than %d gzip members with signatures come before the control data",
                           ALPINE_SIGNATURE_SEGMENTS_MAX);
    }

out:
    strbuf_free(&control.package_info);
    return status;
}

/* A wrong digest is reported only at the end: if another member follows, that is the better reason. */
static lreg_status end_data(struct alpine_package_reader *reader) {
    struct digest_set digests;
    digest_finish(&reader->digest, &digests);
    reader->data_is_as_promised = memcmp(digests.sha256, reader->package.info.data_sha256, DIGEST_SHA256_BYTES) == 0;
    reader->package.entries = reader->walk.entries;
    reader->package.file_bytes = reader->walk.file_bytes;
    reader->stage = STAGE_DONE;
    return LREG_OK;
}

static lreg_status end_member(void *user, struct error *err) {
    struct alpine_package_reader *reader = user;
    lreg_status status = alpine_tar_walk_finish(&reader->walk, err);
    if (status == LREG_OK) {
        status = reader->stage == STAGE_LEAD ? end_lead(reader, err) : end_data(reader);
    }
    prepare_for_member(reader);
    return status;
}

lreg_status alpine_package_reader_new(const struct hooks *hooks, const struct alpine_package_limits *limits,
                                      struct alpine_package_reader **out, struct error *err) {
    *out = NULL;
    struct alpine_package_reader *reader = memory_allocate_zeroed(hooks, 1, sizeof *reader);
    if (reader == NULL) {
        return error_no_memory(err);
    }
    const struct alpine_members_events events = {reader, begin_member, take_packed, take_unpacked, end_member};
    reader->hooks = hooks;
    reader->limits = *limits;
    arena_init(&reader->arena, hooks, READER_ARENA_MAX);
    strbuf_init(&reader->segment, hooks,
                limits->max_control_bytes < ALPINE_CONTROL_MAX ? (size_t)limits->max_control_bytes
                                                               : ALPINE_CONTROL_MAX);
    prepare_for_member(reader);
    lreg_status status = alpine_members_new(hooks, &events, &reader->members, err);
    if (status != LREG_OK) {
        alpine_package_reader_free(reader);
        return status;
    }
    *out = reader;
    return LREG_OK;
}

void alpine_package_reader_free(struct alpine_package_reader *reader) {
    if (reader == NULL) {
        return;
    }
    alpine_members_free(reader->members);
    strbuf_free(&reader->segment);
    arena_free(&reader->arena);
    memory_release(reader->hooks, reader);
}

static lreg_status read_head(struct alpine_package_reader *reader, struct error *err) {
    if (memcmp(reader->head, "ADB", 3) == 0) {
        return error_set(err, LREG_UNPROCESSABLE, "apk_v3", "apk v3 (ADB) package; this registry takes v2");
    }
    return alpine_members_write(reader->members, reader->head, reader->head_length, err);
}

lreg_status alpine_package_reader_take(struct alpine_package_reader *reader, const void *bytes, size_t length,
                                       struct turn *turn, size_t *out_taken, struct error *err) {
    const uint8_t *at = bytes;
    size_t head = 0;
    size_t taken = 0;
    lreg_status status = LREG_OK;
    while (status == LREG_OK && head < length && reader->head_length < HEAD_BYTES) {
        reader->head[reader->head_length++] = at[head++];
        status = reader->head_length == HEAD_BYTES ? read_head(reader, err) : LREG_OK;
    }
    if (status == LREG_OK && head < length) {
        status = alpine_members_take(reader->members, at + head, length - head, turn, &taken, err);
    }
    *out_taken = head + taken;
    reader->package.package_bytes += *out_taken;
    return status;
}

lreg_status alpine_package_reader_finish(struct alpine_package_reader *reader, struct error *err) {
    lreg_status status = LREG_OK;
    if (reader->head_length < HEAD_BYTES) {
        status = alpine_members_write(reader->members, reader->head, reader->head_length, err);
    }
    if (status == LREG_OK) {
        status = alpine_members_finish(reader->members, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    if (reader->stage == STAGE_LEAD) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_structure",
                         "the package has no control data: only signatures are in it");
    }
    if (reader->stage == STAGE_DATA) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_structure", "the package has no data segment");
    }
    if (!reader->data_is_as_promised) {
        return error_set(
            err, LREG_UNPROCESSABLE, "datahash_mismatch",
            "datahash in .PKGINFO is not the SHA-256 of the data segment: the package was changed after it "
            "was built");
    }
    return LREG_OK;
}

const struct alpine_package_info *alpine_package_reader_info(const struct alpine_package_reader *reader) {
    return reader->stage == STAGE_LEAD ? NULL : &reader->package.info;
}

const struct alpine_package *alpine_package_reader_result(const struct alpine_package_reader *reader) {
    return &reader->package;
}
