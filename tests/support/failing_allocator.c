/* SPDX-License-Identifier: Apache-2.0 */

/* malloc with a head before each block: the size, and a mark that a wrong release does not have. */

#include "support/failing_allocator.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define MARK_ALIVE UINT64_C(0x6c6976652d6d656d)
#define MARK_DEAD UINT64_C(0x646561642d6d656d)

struct head {
    alignas(max_align_t) uint64_t mark;
    size_t bytes;
};

static bool is_to_fail(struct failing_allocator *allocator) {
    size_t call = atomic_fetch_add(&allocator->calls, 1) + 1;
    size_t fail_at = atomic_load(&allocator->fail_at);
    bool fails = fail_at != 0 && (call == fail_at || (call > fail_at && atomic_load(&allocator->and_later)));
    if (fails) {
        atomic_fetch_add(&allocator->failures, 1);
    }
    return fails;
}

static void count_bytes(struct failing_allocator *allocator, size_t added, size_t removed) {
    atomic_fetch_sub(&allocator->live_bytes, removed);
    size_t live = atomic_fetch_add(&allocator->live_bytes, added) + added;
    size_t peak = atomic_load(&allocator->peak_bytes);
    while (live > peak && !atomic_compare_exchange_weak(&allocator->peak_bytes, &peak, live)) {
    }
}

/* The head of one of our blocks; a test that releases anything else ends here. */
static struct head *head_of(void *memory) {
    struct head *head = (struct head *)memory - 1;
    if (head->mark != MARK_ALIVE) {
        fprintf(stderr, "failing_allocator: %p is no live block\n", memory);
        abort();
    }
    return head;
}

static void *allocate(void *user, size_t bytes) {
    struct failing_allocator *allocator = user;
    if (is_to_fail(allocator) || bytes > SIZE_MAX - sizeof(struct head)) {
        return NULL;
    }
    struct head *head = malloc(sizeof *head + bytes);
    if (head == NULL) {
        return NULL;
    }
    head->mark = MARK_ALIVE;
    head->bytes = bytes;
    atomic_fetch_add(&allocator->live_blocks, 1);
    count_bytes(allocator, bytes, 0);
    return head + 1;
}

static void *reallocate(void *user, void *memory, size_t bytes) {
    struct failing_allocator *allocator = user;
    if (memory == NULL) {
        return allocate(user, bytes);
    }
    struct head *head = head_of(memory);
    size_t before = head->bytes;
    if (is_to_fail(allocator) || bytes > SIZE_MAX - sizeof(struct head)) {
        return NULL;
    }
    struct head *moved = realloc(head, sizeof *moved + bytes);
    if (moved == NULL) {
        return NULL;
    }
    moved->bytes = bytes;
    count_bytes(allocator, bytes, before);
    return moved + 1;
}

static void release(void *user, void *memory) {
    struct failing_allocator *allocator = user;
    if (memory == NULL) {
        return;
    }
    struct head *head = head_of(memory);
    atomic_fetch_sub(&allocator->live_blocks, 1);
    count_bytes(allocator, 0, head->bytes);
    head->mark = MARK_DEAD;
    free(head);
}

void failing_allocator_init(struct failing_allocator *allocator) {
    atomic_init(&allocator->calls, 0);
    atomic_init(&allocator->fail_at, 0);
    atomic_init(&allocator->and_later, false);
    atomic_init(&allocator->failures, 0);
    atomic_init(&allocator->live_blocks, 0);
    atomic_init(&allocator->live_bytes, 0);
    atomic_init(&allocator->peak_bytes, 0);
}

void failing_allocator_fail_at(struct failing_allocator *allocator, size_t n, bool and_later) {
    atomic_store(&allocator->calls, 0);
    atomic_store(&allocator->failures, 0);
    atomic_store(&allocator->and_later, and_later);
    atomic_store(&allocator->fail_at, n);
}

bool failing_allocator_failed(const struct failing_allocator *allocator) {
    return atomic_load(&allocator->failures) > 0;
}

size_t failing_allocator_live_blocks(const struct failing_allocator *allocator) {
    return atomic_load(&allocator->live_blocks);
}

size_t failing_allocator_live_bytes(const struct failing_allocator *allocator) {
    return atomic_load(&allocator->live_bytes);
}

size_t failing_allocator_peak_bytes(const struct failing_allocator *allocator) {
    return atomic_load(&allocator->peak_bytes);
}

lreg_allocator failing_allocator_hook(struct failing_allocator *allocator) {
    lreg_allocator hook = {
        .size = sizeof hook, .user = allocator, .allocate = allocate, .reallocate = reallocate, .release = release};
    return hook;
}
