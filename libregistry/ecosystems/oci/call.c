/* SPDX-License-Identifier: Apache-2.0 */

/* What handlers read from their call: names in the path, and addresses for the answer. */

#include "ecosystems/oci/oci_internal.h"

#include <string.h>

lreg_status oci_image(const struct call *call, const char **out, struct error *err) {
    const char *image = call_parameter(call, "image");
    size_t length = strlen(call->organization->row.slug) + strlen(call->registry->row.slug) + strlen(image) + 2;
    if (!oci_name_is_valid(image)) {
        return error_set(
            err, LREG_BAD_ARGUMENT, "name_invalid",
            "\"%.160s\" is not an image name: lower-case letters, digits and single . _ - between them, in "
            "parts with slashes between",
            image);
    }
    if (length > OCI_NAME_MAX) {
        return error_set(err, LREG_BAD_ARGUMENT, "name_invalid",
                         "the name of the repository is longer than %d characters", OCI_NAME_MAX);
    }
    *out = image;
    return LREG_OK;
}

lreg_status oci_path_digest(const struct call *call, struct oci_digest *out, struct error *err) {
    const char *text = call_parameter(call, "digest");
    return oci_digest_parse(text, out) ? LREG_OK : oci_digest_invalid(text, err);
}

const char *oci_full_name(struct call *call, const char *image) {
    return arena_format(call->arena, "%s/%s/%s", call->organization->row.slug, call->registry->row.slug, image);
}

const char *oci_location(struct call *call, const char *image, const char *below) {
    const char *base = core_base_url(call->core) != NULL ? call->base_url : call->mount;
    return arena_format(call->arena, "%s/v2/%s/%s/%s%s", base, call->organization->row.slug, call->registry->row.slug,
                        image, below);
}

lreg_status oci_add_location(struct call *call, const char *image, const char *below, struct error *err) {
    const char *location = oci_location(call, image, below);
    return location != NULL ? call_header(call, "Location", location, err) : error_no_memory(err);
}

lreg_status oci_add_digest(struct call *call, const char *digest, struct error *err) {
    return call_header_format(call, err, "Docker-Content-Digest", "%s", digest);
}

lreg_status oci_respond_blob_created(struct call *call, const char *image, const char *digest, struct error *err) {
    const char *below = arena_format(call->arena, "/blobs/%s", digest);
    if (below == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = oci_add_location(call, image, below, err);
    if (status == LREG_OK) {
        status = oci_add_digest(call, digest, err);
    }
    return status == LREG_OK ? call_respond(call, 201, err) : status;
}

lreg_status oci_page_size(const struct call *call, size_t max, size_t *out, struct error *err) {
    const char *text = url_parameter(&call->url, "n");
    uint64_t size = max;
    if (text != NULL && !text_parse_u64(slice_of(text), &size)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_page", "the parameter n is not a number");
    }
    *out = size < max ? (size_t)size : max;
    return LREG_OK;
}
