/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A route declares what its requests may hold; anything else is refused by name. A setting that is ignored with a 200
 * would be taken as accepted, and an ignored filter as applied.
 */

#include "surface/surface.h"

#include <string.h>

#define SHOWN_NAME_MAX 80 /* bytes of a client's name that a message quotes */

/* How a name is declared: as "name", or as "name*", which may occur several times. */
enum declared {
    DECLARED_NOT,
    DECLARED_ONCE,
    DECLARED_OFTEN
};

static enum declared find_declared(const char *names, const char *name) {
    struct slice rest = slice_of(names);
    while (rest.length > 0) {
        struct slice word = slice_cut(&rest, ' ');
        bool is_often = word.length > 1 && word.bytes[word.length - 1] == '*';
        word.length -= is_often ? 1 : 0;
        if (slice_equals(word, name)) {
            return is_often ? DECLARED_OFTEN : DECLARED_ONCE;
        }
    }
    return DECLARED_NOT;
}

static bool takes_anything(const char *names) {
    return text_equals(names, "*");
}

/* "the parameter "page" is not known here: known are per_page, after" */
static lreg_status refuse(lreg_status status, const char *code, const char *what, const char *name, const char *names,
                          struct error *err) {
    char list[ERROR_MESSAGE_MAX] = "";
    size_t length = 0;
    struct slice rest = slice_of(names);
    while (rest.length > 0) {
        struct slice word = slice_cut(&rest, ' ');
        word.length -= word.bytes[word.length - 1] == '*' ? 1 : 0;
        if (length + word.length + 3 > sizeof list) {
            break;
        }
        memcpy(list + length, ", ", 2);
        memcpy(list + length + 2, word.bytes, word.length);
        length += word.length + 2;
        list[length] = '\0';
    }
    return error_set(err, status, code, "the %s \"%.*s\" is not known here: %s%s", what,
                     (int)text_utf8_prefix(name, strlen(name), SHOWN_NAME_MAX), name,
                     length > 0 ? "known are " : "none are", length > 0 ? list + 2 : "");
}

static size_t count_parameters(const struct url *url, const char *name) {
    size_t count = 0;
    while (url_parameter_at(url, name, count) != NULL) {
        count++;
    }
    return count;
}

lreg_status call_check_query(const struct call *call, struct error *err) {
    const char *names = call->route->query;
    if (takes_anything(names)) {
        return LREG_OK;
    }
    for (size_t i = 0; i < call->url.parameter_count; i++) {
        const char *name = call->url.parameters[i].name;
        enum declared declared = find_declared(names, name);
        if (declared == DECLARED_NOT && find_declared(call->surface->harmless_query, name) == DECLARED_NOT) {
            return refuse(LREG_BAD_ARGUMENT, "unknown_parameter", "parameter", name, names, err);
        }
        if (declared == DECLARED_ONCE && count_parameters(&call->url, name) > 1) {
            return error_set(err, LREG_BAD_ARGUMENT, "repeated_parameter", "the parameter \"%s\" is there twice", name);
        }
    }
    return LREG_OK;
}

static lreg_status unexpected_body(struct error *err) {
    return error_set(err, LREG_BAD_ARGUMENT, "unexpected_body", "this request takes no body");
}

static lreg_status empty_write(struct call *call, void *state, const void *bytes, size_t length, struct error *err) {
    (void)call;
    (void)state;
    (void)bytes;
    return length > 0 ? unexpected_body(err) : LREG_OK;
}

static lreg_status empty_finish(struct call *call, void *state, struct error *err) {
    (void)state;
    return call->route->handle(call, err);
}

static const struct sink empty_sink = {.write = empty_write, .finish = empty_finish};

lreg_status call_check_body(struct call *call, struct error *err) {
    bool has_meaning = call->method != HTTP_GET && call->method != HTTP_HEAD; /* RFC 9110 section 9.3.1 */
    if (!call->has_body || !has_meaning || call->route->body != NULL) {
        return LREG_OK;
    }
    if (call->has_length) {
        return unexpected_body(err);
    }
    call->sink = &empty_sink; /* proxies send empty chunked bodies */
    return LREG_OK;
}

lreg_status call_check_members(const struct call *call, const json_t *object, const json_t *shown, struct error *err) {
    void *at = json_object_iter((json_t *)object); /* the iterator changes nothing */
    for (; at != NULL; at = json_object_iter_next((json_t *)object, at)) {
        const char *name = json_object_iter_key(at);
        if (find_declared(call->route->body, name) != DECLARED_NOT) {
            continue;
        }
        const json_t *current = json_object_get(shown, name);
        if (current == NULL) {
            return refuse(LREG_UNPROCESSABLE, "unknown_member", "member", name, call->route->body, err);
        }
        if (!json_equal(current, json_object_iter_value(at))) {
            return error_set(err, LREG_UNPROCESSABLE, "member_read_only",
                             "\"%s\" cannot be changed: leave it out, or send it as it is shown now", name);
        }
    }
    return LREG_OK;
}

lreg_status call_check_field(const struct call *call, const char *name, struct error *err) {
    if (find_declared(call->route->body, name) != DECLARED_NOT) {
        return LREG_OK;
    }
    return refuse(LREG_UNPROCESSABLE, "unknown_field", "form field", name, call->route->body, err);
}
