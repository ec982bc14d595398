/* SPDX-License-Identifier: Apache-2.0 */
/* The growing buffer: content, maximum, sticky errors, failing memory. */

#include "base/strbuf.h"

#include "support/failing_allocator.h"

static struct failing_allocator memory;
static struct hooks hooks;
static struct strbuf buffer;

static int setup(void **state) {
    (void)state;
    failing_allocator_init(&memory);
    hooks_default(&hooks);
    hooks.allocator = failing_allocator_hook(&memory);
    strbuf_init(&buffer, &hooks, 10000);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    strbuf_free(&buffer);
    return failing_allocator_live_blocks(&memory) == 0 ? 0 : -1;
}

static void test_base_strbuf__new_buffer_is_empty_without_memory(void **state) {
    (void)state;
    assert_null(buffer.bytes);
    assert_string_equal(strbuf_text(&buffer), "");
    assert_int_equal(strbuf_status(&buffer, NULL), LREG_OK);
    assert_int_equal(failing_allocator_live_blocks(&memory), 0);
    strbuf_clear(&buffer);
    strbuf_shorten(&buffer, 0);
    strbuf_free(&buffer);
    strbuf_free(NULL);
}

static void test_base_strbuf__appends_follow_each_other(void **state) {
    (void)state;
    strbuf_append(&buffer, "a\0b", 3);
    strbuf_append_text(&buffer, "cd");
    strbuf_append_text(&buffer, NULL);
    strbuf_append_char(&buffer, 'e');
    strbuf_append_format(&buffer, "[%d|%s]", -5, "x");
    strbuf_append(&buffer, NULL, 0);
    memcpy(strbuf_extend(&buffer, 2), "YZ", 2);
    assert_int_equal(buffer.length, 14);
    assert_memory_equal(buffer.bytes, "a\0bcde[-5|x]YZ", 15);
    assert_int_equal(strbuf_status(&buffer, NULL), LREG_OK);
}

static void test_base_strbuf__grows_to_its_maximum_and_no_further(void **state) {
    (void)state;
    for (size_t i = 0; i < 10000; i++) {
        strbuf_append_char(&buffer, (char)('a' + i % 26));
    }
    assert_int_equal(strbuf_status(&buffer, NULL), LREG_OK);
    assert_int_equal(buffer.length, 10000);
    assert_true(buffer.capacity <= 10001);
    strbuf_append_char(&buffer, 'x');
    struct error err = {0};
    assert_int_equal(strbuf_status(&buffer, &err), LREG_TOO_LARGE);
    assert_int_equal(err.status, LREG_TOO_LARGE);
    assert_non_null(strstr(err.message, "10000"));
    assert_int_equal(buffer.length, 10000);
    for (size_t i = 0; i < 10000; i++) {
        assert_int_equal(buffer.bytes[i], 'a' + i % 26);
    }
}

static void test_base_strbuf__too_large_sticks_and_leaves_the_bytes(void **state) {
    (void)state;
    struct strbuf small;
    strbuf_init(&small, &hooks, 5);
    strbuf_append_text(&small, "abc");
    strbuf_append_text(&small, "def");
    strbuf_append_char(&small, 'd');
    assert_null(strbuf_extend(&small, 0));
    assert_string_equal(strbuf_text(&small), "abc");
    assert_int_equal(strbuf_status(&small, NULL), LREG_TOO_LARGE);
    size_t length = 4711;
    assert_null(strbuf_detach(&small, &length));
    assert_int_equal(length, 4711);
    strbuf_clear(&small);
    assert_int_equal(strbuf_status(&small, NULL), LREG_OK);
    strbuf_append_format(&small, "%s", "12345");
    assert_string_equal(strbuf_text(&small), "12345");
    strbuf_append_format(&small, "%d", 6);
    assert_string_equal(strbuf_text(&small), "12345");
    assert_int_equal(strbuf_status(&small, NULL), LREG_TOO_LARGE);
    strbuf_free(&small);
}

static void test_base_strbuf__maximum_of_zero_takes_nothing(void **state) {
    (void)state;
    struct strbuf none;
    strbuf_init(&none, &hooks, 0);
    strbuf_append(&none, "", 0);
    assert_int_equal(strbuf_status(&none, NULL), LREG_OK);
    strbuf_append_char(&none, 'a');
    assert_int_equal(strbuf_status(&none, NULL), LREG_TOO_LARGE);
    strbuf_free(&none);
}

static void test_base_strbuf__boundless_buffer_survives_absurd_lengths(void **state) {
    (void)state;
    struct strbuf boundless;
    strbuf_init(&boundless, &hooks, SIZE_MAX);
    strbuf_append_text(&boundless, "abc");
    assert_null(strbuf_extend(&boundless, SIZE_MAX));
    assert_int_equal(strbuf_status(&boundless, NULL), LREG_TOO_LARGE);
    strbuf_clear(&boundless);
    strbuf_append_text(&boundless, "abc");
    assert_null(strbuf_extend(&boundless, SIZE_MAX - 5));
    assert_int_equal(strbuf_status(&boundless, NULL), LREG_NO_MEMORY);
    assert_string_equal(strbuf_text(&boundless), "abc");
    strbuf_free(&boundless);
}

static void test_base_strbuf__format_longer_than_the_buffer_grows_it(void **state) {
    (void)state;
    strbuf_append_text(&buffer, "x");
    strbuf_append_format(&buffer, "%3000d", 7);
    assert_int_equal(buffer.length, 3001);
    assert_int_equal(buffer.bytes[3000], '7');
    assert_int_equal(buffer.bytes[3001], '\0');
}

static void test_base_strbuf__clear_keeps_memory(void **state) {
    (void)state;
    strbuf_append_format(&buffer, "%3000d", 7);
    const char *bytes = buffer.bytes;
    strbuf_clear(&buffer);
    assert_string_equal(strbuf_text(&buffer), "");
    strbuf_append_format(&buffer, "%3000d", 8);
    assert_ptr_equal(buffer.bytes, bytes);
}

static void test_base_strbuf__shorten_cuts_and_never_lengthens(void **state) {
    (void)state;
    strbuf_append_text(&buffer, "abcdef");
    strbuf_shorten(&buffer, 3);
    assert_string_equal(strbuf_text(&buffer), "abc");
    strbuf_shorten(&buffer, 5);
    assert_int_equal(buffer.length, 3);
    strbuf_append_char(&buffer, 'x');
    assert_string_equal(strbuf_text(&buffer), "abcx");
}

static void test_base_strbuf__detach_moves_the_bytes_out(void **state) {
    (void)state;
    strbuf_append_text(&buffer, "abc");
    size_t length = 0;
    char *bytes = strbuf_detach(&buffer, &length);
    assert_string_equal(bytes, "abc");
    assert_int_equal(length, 3);
    assert_string_equal(strbuf_text(&buffer), "");
    strbuf_append_text(&buffer, "new");
    assert_string_equal(strbuf_text(&buffer), "new");
    assert_string_equal(bytes, "abc");
    memory_release(&hooks, bytes);
}

static void test_base_strbuf__detach_of_nothing_is_an_empty_text(void **state) {
    (void)state;
    char *bytes = strbuf_detach(&buffer, NULL);
    assert_string_equal(bytes, "");
    memory_release(&hooks, bytes);
    failing_allocator_fail_at(&memory, 1, true);
    assert_null(strbuf_detach(&buffer, NULL));
    assert_int_equal(strbuf_status(&buffer, NULL), LREG_NO_MEMORY);
}

static void test_base_strbuf__failed_memory_sticks_and_leaves_the_bytes(void **state) {
    (void)state;
    strbuf_append_text(&buffer, "abc");
    failing_allocator_fail_at(&memory, 1, false);
    strbuf_append_format(&buffer, "%200d", 1);
    strbuf_append_text(&buffer, "d"); /* would fit */
    assert_string_equal(strbuf_text(&buffer), "abc");
    struct error err = {0};
    assert_int_equal(strbuf_status(&buffer, &err), LREG_NO_MEMORY);
    assert_int_equal(err.status, LREG_NO_MEMORY);
    strbuf_append_format(&buffer, "%20000d", 1);
    assert_int_equal(strbuf_status(&buffer, NULL), LREG_NO_MEMORY); /* the first reason stays */
}

static void run_script(void) {
    for (size_t i = 0; i < 300; i++) {
        strbuf_append_format(&buffer, "%zu,", i);
        strbuf_append(&buffer, "xy", 2);
    }
}

static void test_base_strbuf__every_nth_allocation_may_fail(void **state) {
    (void)state;
    size_t n = 0;
    do {
        n++;
        failing_allocator_fail_at(&memory, n, false);
        run_script();
        bool failed = failing_allocator_failed(&memory);
        assert_int_equal(strbuf_status(&buffer, NULL), failed ? LREG_NO_MEMORY : LREG_OK);
        assert_int_equal(strlen(strbuf_text(&buffer)), buffer.length);
        strbuf_free(&buffer);
        strbuf_init(&buffer, &hooks, 10000);
        assert_int_equal(failing_allocator_live_blocks(&memory), 0);
    } while (failing_allocator_failed(&memory));
    assert_true(n > 4);
}

static void test_base_strbuf__full_buffer_can_be_detached(void **state) {
    (void)state;
    struct strbuf small;
    strbuf_init(&small, &hooks, 5);
    strbuf_append_text(&small, "12345");
    char *bytes = strbuf_detach(&small, NULL);
    assert_string_equal(bytes, "12345");
    memory_release(&hooks, bytes);
}

static void test_base_strbuf__freed_buffer_may_be_filled_again(void **state) {
    (void)state;
    strbuf_append_text(&buffer, "abc");
    strbuf_free(&buffer);
    assert_string_equal(strbuf_text(&buffer), "");
    strbuf_append_text(&buffer, "d");
    assert_string_equal(strbuf_text(&buffer), "d");
    assert_int_equal(buffer.length, 1);
}
