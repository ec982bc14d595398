/* SPDX-License-Identifier: Apache-2.0 */

/* Parses stored data again. */

#include "ecosystems/oci/oci_internal.h"

#define DEPTH 512 /* more than any limit permits, so that lowering a limit does not make stored manifests unreadable */

static lreg_status unreadable(struct error *err) {
    return error_set(err, LREG_CORRUPT, "manifest_unreadable", "a stored manifest cannot be read");
}

lreg_status oci_manifest_parse_stored(const struct meta_document *row, struct arena *arena, struct oci_manifest *out,
                                      struct error *err) {
    lreg_status status = oci_manifest_parse(row->content, row->content_length, row->media_type, DEPTH, arena, out, err);
    return status == LREG_BAD_ARGUMENT ? unreadable(err) : status;
}

lreg_status oci_document_attributes(const struct meta_document *row, json_t **out, struct error *err) {
    struct slice text = slice_of(row->attributes);
    *out = NULL;
    if (text.length == 0) {
        return LREG_OK;
    }
    lreg_status status = json_parse(text.bytes, text.length, DEPTH, out, err);
    return status == LREG_BAD_ARGUMENT ? unreadable(err) : status;
}
