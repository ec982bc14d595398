/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Manifests whose subject is a given one, such as signatures (OCI distribution 1.1, "Listing Referrers"), as an
 * index. One answer looks at a page of them, however many a filter lets through; the next page is a Link. Descriptors
 * have all annotations of their manifests, so a page also ends where it would become long; one always fits.
 */

#include "ecosystems/oci/oci_internal.h"

#define PAGE_ROWS ((size_t)100)
#define PAGE_BYTES ((size_t)1024 * 1024)
#define DESCRIPTOR_BYTES ((size_t)1024) /* at most, without annotations; more than the frame of the index, too */

struct listing {
    struct call *call;
    const char *image;
    struct oci_digest subject;
    const char *filter; /* artifact type; NULL: any */
    json_t *manifests;
    size_t max_bytes; /* that these take as text */
    const char *next; /* continue behind this one; NULL: that was all */
};

/* The annotations are those of the manifest, which is parsed for them. */
static lreg_status read_annotations(const struct listing *listing, const struct core_document *document, json_t **out,
                                    struct error *err) {
    struct oci_manifest manifest = {0};
    struct arena arena;
    *out = NULL;
    arena_init(&arena, listing->call->hooks, OCI_PARSED_BYTES_MAX);
    lreg_status status = oci_manifest_parse_stored(&document->row, &arena, &manifest, err);
    if (status == LREG_OK && manifest.annotations != NULL) {
        *out = json_incref(json_object_get(manifest.root, "annotations"));
    }
    oci_manifest_free(&manifest);
    arena_free(&arena);
    return status;
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

/* Annotations without blanks between are no longer than the manifest that they come from. False when the page is full;
 * the first descriptor always has its place. */
static bool take_room(struct listing *listing, const struct meta_document *row) {
    size_t bytes = listing->max_bytes;
    if (!size_add(bytes, row->content_length, &bytes) || !size_add(bytes, DESCRIPTOR_BYTES, &bytes) ||
        (bytes > PAGE_BYTES && json_array_size(listing->manifests) > 0)) {
        return false;
    }
    listing->max_bytes = bytes;
    return true;
}

static lreg_status add_row(struct listing *listing, const struct meta_document *row, bool *out_full,
                           struct error *err) {
    json_t *attributes = NULL;
    lreg_status status = oci_document_attributes(row, &attributes, err);
    if (status != LREG_OK) {
        return status;
    }
    const char *type = json_member_text(attributes, "artifact_type");
    type = type != NULL ? type : "";
    if (listing->filter == NULL || text_equals(listing->filter, type)) {
        *out_full = !take_room(listing, row);
        status = *out_full ? LREG_OK : add_descriptor(listing, row->name, type, err);
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
    size_t taken = 0;
    bool is_full = false;
    lreg_status status = read_page(listing, &rows, &count, err);
    while (status == LREG_OK && taken < count && !is_full) {
        status = add_row(listing, &rows[taken], &is_full, err);
        taken += is_full ? 0 : 1;
    }
    if (status == LREG_OK && (is_full || count == PAGE_ROWS)) {
        listing->next = rows[taken - 1].name;
    }
    return status;
}

static lreg_status add_link(const struct listing *listing, struct error *err) {
    struct call *call = listing->call;
    const char *filter = listing->filter != NULL ? url_encode(listing->filter, call->arena) : "";
    if (filter == NULL) {
        return error_no_memory(err);
    }
    const char *below = arena_format(call->arena, "/referrers/%s?last=%s%s%s", listing->subject.text, listing->next,
                                     listing->filter != NULL ? "&artifactType=" : "", filter);
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

static void free_text(void *object) {
    strbuf_free(object);
}

/* The media type is the index's, not that of plain JSON. */
static lreg_status respond_rendered(const struct listing *listing, const json_t *document, struct strbuf *text,
                                    struct core_shared *keep, struct error *err) {
    lreg_status status = json_render(document, text, err);
    if (status == LREG_OK) {
        status = add_fields(listing, err);
    }
    return status == LREG_OK
               ? call_respond_bytes(listing->call, 200, OCI_MEDIA_INDEX, strbuf_text(text), text->length, keep, err)
               : status;
}

/* The text may be larger than what a request has memory for otherwise: it is kept beside. */
static lreg_status respond(const struct listing *listing, struct error *err) {
    struct call *call = listing->call;
    struct core_shared *keep = NULL;
    void *text = NULL;
    lreg_status status = core_shared_new(call->core, sizeof(struct strbuf), free_text, &text, &keep, err);
    if (status != LREG_OK) {
        return status;
    }
    strbuf_init(text, call->hooks, listing->max_bytes);
    json_t *document =
        json_pack("{s:i, s:s, s:O}", "schemaVersion", 2, "mediaType", OCI_MEDIA_INDEX, "manifests", listing->manifests);
    status = respond_rendered(listing, document, text, keep, err);
    json_decref(document);
    core_shared_release(keep);
    return status;
}

/* A media type has no blank; clients write its plus as it is, which means a blank in a query. */
static lreg_status read_filter(struct listing *listing, struct error *err) {
    const char *type = url_parameter(&listing->call->url, "artifactType");
    if (type == NULL || type[0] == '\0') {
        return LREG_OK;
    }
    char *filter = arena_copy_text(listing->call->arena, type);
    for (char *at = filter; at != NULL && *at != '\0'; at++) {
        *at = *at == ' ' ? '+' : *at;
    }
    listing->filter = filter;
    return filter != NULL ? LREG_OK : error_no_memory(err);
}

lreg_status oci_referrers_list(struct call *call, struct error *err) {
    struct listing listing = {.call = call, .max_bytes = DESCRIPTOR_BYTES};
    lreg_status status = oci_image(call, &listing.image, err);
    if (status == LREG_OK) {
        status = oci_path_digest(call, &listing.subject, err);
    }
    if (status == LREG_OK) {
        status = read_filter(&listing, err);
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
