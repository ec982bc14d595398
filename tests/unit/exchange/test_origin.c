/* SPDX-License-Identifier: Apache-2.0 */
/* Scheme, host, mount and peer: from the host program, the request, or a trusted proxy. */
#include "unit/exchange/fixture.h"

static int setup(void **state) {
    return world_setup(state);
}

static int teardown(void **state) {
    return world_teardown(state);
}

static void expect_facts(struct world *world, const char *request, const char *end) {
    struct http_answer *answer = http_script_run(&world->script, request);
    if (answer->status != 200 || !text_ends_with(answer->body, end)) {
        fail_msg("%s gave:\n%s\nand not %s", request, answer->text, end);
    }
    http_answer_free(answer);
}

static void expect_status(struct world *world, const char *request, int status) {
    world_expect(world, NULL, request, status, NULL);
}

static void test_exchange_origin__host_comes_from_the_field(void **state) {
    expect_facts(*state, "GET /open/facts\nHost: a.test:8080\n\n", "base=http://a.test:8080 mount= from=");
    expect_facts(*state, "GET /open/facts\nHost: [::1]:80\n\n", "base=http://[::1]:80 mount= from=");
}

static void test_exchange_origin__without_a_host_urls_are_paths(void **state) {
    expect_facts(*state, "GET /open/facts\n\n", "base= mount= from=");
    expect_facts(*state, "GET /open/facts\nHost:\n\n", "base= mount= from=");
}

static void test_exchange_origin__an_absolute_target_names_the_host(void **state) {
    expect_facts(*state, "GET http://b.test/open/facts\nHost: a.test\n\n", "base=http://b.test mount= from=");
    expect_facts(*state, "GET HTTPS://b.test/open/facts?a=b\n\n", "base=http://b.test mount= from=");
    expect_status(*state, "GET http://b.test\n\n", 404);
    expect_facts(*state, "GET http://b.test/open/facts\nHost:\n\n", "base=http://b.test mount= from=");
    static const char *const targets[] = {"http://user@b.test/open/facts",
                                          "http://user:secret@b.test/open/facts",
                                          "http:///open/facts",
                                          "http://",
                                          "http://[::1/open/facts",
                                          "b.test:80",
                                          "http://b.test:99999/open/facts",
                                          "ftp://b.test/open/facts",
                                          "*",
                                          "open/facts",
                                          "//b.test/open/facts"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        char request[128];
        (void)snprintf(request, sizeof request, "GET %s\nHost: a.test\n\n", targets[i]);
        expect_status(*state, request, 400);
    }
    expect_status(*state, "CONNECT b.test:80\nHost: a.test\n\n", 400);
}

static void test_exchange_origin__malformed_hosts_are_refused(void **state) {
    expect_status(*state, "GET /open/facts\nHost: a b\n\n", 400);
    expect_status(*state, "GET /open/facts\nHost: a/b\n\n", 400);
    expect_status(*state, "GET /open/facts\nHost: \"><script>\n\n", 400);
    expect_status(*state, "GET /open/facts\nHost: a.test\nHost: a.test\n\n", 400);
    static const char *const hosts[] = {"::1", "[::1", "[]", "h:99999", "h:80:80", ":80", "user@h", "a,b", "127.1"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        char request[64];
        (void)snprintf(request, sizeof request, "GET /open/facts\nHost: %s\n\n", hosts[i]);
        expect_status(*state, request, 400);
    }
}

static void test_exchange_origin__the_host_program_knows_better(void **state) {
    struct world *world = *state;
    struct exchange *exchange = world_exchange(world, "GET", "/open/facts");
    assert_int_equal(exchange_set_scheme(exchange, "https", NULL), LREG_OK);
    assert_int_equal(exchange_set_host(exchange, "real.test", NULL), LREG_OK);
    assert_int_equal(exchange_set_peer(exchange, "192.0.2.7", NULL), LREG_OK);
    assert_int_equal(exchange_add_header(exchange, "Host", "spoofed.test", NULL), LREG_OK);
    assert_int_equal(exchange_begin(exchange, NULL), LREG_OK);
    char body[128] = "";
    size_t got = 0;
    assert_int_equal(exchange_read(exchange, body, sizeof body - 1, &got, NULL), LREG_OK);
    assert_true(text_ends_with(body, "base=https://real.test mount= from=192.0.2.7"));
    exchange_free(exchange);
}

static void test_exchange_origin__the_mount_is_taken_off_and_put_in_front(void **state) {
    struct world *world = *state;
    world->script.mount = "/a/b";
    expect_facts(world, "GET /a/b/open/facts\nHost: h\n\n", "base=http://h/a/b mount=/a/b from=");
    expect_facts(world, "GET http://h/a/b/open/facts\n\n", "base=http://h/a/b mount=/a/b from=");
    world_expect(world, world->all, "GET /a/b/v2/\n\n", 200, "/v2/ -/- who=API token test base=/a/b mount=/a/b from=");
}

static void test_exchange_origin__targets_outside_of_the_mount_are_404(void **state) {
    struct world *world = *state;
    world->script.mount = "/a";
    expect_status(world, "GET /open/facts\n\n", 404);
    expect_status(world, "GET /ab/open/facts\n\n", 404);
    expect_status(world, "GET /aopen/facts\n\n", 404);
    expect_status(world, "GET /a\n\n", 404);
    expect_status(world, "GET /a?b=c\n\n", 404);
    expect_status(world, "GET /a%2Fopen/facts\n\n", 404);
    expect_status(world, "GET /a/%zz\n\n", 400);
}

static void test_exchange_origin__escapes_in_a_mount_are_undone_before_it_is_compared(void **state) {
    struct world *world = *state;
    world->script.mount = "/~me";
    expect_facts(world, "GET /%7Eme/open/facts\nHost: h\n\n", "base=http://h/~me mount=/~me from=");
    expect_facts(world, "GET /%7e%6d%65/open/f%61cts\nHost: h\n\n", "base=http://h/~me mount=/~me from=");
    expect_facts(world, "GET http://h/%7Eme/open/facts\n\n", "base=http://h/~me mount=/~me from=");
    world->script.mount = "/b%C3%BCro";
    expect_facts(world, "GET /b%c3%bcro/open/facts\nHost: h\n\n", "base=http://h/b%C3%BCro mount=/b%C3%BCro from=");
}

static void test_exchange_origin__forwarded_fields_mean_nothing_without_trust(void **state) {
    expect_facts(*state,
                 "GET /open/facts\nHost: a.test\nX-Forwarded-Proto: https\nX-Forwarded-Host: evil.test\n"
                 "X-Forwarded-Prefix: /evil\nX-Forwarded-For: 1.2.3.4\nForwarded: for=1.2.3.4;host=evil.test\n\n",
                 "base=http://a.test mount= from=");
}

static void test_exchange_origin__a_trusted_proxy_replaces_scheme_host_prefix_and_peer(void **state) {
    struct world *world = *state;
    world->script.trusts_forwarded = true;
    world->script.peer = "10.0.0.1";
    world->script.mount = "/m";
    expect_facts(world,
                 "GET /m/open/facts\nHost: inner\nX-Forwarded-Proto: https\nX-Forwarded-Host: outer.test\n"
                 "X-Forwarded-Prefix: /p/\nX-Forwarded-For: 192.0.2.1, 192.0.2.2\n\n",
                 "base=https://outer.test/p/m mount=/p/m from=192.0.2.2");
    expect_facts(world, "GET /m/open/facts\nHost: inner\n\n", "base=http://inner/m mount=/m from=10.0.0.1");
}

static void trust(struct world *world, int32_t header, size_t hops) {
    struct forwarded_rules rules = {.header = header, .hops = hops};
    dispatcher_set_forwarded(world->dispatcher, &rules);
    world->script.trusts_forwarded = true;
    world->script.peer = "10.0.0.1";
}

static void test_exchange_origin__the_last_element_of_forwarded_counts(void **state) {
    struct world *world = *state;
    trust(world, LREG_FORWARDED_HEADER_FORWARDED, 1);
    expect_facts(world,
                 "GET /open/facts\nHost: inner\nForwarded: for=1.2.3.4;host=evil.test, "
                 "for=\"[2001:db8::1]:4711\";proto=https;host=\"outer.test:8443\"\nX-Forwarded-Host: ignored.test\n\n",
                 "base=https://outer.test:8443 mount= from=2001:db8::1");
    expect_facts(world, "GET /open/facts\nForwarded: for=192.0.2.60:80\n\n", "base= mount= from=192.0.2.60");
}

/* The proxy passes on fields that it does not set as the client wrote them. */
static void test_exchange_origin__the_other_family_means_nothing(void **state) {
    struct world *world = *state;
#define OTHERS                                                                                                \
    "X-Forwarded-Proto: https\nX-Forwarded-Host: evil.test\nX-Forwarded-Port: 1\nX-Forwarded-Prefix: /evil\n" \
    "X-Forwarded-For: 1.2.3.4\n"
    trust(world, LREG_FORWARDED_HEADER_X_FORWARDED, 1);
    expect_facts(world, "GET /open/facts\nHost: inner\nForwarded: for=1.2.3.4;host=evil.test;proto=https\n\n",
                 "base=http://inner mount= from=10.0.0.1");
    expect_facts(world, "GET /open/facts\nHost: inner\nForwarded: proto=gopher\nX-Forwarded-For: 192.0.2.1\n\n",
                 "base=http://inner mount= from=192.0.2.1");
    trust(world, LREG_FORWARDED_HEADER_FORWARDED, 1);
    expect_facts(world, "GET /open/facts\nHost: inner\n" OTHERS "\n", "base=http://inner mount= from=10.0.0.1");
    expect_facts(world, "GET /open/facts\nHost: inner\n" OTHERS "Forwarded: for=192.0.2.1\n\n",
                 "base=http://inner mount= from=192.0.2.1");
}

static void test_exchange_origin__hops_are_counted_from_the_end(void **state) {
    struct world *world = *state;
    trust(world, LREG_FORWARDED_HEADER_X_FORWARDED, 2);
    expect_facts(world,
                 "GET /open/facts\nHost: inner\nX-Forwarded-For: 1.2.3.4, 192.0.2.1\nX-Forwarded-For: 10.0.0.2\n"
                 "X-Forwarded-Proto: http, https, http\nX-Forwarded-Host: outer.test\n\n",
                 "base=https://outer.test mount= from=192.0.2.1");
    expect_facts(world, "GET /open/facts\nHost: inner\nX-Forwarded-For: 192.0.2.1\n\n", "from=192.0.2.1");
    trust(world, LREG_FORWARDED_HEADER_FORWARDED, 2);
    expect_facts(world,
                 "GET /open/facts\nHost: inner\nForwarded: for=1.2.3.4;host=evil.test\n"
                 "Forwarded: for=192.0.2.1;host=outer.test, for=10.0.0.2;host=middle.test\n\n",
                 "base=http://outer.test mount= from=192.0.2.1");
}

static void test_exchange_origin__a_forwarded_port_counts(void **state) {
    struct world *world = *state;
    trust(world, LREG_FORWARDED_HEADER_X_FORWARDED, 1);
    static const char *const cases[][2] = {
        {"Host: a.test\nX-Forwarded-Port: 8443", "base=http://a.test:8443 mount="},
        {"Host: a.test:8080\nX-Forwarded-Proto: https\nX-Forwarded-Port: 443", "base=https://a.test mount="},
        {"Host: a.test\nX-Forwarded-Proto: https\nX-Forwarded-Port: 80", "base=https://a.test:80 mount="},
        {"X-Forwarded-Host: b.test:1\nX-Forwarded-Port: 2", "base=http://b.test:2 mount="},
        {"X-Forwarded-Host: [::1]\nX-Forwarded-Port: 8080", "base=http://[::1]:8080 mount="},
        {"X-Forwarded-Port: 8080", "base= mount="},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char request[160];
        (void)snprintf(request, sizeof request, "GET /open/facts\n%s\n\n", cases[i][0]);
        struct http_answer *answer = http_script_run(&world->script, request);
        if (answer->status != 200 || strstr(answer->body, cases[i][1]) == NULL) {
            fail_msg("%s gave:\n%s", request, answer->text);
        }
        http_answer_free(answer);
    }
}

static void test_exchange_origin__peers_in_a_trusted_network_are_proxies(void **state) {
    struct world *world = *state;
    struct forwarded_rules rules = {.hops = 1, .network_count = 1};
    assert_true(network_parse(slice_of("10.0.0.0/8"), &rules.networks[0]));
    dispatcher_set_forwarded(world->dispatcher, &rules);
    world->script.peer = "10.1.2.3";
    expect_facts(world, "GET /open/facts\nX-Forwarded-For: 192.0.2.1\n\n", "from=192.0.2.1");
    world->script.peer = "11.1.2.3";
    expect_facts(world, "GET /open/facts\nX-Forwarded-For: 192.0.2.1\n\n", "from=11.1.2.3");
    world->script.peer = "unix:";
    expect_facts(world, "GET /open/facts\nX-Forwarded-For: 192.0.2.1\n\n", "from=unix:");
}

static void test_exchange_origin__hidden_clients_keep_the_peer(void **state) {
    struct world *world = *state;
    trust(world, LREG_FORWARDED_HEADER_FORWARDED, 1);
    expect_facts(world, "GET /open/facts\nForwarded: for=unknown\n\n", "from=10.0.0.1");
    expect_facts(world, "GET /open/facts\nForwarded: for=_hidden\n\n", "from=10.0.0.1");
    trust(world, LREG_FORWARDED_HEADER_X_FORWARDED, 1);
    expect_facts(world, "GET /open/facts\nX-Forwarded-For: <script>\n\n", "from=10.0.0.1");
    expect_facts(world, "GET /open/facts\nX-Forwarded-For: 1.2.3\n\n", "from=10.0.0.1");
    expect_facts(world, "GET /open/facts\nX-Forwarded-For: ab:cd\n\n", "from=10.0.0.1");
}

static void test_exchange_origin__malformed_forwarding_is_refused(void **state) {
    struct world *world = *state;
    trust(world, LREG_FORWARDED_HEADER_X_FORWARDED, 1);
    static const char *const fields[] = {
        "Proto: ftp", "Host: a b",           "Host: ::1",       "Host: [::1", "Host: h:99999", "Host: user@h",
        "Prefix: p",  "Prefix: //evil.test", "Prefix: /a/../b", "Port: 0",    "Port: 65536",   "Port: https",
        "Port: -1",   "Port: 80:80",
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char request[96];
        (void)snprintf(request, sizeof request, "GET /open/facts\nX-Forwarded-%s\n\n", fields[i]);
        expect_status(world, request, 400);
    }
    trust(world, LREG_FORWARDED_HEADER_FORWARDED, 1);
    expect_status(world, "GET /open/facts\nForwarded: proto=gopher\n\n", 400);
    expect_status(world, "GET /open/facts\nForwarded: host=\"h:80:80\"\n\n", 400);
}
