/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Copies a package into another registry of its organization (Buildkite's "Copy a package"). The route decides whether
 * the source may be read; whether the destination may be written is decided here, as the dispatcher does for names in a
 * path. The bytes are published again, so that every rule of the destination and of its ecosystem applies; the storage
 * keeps them once.
 */

#include "rest/rest_internal.h"

#include <string.h>

#define PIECE_BYTES ((size_t)64 * 1024)

/* A caller without a token is asked for one. Other callers get the same answer for a registry that does not exist and
 * for one that they may not know of. */
static lreg_status find_destination(const struct call *call, const char *slug, const struct core_registry **out,
                                    struct error *err) {
    const char *organization = call->organization->row.slug;
    lreg_status status = core_registry_find(call->core, organization, slug, out, err);
    if (status == LREG_OK) {
        status =
            core_authorize(call->core, &call->principal, AUTH_ACTION_WRITE_PACKAGES, call->organization, *out, err);
    } else if (status == LREG_NOT_FOUND && call->principal.kind == AUTH_NOBODY) {
        status = auth_decide(&call->principal, AUTH_ACTION_WRITE_PACKAGES, NULL, hooks_now_ms(call->hooks), err);
    }
    if (status == LREG_NOT_FOUND) {
        return error_set(err, LREG_NOT_FOUND, "registry_unknown", "no registry %s/%s", organization, slug);
    }
    return status;
}

static lreg_status check_copy(const struct core_package *package, const struct core_registry *source,
                              const struct core_registry *destination, struct error *err) {
    if (!text_equals(source->row.ecosystem, destination->row.ecosystem) || destination->ecosystem == NULL) {
        return error_set(err, LREG_UNPROCESSABLE, "other_ecosystem", "registry %s takes %s packages, not %s",
                         destination->row.slug, destination->row.ecosystem, source->row.ecosystem);
    }
    if (package->row.document != NULL) {
        return error_set(err, LREG_UNSUPPORTED, "push_instead",
                         "images are copied by pushing them; layers that are there already are not sent");
    }
    return LREG_OK;
}

/* Publishes the stored bytes and checks their digest, so that damage does not become the content of a sound package. */
static lreg_status feed(struct call *call, const struct core_package *package, void *publication,
                        struct storage_object *object, uint64_t length, struct error *err) {
    const struct core_ecosystem *ecosystem = package->registry->ecosystem;
    struct digest digest;
    struct digest_set digests;
    char *piece = arena_allocate(call->arena, PIECE_BYTES);
    if (piece == NULL) {
        return error_no_memory(err);
    }
    digest_init(&digest, DIGEST_SHA256);
    lreg_status status = LREG_OK;
    for (uint64_t at = 0; at < length && status == LREG_OK;) {
        size_t taken = 0; /* always all: no turn is set */
        size_t count = length - at < PIECE_BYTES ? (size_t)(length - at) : PIECE_BYTES;
        status = storage_object_read(object, at, piece, count, err);
        if (status == LREG_OK) {
            digest_update(&digest, piece, count);
            status = ecosystem->publish_write(publication, piece, count, &taken, err);
        }
        at += count;
    }
    if (status != LREG_OK) {
        return status;
    }
    digest_finish(&digest, &digests);
    if (memcmp(digests.sha256, package->row.digests.sha256, sizeof digests.sha256) != 0) {
        return error_set(err, LREG_CORRUPT, "blob_damaged", "%s has other bytes than were published",
                         package->row.filename);
    }
    return LREG_OK;
}

static lreg_status publish_into(struct call *call, const struct core_registry *destination,
                                const struct core_package *package, const struct core_package **out,
                                struct error *err) {
    const struct core_ecosystem *ecosystem = destination->ecosystem;
    const struct core_publication context = {
        .core = call->core, .registry = destination, .actor = &call->actor, .filename = package->row.filename};
    struct storage_object *object = NULL;
    void *publication = NULL;
    uint64_t length = 0;
    bool created = false;
    lreg_status status = core_package_open(call->core, package, &object, &length, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = ecosystem->publish_begin(&context, &publication, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = feed(call, package, publication, object, length, err);
    if (status == LREG_OK) {
        status = ecosystem->publish_finish(publication, out, &created, err);
    }

out:
    if (publication != NULL) {
        ecosystem->publish_free(publication);
    }
    storage_object_close(object);
    return status;
}

lreg_status rest_packages_copy(struct call *call, struct error *err) {
    const char *to = url_parameter(&call->url, "to");
    const struct core_registry *destination = NULL;
    const struct core_package *package = NULL;
    const struct core_package *copy = NULL;
    if (to == NULL || to[0] == '\0') {
        return error_set(err, LREG_UNPROCESSABLE, "missing_destination",
                         "the parameter \"to\" is missing: the slug of the registry to copy to");
    }
    lreg_status status = find_destination(call, to, &destination, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = core_package_find(call->core, call->registry, call_parameter(call, "id"), &package, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = check_copy(package, call->registry, destination, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = publish_into(call, destination, package, &copy, err);
    if (status == LREG_OK) {
        status = rest_respond(call, rest_package(call, destination, &copy->row), err);
    }

out:
    core_package_release(copy);
    core_package_release(package);
    core_registry_release(destination);
    return status;
}
