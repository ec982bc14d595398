/* SPDX-License-Identifier: Apache-2.0 */
/* Work on lent threads: done exactly once, by any thread, and complete when parallel_end returns. Labels: threaded */

#include "base/parallel.h"

#include "support/lent_threads.h"

struct counter {
    pthread_t by;
    unsigned times;
};

static void count(void *argument) {
    struct counter *counter = argument;
    counter->by = pthread_self();
    counter->times++;
}

static void check(unsigned spare, bool by_other) {
    struct hooks hooks;
    struct lent_threads threads;
    struct parallel_work work;
    struct counter counter = {.times = 0};
    hooks_default(&hooks);
    hooks.executor = lent_threads_hook(&threads, spare);
    parallel_begin(&hooks, &work, count, &counter);
    parallel_end(&work);
    assert_int_equal(atomic_load(&threads.asked), 1);
    assert_int_equal(counter.times, 1);
    assert_int_equal(pthread_equal(counter.by, pthread_self()) == 0, by_other);
    lent_threads_join(&threads);
}

static void test_base_parallel__lent_thread_does_it(void **state) {
    (void)state;
    check(1, true);
}

static void test_base_parallel__caller_does_it_when_no_thread_is_to_spare(void **state) {
    (void)state;
    check(0, false);
}

static void test_base_parallel__caller_does_it_when_nobody_lends(void **state) {
    (void)state;
    struct hooks hooks;
    struct parallel_work work;
    struct counter counter = {.times = 0};
    hooks_default(&hooks);
    parallel_begin(&hooks, &work, count, &counter);
    assert_int_equal(counter.times, 0);
    parallel_end(&work);
    assert_int_equal(counter.times, 1);
    assert_true(pthread_equal(counter.by, pthread_self()));
}
