/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation through hooks, checked sizes, wiping, the default hooks and the log. */

#include "base/memory.h"

#include "base/text.h"
#include "support/failing_allocator.h"

#include <time.h>

static struct failing_allocator memory;
static struct hooks hooks;

static int setup(void **state) {
    (void)state;
    failing_allocator_init(&memory);
    hooks_default(&hooks);
    hooks.allocator = failing_allocator_hook(&memory);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    return failing_allocator_live_blocks(&memory) == 0 && failing_allocator_live_bytes(&memory) == 0 ? 0 : -1;
}

static void test_base_memory__zero_bytes_give_unique_pointers(void **state) {
    (void)state;
    void *a = memory_allocate(&hooks, 0);
    void *b = memory_allocate_zeroed(&hooks, 0, 8);
    void *c = memory_reallocate(&hooks, NULL, 0, 8);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    assert_ptr_not_equal(a, b);
    assert_ptr_not_equal(b, c);
    c = memory_reallocate(&hooks, c, 5, 0);
    assert_non_null(c);
    memory_release(&hooks, a);
    memory_release(&hooks, b);
    memory_release(&hooks, c);
    memory_release(&hooks, NULL);
}

static void test_base_memory__overflowing_products_give_null(void **state) {
    (void)state;
    void *block = memory_allocate(&hooks, 8);
    assert_null(memory_allocate_zeroed(&hooks, SIZE_MAX / 2 + 1, 2));
    assert_null(memory_reallocate(&hooks, block, SIZE_MAX / 4 + 1, 4));
    assert_null(memory_copy_bytes(&hooks, "", SIZE_MAX));
    memory_release(&hooks, block);
}

static void test_base_memory__zeroed_is_zero_and_reallocate_keeps_bytes(void **state) {
    (void)state;
    uint8_t *bytes = memory_allocate_zeroed(&hooks, 100, 3);
    for (size_t i = 0; i < 300; i++) {
        assert_int_equal(bytes[i], 0);
    }
    memset(bytes, 7, 300);
    bytes = memory_reallocate(&hooks, bytes, 1000, 1);
    assert_int_equal(bytes[299], 7);
    memory_release(&hooks, bytes);
}

static void test_base_memory__copies_end_with_nul(void **state) {
    (void)state;
    char *text = memory_copy_text(&hooks, "abc");
    assert_string_equal(text, "abc");
    char *bytes = memory_copy_bytes(&hooks, "a\0b", 3);
    assert_memory_equal(bytes, "a\0b", 4);
    char *empty = memory_copy_bytes(&hooks, NULL, 0);
    assert_string_equal(empty, "");
    assert_null(memory_copy_text(&hooks, NULL));
    memory_release(&hooks, text);
    memory_release(&hooks, bytes);
    memory_release(&hooks, empty);
}

static void test_base_memory__failing_allocator_gives_null_everywhere(void **state) {
    (void)state;
    void *block = memory_allocate(&hooks, 8);
    failing_allocator_fail_at(&memory, 1, true);
    assert_null(memory_allocate(&hooks, 1));
    assert_null(memory_allocate_zeroed(&hooks, 1, 1));
    assert_null(memory_reallocate(&hooks, NULL, 1, 1));
    assert_null(memory_reallocate(&hooks, block, 100, 1));
    assert_null(memory_copy_text(&hooks, "a"));
    assert_null(memory_copy_bytes(&hooks, "a", 1));
    assert_true(failing_allocator_failed(&memory));
    memory_release(&hooks, block);
}

static void test_base_memory__failing_allocator_fails_the_nth_call_alone(void **state) {
    (void)state;
    failing_allocator_fail_at(&memory, 2, false);
    void *first = memory_allocate(&hooks, 10);
    assert_false(failing_allocator_failed(&memory));
    assert_null(memory_allocate(&hooks, 10));
    void *third = memory_allocate(&hooks, 30);
    assert_non_null(first);
    assert_non_null(third);
    assert_int_equal(failing_allocator_live_blocks(&memory), 2);
    assert_int_equal(failing_allocator_live_bytes(&memory), 40);
    memory_release(&hooks, first);
    memory_release(&hooks, third);
    assert_int_equal(failing_allocator_peak_bytes(&memory), 40);
}

static void test_base_memory__wipe_overwrites(void **state) {
    (void)state;
    char secret[16] = "0123456789abcde";
    memory_wipe(secret + 1, 14);
    assert_int_equal(secret[0], '0');
    for (size_t i = 1; i < 16; i++) {
        assert_int_equal(secret[i], 0);
    }
    memory_wipe(NULL, 0);
    memory_wipe(secret, 0);
    assert_int_equal(secret[0], '0');
}

static void test_base_memory__constant_time_equality_sees_every_bit(void **state) {
    (void)state;
    uint8_t a[40];
    uint8_t b[40];
    for (size_t i = 0; i < sizeof a; i++) {
        a[i] = b[i] = (uint8_t)(i * 7);
    }
    assert_true(memory_equal_constant_time(a, b, sizeof a));
    for (size_t i = 0; i < sizeof a * 8; i++) {
        b[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_false(memory_equal_constant_time(a, b, sizeof a));
        b[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    assert_true(memory_equal_constant_time(NULL, NULL, 0));
}

static void test_base_memory__checked_sizes_refuse_overflow(void **state) {
    (void)state;
    size_t out = 4711;
    assert_false(size_add(SIZE_MAX, 1, &out));
    assert_false(size_add(1, SIZE_MAX, &out));
    assert_false(size_multiply(SIZE_MAX / 2 + 1, 2, &out));
    assert_false(size_multiply(2, SIZE_MAX / 2 + 1, &out));
    assert_false(size_multiply(SIZE_MAX, SIZE_MAX, &out));
    assert_int_equal(out, 4711);
    assert_true(size_add(SIZE_MAX - 1, 1, &out));
    assert_true(out == SIZE_MAX);
    assert_true(size_multiply(SIZE_MAX, 1, &out));
    assert_true(out == SIZE_MAX);
    assert_true(size_multiply(0, SIZE_MAX, &out));
    assert_int_equal(out, 0);
    assert_true(size_multiply(SIZE_MAX, 0, &out));
    assert_int_equal(out, 0);
}

static void test_base_memory__default_hooks_work(void **state) {
    (void)state;
    struct hooks standard;
    hooks_default(&standard);
    assert_int_equal(standard.allocator.size, sizeof(lreg_allocator));
    assert_int_equal(standard.clock.size, sizeof(lreg_clock));
    assert_int_equal(standard.random.size, sizeof(lreg_random));
    assert_int_equal(standard.log.size, sizeof(lreg_log));
    char *text = memory_copy_text(&standard, "a");
    text = memory_reallocate(&standard, text, 100, 1);
    assert_string_equal(text, "a");
    memory_release(&standard, text);
    struct timespec before;
    struct timespec after;
    (void)clock_gettime(CLOCK_REALTIME, &before);
    int64_t now = hooks_now_ms(&standard);
    (void)clock_gettime(CLOCK_REALTIME, &after);
    assert_true(now >= (int64_t)before.tv_sec * 1000 + before.tv_nsec / 1000000);
    assert_true(now <= (int64_t)after.tv_sec * 1000 + after.tv_nsec / 1000000);
    hooks_log(&standard, LREG_LOG_ERROR, "to nobody");
}

static void test_base_memory__default_randomness_fills_all_bytes(void **state) {
    (void)state;
    static uint8_t bytes[100000];
    struct error err = {0};
    assert_int_equal(hooks_random(&hooks, bytes, sizeof bytes, &err), LREG_OK);
    size_t counts[256] = {0};
    for (size_t i = 0; i < sizeof bytes; i++) {
        counts[bytes[i]]++;
    }
    for (size_t i = 0; i < 256; i++) { /* 390 are expected; 200 is ten standard deviations away */
        assert_in_range(counts[i], 200, 600);
    }
    assert_int_equal(hooks_random(&hooks, bytes, 0, &err), LREG_OK);
}

static lreg_status failing_random(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    (void)bytes;
    (void)length;
    return *(lreg_status *)user;
}

static void test_base_memory__failing_randomness_passes_its_status_on(void **state) {
    (void)state;
    lreg_status wanted = 1042;
    hooks.random.fill = failing_random;
    hooks.random.user = &wanted;
    uint8_t bytes[4];
    struct error err = {0};
    assert_int_equal(hooks_random(&hooks, bytes, sizeof bytes, &err), 1042);
    assert_int_equal(err.status, 1042);
    assert_string_equal(err.code, "no_randomness");
    assert_int_equal(hooks_random(&hooks, bytes, sizeof bytes, NULL), 1042);
}

struct logged {
    int calls;
    int32_t level;
    char message[2048];
};

static void keep_line(void *user, int32_t level, const char *message) {
    struct logged *logged = user;
    logged->calls++;
    logged->level = level;
    assert_true(strlen(message) < sizeof logged->message);
    memcpy(logged->message, message, strlen(message) + 1);
}

static void test_base_memory__log_obeys_its_level(void **state) {
    (void)state;
    struct logged logged = {0};
    hooks.log.write = keep_line;
    hooks.log.user = &logged;
    hooks.log.level = LREG_LOG_WARNING;
    hooks_log(&hooks, LREG_LOG_INFO, "not %s", "this");
    assert_int_equal(logged.calls, 0);
    hooks_log(&hooks, LREG_LOG_WARNING, "but %s", "this");
    assert_int_equal(logged.calls, 1);
    assert_int_equal(logged.level, LREG_LOG_WARNING);
    assert_string_equal(logged.message, "but this");
}

static void test_base_memory__log_line_stays_one_line_of_utf8(void **state) {
    (void)state;
    struct logged logged = {0};
    hooks.log.write = keep_line;
    hooks.log.user = &logged;
    hooks_log(&hooks, LREG_LOG_ERROR, "name %s", "x\nERROR forged\r\xff");
    assert_string_equal(logged.message, "name x?ERROR forged??");
    char text[3000];
    memset(text, 'y', sizeof text - 1);
    for (size_t i = 0; i + 3 < sizeof text; i += 3) {
        memcpy(text + i, "\xe2\x82\xac", 3);
    }
    text[sizeof text - 1] = '\0';
    hooks_log(&hooks, LREG_LOG_ERROR, "%s", text);
    assert_int_equal(strlen(logged.message), 1023);
    assert_true(text_is_utf8(logged.message, 1023));
    hooks_log(&hooks, LREG_LOG_ERROR, "z%s", text);
    assert_int_equal(strlen(logged.message), 1021);
    assert_true(text_is_utf8(logged.message, strlen(logged.message)));
}
