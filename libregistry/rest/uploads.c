/* SPDX-License-Identifier: Apache-2.0 */

/* Upload sessions over REST: list, and end one. A caller who may change the registry may end every session. */

#include "rest/rest_internal.h"

static json_t *upload_object(const struct meta_upload *row) {
    return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "id", row->id, "image", row->scope, "principal", row->principal,
                     "received_bytes", (json_int_t)row->received_bytes, "created_at", rest_time(row->created_ms),
                     "updated_at", rest_time(row->updated_ms));
}

lreg_status rest_uploads_list(struct call *call, struct error *err) {
    struct meta_upload *rows = NULL;
    struct rest_page page;
    size_t count = 0;
    lreg_status status = rest_page_read(call, "after", REST_PAGE_BY_ID, REST_PAGE_MAX, &page, err);
    if (status == LREG_OK) {
        status =
            core_upload_list(call->core, call->registry, page.behind, page.size + 1, call->arena, &rows, &count, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    rest_page_take(&page, count);
    status = rest_page_link(call, &page, page.count == 0 ? "" : rows[page.count - 1].id, err);
    if (status != LREG_OK) {
        return status;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < page.count && list != NULL; i++) {
        if (json_array_append_new(list, upload_object(&rows[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return rest_respond(call, list, err);
}

lreg_status rest_uploads_cancel(struct call *call, struct error *err) {
    struct meta_upload upload;
    lreg_status status =
        core_upload_find_any(call->core, call->registry, call_parameter(call, "id"), call->arena, &upload, err);
    if (status == LREG_OK) {
        status = core_upload_end(call->core, &call->actor, call->registry, &upload, err);
    }
    return status == LREG_OK ? call_respond(call, 200, err) : status;
}
