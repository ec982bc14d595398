/* SPDX-License-Identifier: Apache-2.0 */
/* Names, architectures and versions that are allowed in addresses. */
#include "ecosystems/alpine/names.h"

#include <string.h>

static void test_ecosystems_alpine_names__names_follow_the_grammar_of_apk(void **state) {
    (void)state;
    static const char *const good[] = {"a", "0ad", "gtk+3.0", "py3.12-x", "plus++name.with_all", "A_b-c"};
    static const char *const bad[] = {"",          ".",   "..",   "-a",  ".hidden",     "_a",
                                      "two words", "a/b", "../x", "a~b", "caf\xc3\xa9", "a\n"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(alpine_name_is_valid(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(alpine_name_is_valid(bad[i]));
    }
}

static void test_ecosystems_alpine_names__architectures_are_never_paths(void **state) {
    (void)state;
    static const char *const bad[] = {"", ".", "x86_64/..", "X86", "a.b", "a b", "x86\t"};
    char longest[ALPINE_ARCHITECTURE_MAX + 2];
    assert_true(alpine_architecture_is_valid("x86_64"));
    assert_true(alpine_architecture_is_valid("aarch64_cortex-a53"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(alpine_architecture_is_valid(bad[i]));
    }
    memset(longest, 'a', sizeof longest);
    longest[ALPINE_ARCHITECTURE_MAX] = '\0';
    assert_true(alpine_architecture_is_valid(longest));
    longest[ALPINE_ARCHITECTURE_MAX] = 'a';
    longest[ALPINE_ARCHITECTURE_MAX + 1] = '\0';
    assert_false(alpine_architecture_is_valid(longest));
}

static void test_ecosystems_alpine_names__architectures_of_apk_are_known(void **state) {
    (void)state;
    assert_true(alpine_architecture_is_known("noarch"));
    assert_true(alpine_architecture_is_known("x86_64"));
    assert_true(alpine_architecture_is_known("loongarch64"));
    assert_false(alpine_architecture_is_known("vax"));
    assert_false(alpine_architecture_is_known(""));
}

static void test_ecosystems_alpine_names__versions_that_no_address_can_hold_are_refused(void **state) {
    (void)state;
    static const char *const good[] = {"1.0-r0", "1.0+dfsg~rc1", "1:2.0", "1.0-beta", "1.0^git1"};
    static const char *const bad[] = {"", "1.0/2", "1 0", "1?2", "1%2", "1#2", "1\\2", "1\r", "1\xc3\xa9"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(alpine_version_is_addressable(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(alpine_version_is_addressable(bad[i]));
    }
}

static void test_ecosystems_alpine_names__the_check_says_which_of_them_is_wrong(void **state) {
    (void)state;
    struct error err;
    char name[300];
    assert_int_equal(alpine_names_check("hello", "1.0-r0", "x86_64", NULL), LREG_OK);
    assert_int_equal(alpine_names_check("..", "1.0", "x86_64", &err), LREG_UNPROCESSABLE);
    assert_string_equal(err.code, "bad_name");
    assert_int_equal(alpine_names_check("a", "1/0", "x86_64", &err), LREG_UNPROCESSABLE);
    assert_string_equal(err.code, "bad_version");
    assert_int_equal(alpine_names_check("a", "1.0", "..", &err), LREG_UNPROCESSABLE);
    assert_string_equal(err.code, "bad_architecture");
    memset(name, 'n', sizeof name);
    name[ALPINE_NAME_VERSION_MAX - 2] = '\0';
    assert_int_equal(alpine_names_check(name, "1", "x86", NULL), LREG_OK);
    assert_int_equal(alpine_names_check(name, "10", "x86", &err), LREG_UNPROCESSABLE);
    assert_string_equal(err.code, "bad_name");
}
