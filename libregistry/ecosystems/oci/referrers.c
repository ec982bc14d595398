/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Manifests whose subject is a given one, such as signatures (OCI distribution 1.1, "Listing Referrers"), as an
 * index. One answer looks at a page of them, however many a filter lets through; the next page is a Link.
 */

#include "ecosystems/oci/oci_internal.h"

#define PAGE_ROWS ((size_t)100)
#define ANNOTATIONS_MAX ((size_t)16 * 1024) /* as text; larger ones are left to the manifest */
#define ANSWER_BYTES ((size_t)4 * 1024 * 1024)

struct listing {
    struct call *call;
    const char *image;
    struct oci_digest subject;
    const char *filter; /* artifact type; NULL: any */
    json_t *manifests;
    const char *next; /* continue behind this one; NULL: that was all */
};

/* The annotations are those of the manifest, which is parsed for them. */
static lreg_status read_annotations(const struct listing *listing, const struct core_document *document, json_t **out,
                                    struct error *err) {
    struct oci_manifest manifest = {0};
    struct arena arena;
    struct strbuf text;
    *out = NULL;
    arena_init(&arena, listing->call->hooks, OCI_PARSED_BYTES_MAX);
    strbuf_init(&text, listing->call->hooks, ANNOTATIONS_MAX);
    lreg_status status = oci_manifest_parse_stored(&document->row, &arena, &manifest, err);
    if (status == LREG_OK && manifest.annotations != NULL) {
        status = json_render(manifest.annotations, &text, err);
        *out = status == LREG_OK ? json_deep_copy(manifest.annotations) : NULL;
        status = status == LREG_OK && *out == NULL ? error_no_memory(err) : status;
    }
    strbuf_free(&text);
    oci_manifest_free(&manifest);
    arena_free(&arena);
    return status == LREG_TOO_LARGE ? LREG_OK : status;
}

static json_t *make_descriptor(const struct meta_document *row, const char *artifact_type, json_t *annotations) {
    json_t *object = json_pack("{s:s, s:s, s:I}", "mediaType", row->media_type, "digest", row->name, "size",
                               (json_int_t)row->content_length);
    bool is_done =
        object != NULL &&
        (artifact_type[0] == '\0' || json_object_set_new(object, "artifactType", json_string(artifact_type)) == 0) &&
        (annotations == NULL || json_object_set(object, "annotations", annotations) == 0);
    if (!is_done) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static lreg_status add_descriptor(struct listing *listing, const char *digest, const char *artifact_type,
                                  struct error *err) {
    const struct core_document *document = NULL;
    json_t *annotations = NULL;
    struct call *call = listing->call;
    lreg_status status = core_document_find(call->core, call->registry, listing->image, digest, &document, err);
    if (status == LREG_NOT_FOUND) {
        return LREG_OK; /* deleted since the list was read */
    }
    if (status == LREG_OK) {
        status = read_annotations(listing, document, &annotations, err);
    }
    if (status == LREG_OK) {
        json_t *descriptor = make_descriptor(&document->row, artifact_type, annotations);
        status = json_array_append_new(listing->manifests, descriptor) == 0 ? LREG_OK : error_no_memory(err);
    }
    json_decref(annotations);
    core_document_release(document);
    return status;
}

static lreg_status add_row(struct listing *listing, const struct meta_document *row, struct error *err) {
    json_t *attributes = NULL;
    lreg_status status = oci_document_attributes(row, &attributes, err);
    if (status != LREG_OK) {
        return status;
    }
    const char *type = json_member_text(attributes, "artifact_type");
    type = type != NULL ? type : "";
    if (listing->filter == NULL || text_equals(listing->filter, type)) {
        status = add_descriptor(listing, row->name, type, err);
    }
    json_decref(attributes);
    return status;
}

static lreg_status read_page(struct listing *listing, struct meta_document **out, size_t *out_count,
                             struct error *err) {
    struct call *call = listing->call;
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core_meta(call->core), META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status =
        meta_document_list_referrers(transaction, call->registry->row.id, listing->image, listing->subject.text,
                                     url_parameter(&call->url, "last"), PAGE_ROWS, call->arena, out, out_count, err);
    meta_rollback(transaction);
    return status;
}

static lreg_status list_page(struct listing *listing, struct error *err) {
    struct meta_document *rows = NULL;
    size_t count = 0;
    lreg_status status = read_page(listing, &rows, &count, err);
    for (size_t i = 0; status == LREG_OK && i < count; i++) {
        status = add_row(listing, &rows[i], err);
    }
    listing->next = status == LREG_OK && count == PAGE_ROWS ? rows[count - 1].name : NULL;
    return status;
}

static lreg_status add_link(const struct listing *listing, struct error *err) {
    struct call *call = listing->call;
    const char *filter = listing->filter != NULL ? url_encode(listing->filter, call->arena) : "";
    if (filter == NULL) {
        return error_no_memory(err);
    }
    const char *below = arena_format(call->arena, "/referrers/%s?last=%s%s%s", listing->subject.text, listing->next,
                                     filter[0] != '\0' ? "&artifactType=" : "", filter);
    const char *location = below != NULL ? oci_location(call, listing->image, below) : NULL;
    if (location == NULL) {
        return error_no_memory(err);
    }
    return call_header_format(call, err, "Link", "<%s>; rel=\"next\"", location);
}

static lreg_status add_fields(const struct listing *listing, struct error *err) {
    lreg_status status = LREG_OK;
    if (listing->filter != NULL) {
        status = call_header(listing->call, "OCI-Filters-Applied", "artifactType", err);
    }
    return status == LREG_OK && listing->next != NULL ? add_link(listing, err) : status;
}

/* The media type is the index's, not that of plain JSON. */
static lreg_status respond(const struct listing *listing, struct error *err) {
    struct call *call = listing->call;
    struct strbuf text;
    json_t *document =
        json_pack("{s:i, s:s, s:O}", "schemaVersion", 2, "mediaType", OCI_MEDIA_INDEX, "manifests", listing->manifests);
    strbuf_init(&text, call->hooks, ANSWER_BYTES);
    const char *copy = NULL;
    lreg_status status = json_render(document, &text, err);
    if (status == LREG_OK) {
        copy = arena_copy_bytes(call->arena, strbuf_text(&text), text.length);
        status = copy != NULL ? add_fields(listing, err) : error_no_memory(err);
    }
    if (status == LREG_OK) {
        status = call_respond_bytes(call, 200, OCI_MEDIA_INDEX, copy, text.length, NULL, err);
    }
    strbuf_free(&text);
    json_decref(document);
    return status;
}

lreg_status oci_referrers_list(struct call *call, struct error *err) {
    struct listing listing = {.call = call, .filter = url_parameter(&call->url, "artifactType")};
    lreg_status status = oci_image(call, &listing.image, err);
    if (status == LREG_OK) {
        status = oci_path_digest(call, &listing.subject, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    listing.manifests = json_array();
    status = listing.manifests != NULL ? list_page(&listing, err) : error_no_memory(err);
    if (status == LREG_OK) {
        status = respond(&listing, err);
    }
    json_decref(listing.manifests);
    return status;
}
