/* SPDX-License-Identifier: Apache-2.0 */
/* Upkeep: due work is done in small steps, by one process at a time, and no clock speeds it up. */

#include "store.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* The clock stands still, so a call works until all permitted work is done, except for the limit on scrub reads. */
static struct core_upkeep_report upkeep_with(struct core *core, const struct core_upkeep_options *options) {
    struct core_upkeep_report report;
    struct error err = {0};
    if (core_upkeep(core, options, &report, &err) != LREG_OK) {
        fail_msg("core_upkeep: %s", err.message);
    }
    return report;
}

static struct core_upkeep_options only_collecting(void) {
    struct core_upkeep_options options;
    core_upkeep_options_default(&options);
    options.scrubs = false;
    return options;
}

static struct core_upkeep_report collect_some(struct core *core) {
    const struct core_upkeep_options options = only_collecting();
    return upkeep_with(core, &options);
}

static struct core_upkeep_options only_scrubbing(uint64_t bytes_per_second) {
    struct core_upkeep_options options;
    core_upkeep_options_default(&options);
    options.collects = false;
    options.scrub_bytes_per_second = bytes_per_second;
    return options;
}

static struct meta_upkeep row_of(struct core *core) {
    struct meta_transaction *transaction = NULL;
    struct meta_upkeep row;
    assert_int_equal(meta_begin(core->meta, META_READ, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_upkeep_read(transaction, &row, NULL), LREG_OK);
    meta_rollback(transaction);
    return row;
}

static void test_core_upkeep__collects_when_it_is_due_and_not_before(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a", "x");
    must_delete(&store, "a");
    struct core_upkeep_report report = collect_some(store.core);
    assert_int_equal(report.collected.blobs, 1);
    assert_false(report.has_more);
    assert_string_equal(row_of(store.core).holder, "");
    must_publish(&store, "b", "y");
    must_delete(&store, "b");
    uint64_t commits = meta_commits(store.core->meta);
    report = collect_some(store.core);
    assert_int_equal(report.collected.blobs, 0);
    assert_int_equal(report.next_ms, MINUTE_MS);
    assert_int_equal(meta_commits(store.core->meta), commits); /* an idle one writes nothing */
    fixture_pass_ms(&store.base, HOUR_MS);
    assert_int_equal(collect_some(store.core).collected.blobs, 1);
    store_end(&store);
}

static void test_core_upkeep__a_small_budget_takes_several_calls(void **state) {
    struct store store;
    struct core_upkeep_options options = only_collecting();
    char name[16];
    uint64_t blobs = 0;
    int calls = 0;
    (void)state;
    store_begin(&store);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "%d", i);
        must_publish(&store, name, name);
        must_delete(&store, name);
    }
    options.budget_ms = 0; /* a step in each */
    for (bool more = true; more; calls++) {
        struct core_upkeep_report report = upkeep_with(store.core, &options);
        assert_true(report.collected.blobs <= 64);
        blobs += report.collected.blobs;
        more = report.has_more;
        assert_true(!more || report.next_ms < MINUTE_MS);
    }
    assert_int_equal(blobs, 200);
    assert_true(calls >= 200 / 64);
    assert_sound_and_clean(store.core, 0);
    store_end(&store);
}

/* --- The clock --- */

static void leave_something_of_every_kind(struct store *store) {
    char id[ID_TEXT];
    char name[16];
    assert_int_equal(core_upload_begin(store->core, store->registry, core_actor_host.principal, "app", id, NULL),
                     LREG_OK);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "%d", i);
        must_publish(store, name, name);
    }
}

static void test_core_upkeep__a_clock_that_leaps_removes_nothing(void **state) {
    struct store store;
    struct core_collect_report report;
    (void)state;
    store_begin(&store);
    leave_something_of_every_kind(&store);
    fixture_leap_ms(&store.base, 400 * DAY_MS);
    must_publish(&store, "later", "of the time after the leap");
    report = must_collect(store.core, HOUR_MS);
    assert_int_equal(report.audit_events + report.uploads + report.stages + report.blobs + report.objects, 0);
    struct core_upkeep_report all = collect_some(store.core);
    assert_int_equal(all.collected.audit_events + all.collected.uploads, 0);
    assert_true(all.clock_ahead_ms > 399 * DAY_MS);
    for (int i = 0; i < 48; i++) { /* neither frequent calls nor reopening speed it up */
        fixture_pass_ms(&store.base, HOUR_MS);
        all = collect_some(store.core);
        assert_int_equal(all.collected.audit_events + all.collected.uploads, 0);
    }
    fixture_leap_ms(&store.base, -400 * DAY_MS); /* after the clock is corrected, everything is as before */
    must_publish(&store, "after", "x");
    all = collect_some(store.core);
    assert_int_equal(all.collected.audit_events + all.collected.uploads, 0);
    assert_int_equal(all.clock_ahead_ms, 0);
    store_end(&store);
}

static void test_core_upkeep__what_is_old_in_truth_goes_after_a_leap_too(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    leave_something_of_every_kind(&store);
    fixture_leap_ms(&store.base, 400 * DAY_MS);
    fixture_pass_ms(&store.base, 8 * DAY_MS);
    assert_int_equal(must_collect(store.core, HOUR_MS).uploads, 1);
    store_end(&store);
}

static void test_core_upkeep__a_clock_may_be_trusted_all_the_same(void **state) {
    struct store store;
    struct core_upkeep_options options = only_collecting();
    (void)state;
    store_begin(&store);
    leave_something_of_every_kind(&store);
    fixture_leap_ms(&store.base, 400 * DAY_MS);
    options.collects_now = true;
    options.budget_ms = -1;
    assert_int_equal(upkeep_with(store.core, &options).collected.uploads, 0);
    options.trusts_clock = true;
    struct core_upkeep_report report = upkeep_with(store.core, &options);
    assert_int_equal(report.collected.uploads, 1);
    assert_true(report.collected.audit_events > 20);
    assert_int_equal(report.clock_ahead_ms, 0);
    store_end(&store);
}

/* --- The lease --- */

/* Two instances on one directory, as in two processes; the first has the lease, in the middle of its work. */
static void begin_two(struct store *store, struct core **second) {
    struct core_upkeep_options options = only_collecting();
    store_begin(store);
    must_publish(store, "a", "x");
    must_delete(store, "a");
    options.budget_ms = 0;
    assert_true(upkeep_with(store->core, &options).has_more);
    assert_string_not_equal(row_of(store->core).holder, "");
    *second = store_second(store, 0);
}

static void end_two(struct store *store, struct core *second) {
    core_release(second);
    store_end(store);
}

static void test_core_upkeep__a_second_process_waits_for_its_turn(void **state) {
    struct store store;
    struct core *second = NULL;
    (void)state;
    begin_two(&store, &second);
    struct core_upkeep_report report = collect_some(second);
    assert_true(report.is_elsewhere);
    assert_int_equal(report.collected.blobs, 0);
    assert_true(report.next_ms <= MINUTE_MS);
    assert_int_equal(collect_some(store.core).collected.blobs, 1);
    report = collect_some(second);
    assert_false(report.is_elsewhere); /* it is done: nothing is due */
    assert_false(report.has_more);
    end_two(&store, second);
}

static void test_core_upkeep__a_lease_that_stands_still_is_taken(void **state) {
    struct store store;
    struct core *second = NULL;
    (void)state;
    begin_two(&store, &second);
    assert_true(collect_some(second).is_elsewhere);
    fixture_pass_ms(&store.base, MINUTE_MS - 1);
    assert_true(collect_some(second).is_elsewhere);
    fixture_pass_ms(&store.base, 1);
    struct core_upkeep_report report = collect_some(second);
    assert_false(report.is_elsewhere);
    assert_int_equal(report.collected.blobs, 1);
    end_two(&store, second);
}

static void test_core_upkeep__a_leap_of_the_clock_takes_no_lease(void **state) {
    struct store store;
    struct core *second = NULL;
    (void)state;
    begin_two(&store, &second);
    assert_true(collect_some(second).is_elsewhere);
    fixture_leap_ms(&store.base, 400 * DAY_MS);
    assert_true(collect_some(second).is_elsewhere);
    fixture_leap_ms(&store.base, -800 * DAY_MS);
    assert_true(collect_some(second).is_elsewhere);
    end_two(&store, second);
}

static void test_core_upkeep__a_lease_that_is_renewed_is_not_taken(void **state) {
    struct store store;
    struct core *second = NULL;
    struct core_upkeep_options options = only_collecting();
    (void)state;
    begin_two(&store, &second);
    options.budget_ms = 0;
    for (int i = 0; i < 6; i++) { /* the first is slow, and has more steps than that */
        assert_true(collect_some(second).is_elsewhere);
        fixture_pass_ms(&store.base, MINUTE_MS / 3);
        assert_true(upkeep_with(store.core, &options).has_more);
    }
    end_two(&store, second);
}

static void test_core_upkeep__who_lost_the_lease_stops(void **state) {
    struct store store;
    struct core *second = NULL;
    struct core_upkeep_options options = only_collecting();
    (void)state;
    begin_two(&store, &second);
    options.budget_ms = 0;
    assert_true(collect_some(second).is_elsewhere);
    fixture_pass_ms(&store.base, MINUTE_MS); /* the first was suspended */
    assert_true(upkeep_with(second, &options).has_more);
    assert_true(collect_some(store.core).is_elsewhere);
    assert_null(store.core->upkeep.collection);
    end_two(&store, second);
}

static void test_core_upkeep__who_ends_gives_up_the_lease(void **state) {
    struct store store;
    struct core *second = NULL;
    (void)state;
    begin_two(&store, &second);
    core_upkeep_end(store.core);
    struct core_upkeep_report report = collect_some(second);
    assert_false(report.is_elsewhere);
    assert_int_equal(report.collected.blobs, 1);
    end_two(&store, second);
}

/* --- The scrub --- */

static void test_core_upkeep__the_scrub_reads_so_many_bytes_a_second(void **state) {
    struct store store;
    const size_t size = 4 << 20;
    const struct core_upkeep_options options = only_scrubbing(1 << 20);
    char *large = test_calloc(1, size);
    uint64_t bytes = 0;
    int64_t waited_ms = 0;
    bool more = true;
    (void)state;
    store_begin(&store);
    struct publication this = {.core = store.core, .registry = store.registry, .filename = "large"};
    assert_int_equal(publish_with(&this, large, size, NULL), LREG_OK);
    while (more) {
        struct core_upkeep_report report = upkeep_with(store.core, &options);
        bytes += report.scrubbed.bytes;
        more = report.has_more;
        assert_true(bytes <= (uint64_t)waited_ms * (1 << 20) / 1000 + 512 * 1024);
        fixture_pass_ms(&store.base, more ? report.next_ms : 0);
        waited_ms += more ? report.next_ms : 0;
    }
    assert_int_equal(bytes, size);
    assert_true(waited_ms > 3000);
    assert_true(waited_ms < 6000);
    test_free(large);
    store_end(&store);
}

static void test_core_upkeep__another_process_goes_on_with_the_scrub(void **state) {
    struct store store;
    const struct core_upkeep_options options = only_scrubbing(1000);
    char name[16];
    (void)state;
    store_begin(&store);
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "%d", i);
        must_publish(&store, name, name);
    }
    uint64_t first = 0;
    while (first < 5) {
        struct core_upkeep_report report = upkeep_with(store.core, &options);
        first += report.scrubbed.blobs;
        fixture_pass_ms(&store.base, 1);
    }
    assert_true(first < 10);
    core_upkeep_end(store.core);
    struct core *second = store_second(&store, 0);
    uint64_t rest = 0;
    for (bool more = true; more;) {
        struct core_upkeep_report report = upkeep_with(second, &options);
        rest += report.scrubbed.blobs;
        more = report.has_more;
        fixture_pass_ms(&store.base, 1000);
    }
    assert_int_equal(first + rest, 10);
    assert_false(upkeep_with(store.core, &options).has_more); /* everything was read, for a week */
    fixture_pass_ms(&store.base, 7 * DAY_MS);
    assert_int_equal(upkeep_with(store.core, &options).scrubbed.blobs, 10);
    core_release(second);
    store_end(&store);
}

/* --- Faults --- */

static void test_core_upkeep__each_database_step_may_fail(void **state) {
    struct store store;
    struct core_upkeep_options options;
    (void)state;
    store_begin(&store);
    core_upkeep_options_default(&options);
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        struct core_upkeep_report report;
        must_publish(&store, "gone", "gone");
        must_delete(&store, "gone");
        fixture_pass_ms(&store.base, 8 * DAY_MS);
        steps_arm(&store.steps, n, 10);
        for (int i = 0; i < 4; i++) {
            (void)core_upkeep(store.core, &options, &report, NULL);
        }
        steps_disarm(&store.steps);
        assert_null(store.core->upkeep.collection);
        assert_sound_and_clean(store.core, 0);
    }
    store_end(&store);
}

static void test_core_upkeep__a_second_thread_is_told_to_come_later(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    assert_int_equal(pthread_mutex_lock(&store.core->upkeep.mutex), 0);
    assert_true(collect_some(store.core).is_elsewhere);
    assert_int_equal(pthread_mutex_unlock(&store.core->upkeep.mutex), 0);
    assert_false(collect_some(store.core).is_elsewhere);
    store_end(&store);
}
