/* SPDX-License-Identifier: Apache-2.0 */
/* The arena: alignment, limits, reuse of its block, failing memory. */

#include "base/arena.h"

#include "support/failing_allocator.h"

static struct failing_allocator memory;
static struct hooks hooks;
static struct arena arena;

static int setup(void **state) {
    (void)state;
    failing_allocator_init(&memory);
    hooks_default(&hooks);
    hooks.allocator = failing_allocator_hook(&memory);
    arena_init(&arena, &hooks, 1 << 20);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(&arena);
    return failing_allocator_live_blocks(&memory) == 0 ? 0 : -1;
}

static void test_base_arena__unused_takes_no_memory(void **state) {
    (void)state;
    assert_int_equal(failing_allocator_live_blocks(&memory), 0);
    arena_reset(&arena);
    arena_free(&arena);
    arena_free(&arena);
    arena_free(NULL);
}

static void test_base_arena__allocations_are_aligned_and_apart(void **state) {
    (void)state;
    uint8_t *pieces[200];
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = arena_allocate(&arena, i * 13 % 2500);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        memset(pieces[i], (int)i, i * 13 % 2500);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t byte = 0; byte < i * 13 % 2500; byte++) {
            assert_int_equal(pieces[i][byte], (uint8_t)i);
        }
    }
}

static void test_base_arena__zero_bytes_give_unique_pointers(void **state) {
    (void)state;
    void *a = arena_allocate(&arena, 0);
    void *b = arena_allocate_zeroed(&arena, 0, 5);
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
}

static void test_base_arena__small_requests_share_a_block(void **state) {
    (void)state;
    for (size_t i = 0; i < 100; i++) {
        assert_non_null(arena_allocate(&arena, 32));
    }
    assert_int_equal(failing_allocator_live_blocks(&memory), 1);
    assert_int_equal(failing_allocator_live_bytes(&memory), 4096);
}

static void test_base_arena__large_request_leaves_the_shared_block_in_use(void **state) {
    (void)state;
    char *small = arena_allocate(&arena, 16);
    assert_non_null(arena_allocate(&arena, 100000));
    char *next = arena_allocate(&arena, 16);
    assert_ptr_equal(next, small + 16);
    assert_int_equal(failing_allocator_live_blocks(&memory), 2);
}

static void test_base_arena__reset_keeps_one_ordinary_block(void **state) {
    (void)state;
    (void)arena_allocate(&arena, 100000);
    for (size_t i = 0; i < 1000; i++) {
        (void)arena_allocate(&arena, 100);
    }
    (void)arena_allocate(&arena, 100000);
    assert_true(failing_allocator_live_blocks(&memory) > 10);
    arena_reset(&arena);
    assert_int_equal(failing_allocator_live_blocks(&memory), 1);
    assert_int_equal(failing_allocator_live_bytes(&memory), 4096);
    assert_int_equal(arena.used_bytes, 0);
    failing_allocator_fail_at(&memory, 1, true);
    assert_non_null(arena_allocate(&arena, 4000));
    assert_false(failing_allocator_failed(&memory));
}

static void test_base_arena__reset_with_large_blocks_alone_keeps_none(void **state) {
    (void)state;
    (void)arena_allocate(&arena, 100000);
    (void)arena_allocate(&arena, 50000);
    arena_reset(&arena);
    assert_int_equal(failing_allocator_live_blocks(&memory), 0);
    assert_non_null(arena_allocate(&arena, 10));
}

static void test_base_arena__maximum_is_kept(void **state) {
    (void)state;
    struct arena small;
    arena_init(&small, &hooks, 1024);
    assert_null(arena_allocate(&small, 1025));
    for (size_t i = 0; i < 1024 / 16; i++) {
        assert_non_null(arena_allocate(&small, 16));
    }
    assert_null(arena_allocate(&small, 1));
    assert_null(arena_copy_text(&small, ""));
    arena_reset(&small);
    assert_non_null(arena_allocate(&small, 1024));
    arena_free(&small);
    arena_init(&small, &hooks, 0);
    assert_null(arena_allocate(&small, 0));
    arena_free(&small);
}

static void test_base_arena__overflowing_sizes_give_null(void **state) {
    (void)state;
    struct arena boundless;
    arena_init(&boundless, &hooks, SIZE_MAX);
    assert_null(arena_allocate(&boundless, SIZE_MAX));
    assert_null(arena_allocate(&boundless, SIZE_MAX - 15));
    assert_null(arena_allocate(&boundless, SIZE_MAX - 40));
    assert_null(arena_allocate_zeroed(&boundless, SIZE_MAX / 2 + 1, 2));
    assert_null(arena_copy_bytes(&boundless, "", SIZE_MAX));
    assert_int_equal(boundless.used_bytes, 0);
    arena_free(&boundless);
}

static void test_base_arena__copies_and_formats(void **state) {
    (void)state;
    assert_string_equal(arena_copy_text(&arena, "abc"), "abc");
    assert_string_equal(arena_copy_text(&arena, ""), "");
    assert_null(arena_copy_text(&arena, NULL));
    assert_memory_equal(arena_copy_bytes(&arena, "a\0b", 3), "a\0b", 4);
    assert_string_equal(arena_copy_bytes(&arena, NULL, 0), "");
    assert_string_equal(arena_format(&arena, "%s/%d", "org", 42), "org/42");
    char *longer = arena_format(&arena, "%5000d", 1);
    assert_int_equal(strlen(longer), 5000);
    const uint8_t *zeroed = arena_allocate_zeroed(&arena, 50, 3);
    for (size_t i = 0; i < 150; i++) {
        assert_int_equal(zeroed[i], 0);
    }
}

static void test_base_arena__zeroed_is_zero_in_a_used_block(void **state) {
    (void)state;
    memset(arena_allocate(&arena, 2000), 0xff, 2000);
    arena_reset(&arena);
    const uint8_t *zeroed = arena_allocate_zeroed(&arena, 500, 4);
    for (size_t i = 0; i < 2000; i++) {
        assert_int_equal(zeroed[i], 0);
    }
}

static void test_base_arena__failed_memory_leaves_the_arena_usable(void **state) {
    (void)state;
    failing_allocator_fail_at(&memory, 1, true);
    assert_null(arena_allocate(&arena, 10));
    assert_null(arena_allocate(&arena, 10000));
    assert_null(arena_allocate_zeroed(&arena, 1, 1));
    assert_null(arena_copy_text(&arena, "a"));
    assert_null(arena_copy_bytes(&arena, "a", 1));
    assert_null(arena_format(&arena, "%d", 1));
    assert_int_equal(arena.used_bytes, 0);
    failing_allocator_fail_at(&memory, 0, false);
    assert_string_equal(arena_copy_text(&arena, "a"), "a");
}

/* True when all allocations of the script worked. */
static bool run_script(void) {
    bool whole = true;
    for (size_t i = 0; i < 40; i++) {
        whole &= arena_allocate(&arena, i * 100) != NULL;
        whole &= arena_format(&arena, "%zu", i) != NULL;
    }
    arena_reset(&arena);
    return whole && arena_copy_text(&arena, "again") != NULL;
}

static void test_base_arena__every_nth_allocation_may_fail(void **state) {
    (void)state;
    size_t n = 0;
    do {
        n++;
        failing_allocator_fail_at(&memory, n, false);
        bool whole = run_script();
        assert_int_equal(whole, !failing_allocator_failed(&memory));
        arena_free(&arena);
        assert_int_equal(failing_allocator_live_blocks(&memory), 0);
    } while (failing_allocator_failed(&memory));
    assert_true(n > 10);
}
