/* SPDX-License-Identifier: Apache-2.0 */

/* Collects a small request body, such as JSON or a manifest, and hands it over when it is complete. */

#include "surface/surface.h"

#include <inttypes.h>

struct collection {
    struct strbuf body;
    call_body_complete then;
    void *user;
};

static lreg_status too_large(struct error *err, size_t max_bytes) {
    return error_set(err, LREG_TOO_LARGE, "body_too_large",
                     "the request body is larger than the %zu bytes allowed here", max_bytes);
}

static lreg_status collect_write(struct call *call, void *state, const void *bytes, size_t length, struct error *err) {
    (void)call;
    struct collection *collection = state;
    if (length > collection->body.max_length - collection->body.length) {
        return too_large(err, collection->body.max_length);
    }
    strbuf_append(&collection->body, bytes, length);
    return strbuf_status(&collection->body, err);
}

static lreg_status collect_finish(struct call *call, void *state, struct error *err) {
    struct collection *collection = state;
    return collection->then(call, collection->user, strbuf_text(&collection->body), collection->body.length, err);
}

static void collect_free(struct call *call, void *state) {
    (void)call;
    struct collection *collection = state;
    strbuf_free(&collection->body);
}

static const struct sink collect_sink = {.write = collect_write, .finish = collect_finish, .free = collect_free};

lreg_status call_read_body(struct call *call, size_t max_bytes, call_body_complete then, void *user,
                           struct error *err) {
    if (!call->has_body) {
        return then(call, user, "", 0, err);
    }
    if (call->has_length && call->body_length > max_bytes) {
        return too_large(err, max_bytes);
    }
    struct collection *collection = arena_allocate_zeroed(call->arena, 1, sizeof *collection);
    if (collection == NULL) {
        return error_no_memory(err);
    }
    strbuf_init(&collection->body, call->hooks, max_bytes);
    collection->then = then;
    collection->user = user;
    call->sink = &collect_sink;
    call->sink_state = collection;
    return LREG_OK;
}
