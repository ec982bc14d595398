/* SPDX-License-Identifier: Apache-2.0 */
/* The minimum rate of a body, without a clock: the test supplies the waiting time. */
#include "rate.h"

static const struct rate_limit limit = {.bytes_per_second = 100, .window_ms = 10000};

static void test_programs_rate__a_byte_now_and_then_is_too_slow(void **state) {
    (void)state;
    struct rate rate = {0};
    assert_true(rate_add(&rate, &limit, 5000, 1));
    assert_false(rate_add(&rate, &limit, 5000, 1));
}

static void test_programs_rate__the_rate_itself_is_enough(void **state) {
    (void)state;
    struct rate rate = {0};
    for (int i = 0; i < 100; i++) {
        assert_true(rate_add(&rate, &limit, 1000, 100));
    }
    for (int i = 0; i < 9; i++) {
        assert_true(rate_add(&rate, &limit, 1000, 99));
    }
    assert_false(rate_add(&rate, &limit, 1000, 99));
}

static void test_programs_rate__pauses_within_a_window_are_fine(void **state) {
    (void)state;
    struct rate rate = {0};
    assert_true(rate_add(&rate, &limit, 9999, 0));
    assert_true(rate_add(&rate, &limit, 1, 1000));
}

static void test_programs_rate__a_burst_does_not_pay_for_later_windows(void **state) {
    (void)state;
    struct rate rate = {0};
    assert_true(rate_add(&rate, &limit, 10000, UINT64_C(1) << 40));
    assert_false(rate_add(&rate, &limit, 10000, 10));
}

static void test_programs_rate__time_that_is_not_waited_does_not_count(void **state) {
    (void)state;
    struct rate rate = {0};
    for (int i = 0; i < 1000; i++) {
        assert_true(rate_add(&rate, &limit, 0, 0));
        assert_true(rate_add(&rate, &limit, -5, 0)); /* a clock that goes back */
    }
}

static void test_programs_rate__no_limit_is_none(void **state) {
    (void)state;
    const struct rate_limit none = {.bytes_per_second = 0, .window_ms = 1};
    struct rate rate = {0};
    assert_true(rate_add(&rate, &none, 86400000, 0));
}

static void test_programs_rate__large_numbers_do_not_overflow(void **state) {
    (void)state;
    const struct rate_limit large = {.bytes_per_second = 1000000000, .window_ms = 86400000};
    struct rate rate = {0};
    assert_true(rate_add(&rate, &large, 86399999, UINT64_MAX));
    assert_true(rate_add(&rate, &large, 86400000, UINT64_MAX));
    assert_false(rate_add(&rate, &large, 86400000, 1));
}
