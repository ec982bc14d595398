/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a tag's row says about its manifest: sizes, platforms, layers, annotations. This is for people, and bounded:
 * whatever exceeds the limits is left out, since the manifest has it. The platform of an image is read from its config.
 */

#include "ecosystems/oci/oci_internal.h"

#define CONFIG_BYTES_MAX ((size_t)1024 * 1024)
#define LISTED_MAX 64 /* layers, or entries of an index */
#define ANNOTATIONS_MAX ((size_t)4096) /* as text */
#define ATTRIBUTES_MAX ((size_t)128 * 1024)
#define ROW_BYTES ((size_t)64 * 1024) /* of a document without its content */

/* Returns NULL when out of memory; callers check when they add or render it. */
static json_t *descriptor_object(const struct oci_descriptor *descriptor) {
    return json_pack("{s:s, s:s, s:I}", "media_type", descriptor->media_type, "digest", descriptor->digest, "size",
                     (json_int_t)descriptor->size);
}

static json_t *platform_object(const struct oci_platform *platform) {
    json_t *object = json_pack("{s:s, s:s}", "os", platform->os, "architecture", platform->architecture);
    if (object != NULL && platform->variant[0] != '\0' &&
        json_object_set_new(object, "variant", json_string(platform->variant)) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* --- The platform of an image --- */

static bool is_image_config(const char *media_type) {
    return text_equals(media_type, "application/vnd.oci.image.config.v1+json") ||
           text_equals(media_type, "application/vnd.docker.container.image.v1+json");
}

static lreg_status read_blob(const struct oci_push *push, const char *digest, char **out, size_t *out_length,
                             struct error *err) {
    const struct oci_blob *blob = NULL;
    struct storage_object *object = NULL;
    uint64_t length = 0;
    lreg_status status = oci_blob_find(push->core, push->registry, push->image, digest, &blob, err);
    if (status == LREG_OK) {
        status = core_blob_open(push->core, &blob->blob, &object, &length, err);
    }
    if (status == LREG_OK && length > CONFIG_BYTES_MAX) {
        status = error_set(err, LREG_TOO_LARGE, "", "the config is too large to be read");
    }
    if (status == LREG_OK) {
        *out_length = (size_t)length;
        *out = memory_allocate(core_hooks(push->core), *out_length);
        status = *out != NULL ? storage_object_read(object, 0, *out, *out_length, err) : error_no_memory(err);
    }
    storage_object_close(object);
    oci_blob_release(blob);
    return status;
}

static lreg_status copy_member(const struct oci_push *push, const json_t *object, const char *name, const char **out,
                               struct error *err) {
    const char *text = json_member_text(object, name);
    bool is_short = text != NULL && oci_tag_is_valid(text); /* platform names have this form */
    *out = arena_copy_text(push->arena, is_short ? text : "");
    return *out != NULL ? LREG_OK : error_no_memory(err);
}

/* Whether the config has nothing to say. That is not a failure of the push. */
static bool is_silent(lreg_status status) {
    return status == LREG_BAD_ARGUMENT || status == LREG_TOO_LARGE || status == LREG_NOT_FOUND;
}

/* Leaves the platform empty when the config is not JSON, is very large, or was deleted
 * meanwhile (the push notices that). */
static lreg_status read_config(const struct oci_push *push, const char *digest, struct oci_platform *out,
                               struct error *err) {
    char *text = NULL;
    size_t length = 0;
    json_t *config = NULL;
    lreg_status status = read_blob(push, digest, &text, &length, err);
    if (status == LREG_OK) {
        status = json_parse(text, length, core_limits_of(push->core)->max_json_depth, &config, err);
    }
    if (is_silent(status)) {
        status = LREG_OK;
    }
    if (status == LREG_OK) {
        status = copy_member(push, config, "os", &out->os, err);
    }
    if (status == LREG_OK) {
        status = copy_member(push, config, "architecture", &out->architecture, err);
    }
    if (status == LREG_OK) {
        status = copy_member(push, config, "variant", &out->variant, err);
    }
    json_decref(config);
    memory_release(core_hooks(push->core), text);
    return status;
}

static lreg_status find_platform(const struct oci_push *push, struct oci_platform *out, struct error *err) {
    const struct oci_manifest *manifest = push->manifest;
    *out = (struct oci_platform){"", "", ""};
    bool is_image = manifest->kind == OCI_KIND_IMAGE && !manifest->descriptors[0].is_foreign &&
                    is_image_config(manifest->descriptors[0].media_type);
    return is_image ? read_config(push, manifest->descriptors[0].digest, out, err) : LREG_OK;
}

/* --- Sizes --- */

static lreg_status read_total(const struct meta_document *row, uint64_t *out, struct error *err) {
    json_t *attributes = NULL;
    lreg_status status = oci_document_attributes(row, &attributes, err);
    json_int_t total = json_integer_value(json_object_get(attributes, "total"));
    if (total > 0) {
        *out = (uint64_t)total;
    }
    json_decref(attributes);
    return status;
}

/* The total size of an entry of an index, which was noted when the entry was stored. */
static lreg_status child_total(const struct oci_push *push, struct meta_transaction *transaction,
                               const struct oci_descriptor *descriptor, uint64_t *out, struct error *err) {
    struct meta_document row;
    struct arena arena;
    *out = descriptor->size;
    if (descriptor->is_foreign) {
        return LREG_OK;
    }
    arena_init(&arena, core_hooks(push->core), ROW_BYTES);
    lreg_status status = meta_document_find_head(transaction, push->registry->row.id, push->image, descriptor->digest,
                                                 &arena, &row, err);
    if (status == LREG_OK) {
        status = read_total(&row, out, err);
    }
    arena_free(&arena);
    return status == LREG_NOT_FOUND ? LREG_OK : status;
}

/* Sums from rows: an index may name thousands of manifests, and each may be large. */
static lreg_status sum_children(const struct oci_push *push, uint64_t *out, struct error *err) {
    const struct oci_manifest *manifest = push->manifest;
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core_meta(push->core), META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    for (size_t i = 0; i < manifest->count && status == LREG_OK; i++) {
        uint64_t total = 0;
        status = child_total(push, transaction, &manifest->descriptors[i], &total, err);
        *out = total > INT64_MAX - *out ? INT64_MAX : *out + total;
    }
    meta_rollback(transaction);
    return status;
}

static lreg_status sum_sizes(const struct oci_push *push, uint64_t *out, struct error *err) {
    const struct oci_manifest *manifest = push->manifest;
    *out = oci_manifest_total(manifest, push->length);
    if (manifest->kind != OCI_KIND_INDEX) {
        return LREG_OK;
    }
    *out = push->length;
    return sum_children(push, out, err);
}

/* --- Attributes --- */

/* Sets a member to `value`, which is taken. False when out of memory, including a `value` of NULL. */
static bool set(json_t *object, const char *name, json_t *value) {
    return value != NULL && json_object_set_new(object, name, value) == 0;
}

static bool set_text(json_t *object, const char *name, const char *text) {
    return text[0] == '\0' || set(object, name, json_string(text));
}

static bool set_layers(json_t *object, const struct oci_manifest *manifest) {
    json_t *layers = json_array();
    bool is_done = set(object, "layers", layers) && set(object, "config", descriptor_object(manifest->descriptors)) &&
                   set(object, "layer_count", json_integer((json_int_t)manifest->count - 1));
    for (size_t i = 1; is_done && i < manifest->count && i <= LISTED_MAX; i++) {
        is_done = json_array_append_new(layers, descriptor_object(&manifest->descriptors[i])) == 0;
    }
    return is_done;
}

static bool set_manifests(json_t *object, const struct oci_manifest *manifest) {
    json_t *list = json_array();
    bool is_done =
        set(object, "manifests", list) && set(object, "manifest_count", json_integer((json_int_t)manifest->count));
    for (size_t i = 0; is_done && i < manifest->count && i < LISTED_MAX; i++) {
        json_t *entry = descriptor_object(&manifest->descriptors[i]);
        is_done = entry != NULL && set(entry, "platform", platform_object(&manifest->descriptors[i].platform)) &&
                  json_array_append(list, entry) == 0;
        json_decref(entry);
    }
    return is_done;
}

static bool set_annotations(const struct oci_push *push, json_t *object) {
    const json_t *annotations = push->manifest->annotations;
    struct strbuf text;
    if (annotations == NULL) {
        return true;
    }
    strbuf_init(&text, core_hooks(push->core), ANNOTATIONS_MAX);
    lreg_status status = json_render(annotations, &text, NULL);
    strbuf_free(&text);
    if (status != LREG_OK) {
        return status == LREG_TOO_LARGE;
    }
    return set(object, "annotations", json_deep_copy(annotations));
}

static json_t *make_attributes(const struct oci_push *push, const struct oci_platform *platform) {
    const struct oci_manifest *manifest = push->manifest;
    bool is_image = manifest->kind == OCI_KIND_IMAGE;
    json_t *object = json_object();
    bool has_platform = platform->os[0] != '\0' || platform->architecture[0] != '\0';
    bool is_done =
        object != NULL && set_text(object, "kind", is_image ? "image" : "index") &&
        set_text(object, "media_type", manifest->media_type) && set_text(object, "digest", push->digest.text) &&
        set_text(object, "artifact_type", manifest->artifact_type) &&
        (manifest->subject == NULL || set_text(object, "subject", manifest->subject)) &&
        (!has_platform || set(object, "platform", platform_object(platform))) &&
        (is_image ? set_layers(object, manifest) : set_manifests(object, manifest)) && set_annotations(push, object);
    if (!is_done) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static lreg_status render(const struct oci_push *push, const struct oci_platform *platform, const char **out,
                          struct error *err) {
    struct strbuf text;
    json_t *object = make_attributes(push, platform);
    strbuf_init(&text, core_hooks(push->core), ATTRIBUTES_MAX);
    lreg_status status = json_render(object, &text, err); /* NULL is LREG_NO_MEMORY */
    if (status == LREG_OK) {
        *out = arena_copy_text(push->arena, strbuf_text(&text));
        status = *out != NULL ? LREG_OK : error_no_memory(err);
    }
    strbuf_free(&text);
    json_decref(object);
    return status;
}

lreg_status oci_describe(const struct oci_push *push, struct meta_package *row, struct error *err) {
    struct oci_platform platform;
    *row = (struct meta_package){
        .name = push->image,
        .media_type = push->manifest->media_type,
        .document = push->digest.text,
        .digests = push->digests,
        .index_entry = "",
    };
    lreg_status status = sum_sizes(push, &row->size_bytes, err);
    if (status != LREG_OK || push->tag_count == 0) {
        return status; /* without a tag there is no row, and only the size is needed */
    }
    status = find_platform(push, &platform, err);
    if (status != LREG_OK) {
        return status;
    }
    row->qualifier = platform.architecture;
    return render(push, &platform, &row->attributes, err);
}
