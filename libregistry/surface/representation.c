/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Answers with a representation: preconditions first, then the range (RFC 9110 sections 13 and 14), so that 200, 206,
 * 304, 412 and 416 are the same on every surface.
 */

#include "surface/surface.h"

#include "base/clock.h"
#include "http/conditional.h"
#include "http/range.h"

#include <inttypes.h>

static lreg_status add_optional(struct call *call, const char *name, const char *value, struct error *err) {
    return value != NULL ? call_header(call, name, value, err) : LREG_OK;
}

/* Never a date in the future (RFC 9110 section 8.8.2.1): content that was replaced within a second has one. */
static lreg_status add_modified(struct call *call, int64_t modified_ms, struct error *err) {
    if (modified_ms < 0 || modified_ms / 1000 > hooks_now_ms(call->hooks) / 1000) {
        return LREG_OK;
    }
    char text[CLOCK_HTTP_TEXT];
    clock_format_http(modified_ms, text);
    return call_header(call, "Last-Modified", text, err);
}

static lreg_status add_disposition(struct call *call, const char *filename, struct error *err) {
    if (filename == NULL) {
        return LREG_OK;
    }
    const char *value = header_content_disposition(filename, call->arena);
    if (value == NULL) {
        return error_no_memory(err);
    }
    return call_header(call, "Content-Disposition", value, err);
}

/* The fields that 200, 206 and 304 share (RFC 9110 section 15.4.5). */
static lreg_status add_validators(struct call *call, const struct representation *what, struct error *err) {
    lreg_status status = add_optional(call, "ETag", what->etag, err);
    if (status != LREG_OK) {
        return status;
    }
    status = add_modified(call, what->modified_ms, err);
    if (status != LREG_OK) {
        return status;
    }
    return add_optional(call, "Cache-Control", what->cache_control, err);
}

static lreg_status respond_not_modified(struct call *call, const struct representation *what, struct error *err) {
    lreg_status status = add_validators(call, what, err);
    return status == LREG_OK ? call_respond(call, 304, err) : status;
}

/* Shows the failure through the surface here, so that fields can be added to it. */
static lreg_status respond_not_satisfiable(struct call *call, uint64_t total, struct error *err) {
    struct error failure;
    lreg_status status = error_set(&failure, LREG_RANGE, "range_not_satisfiable",
                                   "the range lies outside the %" PRIu64 " bytes of the content", total);
    if (call->surface == NULL || call->surface->show_error == NULL) {
        status = call_respond(call, error_http_status(status), err);
    } else {
        status = call->surface->show_error(call, &failure, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    return call_header_format(call, err, "Content-Range", "bytes */%" PRIu64, total);
}

/* The part of the representation that is sent. */
struct part {
    uint64_t first;
    uint64_t length;
    bool is_whole;
};

static lreg_status add_fields(struct call *call, const struct representation *what, const struct part *part,
                              struct error *err) {
    lreg_status status = call_header(call, "Content-Type", what->media_type, err);
    if (status != LREG_OK) {
        return status;
    }
    status = add_validators(call, what, err);
    if (status != LREG_OK) {
        return status;
    }
    status = add_disposition(call, what->filename, err);
    if (status != LREG_OK) {
        return status;
    }
    status = call_header(call, "Accept-Ranges", "bytes", err);
    if (status != LREG_OK || part->is_whole) {
        return status;
    }
    return call_header_format(call, err, "Content-Range", "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, part->first,
                              part->first + part->length - 1, what->length);
}

/* Sends from the object, which moves into the response, or from the bytes. */
static void set_body(struct response *response, const struct representation *what, const struct part *part,
                     struct storage_object **object) {
    response->length = part->length;
    if (*object != NULL) {
        response->body = BODY_OBJECT;
        response->object_offset = part->first;
        response->object = *object;
        *object = NULL;
        return;
    }
    response->body = BODY_BYTES;
    response->bytes = (const char *)what->bytes + part->first;
    if (what->keep != NULL) {
        core_shared_retain(what->keep);
        response->keep = what->keep;
    }
}

static lreg_status respond_part(struct call *call, const struct representation *what, const struct part *part,
                                struct storage_object **object, struct error *err) {
    lreg_status status = add_fields(call, what, part, err);
    if (status != LREG_OK) {
        return status;
    }
    status = call_respond(call, part->is_whole ? 200 : 206, err);
    if (status != LREG_OK) {
        return status;
    }
    set_body(&call->response, what, part, object);
    return LREG_OK;
}

/* A host that sends files gets the whole file and answers ranges itself. */
static lreg_status leave_to_host(struct call *call, struct storage_object *object, const char **out,
                                 struct error *err) {
    char path[LREG_STORAGE_PATH_MAX + 1];
    bool is_wanted = call->sends_files && call->method == HTTP_GET && object != NULL;
    *out = NULL;
    if (!is_wanted || !storage_object_path(object, path)) {
        return LREG_OK;
    }
    *out = arena_copy_text(call->arena, path);
    return *out != NULL ? LREG_OK : error_no_memory(err);
}

static lreg_status respond_proceed(struct call *call, const struct representation *what, bool use_range,
                                   struct storage_object **object, struct error *err) {
    struct part part = {.length = what->length, .is_whole = true};
    const char *file_path = NULL;
    lreg_status status = leave_to_host(call, *object, &file_path, err);
    if (status != LREG_OK) {
        return status;
    }
    /* Range is defined for GET alone (RFC 9110 section 14.2). */
    if (use_range && call->method == HTTP_GET && file_path == NULL) {
        const char *range = headers_find(&call->headers, "Range");
        enum range_result result = range_parse(range, what->length, &part.first, &part.length);
        if (result == RANGE_NOT_SATISFIABLE) {
            return respond_not_satisfiable(call, what->length, err);
        }
        part.is_whole = result == RANGE_WHOLE;
    }
    status = respond_part(call, what, &part, object, err);
    call->response.file_path = status == LREG_OK ? file_path : NULL;
    return status;
}

static lreg_status respond(struct call *call, const struct representation *what, struct storage_object **object,
                           struct error *err) {
    bool is_read = (call->method & (HTTP_GET | HTTP_HEAD)) != 0;
    bool use_range = false;
    switch (conditional_evaluate(&call->headers, is_read, what->etag, what->modified_ms, &use_range)) {
    case CONDITIONAL_NOT_MODIFIED:
        return respond_not_modified(call, what, err);
    case CONDITIONAL_PRECONDITION_FAILED:
        return error_set(err, LREG_PRECONDITION_FAILED, "precondition_failed",
                         "a precondition of the request does not hold");
    case CONDITIONAL_PROCEED:
        break;
    }
    return respond_proceed(call, what, use_range, object, err);
}

lreg_status call_respond_representation(struct call *call, const struct representation *what, struct error *err) {
    struct storage_object *object = what->object;
    lreg_status status = respond(call, what, &object, err);
    storage_object_close(object);
    return status;
}

#define TEXT_OF_VALUE(value) #value
#define TEXT_OF(value) TEXT_OF_VALUE(value)

const char *call_cache_control(const struct call *call, bool is_fixed) {
    if (call->registry->row.is_public) {
        return is_fixed ? "public, max-age=" TEXT_OF(CALL_SHARED_CACHE_SECONDS) ", must-revalidate"
                        : "public, no-cache";
    }
    return is_fixed ? "private, max-age=31536000, immutable" : "private, no-cache";
}
