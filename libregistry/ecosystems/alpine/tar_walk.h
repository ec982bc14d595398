/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_TAR_WALK_H
#define ECOSYSTEMS_ALPINE_TAR_WALK_H

/*
 * Refuses what apk cannot read in a tar segment although other readers of tar can, as the segment streams by. Names and
 * contents are left to libarchive.
 */

#include "formats/tar.h"

#define ALPINE_TAR_BLOCK TAR_BLOCK

enum alpine_tar_role {
    ALPINE_TAR_CONTROL, /* signatures or control data: no end mark, only regular files */
    ALPINE_TAR_DATA
};

struct alpine_tar_walk {
    struct tar tar;
    enum alpine_tar_role role;
    uint64_t entries; /* without extended headers */
    uint64_t file_bytes; /* contents of regular files */
};

/* The walk must not be moved afterwards. */
void alpine_tar_walk_init(struct alpine_tar_walk *walk, enum alpine_tar_role role);

/* LREG_UNPROCESSABLE: "bad_tar", or "not_an_apk" when a control segment does not begin as tar. */
lreg_status alpine_tar_walk_write(struct alpine_tar_walk *walk, const void *bytes, size_t length, struct error *err);

/* LREG_UNPROCESSABLE ("bad_tar") when the segment ends inside an entry. */
lreg_status alpine_tar_walk_finish(const struct alpine_tar_walk *walk, struct error *err);

#endif
