/* SPDX-License-Identifier: Apache-2.0 */

/* Makes an image with a tag from an archive whose blobs wait: reads the index, then pushes the manifests. */

#include "ecosystems/oci/archive.h"

#include <stdlib.h>
#include <string.h>

#define SCRATCH_BYTES ((size_t)64 * 1024)
/* Units of a turn: parsing costs many times what unpacking does, and storing is a commit. */
#define PARSED_BYTE_UNITS ((uint64_t)16)
#define STORED_UNITS ((uint64_t)64 * 1024)

static lreg_status unsound(struct error *err, const char *what) {
    return error_set(err, LREG_UNPROCESSABLE, "bad_archive", "this is not an archive of an image: %s", what);
}

static lreg_status lacks(const char *digest, struct error *err) {
    return error_set(err, LREG_UNPROCESSABLE, "bad_archive", "the archive lacks %s", digest);
}

/* --- Reading --- */

/* A fault of a manifest is a fault of the upload. */
static lreg_status parse(struct oci_import *import, const char *bytes, size_t length, const char *media_type,
                         struct oci_manifest *out, struct error *err) {
    struct error failure;
    turn_spend(import->archive->context.turn, length * PARSED_BYTE_UNITS);
    lreg_status status = oci_manifest_parse(bytes, length, media_type, core_limits_of(import->core)->max_json_depth,
                                            &import->arena, out, &failure);
    if (status == LREG_BAD_ARGUMENT) {
        return error_set(err, LREG_UNPROCESSABLE, "manifest_invalid", "%s", failure.message);
    }
    return status == LREG_OK ? LREG_OK : error_no_memory(err);
}

static lreg_status read_object(const struct oci_import *import, const struct meta_blob *blob, struct arena *arena,
                               char **out, struct error *err) {
    struct storage_object *object = NULL;
    uint64_t length = 0;
    if (blob->size_bytes > core_limits_of(import->core)->max_manifest_bytes) {
        return error_set(err, LREG_TOO_LARGE, "body_too_large", "a manifest is larger than the limit of %zu bytes",
                         core_limits_of(import->core)->max_manifest_bytes);
    }
    lreg_status status = core_blob_open(import->core, blob, &object, &length, err);
    if (status == LREG_OK) {
        *out = arena_allocate(arena, (size_t)length + 1);
        status = *out != NULL ? storage_object_read(object, 0, *out, (size_t)length, err) : error_no_memory(err);
    }
    storage_object_close(object);
    return status;
}

/* Reads the manifest `digest`, which waits as a blob. */
static lreg_status load(const struct oci_import *import, const char *digest, struct arena *arena, char **out,
                        size_t *out_length, struct error *err) {
    const struct oci_blob *blob = NULL;
    lreg_status status = oci_blob_find(import->core, import->registry, import->archive->scope, digest, &blob, err);
    if (status == LREG_NOT_FOUND) {
        return lacks(digest, err);
    }
    if (status == LREG_OK) {
        *out_length = (size_t)blob->blob.size_bytes;
        status = read_object(import, &blob->blob, arena, out, err);
    }
    oci_blob_release(blob);
    return status;
}

static lreg_status count_bytes(struct oci_import *import, size_t length, struct error *err) {
    size_t max = core_limits_of(import->core)->max_archive_manifest_bytes;
    if (length > max - import->manifest_bytes) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_archive",
                         "the manifests of the archive have more than %zu bytes together, which is the limit "
                         "archive-manifest-bytes",
                         max);
    }
    import->manifest_bytes += length;
    return LREG_OK;
}

/* A wrong size is a fault of the upload. */
static lreg_status check_size(const struct oci_descriptor *descriptor, uint64_t size, struct error *err) {
    struct error failure;
    return oci_check_size(descriptor, size, &failure) == LREG_OK
               ? LREG_OK
               : error_set(err, LREG_UNPROCESSABLE, "manifest_invalid", "%s", failure.message);
}

/* Reads, checks and parses a manifest, then frees its bytes. */
static lreg_status read_part(struct oci_import *import, struct oci_import_part *part, struct error *err) {
    char *content = NULL;
    struct arena arena;
    arena_init(&arena, core_hooks(import->core), OCI_PARSED_BYTES_MAX);
    lreg_status status = load(import, part->digest, &arena, &content, &part->length, err);
    if (status == LREG_OK) {
        status = count_bytes(import, part->length, err);
    }
    if (status == LREG_OK) {
        status = check_size(&(struct oci_descriptor){.digest = part->digest, .size = part->size}, part->length, err);
    }
    if (status == LREG_OK) {
        status = parse(import, content, part->length, part->media_type, &part->manifest, err);
    }
    arena_free(&arena);
    return status;
}

static int compare_digests(const void *left, const void *right) {
    const struct oci_import_part *a = left;
    const struct oci_import_part *b = right;
    return strcmp(a->digest, b->digest);
}

/* Keeps one of each manifest: an index may name the same one many times. */
static lreg_status drop_repeated(struct oci_import *import, struct error *err) {
    size_t kept = 0;
    qsort(import->children, import->child_count, sizeof *import->children, compare_digests);
    for (size_t i = 0; i < import->child_count; i++) {
        const struct oci_import_part *last = kept > 0 ? &import->children[kept - 1] : NULL;
        if (last == NULL || strcmp(last->digest, import->children[i].digest) != 0) {
            import->children[kept++] = import->children[i];
        } else if (last->size != import->children[i].size ||
                   !text_equals_ignoring_case(last->media_type, import->children[i].media_type)) {
            return unsound(err, "an index names a manifest twice, with different sizes or types");
        }
    }
    import->child_count = kept;
    return LREG_OK;
}

static lreg_status list_children(struct oci_import *import, struct error *err) {
    const struct oci_manifest *index = &import->top.manifest;
    if (index->kind != OCI_KIND_INDEX || index->count == 0) {
        return LREG_OK;
    }
    import->children = arena_allocate_zeroed(&import->arena, index->count, sizeof *import->children);
    if (import->children == NULL) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < index->count; i++) {
        const struct oci_descriptor *descriptor = &index->descriptors[i];
        if (oci_is_manifest_type(descriptor->media_type)) {
            import->children[import->child_count++] = (struct oci_import_part){
                .digest = descriptor->digest, .media_type = descriptor->media_type, .size = descriptor->size};
        }
    }
    return drop_repeated(import, err);
}

/* --- Blobs --- */

static lreg_status find_link(const struct oci_import *import, struct meta_transaction *transaction, const char *scope,
                             const struct oci_descriptor *descriptor, struct arena *arena, struct meta_blob_link *out,
                             struct error *err) {
    struct meta_blob blob;
    arena_reset(arena);
    lreg_status status =
        meta_blob_link_find(transaction, import->registry->row.id, scope, descriptor->digest, arena, out, &blob, err);
    return status == LREG_OK ? check_size(descriptor, blob.size_bytes, err) : status;
}

/* Checks a blob that the manifest names. When storing, a waiting blob is linked to the repository,
 * which may also have it already. */
static lreg_status link_blob(const struct oci_import *import, struct meta_transaction *transaction,
                             const struct oci_descriptor *descriptor, struct arena *arena, struct error *err) {
    bool is_storing = import->step >= OCI_IMPORT_STORE_CHILDREN;
    struct meta_blob_link link;
    lreg_status status = find_link(import, transaction, import->archive->scope, descriptor, arena, &link, err);
    if (status == LREG_OK) {
        link.scope = import->image;
        return is_storing ? meta_blob_link_put(transaction, &link, err) : LREG_OK;
    }
    if (status == LREG_NOT_FOUND) {
        status = find_link(import, transaction, import->image, descriptor, arena, &link, err);
    }
    if (status == LREG_NOT_FOUND) {
        return descriptor->is_foreign ? LREG_OK : lacks(descriptor->digest, err);
    }
    return status;
}

/* Checks that all blobs of a manifest are there. When storing, links them to the repository. */
static lreg_status link_blobs(const struct oci_import *import, const struct oci_manifest *manifest, struct error *err) {
    bool is_storing = import->step >= OCI_IMPORT_STORE_CHILDREN;
    struct meta_transaction *transaction = NULL;
    struct arena arena;
    lreg_status status = meta_begin(core_meta(import->core), is_storing ? META_WRITE : META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    arena_init(&arena, core_hooks(import->core), SCRATCH_BYTES);
    for (size_t i = 0; status == LREG_OK && i < manifest->count; i++) {
        if (!oci_is_manifest_type(manifest->descriptors[i].media_type)) {
            status = link_blob(import, transaction, &manifest->descriptors[i], &arena, err);
        }
    }
    arena_free(&arena);
    if (!is_storing) {
        meta_rollback(transaction);
        return status;
    }
    return meta_end(transaction, status, err);
}

/* --- Storing --- */

static lreg_status push(const struct oci_import *import, const struct oci_import_part *part, struct oci_push *out,
                        struct error *err) {
    char *content = NULL;
    out->core = import->core;
    out->registry = import->registry;
    out->actor = import->archive->context.actor;
    out->image = import->image;
    out->manifest = &part->manifest;
    if (!oci_digest_parse(part->digest, &out->digest)) {
        return unsound(err, "a digest is malformed");
    }
    lreg_status status = load(import, part->digest, out->arena, &content, &out->length, err);
    if (status != LREG_OK) {
        return status;
    }
    out->content = content;
    digest_of(DIGEST_ALL, out->content, out->length, &out->digests);
    status = oci_push_store(out, err);
    if (status == LREG_OK && out->missing_count > 0) {
        return lacks(out->missing[0], err);
    }
    return status;
}

/* Stores one manifest, with a tag, or without one (NULL). The results of the push live in `arena`. */
static lreg_status store(const struct oci_import *import, const struct oci_import_part *part, const char *tag,
                         struct arena *arena, struct oci_push *out, struct error *err) {
    *out = (struct oci_push){.arena = arena};
    turn_spend(import->archive->context.turn, STORED_UNITS + part->length);
    if (tag != NULL) {
        out->tags[out->tag_count++] = tag;
    }
    lreg_status status = link_blobs(import, &part->manifest, err);
    return status == LREG_OK ? push(import, part, out, err) : status;
}

/* --- The steps --- */

static lreg_status read_child(struct oci_import *import, struct oci_import_part *child, struct error *err) {
    lreg_status status = read_part(import, child, err);
    if (status == LREG_OK && child->manifest.kind != OCI_KIND_IMAGE) {
        status = unsound(err, "an index names an index");
    }
    if (status == LREG_OK) {
        status = link_blobs(import, &child->manifest, err);
    }
    oci_manifest_drop_root(&child->manifest); /* many of them are kept */
    return status;
}

static lreg_status store_child(const struct oci_import *import, const struct oci_import_part *child,
                               struct error *err) {
    struct oci_push push;
    struct arena arena;
    arena_init(&arena, core_hooks(import->core), OCI_PARSED_BYTES_MAX);
    lreg_status status = store(import, child, NULL, &arena, &push, err);
    arena_free(&arena);
    return status;
}

static lreg_status store_top(struct oci_import *import, struct error *err) {
    struct oci_push push;
    lreg_status status = store(import, &import->top, import->tag, &import->arena, &push, err);
    if (status != LREG_OK) {
        return status;
    }
    import->package = push.package;
    import->created = push.created;
    /* The row refers to the digest within `push`, which ends here. */
    import->package.document = arena_copy_text(&import->arena, push.package.document);
    return push.package.document == NULL || import->package.document != NULL ? LREG_OK : error_no_memory(err);
}

static lreg_status check_top(struct oci_import *import, struct error *err) {
    lreg_status status = link_blobs(import, &import->top.manifest, err);
    import->step = OCI_IMPORT_STORE_CHILDREN;
    return status;
}

/* The next child; NULL after the last one, with the import on its next step. */
static struct oci_import_part *next_child(struct oci_import *import) {
    if (import->at < import->child_count) {
        return &import->children[import->at++];
    }
    import->at = 0;
    import->step++;
    return NULL;
}

static lreg_status take_step(struct oci_import *import, bool *out_done, struct error *err) {
    struct oci_import_part *child = NULL;
    switch (import->step) {
    case OCI_IMPORT_READ_CHILDREN:
        child = next_child(import);
        return child != NULL ? read_child(import, child, err) : LREG_OK;
    case OCI_IMPORT_CHECK_TOP:
        return check_top(import, err);
    case OCI_IMPORT_STORE_CHILDREN:
        child = next_child(import);
        return child != NULL ? store_child(import, child, err) : LREG_OK;
    case OCI_IMPORT_STORE_TOP:
        *out_done = true;
        return store_top(import, err);
    case OCI_IMPORT_NONE:
        break;
    }
    return error_set(err, LREG_INTERNAL, "", "an import runs before it begins");
}

lreg_status oci_import_run(struct oci_import *import, const struct meta_package **out, bool *out_created,
                           struct error *err) {
    bool is_done = false;
    lreg_status status = LREG_OK;
    *out = NULL;
    while (status == LREG_OK && !is_done && !turn_is_over(import->archive->context.turn)) {
        status = take_step(import, &is_done, err);
    }
    if (status == LREG_OK && is_done) {
        *out = &import->package;
        *out_created = import->created;
    }
    return status;
}

/* --- The beginning --- */

static lreg_status check_index(const struct oci_manifest *index, struct error *err) {
    if (index->count != 1) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_archive", "the archive holds %zu images instead of one",
                         index->count);
    }
    if (!oci_is_manifest_type(index->descriptors[0].media_type)) {
        return unsound(err, "its index names something else");
    }
    return LREG_OK;
}

static lreg_status read_index(struct oci_import *import, struct oci_manifest *index, struct error *err) {
    const struct strbuf *text = &import->archive->index;
    if (text->length == 0) {
        return unsound(err, "it has no index.json");
    }
    lreg_status status = parse(import, strbuf_text(text), text->length, OCI_MEDIA_INDEX, index, err);
    if (status == LREG_OK) {
        status = check_index(index, err);
    }
    if (status == LREG_OK) {
        const json_t *entry = json_array_get(json_object_get(index->root, "manifests"), 0);
        status = oci_import_choose_name(import, json_object_get(entry, "annotations"), err);
    }
    if (status == LREG_OK) {
        import->top.digest = index->descriptors[0].digest;
        import->top.media_type = index->descriptors[0].media_type;
        import->top.size = index->descriptors[0].size;
    }
    return status;
}

lreg_status oci_import_begin(struct oci_archive *archive, struct error *err) {
    struct oci_import *import = &archive->import;
    struct oci_manifest index = {0};
    *import = (struct oci_import){
        .archive = archive,
        .core = archive->context.core,
        .registry = archive->context.registry,
        .step = OCI_IMPORT_READ_CHILDREN,
    };
    arena_init(&import->arena, core_hooks(import->core), OCI_PARSED_BYTES_MAX);
    lreg_status status = read_index(import, &index, err);
    oci_manifest_free(&index);
    if (status == LREG_OK) {
        status = read_part(import, &import->top, err);
    }
    return status == LREG_OK ? list_children(import, err) : status;
}

void oci_import_end(struct oci_import *import) {
    if (import->step == OCI_IMPORT_NONE) {
        return;
    }
    oci_manifest_free(&import->top.manifest);
    for (size_t i = 0; i < import->child_count; i++) {
        oci_manifest_free(&import->children[i].manifest);
    }
    arena_free(&import->arena);
    import->step = OCI_IMPORT_NONE;
}
