/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_OCI_MANIFEST_H
#define ECOSYSTEMS_OCI_MANIFEST_H

/*
 * Manifests and indexes: bytes and their media type in, facts out (OCI image 1.1, manifest.md and image-index.md;
 * Docker image manifest version 2, schema 2). Pure: nothing that they name is looked up here.
 */

#include "base/arena.h"
#include "base/json.h"
#include "ecosystems/oci/names.h"

#define OCI_MEDIA_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define OCI_MEDIA_INDEX "application/vnd.oci.image.index.v1+json"
#define OCI_MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define OCI_MEDIA_DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"

#define OCI_DESCRIPTORS_MAX 4096 /* that one manifest may name */
/* Size of the names and values of annotations that lists show of one manifest. When there are more, those that fit, in
 * the order of the manifest. */
#define OCI_LISTED_ANNOTATIONS_MAX ((size_t)16 * 1024)

enum oci_manifest_kind {
    OCI_KIND_IMAGE, /* names a config and layers */
    OCI_KIND_INDEX /* names manifests */
};

enum oci_role {
    OCI_ROLE_CONFIG,
    OCI_ROLE_LAYER,
    OCI_ROLE_MANIFEST
};

struct oci_platform {
    const char *os; /* each "" when unknown */
    const char *architecture;
    const char *variant;
};

struct oci_descriptor {
    enum oci_role role;
    const char *media_type;
    const char *digest;
    uint64_t size;
    bool is_foreign; /* not to be pushed: the registry need not have it */
    struct oci_platform platform; /* entries of an index */
};

struct oci_manifest {
    enum oci_manifest_kind kind;
    const char *media_type;
    struct oci_descriptor *descriptors; /* the config first, then in the order of the manifest */
    size_t count;
    const char *subject; /* digest; NULL when there is none */
    uint64_t subject_size;
    const char *subject_type; /* NULL when there is no subject */
    const char *artifact_type; /* for the list of referrers: its own, or that of an image's config; "" when none */
    const json_t *annotations; /* an object of texts, within `root`; NULL when there are none */
    const char *listed_annotations; /* those that lists show, as JSON text; "" when there are none */
    json_t *root; /* owned; NULL after oci_manifest_drop_root() */
};

/* True for the four media types above. */
bool oci_is_manifest_type(const char *media_type);

/* `content_type` is that of the request, NULL when there was none. Texts live in the arena. LREG_BAD_ARGUMENT
 * ("manifest_invalid") with the reason; LREG_NO_MEMORY. After success the caller calls oci_manifest_free(). */
lreg_status oci_manifest_parse(const char *bytes, size_t length, const char *content_type, size_t max_depth,
                               struct arena *arena, struct oci_manifest *out, struct error *err);
void oci_manifest_free(struct oci_manifest *manifest); /* a zeroed manifest is fine */
/* Frees the parsed JSON, which takes many times the length of its text, and `annotations`. Data in the arena stays. */
void oci_manifest_drop_root(struct oci_manifest *manifest);

/* Bytes of the manifest and of all that it names directly; INT64_MAX on overflow. */
uint64_t oci_manifest_total(const struct oci_manifest *manifest, size_t length);

#endif
