/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The addresses that apk requests: the index of its architecture, packages at the addresses that it makes from the
 * index, and the key once.
 */

#include "ecosystems/alpine/alpine_internal.h"

#include "base/encoding.h"
#include "ecosystems/alpine/names.h"

#define INDEX_MEDIA_TYPE "application/gzip"
#define KEY_MEDIA_TYPE "application/x-pem-file"

static const char *etag_of(const struct call *call, const uint8_t sha256[DIGEST_SHA256_BYTES]) {
    char digest[DIGEST_SHA256_TEXT];
    hex_encode(sha256, DIGEST_SHA256_BYTES, digest);
    return arena_format(call->arena, "\"%s\"", digest);
}

static lreg_status check_architecture(const char *architecture, struct error *err) {
    if (!alpine_architecture_is_valid(architecture)) {
        return alpine_architecture_unknown(err);
    }
    return LREG_OK;
}

/* Sends no Last-Modified: clients put the date of their own clock into If-Modified-Since, and trust a 304. */
static lreg_status serve_index(struct call *call, struct error *err) {
    const char *architecture = call_parameter(call, "architecture");
    struct alpine_index_file file = {0};
    struct representation what = {.media_type = INDEX_MEDIA_TYPE, .modified_ms = -1};
    lreg_status status = check_architecture(architecture, err);
    if (status != LREG_OK) {
        return status;
    }
    if (call->may_defer && !alpine_repository_index_is_quick(call->core, call->registry, architecture) &&
        call_defers(call)) {
        return LREG_OK;
    }
    status = alpine_repository_kept_index(call->core, call->registry, architecture, &file, err);
    if (status == LREG_NOT_FOUND) {
        error_clear(err);
        if (call_defers(call)) {
            return LREG_OK;
        }
        status = alpine_repository_index(call->core, call->registry, architecture, &file, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    what.etag = etag_of(call, file.sha256);
    what.cache_control = call_cache_control(call, false);
    what.bytes = file.bytes;
    what.length = file.length;
    what.keep = file.keep;
    status = what.etag != NULL ? call_respond_representation(call, &what, err) : error_no_memory(err);
    core_shared_release(file.keep);
    return status;
}

static lreg_status find_under(struct call *call, const char *architecture, const char *file,
                              const struct core_package **out, struct error *err) {
    const char *filename = arena_format(call->arena, "%s/%s", architecture, file);
    *out = NULL;
    if (filename == NULL) {
        return error_no_memory(err);
    }
    return core_package_find_by_filename(call->core, call->registry, filename, out, err);
}

/* A noarch package is served under every architecture, and under noarch. */
static lreg_status find_package(struct call *call, const struct core_package **out, struct error *err) {
    const char *architecture = call_parameter(call, "architecture");
    const char *file = call_parameter(call, "file");
    *out = NULL;
    lreg_status status = check_architecture(architecture, err);
    if (status != LREG_OK) {
        return status;
    }
    status = find_under(call, architecture, file, out, err);
    if (status != LREG_NOT_FOUND) {
        return status;
    }
    error_clear(err);
    return find_under(call, ALPINE_NOARCH, file, out, err);
}

/* Counts only responses from the first byte: a later range continues a download that was already counted. */
static bool is_download(const struct call *call) {
    const struct response *response = &call->response;
    return call->method == HTTP_GET && response->body == BODY_OBJECT && response->object_offset == 0;
}

static lreg_status serve_package(struct call *call, struct error *err) {
    const struct core_package *package = NULL;
    struct representation what = {.media_type = ALPINE_MEDIA_TYPE};
    lreg_status status = find_package(call, &package, err);
    if (package == NULL) {
        return status;
    }
    what.etag = etag_of(call, package->row.digests.sha256);
    what.filename = call_parameter(call, "file");
    what.modified_ms = package->row.updated_ms;
    what.cache_control = call_cache_control(call, !call->registry->row.allow_overwrite);
    status = what.etag != NULL ? core_package_open(call->core, package, &what.object, &what.length, err)
                               : error_no_memory(err);
    if (status == LREG_OK) {
        status = call_respond_representation(call, &what, err);
    }
    if (status == LREG_OK && is_download(call)) {
        call_count_download(call, package->row.id);
    }
    core_package_release(package);
    return status;
}

static lreg_status serve_key(struct call *call, struct error *err) {
    struct core_registry_key key = {0};
    struct digest_set digests;
    struct representation what = {.media_type = KEY_MEDIA_TYPE, .modified_ms = -1};
    if (call_defers(call)) { /* requested once per client, and may have to be made */
        return LREG_OK;
    }
    lreg_status status = alpine_repository_key(call->core, call->registry, call->arena, &key, err);
    if (status != LREG_OK) {
        goto out;
    }
    struct slice text = slice_of(key.public_pem);
    digest_of(DIGEST_SHA256, text.bytes, text.length, &digests);
    what.etag = etag_of(call, digests.sha256);
    what.filename = alpine_repository_key_name(call->registry, call->arena);
    what.cache_control = call_cache_control(call, false);
    what.bytes = text.bytes;
    what.length = text.length;
    status = what.etag != NULL && what.filename != NULL ? call_respond_representation(call, &what, err)
                                                        : error_no_memory(err);

out:
    core_registry_key_wipe(&key);
    return status;
}

#define REPOSITORY "/{organization}/{registry}/alpine_any/alpine_any/main"

/* A path names one file. Parameters have no effect; clients add some to bypass caches. */
static const struct route routes[] = {
    {HTTP_GET, REPOSITORY "/{architecture}/APKINDEX.tar.gz", AUTH_ACTION_READ_PACKAGES, serve_index, 0, "*", NULL},
    {HTTP_GET, REPOSITORY "/{architecture}/{file}", AUTH_ACTION_READ_PACKAGES, serve_package, 0, "*", NULL},
    {HTTP_GET, "/{organization}/{registry}/rsakey", AUTH_ACTION_READ_PACKAGES, serve_key, 0, "*", NULL},
};

const struct surface surface_alpine = {
    .name = "alpine",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .show_error = call_show_text_error,
    .ecosystem = "alpine",
};
