/* SPDX-License-Identifier: Apache-2.0 */
/* Reference-counted objects and the cache that holds them. Labels: threaded */
#include "unit/core/fixture.h"

#include "core/instance/state.h"

#include <pthread.h>

static struct fixture fixture;

static int setup(void **state) {
    (void)state;
    fixture_open_memory(&fixture);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fixture_close(&fixture);
    return 0;
}

/* An object that counts its destruction. */
struct probe {
    atomic_int *ended;
    int value;
};

static void end_probe(void *object) {
    struct probe *probe = object;
    if (probe->ended != NULL) {
        atomic_fetch_add(probe->ended, 1);
    }
}

static struct core_shared *new_probe(int value, atomic_int *ended) {
    void *object = NULL;
    struct core_shared *shared = NULL;
    assert_int_equal(core_shared_new(fixture.core, sizeof(struct probe), end_probe, &object, &shared, NULL), LREG_OK);
    assert_ptr_equal(object, core_shared_object(shared));
    *(struct probe *)object = (struct probe){ended, value};
    return shared;
}

/* Adds a probe that only the cache references. */
static void put(const char *key, uint64_t generation, int value, size_t bytes, atomic_int *ended) {
    struct core_shared *shared = new_probe(value, ended);
    core_cache_put(fixture.core, key, generation, shared, bytes);
    core_shared_release(shared);
}

/* The value under the key; -1 when there is none. */
static int find(const char *key, uint64_t generation) {
    struct core_shared *shared = core_cache_find(fixture.core, key, generation);
    if (shared == NULL) {
        return -1;
    }
    int value = ((struct probe *)core_shared_object(shared))->value;
    core_shared_release(shared);
    return value;
}

static void open_with_cache_of(size_t bytes) {
    fixture.options.limits.cache_bytes = bytes;
    fixture_reopen(&fixture);
}

static void test_core_cache__an_object_ends_with_its_last_reference(void **state) {
    (void)state;
    atomic_int ended = 0;
    struct core_shared *shared = new_probe(1, &ended);
    core_shared_retain(shared);
    core_shared_release(shared);
    assert_int_equal(ended, 0);
    core_shared_release(shared);
    assert_int_equal(ended, 1);
    core_shared_release(NULL);
}

static void test_core_cache__an_object_begins_as_zeroes_and_has_an_arena(void **state) {
    (void)state;
    static const char zeroes[500];
    void *object = NULL;
    struct core_shared *shared = NULL;
    assert_int_equal(core_shared_new(fixture.core, sizeof(zeroes), NULL, &object, &shared, NULL), LREG_OK);
    assert_memory_equal(object, zeroes, sizeof(zeroes));
    size_t before = core_shared_bytes(shared);
    assert_non_null(arena_allocate(core_shared_arena(shared), 100000));
    assert_true(core_shared_bytes(shared) >= before + 90000);
    core_shared_release(shared);
}

static void test_core_cache__an_object_may_outlive_its_instance(void **state) {
    (void)state;
    atomic_int ended = 0;
    put("key", 1, 5, 100, &ended);
    struct core_shared *shared = core_cache_find(fixture.core, "key", 1);
    assert_non_null(shared);
    fixture_reopen(&fixture);
    assert_int_equal(ended, 0);
    assert_int_equal(((struct probe *)core_shared_object(shared))->value, 5);
    core_shared_release(shared);
    assert_int_equal(ended, 1);
}

static void test_core_cache__an_entry_holds_at_its_generation_only(void **state) {
    (void)state;
    put("key", 7, 1, 100, NULL);
    assert_int_equal(find("key", 7), 1);
    assert_int_equal(find("key", 8), -1);
    assert_int_equal(find("key", 6), -1);
    assert_int_equal(find("other", 7), -1);
    assert_int_equal(find("", 7), -1);
}

static void test_core_cache__the_last_one_put_replaces_the_one_before(void **state) {
    (void)state;
    atomic_int ended = 0;
    put("key", 1, 1, 100, &ended);
    put("key", 2, 2, 100, NULL);
    assert_int_equal(ended, 1);
    assert_int_equal(find("key", 1), -1);
    assert_int_equal(find("key", 2), 2);
}

static void test_core_cache__the_least_recently_used_one_goes(void **state) {
    (void)state;
    open_with_cache_of(4000);
    put("a", 1, 1, 1000, NULL);
    put("b", 1, 2, 1000, NULL);
    put("c", 1, 3, 1000, NULL);
    assert_int_equal(find("a", 1), 1);
    put("d", 1, 4, 1000, NULL);
    assert_int_equal(find("b", 1), -1);
    assert_int_equal(find("a", 1), 1);
    assert_int_equal(find("c", 1), 3);
    assert_int_equal(find("d", 1), 4);
}

static void test_core_cache__a_large_one_pushes_out_several_and_a_huge_one_none(void **state) {
    (void)state;
    atomic_int ended = 0;
    open_with_cache_of(4000);
    for (int i = 0; i < 3; i++) {
        char key[2] = {(char)('a' + i), '\0'};
        put(key, 1, i, 1000, &ended);
    }
    put("huge", 1, 9, 4000, NULL); /* with the size of the entry itself it exceeds the limit */
    assert_int_equal(find("huge", 1), -1);
    assert_int_equal(ended, 0);
    put("large", 1, 8, 3800, NULL);
    assert_int_equal(ended, 3);
    assert_int_equal(find("large", 1), 8);
}

static void test_core_cache__memory_stays_within_the_bound(void **state) {
    (void)state;
    atomic_int ended = 0;
    open_with_cache_of(100000);
    for (int i = 0; i < 2000; i++) {
        char key[32];
        snprintf(key, sizeof(key), "key %d", i);
        put(key, 1, i, 1000, &ended);
        assert_int_equal(find(key, 1), i);
    }
    assert_true(ended >= 1900);
    assert_int_equal(find("key 1999", 1), 1999);
    fixture_reopen(&fixture);
    assert_int_equal(ended, 2000);
}

static void test_core_cache__a_bound_of_nothing_keeps_nothing(void **state) {
    (void)state;
    open_with_cache_of(0);
    put("key", 1, 1, 0, NULL);
    assert_int_equal(find("key", 1), -1);
}

static void test_core_cache__long_keys_are_told_apart(void **state) {
    (void)state;
    char key[3000];
    memset(key, 'k', sizeof(key));
    key[sizeof(key) - 1] = '\0';
    put(key, 1, 1, 100, NULL);
    key[sizeof(key) - 2] = 'x';
    assert_int_equal(find(key, 1), -1);
    put(key, 1, 2, 100, NULL);
    assert_int_equal(find(key, 1), 2);
    key[sizeof(key) - 2] = 'k';
    assert_int_equal(find(key, 1), 1);
}

/* --- reading through the cache --- */

struct reading {
    int reads;
    lreg_status status;
};

static lreg_status read_probe(struct core *core, struct meta_transaction *transaction, const void *arguments,
                              struct core_shared *shared, struct error *err) {
    struct reading *reading = *(struct reading *const *)arguments;
    struct probe *probe = core_shared_object(shared);
    (void)core;
    (void)err;
    assert_non_null(transaction);
    probe->value = ++reading->reads;
    return reading->status;
}

static const struct core_lookup lookup = {
    .object_bytes = sizeof(struct probe), .destroy = end_probe, .read = read_probe};

static lreg_status read_through(struct reading *reading, int *out_value) {
    struct core_shared *shared = NULL;
    lreg_status status = core_find_cached(fixture.core, &lookup, "probe", &reading, &shared, NULL);
    *out_value = shared == NULL ? -1 : ((struct probe *)core_shared_object(shared))->value;
    core_shared_release(shared);
    return status;
}

static void test_core_cache__a_thing_is_read_once_until_something_changes(void **state) {
    (void)state;
    struct reading reading = {0, LREG_OK};
    int value = 0;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(read_through(&reading, &value), LREG_OK);
        assert_int_equal(value, 1);
    }
    core_organization_release(fixture_organization(fixture.core, "any-change"));
    assert_int_equal(read_through(&reading, &value), LREG_OK);
    assert_int_equal(value, 2);
}

static void test_core_cache__what_was_not_found_is_looked_for_again(void **state) {
    (void)state;
    struct reading reading = {0, LREG_NOT_FOUND};
    int value = 0;
    assert_int_equal(read_through(&reading, &value), LREG_NOT_FOUND);
    assert_int_equal(read_through(&reading, &value), LREG_NOT_FOUND);
    assert_int_equal(value, -1);
    assert_int_equal(reading.reads, 2);
    reading.status = LREG_OK;
    assert_int_equal(read_through(&reading, &value), LREG_OK);
    assert_int_equal(value, 3);
}

/* --- threads --- */

static void *use_cache(void *argument) {
    atomic_int *ended = argument;
    for (int i = 0; i < 3000; i++) {
        char key[32];
        snprintf(key, sizeof(key), "key %d", i % 60);
        put(key, (uint64_t)(i % 3), i % 60, 500, ended);
        int value = find(key, (uint64_t)(i % 3));
        if (value != -1 && value != i % 60) {
            return argument;
        }
    }
    return NULL;
}

static void test_core_cache__many_threads_use_it_at_once(void **state) {
    (void)state;
    atomic_int ended = 0;
    pthread_t threads[8];
    open_with_cache_of(20000);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, use_cache, &ended), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    fixture_reopen(&fixture);
    assert_int_equal(ended, 8 * 3000);
}
