/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which keys are served. */
#include "fair_queue.h"

#include <string.h>

#define ITEMS 64

static struct fair_queue *queue;
static struct fair_item items[ITEMS];
static char names[ITEMS];
static size_t item_count;

static int setup(void **state) {
    (void)state;
    memset(items, 0, sizeof items);
    item_count = 0;
    queue = fair_queue_new(4);
    return queue == NULL ? -1 : 0;
}

static int teardown(void **state) {
    (void)state;
    fair_queue_free(queue);
    return 0;
}

/* Adds `count` items; the key is one letter. */
static void push(char key, unsigned weight, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct fair_item *item = &items[item_count];
        names[item_count] = key;
        item->owner = &names[item_count++];
        assert_true(fair_queue_push(queue, (uint64_t)key, weight, item));
    }
}

/* Serves all items; one with a capital letter costs 10, others 1. Returns the letters in the order of service. */
static const char *serve(size_t count) {
    static char order[ITEMS + 1];
    size_t served = 0;
    while (served < count) {
        struct fair_item *item = fair_queue_take(queue);
        if (item == NULL) {
            break;
        }
        char letter = *(char *)item->owner;
        order[served++] = letter;
        fair_queue_done(queue, item, letter >= 'A' && letter <= 'Z' ? 10 : 1);
    }
    order[served] = '\0';
    return order;
}

static void test_programs_fair_queue__one_key_is_first_in_first_out(void **state) {
    (void)state;
    push('a', 1, 3);
    for (size_t i = 0; i < 3; i++) {
        struct fair_item *item = fair_queue_take(queue);
        assert_ptr_equal(item, &items[i]);
        fair_queue_done(queue, item, 1);
    }
    assert_null(fair_queue_take(queue));
}

static void test_programs_fair_queue__keys_take_turns_however_many_items_they_have(void **state) {
    (void)state;
    push('a', 1, 20);
    push('b', 1, 2);
    push('c', 1, 1);
    assert_string_equal(serve(6), "abcaba");
}

static void test_programs_fair_queue__who_comes_late_is_next(void **state) {
    (void)state;
    push('a', 1, 20);
    (void)serve(10);
    push('b', 1, 1);
    const char *order = serve(2);
    assert_non_null(strchr(order, 'b'));
}

static void test_programs_fair_queue__what_is_dear_has_its_turn_less_often(void **state) {
    (void)state;
    push('A', 1, 20); /* costs ten times as much */
    push('b', 1, 30);
    const char *order = serve(24);
    size_t dear = 0;
    for (const char *at = order; *at != '\0'; at++) {
        dear += *at == 'A' ? 1 : 0;
    }
    assert_in_range(dear, 3, 5);
}

static void test_programs_fair_queue__a_weight_is_a_share(void **state) {
    (void)state;
    push('a', 3, 30);
    push('b', 1, 30);
    const char *order = serve(16);
    size_t heavy = 0;
    for (const char *at = order; *at != '\0'; at++) {
        heavy += *at == 'a' ? 1 : 0;
    }
    assert_in_range(heavy, 11, 13);
}

static void test_programs_fair_queue__one_key_never_has_all_servers(void **state) {
    (void)state;
    struct fair_item *taken[2];
    push('a', 1, 10);
    for (size_t i = 0; i < 2; i++) {
        taken[i] = fair_queue_take(queue);
        assert_non_null(taken[i]);
    }
    assert_null(fair_queue_take(queue)); /* the other two wait: one key gets at most half of the workers */
    push('b', 1, 1);
    struct fair_item *other = fair_queue_take(queue);
    assert_int_equal(*(char *)other->owner, 'b');
    fair_queue_done(queue, other, 1);
    assert_null(fair_queue_take(queue));
    fair_queue_done(queue, taken[0], 1);
    assert_non_null(fair_queue_take(queue));
}

static void test_programs_fair_queue__a_single_server_serves_all(void **state) {
    (void)state;
    fair_queue_free(queue);
    queue = fair_queue_new(1);
    push('a', 1, 2);
    assert_string_equal(serve(5), "aa");
}

static void test_programs_fair_queue__nobody_saves_for_later(void **state) {
    (void)state;
    push('a', 1, 30);
    (void)serve(20);
    push('b', 1, 30); /* has not used anything so far, but still takes turns */
    const char *order = serve(10);
    size_t first = 0;
    for (const char *at = order; *at != '\0'; at++) {
        first += *at == 'a' ? 1 : 0;
    }
    assert_in_range(first, 4, 6);
}

static void test_programs_fair_queue__an_item_may_change_its_key(void **state) {
    (void)state;
    push('a', 1, 1);
    struct fair_item *item = fair_queue_take(queue);
    fair_queue_done(queue, item, 5);
    assert_true(fair_queue_push(queue, 'z', 1, item));
    assert_ptr_equal(fair_queue_take(queue), item);
    fair_queue_done(queue, item, 5);
    assert_null(fair_queue_take(queue));
}

static void test_programs_fair_queue__keys_of_parts_differ(void **state) {
    (void)state;
    uint64_t one = fair_queue_key(queue, fair_queue_key(queue, 0, "a"), "bc");
    uint64_t other = fair_queue_key(queue, fair_queue_key(queue, 0, "ab"), "c");
    assert_true(one != other);
    assert_true(one == fair_queue_key(queue, fair_queue_key(queue, 0, "a"), "bc"));
}
