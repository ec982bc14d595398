/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Mounting a blob of another repository (OCI distribution 1.1, "Mounting a blob from another repository"). Clients
 * guess sources, so any fault of a source only means that the blob is not mounted. The holder of the credentials must
 * be able to read the source. A bearer needs no grant for it: most clients do not ask for a second scope, and the
 * holder could fetch the blob and push it anyway.
 */

#include "ecosystems/oci/oci_internal.h"

#include <string.h>

#define ARENA_BYTES ((size_t)64 * 1024)

/* Where to mount the blob from. */
struct source {
    const struct core_registry *registry; /* retained; NULL: none */
    const char *image; /* NULL: any image of the registry */
};

/* A missing or inaccessible source is not a failure. */
static lreg_status ignore_absence(lreg_status status) {
    bool is_absent = status == LREG_NOT_FOUND || status == LREG_UNAUTHENTICATED || status == LREG_FORBIDDEN;
    return is_absent ? LREG_OK : status;
}

/* Drops the registry when the caller may not read it, or when its ecosystem or storage is another one. */
static void check_source(const struct call *call, struct source *source) {
    const struct core_registry *registry = source->registry;
    /* The decision needs only the registry's row, not the organization. */
    bool is_readable =
        core_authorize(call->core, &call->principal, AUTH_ACTION_READ_PACKAGES, NULL, registry, NULL) == LREG_OK;
    if (!is_readable || !text_equals(registry->row.ecosystem, call->registry->row.ecosystem) ||
        !text_equals(registry->row.storage, call->registry->row.storage)) {
        core_registry_release(registry);
        source->registry = NULL;
    }
}

/* Parses "organization/registry/image". */
static lreg_status find_source(const struct call *call, const char *from, struct source *out, struct error *err) {
    *out = (struct source){NULL, NULL};
    if (from == NULL) {
        core_registry_retain(call->registry);
        out->registry = call->registry;
        check_source(call, out);
        return LREG_OK;
    }
    struct slice rest = slice_of(from);
    struct slice organization = slice_cut(&rest, '/');
    struct slice registry = slice_cut(&rest, '/');
    if (rest.length == 0 || !oci_name_is_valid(from)) {
        return LREG_OK;
    }
    const char *organization_slug = arena_copy_bytes(call->arena, organization.bytes, organization.length);
    const char *slug = arena_copy_bytes(call->arena, registry.bytes, registry.length);
    if (organization_slug == NULL || slug == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = core_registry_find(call->core, organization_slug, slug, &out->registry, err);
    if (status == LREG_OK) {
        out->image = rest.bytes; /* to the end of `from` */
        check_source(call, out);
    }
    return ignore_absence(status);
}

/* Looks for the blob at its source and links it to the repository. */
static lreg_status link_in(const struct call *call, struct meta_transaction *transaction, const struct source *source,
                           const struct meta_blob_link *target, struct arena *arena, struct error *err) {
    struct meta_blob_link found;
    struct meta_blob blob;
    const char *registry_id = source->registry->row.id;
    lreg_status status =
        source->image != NULL
            ? meta_blob_link_find(transaction, registry_id, source->image, target->digest, arena, &found, &blob, err)
            : meta_blob_link_find_anywhere(transaction, registry_id, target->digest, arena, &found, &blob, err);
    if (status == LREG_OK && blob.damaged_ms != 0) {
        status = oci_blob_unknown(target->digest, err); /* to be uploaded again */
    }
    if (status != LREG_OK) {
        return status;
    }
    struct meta_blob_link link = *target;
    link.blob_id = found.blob_id;
    link.claimed_ms = hooks_now_ms(call->hooks);
    return meta_blob_link_put(transaction, &link, err);
}

static lreg_status link_blob(const struct call *call, const struct source *source, const struct meta_blob_link *target,
                             bool *out_mounted, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct arena arena;
    lreg_status status = meta_begin(core_meta(call->core), META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    arena_init(&arena, call->hooks, ARENA_BYTES);
    status = link_in(call, transaction, source, target, &arena, err);
    arena_free(&arena);
    status = meta_end(transaction, status, err);
    *out_mounted = status == LREG_OK;
    return ignore_absence(status);
}

lreg_status oci_mount(struct call *call, const char *image, const char *digest_text, const char *from,
                      bool *out_mounted, struct error *err) {
    struct oci_digest digest;
    struct source source;
    *out_mounted = false;
    if (!oci_digest_parse(digest_text, &digest)) {
        return LREG_OK;
    }
    lreg_status status = find_source(call, from, &source, err);
    if (status != LREG_OK || source.registry == NULL) {
        return status; /* after a failed look-up, `source` holds nothing */
    }
    const struct meta_blob_link target = {.registry_id = call->registry->row.id, .scope = image, .digest = digest.text};
    status = link_blob(call, &source, &target, out_mounted, err);
    core_registry_release(source.registry);
    return status;
}
