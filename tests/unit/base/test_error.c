/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as values: their content, how messages are cut and cleaned, and the mapping of statuses. */

#include "base/error.h"

#include "base/text.h"

#include <errno.h>

static void test_base_error__set_fills_everything_and_returns_the_status(void **state) {
    (void)state;
    struct error err;
    memset(&err, 0xaa, sizeof err);
    assert_int_equal(error_set(&err, LREG_NOT_FOUND, "no_registry", "no registry %s (%d)", "tools", 7), LREG_NOT_FOUND);
    assert_int_equal(err.status, LREG_NOT_FOUND);
    assert_int_equal(err.cause, 0);
    assert_string_equal(err.code, "no_registry");
    assert_string_equal(err.message, "no registry tools (7)");
    assert_string_equal(err.operation, "");
}

static void test_base_error__null_error_still_gives_the_status(void **state) {
    (void)state;
    assert_int_equal(error_set(NULL, LREG_BUSY, "", "busy"), LREG_BUSY);
    assert_int_equal(error_set_errno(NULL, ENOSPC, "write"), LREG_NO_SPACE);
    assert_int_equal(error_set_errno(NULL, 9999, "write"), LREG_IO);
    assert_int_equal(error_no_memory(NULL), LREG_NO_MEMORY);
    error_operation(NULL, "nothing %d", 1);
    error_clear(NULL);
}

static void test_base_error__null_code_becomes_empty(void **state) {
    (void)state;
    struct error err = {0};
    assert_int_equal(error_set(&err, LREG_IO, NULL, "x"), LREG_IO);
    assert_string_equal(err.code, "");
}

static void test_base_error__host_status_passes_through(void **state) {
    (void)state;
    struct error err = {0};
    assert_int_equal(error_set(&err, 1234, "", "from outside"), 1234);
    assert_int_equal(err.status, 1234);
}

static void test_base_error__arguments_may_point_into_the_error_itself(void **state) {
    (void)state;
    struct error err = {0};
    (void)error_set(&err, LREG_IO, "", "inner");
    (void)error_set(&err, LREG_CORRUPT, "", "outer: %s", err.message);
    assert_string_equal(err.message, "outer: inner");
}

/* A message of `filler` letters and one multi-byte character is cut before or after that character. */
static void check_cut(size_t filler, const char *character) {
    struct error err = {0};
    char text[ERROR_MESSAGE_MAX + 100];
    memset(text, 'a', filler);
    size_t length = strlen(character);
    memcpy(text + filler, character, length);
    memset(text + filler + length, 'b', sizeof text - filler - length - 1);
    text[sizeof text - 1] = '\0';
    (void)error_set(&err, LREG_IO, "", "%s", text);
    size_t cut = strlen(err.message);
    assert_true(text_is_utf8(err.message, cut));
    assert_null(strchr(err.message, '?'));
    assert_in_range(cut, ERROR_MESSAGE_MAX - 1 - 3, ERROR_MESSAGE_MAX - 1);
    assert_memory_equal(err.message, text, cut);
    if (filler + length <= ERROR_MESSAGE_MAX - 1 || filler >= ERROR_MESSAGE_MAX - 1) {
        assert_int_equal(cut, ERROR_MESSAGE_MAX - 1);
    } else {
        assert_int_equal(cut, filler);
    }
}

static void test_base_error__long_messages_are_cut_between_characters(void **state) {
    (void)state;
    for (size_t filler = ERROR_MESSAGE_MAX - 8; filler <= ERROR_MESSAGE_MAX; filler++) {
        check_cut(filler, "\xc3\xa4");
        check_cut(filler, "\xe2\x82\xac");
        check_cut(filler, "\xf0\x9f\x93\xa6");
    }
}

static void test_base_error__message_of_exactly_the_maximum_is_whole(void **state) {
    (void)state;
    struct error err = {0};
    char text[ERROR_MESSAGE_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)error_set(&err, LREG_IO, "", "%s", text);
    assert_string_equal(err.message, text);
}

static void test_base_error__hostile_bytes_become_question_marks(void **state) {
    (void)state;
    struct error err = {0};
    (void)error_set(&err, LREG_BAD_ARGUMENT, "", "bad name \"%s\"", "a\nb\xff\xc3\xa4\x7f\xed\xa0\x80");
    assert_string_equal(err.message, "bad name \"a?b?\xc3\xa4????\"");
}

static void test_base_error__errno_chooses_the_status(void **state) {
    (void)state;
    static const struct {
        int number;
        lreg_status status;
    } CASES[] = {
        {ENOSPC, LREG_NO_SPACE}, {EDQUOT, LREG_NO_SPACE}, {ENOMEM, LREG_NO_MEMORY}, {ENOENT, LREG_NOT_FOUND},
        {EIO, LREG_IO},          {EACCES, LREG_IO},       {EMFILE, LREG_BUSY},      {EXDEV, LREG_IO},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct error err = {0};
        assert_int_equal(error_set_errno(&err, CASES[i].number, "cannot write"), CASES[i].status);
        assert_int_equal(err.status, CASES[i].status);
        assert_int_equal(err.cause, CASES[i].number);
        assert_true(text_starts_with(err.message, "cannot write: "));
        assert_string_equal(err.code, CASES[i].status == LREG_BUSY ? "too_many_files" : "");
    }
}

static void test_base_error__unknown_errno_is_named_by_its_number(void **state) {
    (void)state;
    struct error err = {0};
    (void)error_set_errno(&err, 9999, "cannot rename");
    assert_string_equal(err.message, "cannot rename: system error 9999");
}

static void test_base_error__innermost_operation_stays(void **state) {
    (void)state;
    struct error err = {0};
    (void)error_set(&err, LREG_IO, "", "failed");
    error_operation(&err, "store %s", "app.zip");
    error_operation(&err, "publish");
    assert_string_equal(err.operation, "store app.zip");
    (void)error_set(&err, LREG_IO, "", "failed");
    error_operation(&err, "x");
    error_operation(&err, "publish");
    assert_string_equal(err.operation, "x");
    assert_string_equal(err.message, "failed");
}

static void test_base_error__operation_needs_an_error(void **state) {
    (void)state;
    struct error err = {0};
    error_operation(&err, "store");
    assert_string_equal(err.operation, "");
}

static void test_base_error__new_error_forgets_the_old_operation(void **state) {
    (void)state;
    struct error err = {0};
    (void)error_set_errno(&err, EIO, "failed");
    error_operation(&err, "store");
    (void)error_set(&err, LREG_CONFLICT, "", "other");
    assert_string_equal(err.operation, "");
    assert_int_equal(err.cause, 0);
}

static void test_base_error__long_operation_is_cut(void **state) {
    (void)state;
    struct error err = {0};
    (void)error_set(&err, LREG_IO, "", "failed");
    error_operation(&err, "%*s\xe2\x82\xac", ERROR_OPERATION_MAX - 3, "x");
    assert_int_equal(strlen(err.operation), ERROR_OPERATION_MAX - 3);
}

static void test_base_error__clear_leaves_success_with_a_code(void **state) {
    (void)state;
    struct error err = {0};
    (void)error_no_memory(&err);
    assert_string_equal(err.message, "out of memory");
    error_clear(&err);
    assert_int_equal(err.status, LREG_OK);
    assert_string_equal(err.code, "");
    assert_string_equal(err.message, "");
}

static void test_base_error__each_status_has_its_http_status_and_name(void **state) {
    (void)state;
    static const int32_t http[] = {200, 400, 401, 403, 404, 405, 409, 411, 412, 413, 414, 415,
                                   416, 422, 429, 431, 503, 503, 507, 500, 500, 500, 500, 501};
    for (lreg_status status = 0; status <= LREG_NOT_IMPLEMENTED; status++) {
        assert_int_equal(error_http_status(status), http[status]);
        assert_true(text_starts_with(error_status_name(status), "LREG_"));
    }
    assert_string_equal(error_status_name(LREG_OK), "LREG_OK");
    assert_string_equal(error_status_name(LREG_RANGE), "LREG_RANGE");
    assert_string_equal(error_status_name(LREG_NOT_IMPLEMENTED), "LREG_NOT_IMPLEMENTED");
    assert_int_equal(error_http_status(LREG_UPSTREAM), 502);
    assert_int_equal(error_http_status(LREG_TIMEOUT), 504);
    assert_int_equal(error_http_status(LREG_CANCELLED), 503);
}

static void test_base_error__unknown_and_host_statuses_are_500(void **state) {
    (void)state;
    static const lreg_status other_statuses[] = {-1, INT32_MIN, LREG_PENDING + 1, 999, 1000, 1001, INT32_MAX};
    for (size_t i = 0; i < sizeof other_statuses / sizeof other_statuses[0]; i++) {
        assert_int_equal(error_http_status(other_statuses[i]), 500);
    }
    assert_string_equal(error_status_name(1000), "LREG_HOST_STATUS");
    assert_string_equal(error_status_name(INT32_MAX), "LREG_HOST_STATUS");
    assert_string_equal(error_status_name(-1), "unknown status");
    assert_string_equal(error_status_name(999), "unknown status");
    assert_string_equal(error_status_name(LREG_PENDING + 1), "unknown status");
}
