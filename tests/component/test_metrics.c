/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics through the C API: the listing, its filter, and who may read them over HTTP. */
#include "component/fixture.h"

static struct fixture fixture;
static lreg_error *err;

static int setup(void **state) {
    (void)state;
    fixture_open_folder(&fixture);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fixture_close(&fixture);
    return 0;
}

/* The first sample of the family with that value of its first label (NULL: any); -1 when there is none. */
static int64_t find(const char *family, const char *label, uint32_t flags) {
    const lreg_metrics_filter filter = {.size = sizeof filter, .flags = flags, .name_prefix = family};
    lreg_metrics_list *list = NULL;
    lreg_metric *metric = NULL;
    int64_t found = -1;
    CHECK(lreg_metrics_list_open(fixture.instance, &filter, &list, &err), err);
    do {
        const char *name = NULL;
        const char *value = NULL;
        lreg_metric_free(metric);
        CHECK(lreg_metrics_list_next(list, &metric, &err), err);
        bool is_it = metric != NULL && strcmp(lreg_metric_family(metric), family) == 0 && found < 0;
        if (is_it && (label == NULL || (lreg_metric_label_at(metric, 0, &name, &value) && strcmp(value, label) == 0))) {
            found = lreg_metric_value(metric);
        }
    } while (metric != NULL);
    lreg_metrics_list_close(list);
    return found;
}

static void test_component_metrics__tell_names_types_labels_and_values(void **state) {
    (void)state;
    const lreg_metrics_filter filter = {.size = sizeof filter, .name_prefix = "libregistry_start_time"};
    lreg_metrics_list *list = NULL;
    lreg_metric *metric = NULL;
    lreg_metric *end = (lreg_metric *)&filter;
    const char *name = "x";
    const char *value = "x";
    CHECK(lreg_metrics_list_open(fixture.instance, &filter, &list, &err), err);
    CHECK(lreg_metrics_list_next(list, &metric, &err), err);
    CHECK(lreg_metrics_list_next(list, &end, &err), err);
    assert_null(end);
    lreg_metrics_list_close(list);
    lreg_close(fixture.instance); /* the sample keeps what it needs */
    fixture.instance = NULL;
    assert_string_equal(lreg_metric_name(metric), "libregistry_start_time_seconds");
    assert_string_equal(lreg_metric_family(metric), "libregistry_start_time_seconds");
    assert_string_equal(lreg_metric_type(metric), "gauge");
    assert_int_equal(lreg_metric_value(metric), FIXTURE_NOW);
    assert_int_equal(lreg_metric_decimals(metric), 3);
    assert_false(lreg_metric_label_at(metric, 0, &name, &value));
    assert_null(name);
    assert_null(value);
    assert_false(lreg_metric_label_at(metric, 0, NULL, NULL));
    lreg_metric_free(metric);
}

static void test_component_metrics__follow_the_storage_and_the_collector(void **state) {
    (void)state;
    lreg_registry *registry = make_files(fixture.instance);
    lreg_package *package = publish_text(fixture.instance, registry, "app-1.0.0.zip", "content");
    lreg_collect_report report = {.size = sizeof report};
    const lreg_collect_options options = {.size = sizeof options, .grace_ms = -1};
    assert_int_equal(find("libregistry_storage_objects", "local", 0), 1);
    assert_int_equal(find("libregistry_storage_bytes", "local", 0), strlen("content"));
    assert_int_equal(find("libregistry_storage_errors_total", "local", 0), 0);
    assert_true(find("libregistry_database_log_bytes", NULL, 0) > 0);
    CHECK(lreg_package_delete(fixture.instance, package, &err), err);
    CHECK(lreg_collect(fixture.instance, &options, &report, &err), err);
    assert_int_equal(find("libregistry_storage_objects", "local", 0), 0);
    assert_int_equal(find("libregistry_collector_runs_total", NULL, 0), 1);
    assert_int_equal(find("libregistry_collector_removed_total", "blobs", 0), 1);
    assert_int_equal(find("libregistry_collector_removed_bytes_total", NULL, 0), strlen("content"));
    assert_true(find("libregistry_collector_last_duration_seconds", NULL, 0) > 0);
    lreg_package_free(package);
    lreg_registry_free(registry);
}

static void test_component_metrics__of_memory_alone_leave_out_the_database(void **state) {
    (void)state;
    assert_int_equal(find("libregistry_storage_objects", NULL, LREG_METRICS_MEMORY_ONLY), -1);
    assert_int_equal(find("libregistry_database_up", NULL, LREG_METRICS_MEMORY_ONLY), -1);
    assert_int_equal(find("libregistry_collector_runs_total", NULL, LREG_METRICS_MEMORY_ONLY), 0);
    assert_int_equal(find("libregistry_database_up", NULL, 0), 1);
}

static void test_component_metrics__refuse_filters_they_do_not_understand(void **state) {
    (void)state;
    lreg_metrics_list *list = (lreg_metrics_list *)&fixture;
    lreg_metrics_filter filter = {.size = 4};
    EXPECT(lreg_metrics_list_open(fixture.instance, &filter, &list, &err), &err, LREG_BAD_ARGUMENT, "");
    assert_null(list);
    filter = (lreg_metrics_filter){.size = sizeof filter, .flags = 0x20000};
    EXPECT(lreg_metrics_list_open(fixture.instance, &filter, &list, &err), &err, LREG_BAD_ARGUMENT, "");
    filter.flags = 0x2; /* a hint of a later version */
    filter.name_prefix = "nothing_";
    lreg_metric *metric = NULL;
    CHECK(lreg_metrics_list_open(fixture.instance, &filter, &list, &err), err);
    CHECK(lreg_metrics_list_next(list, &metric, &err), err);
    assert_null(metric);
    lreg_metrics_list_close(list);
}

static int32_t status_with(const char *access) {
    lreg_options *options = NULL;
    lreg_instance *instance = NULL;
    lreg_exchange *exchange = NULL;
    CHECK(lreg_options_new(&options, &err), err);
    CHECK(lreg_options_set(options, "metrics-access", access, &err), err);
    CHECK(lreg_open(options, &instance, &err), err);
    CHECK(lreg_exchange_new(instance, &exchange, &err), err);
    CHECK(lreg_exchange_set_request(exchange, "GET", "/-/metrics", &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Host", "localhost", &err), err);
    CHECK(lreg_exchange_begin(exchange, &err), err);
    int32_t status = lreg_exchange_status(exchange);
    lreg_exchange_free(exchange);
    lreg_close(instance);
    lreg_options_free(options);
    return status;
}

static void test_component_metrics__are_for_whom_the_option_says(void **state) {
    (void)state;
    lreg_options *options = NULL;
    assert_int_equal(status_with("anyone"), 200);
    assert_int_equal(status_with("token"), 401);
    assert_int_equal(status_with("off"), 404);
    CHECK(lreg_options_new(&options, &err), err);
    EXPECT(lreg_options_set(options, "metrics-access", "everyone", &err), &err, LREG_BAD_ARGUMENT, "bad_option");
    EXPECT(lreg_options_set_metrics_access(options, 3, &err), &err, LREG_BAD_ARGUMENT, "");
    EXPECT(lreg_options_set_metrics_access(options, -1, &err), &err, LREG_BAD_ARGUMENT, "");
    CHECK(lreg_options_set_metrics_access(options, LREG_METRICS_ACCESS_OFF, &err), err);
    lreg_options_free(options);
}

/* Each allocation fails once. */
static void test_component_metrics__survive_a_failed_allocation(void **state) {
    (void)state;
    lreg_status status = LREG_NO_MEMORY;
    for (size_t at = 1; status != LREG_OK; at++) {
        lreg_metrics_list *list = NULL;
        lreg_metric *metric = NULL;
        failing_allocator_fail_at(&fixture.memory, at, false);
        status = lreg_metrics_list_open(fixture.instance, NULL, &list, NULL);
        if (status == LREG_OK) {
            status = lreg_metrics_list_next(list, &metric, NULL);
        }
        failing_allocator_fail_at(&fixture.memory, 0, false);
        assert_true(status == LREG_OK || status == LREG_NO_MEMORY);
        assert_int_equal(metric != NULL, status == LREG_OK);
        lreg_metric_free(metric);
        lreg_metrics_list_close(list);
    }
}
