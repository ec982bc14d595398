/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/*
 * Memory that lives as long as one job (a request, a snapshot) and is freed at once. Created with its maximum: over it
 * allocations give NULL, as when memory is out.
 */

#include "base/memory.h"

struct arena_block;

struct arena {
    const struct hooks *hooks;
    struct arena_block *blocks;
    size_t used_bytes; /* given out, rounded up to the alignment; what `max_bytes` bounds */
    size_t max_bytes;
};

void arena_init(struct arena *arena, const struct hooks *hooks, size_t max_bytes);
void arena_reset(struct arena *arena); /* frees all but one ordinary block, which the next job reuses */
void arena_free(struct arena *arena);

void *arena_allocate(struct arena *arena, size_t bytes); /* aligned for any object; not zeroed */
void *arena_allocate_zeroed(struct arena *arena, size_t count, size_t bytes_each);
char *arena_copy_text(struct arena *arena, const char *text); /* NULL text gives NULL */
char *arena_copy_bytes(struct arena *arena, const void *bytes, size_t length); /* a NUL follows the bytes */
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
