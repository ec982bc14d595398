/* SPDX-License-Identifier: Apache-2.0 */
/* How failures are shown: by which surface, without which details, and when memory is out. */
#include "exchange/exchange_internal.h"
#include "unit/exchange/fixture.h"

#include "support/failing_allocator.h"

struct log {
    int lines;
    char last[1024];
};

static struct log lines;
static struct failing_allocator memory;

static void write_log(void *user, int32_t level, const char *message) {
    (void)level;
    struct log *to = user;
    to->lines++;
    snprintf(to->last, sizeof to->last, "%s", message);
}

static int setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    lines = (struct log){0};
    failing_allocator_init(&memory);
    fixture_prepare(&world->core);
    world->core.options.hooks.log =
        (lreg_log){.size = sizeof(lreg_log), .level = LREG_LOG_WARNING, .user = &lines, .write = write_log};
    world->core.options.hooks.allocator = failing_allocator_hook(&memory);
    world_start(world);
    *state = world;
    return 0;
}

static int teardown(void **state) {
    int result = world_teardown(state);
    assert_int_equal(failing_allocator_live_blocks(&memory), 0);
    return result;
}

static void test_exchange_failure__statuses_become_those_of_http(void **state) {
    world_expect(*state, NULL, "GET /open/fail/1\n\n", 400, "things|a_code|the secret path /var/lib <b>&\"");
    world_expect(*state, NULL, "GET /open/fail/6\n\n", 409, NULL);
    world_expect(*state, NULL, "GET /open/fail/13\n\n", 422, NULL);
    world_expect(*state, NULL, "GET /open/fail/18\n\n", 507, NULL);
    assert_int_equal(lines.lines, 1);
}

static void test_exchange_failure__what_was_half_made_is_dropped(void **state) {
    struct world *world = *state;
    struct http_answer *answer = http_script_run(&world->script, "GET /open/fail/6\n\n");
    assert_int_equal(answer->status, 409);
    assert_null(http_answer_header(answer, "X-Half-Made"));
    assert_null(strstr(answer->body, "half made"));
    http_answer_free(answer);
}

static void test_exchange_failure__internal_failures_tell_the_log_and_not_the_client(void **state) {
    static const char *const internal[] = {"19", "20", "21", "22", "1000", "4711"};
    struct world *world = *state;
    for (size_t i = 0; i < sizeof internal / sizeof internal[0]; i++) {
        char request[64];
        snprintf(request, sizeof request, "GET /open/fail/%s\n\n", internal[i]);
        int before = lines.lines;
        struct http_answer *answer = http_script_run(&world->script, request);
        assert_int_equal(answer->status, 500);
        assert_null(strstr(answer->body, "secret"));
        assert_true(text_starts_with(answer->body, "things|internal_error|internal error; the log has it under"));
        assert_int_equal(lines.lines, before + 1);
        assert_non_null(strstr(lines.last, "the secret path"));
        assert_non_null(strstr(lines.last, strrchr(answer->body, ' ') + 1)); /* the request's id */
        http_answer_free(answer);
    }
}

static void test_exchange_failure__a_handler_without_an_answer_is_internal(void **state) {
    world_expect(*state, NULL, "GET /open/forgets\n\n", 500, NULL);
    assert_non_null(strstr(lines.last, "gave no response"));
}

static void test_exchange_failure__busy_says_when_to_come_back(void **state) {
    struct world *world = *state;
    struct http_answer *answer = http_script_run(&world->script, "GET /open/fail/17\n\n");
    assert_int_equal(answer->status, 503);
    assert_string_equal(http_answer_header(answer, "Retry-After"), "1");
    http_answer_free(answer);
}

static void test_exchange_failure__paths_without_a_route_are_shown_by_the_nearest_surface(void **state) {
    world_expect(*state, NULL, "GET /v2/a\n\n", 404, "images|path_unknown|there is nothing at this path");
    world_expect(*state, NULL, "GET /v2/%zz\n\n", 400, NULL);
    world_expect(*state, NULL, "GET /v2/packages/a\n\n", 404, "manage|path_unknown|there is nothing at this path");
    world_expect(*state, NULL, "GET /open/a\n\n", 404, "things|path_unknown|there is nothing at this path");
    world_expect(*state, NULL, "GET /a\n\n", 404, "there is nothing at this path\n");
}

static void test_exchange_failure__browsers_get_a_page(void **state) {
    struct world *world = *state;
    struct http_answer *answer = http_script_run(&world->script, "BREW /a\nAccept: text/html, text/plain;q=0.8\n\n");
    assert_int_equal(answer->status, 404);
    assert_string_equal(http_answer_header(answer, "Content-Type"), "text/html; charset=utf-8");
    assert_non_null(strstr(answer->body, "<h1>404 Not Found</h1>"));
    http_answer_free(answer);
    answer = http_script_run(&world->script, "GET /a\nHost: <script>\nAccept: text/html\n\n");
    assert_int_equal(answer->status, 400);
    http_answer_free(answer);
}

static void test_exchange_failure__416_comes_in_the_surface_s_shape(void **state) {
    struct world *world = *state;
    struct http_answer *answer = http_script_run(&world->script, "GET /open/range\nRange: bytes=20-\n\n");
    assert_int_equal(answer->status, 416);
    assert_string_equal(http_answer_header(answer, "Content-Range"), "bytes */10");
    assert_true(text_starts_with(answer->body, "things|range_not_satisfiable|"));
    http_answer_free(answer);
    world_expect(world, NULL, "GET /open/range\nIf-Match: \"v2\"\n\n", 412, NULL);
    world_expect(world, NULL, "GET /open/range\nIf-None-Match: \"v1\"\n\n", 304, "");
    world_expect(world, NULL, "GET /open/range\nRange: bytes=2-3\n\n", 206, "23");
}

/* Fails the n-th allocation of the request, for every n: the answer is the usual one, or reports that memory is out. */
static void run_with_failures(struct world *world, const char *authorization, const char *request, int usual,
                              bool and_later) {
    world->script.authorization = authorization;
    world->script.expected = LREG_NO_MEMORY;
    bool has_failed = true;
    for (size_t n = 1; has_failed; n++) {
        assert_true(n < 1000);
        failing_allocator_fail_at(&memory, n, and_later);
        struct http_answer *answer = http_script_run(&world->script, request);
        has_failed = failing_allocator_failed(&memory);
        failing_allocator_fail_at(&memory, 0, false);
        bool is_told = answer->call_status == LREG_NO_MEMORY || answer->status == 503;
        if (!is_told && answer->status != usual) {
            fail_msg("allocation %zu failed: %s", n, answer->text);
        }
        if (!has_failed) {
            assert_int_equal(answer->status, usual);
        }
        http_answer_free(answer);
        assert_int_equal(open_sinks, 0);
    }
    world->script.expected = LREG_OK;
    world->script.authorization = NULL;
}

static void test_exchange_failure__memory_may_be_out_at_any_time(void **state) {
    struct world *world = *state;
    static const char form[] = "POST /org/secret/forms HTTP/1.1\nHost: a.test\n"
                               "Content-Type: multipart/form-data; boundary=b\n\n"
                               "--b\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nabc\r\n--b--\r\n";
    for (int later = 0; later < 2; later++) {
        run_with_failures(world, world->all, form, 201, later != 0);
        run_with_failures(world, world->all, "GET /v2/org/secret/a/b/manifests/c?d=e\nHost: h\n\n", 200, later != 0);
        run_with_failures(world, NULL, "GET /org/secret/things/a\nHost: h\n\n", 401, later != 0);
        run_with_failures(world, NULL, "GET /nowhere\nAccept: text/html\n\n", 404, later != 0);
        run_with_failures(world, NULL, "GET /open/range\nRange: bytes=1-2\n\n", 206, later != 0);
        run_with_failures(world, NULL, "POST /open/small\n\n1234", 200, later != 0);
    }
}

static void test_exchange_failure__after_memory_was_out_only_reset_helps(void **state) {
    struct world *world = *state;
    struct exchange *exchange = NULL;
    assert_int_equal(exchange_new(world->dispatcher, &exchange, NULL), LREG_OK);
    failing_allocator_fail_at(&memory, 1, true);
    assert_int_equal(exchange_set_request(exchange, "GET", "/open/nothing", NULL), LREG_NO_MEMORY);
    failing_allocator_fail_at(&memory, 0, false);
    assert_int_equal(exchange_set_request(exchange, "GET", "/open/nothing", NULL), LREG_MISUSE);
    assert_int_equal(exchange_add_header(exchange, "A", "b", NULL), LREG_MISUSE);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_MISUSE);
    assert_int_equal(exchange_wants(exchange), LREG_WANTS_NOTHING);
    assert_false(exchange_may_keep_alive(exchange));
    exchange_reset(exchange);
    assert_int_equal(exchange_set_request(exchange, "GET", "/open/nothing", NULL), LREG_OK);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_status(exchange), 204);
    exchange_free(exchange);
}

static void test_exchange_failure__without_any_memory_there_is_still_a_response(void **state) {
    struct world *world = *state;
    struct exchange *exchange = world_exchange(world, "GET", "/v2/org/public/a/b/manifests/c?d=e");
    exchange->arena.max_bytes = exchange->arena.used_bytes; /* and its block has no more space */
    failing_allocator_fail_at(&memory, 1, true);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_status(exchange), 503);
    const char *name = NULL;
    const char *value = NULL;
    assert_true(exchange_header_at(exchange, 0, &name, &value));
    assert_string_equal(name, "Content-Type");
    char body[128] = "";
    size_t got = 0;
    assert_int_equal(exchange_read(exchange, body, sizeof body, &got, NULL), LREG_OK);
    assert_int_equal(got, exchange_content_length(exchange));
    failing_allocator_fail_at(&memory, 0, false);
    exchange_free(exchange);
}
