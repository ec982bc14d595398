/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes that container clients request from the token endpoint. */
#include "ecosystems/oci/token_scope.h"

#include "auth/auth.h"

static void test_oci_token_scope__a_repository_and_its_actions(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *repository;
        uint32_t actions;
    } cases[] = {
        {"repository:o/r/a:pull", "o/r/a", AUTH_PULL},
        {"repository:o/r/a:push,pull", "o/r/a", AUTH_PULL | AUTH_PUSH},
        {"repository:o/r/a:*", "o/r/a", AUTH_ALL_GRANTS},
        {"repository:o/r/a:delete,fly,", "o/r/a", AUTH_DELETE},
        {"repository:o/r/a:", "o/r/a", 0},
        {"repository:o/r/a:PULL", "o/r/a", 0},
        {"repository:host:5000/o/r:pull", "host:5000/o/r", AUTH_PULL},
        {"repository(plugin):o/r/a:pull", "o/r/a", AUTH_PULL},
        {"registry:catalog:*", "", 0},
        {"repositories:o/r/a:pull", "", 0},
        {"aws(x):y:z", "", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct oci_scope scope;
        assert_int_equal(oci_scope_parse(slice_of(cases[i].text), &scope, NULL), LREG_OK);
        assert_true(slice_equals(scope.repository, cases[i].repository));
        assert_int_equal(scope.actions, cases[i].actions);
    }
}

static void test_oci_token_scope__what_is_none_is_named(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "pull",
                                        "repository",
                                        "repository:",
                                        "repository::",
                                        "repository::pull",
                                        "repository:o/r/a",
                                        ":o/r/a:pull",
                                        "(x):o/r/a:pull",
                                        "repository(:o:pull",
                                        "repository():o:pull",
                                        "repository(x:o:pull",
                                        "repository(x)y:o:pull",
                                        "re/po:o:pull"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct oci_scope scope;
        struct error err = {0};
        assert_int_equal(oci_scope_parse(slice_of(texts[i]), &scope, &err), LREG_BAD_ARGUMENT);
        assert_string_equal(err.code, "bad_scope");
        assert_non_null(strstr(err.message, texts[i]));
        assert_int_equal(scope.repository.length, 0);
    }
}

static void test_oci_token_scope__lists_have_blanks_between(void **state) {
    (void)state;
    struct slice list = slice_of("  a  bc d ");
    struct slice scope;
    static const char *const expected[] = {"a", "bc", "d"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(oci_scope_next(&list, &scope));
        assert_true(slice_equals(scope, expected[i]));
    }
    assert_false(oci_scope_next(&list, &scope));
    list = slice_of("");
    assert_false(oci_scope_next(&list, &scope));
}

static void test_oci_token_scope__actions_are_written(void **state) {
    (void)state;
    char text[OCI_ACTIONS_TEXT];
    oci_scope_format_actions(AUTH_ALL_GRANTS, text);
    assert_string_equal(text, "pull,push,delete");
    oci_scope_format_actions(AUTH_PUSH, text);
    assert_string_equal(text, "push");
    oci_scope_format_actions(0, text);
    assert_string_equal(text, "");
}
