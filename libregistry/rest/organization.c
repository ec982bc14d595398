/* SPDX-License-Identifier: Apache-2.0 */

/* An organization over REST: what it is, and its audit log. */

#include "rest/rest_internal.h"

#define PAGE_SIZE 30

lreg_status rest_organization_show(struct call *call, struct error *err) {
    return rest_respond(call, rest_organization(call), err);
}

lreg_status rest_audit_list(struct call *call, struct error *err) {
    struct meta_audit_event *rows = NULL;
    struct rest_page page;
    size_t count = 0;
    lreg_status status = rest_page_read(call, "before", REST_PAGE_BY_ID, PAGE_SIZE, &page, err);
    if (status == LREG_OK) {
        status = core_audit_list(call->core, call->organization->row.id, page.behind, page.size + 1, call->arena, &rows,
                                 &count, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    rest_page_take(&page, count);
    const char *last = page.count == 0 ? "" : rows[page.count - 1].id;
    status = rest_page_link(call, &page, last, err);
    if (status != LREG_OK) {
        return status;
    }
    json_t *items = json_array();
    for (size_t i = 0; i < page.count && items != NULL; i++) {
        if (json_array_append_new(items, rest_audit_event(&rows[i])) != 0) {
            json_decref(items);
            items = NULL;
        }
    }
    return rest_respond(call, json_pack("{s:o, s:o}", "items", items, "links", rest_page_links(call, &page, last)),
                        err);
}
