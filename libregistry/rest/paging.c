/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Pages of listings. A page goes on behind an item and not at a number, so that it costs the same however far it is,
 * and that nothing is shown twice or left out when the list changes meanwhile.
 */

#include "rest/rest_internal.h"

lreg_status rest_page_read(const struct call *call, const char *cursor, size_t default_size, struct rest_page *out,
                           struct error *err) {
    const char *text = url_parameter(&call->url, "per_page");
    uint64_t size = default_size;
    if (text != NULL && (!text_parse_u64(slice_of(text), &size) || size < 1 || size > REST_PAGE_MAX)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_page", "per_page must be a number from 1 to %d", REST_PAGE_MAX);
    }
    *out = (struct rest_page){.cursor = cursor, .behind = url_parameter(&call->url, cursor), .size = (size_t)size};
    return LREG_OK;
}

void rest_page_take(struct rest_page *page, size_t listed) {
    page->has_next = listed > page->size;
    page->count = page->has_next ? page->size : listed;
}

/* The listing's own address: the path as it came, so also the slugs as they came. */
static const char *self_url(struct call *call) {
    return call_url(call, call->url.path);
}

const char *rest_page_next(struct call *call, const struct rest_page *page, const char *last) {
    const char *self = self_url(call);
    const char *name = url_parameter(&call->url, "name");
    const char *filter = name == NULL ? "" : url_encode(name, call->arena);
    const char *behind = url_encode(last, call->arena);
    if (self == NULL || filter == NULL || behind == NULL) {
        return NULL;
    }
    return arena_format(call->arena, "%s?per_page=%zu&%s=%s%s%s", self, page->size, page->cursor, behind,
                        name == NULL ? "" : "&name=", filter);
}

lreg_status rest_page_link(struct call *call, const struct rest_page *page, const char *last, struct error *err) {
    if (!page->has_next) {
        return LREG_OK;
    }
    const char *next = rest_page_next(call, page, last);
    return next == NULL ? error_no_memory(err) : call_header_format(call, err, "Link", "<%s>; rel=\"next\"", next);
}

json_t *rest_page_links(struct call *call, const struct rest_page *page, const char *last) {
    const char *self = self_url(call);
    json_t *links = self == NULL ? NULL : json_pack("{s:s}", "self", self);
    if (links == NULL || !page->has_next) {
        return links;
    }
    const char *next = rest_page_next(call, page, last);
    if (next == NULL || json_object_set_new(links, "next", json_string(next)) != 0) {
        json_decref(links);
        return NULL;
    }
    return links;
}
