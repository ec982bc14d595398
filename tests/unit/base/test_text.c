/* SPDX-License-Identifier: Apache-2.0 */
/* Slices, comparisons, UTF-8 and strict numbers. */

#include "base/text.h"

static struct slice bytes_of(const char *bytes, size_t length) {
    struct slice slice = {.bytes = bytes, .length = length};
    return slice;
}

static void test_base_text__slice_of_null_is_empty(void **state) {
    (void)state;
    assert_int_equal(slice_of(NULL).length, 0);
    assert_non_null(slice_of(NULL).bytes);
    assert_int_equal(slice_of("abc").length, 3);
    assert_true(slice_equals(slice_of(NULL), ""));
}

static void test_base_text__slices_compare_by_length_and_bytes(void **state) {
    (void)state;
    struct slice a = bytes_of("abcdef", 3);
    assert_true(slice_equals(a, "abc"));
    assert_false(slice_equals(a, "abcd"));
    assert_false(slice_equals(a, "ab"));
    assert_false(slice_equals(a, "abC"));
    assert_false(slice_equals(bytes_of("ab\0c", 4), "ab"));
    assert_true(slice_equals_ignoring_case(a, "AbC"));
    assert_false(slice_equals_ignoring_case(a, "AbCd"));
    assert_true(slice_starts_with(a, "ab"));
    assert_true(slice_starts_with(a, ""));
    assert_true(slice_starts_with(a, "abc"));
    assert_false(slice_starts_with(a, "abcd"));
    assert_true(slice_equals(bytes_of(NULL, 0), ""));
}

static void test_base_text__case_is_ignored_for_ascii_letters_only(void **state) {
    (void)state;
    assert_true(text_equals_ignoring_case("Content-TYPE", "content-type"));
    assert_false(text_equals_ignoring_case("\xc3\x84", "\xc3\xa4"));
    /* Each pair differs in the bit that distinguishes cases, but is not a pair of letters. */
    assert_false(text_equals_ignoring_case("@", "`"));
    assert_false(text_equals_ignoring_case("[", "{"));
    assert_false(text_equals_ignoring_case("abc", "ab"));
}

static void test_base_text__null_equals_only_null(void **state) {
    (void)state;
    assert_true(text_equals(NULL, NULL));
    assert_false(text_equals(NULL, ""));
    assert_false(text_equals("", NULL));
    assert_true(text_equals("a", "a"));
    assert_false(text_equals("a", "A"));
    assert_true(text_equals_ignoring_case(NULL, NULL));
    assert_false(text_equals_ignoring_case(NULL, ""));
    assert_false(text_equals_ignoring_case("", NULL));
}

static void test_base_text__trim_removes_blanks_and_tabs_only(void **state) {
    (void)state;
    assert_true(slice_equals(slice_trim(slice_of(" \t a b\t ")), "a b"));
    assert_true(slice_equals(slice_trim(slice_of("a")), "a"));
    assert_int_equal(slice_trim(slice_of(" \t ")).length, 0);
    assert_int_equal(slice_trim(slice_of(" ")).length, 0);
    assert_int_equal(slice_trim(slice_of("")).length, 0);
    assert_true(slice_equals(slice_trim(slice_of("\r\n")), "\r\n"));
}

static void test_base_text__cut_goes_through_all_parts(void **state) {
    (void)state;
    struct slice rest = slice_of("a,,bc,");
    assert_true(slice_equals(slice_cut(&rest, ','), "a"));
    assert_true(slice_equals(slice_cut(&rest, ','), ""));
    assert_true(slice_equals(slice_cut(&rest, ','), "bc"));
    assert_int_equal(rest.length, 0);
    assert_true(slice_equals(slice_cut(&rest, ','), ""));
    assert_int_equal(rest.length, 0);
}

static void test_base_text__cut_without_separator_takes_all(void **state) {
    (void)state;
    struct slice rest = bytes_of("abc,", 3);
    assert_true(slice_equals(slice_cut(&rest, ','), "abc"));
    assert_int_equal(rest.length, 0);
    struct slice one = slice_of("a");
    assert_true(slice_equals(slice_cut(&one, ','), "a"));
    assert_int_equal(one.length, 0);
    struct slice separator = slice_of(",");
    assert_int_equal(slice_cut(&separator, ',').length, 0);
    assert_int_equal(separator.length, 0);
    struct slice none = bytes_of(NULL, 0);
    assert_int_equal(slice_cut(&none, ',').length, 0);
}

static void test_base_text__starts_and_ends(void **state) {
    (void)state;
    assert_true(text_starts_with("image.tar", "image"));
    assert_false(text_starts_with("im", "image"));
    assert_true(text_ends_with("image.tar", ".tar"));
    assert_true(text_ends_with("image.tar", ""));
    assert_false(text_ends_with("tar", ".tar"));
    assert_false(text_ends_with("image.tar", ".gz"));
}

static void test_base_text__classes_know_ascii_alone(void **state) {
    (void)state;
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        bool digit = i >= '0' && i <= '9';
        bool alpha = (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z');
        assert_int_equal(char_is_digit(c), digit);
        assert_int_equal(char_is_alpha(c), alpha);
        assert_int_equal(char_is_alphanumeric(c), digit || alpha);
        char lower = i >= 'A' && i <= 'Z' ? (char)(i + 32) : c;
        assert_int_equal(char_to_lower(c), lower);
    }
}

/* Writes the number in `length` bytes, also where that is not allowed. */
static void put_utf8(uint32_t number, size_t length, char out[4]) {
    static const uint8_t leads[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    for (size_t i = length; i > 1; i--) {
        out[i - 1] = (char)(0x80 | (number & 0x3f));
        number >>= 6;
    }
    out[0] = (char)(leads[length] | number);
}

static size_t utf8_length(uint32_t number) {
    return number < 0x80 ? 1 : number < 0x800 ? 2 : number < 0x10000 ? 3 : 4;
}

static void test_base_text__every_character_is_valid_in_its_shortest_form_only(void **state) {
    (void)state;
    char bytes[4];
    for (uint32_t number = 0; number < 0x200000; number++) {
        size_t shortest = utf8_length(number);
        bool character = number <= 0x10ffff && (number < 0xd800 || number > 0xdfff);
        put_utf8(number, shortest, bytes);
        if (text_is_utf8(bytes, shortest) != character || (shortest > 1 && text_is_utf8(bytes, shortest - 1))) {
            fail_msg("U+%04X is judged wrongly", (unsigned)number);
        }
        for (size_t longer = shortest + 1; longer <= 4; longer++) {
            put_utf8(number, longer, bytes);
            if (text_is_utf8(bytes, longer)) {
                fail_msg("overlong U+%04X is accepted", (unsigned)number);
            }
        }
    }
}

static void test_base_text__wrong_continuations_are_no_utf8(void **state) {
    (void)state;
    static const char *const wrong[] = {"\x80",
                                        "\xbf",
                                        "\xc3\x28",
                                        "\xe2\x28\xa1",
                                        "\xe2\x82\x28",
                                        "\xf0\x28\x8c\xbc",
                                        "\xf0\x90\x28\xbc",
                                        "\xf0\x90\x8c\x28",
                                        "\xfe",
                                        "\xff",
                                        "\xf8\x88\x80\x80\x80",
                                        "a\xc3"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(text_is_utf8(wrong[i], strlen(wrong[i])));
    }
    assert_true(text_is_utf8("", 0));
    assert_true(text_is_utf8(NULL, 0));
    assert_true(text_is_utf8("a\0b", 3));
    assert_true(text_is_utf8("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\xa6", 15));
}

static void test_base_text__control_bytes_are_found(void **state) {
    (void)state;
    for (int i = 0; i < 256; i++) {
        char bytes[3] = {'a', (char)i, 'b'};
        assert_int_equal(text_has_control(bytes, 3), i < 0x20 || i == 0x7f);
    }
    assert_false(text_has_control("", 0));
    assert_true(text_has_control("\n", 1));
}

static void test_base_text__control_characters_of_two_bytes_are_found(void **state) {
    (void)state;
    for (int i = 0x80; i < 0xc0; i++) {
        char bytes[4] = {'a', (char)0xc2, (char)i, 'b'};
        assert_int_equal(text_has_control(bytes, 4), i < 0xa0);
        bytes[1] = (char)0xc3; /* a letter */
        assert_false(text_has_control(bytes, 4));
    }
    assert_false(text_has_control("\xc2", 1));
    assert_false(text_has_control("\x9b", 1));
    assert_false(text_has_control("\xe2\x80\x94", 3)); /* a dash */
}

static void test_base_text__some_control_characters_may_be_allowed(void **state) {
    (void)state;
    assert_false(text_has_control_beside("a\n\tb", 4, "\n\t"));
    assert_true(text_has_control_beside("a\n\tb", 4, "\n"));
    assert_true(text_has_control_beside("\0", 1, "\n"));
    assert_true(text_has_control_beside("\n\xc2\x9b", 3, "\n"));
}

static void test_base_text__prefix_never_cuts_a_sequence(void **state) {
    (void)state;
    const char *text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa6z"; /* characters begin at 0, 1, 3, 6, 10 */
    static const size_t expected_lengths[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (size_t max = 0; max < sizeof expected_lengths / sizeof expected_lengths[0]; max++) {
        assert_int_equal(text_utf8_prefix(text, strlen(text), max), expected_lengths[max]);
    }
}

static void test_base_text__prefix_of_rubbish_stays_within_the_maximum(void **state) {
    (void)state;
    const char *text = "\x80\x80\x80\x80\x80\x80\x80\x80";
    assert_int_equal(text_utf8_prefix(text, 8, 6), 6);
    assert_int_equal(text_utf8_prefix(text, 8, 2), 2);
    assert_int_equal(text_utf8_prefix(text, 8, 0), 0);
}

static void test_base_text__make_printable_keeps_what_is_sound(void **state) {
    (void)state;
    char text[] = "a\t\xc3\xa4\xc3\x28\xe2\x82\n\xf0\x9f\x93\xa6\xc0\x80\xf0\x9f";
    text_make_printable(text, sizeof text - 1);
    assert_string_equal(text, "a?\xc3\xa4?(???\xf0\x9f\x93\xa6????");
    char command[] = "a\xc2\x9b"
                     "31m\xc2\xa0";
    text_make_printable(command, sizeof command - 1);
    assert_string_equal(command, "a??31m\xc2\xa0");
    char first[] = "\n";
    text_make_printable(first, 1);
    assert_string_equal(first, "?");
    char nul[] = {'a', '\0', 'b'};
    text_make_printable(nul, sizeof nul);
    assert_memory_equal(nul, "a?b", 3);
}

static void check_number(const char *text, bool valid, uint64_t expected) {
    uint64_t value = 4711;
    assert_int_equal(text_parse_u64(slice_of(text), &value), valid);
    assert_true(value == (valid ? expected : 4711));
}

static void test_base_text__numbers_are_strict(void **state) {
    (void)state;
    check_number("0", true, 0);
    check_number("007", true, 7);
    check_number("18446744073709551615", true, UINT64_MAX);
    check_number("00000000000000000000000018446744073709551615", true, UINT64_MAX);
    check_number("18446744073709551616", false, 0);
    check_number("18446744073709551620", false, 0);
    check_number("99999999999999999999", false, 0);
    check_number("", false, 0);
    check_number(NULL, false, 0);
    check_number("+1", false, 0);
    check_number("-1", false, 0);
    check_number(" 1", false, 0);
    check_number("1 ", false, 0);
    check_number("0x10", false, 0);
    check_number("1/", false, 0);
    check_number("1:", false, 0);
}
