/* SPDX-License-Identifier: Apache-2.0 */

/* What handlers read from their call and add to it: values of the pattern, absolute URLs, fields of the response. */

#include "surface/surface.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Fields that the host and the dispatcher write (RFC 9110 sections 6.6.1, 7.6.1, 8.6). */
static const char *const foreign_fields[] = {"Content-Length", "Date", "Connection", "Transfer-Encoding"};

/* The name of the placeholder in `segment`, without its braces and star; empty for a literal. */
static struct slice placeholder_name(struct slice segment) {
    if (segment.length < 3 || segment.bytes[0] != '{' || segment.bytes[segment.length - 1] != '}') {
        return (struct slice){"", 0};
    }
    struct slice name = {segment.bytes + 1, segment.length - 2};
    if (name.bytes[name.length - 1] == '*') {
        name.length--;
    }
    return name;
}

const char *call_parameter(const struct call *call, const char *name) {
    if (call->route == NULL) {
        return "";
    }
    struct slice rest = slice_of(call->route->pattern);
    size_t index = 0;
    while (rest.length > 0 && index < CALL_PARAMETERS_MAX) {
        struct slice found = placeholder_name(slice_cut(&rest, '/'));
        if (found.length == 0) {
            continue;
        }
        if (slice_equals(found, name)) {
            return call->parameters[index] != NULL ? call->parameters[index] : "";
        }
        index++;
    }
    return "";
}

bool call_defers(struct call *call) {
    call->is_deferred = call->may_defer;
    return call->is_deferred;
}

const char *call_url(struct call *call, const char *path) {
    size_t base = strlen(call->base_url);
    size_t length = strlen(path);
    char *url = arena_allocate(call->arena, base + length + 1);
    if (url == NULL) {
        return NULL;
    }
    memcpy(url, call->base_url, base);
    memcpy(url + base, path, length + 1);
    return url;
}

lreg_status call_header(struct call *call, const char *name, const char *value, struct error *err) {
    for (size_t i = 0; i < sizeof foreign_fields / sizeof foreign_fields[0]; i++) {
        if (text_equals_ignoring_case(name, foreign_fields[i])) {
            return error_set(err, LREG_INTERNAL, "", "a handler set the field %s", foreign_fields[i]);
        }
    }
    return headers_add(&call->response.headers, name, value, err);
}

lreg_status call_header_format(struct call *call, struct error *err, const char *name, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return error_set(err, LREG_INTERNAL, "", "the field %s cannot be written", name);
    }
    size_t room = (size_t)length + 1;
    char *value = arena_allocate(call->arena, room);
    if (value == NULL) {
        return error_no_memory(err);
    }
    va_start(arguments, format);
    (void)vsnprintf(value, room, format, arguments);
    va_end(arguments);
    return call_header(call, name, value, err);
}

lreg_status call_challenge_basic(struct call *call, struct error *err) {
    /* RFC 7617 section 2.1: passwords are read as UTF-8. */
    return call_header(call, "WWW-Authenticate", "Basic realm=\"Package registry\", charset=\"UTF-8\"", err);
}
