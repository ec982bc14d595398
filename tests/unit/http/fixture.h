/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_HTTP_FIXTURE_H
#define UNIT_HTTP_FIXTURE_H

/* An arena on an allocator that counts and can fail, for all tests of this room: `*state` is a struct fixture. */

#include "base/arena.h"
#include "support/failing_allocator.h"

#include <stdlib.h>

struct fixture {
    struct failing_allocator memory;
    struct hooks hooks;
    struct arena arena;
};

#define FIXTURE_ARENA_BYTES ((size_t)4 << 20)

static inline int fixture_setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL) {
        return -1;
    }
    failing_allocator_init(&fixture->memory);
    hooks_default(&fixture->hooks);
    fixture->hooks.allocator = failing_allocator_hook(&fixture->memory);
    arena_init(&fixture->arena, &fixture->hooks, FIXTURE_ARENA_BYTES);
    *state = fixture;
    return 0;
}

static inline int fixture_teardown(void **state) {
    struct fixture *fixture = *state;
    arena_free(&fixture->arena);
    size_t left = failing_allocator_live_blocks(&fixture->memory);
    free(fixture);
    return left == 0 ? 0 : -1;
}

#endif
