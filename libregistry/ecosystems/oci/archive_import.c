/* SPDX-License-Identifier: Apache-2.0 */

/* From an archive whose blobs wait to an image with a tag: what the index says, which name that is, and the pushes. */

#include "ecosystems/oci/archive.h"

#include <string.h>

#define ANNOTATION_REF "org.opencontainers.image.ref.name"
#define ANNOTATION_NAME "io.containerd.image.name" /* of docker: "docker.io/library/name:tag" */
#define DEFAULT_TAG "latest"
#define SCRATCH_BYTES ((size_t)64 * 1024)

/* What is to be made. */
struct import {
    struct oci_archive *archive;
    struct core *core;
    const struct core_registry *registry;
    const char *image;
    const char *tag;
    bool is_rehearsal; /* all is looked at, nothing is written: what lacks something is to leave nothing */
};

static lreg_status unsound(struct error *err, const char *what) {
    return error_set(err, LREG_UNPROCESSABLE, "bad_archive", "this is no archive of an image: %s", what);
}

static lreg_status lacks(const char *digest, struct error *err) {
    return error_set(err, LREG_UNPROCESSABLE, "bad_archive", "the archive lacks %s", digest);
}

/* What is wrong with a manifest is wrong with the upload. */
static lreg_status parse(const struct import *import, const char *bytes, size_t length, const char *media_type,
                         struct arena *arena, struct oci_manifest *out, struct error *err) {
    struct error failure;
    lreg_status status = oci_manifest_parse(bytes, length, media_type, core_limits_of(import->core)->max_json_depth,
                                            arena, out, &failure);
    if (status == LREG_BAD_ARGUMENT) {
        return error_set(err, LREG_UNPROCESSABLE, "manifest_invalid", "%s", failure.message);
    }
    return status == LREG_OK ? LREG_OK : error_no_memory(err);
}

/* --- The name --- */

/* How the host of a registry looks; it is taken for one only in front of a name. */
static bool is_host(struct slice text) {
    return char_is_alphanumeric(text.bytes[0]) &&
           (memchr(text.bytes, '.', text.length) != NULL || memchr(text.bytes, ':', text.length) != NULL ||
            slice_equals(text, "localhost"));
}

/* "host/name:tag" without the host, where there is one; false when there is no tag. */
static bool split_reference(const char *text, struct arena *arena, const char **out_name, const char **out_tag) {
    const char *colon = strrchr(text, ':');
    if (colon == NULL || strchr(colon, '/') != NULL) {
        return false;
    }
    struct slice rest = {text, (size_t)(colon - text)};
    struct slice name = rest;
    struct slice first = slice_cut(&rest, '/');
    if (rest.length > 0 && is_host(first)) {
        name = rest;
    }
    *out_name = arena_copy_bytes(arena, name.bytes, name.length);
    *out_tag = arena_copy_text(arena, colon + 1);
    return true;
}

/* "folder/app.oci.tar" gives "app". */
static const char *name_of_file(const char *filename, struct arena *arena) {
    static const char *const endings[] = {".tar", ".oci", "-oci"};
    const char *base = filename;
    for (const char *at = filename; *at != '\0'; at++) {
        base = *at == '/' || *at == '\\' ? at + 1 : base;
    }
    struct slice name = slice_of(base);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t length = strlen(endings[i]);
        if (name.length > length && memcmp(name.bytes + name.length - length, endings[i], length) == 0) {
            name.length -= length;
        }
    }
    return arena_copy_bytes(arena, name.bytes, name.length);
}

static lreg_status check_name(const struct import *import, struct error *err) {
    const struct meta_registry *registry = &import->registry->row;
    size_t length = strlen(registry->organization_slug) + strlen(registry->slug) + strlen(import->image) + 2;
    if (!oci_name_is_valid(import->image) || length > OCI_NAME_MAX || !oci_tag_is_valid(import->tag)) {
        return error_set(err, LREG_UNPROCESSABLE, "name_invalid",
                         "\"%.100s:%.100s\" is no name of an image; the archive says it (\"NAME:TAG\"), or the name of "
                         "the file does (\"NAME.tar\")",
                         import->image, import->tag);
    }
    return LREG_OK;
}

/* The archive's own word counts most; it may be just a tag. */
static lreg_status choose_name(struct import *import, const json_t *annotations, struct arena *arena,
                               struct error *err) {
    const char *reference = json_member_text(annotations, ANNOTATION_REF);
    const char *name = json_member_text(annotations, ANNOTATION_NAME);
    bool is_named = (reference != NULL && split_reference(reference, arena, &import->image, &import->tag)) ||
                    (name != NULL && split_reference(name, arena, &import->image, &import->tag));
    if (!is_named) {
        import->image = name_of_file(import->archive->context.filename, arena);
        import->tag = arena_copy_text(arena, reference != NULL ? reference : DEFAULT_TAG);
    }
    if (import->image == NULL || import->tag == NULL) {
        return error_no_memory(err);
    }
    return check_name(import, err);
}

/* --- Manifests --- */

static lreg_status read_object(const struct import *import, const struct meta_blob *blob, struct arena *arena,
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

/* The manifest `digest`, which waits as a blob. */
static lreg_status load(const struct import *import, const char *digest, struct arena *arena, char **out,
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

/* What is wrong with a size is wrong with the upload. */
static lreg_status check_size(const struct oci_descriptor *descriptor, uint64_t size, struct error *err) {
    struct error failure;
    return oci_check_size(descriptor, size, &failure) == LREG_OK
               ? LREG_OK
               : error_set(err, LREG_UNPROCESSABLE, "manifest_invalid", "%s", failure.message);
}

static lreg_status find_link(const struct import *import, struct meta_transaction *transaction, const char *scope,
                             const struct oci_descriptor *descriptor, struct arena *arena, struct meta_blob_link *out,
                             struct error *err) {
    struct meta_blob blob;
    arena_reset(arena);
    lreg_status status =
        meta_blob_link_find(transaction, import->registry->row.id, scope, descriptor->digest, arena, out, &blob, err);
    return status == LREG_OK ? check_size(descriptor, blob.size_bytes, err) : status;
}

/* What waits for the manifest becomes the repository's, which may have it already. */
static lreg_status link_blob(const struct import *import, struct meta_transaction *transaction,
                             const struct oci_descriptor *descriptor, struct arena *arena, struct error *err) {
    struct meta_blob_link link;
    lreg_status status = find_link(import, transaction, import->archive->scope, descriptor, arena, &link, err);
    if (status == LREG_OK) {
        link.scope = import->image;
        return import->is_rehearsal ? LREG_OK : meta_blob_link_put(transaction, &link, err);
    }
    if (status == LREG_NOT_FOUND) {
        status = find_link(import, transaction, import->image, descriptor, arena, &link, err);
    }
    if (status == LREG_NOT_FOUND) {
        return descriptor->is_foreign ? LREG_OK : lacks(descriptor->digest, err);
    }
    return status;
}

static lreg_status link_blobs(const struct import *import, const struct oci_manifest *manifest, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct arena arena;
    enum meta_mode mode = import->is_rehearsal ? META_READ : META_WRITE;
    lreg_status status = meta_begin(core_meta(import->core), mode, &transaction, err);
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
    if (status != LREG_OK || import->is_rehearsal) {
        meta_rollback(transaction);
        return status;
    }
    return meta_commit(transaction, err);
}

/* Stores one manifest, with a tag or (tag NULL) without. */
static lreg_status push(const struct import *import, struct oci_push *out, const struct oci_manifest *manifest,
                        const char *digest, const char *tag, struct error *err) {
    lreg_status status = link_blobs(import, manifest, err);
    if (status != LREG_OK || import->is_rehearsal) {
        return status;
    }
    out->core = import->core;
    out->registry = import->registry;
    out->actor = import->archive->context.actor;
    out->image = import->image;
    out->manifest = manifest;
    if (!oci_digest_parse(digest, &out->digest)) {
        return unsound(err, "a digest is malformed");
    }
    digest_of(DIGEST_ALL, out->content, out->length, &out->digests);
    if (tag != NULL) {
        out->tags[out->tag_count++] = tag;
    }
    status = oci_push_store(out, err);
    if (status == LREG_OK && out->missing_count > 0) {
        return lacks(out->missing[0], err);
    }
    return status;
}

/* An image that an index names. */
static lreg_status import_child(const struct import *import, const struct oci_descriptor *descriptor,
                                struct error *err) {
    struct oci_manifest manifest = {0};
    struct arena arena;
    char *content = NULL;
    arena_init(&arena, core_hooks(import->core), OCI_PARSED_BYTES_MAX);
    struct oci_push child = {.arena = &arena};
    lreg_status status = load(import, descriptor->digest, &arena, &content, &child.length, err);
    if (status == LREG_OK) {
        status = check_size(descriptor, child.length, err);
    }
    if (status == LREG_OK) {
        status = parse(import, content, child.length, descriptor->media_type, &arena, &manifest, err);
    }
    if (status == LREG_OK && manifest.kind != OCI_KIND_IMAGE) {
        status = unsound(err, "an index names an index");
    }
    if (status == LREG_OK) {
        child.content = content;
        status = push(import, &child, &manifest, descriptor->digest, NULL, err);
    }
    oci_manifest_free(&manifest);
    arena_free(&arena);
    return status;
}

static lreg_status import_children(const struct import *import, const struct oci_manifest *manifest,
                                   struct error *err) {
    lreg_status status = LREG_OK;
    for (size_t i = 0; status == LREG_OK && i < manifest->count; i++) {
        if (oci_is_manifest_type(manifest->descriptors[i].media_type)) {
            status = import_child(import, &manifest->descriptors[i], err);
        }
    }
    return status;
}

/* The image or index that the archive is about. */
static lreg_status import_top(const struct import *import, const struct oci_descriptor *descriptor, struct arena *arena,
                              struct meta_package *out_package, bool *out_created, struct error *err) {
    struct oci_manifest manifest = {0};
    struct oci_push top = {.arena = arena};
    char *content = NULL;
    lreg_status status = load(import, descriptor->digest, arena, &content, &top.length, err);
    if (status == LREG_OK) {
        status = parse(import, content, top.length, descriptor->media_type, arena, &manifest, err);
    }
    if (status == LREG_OK && manifest.kind == OCI_KIND_INDEX) {
        status = import_children(import, &manifest, err);
    }
    if (status == LREG_OK) {
        top.content = content;
        status = push(import, &top, &manifest, descriptor->digest, import->tag, err);
    }
    oci_manifest_free(&manifest);
    *out_package = top.package;
    *out_created = top.created;
    /* The row names the digest within `top`, which ends here. */
    out_package->document = arena_copy_text(arena, top.package.document);
    if (status == LREG_OK && top.package.document != NULL && out_package->document == NULL) {
        return error_no_memory(err);
    }
    return status;
}

static lreg_status check_index(const struct oci_manifest *index, struct error *err) {
    if (index->count != 1) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_archive", "the archive holds %zu images; it is to be one",
                         index->count);
    }
    if (!oci_is_manifest_type(index->descriptors[0].media_type)) {
        return unsound(err, "its index names something else");
    }
    return LREG_OK;
}

lreg_status oci_archive_import(struct oci_archive *archive, struct arena *arena, struct meta_package *out_package,
                               bool *out_created, struct error *err) {
    struct import import = {.archive = archive, .core = archive->context.core, .registry = archive->context.registry};
    struct oci_manifest index = {0};
    if (archive->index.length == 0) {
        return unsound(err, "it has no index.json");
    }
    lreg_status status =
        parse(&import, strbuf_text(&archive->index), archive->index.length, OCI_MEDIA_INDEX, arena, &index, err);
    if (status == LREG_OK) {
        status = check_index(&index, err);
    }
    if (status == LREG_OK) {
        const json_t *entry = json_array_get(json_object_get(index.root, "manifests"), 0);
        status = choose_name(&import, json_object_get(entry, "annotations"), arena, err);
    }
    import.is_rehearsal = true;
    if (status == LREG_OK) {
        status = import_top(&import, &index.descriptors[0], arena, out_package, out_created, err);
    }
    import.is_rehearsal = false;
    if (status == LREG_OK) {
        status = import_top(&import, &index.descriptors[0], arena, out_package, out_created, err);
    }
    oci_manifest_free(&index);
    return status;
}
