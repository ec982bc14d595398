/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The end of an upload: takes the last bytes, or all of them in one request, checks the content against the client's
 * digest, and links the blob to the repository in the transaction that ends the session.
 */

#include "ecosystems/oci/oci_internal.h"

#define READ_BYTES ((size_t)64 * 1024)

struct ending {
    struct call *call;
    const char *image;
    struct oci_digest digest;
    struct meta_upload upload; /* id NULL: the whole blob comes in one request, without a session */
    struct oci_chunk chunk;
    struct core_blob_writer *writer;
    /* For a session whose whole blob comes with this request: sums its SHA-512, as sessions keep only SHA-256. */
    bool sums_sha512;
    struct digest sha512;
    struct oci_digest stored; /* the digest that the blob is first linked under */
};

static lreg_status mismatch(const struct oci_digest *digest, struct error *err) {
    return error_set(err, LREG_BAD_ARGUMENT, "digest_invalid", "the content does not have the digest %s", digest->text);
}

/* --- A digest that was not computed during the upload --- */

static lreg_status sum_object(struct ending *ending, struct storage_object *object, uint64_t length,
                              struct digest_set *out, struct error *err) {
    struct digest sum;
    unsigned char *buffer = memory_allocate(ending->call->hooks, READ_BYTES);
    lreg_status status = buffer != NULL ? LREG_OK : error_no_memory(err);
    digest_init(&sum, DIGEST_SHA512);
    for (uint64_t at = 0; status == LREG_OK && at < length;) {
        size_t count = length - at < READ_BYTES ? (size_t)(length - at) : READ_BYTES;
        status = storage_object_read(object, at, buffer, count, err);
        if (status == LREG_OK) {
            digest_update(&sum, buffer, count);
            at += count;
        }
    }
    digest_finish(&sum, out);
    memory_release(ending->call->hooks, buffer);
    return status;
}

/* Links the blob, which is linked by its SHA-256, also under the client's digest. */
static lreg_status link_again(const struct ending *ending, struct meta_transaction *transaction, struct error *err) {
    struct meta_blob_link link;
    struct meta_blob blob;
    lreg_status status = meta_blob_link_find(transaction, ending->call->registry->row.id, ending->image,
                                             ending->stored.text, ending->call->arena, &link, &blob, err);
    if (status == LREG_NOT_FOUND) {
        return oci_blob_unknown(ending->stored.text, err);
    }
    link.digest = ending->digest.text;
    return status == LREG_OK ? meta_blob_link_put(transaction, &link, err) : status;
}

static lreg_status link_verified(const struct ending *ending, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core_meta(ending->call->core), META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = link_again(ending, transaction, err);
    return meta_end(transaction, status, err);
}

/* Reads the blob that was just stored. On a mismatch it stays in the repository under its true digest and is collected
 * like any blob that no manifest names. */
static lreg_status verify_stored(struct ending *ending, struct error *err) {
    const struct oci_blob *blob = NULL;
    struct storage_object *object = NULL;
    struct call *call = ending->call;
    struct digest_set set;
    uint64_t length = 0;
    lreg_status status = oci_blob_find(call->core, call->registry, ending->image, ending->stored.text, &blob, err);
    if (status == LREG_OK) {
        status = core_blob_open(call->core, &blob->blob, &object, &length, err);
    }
    if (status == LREG_OK) {
        status = sum_object(ending, object, length, &set, err);
    }
    if (status == LREG_OK && !oci_digest_matches(&ending->digest, &set)) {
        status = mismatch(&ending->digest, err);
    }
    storage_object_close(object);
    oci_blob_release(blob);
    return status == LREG_OK ? link_verified(ending, err) : status;
}

/* --- Publishing --- */

/* Wrong content ends the session: its bytes are useless. */
static lreg_status refuse_content(struct ending *ending, struct error *err) {
    if (ending->upload.id != NULL) {
        lreg_status status = core_upload_cancel(ending->call->core, &ending->upload, err);
        if (status != LREG_OK && status != LREG_NOT_FOUND) {
            return status;
        }
    }
    core_blob_writer_free(ending->writer);
    ending->writer = NULL;
    return mismatch(&ending->digest, err);
}

/* Links the blob to the repository, in the transaction of core_blob_publish(). */
static lreg_status name_blob(void *user, struct meta_transaction *transaction, int64_t blob_id, struct error *err) {
    const struct ending *ending = user;
    const struct meta_blob_link link = {
        .registry_id = ending->call->registry->row.id,
        .scope = ending->image,
        .digest = ending->stored.text,
        .blob_id = blob_id,
        .claimed_ms = hooks_now_ms(ending->call->hooks),
    };
    if (ending->upload.id != NULL) {
        lreg_status status = meta_upload_delete(transaction, ending->upload.id, err);
        if (status == LREG_NOT_FOUND) {
            return error_set(err, LREG_NOT_FOUND, "upload_unknown", "the upload was cancelled meanwhile");
        }
        if (status != LREG_OK) {
            return status;
        }
    }
    return meta_blob_link_put(transaction, &link, err);
}

/* Whether the content has the client's digest. *out_is_known is false when that digest was not computed. */
static bool check_content(struct ending *ending, bool *out_is_known) {
    struct digest_set set;
    core_blob_writer_finish(ending->writer, &set);
    oci_digest_of_sha256(set.sha256, &ending->stored);
    if (ending->sums_sha512) {
        struct digest_set sum;
        digest_finish(&ending->sha512, &sum);
        set.algorithms |= DIGEST_SHA512;
        for (size_t i = 0; i < DIGEST_SHA512_BYTES; i++) {
            set.sha512[i] = sum.sha512[i];
        }
    }
    *out_is_known = (set.algorithms & ending->digest.algorithm) != 0;
    return *out_is_known && oci_digest_matches(&ending->digest, &set);
}

static lreg_status ending_finish(struct call *call, void *state, struct error *err) {
    struct ending *ending = state;
    bool is_known = false;
    uint64_t length = core_blob_writer_length(ending->writer) - ending->upload.received_bytes;
    lreg_status status = oci_chunk_check_length(&ending->chunk, length, err);
    if (status != LREG_OK) {
        return status;
    }
    bool is_right = check_content(ending, &is_known);
    if (is_known && !is_right) {
        return refuse_content(ending, err);
    }
    if (is_known) {
        ending->stored = ending->digest;
    }
    status = core_blob_publish(ending->writer, name_blob, ending, err);
    if (status == LREG_OK && !is_known) {
        status = verify_stored(ending, err);
    }
    return status == LREG_OK ? oci_respond_blob_created(call, ending->image, ending->digest.text, err) : status;
}

static lreg_status ending_write(struct call *call, void *state, const void *bytes, size_t length, struct error *err) {
    (void)call;
    struct ending *ending = state;
    if (ending->sums_sha512) {
        digest_update(&ending->sha512, bytes, length);
    }
    return core_blob_writer_write(ending->writer, bytes, length, err);
}

/* When this request did not finish, the session stays where it was. */
static void ending_free(struct call *call, void *state) {
    (void)call;
    struct ending *ending = state;
    core_blob_writer_detach(ending->writer);
}

static const struct sink ending_sink = {.write = ending_write, .finish = ending_finish, .free = ending_free};

static lreg_status ending_new(struct call *call, const char *digest_text, struct ending **out, struct error *err) {
    struct ending *ending = arena_allocate_zeroed(call->arena, 1, sizeof *ending);
    if (ending == NULL) {
        return error_no_memory(err);
    }
    ending->call = call;
    *out = ending;
    if (digest_text == NULL) {
        return error_set(err, LREG_BAD_ARGUMENT, "digest_invalid", "the parameter digest is missing");
    }
    return oci_digest_parse(digest_text, &ending->digest) ? LREG_OK : oci_digest_invalid(digest_text, err);
}

static void take_body(struct ending *ending) {
    ending->call->sink = &ending_sink;
    ending->call->sink_state = ending;
}

lreg_status oci_upload_whole(struct call *call, const char *image, const char *digest_text, struct error *err) {
    struct ending *ending = NULL;
    lreg_status status = ending_new(call, digest_text, &ending, err);
    if (status != LREG_OK) {
        return status;
    }
    ending->image = image;
    status = core_blob_writer_new(call->core, ending->digest.algorithm, core_limits_of(call->core)->max_blob_bytes,
                                  &ending->writer, err);
    if (status == LREG_OK) {
        take_body(ending);
    }
    return status;
}

lreg_status oci_upload_end(struct call *call, struct error *err) {
    struct ending *ending = NULL;
    bool in_order = false;
    lreg_status status = ending_new(call, url_parameter(&call->url, "digest"), &ending, err);
    if (status == LREG_OK) {
        status = oci_upload_find(call, &ending->image, &ending->upload, err);
    }
    if (status == LREG_OK) {
        status = oci_chunk_read(call, &ending->chunk, err);
    }
    if (status == LREG_OK) {
        status = oci_chunk_check_order(call, ending->image, &ending->upload, &ending->chunk, &in_order, err);
    }
    if (status != LREG_OK || !in_order) {
        return status;
    }
    status = core_blob_writer_resume(call->core, &ending->upload, core_limits_of(call->core)->max_blob_bytes,
                                     &ending->writer, err);
    if (status != LREG_OK) {
        return status;
    }
    ending->sums_sha512 = ending->digest.algorithm == DIGEST_SHA512 && ending->upload.received_bytes == 0;
    if (ending->sums_sha512) {
        digest_init(&ending->sha512, DIGEST_SHA512);
    }
    take_body(ending);
    return LREG_OK;
}
