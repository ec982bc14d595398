/* SPDX-License-Identifier: Apache-2.0 */

/* What the image of an archive is called. */

#include "ecosystems/oci/archive.h"

#include <string.h>

#define ANNOTATION_REF "org.opencontainers.image.ref.name"
#define ANNOTATION_NAME "io.containerd.image.name" /* of docker: "docker.io/library/name:tag" */
#define DEFAULT_TAG "latest"

/* How the host of a registry looks; it is taken for one only in front of a name. */
static bool is_host(struct slice text) {
    return char_is_alphanumeric(text.bytes[0]) &&
           (memchr(text.bytes, '.', text.length) != NULL || memchr(text.bytes, ':', text.length) != NULL ||
            slice_equals(text, "localhost"));
}

/* Takes "component/" away from the front of a name, if that leaves a name. */
static bool cut_component(struct slice *name, const char *component) {
    struct slice rest = *name;
    if (!slice_equals(slice_cut(&rest, '/'), component) || rest.length == 0) {
        return false;
    }
    *name = rest;
    return true;
}

/* A name that had a host in front, as people write it here. Docker saves "name" as "host/library/name"; what was saved
 * under the address of this registry has its organization and registry in front. */
static struct slice shorten(struct slice name, const struct meta_registry *registry) {
    struct slice shorter = name;
    if (cut_component(&shorter, registry->organization_slug) && cut_component(&shorter, registry->slug)) {
        return shorter;
    }
    shorter = name;
    bool is_official = cut_component(&shorter, "library") && memchr(shorter.bytes, '/', shorter.length) == NULL;
    return is_official ? shorter : name;
}

/* "host/name:tag" without the host, where there is one; false when there is no tag. */
static bool split_reference(struct oci_import *import, const char *text) {
    struct arena *arena = &import->arena;
    const char *colon = strrchr(text, ':');
    if (colon == NULL || strchr(colon, '/') != NULL) {
        return false;
    }
    struct slice rest = {text, (size_t)(colon - text)};
    struct slice name = rest;
    struct slice first = slice_cut(&rest, '/');
    if (rest.length > 0 && is_host(first)) {
        name = shorten(rest, &import->registry->row);
    }
    import->image = arena_copy_bytes(arena, name.bytes, name.length);
    import->tag = arena_copy_text(arena, colon + 1);
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

static lreg_status check_name(const struct oci_import *import, struct error *err) {
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
lreg_status oci_import_choose_name(struct oci_import *import, const json_t *annotations, struct error *err) {
    struct arena *arena = &import->arena;
    const char *reference = json_member_text(annotations, ANNOTATION_REF);
    const char *name = json_member_text(annotations, ANNOTATION_NAME);
    bool is_named =
        (reference != NULL && split_reference(import, reference)) || (name != NULL && split_reference(import, name));
    if (!is_named) {
        import->image = name_of_file(import->archive->context.filename, arena);
        import->tag = arena_copy_text(arena, reference != NULL ? reference : DEFAULT_TAG);
    }
    if (import->image == NULL || import->tag == NULL) {
        return error_no_memory(err);
    }
    return check_name(import, err);
}
