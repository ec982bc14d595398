/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Upload sessions (OCI distribution 1.1, "Pushing Blobs"): begin, append chunks, show, cancel. A chunk counts when it
 * has arrived completely and is durable. A truncated chunk is dropped, and the session stays where it was.
 */

#include "ecosystems/oci/oci_internal.h"

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
