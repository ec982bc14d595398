/* SPDX-License-Identifier: Apache-2.0 */
/* FastCGI records, and the variables in them. */
#include "fastcgi/record.h"

#include <stdlib.h>

/* The recorded events. */
struct told {
    unsigned heads;
    unsigned type;
    unsigned id;
    char content[64];
    size_t length;
    bool is_bad;
};

/* Feeds bytes in pieces of that size. */
static struct told take(const char *text, size_t length, size_t piece) {
    struct told told = {0};
    struct record record = {.type = 0};
    for (size_t done = 0; done < length && !told.is_bad; done += piece) {
        const unsigned char *bytes = (const unsigned char *)text + done;
        size_t left = length - done < piece ? length - done : piece;
        const unsigned char *content = NULL;
        size_t content_length = 0;
        enum record_part part = RECORD_MORE;
        while ((part = record_take(&record, &bytes, &left, &content, &content_length)) != RECORD_MORE &&
               part != RECORD_BAD) {
            if (part == RECORD_HEAD) {
                told.heads++;
                told.type = record.type;
                told.id = record.id;
            } else {
                assert_true(content_length > 0 && content_length <= sizeof told.content - told.length);
                memcpy(told.content + told.length, content, content_length);
                told.length += content_length;
            }
        }
        told.is_bad = part == RECORD_BAD;
    }
    return told;
}

static void test_programs_record__pieces_of_any_size_are_the_same(void **state) {
    (void)state;
    static const char text[] = "\1\5\1\2\0\3\2\0abcPP"
                               "\1\5\1\2\0\0\3\0PPP"
                               "\1\4\0\7\0\2\0\0de";
    for (size_t piece = 1; piece <= sizeof text; piece++) {
        struct told told = take(text, sizeof text - 1, piece);
        assert_false(told.is_bad);
        assert_int_equal(told.heads, 3);
        assert_int_equal(told.type, RECORD_PARAMS);
        assert_int_equal(told.id, 7);
        assert_int_equal(told.length, 5);
        assert_memory_equal(told.content, "abcde", 5);
    }
}

static void test_programs_record__another_version_is_bad(void **state) {
    (void)state;
    assert_true(take("\2\5\0\1\0\0\0\0", 8, 8).is_bad);
    assert_true(take("GET / HTTP/1.1\r\n\r\n", 18, 3).is_bad);
}

static void test_programs_record__heads_are_read_as_they_were_written(void **state) {
    (void)state;
    unsigned char bytes[2 * RECORD_HEAD_BYTES];
    record_put_head(bytes, RECORD_STDOUT, 0x1234, 0);
    struct told told = take((const char *)bytes, RECORD_HEAD_BYTES, 1);
    assert_int_equal(told.type, RECORD_STDOUT);
    assert_int_equal(told.id, 0x1234);
    record_put_end(bytes, 9, RECORD_END_UNKNOWN_ROLE);
    told = take((const char *)bytes, sizeof bytes, sizeof bytes);
    assert_int_equal(told.type, RECORD_END_REQUEST);
    assert_int_equal(told.length, 8);
    assert_memory_equal(told.content, "\0\0\0\0\3\0\0\0", 8);
}

static bool read_text(struct variables *variables, const char *text, size_t length) {
    unsigned char *copy = malloc(length + 1); /* so that an access past the end is detected */
    assert_non_null(copy);
    memcpy(copy, text, length);
    bool is_read = variables_read(variables, copy, length);
    free(copy);
    return is_read;
}

static void test_programs_record__variables(void **state) {
    (void)state;
    static const char text[] = "\1\2Abc\x80\0\0\2\x80\0\0\3DEfgh\4\0NAME";
    struct variables variables;
    assert_true(read_text(&variables, text, sizeof text - 1));
    assert_string_equal(variables.list[0], "A=bc");
    assert_string_equal(variables.list[1], "DE=fgh");
    assert_string_equal(variables.list[2], "NAME=");
    assert_null(variables.list[3]);
    assert_string_equal(variables_find(&variables, "DE"), "fgh");
    assert_string_equal(variables_find(&variables, "NAME"), "");
    assert_null(variables_find(&variables, "D"));
    assert_null(variables_find(&variables, "DEF"));
    variables_free(&variables);
    assert_true(read_text(&variables, "", 0));
    assert_null(variables.list[0]);
    variables_free(&variables);
}

static void test_programs_record__malformed_variables(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {{"\1", 1},
                 {"\1\1A", 3},
                 {"\1\1Abc", 5},
                 {"\0\1b", 3},
                 {"\3\1A=Bc", 6},
                 {"\3\1A\0Bc", 6},
                 {"\1\3Ab\0c", 6},
                 {"\x80\0\0", 3},
                 {"\1\x80\0\0", 4},
                 {"\x80\0\0\1", 4},
                 {"\1\xff\xff\xff\xff"
                  "A",
                  6},
                 {"\xff\xff\xff\xff\xff\xff\xff\xff"
                  "A",
                  9}};
    struct variables variables;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(read_text(&variables, cases[i].text, cases[i].length));
    }
}

static void test_programs_record__too_many_variables(void **state) {
    (void)state;
    char text[3 * 1025];
    struct variables variables;
    for (size_t i = 0; i < sizeof text; i += 3) {
        memcpy(text + i, "\1\0A", 3);
    }
    assert_true(read_text(&variables, text, sizeof text - 3));
    variables_free(&variables);
    assert_false(read_text(&variables, text, sizeof text));
}
