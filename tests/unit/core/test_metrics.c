/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of an instance: buckets, bounds, many threads, forks, failures of the database. Labels: threaded */
#include "store.h"

#include "core/metrics.h"

#include <pthread.h>

static struct store store;

static int setup(void **state) {
    (void)state;
    store_begin(&store);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    store_end(&store);
    return 0;
}

static struct core_counts counts(void) {
    struct core_counts found;
    core_metrics_sum(store.core, &found);
    return found;
}

static void test_core_metrics__a_duration_is_in_the_first_bucket_that_holds_it(void **state) {
    (void)state;
    core_metrics_count_request(store.core, CORE_METRIC_OTHER, 200, -5);
    core_metrics_count_request(store.core, CORE_METRIC_OTHER, 200, 100000);
    core_metrics_count_request(store.core, CORE_METRIC_OTHER, 200, 100001);
    core_metrics_count_request(store.core, CORE_METRIC_OTHER, 200, INT64_C(60000000001));
    struct core_counts found = counts();
    assert_int_equal(found.durations[CORE_METRIC_OTHER][0], 2);
    assert_int_equal(found.durations[CORE_METRIC_OTHER][1], 1);
    assert_int_equal(found.durations[CORE_METRIC_OTHER][CORE_METRIC_BOUNDS], 1);
    assert_int_equal(found.duration_ns[CORE_METRIC_OTHER], 200001 + UINT64_C(60000000001));
}

static void test_core_metrics__unknown_statuses_and_codes_are_others(void **state) {
    (void)state;
    struct error failure = {.status = LREG_TOO_LARGE, .code = "a_new_limit"};
    core_metrics_count_request(store.core, CORE_METRIC_OTHER, 299, 0);
    core_metrics_count_failure(store.core, &failure);
    failure = (struct error){.status = LREG_NOT_FOUND, .code = "a_new_limit"};
    core_metrics_count_failure(store.core, &failure); /* no limit */
    failure = (struct error){.status = LREG_BAD_ARGUMENT, .code = "json_too_deep"};
    core_metrics_count_failure(store.core, &failure);
    struct core_counts found = counts();
    assert_int_equal(found.requests[CORE_METRIC_OTHER][CORE_METRIC_STATUSES - 1], 1);
    assert_int_equal(found.refusals[CORE_METRIC_REFUSALS - 1], 1);
    uint64_t all = 0;
    for (size_t i = 0; i < CORE_METRIC_REFUSALS; i++) {
        all += found.refusals[i];
        assert_true(i == 0 || i == CORE_METRIC_REFUSALS - 1 ||
                    strcmp(core_metric_refusals[i - 1], core_metric_refusals[i]) < 0);
    }
    assert_int_equal(all, 2);
}

static void test_core_metrics__surfaces_above_the_bound_are_others(void **state) {
    (void)state;
    static const char *const names[] = {"s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t number = core_metrics_add_surface(store.core, names[i]);
        assert_int_equal(number, i + 1 < CORE_METRIC_SURFACES ? i + 1 : CORE_METRIC_OTHER);
        assert_int_equal(core_metrics_add_surface(store.core, names[i]), number);
    }
    assert_string_equal(core_metrics_surface(store.core, CORE_METRIC_OTHER), "other");
    assert_int_equal(core_metrics_add_surface(store.core, "other"), CORE_METRIC_OTHER);
}

#define THREADS 8
#define ROUNDS 2000

static void *count_much(void *argument) {
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        core_metrics_count_request(store.core, CORE_METRIC_OTHER, 200, i);
        core_metrics_count_sent(store.core, CORE_METRIC_OTHER, 3);
        core_metrics_count(store.core, CORE_COUNT_METADATA_HITS, 1);
    }
    return NULL;
}

static void test_core_metrics__no_count_of_many_threads_is_lost(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    uint64_t hits = counts().counters[CORE_COUNT_METADATA_HITS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_much, NULL), 0);
    }
    (void)counts(); /* beside them */
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    struct core_counts found = counts();
    assert_int_equal(found.requests[CORE_METRIC_OTHER][0], THREADS * ROUNDS);
    assert_int_equal(found.sent_bytes[CORE_METRIC_OTHER], 3 * THREADS * ROUNDS);
    assert_int_equal(found.counters[CORE_COUNT_METADATA_HITS] - hits, THREADS * ROUNDS);
    core_metrics_restart(store.core);
    found = counts();
    assert_int_equal(found.requests[CORE_METRIC_OTHER][0], 0);
    assert_int_equal(found.start_ms, hooks_now_ms(core_hooks(store.core)));
}

static const struct core_metric *find(const struct core_metric *metrics, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(metrics[i].name, name) == 0) {
            return &metrics[i];
        }
    }
    return NULL;
}

/* The samples of a family follow each other, and their names begin with its name. */
static void check_order(const struct core_metric *metrics, size_t count) {
    for (size_t i = 1; i < count; i++) {
        const struct core_metric_family *family = metrics[i].family;
        assert_true(strncmp(metrics[i].name, family->name, strlen(family->name)) == 0);
        for (size_t k = 0; family != metrics[i - 1].family && k < i; k++) {
            assert_ptr_not_equal(metrics[k].family, family);
        }
    }
}

static void test_core_metrics__a_database_that_fails_is_told_and_left_out(void **state) {
    (void)state;
    const struct core_metrics_filter filter = {.prefix = ""};
    struct core_metric *metrics = NULL;
    size_t count = 0;
    struct arena arena;
    arena_init(&arena, core_hooks(store.core), (size_t)1 << 20);
    assert_int_equal(core_metrics_read(store.core, &filter, &arena, &metrics, &count, NULL), LREG_OK);
    check_order(metrics, count);
    assert_int_equal(find(metrics, count, "libregistry_database_up")->value, 1);
    assert_non_null(find(metrics, count, "libregistry_storage_objects"));
    for (uint64_t at = 1; at <= 3; at++) {
        steps_arm(&store.steps, at, 10); /* SQLITE_IOERR */
        assert_int_equal(core_metrics_read(store.core, &filter, &arena, &metrics, &count, NULL), LREG_OK);
        steps_arm(&store.steps, 0, 0);
        check_order(metrics, count);
        assert_int_equal(find(metrics, count, "libregistry_database_up")->value, 0);
        assert_null(find(metrics, count, "libregistry_storage_objects"));
        assert_non_null(find(metrics, count, "libregistry_http_requests_total"));
    }
    arena_free(&arena);
}
