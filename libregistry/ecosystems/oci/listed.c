/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How the list of referrers shows a manifest (OCI distribution 1.1, "Listing Referrers"): as a descriptor. Its text is
 * made once, when the manifest is stored; a list concatenates such texts.
 */

#include "ecosystems/oci/oci_internal.h"

#define DESCRIPTOR_BYTES ((size_t)2048) /* at most, without annotations */

static json_t *make_descriptor(const struct oci_manifest *manifest, const char *digest, size_t length) {
    json_t *object =
        json_pack("{s:s, s:s, s:I}", "mediaType", manifest->media_type, "digest", digest, "size", (json_int_t)length);
    if (manifest->artifact_type[0] != '\0' && object != NULL &&
        json_object_set_new(object, "artifactType", json_string(manifest->artifact_type)) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

lreg_status oci_list_manifest(const struct oci_manifest *manifest, const char *digest, size_t length,
                              struct arena *arena, const char **out, struct error *err) {
    struct strbuf text;
    json_t *object = make_descriptor(manifest, digest, length);
    strbuf_init(&text, arena->hooks, DESCRIPTOR_BYTES);
    lreg_status status = json_render(object, &text, err); /* NULL is LREG_NO_MEMORY */
    if (status == LREG_OK) {
        const char *annotations = manifest->listed_annotations;
        strbuf_shorten(&text, text.length - 1); /* the closing brace */
        *out = arena_format(arena, "%s%s%s}", strbuf_text(&text), annotations[0] != '\0' ? ",\"annotations\":" : "",
                            annotations);
        status = *out != NULL ? LREG_OK : error_no_memory(err);
    }
    strbuf_free(&text);
    json_decref(object);
    return status;
}
