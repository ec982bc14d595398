/* SPDX-License-Identifier: Apache-2.0 */
/* Answers with a representation: 200, 206, 304, 412, 416, and the fields of each. */
#include "storage/memory/memory.h"
#include "unit/surface/fixture.h"

#include <inttypes.h>

#define MODIFIED_MS 1603249445678 /* Wed, 21 Oct 2020 03:04:05 GMT */
#define MODIFIED_TEXT "Wed, 21 Oct 2020 03:04:05 GMT"

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture_start(fixture, HTTP_GET);
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    fixture_end(*state);
    free(*state);
    return 0;
}

static struct representation ten_bytes(void) {
    return (struct representation){.media_type = "application/x-test",
                                   .etag = "\"abc\"",
                                   .modified_ms = MODIFIED_MS,
                                   .cache_control = "no-cache",
                                   .filename = "a b.txt",
                                   .length = 10,
                                   .bytes = "0123456789"};
}

static void answer(struct fixture *fixture) {
    struct representation what = ten_bytes();
    struct error err;
    assert_int_equal(call_respond_representation(&fixture->call, &what, &err), LREG_OK);
}

static void assert_body(const struct fixture *fixture, const char *expected) {
    const struct response *response = &fixture->call.response;
    assert_int_equal(response->body, BODY_BYTES);
    assert_int_equal(response->length, strlen(expected));
    assert_memory_equal(response->bytes, expected, strlen(expected));
}

static void test_surface_representation__whole_has_all_fields(void **state) {
    struct fixture *fixture = *state;
    answer(fixture);
    assert_int_equal(fixture->call.response.status, 200);
    assert_body(fixture, "0123456789");
    assert_string_equal(fixture_field(fixture, "Content-Type"), "application/x-test");
    assert_string_equal(fixture_field(fixture, "ETag"), "\"abc\"");
    assert_string_equal(fixture_field(fixture, "Last-Modified"), MODIFIED_TEXT);
    assert_string_equal(fixture_field(fixture, "Cache-Control"), "no-cache");
    assert_string_equal(fixture_field(fixture, "Accept-Ranges"), "bytes");
    assert_true(text_starts_with(fixture_field(fixture, "Content-Disposition"), "attachment; filename"));
    assert_false(fixture_has_field(fixture, "Content-Range"));
}

static void test_surface_representation__no_date_is_yet_to_come(void **state) {
    struct fixture *fixture = *state;
    struct representation what = ten_bytes();
    what.modified_ms = hooks_now_ms(&fixture->hooks) + 3600 * 1000;
    assert_int_equal(call_respond_representation(&fixture->call, &what, NULL), LREG_OK);
    assert_int_equal(fixture->call.response.status, 200);
    assert_false(fixture_has_field(fixture, "Last-Modified"));
}

static void test_surface_representation__optional_fields_may_be_absent(void **state) {
    struct fixture *fixture = *state;
    struct representation what = {.media_type = "text/plain", .modified_ms = -1, .length = 1, .bytes = "x"};
    assert_int_equal(call_respond_representation(&fixture->call, &what, NULL), LREG_OK);
    assert_int_equal(fixture->call.response.headers.count, 2);
    assert_string_equal(fixture_field(fixture, "Content-Type"), "text/plain");
    assert_string_equal(fixture_field(fixture, "Accept-Ranges"), "bytes");
}

static void test_surface_representation__a_range_gives_206(void **state) {
    struct fixture *fixture = *state;
    fixture_request_field(fixture, "Range", "bytes=2-4");
    answer(fixture);
    assert_int_equal(fixture->call.response.status, 206);
    assert_body(fixture, "234");
    assert_string_equal(fixture_field(fixture, "Content-Range"), "bytes 2-4/10");
    assert_string_equal(fixture_field(fixture, "ETag"), "\"abc\"");
}

static void test_surface_representation__a_range_that_is_the_whole_is_still_206(void **state) {
    struct fixture *fixture = *state;
    fixture_request_field(fixture, "Range", "bytes=0-");
    answer(fixture);
    assert_int_equal(fixture->call.response.status, 206);
    assert_string_equal(fixture_field(fixture, "Content-Range"), "bytes 0-9/10");
}

static void test_surface_representation__head_ignores_the_range(void **state) {
    struct fixture *fixture = *state;
    fixture->call.method = HTTP_HEAD;
    fixture_request_field(fixture, "Range", "bytes=2-4");
    answer(fixture);
    assert_int_equal(fixture->call.response.status, 200);
    assert_int_equal(fixture->call.response.length, 10);
}

static void test_surface_representation__if_range_of_another_version_gives_the_whole(void **state) {
    struct fixture *fixture = *state;
    fixture_request_field(fixture, "Range", "bytes=2-4");
    fixture_request_field(fixture, "If-Range", "\"old\"");
    answer(fixture);
    assert_int_equal(fixture->call.response.status, 200);
    assert_body(fixture, "0123456789");
}

static void test_surface_representation__a_matching_tag_gives_304_with_validators_only(void **state) {
    struct fixture *fixture = *state;
    fixture_request_field(fixture, "If-None-Match", "\"abc\"");
    answer(fixture);
    assert_int_equal(fixture->call.response.status, 304);
    assert_int_equal(fixture->call.response.body, BODY_NONE);
    assert_string_equal(fixture_field(fixture, "ETag"), "\"abc\"");
    assert_string_equal(fixture_field(fixture, "Cache-Control"), "no-cache");
    assert_false(fixture_has_field(fixture, "Content-Type"));
    assert_false(fixture_has_field(fixture, "Content-Disposition"));
}

static void test_surface_representation__a_failed_precondition_is_a_failure(void **state) {
    struct fixture *fixture = *state;
    fixture_request_field(fixture, "If-Match", "\"other\"");
    struct representation what = ten_bytes();
    struct error err;
    assert_int_equal(call_respond_representation(&fixture->call, &what, &err), LREG_PRECONDITION_FAILED);
    assert_int_equal(fixture->call.response.status, 0);
}

static lreg_status show_teapot(struct call *call, const struct error *failure, struct error *err) {
    assert_int_equal(failure->status, LREG_RANGE);
    return call_respond_text(call, error_http_status(failure->status), "text/x-failure", failure->message, err);
}

static void test_surface_representation__416_has_the_shape_of_the_surface_and_the_length(void **state) {
    struct fixture *fixture = *state;
    static const struct surface surface = {.name = "test", .show_error = show_teapot};
    fixture->call.surface = &surface;
    fixture_request_field(fixture, "Range", "bytes=10-");
    answer(fixture);
    assert_int_equal(fixture->call.response.status, 416);
    assert_string_equal(fixture_field(fixture, "Content-Range"), "bytes */10");
    assert_string_equal(fixture_field(fixture, "Content-Type"), "text/x-failure");
    assert_false(fixture_has_field(fixture, "ETag"));
}

static void test_surface_representation__416_without_a_surface_has_no_body(void **state) {
    struct fixture *fixture = *state;
    fixture_request_field(fixture, "Range", "bytes=10-");
    answer(fixture);
    assert_int_equal(fixture->call.response.status, 416);
    assert_int_equal(fixture->call.response.body, BODY_NONE);
}

/* --- objects: a backend that counts how many are open --- */

struct objects {
    int open;
};

static lreg_status object_open(void *state, const char *key, const lreg_read_info *info, void **out_object,
                               uint64_t *out_length, lreg_failure *failure) {
    (void)info;
    (void)failure;
    (void)key;
    struct objects *objects = state;
    objects->open++;
    *out_object = objects;
    *out_length = 10;
    return LREG_OK;
}

static lreg_status object_read(void *state, void *object, uint64_t offset, void *bytes, size_t length, size_t *out_got,
                               lreg_failure *failure) {
    (void)failure;
    (void)state;
    (void)object;
    memcpy(bytes, &"0123456789"[offset], length);
    *out_got = length;
    return LREG_OK;
}

static void object_close(void *state, void *object) {
    (void)object;
    ((struct objects *)state)->open--;
}

static struct storage_object *open_object(const struct hooks *hooks, struct objects *objects,
                                          struct storage **out_storage) {
    lreg_storage_backend table = {.size = 0};
    void *memory_state = NULL;
    assert_int_equal(storage_memory_table(hooks, &table, &memory_state, NULL), LREG_OK);
    table.destroy(memory_state);
    table.destroy = NULL;
    table.object_open = object_open;
    table.object_read = object_read;
    table.object_close = object_close;
    table.object_descriptor = NULL;
    assert_int_equal(storage_open_backend(hooks, &table, objects, out_storage, NULL), LREG_OK);
    struct storage_object *object = NULL;
    uint64_t length = 0;
    assert_int_equal(storage_object_open(*out_storage, "key", -1, &object, &length, NULL), LREG_OK);
    return object;
}

/* Answers with an object, and returns whether the response holds it. */
static bool answer_object(struct fixture *fixture, lreg_status expected) {
    struct objects objects = {0};
    struct storage *storage = NULL;
    struct representation what = ten_bytes();
    what.bytes = NULL;
    what.object = open_object(&fixture->hooks, &objects, &storage);
    assert_int_equal(call_respond_representation(&fixture->call, &what, NULL), expected);
    bool is_held = objects.open == 1;
    uint64_t offset = fixture->call.response.object_offset;
    call_response_clear(&fixture->call);
    assert_int_equal(objects.open, 0);
    storage_close(storage);
    fixture->call.response.object_offset = offset;
    return is_held;
}

static void test_surface_representation__an_object_is_held_until_the_response_is_cleared(void **state) {
    struct fixture *fixture = *state;
    fixture_request_field(fixture, "Range", "bytes=-3");
    assert_true(answer_object(fixture, LREG_OK));
    assert_int_equal(fixture->call.response.object_offset, 7);
}

static void test_surface_representation__304_closes_the_object(void **state) {
    struct fixture *fixture = *state;
    fixture_request_field(fixture, "If-None-Match", "*");
    assert_false(answer_object(fixture, LREG_OK));
}

static void test_surface_representation__a_failure_closes_the_object(void **state) {
    struct fixture *fixture = *state;
    fixture_request_field(fixture, "If-Match", "\"other\"");
    assert_false(answer_object(fixture, LREG_PRECONDITION_FAILED));
}
