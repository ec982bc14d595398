/* SPDX-License-Identifier: Apache-2.0 */

/* Images as packages: a package is a tag of an image; publishing one is pushing what an archive holds. */

#include "ecosystems/oci/oci_internal.h"

/* Names and tags have no character that needs encoding. */
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
};
