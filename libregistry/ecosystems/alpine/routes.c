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
    char digest[DIGEST_SHA256_TEXT];
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
    hex_encode(file.sha256, DIGEST_SHA256_BYTES, digest);
    const struct served what = {
        .media_type = INDEX_MEDIA_TYPE,
        .version = digest,
        .modified_ms = -1,
        .length = file.length,
        .bytes = file.bytes,
        .keep = file.keep,
    };
    status = call_serve(call, &what, err);
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

static lreg_status serve_package(struct call *call, struct error *err) {
    const struct core_package *package = NULL;
    const struct served how = {
        .media_type = ALPINE_MEDIA_TYPE,
        .filename = call_parameter(call, "file"),
        .is_fixed = !call->registry->row.allow_overwrite,
    };
    lreg_status status = find_package(call, &package, err);
    if (status == LREG_OK) {
        status = call_serve_package(call, package, &how, err);
    }
    core_package_release(package);
    return status;
}

static lreg_status serve_key(struct call *call, struct error *err) {
    struct core_registry_key key = {0};
    struct digest_set digests;
    char digest[DIGEST_SHA256_TEXT];
    if (call_defers(call)) { /* requested once per client, and may have to be made */
        return LREG_OK;
    }
    lreg_status status = alpine_repository_key(call->core, call->registry, call->arena, &key, err);
    if (status != LREG_OK) {
        goto out;
    }
    struct slice text = slice_of(key.public_pem);
    digest_of(DIGEST_SHA256, text.bytes, text.length, &digests);
    hex_encode(digests.sha256, DIGEST_SHA256_BYTES, digest);
    const struct served what = {
        .media_type = KEY_MEDIA_TYPE,
        .version = digest,
        .filename = alpine_repository_key_name(call->registry, call->arena),
        .modified_ms = -1,
        .length = text.length,
        .bytes = text.bytes,
    };
    status = what.filename != NULL ? call_serve(call, &what, err) : error_no_memory(err);

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
