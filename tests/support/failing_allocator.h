/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_FAILING_ALLOCATOR_H
#define SUPPORT_FAILING_ALLOCATOR_H

/*
 * An allocator for tests: it counts live blocks, and fails on request. Several threads may use it at once.
 *
 *     for (size_t n = 1; ; n++) {
 *         failing_allocator_fail_at(&memory, n, false);
 *         status = what_is_tested(&hooks_with_it);
 *         assert_int_equal(failing_allocator_live_blocks(&memory), 0);
 *         if (!failing_allocator_failed(&memory)) break;       // n was after its last allocation
 *     }
 */

#include <libregistry/sys/hooks.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct failing_allocator {
    atomic_size_t calls; /* of allocate and reallocate since the last _fail_at */
    atomic_size_t fail_at;
    atomic_bool and_later;
    atomic_size_t failures;
    atomic_size_t live_blocks;
    atomic_size_t live_bytes;
    atomic_size_t peak_bytes;
};

/* Never fails until told to. Plain memory: nothing to free. */
void failing_allocator_init(struct failing_allocator *allocator);

/* Counts from here on; the `n`-th call (1: the next one; 0: none) returns NULL, with `and_later` every later one too.
 * */
void failing_allocator_fail_at(struct failing_allocator *allocator, size_t n, bool and_later);

/* True when a call failed since the last _fail_at. */
bool failing_allocator_failed(const struct failing_allocator *allocator);

size_t failing_allocator_live_blocks(const struct failing_allocator *allocator);
size_t failing_allocator_live_bytes(const struct failing_allocator *allocator);
size_t failing_allocator_peak_bytes(const struct failing_allocator *allocator);

/* The hook; `allocator` must outlive everything that was allocated with it. */
lreg_allocator failing_allocator_hook(struct failing_allocator *allocator);

#endif
