/* SPDX-License-Identifier: Apache-2.0 */
/* Answers with bytes, text and JSON. */
#include "unit/core/fixture.h"

#include "surface/surface.h"

struct world {
    struct fixture core;
    struct arena arena;
    struct call call;
};

static int setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    fixture_open_memory(&world->core);
    const struct hooks *hooks = core_hooks(world->core.core);
    arena_init(&world->arena, hooks, (size_t)1 << 20);
    world->call = (struct call){.core = world->core.core, .hooks = hooks, .arena = &world->arena};
    headers_init(&world->call.response.headers, &world->arena);
    *state = world;
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    call_response_clear(&world->call);
    arena_free(&world->arena);
    fixture_close(&world->core);
    free(world);
    return 0;
}

static void test_surface_respond__an_empty_answer_has_no_body(void **state) {
    struct call *call = &((struct world *)*state)->call;
    assert_int_equal(call_respond(call, 204, NULL), LREG_OK);
    assert_int_equal(call->response.status, 204);
    assert_int_equal(call->response.body, BODY_NONE);
    assert_int_equal(call->response.length, 0);
}

static void test_surface_respond__a_second_answer_is_refused(void **state) {
    struct call *call = &((struct world *)*state)->call;
    assert_int_equal(call_respond(call, 204, NULL), LREG_OK);
    assert_int_equal(call_respond(call, 200, NULL), LREG_INTERNAL);
    assert_int_equal(call_respond_bytes(call, 200, "text/plain", "x", 1, NULL, NULL), LREG_INTERNAL);
    assert_int_equal(call->response.status, 204);
    assert_int_equal(call->response.body, BODY_NONE);
}

static void test_surface_respond__bytes_are_sent_as_they_are(void **state) {
    struct call *call = &((struct world *)*state)->call;
    static const char bytes[] = "a\0b";
    assert_int_equal(call_respond_bytes(call, 201, "application/x-test", bytes, 3, NULL, NULL), LREG_OK);
    assert_int_equal(call->response.status, 201);
    assert_int_equal(call->response.body, BODY_BYTES);
    assert_ptr_equal(call->response.bytes, bytes);
    assert_int_equal(call->response.length, 3);
    assert_string_equal(headers_find(&call->response.headers, "Content-Type"), "application/x-test");
}

static void count_end(void *object) {
    int **ended = object;
    (**ended)++;
}

static void test_surface_respond__borrowed_bytes_are_kept_until_the_response_is_cleared(void **state) {
    struct call *call = &((struct world *)*state)->call;
    int ended = 0;
    void *object = NULL;
    struct core_shared *shared = NULL;
    assert_int_equal(core_shared_new(call->core, sizeof(int *), count_end, &object, &shared, NULL), LREG_OK);
    *(int **)object = &ended;
    assert_int_equal(call_respond_bytes(call, 200, "text/plain", "x", 1, shared, NULL), LREG_OK);
    core_shared_release(shared);
    assert_int_equal(ended, 0);
    call_response_clear(call);
    assert_int_equal(ended, 1);
    assert_int_equal(call->response.status, 0);
    assert_int_equal(call->response.headers.count, 0);
}

static void test_surface_respond__text_is_copied(void **state) {
    struct call *call = &((struct world *)*state)->call;
    char text[] = "hello";
    assert_int_equal(call_respond_text(call, 200, "text/plain; charset=utf-8", text, NULL), LREG_OK);
    memset(text, 'x', sizeof text - 1);
    assert_memory_equal(call->response.bytes, "hello", 5);
    assert_int_equal(call->response.length, 5);
}

static void test_surface_respond__json_is_rendered_in_utf8(void **state) {
    struct call *call = &((struct world *)*state)->call;
    json_t *value = json_pack("{s:s}", "message", "größer/als");
    assert_int_equal(call_respond_json(call, 422, value, NULL), LREG_OK);
    json_decref(value);
    static const char expected[] = "{\"message\":\"größer/als\"}";
    assert_int_equal(call->response.length, sizeof expected - 1);
    assert_memory_equal(call->response.bytes, expected, sizeof expected - 1);
    assert_string_equal(headers_find(&call->response.headers, "Content-Type"), "application/json; charset=utf-8");
}

static void test_surface_respond__memory_that_is_out_is_told(void **state) {
    struct world *world = *state;
    json_t *value = json_pack("{s:s}", "message", "text");
    world->arena.max_bytes = 0;
    assert_int_equal(call_respond_json(&world->call, 200, value, NULL), LREG_NO_MEMORY);
    assert_int_equal(call_respond_text(&world->call, 200, "text/plain", "text", NULL), LREG_NO_MEMORY);
    assert_int_equal(world->call.response.status, 0);
    json_decref(value);
}
