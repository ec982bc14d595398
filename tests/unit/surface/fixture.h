/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_SURFACE_FIXTURE_H
#define UNIT_SURFACE_FIXTURE_H

/* A call without a dispatcher, as handlers receive it. */

#include "surface/surface.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
    struct hooks hooks;
    struct arena arena;
    struct call call;
};

static inline void fixture_start(struct fixture *fixture, unsigned method) {
    hooks_default(&fixture->hooks);
    arena_init(&fixture->arena, &fixture->hooks, (size_t)1 << 20);
    fixture->call = (struct call){.hooks = &fixture->hooks,
                                  .arena = &fixture->arena,
                                  .method = method,
                                  .mount = "",
                                  .base_url = "https://packages.test/prefix",
                                  .remote_address = ""};
    headers_init(&fixture->call.headers, &fixture->arena);
    headers_init(&fixture->call.response.headers, &fixture->arena);
}

static inline void fixture_end(struct fixture *fixture) {
    call_response_clear(&fixture->call);
    arena_free(&fixture->arena);
}

static inline void fixture_request_field(struct fixture *fixture, const char *name, const char *value) {
    assert_int_equal(headers_add(&fixture->call.headers, name, value, NULL), LREG_OK);
}

/* A field of the response; "" when absent. */
static inline const char *fixture_field(const struct fixture *fixture, const char *name) {
    const char *value = headers_find(&fixture->call.response.headers, name);
    return value != NULL ? value : "";
}

static inline bool fixture_has_field(const struct fixture *fixture, const char *name) {
    return headers_find(&fixture->call.response.headers, name) != NULL;
}

#endif
