/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes and their texts. */
#include "auth/auth.h"

static void test_auth_scopes__lists_are_parted_by_commas_and_blanks(void **state) {
    (void)state;
    uint32_t scopes = 0;
    assert_int_equal(auth_scopes_parse("read_packages", &scopes, NULL), LREG_OK);
    assert_int_equal(scopes, AUTH_READ_PACKAGES);
    assert_int_equal(
        auth_scopes_parse(" read_packages, write_packages\tdelete_packages,,read_registries ", &scopes, NULL), LREG_OK);
    assert_int_equal(scopes, AUTH_READ_PACKAGES | AUTH_WRITE_PACKAGES | AUTH_DELETE_PACKAGES | AUTH_READ_REGISTRIES);
    assert_int_equal(auth_scopes_parse("write_registries delete_registries write_registries", &scopes, NULL), LREG_OK);
    assert_int_equal(scopes, AUTH_WRITE_REGISTRIES | AUTH_DELETE_REGISTRIES);
}

static void test_auth_scopes__text_of_each_bit_parses_back(void **state) {
    (void)state;
    uint32_t all = 0;
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
        const char *text = auth_scope_text(bit);
        uint32_t scopes = 0;
        if (text == NULL) {
            continue;
        }
        assert_int_equal(auth_scopes_parse(text, &scopes, NULL), LREG_OK);
        assert_int_equal(scopes, bit);
        all |= bit;
    }
    assert_int_equal(all, AUTH_ALL_SCOPES);
    assert_null(auth_scope_text(0));
    assert_null(auth_scope_text(AUTH_READ_PACKAGES | AUTH_WRITE_PACKAGES));
}

static void test_auth_scopes__an_unknown_word_is_named(void **state) {
    (void)state;
    uint32_t scopes = 77;
    struct error err = {0};
    assert_int_equal(auth_scopes_parse("read_packages,read_everything", &scopes, &err), LREG_BAD_ARGUMENT);
    assert_string_equal(err.message, "there is no scope \"read_everything\"");
    assert_int_equal(auth_scopes_parse("READ_PACKAGES", &scopes, NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(auth_scopes_parse("read_package", &scopes, NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(scopes, 77);
}

static void test_auth_scopes__an_empty_list_is_refused(void **state) {
    (void)state;
    static const char *const empty[] = {NULL, "", " ", ",", " ,\t, "};
    uint32_t scopes = 77;
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        struct error err = {0};
        assert_int_equal(auth_scopes_parse(empty[i], &scopes, &err), LREG_BAD_ARGUMENT);
        assert_string_equal(err.code, "no_scopes");
    }
    assert_int_equal(scopes, 77);
}
