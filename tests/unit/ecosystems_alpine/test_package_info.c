/* SPDX-License-Identifier: Apache-2.0 */
/* .PKGINFO is parsed as apk parses it, and content that would harm clients is refused. */
#include "fixture.h"

#include <string.h>

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

#define HASH "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define NEEDED "pkgname = a\npkgver = 1.0-r0\narch = x86_64\ndatahash = " HASH "\n"

static struct alpine_package_info parse(struct fixture *fixture, const char *text) {
    struct alpine_package_info info;
    struct error err = {.message = ""};
    lreg_status status = alpine_package_info_parse(text, strlen(text), &fixture->arena, &info, &err);
    if (status != LREG_OK) {
        fail_msg("%s", err.message);
    }
    return info;
}

static void expect_code_of(struct fixture *fixture, const char *text, size_t length, const char *code) {
    struct alpine_package_info info;
    struct error err = {.code = ""};
    lreg_status status = alpine_package_info_parse(text, length, &fixture->arena, &info, &err);
    if (status != LREG_UNPROCESSABLE || strcmp(err.code, code) != 0) {
        fail_msg("%.80s: %d %s", text, status, err.code);
    }
}

static void expect_code(struct fixture *fixture, const char *text, const char *code) {
    expect_code_of(fixture, text, strlen(text), code);
}

static void test_ecosystems_alpine_package_info__every_field_is_read(void **state) {
    struct alpine_package_info info = parse(
        *state, NEEDED "pkgdesc = D\xc3\xa9j\xc3\xa0 vu: a = b\nurl = https://example.org\nlicense = MIT\norigin = o\n"
                       "maintainer = M <m@example.org>\ncommit = c0ffee\nsize = 4711\nbuilddate = 1700000001\n"
                       "provider_priority = 42\ndepend = x\ndepend = y>=2  !z\nprovides = cmd:a=1\n"
                       "install_if = p q=1\n");
    assert_string_equal(info.name, "a");
    assert_string_equal(info.version, "1.0-r0");
    assert_string_equal(info.architecture, "x86_64");
    assert_string_equal(info.description, "D\xc3\xa9j\xc3\xa0 vu: a = b");
    assert_string_equal(info.url, "https://example.org");
    assert_string_equal(info.license, "MIT");
    assert_string_equal(info.origin, "o");
    assert_string_equal(info.maintainer, "M <m@example.org>");
    assert_string_equal(info.commit, "c0ffee");
    assert_string_equal(info.depends, "x y>=2 !z");
    assert_string_equal(info.provides, "cmd:a=1");
    assert_string_equal(info.install_if, "p q=1");
    assert_int_equal(info.installed_bytes, 4711);
    assert_int_equal(info.build_unix_s, 1700000001);
    assert_int_equal(info.provider_priority, 42);
    assert_int_equal(info.data_sha256[1], 0x11);
    assert_int_equal(info.data_sha256[31], 0xff);
}

static void test_ecosystems_alpine_package_info__lines_that_apk_overlooks_are_overlooked(void **state) {
    struct alpine_package_info info = parse(
        *state,
        "# pkgname = comment\nno separator\n\n" NEEDED "  depend = indented\ndepend=tight\nDEPEND = upper\ndepend = \n"
        "pkgdesc = first\npkgdesc = last\n  second line\nsize = 12k\nbuilddate = soon\nunknown = kept\nurl = ");
    assert_string_equal(info.depends, "");
    assert_string_equal(info.description, "last");
    assert_string_equal(info.url, "");
    assert_int_equal(info.installed_bytes, 12);
    assert_int_equal(info.build_unix_s, 0);
}

static void test_ecosystems_alpine_package_info__the_last_line_may_lack_its_end(void **state) {
    struct alpine_package_info info = parse(*state, NEEDED "pkgdesc = end");
    assert_string_equal(info.description, "end");
}

static void test_ecosystems_alpine_package_info__needed_fields_are_needed(void **state) {
    expect_code(*state, "", "missing_field");
    expect_code(*state, "pkgver = 1\narch = x86\ndatahash = " HASH "\n", "missing_field");
    expect_code(*state, "pkgname = a\narch = x86\ndatahash = " HASH "\n", "missing_field");
    expect_code(*state, "pkgname = a\npkgver = 1\ndatahash = " HASH "\n", "missing_field");
    expect_code(*state, "pkgname = a\npkgver = 1\narch = x86\n", "missing_field");
    expect_code(*state, "pkgname = \npkgver = 1\narch = x86\ndatahash = " HASH "\n", "missing_field");
    expect_code(*state, "pkgname = a\npkgver = 1\narch = x86\ndatahash = 0011\n", "bad_datahash");
    expect_code(*state, "pkgname = a\npkgver = 1\narch = x86\ndatahash = " HASH "00\n", "bad_datahash");
}

static void test_ecosystems_alpine_package_info__what_would_hurt_an_index_is_refused(void **state) {
    static const char nul[] = NEEDED "pkgdesc = a\0b\n";
    expect_code(*state, NEEDED "pkgdesc = a\rb\n", "bad_value");
    expect_code(*state, NEEDED "pkgdesc = caf\xe9\n", "bad_value");
    expect_code_of(*state, nul, sizeof nul - 1, "bad_value");
    expect_code(*state, NEEDED "pkgname = ../../evil\n", "bad_name");
    expect_code(*state, NEEDED "pkgver = 1/2\n", "bad_version");
    expect_code(*state, NEEDED "arch = x86_64/../../etc\n", "bad_architecture");
    expect_code(*state, NEEDED "depend = foo=1.0-beta\n", "bad_dependency");
    expect_code(*state, NEEDED "install_if = foo@edge\n", "bad_dependency");
}

static void test_ecosystems_alpine_package_info__a_tab_in_a_text_and_crlf_in_what_is_unread_do_no_harm(void **state) {
    struct alpine_package_info info = parse(*state, NEEDED "pkgdesc = a\tb\npackager = x\r\n");
    assert_string_equal(info.description, "a\tb");
}

static void test_ecosystems_alpine_package_info__lines_that_no_client_reads_are_refused(void **state) {
    static char text[400000] = NEEDED;
    size_t needed = strlen(NEEDED);
    size_t at = needed;
    for (int i = 0; i < 9000; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "provides = so:lib%d.so=1\n", i);
    }
    expect_code(*state, text, "index_line_too_long");
    memset(text + needed, '#', 100000);
    text[needed + 100000] = '\0';
    expect_code(*state, text, "index_line_too_long");
}

static void test_ecosystems_alpine_package_info__numbers_that_are_too_large_stop_at_their_largest(void **state) {
    struct alpine_package_info info = parse(
        *state, NEEDED "size = 99999999999999999999999\nbuilddate = 9223372036854775808\nprovider_priority = 65536\n");
    assert_true(info.installed_bytes == INT64_MAX);
    assert_true(info.build_unix_s == INT64_MAX);
    assert_int_equal(info.provider_priority, 65535);
}

static void test_ecosystems_alpine_package_info__memory_that_is_out_is_told(void **state) {
    struct fixture *fixture = *state;
    static const char text[] = NEEDED "depend = a b c\nprovides = d=1\n";
    for (size_t n = 1;; n++) {
        struct arena arena;
        struct alpine_package_info info;
        arena_init(&arena, &fixture->hooks, 1 << 20);
        failing_allocator_fail_at(&fixture->memory, n, false);
        lreg_status status = alpine_package_info_parse(text, strlen(text), &arena, &info, NULL);
        bool failed = failing_allocator_failed(&fixture->memory);
        assert_int_equal(status, failed ? LREG_NO_MEMORY : LREG_OK);
        arena_free(&arena);
        if (!failed) {
            break;
        }
    }
}
