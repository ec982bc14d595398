/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_TAR_WALK_H
#define ECOSYSTEMS_ALPINE_TAR_WALK_H

/*
 * Walks the headers of a tar segment as it streams by, and refuses what apk cannot read although other readers of tar
 * can. Names and contents are left to libarchive. Bounded memory.
 */

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALPINE_TAR_BLOCK 512

enum alpine_tar_role {
    ALPINE_TAR_CONTROL, /* signatures or control data: no end mark, only regular files */
    ALPINE_TAR_DATA
};

struct alpine_tar_walk {
    enum alpine_tar_role role;
    uint8_t block[ALPINE_TAR_BLOCK];
    size_t block_length;
    uint64_t to_skip; /* of the contents of the current entry, padding included */
    uint64_t bytes;
    unsigned zero_blocks;
    uint64_t entries; /* without extended headers */
    uint64_t file_bytes; /* contents of regular files */
};

void alpine_tar_walk_init(struct alpine_tar_walk *walk, enum alpine_tar_role role);

/* LREG_UNPROCESSABLE: "bad_tar", or "not_an_apk" when a control segment does not begin as tar. */
lreg_status alpine_tar_walk_write(struct alpine_tar_walk *walk, const void *bytes, size_t length, struct error *err);

/* LREG_UNPROCESSABLE ("bad_tar") when the segment ends inside an entry. */
lreg_status alpine_tar_walk_finish(const struct alpine_tar_walk *walk, struct error *err);

#endif
