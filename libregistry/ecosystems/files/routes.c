/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Downloading a generic file by name: streamed from the storage, with validators, ranges and the file name to save it
 * under.
 */

#include "ecosystems/files/files_internal.h"

#include "base/encoding.h"

/* Counts only responses from the first byte: a later range continues a download that was already counted. */
static bool is_download(const struct call *call) {
    return call->method == HTTP_GET && call->response.body == BODY_OBJECT && call->response.object_offset == 0;
}

static lreg_status download(struct call *call, struct error *err) {
    const struct core_package *package = NULL;
    struct representation what = {0};
    char digest[DIGEST_SHA256_TEXT];
    uint64_t length = 0;

    lreg_status status =
        core_package_find_by_filename(call->core, call->registry, call_parameter(call, "filename"), &package, err);
    if (status != LREG_OK) {
        goto out;
    }
    hex_encode(package->row.digests.sha256, DIGEST_SHA256_BYTES, digest);
    what.etag = arena_format(call->arena, "\"%s\"", digest);
    what.media_type = arena_copy_text(call->arena, package->row.media_type);
    what.filename = arena_copy_text(call->arena, package->row.filename);
    if (what.etag == NULL || what.media_type == NULL || what.filename == NULL) {
        status = error_no_memory(err);
        goto out;
    }
    what.modified_ms = package->row.updated_ms;
    /* A name may be deleted and published again, or overwritten, so caches revalidate by ETag. */
    what.cache_control = call_cache_control(call, false);
    status = core_package_open(call->core, package, &what.object, &length, err);
    if (status != LREG_OK) {
        goto out;
    }
    what.length = length;
    status = call_respond_representation(call, &what, err);
    if (status == LREG_OK && is_download(call)) {
        call_count_download(call, package->row.id);
    }

out:
    core_package_release(package);
    return status;
}

/* A path names one file. Parameters have no effect; clients add some to bypass caches. */
static const struct route routes[] = {
    {HTTP_GET, "/{organization}/{registry}/files/{filename}", AUTH_ACTION_READ_PACKAGES, download, 0, "*", NULL},
};

const struct surface surface_files = {
    .name = "files",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .show_error = call_show_text_error,
    .ecosystem = "files",
};
