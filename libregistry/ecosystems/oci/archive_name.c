/* SPDX-License-Identifier: Apache-2.0 */

/* The name of an archive's image. */

#include "ecosystems/oci/archive.h"

#include <string.h>

#define ANNOTATION_REF "org.opencontainers.image.ref.name"
#define ANNOTATION_NAME "io.containerd.image.name" /* of docker: "docker.io/library/name:tag" */
#define DEFAULT_TAG "latest"

/* Whether a component looks like the host of a registry. It counts as one only when a name follows. */
static bool is_host(struct slice text) {
    return char_is_alphanumeric(text.bytes[0]) &&
           (memchr(text.bytes, '.', text.length) != NULL || memchr(text.bytes, ':', text.length) != NULL ||
            slice_equals(text, "localhost"));
}

/* Removes "component/" from the front of a name, if a name is left. */
static bool cut_component(struct slice *name, const char *component) {
    struct slice rest = *name;
    if (!slice_equals(slice_cut(&rest, '/'), component) || rest.length == 0) {
        return false;
    }
    *name = rest;
    return true;
}

/* Shortens a name that followed a host. Docker saves "name" as "host/library/name"; a name that was saved under the
 * address of this registry begins with its organization and registry. */
static struct slice shorten(struct slice name, const struct meta_registry *registry) {
    struct slice shorter = name;
    if (cut_component(&shorter, registry->organization_slug) && cut_component(&shorter, registry->slug)) {
        return shorter;
    }
    shorter = name;
    bool is_official = cut_component(&shorter, "library") && memchr(shorter.bytes, '/', shorter.length) == NULL;
    return is_official ? shorter : name;
}

/* Takes image and tag from "host/name:tag" or "name:tag", without the host. False when there is no tag. */
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

/* "folder/app.oci.tar" is "app". */
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
        return error_set(
            err, LREG_UNPROCESSABLE, "name_invalid",
            "\"%.100s:%.100s\" is not the name of an image; it comes from the archive (\"NAME:TAG\") or from "
            "the name of the file (\"NAME.tar\")",
            import->image, import->tag);
    }
    return LREG_OK;
}

/* The annotations of the archive come first. An annotation may be only a tag. */
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
