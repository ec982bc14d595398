/* SPDX-License-Identifier: Apache-2.0 */

/* Answers with a body that is in memory: nothing, bytes, text, JSON. */

#include "surface/surface.h"

#include <string.h>

#define JSON_BODY_MAX ((size_t)4 * 1024 * 1024)

void call_response_clear(struct call *call) {
    storage_object_close(call->response.object);
    core_shared_release(call->response.keep);
    call->response = (struct response){.status = 0};
    headers_init(&call->response.headers, call->arena);
}

lreg_status call_respond(struct call *call, int status, struct error *err) {
    if (call->response.status != 0) {
        return error_set(err, LREG_INTERNAL, "", "a handler answered %d after %d", status, call->response.status);
    }
    call->response.status = status;
    return LREG_OK;
}

lreg_status call_respond_bytes(struct call *call, int status, const char *media_type, const void *bytes, size_t length,
                               struct core_shared *keep, struct error *err) {
    lreg_status result = call_header(call, "Content-Type", media_type, err);
    if (result != LREG_OK) {
        return result;
    }
    result = call_respond(call, status, err);
    if (result != LREG_OK) {
        return result;
    }
    call->response.body = BODY_BYTES;
    call->response.bytes = bytes;
    call->response.length = length;
    if (keep != NULL) {
        core_shared_retain(keep);
        call->response.keep = keep;
    }
    return LREG_OK;
}

lreg_status call_respond_text(struct call *call, int status, const char *media_type, const char *text,
                              struct error *err) {
    char *copy = arena_copy_text(call->arena, text);
    if (copy == NULL) {
        return error_no_memory(err);
    }
    return call_respond_bytes(call, status, media_type, copy, strlen(copy), NULL, err);
}

lreg_status call_respond_json(struct call *call, int status, const json_t *value, struct error *err) {
    struct strbuf text;
    strbuf_init(&text, call->hooks, JSON_BODY_MAX);
    const char *copy = NULL;
    lreg_status result = json_render(value, &text, err);
    if (result != LREG_OK) {
        goto out;
    }
    copy = arena_copy_bytes(call->arena, strbuf_text(&text), text.length);
    if (copy == NULL) {
        result = error_no_memory(err);
        goto out;
    }
    result = call_respond_bytes(call, status, "application/json; charset=utf-8", copy, text.length, NULL, err);
out:
    strbuf_free(&text);
    return result;
}
