/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Serves content of a registry, for all ecosystems: validators, conditions, ranges, the name of the file, how long
 * caches may keep it, and the count of downloads.
 */

#include "surface/surface.h"

#include "base/encoding.h"

/* Counts only responses from the first byte: a later range continues a download that was already counted. */
static bool is_download(const struct call *call) {
    const struct response *response = &call->response;
    bool is_from_first = response->status == 200 || (response->body == BODY_OBJECT && response->object_offset == 0);
    return call->method == HTTP_GET && is_from_first;
}

static void count_download(struct call *call, const char *package_id) {
    if (call->may_defer) {
        core_note_download(call->core, package_id);
    } else {
        core_count_download(call->core, package_id);
    }
}

/* The texts are copied: what they belong to may be released before the response is sent. */
static lreg_status represent(struct call *call, const struct served *what, struct representation *out,
                             struct error *err) {
    *out = (struct representation){
        .media_type = arena_copy_text(call->arena, what->media_type),
        .etag = arena_format(call->arena, "\"%s\"", what->version),
        .modified_ms = what->modified_ms,
        .cache_control = call_cache_control(call, what->is_fixed),
        .filename = arena_copy_text(call->arena, what->filename),
        .length = what->length,
        .bytes = what->bytes,
        .keep = what->keep,
        .object = what->object,
    };
    bool is_complete =
        out->media_type != NULL && out->etag != NULL && (out->filename != NULL || what->filename == NULL);
    return is_complete ? LREG_OK : error_no_memory(err);
}

lreg_status call_serve(struct call *call, const struct served *what, struct error *err) {
    struct representation representation;
    lreg_status status = represent(call, what, &representation, err);
    if (status != LREG_OK) {
        storage_object_close(what->object);
        return status;
    }
    status = call_respond_representation(call, &representation, err);
    if (status == LREG_OK && what->package != NULL && is_download(call)) {
        count_download(call, what->package->row.id);
    }
    return status;
}

lreg_status call_serve_package(struct call *call, const struct core_package *package, const struct served *how,
                               struct error *err) {
    struct served what = *how;
    char digest[DIGEST_SHA256_TEXT];
    hex_encode(package->row.digests.sha256, DIGEST_SHA256_BYTES, digest);
    what.version = digest;
    what.modified_ms = package->row.updated_ms;
    what.package = package;
    lreg_status status = core_package_open(call->core, package, &what.object, &what.length, err);
    return status == LREG_OK ? call_serve(call, &what, err) : status;
}
