/* SPDX-License-Identifier: Apache-2.0 */
/* NULL where a handle is required: an error, "" or 0, never a crash. */
#include "component/fixture.h"

static void test_component_null__ends_nothing(void **state) {
    (void)state;
    lreg_error_free(NULL);
    lreg_options_free(NULL);
    lreg_close(NULL);
    lreg_exchange_free(NULL);
    lreg_exchange_reset(NULL);
    lreg_organization_free(NULL);
    lreg_organization_list_close(NULL);
    lreg_registry_settings_free(NULL);
    lreg_organization_settings_free(NULL);
    lreg_token_settings_free(NULL);
    lreg_registry_free(NULL);
    lreg_registry_list_close(NULL);
    lreg_publication_close(NULL);
    lreg_package_free(NULL);
    lreg_package_list_close(NULL);
    lreg_package_reader_close(NULL);
    lreg_token_free(NULL);
    lreg_token_list_close(NULL);
    lreg_upload_free(NULL);
    lreg_upload_list_close(NULL);
    lreg_metrics_list_close(NULL);
    lreg_metric_free(NULL);
    lreg_audit_event_free(NULL);
    lreg_audit_event_list_close(NULL);
}

static void test_component_null__tells_empty_texts(void **state) {
    (void)state;
    const char *texts[] = {
        lreg_error_code(NULL),
        lreg_error_message(NULL),
        lreg_error_operation(NULL),
        lreg_organization_id(NULL),
        lreg_organization_slug(NULL),
        lreg_organization_name(NULL),
        lreg_registry_id(NULL),
        lreg_registry_organization_slug(NULL),
        lreg_registry_slug(NULL),
        lreg_registry_name(NULL),
        lreg_registry_description(NULL),
        lreg_registry_emoji(NULL),
        lreg_registry_color(NULL),
        lreg_registry_ecosystem(NULL),
        lreg_package_id(NULL),
        lreg_package_name(NULL),
        lreg_package_version(NULL),
        lreg_package_architecture(NULL),
        lreg_package_filename(NULL),
        lreg_package_path(NULL),
        lreg_package_digest(NULL, "sha256"),
        lreg_token_id(NULL),
        lreg_token_description(NULL),
        lreg_token_scopes(NULL),
        lreg_token_secret(NULL),
        lreg_upload_id(NULL),
        lreg_upload_image(NULL),
        lreg_upload_principal(NULL),
        lreg_audit_event_type(NULL),
        lreg_metric_name(NULL),
        lreg_metric_family(NULL),
        lreg_metric_type(NULL),
        lreg_metric_help(NULL),
        lreg_audit_event_actor(NULL),
        lreg_audit_event_subject(NULL),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_string_equal(texts[i], "");
    }
    assert_string_equal(lreg_package_attributes(NULL), "{}");
    assert_string_equal(lreg_audit_event_data(NULL), "{}");
}

static void test_component_null__tells_zeros(void **state) {
    (void)state;
    const char *name = "name";
    const char *value = "value";
    assert_int_equal(lreg_error_status(NULL), LREG_OK);
    assert_int_equal(lreg_metric_value(NULL), 0);
    assert_int_equal(lreg_metric_decimals(NULL), 0);
    assert_false(lreg_metric_label_at(NULL, 0, &name, &value));
    name = "name";
    value = "value";
    assert_int_equal(lreg_error_cause(NULL), 0);
    assert_true(lreg_organization_created_ms(NULL) == 0);
    assert_true(lreg_registry_created_ms(NULL) == 0 && lreg_registry_updated_ms(NULL) == 0);
    assert_int_equal(lreg_registry_is_public(NULL), 0);
    assert_true(lreg_package_created_ms(NULL) == 0);
    assert_true(lreg_package_size_bytes(NULL) == 0 && lreg_package_downloads(NULL) == 0);
    assert_true(lreg_package_reader_length(NULL) == 0);
    assert_true(lreg_upload_created_ms(NULL) == 0 && lreg_upload_updated_ms(NULL) == 0);
    assert_int_equal(lreg_upload_received_bytes(NULL), 0);
    assert_true(lreg_token_created_ms(NULL) == 0 && lreg_token_expires_ms(NULL) == 0);
    assert_true(lreg_audit_event_occurred_ms(NULL) == 0);
    assert_int_equal(lreg_exchange_wants(NULL), LREG_WANTS_NOTHING);
    assert_int_equal(lreg_exchange_status(NULL), 0);
    assert_true(lreg_exchange_content_length(NULL) == -1);
    assert_int_equal(lreg_exchange_may_keep_alive(NULL), 0);
    assert_string_equal(lreg_exchange_share(NULL), "");
    assert_string_equal(lreg_exchange_file_path(NULL), "");
    assert_string_equal(lreg_exchange_reason(NULL), "");
    assert_true(lreg_exchange_body_remaining(NULL) == -1);
    assert_int_equal(lreg_exchange_header_at(NULL, 0, &name, &value), 0);
    assert_null(name);
    assert_null(value);
}

/* Every call that can fail, without its handle: refused with a message, and its result is NULL. */
#define REFUSED(call)                                           \
    do {                                                        \
        lreg_error *err = NULL;                                 \
        EXPECT(call, &err, LREG_BAD_ARGUMENT, "null_argument"); \
    } while (0)
#define GIVES_NOTHING(type, call)                               \
    do {                                                        \
        type *out = (type *)state;                              \
        lreg_error *err = NULL;                                 \
        EXPECT(call, &err, LREG_BAD_ARGUMENT, "null_argument"); \
        assert_null(out);                                       \
    } while (0)

static void test_component_null__is_no_instance(void **state) {
    GIVES_NOTHING(lreg_instance, lreg_open(NULL, &out, &err));
    GIVES_NOTHING(lreg_exchange, lreg_exchange_new(NULL, &out, &err));
    GIVES_NOTHING(lreg_organization, lreg_organization_find(NULL, "a", &out, &err));
    GIVES_NOTHING(lreg_organization_list, lreg_organization_list_open(NULL, NULL, &out, &err));
    GIVES_NOTHING(lreg_registry, lreg_registry_create(NULL, "a", NULL, &out, &err));
    GIVES_NOTHING(lreg_registry, lreg_registry_find(NULL, "a", "b", &out, &err));
    GIVES_NOTHING(lreg_registry_list, lreg_registry_list_open(NULL, "a", NULL, &out, &err));
    GIVES_NOTHING(lreg_registry, lreg_registry_update(NULL, NULL, NULL, &out, &err));
    GIVES_NOTHING(lreg_publication, lreg_publication_open(NULL, NULL, "a", &out, &err));
    GIVES_NOTHING(lreg_package, lreg_package_find_by_id(NULL, NULL, "a", &out, &err));
    GIVES_NOTHING(lreg_package, lreg_package_find(NULL, NULL, "a", &out, &err));
    GIVES_NOTHING(lreg_package_list, lreg_package_list_open(NULL, NULL, NULL, &out, &err));
    GIVES_NOTHING(lreg_package_reader, lreg_package_reader_open(NULL, NULL, &out, &err));
    GIVES_NOTHING(lreg_token_list, lreg_token_list_open(NULL, "a", NULL, &out, &err));
    GIVES_NOTHING(lreg_token, lreg_token_find(NULL, "a", "b", &out, &err));
    GIVES_NOTHING(lreg_upload, lreg_upload_find(NULL, NULL, "b", &out, &err));
    GIVES_NOTHING(lreg_upload_list, lreg_upload_list_open(NULL, NULL, NULL, &out, &err));
    GIVES_NOTHING(lreg_audit_event_list, lreg_audit_event_list_open(NULL, "a", NULL, &out, &err));
    GIVES_NOTHING(lreg_organization, lreg_organization_create(NULL, NULL, &out, &err));
    GIVES_NOTHING(lreg_organization, lreg_organization_update(NULL, NULL, NULL, &out, &err));
    GIVES_NOTHING(lreg_token, lreg_token_create(NULL, "a", NULL, &out, &err));
    GIVES_NOTHING(lreg_token, lreg_registry_token_create(NULL, NULL, NULL, &out, &err));
    GIVES_NOTHING(lreg_token_list, lreg_registry_token_list_open(NULL, NULL, NULL, &out, &err));
    GIVES_NOTHING(lreg_token, lreg_registry_token_find(NULL, NULL, "b", &out, &err));
    GIVES_NOTHING(lreg_token, lreg_token_reveal(NULL, NULL, &out, &err));
    REFUSED(lreg_organization_delete(NULL, NULL, &err));
    GIVES_NOTHING(lreg_metrics_list, lreg_metrics_list_open(NULL, NULL, &out, &err));
    REFUSED(lreg_registry_delete(NULL, NULL, &err));
    REFUSED(lreg_package_delete(NULL, NULL, &err));
    REFUSED(lreg_token_delete(NULL, NULL, &err));
    REFUSED(lreg_upload_cancel(NULL, NULL, &err));
    REFUSED(lreg_verify(NULL, NULL, NULL, &err));
    REFUSED(objects_collect(NULL, 0, NULL, &err));
    REFUSED(lreg_backup(NULL, "a", NULL, &err));
}

static void test_component_null__is_no_listing(void **state) {
    GIVES_NOTHING(lreg_organization, lreg_organization_list_next(NULL, &out, &err));
    GIVES_NOTHING(lreg_registry, lreg_registry_list_next(NULL, &out, &err));
    GIVES_NOTHING(lreg_package, lreg_package_list_next(NULL, &out, &err));
    GIVES_NOTHING(lreg_token, lreg_token_list_next(NULL, &out, &err));
    GIVES_NOTHING(lreg_upload, lreg_upload_list_next(NULL, &out, &err));
    GIVES_NOTHING(lreg_audit_event, lreg_audit_event_list_next(NULL, &out, &err));
    GIVES_NOTHING(lreg_metric, lreg_metrics_list_next(NULL, &out, &err));
}

static void test_component_null__is_no_publication_and_no_content(void **state) {
    char byte = 0;
    size_t got = 7;
    GIVES_NOTHING(lreg_package, lreg_publication_finish(NULL, &out, NULL, &err));
    REFUSED(lreg_publication_write(NULL, &byte, 1, &err));
    REFUSED(lreg_package_reader_read(NULL, 0, &byte, 1, &got, &err));
    assert_int_equal(got, 0);
}

static void test_component_null__is_no_exchange(void **state) {
    (void)state;
    char byte = 0;
    size_t got = 7;
    lreg_piece piece = {.size = sizeof piece};
    REFUSED(lreg_exchange_set_request(NULL, "GET", "/", &err));
    REFUSED(lreg_exchange_set_environment(NULL, (const char *const[]){NULL}, &err));
    REFUSED(lreg_exchange_set_sends_files(NULL, 1, &err));
    REFUSED(lreg_exchange_set_defers_work(NULL, 1, &err));
    REFUSED(lreg_exchange_work(NULL, &err));
    REFUSED(lreg_exchange_set_scheme(NULL, "http", &err));
    REFUSED(lreg_exchange_set_host(NULL, "a", &err));
    REFUSED(lreg_exchange_set_mount(NULL, "", &err));
    REFUSED(lreg_exchange_set_peer(NULL, "a", &err));
    REFUSED(lreg_exchange_trust_forwarded(NULL, 1, &err));
    REFUSED(lreg_exchange_add_header(NULL, "a", "b", &err));
    REFUSED(lreg_exchange_begin(NULL, &err));
    REFUSED(lreg_exchange_write(NULL, &byte, 1, &err));
    REFUSED(lreg_exchange_finish(NULL, &err));
    REFUSED(lreg_exchange_next(NULL, &piece, &err));
    REFUSED(lreg_exchange_consume(NULL, 0, &err));
    REFUSED(lreg_exchange_read(NULL, &byte, 1, &got, &err));
    assert_int_equal(got, 0);
}

static void test_component_null__is_no_options_and_no_settings(void **state) {
    (void)state;
    REFUSED(lreg_options_new(NULL, &err));
    REFUSED(lreg_options_set_directory(NULL, "/tmp", &err));
    REFUSED(lreg_options_set_base_url(NULL, "http://a", &err));
    REFUSED(lreg_options_set_durable(NULL, 1, &err));
    REFUSED(lreg_options_set_busy_timeout_ms(NULL, 1, &err));
    REFUSED(lreg_options_set_number(NULL, LREG_LIMIT_HEADERS, 1, &err));
    REFUSED(lreg_options_set_forwarded_header(NULL, LREG_FORWARDED_HEADER_FORWARDED, &err));
    REFUSED(lreg_options_set_forwarded_hops(NULL, 1, &err));
    REFUSED(lreg_options_trust_forwarded(NULL, "::1", &err));
    REFUSED(lreg_options_set(NULL, "durable", "true", &err));
    REFUSED(lreg_options_load(NULL, "/dev/null", &err));
    REFUSED(lreg_options_set_storage(NULL, NULL, NULL, NULL, &err));
    REFUSED(lreg_options_set_memory_storage(NULL, &err));
    REFUSED(lreg_options_set_allocator(NULL, NULL, &err));
    REFUSED(lreg_options_set_clock(NULL, NULL, &err));
    REFUSED(lreg_options_set_random(NULL, NULL, &err));
    REFUSED(lreg_options_set_log(NULL, NULL, &err));
    REFUSED(lreg_options_set_executor(NULL, NULL, &err));
    REFUSED(lreg_registry_settings_new(NULL, &err));
    REFUSED(lreg_registry_settings_set_name(NULL, "a", &err));
    REFUSED(lreg_registry_settings_set_public(NULL, 1, &err));
    REFUSED(lreg_registry_settings_set_json(NULL, "{}", &err));
    REFUSED(lreg_organization_settings_new(NULL, &err));
    REFUSED(lreg_organization_settings_set_slug(NULL, "a", &err));
    REFUSED(lreg_token_settings_new(NULL, &err));
    REFUSED(lreg_token_settings_set_scopes(NULL, "a", &err));
    REFUSED(lreg_token_settings_set_expires_ms(NULL, 0, &err));
}

/* With an instance: each of the other required pointers. */
static void test_component_null__is_no_argument(void **state) {
    struct fixture fixture;
    fixture_open_memory(&fixture);
    lreg_instance *instance = fixture.instance;
    lreg_registry *registry = make_files(instance);
    REFUSED(lreg_open(fixture.options, NULL, &err));
    REFUSED(lreg_exchange_new(instance, NULL, &err));
    REFUSED(lreg_organization_find(instance, "a", NULL, &err));
    REFUSED(lreg_organization_delete(instance, NULL, &err));
    REFUSED(lreg_organization_list_open(instance, NULL, NULL, &err));
    REFUSED(lreg_registry_find(instance, "a", "b", NULL, &err));
    REFUSED(lreg_registry_list_open(instance, "a", NULL, NULL, &err));
    REFUSED(lreg_publication_open(instance, registry, "a", NULL, &err));
    REFUSED(lreg_package_find_by_id(instance, registry, "a", NULL, &err));
    REFUSED(lreg_registry_token_create(instance, registry, NULL, NULL, &err));
    REFUSED(lreg_registry_token_find(instance, registry, "b", NULL, &err));
    REFUSED(lreg_backup(instance, NULL, NULL, &err));
    REFUSED(lreg_registry_update(instance, registry, NULL, NULL, &err));
    GIVES_NOTHING(lreg_organization, lreg_organization_find(instance, NULL, &out, &err));
    GIVES_NOTHING(lreg_registry, lreg_registry_find(instance, NULL, "b", &out, &err));
    GIVES_NOTHING(lreg_registry, lreg_registry_find(instance, "a", NULL, &out, &err));
    GIVES_NOTHING(lreg_registry, lreg_registry_create(instance, "acme", NULL, &out, &err));
    GIVES_NOTHING(lreg_publication, lreg_publication_open(instance, NULL, "a", &out, &err));
    GIVES_NOTHING(lreg_publication, lreg_publication_open(instance, registry, NULL, &out, &err));
    GIVES_NOTHING(lreg_package, lreg_package_find_by_id(instance, registry, NULL, &out, &err));
    GIVES_NOTHING(lreg_package, lreg_package_find(instance, NULL, "a", &out, &err));
    GIVES_NOTHING(lreg_organization, lreg_organization_create(instance, NULL, &out, &err));
    GIVES_NOTHING(lreg_token, lreg_token_create(instance, "acme", NULL, &out, &err));
    GIVES_NOTHING(lreg_token, lreg_registry_token_create(instance, registry, NULL, &out, &err));
    GIVES_NOTHING(lreg_token, lreg_token_reveal(instance, NULL, &out, &err));
    GIVES_NOTHING(lreg_audit_event_list, lreg_audit_event_list_open(instance, NULL, NULL, &out, &err));
    lreg_registry_free(registry);
    fixture_close(&fixture);
}
