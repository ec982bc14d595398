/* SPDX-License-Identifier: Apache-2.0 */
/* The meta-variables of CGI, FastCGI and WSGI as a request. */
#include "http/gateway.h"

#include "http/mount.h"

#include "http/url.h"

#define MAX_TARGET 200

static struct hooks hooks;
static struct arena arena;

static int setup(void **state) {
    (void)state;
    hooks_default(&hooks);
    arena_init(&arena, &hooks, (size_t)1024 * 1024);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

#define VARIABLES(...) ((const char *const[]){"REQUEST_METHOD=GET", __VA_ARGS__, NULL})

static struct gateway_request read_all(const char *const *variables) {
    struct gateway_request request;
    struct error err = {0};
    assert_int_equal(gateway_read(variables, MAX_TARGET, &arena, &request, &err), LREG_OK);
    assert_true(mount_is_sound(request.mount));
    return request;
}

static void check_target(const char *const *variables, const char *target, const char *mount) {
    struct gateway_request request = read_all(variables);
    assert_string_equal(request.target, target);
    assert_string_equal(request.mount, mount);
}

static void test_http_gateway__target_is_taken_as_the_client_sent_it(void **state) {
    (void)state;
    check_target(
        VARIABLES("REQUEST_URI=/packages/a%20b?x=%41", "SCRIPT_NAME=/packages", "PATH_INFO=/a b", "QUERY_STRING=x=%41"),
        "/packages/a%20b?x=%41", "/packages");
    check_target(VARIABLES("REQUEST_URI=/v2/", "SCRIPT_NAME=", "PATH_INFO=/v2/"), "/v2/", "");
    check_target(VARIABLES("REQUEST_URI=/packages", "SCRIPT_NAME=/packages"), "/packages", "/packages");
    check_target(VARIABLES("REQUEST_URI=/packages?a", "SCRIPT_NAME=/packages"), "/packages?a", "/packages");
    check_target(VARIABLES("REQUEST_URI=/", "PATH_INFO=/"), "/", "");
    check_target(VARIABLES("RAW_URI=/a/b", "SCRIPT_NAME=/a", "PATH_INFO=/b"), "/a/b", "/a");
    check_target(VARIABLES("REQUEST_URI=*", "SCRIPT_NAME=/a"), "*", "");
}

static void test_http_gateway__mount_is_spelt_as_in_the_target(void **state) {
    (void)state;
    check_target(VARIABLES("REQUEST_URI=/my%20%70ackages/x", "SCRIPT_NAME=/my packages", "PATH_INFO=/x"),
                 "/my%20%70ackages/x", "/my%20%70ackages");
    check_target(VARIABLES("REQUEST_URI=http://h:1/packages/x?q", "SCRIPT_NAME=/packages", "PATH_INFO=/x"),
                 "http://h:1/packages/x?q", "/packages");
}

static void test_http_gateway__mount_is_found_without_path_info(void **state) {
    (void)state;
    check_target(VARIABLES("REQUEST_URI=/packages/v2/x", "SCRIPT_NAME=/packages"), "/packages/v2/x", "/packages");
    check_target(VARIABLES("REQUEST_URI=/packages/v2/x", "SCRIPT_NAME=/packages/"), "/packages/v2/x", "/packages");
    check_target(VARIABLES("REQUEST_URI=/v2/x"), "/v2/x", "");
    check_target(VARIABLES("REQUEST_URI=/v2/x", "SCRIPT_NAME=/"), "/v2/x", "");
}

static void test_http_gateway__whole_host_is_recognised_by_path_info(void **state) {
    (void)state;
    check_target(VARIABLES("REQUEST_URI=/v2/a/b?n=1", "SCRIPT_NAME=/cgi-bin/registry.cgi", "PATH_INFO=/v2/a/b",
                           "QUERY_STRING=n=1"),
                 "/v2/a/b?n=1", "");
    check_target(VARIABLES("REQUEST_URI=/p/v2/a%2Bb", "SCRIPT_NAME=/cgi-bin/registry.cgi", "PATH_INFO=/v2/a+b"),
                 "/p/v2/a%2Bb", "/p");
    check_target(VARIABLES("REQUEST_URI=/p/v2/", "SCRIPT_NAME=", "PATH_INFO=/v2/"), "/p/v2/", "/p");
    check_target(VARIABLES("REQUEST_URI=/", "SCRIPT_NAME=/cgi-bin/registry.cgi", "PATH_INFO=/"), "/", "");
}

static void test_http_gateway__rewritten_path_is_that_of_the_gateway(void **state) {
    (void)state;
    check_target(VARIABLES("REQUEST_URI=/get/x", "SCRIPT_NAME=/cgi/r.cgi", "PATH_INFO=/o/r/x", "QUERY_STRING=a=%20"),
                 "/cgi/r.cgi/o/r/x?a=%20", "/cgi/r.cgi");
    check_target(VARIABLES("REQUEST_URI=//p//v2/", "SCRIPT_NAME=/p", "PATH_INFO=/v2/"), "/p/v2/", "/p");
    check_target(VARIABLES("REQUEST_URI=/p/%zz", "SCRIPT_NAME=/p", "PATH_INFO=/v2/"), "/p/v2/", "/p");
}

static void test_http_gateway__target_is_joined_and_encoded_without_uri(void **state) {
    (void)state;
    check_target(VARIABLES("SCRIPT_NAME=/p", "PATH_INFO=/a b/%/\xc3\xa9?#\n+", "QUERY_STRING=x=1&y=%2f"),
                 "/p/a%20b/%25/%C3%A9%3F%23%0A+?x=1&y=%2f", "/p");
    check_target(VARIABLES("SCRIPT_NAME=/p"), "/p", "/p");
    check_target(VARIABLES("PATH_INFO=/v2/"), "/v2/", "");
    check_target(VARIABLES("QUERY_STRING=a"), "/?a", "");
    check_target(VARIABLES("SERVER_SOFTWARE=x"), "/", "");
    check_target(VARIABLES("SCRIPT_NAME=/a//b", "PATH_INFO=/c"), "/a//b/c", "");
    check_target(VARIABLES("SCRIPT_NAME=/a", "PATH_INFO=b"), "/a", "/a");
}

static void test_http_gateway__long_targets_stay_too_long_and_bounded(void **state) {
    (void)state;
    static char uri[5 * MAX_TARGET] = "REQUEST_URI=/";
    static char info[5 * MAX_TARGET] = "PATH_INFO=/";
    static char query[5 * MAX_TARGET] = "QUERY_STRING=";
    memset(uri + strlen(uri), 'a', sizeof uri - strlen(uri) - 1);
    memset(info + strlen(info), ' ', sizeof info - strlen(info) - 1);
    memset(query + strlen(query), 'q', sizeof query - strlen(query) - 1);
    const char *const *parts[] = {VARIABLES(uri), VARIABLES(info), VARIABLES(query), VARIABLES(info, query)};
    for (size_t i = 0; i < 4; i++) {
        assert_true(strlen(read_all(parts[i]).target) > MAX_TARGET);
    }
    assert_true(arena.used_bytes < (size_t)20 * MAX_TARGET);
}

static void test_http_gateway__method_is_needed(void **state) {
    (void)state;
    struct gateway_request request;
    struct error err = {0};
    static const char *const none[] = {"REQUEST_METHOD=", "REQUEST_URI=/", "REQUEST_METHODS=GET", "=", "", NULL};
    assert_int_equal(gateway_read(none, MAX_TARGET, &arena, &request, &err), LREG_BAD_ARGUMENT);
    assert_string_equal(err.code, "bad_environment");
}

static void test_http_gateway__last_of_two_counts_and_empty_is_none(void **state) {
    (void)state;
    struct gateway_request request = read_all(VARIABLES("SCRIPT_NAME=/v2/x", "SCRIPT_NAME=/p", "REQUEST_URI=/p/v2/x",
                                                        "REMOTE_ADDR=192.0.2.1", "REQUEST_METHOD=HEAD"));
    assert_string_equal(request.method, "HEAD");
    assert_string_equal(request.mount, "/p");
    assert_string_equal(request.peer, "192.0.2.1");
    assert_null(read_all(VARIABLES("REMOTE_ADDR=")).peer);
    check_target(VARIABLES("REQUEST_URI=/v2/x", "SCRIPT_NAME=/v2/x", "SCRIPT_NAME="), "/v2/x", "");
}

static void test_http_gateway__scheme_is_that_of_the_client(void **state) {
    (void)state;
    assert_string_equal(read_all(VARIABLES("HTTPS=on")).scheme, "https");
    assert_string_equal(read_all(VARIABLES("HTTPS=1")).scheme, "https");
    assert_string_equal(read_all(VARIABLES("HTTPS=OFF", "REQUEST_SCHEME=https")).scheme, "http");
    assert_string_equal(read_all(VARIABLES("HTTPS=0")).scheme, "http");
    assert_string_equal(read_all(VARIABLES("HTTPS=", "REQUEST_SCHEME=HTTPS")).scheme, "https");
    assert_string_equal(read_all(VARIABLES("wsgi.url_scheme=https")).scheme, "https");
    assert_string_equal(read_all(VARIABLES("HTTP_HTTPS=on", "REQUEST_SCHEME=gopher")).scheme, "http");
}

static void check_host(const char *const *variables, const char *host) {
    struct gateway_request request = read_all(variables);
    if (host == NULL) {
        assert_null(request.host);
    } else {
        assert_non_null(request.host);
        assert_string_equal(request.host, host);
    }
}

#define TEN "abcdefghi."
#define FIFTY TEN TEN TEN TEN TEN
#define LONG FIFTY FIFTY FIFTY FIFTY FIFTY "abcd" /* 254 characters; 255 may be */

static void test_http_gateway__server_stands_in_for_the_field_host(void **state) {
    (void)state;
    check_host(VARIABLES("SERVER_NAME=example.com", "SERVER_PORT=80"), "example.com");
    check_host(VARIABLES("SERVER_NAME=example.com", "SERVER_PORT=443"), "example.com:443");
    check_host(VARIABLES("SERVER_NAME=example.com", "SERVER_PORT=443", "HTTPS=on"), "example.com");
    check_host(VARIABLES("SERVER_NAME=2001:db8::1", "SERVER_PORT=8080"), "[2001:db8::1]:8080");
    check_host(VARIABLES("SERVER_NAME=[::1]", "SERVER_PORT=80"), "[::1]");
    check_host(VARIABLES("SERVER_NAME=example.com", "SERVER_PORT=99999"), "example.com");
    check_host(VARIABLES("SERVER_NAME=example.com", "SERVER_PORT=-1"), "example.com");
    check_host(VARIABLES("SERVER_NAME=example.com", "HTTP_HOST=other"), NULL);
    check_host(VARIABLES("SERVER_NAME=<script>"), NULL);
    check_host(VARIABLES("SERVER_NAME=" LONG, "SERVER_PORT=80"), LONG);
    check_host(VARIABLES("SERVER_NAME=" LONG, "SERVER_PORT=8080"), LONG ":8080");
    check_host(VARIABLES("SERVER_NAME=" LONG "ef"), NULL);
    check_host(VARIABLES("SERVER_NAME=::g"), NULL);
    check_host(VARIABLES("SERVER_NAME=127.1"), NULL);
}

static void test_http_gateway__authorization_is_found_behind_redirects(void **state) {
    (void)state;
    assert_null(read_all(VARIABLES("AUTH_TYPE=Basic", "HTTP_AUTHORIZATION=")).authorization);
    assert_string_equal(read_all(VARIABLES("REDIRECT_HTTP_AUTHORIZATION=a", "HTTP_AUTHORIZATION=b")).authorization,
                        "b");
    assert_string_equal(read_all(VARIABLES("REDIRECT_HTTP_AUTHORIZATION=a", "HTTP_AUTHORIZATION=")).authorization, "a");
    assert_string_equal(read_all(VARIABLES("REDIRECT_REDIRECT_HTTP_AUTHORIZATION=a")).authorization, "a");
    assert_null(read_all(VARIABLES("HTTP_REDIRECT_HTTP_AUTHORIZATION=a", "REDIRECT_=", "REDIRECT_")).authorization);
}

static void test_http_gateway__length_counts_before_a_coding(void **state) {
    (void)state;
    assert_false(read_all(VARIABLES("CONTENT_LENGTH=5", "HTTP_TRANSFER_ENCODING=chunked")).has_open_body);
    assert_true(read_all(VARIABLES("CONTENT_LENGTH=", "HTTP_TRANSFER_ENCODING=chunked")).has_open_body);
    assert_string_equal(read_all(VARIABLES("HTTP_TRANSFER_ENCODING=gzip, chunked")).coding, "gzip, chunked");
    assert_string_equal(read_all(VARIABLES("REQUEST_METHOD=PUT", "SERVER_PROTOCOL=HTTP/2")).coding, "chunked");
    assert_false(read_all(VARIABLES("REQUEST_METHOD=POST", "SERVER_PROTOCOL=HTTP/1.1")).has_open_body);
    assert_true(read_all(VARIABLES("REQUEST_METHOD=POST", "SERVER_PROTOCOL=HTTP/2.0")).has_open_body);
    assert_true(read_all(VARIABLES("REQUEST_METHOD=PATCH", "SERVER_PROTOCOL=HTTP/3")).has_open_body);
    assert_false(read_all(VARIABLES("SERVER_PROTOCOL=HTTP/2")).has_open_body);
    assert_false(read_all(VARIABLES("REQUEST_METHOD=PUT", "SERVER_PROTOCOL=HTTP/2", "CONTENT_LENGTH=0")).has_open_body);
    assert_false(read_all(VARIABLES("REQUEST_METHOD=PUT", "SERVER_PROTOCOL=INCLUDED")).has_open_body);
}

static void test_http_gateway__fields_are_spelt_as_on_the_wire(void **state) {
    (void)state;
    static char longest[GATEWAY_NAME_MAX + 10] = "HTTP_";
    static char too_long[GATEWAY_NAME_MAX + 10] = "HTTP_";
    memset(longest + 5, 'A', GATEWAY_NAME_MAX);
    memcpy(longest + 5 + GATEWAY_NAME_MAX, "=1", 3);
    memset(too_long + 5, 'A', GATEWAY_NAME_MAX + 1);
    memcpy(too_long + 6 + GATEWAY_NAME_MAX, "=1", 3);
    static const char *const expected[][2] = {
        {"Host", "host"},
        {"Content-Type", "text/plain"},
        {"Content-Length", "5"},
        {"Accept-Encoding", "a=b"},
        {"X-A", "1"},
        {"X-A", "2"},
        {NULL, "1"},
    };
    const char *const *variables = VARIABLES(
        "CONTENT_TYPE=replaced", "HTTP_HOST=replaced", "HTTP_HOST=host", "CONTENT_TYPE=text/plain", "CONTENT_LENGTH=5",
        "HTTP_CONTENT_LENGTH=6", "HTTP_CONTENT_TYPE=x/y", "HTTP_TRANSFER_ENCODING=chunked", "HTTP_AUTHORIZATION=x",
        "HTTP_ACCEPT_ENCODING=a=b", "HTTP_=1", "HTTP_X_A=1", "HTTP_X_A=2", "HTTP_EMPTY=", "HTTPS=on", "http_lower=1",
        "HTTP_NO_VALUE", "PATH=/bin", longest, too_long);
    struct gateway_position position = {0};
    struct header field;
    size_t count = 0;
    for (; gateway_next_field(variables, &position, &field); count++) {
        assert_true(count < 7);
        assert_string_equal(field.value, expected[count][1]);
        if (expected[count][0] != NULL) {
            assert_string_equal(field.name, expected[count][0]);
        } else {
            assert_int_equal(strlen(field.name), GATEWAY_NAME_MAX);
        }
    }
    assert_int_equal(count, 7);
}
