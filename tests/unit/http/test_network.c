/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of addresses. */
#include "http/network.h"

static bool contains(const char *text, const char *address) {
    struct network network;
    if (!network_parse(slice_of(text), &network)) {
        fail_msg("\"%s\" is no network", text);
    }
    return network_contains(&network, address);
}

static void test_http_network__one_address_is_a_network(void **state) {
    (void)state;
    assert_true(contains("192.0.2.1", "192.0.2.1"));
    assert_true(contains("192.0.2.1", "::ffff:192.0.2.1"));
    assert_false(contains("192.0.2.1", "192.0.2.2"));
    assert_true(contains("::1", "0:0::1"));
    assert_false(contains("::1", "::2"));
}

static void test_http_network__prefixes_count_in_bits(void **state) {
    (void)state;
    assert_true(contains("10.0.0.0/8", "10.255.0.1"));
    assert_false(contains("10.0.0.0/8", "11.0.0.1"));
    assert_true(contains("10.1.2.3/9", "10.127.0.1"));
    assert_false(contains("10.1.2.3/9", "10.128.0.1"));
    assert_true(contains("0.0.0.0/0", "203.0.113.9"));
    assert_false(contains("0.0.0.0/0", "2001:db8::1"));
    assert_true(contains("::/0", "203.0.113.9"));
    assert_true(contains("fd00::/8", "fdff::1"));
    assert_false(contains("fd00::/8", "fc00::1"));
}

static void test_http_network__other_texts_are_none(void **state) {
    (void)state;
    struct network network;
    static const char *const bad[] = {"",       "h",           "10.0.0.0/",    "10.0.0.0/33",
                                      "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "10/8",
                                      "[::1]",  "10.0.0.0/8 ", "/8",           "10.0.0.0/99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (network_parse(slice_of(bad[i]), &network)) {
            fail_msg("\"%s\" is a network", bad[i]);
        }
    }
    assert_false(contains("::/0", ""));
    assert_false(contains("::/0", "unix:"));
    assert_false(contains("::/0", "unknown"));
}
