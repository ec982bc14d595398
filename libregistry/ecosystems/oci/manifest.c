/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Parses manifests. All of their content is untrusted: the extent is bounded before parsing, and every field that is
 * used is checked for its type.
 */

#include "ecosystems/oci/manifest.h"

#include "base/encoding.h"

#include <string.h>

/* Opening brackets and commas outside of strings. Bounds the parser's memory, some 100 bytes for each. */
#define MARKS_MAX 200000
#define PLATFORM_TEXT_MAX 64
#define LISTED_TEXT_MAX (OCI_LISTED_ANNOTATIONS_MAX * 16) /* with escapes, and the overhead of many short ones */

/* Docker's layers that must not be redistributed. Clients fetch them from the URLs of the descriptor. */
#define DOCKER_FOREIGN_LAYER "application/vnd.docker.image.rootfs.foreign.diff.tar"
#define OCI_NONDISTRIBUTABLE_LAYER "application/vnd.oci.image.layer.nondistributable.v1.tar"

struct manifest_type {
    const char *media_type;
    enum oci_manifest_kind kind;
};

static const struct manifest_type types[] = {
    {OCI_MEDIA_MANIFEST, OCI_KIND_IMAGE},
    {OCI_MEDIA_INDEX, OCI_KIND_INDEX},
    {OCI_MEDIA_DOCKER_MANIFEST, OCI_KIND_IMAGE},
    {OCI_MEDIA_DOCKER_LIST, OCI_KIND_INDEX},
};

/* A parse in progress. */
struct reading {
    struct arena *arena;
    struct oci_manifest *manifest;
    struct error *err;
};

static lreg_status invalid(struct error *err, const char *what) {
    return error_set(err, LREG_BAD_ARGUMENT, "manifest_invalid", "the manifest is not valid: %s", what);
}

static const struct manifest_type *find_type(struct slice media_type) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (slice_equals_ignoring_case(media_type, types[i].media_type)) {
            return &types[i];
        }
    }
    return NULL;
}

bool oci_is_manifest_type(const char *media_type) {
    return find_type(slice_of(media_type)) != NULL;
}

static bool has_sane_extent(const char *bytes, size_t length) {
    size_t marks = 0;
    bool in_string = false;
    for (size_t i = 0; i < length && marks <= MARKS_MAX; i++) {
        char c = bytes[i];
        if (c == '"') {
            in_string = !in_string;
        } else if (in_string) {
            i += c == '\\' ? 1 : 0;
        } else {
            marks += c == '{' || c == '[' || c == ',' ? 1 : 0;
        }
    }
    return marks <= MARKS_MAX;
}

/* Reads a member that must be text. False when it is present with another type. */
static bool optional_text(const json_t *object, const char *name, const char **out) {
    const json_t *member = json_object_get(object, name);
    *out = json_string_value(member);
    return member == NULL || *out != NULL;
}

/* --- The kind --- */

/* Chooses the media type: that of the request, without parameters; otherwise the manifest's own. They must agree. */
static lreg_status choose_type(const struct reading *reading, const char *content_type) {
    const char *inner = NULL;
    if (!optional_text(reading->manifest->root, "mediaType", &inner)) {
        return invalid(reading->err, "mediaType is no text");
    }
    struct slice rest = slice_of(content_type);
    struct slice outer = slice_trim(slice_cut(&rest, ';'));
    if (inner != NULL && content_type != NULL && !slice_equals_ignoring_case(outer, inner)) {
        return invalid(reading->err, "its mediaType is not the Content-Type of the request");
    }
    struct slice chosen = content_type != NULL ? outer : slice_of(inner);
    const struct manifest_type *type = find_type(chosen);
    if (type == NULL) {
        return error_set(reading->err, LREG_BAD_ARGUMENT, "manifest_invalid",
                         "the manifest is not valid: its type \"%.*s\" is none of OCI image manifest, OCI image index, "
                         "Docker manifest schema 2 and Docker manifest list",
                         (int)(chosen.length < 100 ? chosen.length : 100), chosen.bytes);
    }
    reading->manifest->media_type = type->media_type;
    reading->manifest->kind = type->kind;
    return LREG_OK;
}

/* A manifest of both kinds at once would be one image for some clients and another image for others. */
static lreg_status check_kind(const struct reading *reading) {
    const json_t *root = reading->manifest->root;
    const json_t *version = json_object_get(root, "schemaVersion");
    bool is_image = json_object_get(root, "config") != NULL || json_object_get(root, "layers") != NULL;
    bool is_index = json_object_get(root, "manifests") != NULL;
    if (json_object_get(root, "fsLayers") != NULL || json_object_get(root, "signatures") != NULL) {
        return invalid(reading->err, "Docker's schema 1 is not supported");
    }
    if (!json_is_integer(version) || json_integer_value(version) != 2) {
        return invalid(reading->err, "schemaVersion is not 2");
    }
    if (reading->manifest->kind == OCI_KIND_IMAGE ? is_index : is_image) {
        return invalid(reading->err, "it has fields of both an image manifest and an index");
    }
    return LREG_OK;
}

/* --- Descriptors --- */

static lreg_status copy_text(const struct reading *reading, const char *text, const char **out) {
    *out = arena_copy_text(reading->arena, text != NULL ? text : "");
    return *out != NULL ? LREG_OK : error_no_memory(reading->err);
}

static lreg_status descriptor_invalid(const struct reading *reading, const char *where, const char *what) {
    return error_set(reading->err, LREG_BAD_ARGUMENT, "manifest_invalid", "the manifest is not valid: in %s %s", where,
                     what);
}

static bool is_foreign(const json_t *value, const char *media_type) {
    return json_array_size(json_object_get(value, "urls")) > 0 || text_starts_with(media_type, DOCKER_FOREIGN_LAYER) ||
           text_starts_with(media_type, OCI_NONDISTRIBUTABLE_LAYER);
}

/* Content that a descriptor carries must be that which it names: a client may use it without fetching (OCI image,
 * descriptor.md, "Embedded Content"). */
static lreg_status check_data(const struct reading *reading, const json_t *value, const char *where,
                              const struct oci_digest *digest, uint64_t size) {
    const json_t *data = json_object_get(value, "data");
    struct digest_set set;
    size_t decoded = 0;
    if (data == NULL || json_is_null(data)) {
        return LREG_OK;
    }
    if (!json_is_string(data)) {
        return descriptor_invalid(reading, where, "data is not a string");
    }
    size_t length = json_string_length(data);
    unsigned char *bytes = memory_allocate(reading->arena->hooks, length + 1); /* more than it decodes to */
    if (bytes == NULL) {
        return error_no_memory(reading->err);
    }
    bool is_it = base64_decode(json_string_value(data), length, bytes, length + 1, &decoded) && decoded == size;
    if (is_it) {
        digest_of(digest->algorithm, bytes, decoded, &set);
        is_it = oci_digest_matches(digest, &set);
    }
    memory_release(reading->arena->hooks, bytes);
    return is_it ? LREG_OK
                 : error_set(reading->err, LREG_BAD_ARGUMENT, "manifest_invalid",
                             "the manifest is not valid: in %s data is not the content of %s in base64", where,
                             digest->text);
}

/* Media type, digest, size: what every descriptor must have (OCI image, descriptor.md). */
static lreg_status read_descriptor(const struct reading *reading, const json_t *value, const char *where,
                                   struct oci_descriptor *out) {
    const char *media_type = json_member_text(value, "mediaType");
    const char *digest_text = json_member_text(value, "digest");
    const json_t *size = json_object_get(value, "size");
    struct oci_digest digest;
    if (!json_is_object(value)) {
        return descriptor_invalid(reading, where, "there is no descriptor");
    }
    if (media_type == NULL || !oci_media_type_is_valid(media_type)) {
        return descriptor_invalid(reading, where, "mediaType is missing or malformed");
    }
    if (digest_text == NULL || !oci_digest_parse(digest_text, &digest)) {
        return descriptor_invalid(reading, where, "digest is missing, malformed, or neither sha256 nor sha512");
    }
    if (!json_is_integer(size) || json_integer_value(size) < 0) {
        return descriptor_invalid(reading, where, "size is missing or not a size");
    }
    out->size = (uint64_t)json_integer_value(size);
    out->is_foreign = is_foreign(value, media_type);
    lreg_status status = check_data(reading, value, where, &digest, out->size);
    if (status == LREG_OK) {
        status = copy_text(reading, media_type, &out->media_type);
    }
    return status == LREG_OK ? copy_text(reading, digest.text, &out->digest) : status;
}

/* Appends a zeroed descriptor; the caller has allocated the room. */
static struct oci_descriptor *add_descriptor(struct reading *reading, enum oci_role role) {
    struct oci_descriptor *descriptor = &reading->manifest->descriptors[reading->manifest->count++];
    descriptor->role = role;
    return descriptor;
}

/* Whether the text is a word such as "linux": short and without control characters. */
static bool is_word(const char *text) {
    size_t length = text != NULL ? strnlen(text, PLATFORM_TEXT_MAX + 1) : 0;
    return length <= PLATFORM_TEXT_MAX && !text_has_control(text != NULL ? text : "", length);
}

static lreg_status read_platform(const struct reading *reading, const json_t *value, struct oci_platform *out) {
    const char *texts[3] = {NULL, NULL, NULL};
    if (value != NULL &&
        (!json_is_object(value) || !optional_text(value, "os", &texts[0]) ||
         !optional_text(value, "architecture", &texts[1]) || !optional_text(value, "variant", &texts[2]) ||
         !is_word(texts[0]) || !is_word(texts[1]) || !is_word(texts[2]))) {
        return descriptor_invalid(reading, "manifests", "platform is malformed");
    }
    lreg_status status = copy_text(reading, texts[0], &out->os);
    if (status == LREG_OK) {
        status = copy_text(reading, texts[1], &out->architecture);
    }
    return status == LREG_OK ? copy_text(reading, texts[2], &out->variant) : status;
}

static lreg_status read_list(struct reading *reading, const char *name, enum oci_role role) {
    const json_t *list = json_object_get(reading->manifest->root, name);
    size_t count = json_array_size(list);
    if (!json_is_array(list) && !json_is_null(list)) { /* Go writes an empty list as null */
        return descriptor_invalid(reading, name, "there is no list");
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(list, i);
        struct oci_descriptor *descriptor = add_descriptor(reading, role);
        lreg_status status = read_descriptor(reading, value, name, descriptor);
        if (status == LREG_OK && role == OCI_ROLE_MANIFEST) {
            status = read_platform(reading, json_object_get(value, "platform"), &descriptor->platform);
        }
        if (status != LREG_OK) {
            return status;
        }
    }
    return LREG_OK;
}

static lreg_status read_descriptors(struct reading *reading) {
    const json_t *root = reading->manifest->root;
    bool is_image = reading->manifest->kind == OCI_KIND_IMAGE;
    const char *list = is_image ? "layers" : "manifests";
    size_t count = json_array_size(json_object_get(root, list)) + (is_image ? 1 : 0);
    if (count > OCI_DESCRIPTORS_MAX) {
        return error_set(reading->err, LREG_BAD_ARGUMENT, "manifest_invalid",
                         "the manifest names %zu things, the limit is %d", count, OCI_DESCRIPTORS_MAX);
    }
    reading->manifest->descriptors =
        arena_allocate_zeroed(reading->arena, count > 0 ? count : 1, sizeof *reading->manifest->descriptors);
    if (reading->manifest->descriptors == NULL) {
        return error_no_memory(reading->err);
    }
    if (!is_image) {
        return read_list(reading, list, OCI_ROLE_MANIFEST);
    }
    struct oci_descriptor *config = add_descriptor(reading, OCI_ROLE_CONFIG);
    lreg_status status = read_descriptor(reading, json_object_get(root, "config"), "config", config);
    return status == LREG_OK ? read_list(reading, list, OCI_ROLE_LAYER) : status;
}

/* --- The rest --- */

static lreg_status read_subject(const struct reading *reading) {
    const json_t *subject = json_object_get(reading->manifest->root, "subject");
    struct oci_descriptor descriptor = {0};
    if (subject == NULL || json_is_null(subject)) {
        return LREG_OK;
    }
    lreg_status status = read_descriptor(reading, subject, "subject", &descriptor);
    reading->manifest->subject = descriptor.digest;
    reading->manifest->subject_size = descriptor.size;
    reading->manifest->subject_type = descriptor.media_type;
    return status;
}

/* OCI distribution 1.1, "Listing Referrers": an image without an artifact type is listed with
 * the type of its config. */
static lreg_status read_artifact_type(const struct reading *reading) {
    struct oci_manifest *manifest = reading->manifest;
    const char *type = NULL;
    if (!optional_text(manifest->root, "artifactType", &type)) {
        return invalid(reading->err, "artifactType is not a string");
    }
    if (type != NULL && type[0] != '\0') {
        return oci_media_type_is_valid(type) ? copy_text(reading, type, &manifest->artifact_type)
                                             : invalid(reading->err, "artifactType is malformed");
    }
    bool is_image = manifest->kind == OCI_KIND_IMAGE;
    manifest->artifact_type = is_image ? manifest->descriptors[0].media_type : "";
    return LREG_OK;
}

/* Lists only the annotations that fit: otherwise a very large one would make every list that long. */
static lreg_status list_annotations(const struct reading *reading, json_t *annotations) {
    json_t *listed = json_object();
    size_t room = OCI_LISTED_ANNOTATIONS_MAX;
    const char *name;
    json_t *value;
    bool is_done = listed != NULL;
    json_object_foreach(annotations, name, value) {
        size_t length = strlen(name) + json_string_length(value);
        if (is_done && length <= room) {
            is_done = json_object_set(listed, name, value) == 0;
            room -= length;
        }
    }
    struct strbuf text;
    strbuf_init(&text, reading->arena->hooks, LISTED_TEXT_MAX);
    lreg_status status = is_done ? json_render(listed, &text, reading->err) : error_no_memory(reading->err);
    if (status == LREG_OK) {
        status = copy_text(reading, json_object_size(listed) > 0 ? strbuf_text(&text) : "",
                           &reading->manifest->listed_annotations);
    }
    strbuf_free(&text);
    json_decref(listed);
    return status;
}

static lreg_status read_annotations(const struct reading *reading) {
    json_t *annotations = json_object_get(reading->manifest->root, "annotations");
    const char *name;
    json_t *value;
    reading->manifest->listed_annotations = "";
    if (annotations == NULL || json_is_null(annotations)) {
        return LREG_OK;
    }
    if (!json_is_object(annotations)) {
        return invalid(reading->err, "annotations is not an object");
    }
    json_object_foreach(annotations, name, value) {
        if (!json_is_string(value)) {
            return invalid(reading->err, "an annotation is not a string");
        }
    }
    if (json_object_size(annotations) == 0) {
        return LREG_OK;
    }
    reading->manifest->annotations = annotations;
    return list_annotations(reading, annotations);
}

static lreg_status read_all(struct reading *reading, const char *content_type) {
    lreg_status status = choose_type(reading, content_type);
    if (status == LREG_OK) {
        status = check_kind(reading);
    }
    if (status == LREG_OK) {
        status = read_descriptors(reading);
    }
    if (status == LREG_OK) {
        status = read_subject(reading);
    }
    if (status == LREG_OK) {
        status = read_artifact_type(reading);
    }
    return status == LREG_OK ? read_annotations(reading) : status;
}

static lreg_status parse_root(const char *bytes, size_t length, size_t max_depth, json_t **out, struct error *err) {
    struct error malformed;
    if (!has_sane_extent(bytes, length)) {
        return invalid(err, "it has more parts than the limit");
    }
    lreg_status status = json_parse(bytes, length, max_depth, out, &malformed);
    if (status == LREG_BAD_ARGUMENT) {
        return invalid(err, malformed.message);
    }
    if (status != LREG_OK) {
        return error_no_memory(err);
    }
    return json_is_object(*out) ? LREG_OK : invalid(err, "it is no JSON object");
}

lreg_status oci_manifest_parse(const char *bytes, size_t length, const char *content_type, size_t max_depth,
                               struct arena *arena, struct oci_manifest *out, struct error *err) {
    *out = (struct oci_manifest){0};
    struct reading reading = {.arena = arena, .manifest = out, .err = err};
    lreg_status status = parse_root(bytes, length, max_depth, &out->root, err);
    if (status == LREG_OK) {
        status = read_all(&reading, content_type);
    }
    if (status != LREG_OK) {
        oci_manifest_free(out);
    }
    return status;
}

void oci_manifest_free(struct oci_manifest *manifest) {
    json_decref(manifest->root);
    *manifest = (struct oci_manifest){0};
}

void oci_manifest_drop_root(struct oci_manifest *manifest) {
    json_decref(manifest->root);
    manifest->root = NULL;
    manifest->annotations = NULL;
}

uint64_t oci_manifest_total(const struct oci_manifest *manifest, size_t length) {
    uint64_t total = length;
    for (size_t i = 0; i < manifest->count; i++) {
        uint64_t size = manifest->descriptors[i].size;
        total = size > INT64_MAX - total ? INT64_MAX : total + size;
    }
    return total;
}
