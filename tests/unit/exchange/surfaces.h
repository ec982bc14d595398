/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_DISPATCH_SURFACES_H
#define UNIT_DISPATCH_SURFACES_H

/* Made-up surfaces: each route shows one ability of handlers. */

#include "http/multipart.h"
#include "surface/surface.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sinks that were begun and not freed, over the whole test. */
static int open_sinks;

/* --- answers --- */

static lreg_status show_text(struct call *call, const struct error *failure, struct error *err) {
    if (failure->status == LREG_UNAUTHENTICATED) {
        lreg_status status = call_challenge_basic(call, err);
        if (status != LREG_OK) {
            return status;
        }
    }
    const char *text = arena_format(call->arena, "%s|%s|%s", call->surface->name, failure->code, failure->message);
    if (text == NULL) {
        return error_no_memory(err);
    }
    return call_respond_text(call, error_http_status(failure->status), "text/plain", text, err);
}

/* Answers with everything that the dispatcher determined. */
static lreg_status answer_facts(struct call *call, struct error *err) {
    const char *text = arena_format(call->arena, "%s %s/%s who=%s base=%s mount=%s from=%s", call->url.path,
                                    call->organization != NULL ? call->organization->row.slug : "-",
                                    call->registry != NULL ? call->registry->row.slug : "-", call->principal.label,
                                    call->base_url, call->mount, call->actor.remote_address);
    return text != NULL ? call_respond_text(call, 200, "text/plain", text, err) : error_no_memory(err);
}

static lreg_status answer_name(struct call *call, struct error *err) {
    return call_respond_text(call, 200, "text/plain", call_parameter(call, "name"), err);
}

static lreg_status answer_list(struct call *call, struct error *err) {
    return call_respond_text(call, 200, "text/plain", "the list", err);
}

static lreg_status answer_image(struct call *call, struct error *err) {
    const char *text = arena_format(call->arena, "image=%s reference=%s", call_parameter(call, "image"),
                                    call_parameter(call, "reference"));
    return text != NULL ? call_respond_text(call, 200, "text/plain", text, err) : error_no_memory(err);
}

static lreg_status answer_nothing(struct call *call, struct error *err) {
    return call_respond(call, 204, err);
}

static lreg_status answer_range(struct call *call, struct error *err) {
    struct representation what = {
        .media_type = "text/plain", .etag = "\"v1\"", .modified_ms = -1, .length = 10, .bytes = "0123456789"};
    return call_respond_representation(call, &what, err);
}

static lreg_status forget_to_answer(struct call *call, struct error *err) {
    (void)call;
    (void)err;
    return LREG_OK;
}

/* /open/fail/{name}: fails with the status of that number, after parts of a response. */
static lreg_status answer_failure(struct call *call, struct error *err) {
    uint64_t status = 0;
    (void)text_parse_u64(slice_of(call_parameter(call, "name")), &status);
    (void)call_header(call, "X-Half-Made", "yes", NULL);
    (void)call_respond_text(call, 200, "text/plain", "half made", NULL);
    return error_set(err, (lreg_status)status, "a_code", "the secret path /var/lib <b>&\"");
}

/* --- sinks --- */

struct tally {
    uint64_t length;
    unsigned char sum;
    unsigned char refuses; /* this byte */
    unsigned char answers; /* at this byte */
};

static lreg_status tally_write(struct call *call, void *state, const void *bytes, size_t length, struct error *err) {
    struct tally *tally = state;
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++) {
        if (at[i] == tally->refuses) {
            return error_set(err, LREG_UNPROCESSABLE, "bad_byte", "a bad byte at %" PRIu64, tally->length);
        }
        if (at[i] == tally->answers) {
            return call_respond_text(call, 202, "text/plain", "enough", err);
        }
        tally->sum = (unsigned char)(tally->sum * 31 + at[i]);
        tally->length++;
    }
    return LREG_OK;
}

static lreg_status tally_finish(struct call *call, void *state, struct error *err) {
    const struct tally *tally = state;
    const char *text = arena_format(call->arena, "%" PRIu64 " bytes, sum %u", tally->length, tally->sum);
    return text != NULL ? call_respond_text(call, 201, "text/plain", text, err) : error_no_memory(err);
}

static void tally_free(struct call *call, void *state) {
    (void)call;
    free(state);
    open_sinks--;
}

static const struct sink tally_sink = {.write = tally_write, .finish = tally_finish, .free = tally_free};

static lreg_status take_tally(struct call *call, struct error *err) {
    (void)err;
    struct tally *tally = calloc(1, sizeof *tally);
    assert_non_null(tally);
    tally->refuses = '!';
    tally->answers = '.';
    call->sink = &tally_sink;
    call->sink_state = tally;
    open_sinks++;
    return LREG_OK;
}

/* Fails after its sink was set. */
static lreg_status take_and_fail(struct call *call, struct error *err) {
    (void)take_tally(call, err);
    return error_set(err, LREG_CONFLICT, "late", "changed my mind");
}

/* Records the content of a form. */
struct form {
    struct multipart *parser;
    struct call *call;
    struct strbuf text;
};

static lreg_status form_begin(void *user, const char *name, const char *filename, const struct headers *headers,
                              struct error *err) {
    (void)headers;
    struct form *form = user;
    strbuf_append_format(&form->text, "[%s %s ", name, filename != NULL ? filename : "-");
    return strbuf_status(&form->text, err);
}

static lreg_status form_data(void *user, const void *bytes, size_t length, struct error *err) {
    struct form *form = user;
    strbuf_append(&form->text, bytes, length);
    return strbuf_status(&form->text, err);
}

static lreg_status form_end(void *user, struct error *err) {
    struct form *form = user;
    strbuf_append_text(&form->text, "]");
    return strbuf_status(&form->text, err);
}

static lreg_status form_write(struct call *call, void *state, const void *bytes, size_t length, struct error *err) {
    (void)call;
    return multipart_write(((struct form *)state)->parser, bytes, length, err);
}

static lreg_status form_finish(struct call *call, void *state, struct error *err) {
    struct form *form = state;
    lreg_status status = multipart_finish(form->parser, err);
    return status == LREG_OK ? call_respond_text(call, 201, "text/plain", strbuf_text(&form->text), err) : status;
}

static void form_free(struct call *call, void *state) {
    (void)call;
    struct form *form = state;
    multipart_free(form->parser);
    strbuf_free(&form->text);
    open_sinks--;
}

static const struct sink form_sink = {.write = form_write, .finish = form_finish, .free = form_free};

static lreg_status take_form(struct call *call, struct error *err) {
    static const struct multipart_limits limits = {.max_parts = 4, .max_part_header_bytes = 512, .max_part_headers = 8};
    struct form *form = arena_allocate_zeroed(call->arena, 1, sizeof *form);
    if (form == NULL) {
        return error_no_memory(err);
    }
    strbuf_init(&form->text, call->hooks, 4096);
    form->call = call;
    call->sink = &form_sink;
    call->sink_state = form;
    open_sinks++;
    const struct multipart_events events = {
        .user = form, .part_begin = form_begin, .part_data = form_data, .part_end = form_end};
    const char *type = headers_find(&call->headers, "Content-Type");
    return multipart_new(call->hooks, type != NULL ? type : "", &limits, &events, &form->parser, err);
}

static lreg_status collected(struct call *call, void *user, const char *bytes, size_t length, struct error *err) {
    (void)user;
    (void)length;
    return call_respond_text(call, 200, "text/plain", bytes, err);
}

static lreg_status take_small(struct call *call, struct error *err) {
    return call_read_body(call, 8, collected, NULL, err);
}

/* --- tables --- */

#define THING "/{organization}/{registry}/things/{name}"

static const struct route things_routes[] = {
    {.methods = HTTP_GET, .pattern = THING, .action = AUTH_ACTION_READ_PACKAGES, .handle = answer_name},
    {.methods = HTTP_PUT, .pattern = THING, .action = AUTH_ACTION_WRITE_PACKAGES, .handle = take_tally, .body = "*"},
    {.methods = HTTP_DELETE, .pattern = THING, .action = AUTH_ACTION_DELETE_PACKAGES, .handle = answer_nothing},
    {.methods = HTTP_GET,
     .pattern = "/{organization}/{registry}/things/list",
     .action = AUTH_ACTION_READ_PACKAGES,
     .handle = answer_list},
    {.methods = HTTP_GET,
     .pattern = "/{organization}/{registry}/facts",
     .action = AUTH_ACTION_READ_PACKAGES,
     .handle = answer_facts},
    {.methods = HTTP_POST,
     .pattern = "/{organization}/{registry}/forms",
     .action = AUTH_ACTION_WRITE_PACKAGES,
     .handle = take_form,
     .body = "*"},
    {.methods = HTTP_GET, .pattern = "/open/facts", .action = AUTH_ACTION_NONE, .handle = answer_facts, .query = "*"},
    {.methods = HTTP_GET, .pattern = "/open/range", .action = AUTH_ACTION_NONE, .handle = answer_range},
    {.methods = HTTP_GET, .pattern = "/open/nothing", .action = AUTH_ACTION_NONE, .handle = answer_nothing},
    {.methods = HTTP_GET, .pattern = "/open/fail/{name}", .action = AUTH_ACTION_NONE, .handle = answer_failure},
    {.methods = HTTP_GET, .pattern = "/open/forgets", .action = AUTH_ACTION_NONE, .handle = forget_to_answer},
    {.methods = HTTP_POST, .pattern = "/open/tally", .action = AUTH_ACTION_NONE, .handle = take_tally, .body = "*"},
    {.methods = HTTP_POST, .pattern = "/open/form", .action = AUTH_ACTION_NONE, .handle = take_form, .body = "*"},
    {.methods = HTTP_POST, .pattern = "/open/small", .action = AUTH_ACTION_NONE, .handle = take_small, .body = "*"},
    {.methods = HTTP_POST, .pattern = "/open/late", .action = AUTH_ACTION_NONE, .handle = take_and_fail, .body = "*"},
};
static const struct surface things_surface = {.name = "things",
                                              .routes = things_routes,
                                              .route_count = sizeof things_routes / sizeof things_routes[0],
                                              .show_error = show_text};

static const struct route images_routes[] = {
    {.methods = HTTP_GET, .pattern = "/v2/", .action = AUTH_ACTION_AUTHENTICATED, .handle = answer_facts},
    {.methods = HTTP_GET,
     .pattern = "/v2/{organization}/{registry}/{image*}/manifests/{reference}",
     .action = AUTH_ACTION_READ_PACKAGES,
     .handle = answer_image,
     .query = "d"},
    {.methods = HTTP_PATCH,
     .pattern = "/v2/{organization}/{registry}/{image*}/uploads/{id}",
     .action = AUTH_ACTION_WRITE_PACKAGES,
     .handle = answer_facts,
     .flags = ROUTE_RESUMES,
     .body = "*"},
};
static const struct surface images_surface = {.name = "images",
                                              .routes = images_routes,
                                              .route_count = sizeof images_routes / sizeof images_routes[0],
                                              .show_error = show_text};

static const struct route alpine_routes[] = {
    {.methods = HTTP_GET,
     .pattern = "/{organization}/{registry}/alpine",
     .action = AUTH_ACTION_READ_PACKAGES,
     .handle = answer_facts},
};
static const struct surface alpine_surface = {
    .name = "alpine", .routes = alpine_routes, .route_count = 1, .show_error = show_text, .ecosystem = "alpine"};

static const struct route manage_routes[] = {
    {.methods = HTTP_GET,
     .pattern = "/v2/packages/organizations/{organization}/registries",
     .action = AUTH_ACTION_READ_REGISTRIES,
     .handle = answer_facts},
};
static const struct surface manage_surface = {
    .name = "manage", .routes = manage_routes, .route_count = 1, .show_error = show_text};

static const struct surface *const all_surfaces[] = {&things_surface, &images_surface, &alpine_surface, &manage_surface,
                                                     NULL};

#endif
