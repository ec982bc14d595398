/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Manifests whose subject is a given digest, such as signatures (OCI distribution 1.1, "Listing Referrers"), as an
 * index. One answer reads one page of them, however many pass a filter; a Link leads to the next page. The text of each
 * was made when it was stored, so an answer is assembled from rows. A page also ends when it would become too long, but
 * always has room for one.
 *
 * Manifests that were stored before these rows existed are parsed when first listed, a limited amount in each answer,
 * in a thread that may block. The results are kept; nothing else depends on them.
 */

#include "ecosystems/oci/oci_internal.h"

#include "meta/referrers.h"

#include <string.h>

#define PAGE_ROWS ((size_t)100)
#define PAGE_BYTES ((size_t)512 * 1024)
#define PARSED_BYTES ((size_t)4 * 1024 * 1024) /* of manifests parsed for one answer */
#define ROWS_BYTES ((size_t)64 * 1024 * 1024) /* of an arena for a page of rows; allocated as needed */

struct listing {
    struct call *call;
    const char *image;
    struct oci_digest subject;
    const char *filter; /* artifact type; NULL: any */
    const char *after; /* name of the last one of the page before; NULL: the first page */
    size_t wanted; /* at most, on this page */
    size_t listed;
    struct arena arena; /* rows */
    struct strbuf *text; /* of the manifests, separated by commas */
    size_t parsed_bytes;
    const char *next; /* the next page begins after this one; NULL: no next page */
};

/* --- Documents without a row --- */

/* Stores the row. Failures are ignored: the next listing makes the row again. */
static void keep(const struct listing *listing, const struct meta_referrer *row) {
    struct call *call = listing->call;
    struct meta_transaction *transaction = NULL;
    if (meta_begin(core_meta(call->core), META_WRITE, &transaction, NULL) != LREG_OK) {
        return;
    }
    struct meta_document document;
    const char *registry_id = call->registry->row.id;
    struct arena arena;
    arena_init(&arena, call->hooks, ROWS_BYTES);
    lreg_status status =
        meta_document_find_head(transaction, registry_id, listing->image, row->name, &arena, &document, NULL);
    if (status == LREG_OK) {
        status = meta_referrer_put(transaction, registry_id, listing->image, document.subject, row, NULL);
    }
    (void)meta_end(transaction, status, NULL);
    arena_free(&arena);
}

static lreg_status parse(struct listing *listing, const struct core_document *document, struct meta_referrer *row,
                         struct error *err) {
    struct oci_manifest manifest = {0};
    struct arena arena;
    arena_init(&arena, listing->call->hooks, OCI_PARSED_BYTES_MAX);
    lreg_status status = oci_manifest_parse_stored(&document->row, &arena, &manifest, err);
    if (status == LREG_OK) {
        row->type = arena_copy_text(&listing->arena, manifest.artifact_type);
        status = row->type != NULL ? oci_list_manifest(&manifest, row->name, document->row.content_length,
                                                       &listing->arena, &row->listed, err)
                                   : error_no_memory(err);
    }
    oci_manifest_free(&manifest);
    arena_free(&arena);
    return status;
}

/* Makes the missing parts of a row. They stay missing when the document is gone by now. */
static lreg_status fill(struct listing *listing, struct meta_referrer *row, struct error *err) {
    const struct core_document *document = NULL;
    struct call *call = listing->call;
    lreg_status status = core_document_find(call->core, call->registry, listing->image, row->name, &document, err);
    if (status == LREG_NOT_FOUND) {
        return LREG_OK;
    }
    if (status == LREG_OK) {
        listing->parsed_bytes += document->row.content_length;
        status = parse(listing, document, row, err);
    }
    if (status == LREG_OK) {
        keep(listing, row);
    }
    core_document_release(document);
    return status;
}

/* --- A page --- */

/* False when the page is full; the first entry is never too long. */
static bool has_room(const struct listing *listing, const char *listed) {
    return listing->listed < listing->wanted &&
           (listing->listed == 0 || slice_of(listed).length < PAGE_BYTES - listing->text->length);
}

static lreg_status add_row(struct listing *listing, struct meta_referrer *row, bool *out_full, struct error *err) {
    lreg_status status = LREG_OK;
    if (row->listed == NULL && listing->parsed_bytes > PARSED_BYTES) {
        *out_full = true;
        return LREG_OK;
    }
    if (row->listed == NULL) {
        status = fill(listing, row, err);
    }
    bool is_wanted = status == LREG_OK && row->listed != NULL &&
                     (listing->filter == NULL || text_equals(listing->filter, row->type));
    if (!is_wanted) {
        return status;
    }
    *out_full = !has_room(listing, row->listed);
    if (!*out_full) {
        strbuf_append_text(listing->text, listing->listed > 0 ? "," : "");
        strbuf_append_text(listing->text, row->listed);
        listing->listed++;
        status = strbuf_status(listing->text, err);
    }
    return status;
}

static lreg_status read_page(struct listing *listing, struct meta_referrer **out, size_t *out_count,
                             struct error *err) {
    struct call *call = listing->call;
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core_meta(call->core), META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_referrer_list(transaction, call->registry->row.id, listing->image, listing->subject.text,
                                listing->after, PAGE_ROWS, &listing->arena, out, out_count, err);
    meta_rollback(transaction);
    return status;
}

static lreg_status list_page(struct listing *listing, struct error *err) {
    struct meta_referrer *rows = NULL;
    size_t count = 0;
    size_t taken = 0;
    bool is_full = false;
    if (listing->wanted == 0) { /* as in the list of tags: an empty list, without another page */
        return LREG_OK;
    }
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

/* --- The answer --- */

static lreg_status add_link(const struct listing *listing, struct error *err) {
    struct call *call = listing->call;
    const char *filter = listing->filter != NULL ? url_encode(listing->filter, call->arena) : "";
    if (filter == NULL) {
        return error_no_memory(err);
    }
    const char *below =
        arena_format(call->arena, "/referrers/%s?n=%zu&last=%s%s%s", listing->subject.text, listing->wanted,
                     listing->next, listing->filter != NULL ? "&artifactType=" : "", filter);
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

/* Completes the JSON. The media type is that of an index, not of plain JSON. */
static lreg_status respond(const struct listing *listing, struct core_shared *keep, struct error *err) {
    static const char head[] = "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MEDIA_INDEX "\",\"manifests\":[";
    struct strbuf *text = listing->text;
    size_t length = text->length;
    char *added = strbuf_extend(text, sizeof head - 1);
    if (added != NULL) {
        memmove(text->bytes + sizeof head - 1, text->bytes, length);
        memcpy(text->bytes, head, sizeof head - 1);
        strbuf_append_text(text, "]}");
    }
    lreg_status status = strbuf_status(text, err);
    if (status == LREG_OK) {
        status = add_fields(listing, err);
    }
    return status == LREG_OK
               ? call_respond_bytes(listing->call, 200, OCI_MEDIA_INDEX, strbuf_text(text), text->length, keep, err)
               : status;
}

static void free_text(void *object) {
    strbuf_free(object);
}

/* The text may be larger than the arena of a request, so it has memory of its own. */
static lreg_status list(struct listing *listing, struct error *err) {
    struct call *call = listing->call;
    struct core_shared *keep = NULL;
    void *text = NULL;
    lreg_status status = core_shared_new(call->core, sizeof(struct strbuf), free_text, &text, &keep, err);
    if (status != LREG_OK) {
        return status;
    }
    strbuf_init(text, call->hooks, PAGE_BYTES + 32 * OCI_LISTED_ANNOTATIONS_MAX);
    listing->text = text;
    arena_init(&listing->arena, call->hooks, ROWS_BYTES);
    status = list_page(listing, err);
    if (status == LREG_OK) {
        status = respond(listing, keep, err);
    }
    arena_free(&listing->arena);
    core_shared_release(keep);
    return status;
}

/* A media type has no spaces, but clients do not encode its '+', which means a space in a query. */
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

/* The specification has no parameters for pages of this list. They are those of the list of tags, and come from the
 * Link of the page before. */
static lreg_status read_position(struct listing *listing, struct error *err) {
    struct oci_digest last;
    listing->after = url_parameter(&listing->call->url, "last");
    if (listing->after != NULL && !oci_digest_parse(listing->after, &last)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_page", "the parameter last is not a digest of this list");
    }
    return oci_page_size(listing->call, PAGE_ROWS, &listing->wanted, err);
}

lreg_status oci_referrers_list(struct call *call, struct error *err) {
    struct listing listing = {.call = call};
    lreg_status status = oci_image(call, &listing.image, err);
    if (status == LREG_OK) {
        status = oci_path_digest(call, &listing.subject, err);
    }
    if (status == LREG_OK) {
        status = read_filter(&listing, err);
    }
    if (status == LREG_OK) {
        status = read_position(&listing, err);
    }
    return status == LREG_OK ? list(&listing, err) : status;
}
