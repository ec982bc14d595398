/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of writers: one at a time, in order, with a time limit. Labels: threaded */
#include "meta/sqlite/write_queue_internal.h"

#include <sched.h>

static struct meta_write_queue queue;

static int setup(void **state) {
    (void)state;
    return meta_write_queue_init(&queue) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    assert_false(queue.taken);
    assert_null(queue.first);
    assert_null(queue.last);
    meta_write_queue_free(&queue);
    return 0;
}

static size_t count_waiting(void) {
    pthread_mutex_lock(&queue.mutex);
    size_t count = queue.waiting;
    pthread_mutex_unlock(&queue.mutex);
    return count;
}

static void wait_for_waiting(size_t count) {
    while (count_waiting() != count) {
        sched_yield();
    }
}

static void test_meta_write_queue__a_second_one_gets_in_only_after_the_first_left(void **state) {
    (void)state;
    assert_true(meta_write_queue_enter(&queue, 0));
    assert_false(meta_write_queue_enter(&queue, 0));
    assert_false(meta_write_queue_enter(&queue, 1));
    assert_false(meta_write_queue_enter(&queue, -1));
    meta_write_queue_leave(&queue);
    assert_true(meta_write_queue_enter(&queue, 0));
    meta_write_queue_leave(&queue);
}

struct writer {
    pthread_t thread;
    int32_t timeout_ms;
    bool entered;
    size_t place;
};

static size_t places; /* guarded by the queue itself */

static void *enter_and_leave(void *argument) {
    struct writer *writer = argument;
    writer->entered = meta_write_queue_enter(&queue, writer->timeout_ms);
    if (writer->entered) {
        writer->place = ++places;
        meta_write_queue_leave(&queue);
    }
    return NULL;
}

static void start(struct writer *writer, int32_t timeout_ms) {
    writer->timeout_ms = timeout_ms;
    assert_int_equal(pthread_create(&writer->thread, NULL, enter_and_leave, writer), 0);
}

static void test_meta_write_queue__who_came_first_is_served_first(void **state) {
    (void)state;
    struct writer writers[8] = {0};
    places = 0;
    assert_true(meta_write_queue_enter(&queue, 0));
    for (size_t i = 0; i < 8; i++) {
        start(&writers[i], 60000);
        wait_for_waiting(i + 1);
    }
    meta_write_queue_leave(&queue);
    for (size_t i = 0; i < 8; i++) {
        pthread_join(writers[i].thread, NULL);
        assert_true(writers[i].entered);
        assert_int_equal(writers[i].place, i + 1);
    }
}

static void test_meta_write_queue__whoever_gives_up_leaves_the_line_in_order(void **state) {
    (void)state;
    /* The first, a middle and the last writer give up. */
    static const int32_t timeouts[5] = {20, 60000, 20, 60000, 20};
    struct writer writers[5] = {0};
    places = 0;
    assert_true(meta_write_queue_enter(&queue, 0));
    for (size_t i = 0; i < 5; i++) {
        start(&writers[i], timeouts[i]);
    }
    for (size_t i = 0; i < 5; i += 2) {
        pthread_join(writers[i].thread, NULL);
        assert_false(writers[i].entered);
    }
    wait_for_waiting(2);
    meta_write_queue_leave(&queue);
    for (size_t i = 1; i < 5; i += 2) {
        pthread_join(writers[i].thread, NULL);
        assert_true(writers[i].entered);
    }
    assert_int_equal(places, 2);
}

static void *enter_many_times(void *argument) {
    size_t *counter = argument;
    for (int i = 0; i < 2000; i++) {
        if (meta_write_queue_enter(&queue, 60000)) {
            (*counter)++; /* a race would lose some, and the thread sanitizer would report it */
            meta_write_queue_leave(&queue);
        }
    }
    return NULL;
}

static void test_meta_write_queue__only_one_is_in_at_a_time(void **state) {
    (void)state;
    pthread_t threads[4];
    size_t counter = 0;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, enter_many_times, &counter), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(counter, 8000);
}
