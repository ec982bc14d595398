/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_OCI_TAR_H
#define ECOSYSTEMS_OCI_TAR_H

/*
 * Reads a tar archive of an image as it arrives and reports the files in it by name; memory use is constant. Pure.
 * Folders, links and other entries that are not files are skipped, as are extended names, which no image uses.
 */

#include "formats/tar.h"

#define OCI_TAR_NAME_MAX TAR_NAME_MAX

/* Called for what is found. A failure of one ends the reading with its status. */
struct oci_tar_events {
    lreg_status (*begin)(void *user, const char *name, uint64_t size, struct error *err);
    lreg_status (*data)(void *user, const void *bytes, size_t length, struct error *err);
    lreg_status (*end)(void *user, struct error *err);
    void *user;
};

struct oci_tar {
    struct tar walk;
    struct oci_tar_events events;
    size_t entries;
    size_t max_entries;
};

/* The reader must not be moved afterwards. */
void oci_tar_init(struct oci_tar *tar, const struct oci_tar_events *events, size_t max_entries);
/* Takes bytes until the turn is over, from which the events spend; the caller passes the rest again in the next turn.
 * LREG_UNPROCESSABLE ("bad_archive"), or the failure of an event. */
lreg_status oci_tar_take(struct oci_tar *tar, const void *bytes, size_t length, const struct turn *turn,
                         size_t *out_taken, struct error *err);
/* Takes all bytes. */
lreg_status oci_tar_write(struct oci_tar *tar, const void *bytes, size_t length, struct error *err);
/* LREG_UNPROCESSABLE when it ends within an entry. */
lreg_status oci_tar_finish(const struct oci_tar *tar, struct error *err);

#endif
