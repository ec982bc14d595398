/* SPDX-License-Identifier: Apache-2.0 */
/* However a multipart body is cut, the events are the same, including the message of a refusal. */
#include "http/multipart.h"

#include "unit/http/fixture.h"
#include "unit/http/multipart_recorder.h"

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

#define DASHES "--" BOUNDARY
#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define END "\r\n" DASHES "--\r\n"
#define PART(bytes) DASHES "\r\n" FIELD("a") bytes END
#define BODY(text) \
    { text, sizeof(text) - 1 }

static const struct slice bodies[] = {
    BODY(PART("data")),
    BODY(PART("")),
    BODY(DASHES "\r\n" FIELD("a") DASHES "--"),
    BODY(DASHES "--"),
    BODY(DASHES "-- \t \r\nepilogue\r\n" DASHES "\r\n"),
    BODY("preamble\r\n--xYzZ\r\n" PART("data")),
    BODY("\r\n\r\r\n" PART("data") "epilogue\r\n"),
    BODY(DASHES " \t\r\n" FIELD("a") "1\r\n" DASHES "\r\nContent-Type: x/y\r\n" FIELD("b") "2\r\n" DASHES "--"),
    BODY(PART("\r")),
    BODY(PART("\r\n")),
    BODY(PART("\r\r\r\n\n\r")),
    BODY(PART("\r\n--xYzZ")),
    BODY(PART("\r\n--xYzZ\r\n--xYzZ\r")),
    BODY(PART("\r\r\n--\r\n--xYzZ\r\n-\r\n--x")),
    BODY(PART("--xYzZ\r\n--xYzZYY--xYzZY\n--xYzZY\r\n")),
    BODY(PART("--xYzZYnot\r\n--xYzZY-not\r\n--xYzZY_--")),
    BODY(PART("--xYzZY-\r\n--xYzZY-")),
    BODY(PART("\r\n--xYzZY-1\r\nnested\r\n--xYzZY-1--\r\n")),
    BODY(PART("\0\r\n--xYzZY\0\r\n--xYzZY\xff")),
    BODY(DASHES "\r\nContent-Disposition: form-data; name=\"a\\\"b\"; filename=\"c%22d\"; "
                "filename*=UTF-8''%c3%a9\r\n\r\ne" END),
    /* Refused. */
    BODY(""),
    BODY("nothing\r\n--xYzZ"),
    BODY(DASHES "\n" FIELD("a") "1" END),
    BODY(DASHES "\rx"),
    BODY(DASHES " x\r\n"),
    BODY(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "--x"),
    BODY(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "--\r"),
    BODY(DASHES "\r\n" FIELD("a") "1\r\n--xYzZ"),
    BODY(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "\r\nno colon\r\n\r\n2" END),
    BODY(DASHES "\r\nX: y\n\r\n" END),
    BODY(DASHES "\r\n\r\ndata" END),
    BODY(DASHES "\r\nX: \0\r\n" FIELD("a") "1" END),
    BODY(DASHES "\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1" END),
    BODY(DASHES "\r\nContent-Transfer-Encoding: base64\r\n" FIELD("a") "1" END),
    BODY(DASHES "\r\nA:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\nG:\r\nH:\r\nI:\r\n" FIELD("a") "1" END),
    BODY(DASHES "\r\n" FIELD("1") "\r\n" DASHES "\r\n" FIELD("2") "\r\n" DASHES "\r\n" FIELD(
        "3") "\r\n" DASHES
             "\r\n" FIELD("4") "\r\n" DASHES "\r\n" FIELD("5") "\r\n" DASHES "\r\n" FIELD(
                 "6") "\r\n" DASHES "\r\n" FIELD("7") "\r\n" DASHES "\r\n" FIELD("8") "\r\n" DASHES "\r\n" FIELD("9")
                 END),
    BODY(
        DASHES
        "\r\nLong: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789\n" FIELD("a") END),
};

#define BODY_COUNT (sizeof bodies / sizeof bodies[0])

static void expect_same(struct fixture *fixture, const struct recording *expected, struct slice body,
                        struct cutter cutter) {
    struct recording found;
    record(&fixture->hooks, CONTENT_TYPE, body.bytes, body.length, &cutter, &found);
    if (found.status != expected->status || found.log.length != expected->log.length ||
        memcmp(strbuf_text(&found.log), strbuf_text(&expected->log), found.log.length) != 0 ||
        strcmp(found.err.message, expected->err.message) != 0 || strcmp(found.err.code, expected->err.code) != 0) {
        fail_msg("%s\nat %zu, seed %llu: status %d \"%s\" and log %s\ninstead of status %d \"%s\" and log %s",
                 body.bytes, cutter.at, (unsigned long long)cutter.seed, (int)found.status, found.err.message,
                 strbuf_text(&found.log), (int)expected->status, expected->err.message, strbuf_text(&expected->log));
    }
    strbuf_free(&found.log);
}

static struct recording record_whole(struct fixture *fixture, struct slice body) {
    struct recording whole;
    struct cutter cutter = {.next = cut_nowhere};
    record(&fixture->hooks, CONTENT_TYPE, body.bytes, body.length, &cutter, &whole);
    return whole;
}

static void test_http_multipart_splits__bodies_are_of_both_kinds(void **state) {
    size_t sound = 0;
    for (size_t i = 0; i < BODY_COUNT; i++) {
        struct recording whole = record_whole(*state, bodies[i]);
        sound += whole.status == LREG_OK ? 1 : 0;
        strbuf_free(&whole.log);
    }
    assert_int_equal(sound, 20);
}

static void test_http_multipart_splits__every_cut_in_two_tells_the_same(void **state) {
    for (size_t i = 0; i < BODY_COUNT; i++) {
        struct recording whole = record_whole(*state, bodies[i]);
        for (size_t at = 0; at <= bodies[i].length; at++) {
            expect_same(*state, &whole, bodies[i], (struct cutter){.next = cut_once, .at = at});
        }
        strbuf_free(&whole.log);
    }
}

static void test_http_multipart_splits__single_bytes_tell_the_same(void **state) {
    for (size_t i = 0; i < BODY_COUNT; i++) {
        struct recording whole = record_whole(*state, bodies[i]);
        expect_same(*state, &whole, bodies[i], (struct cutter){.next = cut_everywhere});
        strbuf_free(&whole.log);
    }
}

static void test_http_multipart_splits__many_pieces_tell_the_same(void **state) {
    for (size_t i = 0; i < BODY_COUNT; i++) {
        struct recording whole = record_whole(*state, bodies[i]);
        for (uint64_t seed = 1; seed <= 100; seed++) {
            expect_same(*state, &whole, bodies[i],
                        (struct cutter){.next = cut_by_chance, .seed = seed * UINT64_C(0x9e3779b97f4a7c15)});
        }
        strbuf_free(&whole.log);
    }
}

/* Contents from few characters, so that near-boundaries are frequent. */
static size_t make_contents(uint64_t seed, char *out, size_t capacity) {
    static const char *const words[] = {"\r",   "\n",    "\r\n",       "-", "--",           "\r\n--",
                                        "xYzZ", "xYzZY", "\r\n--xYzZ", "Y", "\r\n--xYzZYY", "q"};
    size_t length = 0;
    for (size_t i = 0; i < 24; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        const char *word = words[seed % (sizeof words / sizeof words[0])];
        assert_true(length + strlen(word) < capacity);
        memcpy(out + length, word, strlen(word));
        length += strlen(word);
    }
    return length;
}

static void test_http_multipart_splits__made_contents_tell_the_same(void **state) {
    static const char head[] = DASHES "\r\n" FIELD("a");
    for (uint64_t seed = 1; seed <= 300; seed++) {
        char body[1024];
        memcpy(body, head, sizeof head - 1);
        size_t length = sizeof head - 1;
        length += make_contents(seed * UINT64_C(0x2545f4914f6cdd1d), body + length, sizeof body - length - sizeof END);
        memcpy(body + length, END, sizeof END);
        struct slice made = {body, length + sizeof END - 1};
        struct recording whole = record_whole(*state, made);
        expect_same(*state, &whole, made, (struct cutter){.next = cut_everywhere});
        for (size_t at = sizeof head - 3; at <= made.length; at++) {
            expect_same(*state, &whole, made, (struct cutter){.next = cut_once, .at = at});
        }
        for (uint64_t n = 1; n <= 10; n++) {
            expect_same(*state, &whole, made, (struct cutter){.next = cut_by_chance, .seed = seed * 7919 + n});
        }
        strbuf_free(&whole.log);
    }
}
