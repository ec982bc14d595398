/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_PACKAGE_READER_H
#define ECOSYSTEMS_ALPINE_PACKAGE_READER_H

/*
 * Reads a package file of the format v2 in one pass as it streams by: its structure, control data and digests. Keeps
 * only the control data. Pure: this is what is fuzzed.
 */

#include "base/turn.h"
#include "ecosystems/alpine/package_info.h"

#define ALPINE_CONTROL_MAX ((size_t)4 * 1024 * 1024) /* bytes of the unpacked control data, or of a signature segment */
#define ALPINE_SIGNATURE_SEGMENTS_MAX 16

/* What the index needs. */
struct alpine_package {
    struct alpine_package_info info; /* its texts live as long as the reader */
    uint8_t identity[DIGEST_SHA1_BYTES]; /* SHA-1 of the packed control member */
    uint64_t package_bytes;
    uint64_t entries; /* of the data segment */
    uint64_t file_bytes; /* in regular files of the data segment */
    unsigned signature_segments;
};

/* Limits on the work for one package. */
struct alpine_package_limits {
    uint64_t max_control_bytes; /* may lower ALPINE_CONTROL_MAX */
    uint64_t max_unpacked_bytes; /* of all members */
    uint64_t max_unpacked_ratio; /* of unpacked to packed bytes so far, checked after ALPINE_UNPACKED_FREE */
    uint64_t max_entries; /* of the data segment */
};
#define ALPINE_UNPACKED_FREE (UINT64_C(64) * 1024 * 1024) /* unpacked bytes that need no ratio */

struct alpine_package_reader;

lreg_status alpine_package_reader_new(const struct hooks *hooks, const struct alpine_package_limits *limits,
                                      struct alpine_package_reader **out, struct error *err);
void alpine_package_reader_free(struct alpine_package_reader *reader); /* NULL is fine */

/* Takes bytes until the turn is over; the caller passes the rest again in the next turn. LREG_UNPROCESSABLE as soon as
 * the package is known to be unsound: the codes of members.h, tar_walk.h, control.h and package_info.h, and "apk_v3",
 * "control_too_large", "bad_structure", "datahash_mismatch"; "unpacked_too_large", "unpacked_ratio" and
 * "too_many_entries" for one over a limit. After a failure, no more may be passed. */
lreg_status alpine_package_reader_take(struct alpine_package_reader *reader, const void *bytes, size_t length,
                                       struct turn *turn, size_t *out_taken, struct error *err);
lreg_status alpine_package_reader_finish(struct alpine_package_reader *reader, struct error *err);

/* Available once the control data was read; NULL before. */
const struct alpine_package_info *alpine_package_reader_info(const struct alpine_package_reader *reader);

/* Valid after a successful finish. */
const struct alpine_package *alpine_package_reader_result(const struct alpine_package_reader *reader);

#endif
