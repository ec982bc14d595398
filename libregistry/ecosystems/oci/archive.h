/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_OCI_ARCHIVE_H
#define ECOSYSTEMS_OCI_ARCHIVE_H

/*
 * Publishing an image as a file: a tar archive of an OCI image layout (OCI image 1.1, image-layout.md), as `skopeo
 * copy … oci-archive:`, `podman save --format oci-archive` and `docker save` write it. Names are at its end, so the
 * blobs wait in a scope of their own, which is no image's, until it is known which image they are for.
 */

#include "ecosystems/oci/oci_internal.h"
#include "ecosystems/oci/tar.h"

#define OCI_ARCHIVE_SCOPE_TEXT 48

struct oci_archive_blob {
    struct oci_archive_blob *next;
    const char *digest;
};

struct oci_archive {
    struct core_publication context;
    struct arena arena;
    struct oci_tar tar;
    char scope[OCI_ARCHIVE_SCOPE_TEXT];
    struct oci_archive_blob *blobs; /* that wait there */
    struct strbuf index; /* index.json */
    /* The entry that is being read. */
    bool in_index;
    struct core_blob_writer *writer; /* NULL: it is no blob */
    struct oci_digest digest;
};

/* The image that the archive holds, stored and tagged; `*out_package` lives in `arena`. LREG_UNPROCESSABLE when it is
 * not one whole image with a name. */
lreg_status oci_archive_import(struct oci_archive *archive, struct arena *arena, struct meta_package *out_package,
                               bool *out_created, struct error *err);

#endif
