/* SPDX-License-Identifier: Apache-2.0 */

/* Images as packages. A package is a tag of an image; publishing one pushes the contents of an archive. */

#include "ecosystems/oci/oci_internal.h"

/* Names and tags have no characters that need encoding. */
static const char *package_path(const struct core_registry *registry, const struct meta_package *package,
                                struct arena *arena) {
    return arena_format(arena, "/v2/%s/%s/%s/manifests/%s", registry->row.organization_slug, registry->row.slug,
                        package->name, package->version);
}

static lreg_status package_deleted(struct core *core, struct meta_transaction *transaction,
                                   const struct core_package *package, struct error *err) {
    if (package->row.document == NULL) {
        return LREG_OK;
    }
    return oci_manifest_prune(core, transaction, package->registry, package->row.name, package->row.document, err);
}

/* An index names manifests; an entry of another media type may be a blob. Subjects are not
 * references: they may be absent. */
static struct core_reference reference_of(const struct oci_descriptor *descriptor) {
    bool is_child = descriptor->role == OCI_ROLE_MANIFEST;
    return (struct core_reference){
        .name = descriptor->digest,
        .size_bytes = descriptor->size,
        .media_type = descriptor->media_type,
        .may_be_blob = !is_child || !oci_is_manifest_type(descriptor->media_type),
        .may_be_document = is_child,
        .may_be_absent = descriptor->is_foreign,
    };
}

static lreg_status document_references(const struct meta_document *document, struct arena *arena,
                                       struct core_reference **out, size_t *out_count, struct error *err) {
    struct oci_manifest manifest = {0};
    *out_count = 0;
    lreg_status status = oci_manifest_parse_stored(document, arena, &manifest, err);
    if (status != LREG_OK) {
        return status;
    }
    *out = arena_allocate_zeroed(arena, manifest.count > 0 ? manifest.count : 1, sizeof **out);
    for (size_t i = 0; *out != NULL && i < manifest.count; i++) {
        (*out)[(*out_count)++] = reference_of(&manifest.descriptors[i]);
    }
    oci_manifest_free(&manifest); /* its descriptors live in the arena */
    return *out != NULL ? LREG_OK : error_no_memory(err);
}

const struct core_ecosystem ecosystem_container = {
    .name = "container",
    .title = "Container images",
    .surface = &surface_container,
    .publish_begin = oci_publish_begin,
    .publish_write = oci_publish_write,
    .publish_finish = oci_publish_finish,
    .publish_free = oci_publish_free,
    .package_path = package_path,
    .package_deleted = package_deleted,
    .document_references = document_references,
};
