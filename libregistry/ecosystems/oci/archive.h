/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_OCI_ARCHIVE_H
#define ECOSYSTEMS_OCI_ARCHIVE_H

/*
 * Publishing an image as a file: a tar archive of an OCI image layout (OCI image 1.1, image-layout.md), as written by
 * `skopeo copy … oci-archive:`, `podman save --format oci-archive` and `docker save`. The name of the image comes at
 * the end of the archive. Until it is known, the blobs wait in a scope of their own that belongs to no image.
 */

#include "ecosystems/oci/oci_internal.h"
#include "ecosystems/oci/tar.h"

#define OCI_ARCHIVE_SCOPE_TEXT 48

struct oci_archive;

struct oci_archive_blob {
    struct oci_archive_blob *next;
    const char *digest;
};

/* One manifest of an archive, as parsed. Its bytes are read again when it is stored. */
struct oci_import_part {
    const char *digest;
    const char *media_type; /* by the index, as is the size */
    uint64_t size;
    struct oci_manifest manifest;
    size_t length;
};

/* The steps from a received archive to an image. Each manifest is parsed once, however often it is named. Everything is
 * checked before the first manifest is stored: an archive that lacks something leaves nothing. */
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
    struct arena arena; /* of all that was read */
    const char *image;
    const char *tag;
    enum oci_import_step step;
    struct oci_import_part top;
    struct oci_import_part *children; /* distinct */
    size_t child_count;
    size_t at; /* the next child */
    size_t manifest_bytes; /* of all manifests read so far */
    struct meta_package package;
    bool created;
};

struct oci_archive {
    struct core_publication context;
    struct arena arena;
    struct oci_tar tar;
    char scope[OCI_ARCHIVE_SCOPE_TEXT];
    struct oci_archive_blob *blobs; /* those that wait there */
    struct strbuf index; /* index.json */
    /* The current entry. */
    bool in_index;
    struct core_blob_writer *writer; /* NULL: the entry is not a blob */
    struct oci_digest digest;
    struct oci_import import;
};

/* --- archive_name.c --- */

/* Chooses the name of the image and its tag: from the annotations of the archive's entry; otherwise from the name of
 * the file. LREG_UNPROCESSABLE ("name_invalid"). */
lreg_status oci_import_choose_name(struct oci_import *import, const json_t *annotations, struct error *err);

/* --- archive_import.c --- */

/* Reads the archive's index and main manifest. LREG_UNPROCESSABLE when the archive is not one complete image with a
 * name. Call oci_import_end() afterwards, also after a failure. */
lreg_status oci_import_begin(struct oci_archive *archive, struct error *err);
/* Continues until the publication's turn is over. *out is the package, within the import, when all
 * is done; NULL until then. */
lreg_status oci_import_run(struct oci_import *import, const struct meta_package **out, bool *out_created,
                           struct error *err);
void oci_import_end(struct oci_import *import); /* a zeroed import is fine */

#endif
