/* SPDX-License-Identifier: Apache-2.0 */
/* Gzip members are split at their end, however the stream is cut. */
#include "fixture.h"

#include "formats/gzip.h"
#include "ecosystems/alpine/members.h"

#include <string.h>

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

#define MEMBERS_MAX 8

struct record {
    size_t count;
    struct apk_bytes packed[MEMBERS_MAX];
    struct apk_bytes unpacked[MEMBERS_MAX];
    size_t begun;
    size_t ended;
    lreg_status answer; /* of every event */
};

static lreg_status take_begin(void *user, struct error *err) {
    struct record *record = user;
    (void)err;
    record->begun++;
    assert_int_equal(record->begun, record->ended + 1);
    return record->answer;
}

static lreg_status take_packed(void *user, const void *bytes, size_t length, struct error *err) {
    struct record *record = user;
    (void)err;
    apk_append(&record->packed[record->ended], bytes, length);
    return record->answer;
}

static lreg_status take_unpacked(void *user, const void *bytes, size_t length, struct error *err) {
    struct record *record = user;
    (void)err;
    assert_true(length > 0);
    apk_append(&record->unpacked[record->ended], bytes, length);
    return record->answer;
}

static lreg_status take_end(void *user, struct error *err) {
    struct record *record = user;
    (void)err;
    record->ended++;
    assert_true(record->ended < MEMBERS_MAX);
    return record->answer;
}

static lreg_status run(struct fixture *fixture, const struct apk_bytes *stream, size_t first, size_t step,
                       struct record *record, struct error *err) {
    const struct alpine_members_events events = {record, take_begin, take_packed, take_unpacked, take_end};
    struct alpine_members *members = NULL;
    lreg_status status = alpine_members_new(&fixture->hooks, &events, &members, err);
    size_t piece = first;
    for (size_t at = 0; status == LREG_OK && at < stream->length; at += piece, piece = step) {
        piece = piece > stream->length - at ? stream->length - at : piece;
        status = alpine_members_write(members, stream->bytes + at, piece, err);
    }
    status = status == LREG_OK ? alpine_members_finish(members, err) : status;
    alpine_members_free(members);
    return status;
}

static void forget(struct record *record) {
    for (size_t i = 0; i < MEMBERS_MAX; i++) {
        apk_free(&record->packed[i]);
        apk_free(&record->unpacked[i]);
    }
    *record = (struct record){0};
}

/* Three members: compressed text, an empty one, and one of stored blocks. */
static void make_stream(struct fixture *fixture, struct apk_bytes *stream, size_t lengths[3]) {
    char text[5000];
    struct strbuf packed;
    struct alpine_gzip gzip;
    struct apk_bytes empty = {0}, short_one = {0};
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)('a' + i * i % 23);
    }
    strbuf_init(&packed, &fixture->hooks, 1 << 20);
    assert_int_equal(alpine_gzip_begin(&gzip, &packed, NULL), LREG_OK);
    assert_int_equal(alpine_gzip_write(&gzip, text, sizeof text, NULL), LREG_OK);
    assert_int_equal(alpine_gzip_finish(&gzip, NULL), LREG_OK);
    alpine_gzip_end(&gzip);
    apk_append(stream, packed.bytes, packed.length);
    lengths[0] = stream->length;
    apk_append(&empty, "", 0);
    apk_gzip(stream, &empty);
    lengths[1] = stream->length - lengths[0];
    apk_append(&short_one, "short", 5);
    apk_gzip(stream, &short_one);
    lengths[2] = stream->length - lengths[0] - lengths[1];
    strbuf_free(&packed);
    apk_free(&empty);
    apk_free(&short_one);
}

static void test_ecosystems_alpine_members__every_cut_of_the_stream_gives_the_same_members(void **state) {
    struct fixture *fixture = *state;
    struct apk_bytes stream = {0};
    size_t lengths[3];
    make_stream(fixture, &stream, lengths);
    for (size_t first = 1; first <= stream.length; first++) {
        struct record record = {0};
        assert_int_equal(run(fixture, &stream, first, stream.length, &record, NULL), LREG_OK);
        assert_int_equal(record.ended, 3);
        assert_int_equal(record.packed[0].length, lengths[0]);
        assert_int_equal(record.packed[1].length, lengths[1]);
        assert_int_equal(record.packed[2].length, lengths[2]);
        assert_memory_equal(record.packed[0].bytes, stream.bytes, lengths[0]);
        assert_memory_equal(record.packed[2].bytes, stream.bytes + lengths[0] + lengths[1], lengths[2]);
        assert_int_equal(record.unpacked[0].length, 5000);
        assert_int_equal(record.unpacked[1].length, 0);
        assert_int_equal(record.unpacked[2].length, 5);
        assert_memory_equal(record.unpacked[2].bytes, "short", 5);
        forget(&record);
    }
    struct record record = {0};
    assert_int_equal(run(fixture, &stream, 1, 1, &record, NULL), LREG_OK);
    assert_int_equal(record.ended, 3);
    assert_int_equal(record.packed[0].length, lengths[0]);
    forget(&record);
    apk_free(&stream);
}

static void test_ecosystems_alpine_members__a_stream_that_is_cut_off_anywhere_is_refused(void **state) {
    struct fixture *fixture = *state;
    struct apk_bytes stream = {0};
    size_t lengths[3];
    make_stream(fixture, &stream, lengths);
    for (size_t length = 1; length < stream.length; length++) {
        struct record record = {0};
        struct error err = {.code = ""};
        struct apk_bytes part = {stream.bytes, length, length};
        bool is_boundary = length == lengths[0] || length == lengths[0] + lengths[1];
        lreg_status status = run(fixture, &part, length, 1, &record, &err);
        assert_int_equal(status, is_boundary ? LREG_OK : LREG_UNPROCESSABLE);
        if (!is_boundary) {
            assert_string_equal(err.code, "truncated");
        }
        forget(&record);
    }
    apk_free(&stream);
}

static void expect_code(struct fixture *fixture, const struct apk_bytes *stream, const char *code) {
    for (size_t step = 0; step < 4; step++) {
        struct record record = {0};
        struct error err = {.code = ""};
        size_t piece = step == 0 ? stream->length : step;
        assert_int_equal(run(fixture, stream, piece, piece, &record, &err), LREG_UNPROCESSABLE);
        assert_string_equal(err.code, code);
        forget(&record);
    }
}

static void test_ecosystems_alpine_members__other_bytes_are_told_apart(void **state) {
    struct fixture *fixture = *state;
    struct apk_bytes stream = {0}, content = {0};
    expect_code(fixture, &stream, "not_an_apk");
    apk_append(&stream, "PK\3\4 a zip", 10);
    expect_code(fixture, &stream, "not_an_apk");
    apk_free(&stream);
    apk_append(&content, "text", 4);
    apk_gzip(&stream, &content);
    apk_append(&stream, "\x1f", 1);
    expect_code(fixture, &stream, "truncated");
    apk_append(&stream, "x", 1);
    expect_code(fixture, &stream, "trailing_bytes");
    apk_free(&stream);
    apk_gzip(&stream, &content);
    stream.bytes[stream.length - 6] ^= 1; /* the checksum */
    expect_code(fixture, &stream, "damaged");
    apk_free(&stream);
    apk_free(&content);
}

static void test_ecosystems_alpine_members__the_answer_of_an_event_is_passed_on(void **state) {
    struct fixture *fixture = *state;
    struct record record = {.answer = LREG_HOST_STATUS};
    struct apk_bytes stream = {0}, content = {0};
    apk_append(&content, "text", 4);
    apk_gzip(&stream, &content);
    assert_int_equal(run(fixture, &stream, stream.length, 1, &record, NULL), LREG_HOST_STATUS);
    forget(&record);
    apk_free(&stream);
    apk_free(&content);
}

static void test_ecosystems_alpine_members__memory_that_is_out_is_told(void **state) {
    struct fixture *fixture = *state;
    struct apk_bytes stream = {0};
    size_t lengths[3];
    make_stream(fixture, &stream, lengths);
    for (size_t n = 1;; n++) {
        struct record record = {0};
        failing_allocator_fail_at(&fixture->memory, n, false);
        lreg_status status = run(fixture, &stream, 100, 100, &record, NULL);
        bool failed = failing_allocator_failed(&fixture->memory);
        assert_int_equal(status, failed ? LREG_NO_MEMORY : LREG_OK);
        forget(&record);
        if (!failed) {
            break;
        }
    }
    apk_free(&stream);
}
