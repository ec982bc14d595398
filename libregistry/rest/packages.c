/* SPDX-License-Identifier: Apache-2.0 */

/* Packages over REST: list, show, delete; and the audit log. Publishing is in publish.c. */

#include "rest/rest_internal.h"

/* "links": self, and next when the page is full. Owned; NULL when memory is out. */
static json_t *page_links(struct call *call, const struct meta_package *rows, size_t count, size_t page_size) {
    const struct meta_registry *registry = &call->registry->row;
    const char *path = arena_format(call->arena, "/v2/packages/organizations/%s/registries/%s/packages",
                                    registry->organization_slug, registry->slug);
    const char *self = path == NULL ? NULL : call_url(call, path);
    json_t *links = self == NULL ? NULL : json_pack("{s:s}", "self", self);
    if (links == NULL || count < page_size) {
        return links;
    }
    const char *name = url_parameter(&call->url, "name");
    const char *encoded = name == NULL ? "" : url_encode(name, call->arena);
    const char *next = encoded == NULL ? NULL
                                       : arena_format(call->arena, "%s?per_page=%zu&after=%s%s%s", self, page_size,
                                                      rows[count - 1].id, name == NULL ? "" : "&name=", encoded);
    if (next == NULL || json_object_set_new(links, "next", json_string(next)) != 0) {
        json_decref(links);
        return NULL;
    }
    return links;
}

lreg_status rest_packages_list(struct call *call, struct error *err) {
    struct meta_package *rows = NULL;
    size_t count = 0;
    struct meta_package_query query = {
        .registry_id = call->registry->row.id,
        .order = META_BY_TIME,
        .name_contains = url_parameter(&call->url, "name"),
        .after_id = url_parameter(&call->url, "after"),
    };
    lreg_status status = rest_page_size(call, &query.limit, err);
    if (status == LREG_OK) {
        status = core_package_list(call->core, &query, call->arena, &rows, &count, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    json_t *items = json_array();
    for (size_t i = 0; i < count && items != NULL; i++) {
        if (json_array_append_new(items, rest_package_summary(call, &rows[i])) != 0) {
            json_decref(items);
            items = NULL;
        }
    }
    return rest_respond(
        call, json_pack("{s:o, s:o}", "items", items, "links", page_links(call, rows, count, query.limit)), err);
}

lreg_status rest_packages_show(struct call *call, struct error *err) {
    const struct core_package *package = NULL;
    lreg_status status = core_package_find(call->core, call->registry, call_parameter(call, "id"), &package, err);
    if (status == LREG_OK) {
        status = rest_respond(call, rest_package(call, &package->row), err);
    }
    core_package_release(package);
    return status;
}

lreg_status rest_packages_delete(struct call *call, struct error *err) {
    const struct core_package *package = NULL;
    lreg_status status = core_package_find(call->core, call->registry, call_parameter(call, "id"), &package, err);
    if (status == LREG_OK) {
        status = core_package_delete(call->core, &call->actor, package, err);
    }
    if (status == LREG_OK) {
        status = call_respond(call, 200, err);
    }
    core_package_release(package);
    return status;
}

lreg_status rest_audit_list(struct call *call, struct error *err) {
    struct meta_audit_event *rows = NULL;
    size_t count = 0;
    size_t page_size = 0;
    lreg_status status = rest_page_size(call, &page_size, err);
    if (status == LREG_OK) {
        status = core_audit_list(call->core, call->organization, url_parameter(&call->url, "before"), page_size,
                                 call->arena, &rows, &count, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    json_t *items = json_array();
    for (size_t i = 0; i < count && items != NULL; i++) {
        if (json_array_append_new(items, rest_audit_event(&rows[i])) != 0) {
            json_decref(items);
            items = NULL;
        }
    }
    return rest_respond(call, json_pack("{s:o}", "items", items), err);
}
