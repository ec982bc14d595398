/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Pages of listings. A page begins after an item, not at a number: every page costs the same, and nothing is shown
 * twice or left out when the list changes meanwhile.
 */

#include "rest/rest_internal.h"

lreg_status rest_page_read(const struct call *call, const char *cursor, enum rest_page_key key, size_t default_size,
                           struct rest_page *out, struct error *err) {
    const char *behind = url_parameter(&call->url, cursor);
    if (behind != NULL && !(key == REST_PAGE_BY_ID ? id_is_valid(behind) : slug_is_valid(behind))) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_page", "the parameter \"%s\" is not %s of this list", cursor,
                         key == REST_PAGE_BY_ID ? "an id" : "a slug");
    }
    const char *text = url_parameter(&call->url, "per_page");
    uint64_t size = default_size;
    if (text != NULL && (!text_parse_u64(slice_of(text), &size) || size < 1 || size > REST_PAGE_MAX)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_page", "per_page must be a number from 1 to %d", REST_PAGE_MAX);
    }
    *out = (struct rest_page){.cursor = cursor, .behind = behind, .size = (size_t)size};
    return LREG_OK;
}

void rest_page_take(struct rest_page *page, size_t listed) {
    page->has_next = listed > page->size;
    page->count = page->has_next ? page->size : listed;
}

/* The listing's own address: the path as the client sent it, including the slugs. */
static const char *path_url(struct call *call) {
    return call_url(call, call->url.path);
}

/* The filter as a parameter, after `separator`; "" without a filter, NULL when out of memory. */
static const char *filter_parameter(struct call *call, char separator) {
    const char *name = url_parameter(&call->url, "name");
    if (name == NULL) {
        return "";
    }
    const char *filter = url_encode(name, call->arena);
    return filter == NULL ? NULL : arena_format(call->arena, "%cname=%s", separator, filter);
}

/* The requested listing without the start of the page. The filter is a part of the listing. */
static const char *self_url(struct call *call) {
    const char *path = path_url(call);
    const char *filter = filter_parameter(call, '?');
    return path == NULL || filter == NULL ? NULL : arena_format(call->arena, "%s%s", path, filter);
}

const char *rest_page_next(struct call *call, const struct rest_page *page, const char *last) {
    const char *path = path_url(call);
    const char *filter = filter_parameter(call, '&');
    const char *behind = url_encode(last, call->arena);
    if (path == NULL || filter == NULL || behind == NULL) {
        return NULL;
    }
    return arena_format(call->arena, "%s?per_page=%zu&%s=%s%s", path, page->size, page->cursor, behind, filter);
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
