/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/*
 * Memory that lives as long as one job (a request, a snapshot) and is freed at once. An arena is created with its
 * maximum. Allocations beyond that return NULL, as when out of memory.
 */

#include "base/memory.h"

struct arena_block;

struct arena {
    const struct hooks *hooks;
    struct arena_block *blocks;
    size_t used_bytes; /* allocated, each rounded up to the alignment; at most `max_bytes` */
    size_t max_bytes;
};

void arena_init(struct arena *arena, const struct hooks *hooks, size_t max_bytes);
void arena_reset(struct arena *arena); /* frees everything; keeps one ordinary block for the next job */
void arena_free(struct arena *arena);

void *arena_allocate(struct arena *arena, size_t bytes); /* aligned for any object; not zeroed */
void *arena_allocate_zeroed(struct arena *arena, size_t count, size_t bytes_each);
char *arena_copy_text(struct arena *arena, const char *text); /* NULL for NULL */
char *arena_copy_bytes(struct arena *arena, const void *bytes, size_t length); /* a NUL follows the bytes */
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
