/* SPDX-License-Identifier: Apache-2.0 */

/* Failures as JSON and as text, for surfaces whose clients expect no error document of their own. */

#include "surface/surface.h"

lreg_status call_show_json_error(struct call *call, const struct error *failure, struct error *err) {
    bool has_code = failure->code[0] != '\0';
    json_t *document = has_code ? json_pack("{s:s, s:s}", "message", failure->message, "code", failure->code)
                                : json_pack("{s:s}", "message", failure->message);
    lreg_status status = call_respond_json(call, (int)error_http_status(failure->status), document, err);
    json_decref(document);
    return status;
}

lreg_status call_show_text_error(struct call *call, const struct error *failure, struct error *err) {
    if (failure->status == LREG_UNAUTHENTICATED) {
        lreg_status status = call_challenge_basic(call, err);
        if (status != LREG_OK) {
            return status;
        }
    }
    if (headers_accept_quality(&call->headers, "application", "json") >
        headers_accept_quality(&call->headers, "text", "plain")) {
        return call_show_json_error(call, failure, err);
    }
    const char *text = arena_format(call->arena, "%s\n", failure->message);
    if (text == NULL) {
        return error_no_memory(err);
    }
    return call_respond_text(call, (int)error_http_status(failure->status), "text/plain; charset=utf-8", text, err);
}
