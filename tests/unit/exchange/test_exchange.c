/* SPDX-License-Identifier: Apache-2.0 */
/* The phases of an exchange: what it wants at each point, bodies in any pieces, bodies with a false length, reuse. */
#include "unit/exchange/fixture.h"

static int setup(void **state) {
    return world_setup(state);
}

static int teardown(void **state) {
    return world_teardown(state);
}

static void test_exchange_exchange__a_get_is_answered_at_begin(void **state) {
    struct exchange *exchange = world_exchange(*state, "GET", "/open/facts");
    assert_int_equal(exchange_wants(exchange), LREG_WANTS_NOTHING);
    assert_int_equal(exchange_status(exchange), 0);
    assert_int_equal(exchange_content_length(exchange), -1);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_wants(exchange), LREG_WANTS_RESPONSE);
    assert_int_equal(exchange_status(exchange), 200);
    assert_true(exchange_content_length(exchange) > 0);
    assert_true(exchange_may_keep_alive(exchange));
    exchange_free(exchange);
}

static void test_exchange_exchange__wants_nothing_once_the_end_was_shown(void **state) {
    struct exchange *exchange = world_exchange(*state, "GET", "/open/nothing");
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    lreg_piece piece = {.size = sizeof piece};
    assert_int_equal(exchange_wants(exchange), LREG_WANTS_RESPONSE);
    assert_int_equal(exchange_next(exchange, &piece, NULL), LREG_OK);
    assert_int_equal(piece.kind, LREG_PIECE_END);
    assert_int_equal(exchange_wants(exchange), LREG_WANTS_NOTHING);
    exchange_free(exchange);
}

static void test_exchange_exchange__a_body_is_wanted_only_where_there_is_one(void **state) {
    struct exchange *exchange = world_exchange(*state, "POST", "/open/tally");
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_wants(exchange), LREG_WANTS_RESPONSE);
    assert_int_equal(exchange_status(exchange), 201);
    assert_int_equal(exchange_finish(exchange, NULL), LREG_OK);
    assert_true(exchange_may_keep_alive(exchange));
    exchange_reset(exchange);
    assert_int_equal(exchange_set_request(exchange, "POST", "/open/tally", NULL), LREG_OK);
    assert_int_equal(exchange_add_header(exchange, "Transfer-Encoding", "chunked", NULL), LREG_OK);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_wants(exchange), LREG_WANTS_BODY);
    assert_false(exchange_may_keep_alive(exchange));
    assert_int_equal(exchange_write(exchange, "abc", 3, NULL), LREG_OK);
    assert_int_equal(exchange_write(exchange, NULL, 0, NULL), LREG_OK);
    assert_int_equal(exchange_wants(exchange), LREG_WANTS_BODY);
    assert_int_equal(exchange_finish(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_wants(exchange), LREG_WANTS_RESPONSE);
    assert_true(exchange_may_keep_alive(exchange));
    exchange_free(exchange);
}

static void test_exchange_exchange__a_refusal_is_ready_before_the_body(void **state) {
    struct exchange *exchange = world_exchange(*state, "PUT", "/org/secret/things/a");
    assert_int_equal(exchange_add_header(exchange, "Content-Length", "1000000000000", NULL), LREG_OK);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_wants(exchange), LREG_WANTS_RESPONSE);
    assert_int_equal(exchange_status(exchange), 401);
    assert_false(exchange_may_keep_alive(exchange));
    exchange_free(exchange);
}

static void test_exchange_exchange__an_unwanted_body_may_be_read_to_its_end(void **state) {
    struct exchange *exchange = world_exchange(*state, "GET", "/open/facts");
    assert_int_equal(exchange_add_header(exchange, "Content-Length", "4", NULL), LREG_OK);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_wants(exchange), LREG_WANTS_RESPONSE);
    assert_false(exchange_may_keep_alive(exchange));
    assert_int_equal(exchange_write(exchange, "abcd", 4, NULL), LREG_OK);
    assert_false(exchange_may_keep_alive(exchange));
    assert_int_equal(exchange_finish(exchange, NULL), LREG_OK);
    assert_true(exchange_may_keep_alive(exchange));
    assert_int_equal(exchange_status(exchange), 200);
    exchange_free(exchange);
}

static void test_exchange_exchange__a_sink_may_answer_before_the_end(void **state) {
    struct world *world = *state;
    struct http_answer *answer = http_script_run(&world->script, "POST /open/tally\n\nabc.def");
    assert_int_equal(answer->status, 202);
    assert_string_equal(answer->body, "enough");
    assert_true(answer->was_early);
    assert_false(answer->may_keep_alive);
    http_answer_free(answer);
}

static void test_exchange_exchange__a_sink_may_refuse_before_the_end(void **state) {
    world_expect(*state, NULL, "POST /open/tally\n\nabc!def", 422, "things|bad_byte|a bad byte at 3");
}

static void test_exchange_exchange__a_handler_that_fails_after_its_sink_leaves_none(void **state) {
    world_expect(*state, NULL, "POST /open/late\n\nabc", 409, "things|late|changed my mind");
    assert_int_equal(open_sinks, 0);
}

static void test_exchange_exchange__a_body_that_is_too_short_is_refused(void **state) {
    struct world *world = *state;
    struct http_answer *answer = http_script_run(&world->script, "POST /open/tally\nContent-Length: 10\n\nabc");
    assert_int_equal(answer->status, 400);
    assert_non_null(strstr(answer->body, "body_truncated"));
    assert_false(answer->may_keep_alive);
    http_answer_free(answer);
}

static void test_exchange_exchange__a_body_that_is_too_long_is_refused(void **state) {
    struct world *world = *state;
    struct http_answer *answer = http_script_run(&world->script, "POST /open/tally\nContent-Length: 2\n\nabc");
    assert_int_equal(answer->status, 400);
    assert_non_null(strstr(answer->body, "body_too_long"));
    assert_false(answer->may_keep_alive);
    http_answer_free(answer);
}

static void test_exchange_exchange__lies_after_the_answer_close_the_connection(void **state) {
    static const char *const bodies[] = {"ab", "abcdef"};
    for (size_t i = 0; i < 2; i++) {
        struct exchange *exchange = world_exchange(*state, "GET", "/open/facts");
        assert_int_equal(exchange_add_header(exchange, "Content-Length", "4", NULL), LREG_OK);
        assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
        assert_int_equal(exchange_write(exchange, bodies[i], strlen(bodies[i]), NULL), LREG_OK);
        assert_int_equal(exchange_finish(exchange, NULL), LREG_OK);
        assert_int_equal(exchange_status(exchange), 200);
        assert_false(exchange_may_keep_alive(exchange));
        exchange_free(exchange);
    }
}

static void test_exchange_exchange__calls_in_the_wrong_phase_are_misuse(void **state) {
    struct exchange *exchange = NULL;
    struct world *world = *state;
    char byte = 0;
    size_t got = 0;
    lreg_piece piece = {.size = sizeof piece};
    assert_int_equal(exchange_new(world->dispatcher, &exchange, NULL), LREG_OK);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_MISUSE);
    assert_int_equal(exchange_write(exchange, "a", 1, NULL), LREG_MISUSE);
    assert_int_equal(exchange_finish(exchange, NULL), LREG_MISUSE);
    assert_int_equal(exchange_next(exchange, &piece, NULL), LREG_MISUSE);
    assert_int_equal(exchange_consume(exchange, 0, NULL), LREG_MISUSE);
    assert_int_equal(exchange_read(exchange, &byte, 1, &got, NULL), LREG_MISUSE);
    assert_int_equal(exchange_set_request(exchange, "GET", "/open/nothing", NULL), LREG_OK);
    assert_int_equal(exchange_set_request(exchange, "GET", "/open/nothing", NULL), LREG_MISUSE);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_MISUSE);
    assert_int_equal(exchange_add_header(exchange, "A", "b", NULL), LREG_MISUSE);
    assert_int_equal(exchange_set_scheme(exchange, "http", NULL), LREG_MISUSE);
    assert_int_equal(exchange_set_host(exchange, "a", NULL), LREG_MISUSE);
    assert_int_equal(exchange_set_mount(exchange, "/a", NULL), LREG_MISUSE);
    assert_int_equal(exchange_set_peer(exchange, "::1", NULL), LREG_MISUSE);
    assert_int_equal(exchange_trust_forwarded(exchange, true, NULL), LREG_MISUSE);
    assert_int_equal(exchange_write(exchange, "a", 1, NULL), LREG_MISUSE);
    assert_int_equal(exchange_consume(exchange, 1, NULL), LREG_MISUSE);
    assert_int_equal(exchange_status(exchange), 204);
    exchange_free(exchange);
}

static void test_exchange_exchange__may_be_reset_and_freed_in_any_phase(void **state) {
    for (int phase = 0; phase < 4; phase++) {
        struct exchange *exchange = world_exchange(*state, "POST", "/open/form");
        assert_int_equal(exchange_add_header(exchange, "Content-Length", "100", NULL), LREG_OK);
        assert_int_equal(exchange_add_header(exchange, "Content-Type", "multipart/form-data; boundary=b", NULL),
                         LREG_OK);
        if (phase > 0) {
            assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
            assert_int_equal(open_sinks, 1);
        }
        if (phase > 1) {
            assert_int_equal(exchange_write(exchange, "--b\r\n", 5, NULL), LREG_OK);
        }
        if (phase > 2) {
            exchange_reset(exchange);
            assert_int_equal(open_sinks, 0);
            assert_int_equal(exchange_wants(exchange), LREG_WANTS_NOTHING);
        }
        exchange_free(exchange);
        assert_int_equal(open_sinks, 0);
    }
    exchange_free(NULL);
}

static void test_exchange_exchange__reset_forgets_everything(void **state) {
    struct world *world = *state;
    struct http_script script = world->script;
    lreg_exchange *exchange = NULL;
    assert_int_equal(lreg_exchange_new(script.instance, &exchange, NULL), LREG_OK);
    script.exchange = exchange;
    script.authorization = world->all;
    script.mount = "/m";
    script.scheme = "https";
    struct http_answer *answer = http_script_run(&script, "GET /m/org/secret/facts\nHost: one.test\n\n");
    assert_string_equal(answer->body,
                        "/org/secret/facts org/secret who=API token test base=https://one.test/m mount=/m from=");
    http_answer_free(answer);
    script = world->script;
    script.exchange = exchange;
    answer = http_script_run(&script, "GET /open/facts\n\n");
    assert_string_equal(answer->body, "/open/facts -/- who= base= mount= from=");
    http_answer_free(answer);
    answer = http_script_run(&script, "GET /org/secret/facts\n\n");
    assert_int_equal(answer->status, 401);
    http_answer_free(answer);
    lreg_exchange_free(exchange);
}

static const char form[] = "POST /open/form HTTP/1.1\r\n"
                           "Content-Type: multipart/form-data; boundary=\"b-1\"\r\n"
                           "\r\n"
                           "preamble\r\n--b-1\r\n"
                           "Content-Disposition: form-data; name=\"note\"\r\n\r\n"
                           "one\r\n--b-\r\ntwo\r\n"
                           "--b-1\r\n"
                           "Content-Disposition: form-data; name=\"file\"; filename=\"a b.txt\"\r\n"
                           "Content-Type: text/plain\r\n\r\n"
                           "\r\n--b-2 \r\n\r\n-\r\n"
                           "--b-1--\r\nepilogue";

static void test_exchange_exchange__a_form_is_the_same_however_it_is_cut(void **state) {
    struct world *world = *state;
    http_script_check_cuts(&world->script, form, sizeof form - 1, NULL, NULL);
    struct http_answer *answer = http_script_run(&world->script, form);
    assert_int_equal(answer->status, 201);
    assert_string_equal(answer->body, "[note - one\r\n--b-\r\ntwo][file a b.txt \r\n--b-2 \r\n\r\n-]");
    http_answer_free(answer);
}

static void test_exchange_exchange__refusals_are_the_same_however_they_are_cut(void **state) {
    struct world *world = *state;
    static const char *const requests[] = {
        "POST /open/tally\n\nsome bytes! and more",
        "POST /open/tally\n\nsome bytes. and more",
        "POST /open/small\n\n12345678",
        "POST /open/small\nTransfer-Encoding: chunked\n\n123456789",
        "POST /open/small\nContent-Length: 9\n\n123",
        "POST /open/tally\nContent-Length: 3\n\n12345",
        "POST /open/form\nContent-Type: multipart/form-data; boundary=b\n\n--b\r\ntorn",
        "POST /open/form\nContent-Type: multipart/form-data; boundary=b\n\n--b\r\nNo-Name: x\r\n\r\nx\r\n--b--",
        "GET /open/facts\n\na body for nobody",
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        http_script_check_cuts(&world->script, requests[i], strlen(requests[i]), NULL, NULL);
    }
}

static void test_exchange_exchange__a_small_body_is_collected(void **state) {
    world_expect(*state, NULL, "POST /open/small\n\n12345678", 200, "12345678");
    world_expect(*state, NULL, "POST /open/small\n\n", 200, "");
    world_expect(*state, NULL, "POST /open/small\n\n123456789", 413, NULL);
}

static void test_exchange_exchange__options_tells_what_is_allowed(void **state) {
    struct world *world = *state;
    struct http_answer *answer = http_script_run(&world->script, "OPTIONS /org/secret/things/a\n\n");
    assert_int_equal(answer->status, 204);
    assert_string_equal(http_answer_header(answer, "Allow"), "GET, HEAD, PUT, DELETE, OPTIONS");
    assert_int_equal(answer->content_length, -1);
    http_answer_free(answer);
    answer = http_script_run(&world->script, "OPTIONS *\n\n");
    assert_int_equal(answer->status, 204);
    assert_string_equal(http_answer_header(answer, "Allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    http_answer_free(answer);
    world_expect(world, NULL, "OPTIONS /nothing/here\n\n", 404, NULL);
}

static void test_exchange_exchange__other_methods_are_405_with_allow(void **state) {
    struct world *world = *state;
    struct http_answer *answer = http_script_run(&world->script, "POST /org/secret/things/list\n\n");
    assert_int_equal(answer->status, 405);
    assert_string_equal(http_answer_header(answer, "Allow"), "GET, HEAD, OPTIONS");
    assert_true(text_starts_with(answer->body, "things|method_not_allowed|POST"));
    http_answer_free(answer);
}

static void test_exchange_exchange__unknown_methods_are_501(void **state) {
    world_expect(*state, NULL, "BREW /open/facts\n\n", 501, "things|method_unknown|the method BREW is not known");
    world_expect(*state, NULL, "get /open/facts\n\n", 501, NULL);
    world_expect(*state, NULL, "BREW /nowhere\n\n", 404, NULL);
}

static void test_exchange_exchange__head_tells_the_length_and_sends_nothing(void **state) {
    struct world *world = *state;
    struct http_answer *get = http_script_run(&world->script, "GET /open/facts\n\n");
    struct http_answer *head = http_script_run(&world->script, "HEAD /open/facts\n\n");
    assert_int_equal(head->status, 200);
    assert_int_equal(head->content_length, get->content_length);
    assert_int_equal(get->content_length, get->body_length);
    assert_string_equal(head->head, get->head);
    assert_int_equal(head->body_length, 0);
    http_answer_free(get);
    http_answer_free(head);
    world_expect(world, NULL, "HEAD /nothing/here\n\n", 404, "");
}

static void test_exchange_exchange__every_response_has_an_id_of_its_own(void **state) {
    struct world *world = *state;
    char ids[3][32] = {{0}};
    struct exchange *exchange = NULL;
    assert_int_equal(exchange_new(world->dispatcher, &exchange, NULL), LREG_OK);
    for (int i = 0; i < 3; i++) {
        const char *name = NULL;
        const char *value = NULL;
        bool is_sniffed = true;
        exchange_reset(exchange);
        assert_int_equal(exchange_set_request(exchange, "GET", "/open/nothing", NULL), LREG_OK);
        assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
        for (size_t j = 0; exchange_header_at(exchange, j, &name, &value); j++) {
            if (text_equals(name, "X-Request-Id")) {
                snprintf(ids[i], sizeof ids[i], "%s", value);
            }
            is_sniffed = is_sniffed && !(text_equals(name, "X-Content-Type-Options") && text_equals(value, "nosniff"));
        }
        assert_null(name);
        assert_false(is_sniffed);
        assert_int_equal(strlen(ids[i]), 16);
    }
    assert_string_not_equal(ids[0], ids[1]);
    assert_string_not_equal(ids[1], ids[2]);
    exchange_free(exchange);
}

static void test_exchange_exchange__outlives_its_dispatcher(void **state) {
    struct world *world = *state;
    struct dispatcher *dispatcher = NULL;
    struct exchange *exchange = NULL;
    assert_int_equal(dispatcher_new(world->core.core, all_surfaces, &dispatcher, NULL), LREG_OK);
    assert_int_equal(exchange_new(dispatcher, &exchange, NULL), LREG_OK);
    dispatcher_release(dispatcher);
    assert_int_equal(exchange_set_request(exchange, "GET", "/open/nothing", NULL), LREG_OK);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_status(exchange), 204);
    exchange_free(exchange);
}

static void test_exchange_exchange__what_a_route_does_not_declare_is_refused_before_its_handler(void **state) {
    struct world *world = *state;
    world_expect(world, NULL, "GET /open/nothing?x=1\n\n", 400,
                 "things|unknown_parameter|the parameter \"x\" is not known here: none are");
    world_expect(world, world->all, "DELETE /org/secret/things/a\n\nbody", 400,
                 "things|unexpected_body|this request takes no body");
    world_expect(world, world->all, "DELETE /org/secret/things/a\nTransfer-Encoding: chunked\n\nbody", 400,
                 "things|unexpected_body|this request takes no body");
    world_expect(world, world->all, "DELETE /org/secret/things/a\nTransfer-Encoding: chunked\n\n", 204, "");
    world_expect(world, NULL, "GET /open/nothing\n\nbody", 204, "");
    world_expect(world, NULL, "GET /open/facts?x=1&x=2\n\n", 200, NULL);
    world_expect(world, NULL, "DELETE /org/secret/things/a?x=1\n\n", 401, NULL); /* access is checked first */
}
