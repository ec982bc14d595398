/* SPDX-License-Identifier: Apache-2.0 */

/* Receives an image archive. Its blobs are stored as they arrive and wait until their image is known. */

#include "ecosystems/oci/archive.h"

#include "base/encoding.h"

#define ARENA_BYTES ((size_t)32 * 1024 * 1024) /* digests of all blobs */
#define INDEX_FILE "index.json"
#define SCOPE_RANDOM_BYTES 16
#define BLOB_UNITS ((uint64_t)64 * 1024) /* of a turn, for storing one: each is a commit */

/* --- Entries --- */

/* "blobs/sha256/…" */
static bool parse_blob_name(const char *name, struct oci_digest *out) {
    static const char folder[] = "blobs/";
    char text[OCI_DIGEST_TEXT];
    struct slice rest = slice_of(name);
    if (!slice_starts_with(rest, folder)) {
        return false;
    }
    rest.bytes += sizeof folder - 1;
    rest.length -= sizeof folder - 1;
    if (rest.length >= sizeof text) {
        return false;
    }
    for (size_t i = 0; i < rest.length; i++) {
        text[i] = rest.bytes[i] == '/' ? ':' : rest.bytes[i];
    }
    text[rest.length] = '\0';
    return oci_digest_parse(text, out);
}

static lreg_status begin_entry(void *user, const char *name, uint64_t size, struct error *err) {
    struct oci_archive *archive = user;
    const struct core_limits *limits = core_limits_of(archive->context.core);
    archive->in_index = text_equals(name, INDEX_FILE);
    if (archive->in_index) {
        strbuf_clear(&archive->index);
        return LREG_OK;
    }
    if (!parse_blob_name(name, &archive->digest)) {
        return LREG_OK; /* oci-layout, and additional files of other formats */
    }
    if (size > limits->max_blob_bytes) {
        return error_set(err, LREG_TOO_LARGE, "package_too_large", "a layer is larger than the limit of %llu bytes",
                         (unsigned long long)limits->max_blob_bytes);
    }
    return core_blob_writer_new(archive->context.core, archive->digest.algorithm, limits->max_blob_bytes,
                                &archive->writer, err);
}

static lreg_status take_data(void *user, const void *bytes, size_t length, struct error *err) {
    struct oci_archive *archive = user;
    if (archive->in_index) {
        strbuf_append(&archive->index, bytes, length);
        return strbuf_status(&archive->index, err);
    }
    return archive->writer != NULL ? core_blob_writer_write(archive->writer, bytes, length, err) : LREG_OK;
}

/* Links the blob to the waiting scope, in the transaction of core_blob_publish(). */
static lreg_status name_blob(void *user, struct meta_transaction *transaction, int64_t blob_id, struct error *err) {
    const struct oci_archive *archive = user;
    const struct meta_blob_link link = {
        .registry_id = archive->context.registry->row.id,
        .scope = archive->scope,
        .digest = archive->digest.text,
        .blob_id = blob_id,
        .claimed_ms = hooks_now_ms(core_hooks(archive->context.core)),
    };
    return meta_blob_link_put(transaction, &link, err);
}

static lreg_status remember(struct oci_archive *archive, struct error *err) {
    struct oci_archive_blob *blob = arena_allocate(&archive->arena, sizeof *blob);
    const char *digest = arena_copy_text(&archive->arena, archive->digest.text);
    if (blob == NULL || digest == NULL) {
        return error_no_memory(err);
    }
    *blob = (struct oci_archive_blob){.next = archive->blobs, .digest = digest};
    archive->blobs = blob;
    return LREG_OK;
}

static lreg_status store_blob(struct oci_archive *archive, struct error *err) {
    struct digest_set set;
    core_blob_writer_finish(archive->writer, &set);
    if (!oci_digest_matches(&archive->digest, &set)) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_archive", "the content does not have the digest %s",
                         archive->digest.text);
    }
    lreg_status status = remember(archive, err);
    return status == LREG_OK ? core_blob_publish(archive->writer, name_blob, archive, err) : status;
}

static lreg_status end_entry(void *user, struct error *err) {
    struct oci_archive *archive = user;
    archive->in_index = false;
    if (archive->writer == NULL) {
        return LREG_OK;
    }
    lreg_status status = store_blob(archive, err);
    turn_spend(archive->context.turn, BLOB_UNITS);
    core_blob_writer_free(archive->writer);
    archive->writer = NULL;
    return status;
}

/* --- The waiting scope --- */

/* The prefix begins with a character that no image name begins with. */
static lreg_status make_scope(struct oci_archive *archive, struct error *err) {
    static const char prefix[] = "-archive/";
    uint8_t random[SCOPE_RANDOM_BYTES];
    lreg_status status = hooks_random(core_hooks(archive->context.core), random, sizeof random, err);
    for (size_t i = 0; i < sizeof prefix; i++) {
        archive->scope[i] = prefix[i];
    }
    if (status == LREG_OK) {
        hex_encode(random, sizeof random, archive->scope + sizeof prefix - 1);
    }
    return status;
}

/* Links that cannot be removed now are collected after the grace, like all links that no manifest names. */
static void clear_scope(const struct oci_archive *archive) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = LREG_OK;
    if (archive->blobs == NULL ||
        meta_begin(core_meta(archive->context.core), META_WRITE, &transaction, NULL) != LREG_OK) {
        return;
    }
    for (const struct oci_archive_blob *blob = archive->blobs; blob != NULL && status == LREG_OK; blob = blob->next) {
        status =
            meta_blob_link_delete(transaction, archive->context.registry->row.id, archive->scope, blob->digest, NULL);
        status = status == LREG_NOT_FOUND ? LREG_OK : status; /* the archive has it twice, or it was never named */
    }
    (void)meta_end(transaction, status, NULL);
}

/* --- The vtable --- */

void oci_publish_free(void *state) {
    struct oci_archive *archive = state;
    if (archive == NULL) {
        return;
    }
    oci_import_end(&archive->import);
    core_blob_writer_free(archive->writer);
    clear_scope(archive);
    strbuf_free(&archive->index);
    arena_free(&archive->arena);
    memory_release(core_hooks(archive->context.core), archive);
}

lreg_status oci_publish_begin(const struct core_publication *context, void **out_state, struct error *err) {
    const struct hooks *hooks = core_hooks(context->core);
    const struct core_limits *limits = core_limits_of(context->core);
    struct oci_archive *archive = memory_allocate_zeroed(hooks, 1, sizeof *archive);
    *out_state = NULL;
    if (archive == NULL) {
        return error_no_memory(err);
    }
    const struct oci_tar_events events = {.begin = begin_entry, .data = take_data, .end = end_entry, .user = archive};
    archive->context = *context;
    arena_init(&archive->arena, hooks, ARENA_BYTES);
    strbuf_init(&archive->index, hooks, limits->max_manifest_bytes);
    oci_tar_init(&archive->tar, &events, limits->max_archive_entries);
    lreg_status status = make_scope(archive, err);
    if (status != LREG_OK) {
        oci_publish_free(archive);
        return status;
    }
    *out_state = archive;
    return LREG_OK;
}

lreg_status oci_publish_write(void *state, const void *bytes, size_t length, size_t *out_taken, struct error *err) {
    struct oci_archive *archive = state;
    return oci_tar_take(&archive->tar, bytes, length, archive->context.turn, out_taken, err);
}

lreg_status oci_publish_finish(void *state, const struct core_package **out, bool *out_created, struct error *err) {
    struct oci_archive *archive = state;
    const struct meta_package *row = NULL;
    *out = NULL;
    *out_created = false;
    lreg_status status = oci_tar_finish(&archive->tar, err);
    if (status == LREG_OK && archive->import.step == OCI_IMPORT_NONE) {
        status = oci_import_begin(archive, err);
    }
    if (status == LREG_OK) {
        status = oci_import_run(&archive->import, &row, out_created, err);
    }
    if (status == LREG_OK && row != NULL) {
        status = core_package_snapshot(archive->context.core, archive->context.registry, row, out, err);
    }
    return status;
}
