/* SPDX-License-Identifier: Apache-2.0 */
/* The time for measuring ages: it follows the wall clock, but never leaps ahead of the elapsed time. */
#include "core/instance/time.h"
#include "fixture.h"

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

static int64_t advance(struct meta_upkeep *row, int64_t wall_ms, int64_t uptime_ms) {
    core_time_advance(row, wall_ms, uptime_ms);
    return row->believed_ms;
}

static void test_core_time__the_first_that_is_seen_is_believed(void **state) {
    (void)state;
    struct meta_upkeep row = {.uptime_ms = -1};
    assert_int_equal(advance(&row, 500 * DAY, 7), 500 * DAY);
    assert_int_equal(row.uptime_ms, 7);
}

static void test_core_time__it_follows_the_wall_clock(void **state) {
    (void)state;
    struct meta_upkeep row = {.believed_ms = DAY, .uptime_ms = HOUR};
    assert_int_equal(advance(&row, DAY + HOUR, 2 * HOUR), DAY + HOUR);
    assert_int_equal(advance(&row, DAY + HOUR + 1, 2 * HOUR + 1), DAY + HOUR + 1);
}

static void test_core_time__a_leap_counts_twice_what_has_passed(void **state) {
    (void)state;
    struct meta_upkeep row = {.believed_ms = DAY, .uptime_ms = HOUR};
    assert_int_equal(advance(&row, 401 * DAY, 2 * HOUR), DAY + 2 * HOUR);
    assert_int_equal(advance(&row, 401 * DAY, 2 * HOUR), DAY + 2 * HOUR); /* frequent calls do not speed it up */
    assert_int_equal(advance(&row, 401 * DAY, 3 * HOUR), DAY + 4 * HOUR);
}

static void test_core_time__a_clock_that_is_put_back_takes_nothing_away(void **state) {
    (void)state;
    struct meta_upkeep row = {.believed_ms = 100 * DAY, .uptime_ms = HOUR};
    assert_int_equal(advance(&row, DAY, 2 * HOUR), 100 * DAY);
    assert_int_equal(advance(&row, 100 * DAY + HOUR, 3 * HOUR), 100 * DAY + HOUR);
}

static void test_core_time__a_machine_that_was_off_has_a_day_believed(void **state) {
    (void)state;
    struct meta_upkeep row = {.believed_ms = 100 * DAY, .uptime_ms = 50 * DAY};
    assert_int_equal(advance(&row, 102 * DAY, 0), 101 * DAY);
    assert_int_equal(advance(&row, 102 * DAY + HOUR, HOUR), 101 * DAY + 2 * HOUR);
}

static void test_core_time__what_a_host_says_does_not_overflow(void **state) {
    (void)state;
    struct meta_upkeep row = {.believed_ms = DAY, .uptime_ms = 0};
    assert_true(advance(&row, INT64_MAX, INT64_MAX) > DAY);
    row = (struct meta_upkeep){.believed_ms = DAY, .uptime_ms = 5};
    assert_int_equal(advance(&row, 9 * DAY, INT64_MIN), DAY);
}
