/* SPDX-License-Identifier: Apache-2.0 */
/* Content-Disposition, read and written. */
#include "http/header_internal.h"
#include "http/headers.h"

#include "unit/http/fixture.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

static void expect_filename(void **state, const char *value, const char *expected) {
    struct fixture *fixture = *state;
    const char *found = header_disposition_filename(value, &fixture->arena);
    if (!text_equals(found, expected)) {
        fail_msg("\"%s\" gives \"%s\"", value, found != NULL ? found : "(null)");
    }
}

static void test_http_header_disposition__filename_is_found(void **state) {
    expect_filename(state, "attachment; filename=plain.txt", "plain.txt");
    expect_filename(state, "attachment; filename=\"quoted.txt\"", "quoted.txt");
    expect_filename(state, "attachment; FILENAME=\"quoted.txt\"", "quoted.txt");
    expect_filename(state, "form-data; name=\"file\"; filename=\"a b;c,d.txt\"", "a b;c,d.txt");
    expect_filename(state, "form-data; filename=\"a.txt\"; name=\"file\"", "a.txt");
    expect_filename(state, "form-data; filename=\"\"", "");
    expect_filename(state, "form-data; filename=\"\xc3\xa9.txt\"", "\xc3\xa9.txt");
    expect_filename(state, "form-data; filename=\xc3\xa9.txt", "\xc3\xa9.txt");
    expect_filename(state, "form-data; filename=\"../../etc/passwd\"", "../../etc/passwd");
    expect_filename(state, "inline;filename=a;", "a");
    expect_filename(state, "attachment", NULL);
    expect_filename(state, "attachment; name=x", NULL);
    expect_filename(state, NULL, NULL);
}

static void test_http_header_disposition__both_ways_of_escaping_are_undone(void **state) {
    expect_filename(state, "form-data; filename=\"a\\\"b\"", "a\"b");
    expect_filename(state, "form-data; filename=\"a%22b\"", "a\"b");
    expect_filename(state, "form-data; filename=\"a\\\\b\"", "a\\b");
    expect_filename(state, "form-data; filename=\"C:\\dir\\new.txt\"", "C:\\dir\\new.txt");
    expect_filename(state, "form-data; filename=\"100%.txt\"", "100%.txt");
    expect_filename(state, "form-data; filename=\"a%20b%0A%2522\"", "a%20b%0A%2522");
    expect_filename(state, "form-data; filename=\"%2\"", "%2");
    expect_filename(state, "form-data; filename=\"%22\"", "\"");
    expect_filename(state, "form-data; filename=\"\\\\%22\\\"\"", "\\\"\"");
    expect_filename(state, "form-data; filename=a%22b", "a%22b");
}

static void test_http_header_disposition__extended_filename_comes_first(void **state) {
    expect_filename(state, "attachment; filename*=UTF-8''%e2%82%ac%20rates", "\xe2\x82\xac rates");
    expect_filename(state, "attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates",
                    "\xe2\x82\xac rates");
    expect_filename(state, "attachment; filename*=Utf-8'en'%41.txt; filename=\"b\"", "A.txt");
    expect_filename(state, "attachment; filename*=UTF-8''", "");
    expect_filename(state, "attachment; filename*=UTF-8''a'b", "a'b");
    expect_filename(state, "attachment; filename*=UTF-8''a+b", "a+b");
    expect_filename(state, "attachment; filename*=UTF-8''%22%5C", "\"\\");
}

static void test_http_header_disposition__malformed_values_have_no_filename(void **state) {
    static const char *const values[] = {
        "",
        ";",
        "; filename=a",
        "filename=a; x=y",
        "form data; filename=a",
        "attachment; filename",
        "attachment; filename=",
        "attachment; filename=a b",
        "attachment; filename=a b.txt",
        "attachment; filename=\"a",
        "attachment; filename=\"a\\\"",
        "attachment; filename=\"a\" b",
        "attachment; filename=\"a\"b",
        "attachment; filename =a",
        "attachment; filename=a; filename=b",
        "attachment; filename=a; FileName=\"a\"",
        "attachment; filename=a; name=x; name=y",
        "attachment; filename=a; broken",
        "attachment, filename=a",
        "attachment; filename=\"a\tb\"",
        "attachment; filename=\"a\x01\"",
        "attachment; filename=\"\x7f\"",
        "attachment; filename=\"\xff\"",
        "attachment; filename=\"\xc3\"",
        "attachment; filename=\"\xed\xa0\x80\"",
        "attachment; filename=a; name=\"\xff\"",
        "attachment; filename=a; name=\"\x1b\"",
        "attachment; filename*=a",
        "attachment; filename*=UTF-8'a",
        "attachment; filename*='a",
        "attachment; filename*=''a",
        "attachment; filename*=ISO-8859-1''%e9",
        "attachment; filename=a; filename*=ISO-8859-1''%e9",
        "attachment; filename*=\"UTF-8''a\"",
        "attachment; filename*=UTF-8''%",
        "attachment; filename*=UTF-8''%4",
        "attachment; filename*=UTF-8''%zz",
        "attachment; filename*=UTF-8''%00",
        "attachment; filename*=UTF-8''a%00b",
        "attachment; filename*=UTF-8''%0d%0a",
        "attachment; filename*=UTF-8''%7f",
        "attachment; filename*=UTF-8''%ff",
        "attachment; filename*=UTF-8''%c0%af",
        "attachment; filename*=UTF-8''a; filename*=UTF-8''b",
        "attachment; filename*=UTF-8''a; filename=\"",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct fixture *fixture = *state;
        struct header_disposition out;
        struct error err;
        expect_filename(state, values[i], NULL);
        assert_int_equal(header_parse_disposition(values[i], &fixture->arena, &out, &err), LREG_BAD_ARGUMENT);
        assert_string_equal(err.code, "bad_disposition");
    }
}

static void test_http_header_disposition__type_and_name_are_told(void **state) {
    struct fixture *fixture = *state;
    struct header_disposition out;
    assert_int_equal(header_parse_disposition(" form-data ; name=\"a%22\\\"b\"; other=x", &fixture->arena, &out, NULL),
                     LREG_OK);
    assert_true(slice_equals(out.type, "form-data"));
    assert_string_equal(out.name, "a\"\"b");
    assert_null(out.filename);
}

static void expect_written(void **state, const char *filename, const char *expected) {
    struct fixture *fixture = *state;
    const char *written = header_content_disposition(filename, &fixture->arena);
    assert_string_equal(written, expected);
    struct headers headers;
    headers_init(&headers, &fixture->arena);
    assert_int_equal(headers_add(&headers, "Content-Disposition", written, NULL), LREG_OK);
}

static void test_http_header_disposition__plain_names_are_written_plainly(void **state) {
    expect_written(state, "app-1.0.zip", "attachment; filename=\"app-1.0.zip\"");
    expect_written(state, "a b;c,d'e.txt", "attachment; filename=\"a b;c,d'e.txt\"");
    expect_written(state, "", "attachment; filename=\"\"");
}

static void test_http_header_disposition__other_names_get_both_forms(void **state) {
    expect_written(state, "\xe2\x82\xac rates.txt",
                   "attachment; filename=\"_ rates.txt\"; filename*=UTF-8''%E2%82%AC%20rates.txt");
    expect_written(state, "a\"b\\c", "attachment; filename=\"a_b_c\"; filename*=UTF-8''a%22b%5Cc");
    expect_written(state, "100%41", "attachment; filename=\"100_41\"; filename*=UTF-8''100%2541");
    expect_written(state, "a\r\nX: y", "attachment; filename=\"a__X: y\"; filename*=UTF-8''a%0D%0AX%3A%20y");
    expect_written(state, "\x7f\x01", "attachment; filename=\"__\"; filename*=UTF-8''%7F%01");
    expect_written(state, "\xff\x80", "attachment; filename=\"_\"; filename*=UTF-8''%FF%80");
}

static void test_http_header_disposition__written_names_are_read_back(void **state) {
    struct fixture *fixture = *state;
    static const char *const names[] = {
        "a",     "a b", "a\"b", "a\\b", "a\\\"b", "100%", "%22", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
        "a;b=c", "a'b", "a*b",  "~",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        expect_filename(state, header_content_disposition(names[i], &fixture->arena), names[i]);
    }
}

static void test_http_header_disposition__no_memory_is_told(void **state) {
    struct fixture *fixture = *state;
    static const char value[] = "form-data; name=\"abcdefghijklmnop\"; filename=b; filename*=UTF-8''c";
    lreg_status status = LREG_NO_MEMORY;
    for (size_t limit = 0; status != LREG_OK; limit += 16) {
        struct arena small;
        struct header_disposition out;
        arena_init(&small, &fixture->hooks, limit);
        status = header_parse_disposition(value, &small, &out, NULL);
        assert_true(status == LREG_OK || status == LREG_NO_MEMORY);
        assert_true(status == LREG_OK || header_disposition_filename(value, &small) == NULL);
        arena_free(&small);
        assert_true(limit < 4096);
    }
    char *written = NULL;
    for (size_t limit = 0; written == NULL; limit += 16) {
        struct arena small;
        arena_init(&small, &fixture->hooks, limit);
        written = header_content_disposition("\xc3\xa9t\xc3\xa9", &small);
        arena_free(&small);
        assert_true(limit < 4096);
    }
}
