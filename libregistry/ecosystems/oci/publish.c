/* SPDX-License-Identifier: Apache-2.0 */

/* Images as packages: a package is a tag of an image. */

#include "ecosystems/oci/oci_internal.h"

static lreg_status publish_begin(const struct core_publication *publication, void **out_state, struct error *err) {
    *out_state = NULL;
    return error_set(err, LREG_UNSUPPORTED, "push_instead",
                     "images are not uploaded as files: push them with docker, podman or skopeo to %s/%s/IMAGE:TAG",
                     publication->registry->row.organization_slug, publication->registry->row.slug);
}

static lreg_status publish_write(void *state, const void *bytes, size_t length, struct error *err) {
    (void)state;
    (void)bytes;
    (void)length;
    return error_set(err, LREG_MISUSE, "", "there is no publication");
}

static lreg_status publish_finish(void *state, const struct core_package **out, bool *out_created, struct error *err) {
    (void)state;
    *out = NULL;
    *out_created = false;
    return error_set(err, LREG_MISUSE, "", "there is no publication");
}

static void publish_free(void *state) {
    (void)state;
}

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
    .publish_begin = publish_begin,
    .publish_write = publish_write,
    .publish_finish = publish_finish,
    .publish_free = publish_free,
    .package_path = package_path,
    .package_deleted = package_deleted,
};
