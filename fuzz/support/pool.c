/* SPDX-License-Identifier: Apache-2.0 */

/* Gives SQLite memory from a pool. Each input opens a database of its own, and thousands of small allocations through
 * the sanitizer's allocator would take half of the time. The memory that SQLite keeps is counted at the end of each
 * input. Reads of memory that SQLite has freed are detected when the corpora are played, because that runs without the
 * pool. */

#include "support/fuzzer.h"

#include <sqlite3.h>

#define CLASSES 12 /* 32 bytes to 64 KiB */
#define SMALLEST ((size_t)32)
#define CHUNK ((size_t)1 << 20)

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Precedes each piece. */
union head {
    struct {
        union head *next; /* the free pieces */
        size_t bytes; /* space after the head */
    } is;
    char room[16];
};

static union head *spare[CLASSES];
static char *fresh;
static size_t fresh_left;

static size_t class_of(size_t bytes) {
    size_t kind = 0;
    while (kind < CLASSES && SMALLEST << kind < bytes) {
        kind++;
    }
    return kind;
}

static union head *cut(size_t kind) {
    size_t length = sizeof(union head) + (SMALLEST << kind);
    if (fresh_left < length) {
        fresh = malloc(CHUNK); /* for the life of the process */
        fresh_left = fresh != NULL ? CHUNK : 0;
    }
    if (fresh == NULL) {
        return NULL;
    }
    union head *head = (union head *)(void *)fresh;
    fresh += length;
    fresh_left -= length;
    head->is.bytes = SMALLEST << kind;
    return head;
}

static void *pool_allocate(int bytes) {
    size_t kind = class_of((size_t)bytes);
    union head *head = NULL;
    if (kind == CLASSES) {
        head = malloc(sizeof *head + (size_t)bytes);
        if (head != NULL) {
            head->is.bytes = (size_t)bytes;
        }
    } else if (spare[kind] != NULL) {
        head = spare[kind];
        spare[kind] = head->is.next;
    } else {
        head = cut(kind);
    }
    return head != NULL ? head + 1 : NULL;
}

static void pool_free(void *memory) {
    union head *head = (union head *)memory - 1;
    size_t kind = class_of(head->is.bytes);
    if (kind == CLASSES) {
        free(head);
        return;
    }
    head->is.next = spare[kind];
    spare[kind] = head;
}

static int pool_size(void *memory) {
    return memory != NULL ? (int)((union head *)memory - 1)->is.bytes : 0;
}

static void *pool_reallocate(void *memory, int bytes) {
    if ((size_t)bytes <= (size_t)pool_size(memory)) {
        return memory;
    }
    void *larger = pool_allocate(bytes);
    if (larger != NULL) {
        memcpy(larger, memory, (size_t)pool_size(memory));
        pool_free(memory);
    }
    return larger;
}

static int pool_round_up(int bytes) {
    size_t kind = class_of((size_t)bytes);
    return kind < CLASSES ? (int)(SMALLEST << kind) : (bytes + 7) & ~7;
}

static int pool_begin(void *user) {
    (void)user;
    return SQLITE_OK;
}

static void pool_end(void *user) {
    (void)user;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    static const sqlite3_mem_methods methods = {.xMalloc = pool_allocate,
                                                .xFree = pool_free,
                                                .xRealloc = pool_reallocate,
                                                .xSize = pool_size,
                                                .xRoundup = pool_round_up,
                                                .xInit = pool_begin,
                                                .xShutdown = pool_end};
    (void)argc;
    (void)argv;
    expect(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
    return 0;
}
