/* SPDX-License-Identifier: Apache-2.0 */
/* Members of JSON objects: absent, null, of the right and of the wrong type. */
#include "base/json.h"

static int setup(void **state) {
    *state =
        json_pack("{s:s, s:s, s:n, s:i, s:b, s:b}", "text", "a", "empty", "", "null", "number", 1, "yes", 1, "no", 0);
    return *state == NULL ? -1 : 0;
}

static int teardown(void **state) {
    json_decref(*state);
    return 0;
}

static void test_base_json_read__texts_are_borrowed(void **state) {
    const char *text = "as it was";
    assert_int_equal(json_read_text(*state, "text", &text, NULL), LREG_OK);
    assert_string_equal(text, "a");
    assert_int_equal(json_read_text(*state, "empty", &text, NULL), LREG_OK);
    assert_string_equal(text, "");
}

static void test_base_json_read__absent_members_change_nothing(void **state) {
    const char *text = "as it was";
    int flag = 7;
    assert_int_equal(json_read_text(*state, "absent", &text, NULL), LREG_OK);
    assert_int_equal(json_read_optional_text(*state, "absent", &text, NULL), LREG_OK);
    assert_int_equal(json_read_switch(*state, "absent", &flag, NULL), LREG_OK);
    assert_string_equal(text, "as it was");
    assert_int_equal(flag, 7);
}

static void test_base_json_read__null_takes_an_optional_text_away_and_is_refused_for_others(void **state) {
    const char *text = "as it was";
    assert_int_equal(json_read_text(*state, "null", &text, NULL), LREG_UNPROCESSABLE);
    assert_string_equal(text, "as it was");
    assert_int_equal(json_read_optional_text(*state, "null", &text, NULL), LREG_OK);
    assert_string_equal(text, "");
}

static void test_base_json_read__switches_are_true_or_false(void **state) {
    int flag = 7;
    assert_int_equal(json_read_switch(*state, "yes", &flag, NULL), LREG_OK);
    assert_int_equal(flag, 1);
    assert_int_equal(json_read_switch(*state, "no", &flag, NULL), LREG_OK);
    assert_int_equal(flag, 0);
}

static void test_base_json_read__other_types_are_refused(void **state) {
    const char *text = "as it was";
    int flag = 7;
    struct error err;
    assert_int_equal(json_read_text(*state, "number", &text, &err), LREG_UNPROCESSABLE);
    assert_string_equal(err.message, "\"number\" must be a string");
    assert_int_equal(json_read_optional_text(*state, "yes", &text, &err), LREG_UNPROCESSABLE);
    assert_int_equal(json_read_switch(*state, "number", &flag, &err), LREG_UNPROCESSABLE);
    assert_string_equal(err.message, "\"number\" must be true or false");
    assert_int_equal(json_read_switch(*state, "null", &flag, &err), LREG_UNPROCESSABLE);
    assert_string_equal(text, "as it was");
    assert_int_equal(flag, 7);
}
