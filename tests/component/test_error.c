/* SPDX-License-Identifier: Apache-2.0 */
/* Error objects: their content, their lifetime, and what happens when there is no memory for one. */
#include "component/fixture.h"

static void test_component_error__statuses_have_names_and_http_statuses(void **state) {
    (void)state;
    static const struct {
        lreg_status status;
        int32_t number; /* part of the ABI */
        const char *name;
        int32_t http;
    } cases[] = {
        {LREG_OK, 0, "LREG_OK", 200},
        {LREG_BAD_ARGUMENT, 1, "LREG_BAD_ARGUMENT", 400},
        {LREG_UNAUTHENTICATED, 2, "LREG_UNAUTHENTICATED", 401},
        {LREG_FORBIDDEN, 3, "LREG_FORBIDDEN", 403},
        {LREG_NOT_FOUND, 4, "LREG_NOT_FOUND", 404},
        {LREG_METHOD_NOT_ALLOWED, 5, "LREG_METHOD_NOT_ALLOWED", 405},
        {LREG_CONFLICT, 6, "LREG_CONFLICT", 409},
        {LREG_LENGTH_REQUIRED, 7, "LREG_LENGTH_REQUIRED", 411},
        {LREG_PRECONDITION_FAILED, 8, "LREG_PRECONDITION_FAILED", 412},
        {LREG_TOO_LARGE, 9, "LREG_TOO_LARGE", 413},
        {LREG_URI_TOO_LONG, 10, "LREG_URI_TOO_LONG", 414},
        {LREG_UNSUPPORTED, 11, "LREG_UNSUPPORTED", 415},
        {LREG_RANGE, 12, "LREG_RANGE", 416},
        {LREG_UNPROCESSABLE, 13, "LREG_UNPROCESSABLE", 422},
        {LREG_TOO_MANY, 14, "LREG_TOO_MANY", 429},
        {LREG_HEADERS_TOO_LARGE, 15, "LREG_HEADERS_TOO_LARGE", 431},
        {LREG_NO_MEMORY, 16, "LREG_NO_MEMORY", 503},
        {LREG_BUSY, 17, "LREG_BUSY", 503},
        {LREG_NO_SPACE, 18, "LREG_NO_SPACE", 507},
        {LREG_IO, 19, "LREG_IO", 500},
        {LREG_CORRUPT, 20, "LREG_CORRUPT", 500},
        {LREG_MISUSE, 21, "LREG_MISUSE", 500},
        {LREG_INTERNAL, 22, "LREG_INTERNAL", 500},
        {LREG_NOT_IMPLEMENTED, 23, "LREG_NOT_IMPLEMENTED", 501},
        {LREG_HOST_STATUS, 1000, "LREG_HOST_STATUS", 500},
        {LREG_HOST_STATUS + 7, 1007, "LREG_HOST_STATUS", 500},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(cases[i].status, cases[i].number);
        assert_string_equal(lreg_status_name(cases[i].status), cases[i].name);
        assert_int_equal(lreg_status_http(cases[i].status), cases[i].http);
    }
}

static void test_component_error__unknown_statuses_have_a_name_too(void **state) {
    (void)state;
    static const lreg_status unknown[] = {-1, 28, 999, INT32_MIN};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_non_null(lreg_status_name(unknown[i]));
        assert_int_equal(lreg_status_http(unknown[i]), 500);
    }
    assert_string_equal(lreg_status_name(INT32_MAX), "LREG_HOST_STATUS");
}

static void test_component_error__outlives_its_instance(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    lreg_organization *organization = NULL;
    fixture_open_memory(&fixture);
    assert_int_equal(lreg_organization_find(fixture.instance, "nobody", &organization, &err), LREG_NOT_FOUND);
    lreg_close(fixture.instance);
    fixture.instance = NULL;
    assert_int_equal(lreg_error_status(err), LREG_NOT_FOUND);
    assert_string_equal(lreg_error_code(err), "organization_unknown");
    assert_string_equal(lreg_error_message(err), "no organization nobody");
    assert_string_equal(lreg_error_operation(err), "");
    assert_int_equal(lreg_error_cause(err), 0);
    lreg_error_free(err);
    fixture_close(&fixture);
}

static void test_component_error__may_be_left_out_everywhere(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_organization *organization = NULL;
    fixture_open_memory(&fixture);
    assert_int_equal(lreg_organization_find(fixture.instance, "nobody", &organization, NULL), LREG_NOT_FOUND);
    assert_int_equal(lreg_organization_find(NULL, NULL, NULL, NULL), LREG_BAD_ARGUMENT);
    fixture_close(&fixture);
}

static void test_component_error__success_leaves_it_untouched(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = (lreg_error *)&fixture;
    fixture_open_memory(&fixture);
    assert_int_equal(objects_organization_create(fixture.instance, "acme", NULL, NULL, &err), LREG_OK);
    assert_ptr_equal(err, &fixture);
    fixture_close(&fixture);
}

/* Memory runs out: the error exists nevertheless, and freeing it twice is harmless. */
static void test_component_error__out_of_memory_needs_no_memory(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    lreg_exchange *exchange = NULL;
    fixture_open_memory(&fixture);
    failing_allocator_fail_at(&fixture.memory, 1, true);
    assert_int_equal(lreg_exchange_new(fixture.instance, &exchange, &err), LREG_NO_MEMORY);
    assert_null(exchange);
    assert_int_equal(lreg_error_status(err), LREG_NO_MEMORY);
    assert_string_equal(lreg_error_message(err), "out of memory");
    lreg_error_free(err);
    lreg_error_free(err);
    failing_allocator_fail_at(&fixture.memory, 0, false);
    fixture_close(&fixture);
}

/* The returned status is always right; the object says what it can. */
static void test_component_error__status_is_right_when_the_object_cannot_be_made(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    fixture_open_memory(&fixture);
    failing_allocator_fail_at(&fixture.memory, 1, true);
    assert_int_equal(lreg_collect(fixture.instance, &(lreg_collect_options){.size = 1}, NULL, &err), LREG_BAD_ARGUMENT);
    assert_int_equal(lreg_error_status(err), LREG_NO_MEMORY);
    lreg_error_free(err);
    failing_allocator_fail_at(&fixture.memory, 0, false);
    fixture_close(&fixture);
}

static void test_component_error__version_is_the_one_of_the_headers(void **state) {
    (void)state;
    assert_string_equal(lreg_version_string(), LREG_VERSION_STRING);
    assert_int_equal(lreg_version_number(), LREG_VERSION_NUMBER);
    assert_int_equal(LREG_VERSION_NUMBER,
                     LREG_VERSION_MAJOR * 1000000 + LREG_VERSION_MINOR * 1000 + LREG_VERSION_PATCH);
}

static void test_component_error__features_of_the_build_are_known_by_name(void **state) {
    (void)state;
    assert_int_equal(lreg_has_feature("ecosystem-files"), 1);
    assert_int_equal(lreg_has_feature("ecosystem-alpine"), 1);
    assert_int_equal(lreg_has_feature("ecosystem-container"), 1);
    assert_int_equal(lreg_has_feature("ecosystem-"), 0);
    assert_int_equal(lreg_has_feature("ecosystem-file"), 0);
    assert_int_equal(lreg_has_feature("files"), 0);
    assert_int_equal(lreg_has_feature(""), 0);
    assert_int_equal(lreg_has_feature(NULL), 0);
}
