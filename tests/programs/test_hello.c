/* SPDX-License-Identifier: Apache-2.0 */
/* The first message of a TLS client, put together from records. */
#include "hello.h"

#include <stdlib.h>

static unsigned char room[HELLO_ROOM];

/* Feeds bytes as far as they are wanted, in pieces of that size. Returns how many were taken. */
static size_t take(struct hello *hello, const char *bytes, size_t length, size_t piece) {
    size_t done = 0;
    *hello = (struct hello){.bytes = room};
    while (done < length && hello_wants(hello) > 0) {
        size_t some = hello_wants(hello) < piece ? hello_wants(hello) : piece;
        some = some < length - done ? some : length - done;
        hello_take(hello, (const unsigned char *)bytes + done, some);
        done += some;
    }
    return done;
}

static void check(const char *bytes, size_t length, enum hello_state state, const char *expected,
                  size_t expected_length, size_t taken) {
    for (size_t piece = 1; piece <= length; piece++) {
        struct hello hello;
        assert_int_equal(take(&hello, bytes, length, piece), taken);
        assert_int_equal(hello.state, state);
        assert_int_equal(hello.length, expected_length);
        assert_memory_equal(hello.bytes, expected, expected_length);
    }
}

#define WHOLE "\x16\3\1\0\x09\1\0\0\5hello"

static void test_programs_hello__one_record_stays_as_it_is(void **state) {
    (void)state;
    check(WHOLE, sizeof WHOLE - 1, HELLO_DONE, WHOLE, sizeof WHOLE - 1, sizeof WHOLE - 1);
    check(WHOLE "more", sizeof WHOLE + 3, HELLO_DONE, WHOLE, sizeof WHOLE - 1, sizeof WHOLE - 1);
}

static void test_programs_hello__records_become_one(void **state) {
    (void)state;
    static const char cut[] = "\x16\3\1\0\1\1"
                              "\x16\3\1\0\2\0\0"
                              "\x16\3\3\0\3\5he"
                              "\x16\3\1\0\3llo";
    check(cut, sizeof cut - 1, HELLO_DONE, WHOLE, sizeof WHOLE - 1, sizeof cut - 1);
}

static void test_programs_hello__a_part_is_waited_for(void **state) {
    (void)state;
    struct hello hello;
    for (size_t length = 0; length < sizeof WHOLE - 1; length++) {
        assert_int_equal(take(&hello, WHOLE, length, 7), length);
        assert_true(hello_wants(&hello) > 0);
        assert_true(hello_wants(&hello) <= sizeof WHOLE - 1 - length);
    }
}

static void test_programs_hello__what_is_none_is_handed_on(void **state) {
    (void)state;
    static const char alert[] = "\x15\3\1\0\2\1\0";
    static const char empty[] = "\x16\3\1\0\0";
    static const char other[] = "\x16\3\1\0\4\2\0\0\0";
    static const char large[] = "\x16\3\1\x40\1";
    static const char broken[] = "\x16\3\1\0\2\1\0"
                                 "\x17\3\1\0\2xx";
    check(alert, sizeof alert - 1, HELLO_OTHER, alert, 5, 5);
    check(empty, sizeof empty - 1, HELLO_OTHER, empty, 5, 5);
    check(other, sizeof other - 1, HELLO_OTHER, other, 9, 9);
    check(large, sizeof large - 1, HELLO_OTHER, large, 5, 5);
    check(broken, sizeof broken - 1, HELLO_OTHER, broken, 12, 12);
}

static void test_programs_hello__no_more_than_one_record_is_kept(void **state) {
    (void)state;
    struct hello hello;
    static char bytes[3 * (HELLO_RECORD_HEAD + 8192)];
    for (int i = 0; i < 3; i++) {
        memcpy(bytes + i * (HELLO_RECORD_HEAD + 8192), "\x16\3\1\x20\0", HELLO_RECORD_HEAD);
    }
    memcpy(bytes + HELLO_RECORD_HEAD, "\1\xff\xff\xff", 4);
    assert_int_equal(take(&hello, bytes, sizeof bytes, 1000), 2 * (HELLO_RECORD_HEAD + 8192) + HELLO_RECORD_HEAD);
    assert_int_equal(hello.state, HELLO_OTHER);
    assert_int_equal(hello.length, HELLO_ROOM);
}
