/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a request: limits, framing, malformed targets, methods and fields. */
#include "unit/exchange/fixture.h"

static int setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    fixture_prepare(&world->core);
    world->core.options.limits.max_target_bytes = 100;
    world->core.options.limits.max_header_bytes = 300;
    world->core.options.limits.max_headers = 5;
    world_start(world);
    *state = world;
    return 0;
}

static int teardown(void **state) {
    return world_teardown(state);
}

/* Refused before routing: the connection cannot be reused. */
static void expect_refusal(void **state, const char *request, int status, const char *part) {
    struct world *world = *state;
    struct http_answer *answer = http_script_run(&world->script, request);
    if (answer->status != status || strstr(answer->body, part) == NULL) {
        fail_msg("%s gave %s", request, answer->text);
    }
    assert_false(answer->may_keep_alive);
    http_answer_free(answer);
}

static void test_exchange_request__targets_have_a_limit(void **state) {
    char request[256];
    const char *path = "/open/facts?";
    for (int over = 0; over < 2; over++) {
        int padding = 100 - (int)strlen(path) + over;
        snprintf(request, sizeof request, "GET %s%.*s\n\n", path, padding,
                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                 "aaaa");
        if (over == 0) {
            world_expect(*state, NULL, request, 200, NULL);
        } else {
            expect_refusal(state, request, 414, "things|target_too_long|the request target is longer than 100 bytes");
        }
    }
}

static void test_exchange_request__a_huge_target_is_not_kept(void **state) {
    struct world *world = *state;
    size_t length = (size_t)1 << 20;
    char *target = malloc(length + 1);
    assert_non_null(target);
    memset(target, 'a', length);
    memcpy(target, "/v2/", 4);
    target[length] = '\0';
    struct exchange *exchange = world_exchange(world, "GET", target);
    free(target);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_status(exchange), 414);
    exchange_free(exchange);
}

static void test_exchange_request__fields_have_a_limit_in_number(void **state) {
    world_expect(*state, NULL, "GET /open/facts\na: 1\nb: 2\nc: 3\nd: 4\ne: 5\n\n", 200, NULL);
    expect_refusal(state, "GET /open/facts\na: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\n\n", 431,
                   "too_many_headers|the request has more than 5 header fields");
}

static void test_exchange_request__fields_have_a_limit_in_bytes(void **state) {
    char request[512];
    for (int over = 0; over < 2; over++) {
        snprintf(
            request, sizeof request, "GET /open/facts\na:%.*s\n\n", 300 - 5 + over,
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        if (over == 0) {
            world_expect(*state, NULL, request, 200, NULL);
        } else {
            expect_refusal(state, request, 431, "headers_too_large|");
        }
    }
}

static void test_exchange_request__a_million_fields_are_not_kept(void **state) {
    struct exchange *exchange = world_exchange(*state, "GET", "/open/facts");
    for (int i = 0; i < 1000000; i++) {
        assert_int_equal(exchange_add_header(exchange, "X-Field", "value", NULL), LREG_OK);
    }
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_status(exchange), 431);
    exchange_free(exchange);
}

static void test_exchange_request__malformed_fields_are_refused(void **state) {
    expect_refusal(state, "GET /open/facts\nbad name: 1\n\n", 400, "bad_header|");
    expect_refusal(state, "GET /open/facts\n: 1\n\n", 400, "bad_header|");
    struct exchange *exchange = world_exchange(*state, "GET", "/open/facts");
    assert_int_equal(exchange_add_header(exchange, "X-Field", "a\r\nInjected: b", NULL), LREG_OK);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_status(exchange), 400);
    exchange_free(exchange);
}

static void test_exchange_request__the_first_fault_is_shown(void **state) {
    expect_refusal(state, "GET /open/facts\nbad name: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\n\n", 400, "bad_header|");
}

static void test_exchange_request__malformed_methods_are_refused(void **state) {
    struct world *world = *state;
    static const char *const methods[] = {"", "GE T", "GET\r\n", "G\xc3\xa4T", "<b>"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        struct exchange *exchange = world_exchange(world, methods[i], "/open/facts");
        assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
        assert_int_equal(exchange_status(exchange), 400);
        exchange_free(exchange);
    }
}

static void test_exchange_request__malformed_targets_are_refused(void **state) {
    static const char *const targets[] = {
        "/open/%zz",
        "/open/%",
        "/open/%2",
        "/open/../open/facts",
        "/open/%2e%2e/facts",
        "/open/%00",
        "/open/a%2fb",
        "/open/\x01",
        "/open/\xff\xfe",
        "/open//facts",
        "/open/facts#a",
        "open/facts",
        "",
        "?a",
        "*",
        "/open/%c0%af",
        "ftp://h/open/facts",
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct exchange *exchange = world_exchange(*state, "GET", targets[i]);
        assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
        if (exchange_status(exchange) != 400) {
            fail_msg("%s gave %d", targets[i], (int)exchange_status(exchange));
        }
        exchange_free(exchange);
    }
}

static void test_exchange_request__lengths_have_to_be_digits_and_agree(void **state) {
    static const char *const fields[] = {
        "Content-Length: abc",
        "Content-Length: -1",
        "Content-Length: +1",
        "Content-Length: 1 2",
        "Content-Length: 0x10",
        "Content-Length:",
        "Content-Length: 5, 5",
        "Content-Length: 99999999999999999999",
        "Content-Length: 9223372036854775808",
        "Content-Length: 5\nContent-Length: 6",
        "Content-Length: 5\ncontent-length: x",
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char request[128];
        snprintf(request, sizeof request, "POST /open/tally\n%s\n\n", fields[i]);
        expect_refusal(state, request, 400, "bad_content_length|");
    }
    world_expect(*state, NULL, "POST /open/tally\nContent-Length: 3\nContent-Length: 3\n\nabc", 201, NULL);
    world_expect(*state, NULL, "POST /open/tally\nContent-Length: 0003\n\nabc", 201, NULL);
}

static void test_exchange_request__two_ends_of_a_body_are_refused_and_close(void **state) {
    struct world *world = *state;
    static const struct {
        const char *fields;
        int status;
    } cases[] = {
        {"Content-Length: 1\nTransfer-Encoding: chunked", 400},
        {"Transfer-Encoding: chunked\nContent-Length: 1", 400},
        {"Transfer-Encoding: gzip", 501},
        {"Transfer-Encoding: gzip, chunked", 501},
        {"Transfer-Encoding: chunked, chunked", 501},
        {"Transfer-Encoding: identity", 501},
        {"Transfer-Encoding:", 501},
        {"Transfer-Encoding: chunked;q=1", 501},
        {"Transfer-Encoding: chunked\nTransfer-Encoding: chunked", 501},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char request[160];
        (void)snprintf(request, sizeof request, "POST /open/tally\n%s\n\nabc", cases[i].fields);
        struct http_answer *answer = http_script_run(&world->script, request);
        if (answer->status != cases[i].status || answer->may_keep_alive) {
            fail_msg("%s gave %s", cases[i].fields, answer->text);
        }
        http_answer_free(answer);
    }
    world_expect(world, NULL, "POST /open/tally\nTransfer-Encoding: CHUNKED\n\nabc", 201, NULL);
}

static void test_exchange_request__a_coded_body_is_415_that_names_the_field(void **state) {
    struct world *world = *state;
    static const char *const codings[] = {"gzip", "GZIP", "identity, br", "deflate", "aws-chunked", "x"};
    for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++) {
        char request[160];
        (void)snprintf(request, sizeof request, "POST /open/tally\nContent-Length: 3\nContent-Encoding: %s\n\nabc",
                       codings[i]);
        struct http_answer *answer = http_script_run(&world->script, request);
        assert_int_equal(answer->status, 415);
        assert_non_null(strstr(answer->text, "Content-Encoding"));
        assert_string_equal(http_answer_header(answer, "Accept-Encoding"), "identity");
        http_answer_free(answer);
    }
    world_expect(world, NULL, "POST /open/tally\nContent-Length: 3\nContent-Encoding: identity\n\nabc", 201, NULL);
    world_expect(world, NULL, "POST /open/tally\nContent-Length: 3\nContent-Encoding:\n\nabc", 201, NULL);
    world_expect(world, NULL, "GET /open/facts\nContent-Encoding: gzip\n\n", 200, NULL);
}

static void test_exchange_request__setters_refuse_what_is_malformed(void **state) {
    struct exchange *exchange = world_exchange(*state, "GET", "/open/facts");
    assert_int_equal(exchange_set_scheme(exchange, "ftp", NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(exchange_set_host(exchange, "a b", NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(exchange_set_host(exchange, "", NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(exchange_set_host(exchange, "user@host", NULL), LREG_BAD_ARGUMENT);
    static const char *const mounts[] = {"a", "/", "/a/", "/a//b", "/a?b", "/a b", "/<b>"};
    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
        assert_int_equal(exchange_set_mount(exchange, mounts[i], NULL), LREG_BAD_ARGUMENT);
    }
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    assert_int_equal(exchange_status(exchange), 200);
    exchange_free(exchange);
}
