/* SPDX-License-Identifier: Apache-2.0 */

/* Tags of a repository in bytewise order, in pages (OCI distribution 1.1, "Listing Tags"). */

#include "ecosystems/oci/oci_internal.h"

#define TAGS_MAX ((size_t)1000) /* in one answer */
#define PAGE_ROWS ((size_t)100) /* read at once: rows hold more than the tag */
#define ARENA_BYTES ((size_t)16 * 1024 * 1024)

struct listing {
    struct call *call;
    const char *image;
    size_t wanted;
    const char *after; /* NULL: from the first */
    json_t *tags;
    bool has_more;
    struct arena arena; /* of one page of rows */
};

/* Takes a page of rows. A row after the last wanted one only shows that there are more. */
static lreg_status take_page(struct listing *listing, const struct meta_package *rows, size_t count,
                             struct error *err) {
    for (size_t i = 0; i < count; i++) {
        if (json_array_size(listing->tags) == listing->wanted) {
            listing->has_more = true;
            return LREG_OK;
        }
        if (json_array_append_new(listing->tags, json_string(rows[i].version)) != 0) {
            return error_no_memory(err);
        }
    }
    if (count > 0) {
        listing->after = arena_copy_text(listing->call->arena, rows[count - 1].version);
    }
    return count == 0 || listing->after != NULL ? LREG_OK : error_no_memory(err);
}

static lreg_status list_page(struct listing *listing, bool *out_done, struct error *err) {
    const struct meta_package_query query = {
        .registry_id = listing->call->registry->row.id,
        .order = META_BY_NAME,
        .name = listing->image,
        .after_version = listing->after,
        .limit = PAGE_ROWS,
        .is_brief = true,
    };
    struct meta_package *rows = NULL;
    size_t count = 0;
    arena_reset(&listing->arena);
    lreg_status status = core_package_list(listing->call->core, &query, &listing->arena, &rows, &count, err);
    if (status == LREG_OK) {
        status = take_page(listing, rows, count, err);
    }
    *out_done = count < PAGE_ROWS || listing->has_more;
    return status;
}

/* A repository exists while it has a manifest, with or without a tag. */
static lreg_status check_repository(const struct listing *listing, struct error *err) {
    const struct call *call = listing->call;
    struct meta_transaction *transaction = NULL;
    const char **scopes = NULL;
    size_t count = 0;
    lreg_status status = meta_begin(core_meta(call->core), META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_document_scopes(transaction, call->registry->row.id, listing->image, NULL, 1, call->arena, &scopes,
                                  &count, err);
    meta_rollback(transaction);
    if (status != LREG_OK || (count > 0 && text_equals(scopes[0], listing->image))) {
        return status;
    }
    return error_set(err, LREG_NOT_FOUND, "name_unknown", "there is no repository %s/%s/%s",
                     call->organization->row.slug, call->registry->row.slug, listing->image);
}

static lreg_status add_link(const struct listing *listing, struct error *err) {
    size_t count = json_array_size(listing->tags);
    const char *last = json_string_value(json_array_get(listing->tags, count - 1));
    const char *below = arena_format(listing->call->arena, "/tags/list?n=%zu&last=%s", listing->wanted, last);
    const char *location = below != NULL ? oci_location(listing->call, listing->image, below) : NULL;
    if (location == NULL) {
        return error_no_memory(err);
    }
    return call_header_format(listing->call, err, "Link", "<%s>; rel=\"next\"", location);
}

static lreg_status respond(const struct listing *listing, struct error *err) {
    struct call *call = listing->call;
    const char *name = oci_full_name(call, listing->image);
    json_t *document = name != NULL ? json_pack("{s:s, s:O}", "name", name, "tags", listing->tags) : NULL;
    lreg_status status = document != NULL ? LREG_OK : error_no_memory(err);
    if (status == LREG_OK && listing->has_more) {
        status = add_link(listing, err);
    }
    if (status == LREG_OK) {
        status = call_respond_json(call, 200, document, err);
    }
    json_decref(document);
    return status;
}

static lreg_status list_all(struct listing *listing, struct error *err) {
    bool is_done = listing->wanted == 0;
    lreg_status status = LREG_OK;
    while (status == LREG_OK && !is_done) {
        status = list_page(listing, &is_done, err);
    }
    if (status == LREG_OK && json_array_size(listing->tags) == 0) {
        status = check_repository(listing, err);
    }
    return status == LREG_OK ? respond(listing, err) : status;
}

lreg_status oci_tags_list(struct call *call, struct error *err) {
    struct listing listing = {.call = call, .after = url_parameter(&call->url, "last")};
    lreg_status status = oci_image(call, &listing.image, err);
    if (status == LREG_OK) {
        status = oci_page_size(call, TAGS_MAX, &listing.wanted, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    listing.tags = json_array();
    arena_init(&listing.arena, call->hooks, ARENA_BYTES);
    status = listing.tags != NULL ? list_all(&listing, err) : error_no_memory(err);
    arena_free(&listing.arena);
    json_decref(listing.tags);
    return status;
}
