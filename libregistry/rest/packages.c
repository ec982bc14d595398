/* SPDX-License-Identifier: Apache-2.0 */

/* Packages over REST: list, show, delete. Publishing is in publish.c, copying in copy.c. */

#include "rest/rest_internal.h"

#define PAGE_SIZE 30
#define LOOKS_AT ((size_t)10000) /* packages that are read for one page of a search */

/* Sets `*out_last` to the id of the package after which the next page begins. */
static lreg_status list_rows(struct call *call, struct rest_page *page, struct meta_package **out,
                             const char **out_last, struct error *err) {
    struct meta_package_query query = {
        .registry_id = call->registry->row.id,
        .order = META_BY_TIME,
        .name_contains = url_parameter(&call->url, "name"),
        .after_id = page->behind,
        .limit = page->size + 1,
        .is_brief = true,
    };
    size_t count = 0;
    const char *looked_at = NULL;
    lreg_status status =
        query.name_contains == NULL
            ? core_package_list(call->core, &query, call->arena, out, &count, err)
            : core_package_search(call->core, &query, LOOKS_AT, call->arena, out, &count, &looked_at, err);
    if (status == LREG_NOT_FOUND) { /* the listing exists, the package to continue after does not */
        return error_set(err, LREG_BAD_ARGUMENT, "bad_page", "\"after\" is not the id of a package");
    }
    if (status != LREG_OK) {
        return status;
    }
    rest_page_take(page, count);
    *out_last = page->count == 0 ? "" : (*out)[page->count - 1].id;
    if (!page->has_next && looked_at != NULL) { /* there may be more, further on */
        page->has_next = true;
        *out_last = looked_at;
    }
    return LREG_OK;
}

lreg_status rest_packages_list(struct call *call, struct error *err) {
    struct meta_package *rows = NULL;
    const char *last = "";
    struct rest_page page;
    lreg_status status = rest_page_read(call, "after", REST_PAGE_BY_ID, PAGE_SIZE, &page, err);
    if (status == LREG_OK) {
        status = list_rows(call, &page, &rows, &last, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    status = rest_page_link(call, &page, last, err);
    if (status != LREG_OK) {
        return status;
    }
    json_t *items = json_array();
    for (size_t i = 0; i < page.count && items != NULL; i++) {
        if (json_array_append_new(items, rest_package_summary(call, call->registry, &rows[i])) != 0) {
            json_decref(items);
            items = NULL;
        }
    }
    return rest_respond(call, json_pack("{s:o, s:o}", "items", items, "links", rest_page_links(call, &page, last)),
                        err);
}

lreg_status rest_packages_show(struct call *call, struct error *err) {
    const struct core_package *package = NULL;
    lreg_status status = core_package_find(call->core, call->registry, call_parameter(call, "id"), &package, err);
    if (status == LREG_OK) {
        status = rest_respond(call, rest_package(call, call->registry, &package->row), err);
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
