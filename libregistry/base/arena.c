/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An arena is a list of blocks. Small requests are cut from the first block. A large request gets a block of its own,
 * which becomes the second, so that the rest of the first stays in use.
 */

#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct arena_block {
    struct arena_block *next;
    size_t capacity;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

#define ALIGNMENT alignof(max_align_t)
#define ORDINARY_CAPACITY (4096 - sizeof(struct arena_block))
#define OWN_BLOCK_FROM (ORDINARY_CAPACITY / 4)

void arena_init(struct arena *arena, const struct hooks *hooks, size_t max_bytes) {
    *arena = (struct arena){.hooks = hooks, .max_bytes = max_bytes};
}

static void release_blocks(const struct hooks *hooks, struct arena_block *block) {
    while (block != NULL) {
        struct arena_block *next = block->next;
        memory_release(hooks, block);
        block = next;
    }
}

void arena_reset(struct arena *arena) {
    struct arena_block *kept = NULL;
    struct arena_block **link = &arena->blocks;
    while (*link != NULL && kept == NULL) {
        if ((*link)->capacity == ORDINARY_CAPACITY) {
            kept = *link;
            *link = kept->next;
        } else {
            link = &(*link)->next;
        }
    }
    release_blocks(arena->hooks, arena->blocks);
    if (kept != NULL) {
        kept->next = NULL;
        kept->used = 0;
    }
    arena->blocks = kept;
    arena->used_bytes = 0;
}

void arena_free(struct arena *arena) {
    if (arena == NULL) {
        return;
    }
    release_blocks(arena->hooks, arena->blocks);
    arena->blocks = NULL;
    arena->used_bytes = 0;
}

static struct arena_block *new_block(struct arena *arena, size_t capacity) {
    size_t bytes = 0;
    if (!size_add(sizeof(struct arena_block), capacity, &bytes)) {
        return NULL;
    }
    struct arena_block *block = memory_allocate(arena->hooks, bytes);
    if (block == NULL) {
        return NULL;
    }
    block->next = NULL;
    block->capacity = capacity;
    block->used = 0;
    return block;
}

static void link_first(struct arena *arena, struct arena_block *block) {
    block->next = arena->blocks;
    arena->blocks = block;
}

static void link_second(struct arena *arena, struct arena_block *block) {
    if (arena->blocks == NULL) {
        link_first(arena, block);
        return;
    }
    block->next = arena->blocks->next;
    arena->blocks->next = block;
}

/* A block with room for `bytes`, which are aligned; NULL when memory is out. */
static struct arena_block *block_for(struct arena *arena, size_t bytes) {
    struct arena_block *first = arena->blocks;
    if (first != NULL && bytes <= first->capacity - first->used) {
        return first;
    }
    bool own = bytes >= OWN_BLOCK_FROM;
    struct arena_block *block = new_block(arena, own ? bytes : ORDINARY_CAPACITY);
    if (block == NULL) {
        return NULL;
    }
    if (own) {
        link_second(arena, block);
    } else {
        link_first(arena, block);
    }
    return block;
}

void *arena_allocate(struct arena *arena, size_t bytes) {
    size_t aligned = 0;
    if (!size_add(bytes > 0 ? bytes : 1, ALIGNMENT - 1, &aligned)) {
        return NULL;
    }
    aligned -= aligned % ALIGNMENT;
    if (aligned > arena->max_bytes - arena->used_bytes) {
        return NULL;
    }
    struct arena_block *block = block_for(arena, aligned);
    if (block == NULL) {
        return NULL;
    }
    void *memory = block->bytes + block->used;
    block->used += aligned;
    arena->used_bytes += aligned;
    return memory;
}

void *arena_allocate_zeroed(struct arena *arena, size_t count, size_t bytes_each) {
    size_t bytes = 0;
    if (!size_multiply(count, bytes_each, &bytes)) {
        return NULL;
    }
    void *memory = arena_allocate(arena, bytes);
    if (memory != NULL) {
        memset(memory, 0, bytes);
    }
    return memory;
}

char *arena_copy_text(struct arena *arena, const char *text) {
    return text != NULL ? arena_copy_bytes(arena, text, strlen(text)) : NULL;
}

char *arena_copy_bytes(struct arena *arena, const void *bytes, size_t length) {
    size_t with_nul = 0;
    if (!size_add(length, 1, &with_nul)) {
        return NULL;
    }
    char *copy = arena_allocate(arena, with_nul);
    if (copy == NULL) {
        return NULL;
    }
    if (length > 0) {
        memcpy(copy, bytes, length);
    }
    copy[length] = '\0';
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return NULL;
    }
    size_t with_nul = (size_t)length + 1;
    char *text = arena_allocate(arena, with_nul);
    if (text == NULL) {
        return NULL;
    }
    va_start(arguments, format);
    int written = vsnprintf(text, with_nul, format, arguments);
    va_end(arguments);
    return written == length ? text : NULL;
}
