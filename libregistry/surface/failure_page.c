/* SPDX-License-Identifier: Apache-2.0 */

/* Failures as a page, for browsers. */

#include "surface/surface.h"

#include "http/status.h"

#define PAGE_MAX 8192

static void append_escaped(struct strbuf *page, const char *text) {
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            strbuf_append_text(page, "&amp;");
            break;
        case '<':
            strbuf_append_text(page, "&lt;");
            break;
        case '>':
            strbuf_append_text(page, "&gt;");
            break;
        case '"':
            strbuf_append_text(page, "&quot;");
            break;
        default:
            strbuf_append_char(page, *text);
        }
    }
}

static lreg_status show_page(struct call *call, const struct error *failure, struct error *err) {
    int status = error_http_status(failure->status);
    struct strbuf page;
    strbuf_init(&page, call->hooks, PAGE_MAX);
    strbuf_append_format(&page,
                         "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>%d %s</title>\n"
                         "<h1>%d %s</h1>\n<p>",
                         status, status_reason(status), status, status_reason(status));
    append_escaped(&page, failure->message);
    strbuf_append_text(&page, "</p>\n</html>\n");
    lreg_status result = strbuf_status(&page, err);
    if (result == LREG_OK) {
        result = call_respond_text(call, status, "text/html; charset=utf-8", strbuf_text(&page), err);
    }
    if (result == LREG_OK) {
        result = call_header(call, "Content-Security-Policy", "default-src 'none'", err);
    }
    if (result == LREG_OK && failure->status == LREG_UNAUTHENTICATED) {
        result = call_challenge_basic(call, err);
    }
    strbuf_free(&page);
    return result;
}

lreg_status call_show_page_error(struct call *call, const struct error *failure, struct error *err) {
    unsigned page = headers_accept_quality(&call->headers, "text", "html");
    if (page > headers_accept_quality(&call->headers, "text", "plain")) {
        return show_page(call, failure, err);
    }
    return call_show_text_error(call, failure, err);
}
