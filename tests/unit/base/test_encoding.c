/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal, both base64 alphabets, base62, CRC-32: the standards' vectors, strictness, round trips. */

#include "base/encoding.h"

static void test_base_encoding__hex_goes_both_ways(void **state) {
    (void)state;
    char text[2 * 256 + 1];
    uint8_t bytes[256];
    uint8_t back[256];
    for (size_t i = 0; i < 256; i++) {
        bytes[i] = (uint8_t)i;
    }
    hex_encode(bytes, sizeof bytes, text);
    assert_int_equal(strlen(text), 512);
    assert_memory_equal(text, "000102", 6);
    assert_string_equal(text + 506, "fdfeff");
    assert_true(hex_decode(text, 512, back));
    assert_memory_equal(back, bytes, 256);
    assert_true(hex_decode("DEADbeef", 8, back));
    assert_memory_equal(back, "\xde\xad\xbe\xef", 4);
    hex_encode(NULL, 0, text);
    assert_string_equal(text, "");
    assert_true(hex_decode("", 0, back));
}

static void test_base_encoding__hex_is_strict(void **state) {
    (void)state;
    static const char *const wrong[] = {"a", "abc", "0g", "g0", "0x", " 1", "1 ", "/0", ":0", "@0", "`0", "G0", "-1"};
    uint8_t out[4];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(hex_decode(wrong[i], strlen(wrong[i]), out));
    }
    assert_false(hex_decode("0\0", 2, out));
}

/* RFC 4648 section 10. */
static const struct {
    const char *bytes;
    const char *text;
} VECTORS[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void test_base_encoding__base64_follows_the_vectors_of_its_rfc(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof VECTORS / sizeof VECTORS[0]; i++) {
        char text[16];
        uint8_t bytes[8];
        size_t length = 0;
        size_t expected = strlen(VECTORS[i].bytes);
        base64_encode(VECTORS[i].bytes, expected, text);
        assert_string_equal(text, VECTORS[i].text);
        assert_int_equal(base64_encoded_length(expected), strlen(text));
        assert_true(base64_decode(text, strlen(text), bytes, sizeof bytes, &length));
        assert_int_equal(length, expected);
        assert_memory_equal(bytes, VECTORS[i].bytes, length);
        size_t unpadded = strcspn(text, "=");
        assert_true(base64_decode(text, unpadded, bytes, sizeof bytes, &length));
        assert_int_equal(length, expected);
        base64url_encode(VECTORS[i].bytes, expected, text);
        assert_int_equal(strlen(text), unpadded);
        assert_int_equal(base64url_encoded_length(expected), unpadded);
        assert_memory_equal(text, VECTORS[i].text, unpadded);
    }
}

static void test_base_encoding__alphabets_differ_in_two_characters(void **state) {
    (void)state;
    char text[8];
    uint8_t bytes[4];
    size_t length = 0;
    base64_encode("\xfb\xff\xbf", 3, text);
    assert_string_equal(text, "+/+/");
    base64url_encode("\xfb\xff\xbf", 3, text);
    assert_string_equal(text, "-_-_");
    assert_true(base64_decode("+/+/", 4, bytes, sizeof bytes, &length));
    assert_true(base64url_decode("-_-_", 4, bytes, sizeof bytes, &length));
    assert_memory_equal(bytes, "\xfb\xff\xbf", 3);
    assert_false(base64_decode("-_-_", 4, bytes, sizeof bytes, &length));
    assert_false(base64url_decode("+/+/", 4, bytes, sizeof bytes, &length));
}

static void test_base_encoding__base64_is_strict(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "A",     "AAAAA",  "Zg=",      "Z===",  "====",  "=",    "==",      "Zg==Zg==", "Zm8==",
        "Zm9v=", "Zm9v==", "Zm9v====", "Zm 9v", "Zm9v ", " Zm9", "Zm9v\n",  "Zh==",     "Zm9=",
        "Zh",    "Zm9",    "Zm.v",     "=m9v",  "Z=9v",  "Zm=v", "Zm9\xc3", "Zg=A",     "Zm9v=A==",
    };
    uint8_t bytes[16];
    size_t length = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (base64_decode(wrong[i], strlen(wrong[i]), bytes, sizeof bytes, &length)) {
            fail_msg("accepted: %s", wrong[i]);
        }
        if (base64url_decode(wrong[i], strlen(wrong[i]), bytes, sizeof bytes, &length)) {
            fail_msg("accepted as base64url: %s", wrong[i]);
        }
    }
    assert_false(base64url_decode("Zg==", 4, bytes, sizeof bytes, &length));
    assert_false(base64_decode("Zm\0v", 4, bytes, sizeof bytes, &length));
}

static void test_base_encoding__decoders_obey_their_capacity(void **state) {
    (void)state;
    uint8_t bytes[4] = {0, 0, 0, 0x5a};
    size_t length = 0;
    assert_true(base64_decode("Zm9v", 4, bytes, 3, &length));
    assert_int_equal(bytes[3], 0x5a);
    assert_false(base64_decode("Zm9v", 4, bytes, 2, &length));
    assert_false(base64_decode("Zm8=", 4, bytes, 1, &length));
    assert_true(base64_decode("Zm8=", 4, bytes, 2, &length));
    assert_false(base64url_decode("Zm9vYg", 6, bytes, 3, &length));
    assert_true(base64url_decode("", 0, bytes, 0, &length));
    assert_int_equal(length, 0);
}

static void test_base_encoding__random_bytes_come_back(void **state) {
    (void)state;
    uint8_t bytes[300];
    uint8_t back[300];
    char text[401];
    uint32_t seed = 12345;
    for (size_t length = 0; length < sizeof bytes; length++) {
        for (size_t i = 0; i < length; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (uint8_t)(seed >> 24);
        }
        size_t got = 0;
        base64_encode(bytes, length, text);
        assert_true(base64_decode(text, strlen(text), back, length, &got));
        assert_int_equal(got, length);
        assert_memory_equal(back, bytes, length);
        base64url_encode(bytes, length, text);
        assert_int_equal(strlen(text), base64url_encoded_length(length));
        assert_true(base64url_decode(text, strlen(text), back, length, &got));
        assert_int_equal(got, length);
        assert_memory_equal(back, bytes, length);
    }
}

static void test_base_encoding__every_text_has_one_meaning_or_none(void **state) {
    (void)state;
    /* A decoded text must encode to the same text again. */
    for (uint32_t pair = 0; pair < 65536; pair++) {
        char text[3] = {(char)(pair >> 8), (char)pair, '\0'};
        char again[8];
        uint8_t bytes[4];
        size_t length = 0;
        if (base64url_decode(text, 2, bytes, sizeof bytes, &length)) {
            base64url_encode(bytes, length, again);
            assert_string_equal(again, text);
        }
    }
}

static void test_base_encoding__impossible_lengths_are_the_largest_size(void **state) {
    (void)state;
    assert_true(base64_encoded_length(SIZE_MAX) == SIZE_MAX);
    assert_true(base64url_encoded_length(SIZE_MAX) == SIZE_MAX);
    assert_true(base64_encoded_length(SIZE_MAX / 4 * 3 + 3) == SIZE_MAX);
    assert_true(base64_encoded_length(3000000) == 4000000);
}

static void test_base_encoding__base62_counts_in_order(void **state) {
    (void)state;
    char text[16];
    base62_encode(0, 6, text);
    assert_string_equal(text, "000000");
    base62_encode(61, 1, text);
    assert_string_equal(text, "z");
    base62_encode(62, 2, text);
    assert_string_equal(text, "10");
    base62_encode(9 + 62 * 10 + 62 * 62 * 36, 3, text);
    assert_string_equal(text, "aA9");
    base62_encode(62 * 62 + 5, 2, text);
    assert_string_equal(text, "05");
    base62_encode(UINT64_MAX, 11, text);
    assert_string_equal(text, "LygHa16AHYF");
    base62_encode(5, 0, text);
    assert_string_equal(text, "");
}

static void test_base_encoding__crc32_is_that_of_zlib(void **state) {
    (void)state;
    assert_int_equal(crc32_of("123456789", 9), 0xcbf43926);
    assert_int_equal(crc32_of("", 0), 0);
    assert_int_equal(crc32_of(NULL, 0), 0);
    assert_int_equal(crc32_of("a", 1), 0xe8b7be43);
    assert_int_equal(crc32_of("\xff\xff\xff\xff", 4), 0xffffffff);
    assert_int_equal(crc32_of("The quick brown fox jumps over the lazy dog", 43), 0x414fa339);
}
