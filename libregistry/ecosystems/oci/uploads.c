/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Upload sessions (OCI distribution 1.1, "Pushing Blobs"): begin, append chunks, show, cancel. A chunk counts when it
 * has arrived completely and is durable. A truncated chunk is dropped, and the session stays where it was.
 */

#include "ecosystems/oci/oci_internal.h"

#include "http/range.h"

#include <inttypes.h>

/* --- Shared by the requests of a session --- */

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

/* --- Beginning --- */

static lreg_status begin_session(struct call *call, const char *image, struct error *err) {
    char id[ID_TEXT];
    lreg_status status = core_upload_begin(call->core, call->registry, &call->principal, image, id, err);
    if (status == LREG_OK) {
        status = oci_upload_fields(call, image, id, 0, err);
    }
    return status == LREG_OK ? call_respond(call, 202, err) : status;
}

static lreg_status check_algorithm(const struct call *call, struct error *err) {
    const char *algorithm = url_parameter(&call->url, "digest-algorithm");
    if (algorithm == NULL || text_equals(algorithm, "sha256") || text_equals(algorithm, "sha512")) {
        return LREG_OK;
    }
    return error_set(err, LREG_BAD_ARGUMENT, "digest_invalid",
                     "the digest algorithm \"%.100s\" is unknown; sha256 and sha512 are supported", algorithm);
}

lreg_status oci_upload_begin(struct call *call, struct error *err) {
    const char *image = NULL;
    const char *mount = url_parameter(&call->url, "mount");
    const char *digest = url_parameter(&call->url, "digest");
    bool is_mounted = false;
    lreg_status status = oci_image(call, &image, err);
    if (status == LREG_OK) {
        status = check_algorithm(call, err);
    }
    if (status == LREG_OK && mount != NULL) {
        status = oci_mount(call, image, mount, url_parameter(&call->url, "from"), &is_mounted, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    if (is_mounted) {
        return oci_respond_blob_created(call, image, mount, err);
    }
    return digest != NULL ? oci_upload_whole(call, image, digest, err) : begin_session(call, image, err);
}

/* --- Chunks --- */

struct chunk_upload {
    const char *image;
    struct meta_upload upload;
    struct oci_chunk chunk;
    struct core_blob_writer *writer;
};

static lreg_status chunk_write(struct call *call, void *state, const void *bytes, size_t length, struct error *err) {
    (void)call;
    struct chunk_upload *chunk = state;
    return core_blob_writer_write(chunk->writer, bytes, length, err);
}

static lreg_status chunk_finish(struct call *call, void *state, struct error *err) {
    struct chunk_upload *chunk = state;
    uint64_t received = chunk->upload.received_bytes;
    uint64_t length = core_blob_writer_length(chunk->writer) - received;
    lreg_status status = oci_chunk_check_length(&chunk->chunk, length, err);
    if (status == LREG_OK && length > 0) {
        status = core_upload_advance(call->core, &chunk->upload, chunk->writer, &received, err);
    }
    if (status == LREG_OK) {
        status = oci_upload_fields(call, chunk->image, chunk->upload.id, received, err);
    }
    return status == LREG_OK ? call_respond(call, 202, err) : status;
}

static void chunk_free(struct call *call, void *state) {
    (void)call;
    struct chunk_upload *chunk = state;
    core_blob_writer_detach(chunk->writer);
}

static const struct sink chunk_sink = {.write = chunk_write, .finish = chunk_finish, .free = chunk_free};

lreg_status oci_upload_chunk(struct call *call, struct error *err) {
    bool in_order = false;
    struct chunk_upload *chunk = arena_allocate_zeroed(call->arena, 1, sizeof *chunk);
    if (chunk == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = oci_upload_find(call, &chunk->image, &chunk->upload, err);
    if (status == LREG_OK) {
        status = oci_chunk_read(call, &chunk->chunk, err);
    }
    if (status == LREG_OK) {
        status = oci_chunk_check_order(call, chunk->image, &chunk->upload, &chunk->chunk, &in_order, err);
    }
    if (status != LREG_OK || !in_order) {
        return status;
    }
    status = core_blob_writer_resume(call->core, &chunk->upload, core_limits_of(call->core)->max_blob_bytes,
                                     &chunk->writer, err);
    if (status != LREG_OK) {
        return status;
    }
    call->sink = &chunk_sink;
    call->sink_state = chunk;
    return LREG_OK;
}

/* --- Showing and cancelling --- */

lreg_status oci_upload_show(struct call *call, struct error *err) {
    const char *image = NULL;
    struct meta_upload upload;
    lreg_status status = oci_upload_find(call, &image, &upload, err);
    if (status == LREG_OK) {
        status = oci_upload_fields(call, image, upload.id, upload.received_bytes, err);
    }
    return status == LREG_OK ? call_respond(call, 204, err) : status;
}

lreg_status oci_upload_cancel(struct call *call, struct error *err) {
    const char *image = NULL;
    struct meta_upload upload;
    lreg_status status = oci_upload_find(call, &image, &upload, err);
    if (status == LREG_OK) {
        status = core_upload_cancel(call->core, &upload, err);
    }
    return status == LREG_OK ? call_respond(call, 204, err) : status;
}
