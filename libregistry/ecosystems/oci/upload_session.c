/* SPDX-License-Identifier: Apache-2.0 */

/* What the requests of an upload session share: finding the session, reading the place of a chunk, and showing how far
 * the upload is. */

#include "ecosystems/oci/oci_internal.h"

#include "http/range.h"

#include <inttypes.h>

lreg_status oci_upload_fields(struct call *call, const char *image, const char *id, uint64_t received,
                              struct error *err) {
    const char *below = arena_format(call->arena, "/blobs/uploads/%s", id);
    if (below == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = oci_add_location(call, image, below, err);
    if (status == LREG_OK) {
        /* Clients compute sizes from it. With nothing received there is no last byte, but the form must be the same. */
        status = call_header_format(call, err, "Range", "0-%" PRIu64, received > 0 ? received - 1 : 0);
    }
    return status == LREG_OK ? call_header_format(call, err, "Docker-Upload-UUID", "%s", id) : status;
}

lreg_status oci_upload_find(struct call *call, const char **out_image, struct meta_upload *out, struct error *err) {
    lreg_status status = oci_image(call, out_image, err);
    if (status != LREG_OK) {
        return status;
    }
    return core_upload_find(call->core, call->registry, *out_image, call_parameter(call, "upload"), &call->principal,
                            call->arena, out, err);
}

lreg_status oci_chunk_check_length(const struct oci_chunk *chunk, uint64_t received, struct error *err) {
    if (!chunk->is_placed || chunk->length == received) {
        return LREG_OK;
    }
    return error_set(err, LREG_BAD_ARGUMENT, "size_invalid",
                     "Content-Range says %" PRIu64 " bytes, the body has %" PRIu64, chunk->length, received);
}

lreg_status oci_chunk_read(const struct call *call, struct oci_chunk *out, struct error *err) {
    const char *value = headers_find(&call->headers, "Content-Range");
    uint64_t last = 0;
    *out = (struct oci_chunk){.is_placed = false};
    if (value == NULL) {
        return LREG_OK;
    }
    if (!range_parse_content(value, &out->first, &last)) {
        return error_set(err, LREG_BAD_ARGUMENT, "size_invalid", "Content-Range is malformed: it is START-END");
    }
    out->is_placed = true;
    out->length = last - out->first + 1;
    return call->has_length ? oci_chunk_check_length(out, call->body_length, err) : LREG_OK;
}

lreg_status oci_chunk_check_order(struct call *call, const char *image, const struct meta_upload *upload,
                                  const struct oci_chunk *chunk, bool *out_in_order, struct error *err) {
    *out_in_order = !chunk->is_placed || chunk->first == upload->received_bytes;
    if (*out_in_order) {
        return LREG_OK;
    }
    lreg_status status = oci_upload_fields(call, image, upload->id, upload->received_bytes, err);
    if (status != LREG_OK) {
        return status;
    }
    const char *message = arena_format(call->arena, "the chunk begins at %" PRIu64 ", the upload stands at %" PRIu64,
                                       chunk->first, upload->received_bytes);
    json_t *detail = json_pack("{s:I}", "offset", (json_int_t)upload->received_bytes);
    if (message == NULL || detail == NULL) {
        json_decref(detail);
        return error_no_memory(err);
    }
    return oci_respond_error(call, 416, "BLOB_UPLOAD_INVALID", message, detail, err);
}
