/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts and ports, as in the field Host, in forwarded fields and in URLs. */
#include "http/authority.h"

#define EXPECT(text, kind, host, port) expect(text, sizeof(text) - 1, kind, host, port)
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static void expect(const char *text, size_t length, enum authority_kind kind, const char *host, int32_t port) {
    struct authority found;
    if (!authority_parse((struct slice){text, length}, &found)) {
        fail_msg("\"%s\" is refused", text);
    }
    if (found.kind != kind || !slice_equals(found.host, host) || found.port != port) {
        fail_msg("\"%s\" gives kind %d, host \"%.*s\", port %d", text, (int)found.kind, (int)found.host.length,
                 found.host.bytes, (int)found.port);
    }
}

static void refuse(const char *text, size_t length) {
    struct authority found;
    if (authority_parse((struct slice){text, length}, &found)) {
        fail_msg("\"%s\" is taken", text);
    }
    assert_null(found.host.bytes);
}

static void test_http_authority__names(void **state) {
    (void)state;
    EXPECT("h", AUTHORITY_NAME, "h", AUTHORITY_NO_PORT);
    EXPECT("h:80", AUTHORITY_NAME, "h", 80);
    EXPECT("h.", AUTHORITY_NAME, "h.", AUTHORITY_NO_PORT);
    EXPECT("a_b", AUTHORITY_NAME, "a_b", AUTHORITY_NO_PORT);
    EXPECT("a-b.C~d.example:443", AUTHORITY_NAME, "a-b.C~d.example", 443);
    EXPECT("xn--bcher-kva.example", AUTHORITY_NAME, "xn--bcher-kva.example", AUTHORITY_NO_PORT);
    EXPECT("3f2a9b8c7d6e:5000", AUTHORITY_NAME, "3f2a9b8c7d6e", 5000);
    EXPECT("123456789012", AUTHORITY_NAME, "123456789012", AUTHORITY_NO_PORT);
}

static void test_http_authority__addresses(void **state) {
    (void)state;
    EXPECT("127.0.0.1:5000", AUTHORITY_IPV4, "127.0.0.1", 5000);
    EXPECT("255.255.255.255", AUTHORITY_IPV4, "255.255.255.255", AUTHORITY_NO_PORT);
    EXPECT("[::1]", AUTHORITY_IPV6, "::1", AUTHORITY_NO_PORT);
    EXPECT("[::]:0", AUTHORITY_IPV6, "::", 0);
    EXPECT("[2001:db8::192.0.2.1]:65535", AUTHORITY_IPV6, "2001:db8::192.0.2.1", 65535);
    EXPECT("[1:2:3:4:5:6:7:8]", AUTHORITY_IPV6, "1:2:3:4:5:6:7:8", AUTHORITY_NO_PORT);
}

static void test_http_authority__ports_are_numbers_up_to_65535(void **state) {
    (void)state;
    EXPECT("h:0", AUTHORITY_NAME, "h", 0);
    EXPECT("h:65535", AUTHORITY_NAME, "h", 65535);
    EXPECT("h:00080", AUTHORITY_NAME, "h", 80);
    static const char *const bad[] = {"h:65536", "h:99999",     "h:000080", "h:",      "h:-1",    "h:+1",
                                      "h:0x50",  "h:8a",        "h: 80",    "h:80 ",   "h:80:80", "h::80",
                                      "[::1]:",  "[::1]:99999", "[::1]x",   "[::1]80", ":80",     ":"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        refuse(bad[i], strlen(bad[i]));
    }
}

static void test_http_authority__what_is_no_host_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "::1",
        "::1:5000",
        "[::1",
        "::1]",
        "[]",
        "[]:80",
        "[::g]",
        "[::1%25eth0]",
        "[::1%eth0]",
        "[v1.a]",
        "[127.0.0.1]",
        "[1:2:3:4:5:6:7:8:9]",
        "[1:::2]",
        "[::1]]",
        "[[::1]]",
        "[::00001]",
        ".",
        "..",
        ".h",
        "a..b",
        "h..",
        "a b",
        " h",
        "h ",
        "h\t",
        "user@h",
        "user:secret@h",
        "h/p",
        "h?x",
        "h#x",
        "a,b",
        "a;b",
        "a'b",
        "a\"b",
        "a(b",
        "a%41",
        "a%2eb",
        "a\\b",
        "<script>",
        "b\xc3\xbcro",
        "b\xfc",
        "h\r\nX: y",
        "h\x7f",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "127.0.0.01",
        "0",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        refuse(bad[i], strlen(bad[i]));
    }
    refuse("h\0x", 3);
    refuse("127.0.0.1\0", 10);
    refuse("[::1\0]", 6);
}

static void test_http_authority__labels_and_names_have_a_length(void **state) {
    (void)state;
    char text[300];
    memset(text, 'a', sizeof text);
    assert_true(authority_parse((struct slice){text, 63}, NULL));
    refuse(text, 64);
    for (size_t i = 50; i < sizeof text; i += 50) {
        text[i] = '.';
    }
    assert_true(authority_parse((struct slice){text, 255}, NULL));
    refuse(text, 256);
}

static void test_http_authority__addresses_alone(void **state) {
    (void)state;
    assert_true(authority_is_address(slice_of("::1")));
    assert_true(authority_is_address(slice_of("192.0.2.1")));
    static const char *const bad[] = {"", "[::1]", "::1:80:x", "192.0.2.1:80", "192.0.2", "h", "192.0.2.1 ", "::1%lo"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(authority_is_address(slice_of(bad[i])));
    }
}
