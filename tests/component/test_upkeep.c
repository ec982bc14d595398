/* SPDX-License-Identifier: Apache-2.0 */
/* Upkeep through the C API: arguments, a clock that leaps, and two instances on one directory. */
#include "fixture.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static lreg_upkeep_report keep_up(lreg_instance *instance, const lreg_upkeep_options *options) {
    lreg_upkeep_report report = {.size = sizeof report};
    lreg_error *err = NULL;
    CHECK(lreg_upkeep(instance, options, &report, &err), err);
    return report;
}

static void test_component_upkeep__bad_arguments_are_refused(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    lreg_upkeep_report small = {.size = sizeof small - 1};
    lreg_upkeep_options options = {.size = sizeof options - 1};
    fixture_open_memory(&fixture);
    EXPECT(lreg_upkeep(NULL, NULL, NULL, &err), &err, LREG_BAD_ARGUMENT, "null_argument");
    EXPECT(lreg_upkeep(fixture.instance, NULL, &small, &err), &err, LREG_BAD_ARGUMENT, "struct_too_small");
    EXPECT(lreg_upkeep(fixture.instance, &options, NULL, &err), &err, LREG_BAD_ARGUMENT, "struct_too_small");
    options = (lreg_upkeep_options){.size = sizeof options, .flags = 1U << 31};
    EXPECT(lreg_upkeep(fixture.instance, &options, NULL, &err), &err, LREG_BAD_ARGUMENT, "flags_unknown");
    const lreg_upkeep_options wrong[] = {
        {.size = sizeof options, .grace_ms = INT64_MAX},
        {.size = sizeof options, .budget_ms = INT64_MAX},
        {.size = sizeof options, .collect_interval_ms = -1},
        {.size = sizeof options, .scrub_interval_ms = INT64_MAX},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        EXPECT(lreg_upkeep(fixture.instance, &wrong[i], NULL, &err), &err, LREG_BAD_ARGUMENT, "");
    }
    CHECK(lreg_upkeep(fixture.instance, NULL, NULL, &err), err);
    fixture_close(&fixture);
}

static size_t count_events(lreg_instance *instance) {
    lreg_audit_event_list *list = NULL;
    lreg_audit_event *event = NULL;
    lreg_error *err = NULL;
    size_t count = 0;
    CHECK(lreg_audit_event_list_open(instance, "acme", NULL, &list, &err), err);
    for (;;) {
        CHECK(lreg_audit_event_list_next(list, &event, &err), err);
        if (event == NULL) {
            break;
        }
        lreg_audit_event_free(event);
        count++;
    }
    lreg_audit_event_list_close(list);
    return count;
}

/* Of the 29 events, 26 happened before the leap of the clock. */
static void test_component_upkeep__a_clock_that_leaps_takes_no_event(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    char name[16];
    fixture_open_folder(&fixture);
    lreg_registry *registry = make_files(fixture.instance);
    for (int i = 0; i < 27; i++) {
        snprintf(name, sizeof name, "%d.txt", i);
        lreg_package_free(publish_text(fixture.instance, registry, name, name));
        if (i == 23) {
            fixture_leap(&fixture, 400 * DAY_MS);
        }
    }
    assert_int_equal(count_events(fixture.instance), 29);
    CHECK(objects_collect(fixture.instance, 0, NULL, &err), err);
    lreg_upkeep_report report = keep_up(fixture.instance, NULL);
    assert_int_equal(report.audit_events, 0);
    assert_true(report.clock_ahead_ms > 399 * DAY_MS);
    assert_int_equal(count_events(fixture.instance), 29);
    const lreg_upkeep_options trusting = {
        .size = sizeof trusting, .flags = LREG_UPKEEP_COLLECT_NOW | LREG_UPKEEP_TRUST_CLOCK, .budget_ms = -1};
    assert_int_equal(keep_up(fixture.instance, &trusting).audit_events, 26);
    assert_int_equal(count_events(fixture.instance), 3);
    lreg_registry_free(registry);
    fixture_close(&fixture);
}

static void test_component_upkeep__one_of_two_instances_does_the_work(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_instance *other = NULL;
    lreg_error *err = NULL;
    const lreg_upkeep_options step = {.size = sizeof step, .budget_ms = 1};
    fixture_open_folder(&fixture);
    lreg_registry *registry = make_files(fixture.instance);
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "content");
    CHECK(lreg_package_delete(fixture.instance, package, &err), err);
    lreg_package_free(package);
    CHECK(lreg_open(fixture.options, &other, &err), err);
    uint64_t blobs = 0;
    lreg_upkeep_report report;
    do { /* the clock stands still, so a call continues to the end of the collection, and then the scrub is due */
        report = keep_up(fixture.instance, &step);
        blobs += report.blobs;
        if ((report.flags & LREG_UPKEEP_HAS_MORE) != 0) {
            assert_int_equal(keep_up(other, &step).flags, LREG_UPKEEP_ELSEWHERE);
        }
        atomic_fetch_add(&fixture.now_ms, report.next_ms < 1000 ? report.next_ms : 0);
    } while ((report.flags & LREG_UPKEEP_HAS_MORE) != 0);
    assert_int_equal(blobs, 1);
    assert_int_equal(keep_up(other, &step).flags, 0);
    lreg_close(other);
    lreg_registry_free(registry);
    fixture_close(&fixture);
}

static void test_component_upkeep__compacting_keeps_everything(void **state) {
    (void)state;
    struct fixture fixture;
    const lreg_upkeep_options compacting = {.size = sizeof compacting, .flags = LREG_UPKEEP_COMPACT};
    fixture_open_folder(&fixture);
    lreg_registry *registry = make_files(fixture.instance);
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "content"));
    (void)keep_up(fixture.instance, &compacting);
    check_content(fixture.instance, registry, "a.txt", "content", 7);
    lreg_registry_free(registry);
    fixture_close(&fixture);
}
