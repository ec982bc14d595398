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

struct oci_archive;

struct oci_archive_blob {
    struct oci_archive_blob *next;
    const char *digest;
};

/* One manifest of an archive, as it was read. The bytes are read again when it is stored. */
struct oci_import_part {
    const char *digest;
    const char *media_type; /* as the index says, and so is the next */
    uint64_t size;
    struct oci_manifest manifest;
    size_t length;
};

/* What was received becomes an image: one part of the work after the other. Each manifest is parsed once, however often
 * it is named. All is looked at before anything is written: an archive that lacks something leaves nothing. */
enum oci_import_step {
    OCI_IMPORT_NONE, /* not begun */
    OCI_IMPORT_READ_CHILDREN,
    OCI_IMPORT_CHECK_TOP,
    OCI_IMPORT_STORE_CHILDREN,
    OCI_IMPORT_STORE_TOP
};
struct oci_import {
    struct oci_archive *archive;
    struct core *core;
    const struct core_registry *registry;
    struct arena arena; /* of what was read */
    const char *image;
    const char *tag;
    enum oci_import_step step;
    struct oci_import_part top;
    struct oci_import_part *children; /* distinct */
    size_t child_count;
    size_t at; /* the next child */
    size_t manifest_bytes; /* of all that were read */
    struct meta_package package;
    bool created;
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
    struct oci_import import;
};

/* --- archive_name.c --- */

/* The name of the image and its tag: what the annotations of the archive's entry say, else the name of the file.
 * LREG_UNPROCESSABLE ("name_invalid"). */
lreg_status oci_import_choose_name(struct oci_import *import, const json_t *annotations, struct error *err);

/* --- archive_import.c --- */

/* Reads what the archive is about. LREG_UNPROCESSABLE when it is not one whole image with a name. After it, and after a
 * failure of it, oci_import_end() is due. */
lreg_status oci_import_begin(struct oci_archive *archive, struct error *err);
/* Goes on until the publication's turn is over. *out is the package, within the import, when all is done; NULL before.
 */
lreg_status oci_import_run(struct oci_import *import, const struct meta_package **out, bool *out_created,
                           struct error *err);
void oci_import_end(struct oci_import *import); /* zeroed is fine */

#endif
