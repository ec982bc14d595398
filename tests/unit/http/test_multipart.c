/* SPDX-License-Identifier: Apache-2.0 */
/* multipart/form-data: what is accepted, what is refused, and which events are reported. */
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
#define FILE_FIELD(name, rest) "Content-Disposition: form-data; name=\"" name "\"; " rest "\r\n\r\n"
#define END "\r\n" DASHES "--\r\n"
#define ONE(headers) DASHES "\r\n" headers "\r\n\r\ndata" END

static void expect_log(void **state, const char *body, size_t length, const char *log, size_t log_length) {
    struct fixture *fixture = *state;
    struct cutter cutter = {.next = cut_nowhere};
    struct recording recording;
    record(&fixture->hooks, CONTENT_TYPE, body, length, &cutter, &recording);
    if (recording.status != LREG_OK) {
        fail_msg("refused: %s\n%s", recording.err.message, body);
    }
    assert_int_equal(recording.log.length, log_length);
    assert_memory_equal(strbuf_text(&recording.log), log, log_length);
    strbuf_free(&recording.log);
}

#define EXPECT_LOG(body, log) expect_log(state, body, sizeof(body) - 1, log, sizeof(log) - 1)

static void expect_refused_with(void **state, const char *content_type, const char *body, size_t length,
                                lreg_status status, const char *code) {
    struct fixture *fixture = *state;
    struct cutter cutter = {.next = cut_nowhere};
    struct recording recording;
    record(&fixture->hooks, content_type, body, length, &cutter, &recording);
    if (recording.status != status) {
        fail_msg("status %d: %s\n%s", (int)recording.status, content_type, body);
    }
    assert_string_equal(recording.err.code, code);
    assert_int_equal(recording.err.status, status);
    assert_true(recording.err.message[0] != '\0');
    strbuf_free(&recording.log);
}

#define EXPECT_BAD(body) \
    expect_refused_with(state, CONTENT_TYPE, body, sizeof(body) - 1, LREG_BAD_ARGUMENT, "bad_multipart")

static void test_http_multipart__parts_are_told_in_order(void **state) {
    EXPECT_LOG(DASHES "\r\n" FIELD("a") "1" END, "[a|-|1]1[/]");
    EXPECT_LOG(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "\r\n" FIELD("b") "two\r\nlines" END,
               "[a|-|1]1[/][b|-|1]two\r\nlines[/]");
    EXPECT_LOG(DASHES "\r\n" FILE_FIELD("file", "filename=\"x.tgz\"") "\x1f\x8b\0\xff" END,
               "[file|x.tgz|1]\x1f\x8b\0\xff[/]");
    EXPECT_LOG(DASHES "\r\nContent-Type: a/b\r\nX: y\r\n" FIELD("a") "1" END, "[a|-|3]1[/]");
    EXPECT_LOG(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "\r\n" FIELD("a") "2" END, "[a|-|1]1[/][a|-|1]2[/]");
}

static void test_http_multipart__empty_parts_are_parts(void **state) {
    EXPECT_LOG(DASHES "\r\n" FIELD("a") END, "[a|-|1][/]");
    EXPECT_LOG(DASHES "\r\n" FIELD("a") DASHES "--\r\n",
               "[a|-|1][/]"); /* the blank line's end is the delimiter's too */
    EXPECT_LOG(DASHES "\r\n" FIELD("a") DASHES "\r\n" FIELD("b") "\r\n" DASHES "\r\n" FIELD("c") "\r\n" END,
               "[a|-|1][/][b|-|1][/][c|-|1]\r\n[/]");
    EXPECT_LOG(DASHES "\r\n" FILE_FIELD("a", "filename=\"\"") END, "[a||1][/]");
}

static void test_http_multipart__body_without_parts_is_complete(void **state) {
    EXPECT_LOG(DASHES "--", "");
    EXPECT_LOG(DASHES "--\r\n", "");
    EXPECT_LOG("\r\n" DASHES "--\r\n", "");
}

static void test_http_multipart__preamble_and_epilogue_are_ignored(void **state) {
    EXPECT_LOG("\r\n" DASHES "\r\n" FIELD("a") "1" END, "[a|-|1]1[/]");
    EXPECT_LOG("pre\r\namble --xYzZY\r\n--xYzZ\r\n--xYzZYY\r\n-- xYzZY\r\n" DASHES "\r\n" FIELD("a") "1" END,
               "[a|-|1]1[/]");
    EXPECT_LOG("\n\r\r\n\r\n" DASHES "\r\n" FIELD("a") "1" END, "[a|-|1]1[/]");
    EXPECT_LOG("\0\0\r\n" DASHES "\r\n" FIELD("a") "1" END, "[a|-|1]1[/]");
    EXPECT_LOG(DASHES "\r\n" FIELD("a") "1" END "epilogue\r\n" DASHES "\r\njunk" END, "[a|-|1]1[/]");
    EXPECT_LOG(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "--\r\n\0", "[a|-|1]1[/]");
}

static void test_http_multipart__end_may_come_without_its_line_end(void **state) {
    EXPECT_LOG(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "--", "[a|-|1]1[/]");
    EXPECT_LOG(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "-- \t", "[a|-|1]1[/]");
}

static void test_http_multipart__padding_behind_boundaries_is_allowed(void **state) {
    EXPECT_LOG(DASHES " \r\n" FIELD("a") "1\r\n" DASHES "\t \t\r\n" FIELD("b") "2\r\n" DASHES "-- \t\r\n",
               "[a|-|1]1[/][b|-|1]2[/]");
}

static void test_http_multipart__near_boundaries_are_contents(void **state) {
#define CONTENTS(bytes) EXPECT_LOG(DASHES "\r\n" FIELD("a") bytes END, "[a|-|1]" bytes "[/]")
    CONTENTS("\r");
    CONTENTS("\n");
    CONTENTS("\r\n");
    CONTENTS("\r\r\r\r\r");
    CONTENTS("\r\n\r\n");
    CONTENTS("\r\n-");
    CONTENTS("\r\n--");
    CONTENTS("\r\n--xYzZ");
    CONTENTS("\r\n--xYzZ\r");
    CONTENTS("\r\n--xYzZ\r\n--xYzZ");
    CONTENTS("\r\n--xyzzy\r\n");
    CONTENTS("\r\r\n--xYz\r\n--xYzZ");
    CONTENTS("\n--xYzZY\r");
    CONTENTS("\r--xYzZY\r\n");
    CONTENTS("--xYzZYfirst line");
    CONTENTS("--xYzZ");
    CONTENTS("-");
    CONTENTS("--");
    CONTENTS("text --xYzZY\r\nmore");
    CONTENTS("text --xYzZY--\r\nmore");
    CONTENTS("\r\n--xYzZYY\r\nlonger boundary\r\n--xYzZYY--");
    CONTENTS("\r\n--xYzZY-1\r\nnested\r\n--xYzZY-1--");
    CONTENTS("\r\n--xYzZY-");
    CONTENTS("\r\n--xYzZY_\r\n--xYzZYx");
    CONTENTS("--xYzZY-\r\n--xYzZYz");
    CONTENTS("\r\n--xYzZY\0");
    CONTENTS("\0\r\n\0--xYzZY");
    CONTENTS("\r\n--xYzZY\xff\r\n");
#undef CONTENTS
}

static void test_http_multipart__torn_bodies_are_refused(void **state) {
    static const char whole[] =
        DASHES "\r\n" FILE_FIELD("a", "filename=b") "con\r\ntents\r\n" DASHES "\r\n" FIELD("c") "d\r\n" DASHES "--";
    for (size_t length = 0; length + 1 < sizeof whole; length++) {
        expect_refused_with(state, CONTENT_TYPE, whole, length, LREG_BAD_ARGUMENT, "bad_multipart");
    }
    EXPECT_LOG(whole, "[a|b|1]con\r\ntents[/][c|-|1]d[/]");
    EXPECT_BAD(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "--\r");
}

static void test_http_multipart__line_ends_of_lf_alone_are_refused(void **state) {
    EXPECT_BAD(DASHES "\n" FIELD("a") "1" END);
    EXPECT_BAD(DASHES "\nContent-Disposition: form-data; name=\"a\"\n\n1\n" DASHES "--\n");
    EXPECT_BAD(DASHES "\r\nContent-Disposition: form-data; name=\"a\"\n\r\n1" END);
    EXPECT_BAD(DASHES "\r\nContent-Disposition: form-data; name=\"a\"\r\n\n1" END);
    EXPECT_BAD(DASHES "\r\n" FIELD("a") "1\n" DASHES "--\n");
    EXPECT_BAD(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "\n");
    EXPECT_BAD(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "--\n");
    EXPECT_BAD(DASHES "\r\n\n");
    EXPECT_BAD(DASHES "\r\nX: y\rContent-Disposition: form-data; name=\"a\"\r\n\r\n1" END);
}

static void test_http_multipart__malformed_boundary_lines_are_refused(void **state) {
    EXPECT_BAD(DASHES "\rX" FIELD("a") "1" END);
    EXPECT_BAD(DASHES "\r\r\n" FIELD("a") "1" END);
    EXPECT_BAD(DASHES " x\r\n" FIELD("a") "1" END);
    EXPECT_BAD(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "--x");
    EXPECT_BAD(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "---");
    EXPECT_BAD(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "-- x\r\n");
    EXPECT_BAD(DASHES "\r\n" FIELD("a") "1\r\n" DASHES "--\rx");
    EXPECT_BAD(DASHES "\r\n" FIELD("a") "1\r\n" DASHES " \0\r\n" FIELD("b") "2" END);
    EXPECT_BAD("");
    EXPECT_BAD("no boundary at all");
    EXPECT_BAD("--other\r\n" FIELD("a") "1\r\n--other--\r\n");
    EXPECT_BAD("x" DASHES "\r\n" FIELD("a") "1\r\nx" DASHES "--");
}

static void test_http_multipart__parts_without_a_name_are_refused(void **state) {
    EXPECT_BAD(DASHES "\r\n\r\ndata" END);
    EXPECT_BAD(ONE("Content-Type: text/plain"));
    EXPECT_BAD(ONE("Content-Disposition: form-data"));
    EXPECT_BAD(ONE("Content-Disposition: form-data; filename=\"x\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name="));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name"));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name*=UTF-8''a"));
    EXPECT_BAD(ONE("Content-Disposition: name=\"a\""));
    EXPECT_BAD(ONE("Content-Disposition:"));
    EXPECT_BAD(ONE("Content-Disposition: attachment; name=\"a\""));
    EXPECT_BAD(ONE("Content-Disposition: file; name=\"a\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\"; name=\"b\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\"; filename=\"x\"; filename=\"y\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\"; filename=\"x"));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=a b"));
}

static void test_http_multipart__malformed_headers_are_refused(void **state) {
#define WITH(line) ONE("Content-Disposition: form-data; name=\"a\"\r\n" line)
    EXPECT_BAD(WITH("no colon"));
    EXPECT_BAD(WITH(": no name"));
    EXPECT_BAD(WITH("blank : before"));
    EXPECT_BAD(WITH(" folded: line"));
    EXPECT_BAD(WITH("\tfolded"));
    EXPECT_BAD(WITH("N\xc3\xa4me: x"));
    EXPECT_BAD(WITH("Name: \x01"));
    EXPECT_BAD(WITH("Name: \0"));
    EXPECT_BAD(WITH("Name\0: x"));
    EXPECT_BAD(WITH("Name: \x7f"));
    EXPECT_BAD(WITH("Name: a\rb"));
    EXPECT_BAD(WITH("--xYzZY"));
    EXPECT_BAD(DASHES "\r\n" DASHES "\r\n" FIELD("a") "1" END);
    EXPECT_LOG(WITH("Name:\ta\tb"), "[a|-|2]data[/]");
    EXPECT_LOG(WITH("Name:"), "[a|-|2]data[/]");
    EXPECT_LOG(WITH("Name: a: b"), "[a|-|2]data[/]");
    EXPECT_LOG(ONE("CONTENT-DISPOSITION:FORM-DATA;NAME=a"), "[a|-|1]data[/]");
}

static void test_http_multipart__control_characters_in_names_are_refused(void **state) {
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\0b\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\tb\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\x1b\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\"; filename=\"x\0\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\"; filename=\"x\0.apk\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\"; filename=\"\x7f\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\"; filename=\"x\ty\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''x%00.apk"));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''x%0a"));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"a\"; filename=\"\xff\""));
    EXPECT_BAD(ONE("Content-Disposition: form-data; name=\"\xc3\""));
}

static void test_http_multipart__names_are_unescaped(void **state) {
    EXPECT_LOG(ONE("Content-Disposition: form-data; name=a; filename=b.txt"), "[a|b.txt|1]data[/]");
    EXPECT_LOG(ONE("Content-Disposition: form-data; filename=\"b.txt\"; name=\"a\""), "[a|b.txt|1]data[/]");
    EXPECT_LOG(ONE("Content-Disposition: form-data; name=\"a\\\"b\"; filename=\"c\\\"d\\\\e\""),
               "[a\"b|c\"d\\e|1]data[/]");
    EXPECT_LOG(ONE("Content-Disposition: form-data; name=\"a%22b\"; filename=\"c%22d%20\""), "[a\"b|c\"d%20|1]data[/]");
    EXPECT_LOG(ONE("Content-Disposition: form-data; name=\"a\"; filename=\"C:\\new\\table\""),
               "[a|C:\\new\\table|1]data[/]");
    EXPECT_LOG(ONE("Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''%c3%a9.txt"),
               "[a|\xc3\xa9.txt|1]data[/]");
    EXPECT_LOG(ONE("Content-Disposition: form-data; name=\"a\"; filename=\"e\"; filename*=utf-8'fr'%C3%A9"),
               "[a|\xc3\xa9|1]data[/]");
    EXPECT_LOG(ONE("Content-Disposition: form-data; name=\"\xc3\xa9\"; filename=\"\xe2\x82\xac;=, \""),
               "[\xc3\xa9|\xe2\x82\xac;=, |1]data[/]");
}

static void test_http_multipart__only_identity_transfer_encodings_pass(void **state) {
#define ENCODED(encoding) ONE("Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: " encoding)
    EXPECT_LOG(ENCODED("binary"), "[a|-|2]data[/]");
    EXPECT_LOG(ENCODED("8BIT"), "[a|-|2]data[/]");
    EXPECT_LOG(ENCODED(" 7bit "), "[a|-|2]data[/]");
    EXPECT_BAD(ENCODED("base64"));
    EXPECT_BAD(ENCODED("quoted-printable"));
    EXPECT_BAD(ENCODED("x-gzip"));
    EXPECT_BAD(ENCODED(""));
    EXPECT_BAD(ENCODED("binary, base64"));
    EXPECT_BAD(ENCODED("binary\r\nContent-Transfer-Encoding: base64"));
    EXPECT_BAD(ENCODED("binary\r\nContent-Transfer-Encoding: binary"));
}

#define EXPECT_CODED(body) \
    expect_refused_with(state, CONTENT_TYPE, body, sizeof(body) - 1, LREG_UNSUPPORTED, "content_coding_unsupported")

static void test_http_multipart__content_codings_are_refused(void **state) {
#define CODED(coding) ONE("Content-Disposition: form-data; name=\"a\"\r\nContent-Encoding: " coding)
    EXPECT_LOG(CODED("identity"), "[a|-|2]data[/]");
    EXPECT_CODED(CODED("gzip"));
    EXPECT_CODED(CODED("identity, gzip"));
    EXPECT_CODED(CODED("identity\r\nContent-Encoding: br"));
}

/* 70 characters. */
#define LONGEST "1234567890123456789012345678901234567890123456789012345678901234567890"

static void expect_content_type(void **state, const char *content_type, lreg_status status) {
    struct fixture *fixture = *state;
    const struct multipart_events events = {NULL, record_begin, record_data, record_end};
    struct multipart *parser = (struct multipart *)state;
    struct error err;
    error_clear(&err);
    lreg_status found = multipart_new(&fixture->hooks, content_type, &recorder_limits, &events, &parser, &err);
    if (found != status) {
        fail_msg("\"%s\" gives %d", content_type, (int)found);
    }
    assert_int_equal(parser != NULL, status == LREG_OK);
    assert_int_equal(err.status, status);
    multipart_free(parser);
}

static void test_http_multipart__boundary_is_taken_from_the_content_type(void **state) {
    static const char *const sound[] = {
        CONTENT_TYPE,
        "Multipart/Form-Data;BOUNDARY=x",
        "multipart/form-data; charset=utf-8; boundary=\"x y\"",
        "multipart/form-data; boundary=\"'()+_,-./:=?\"",
        "multipart/form-data; boundary=----=_Part_1_2.3",
        ("multipart/form-data; boundary=" LONGEST),
        "multipart/form-data; boundary=a;",
        " multipart/form-data ; boundary=a",
    };
    static const char *const bad[] = {
        "multipart/form-data",
        "multipart/form-data;",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"x \"",
        "multipart/form-data; boundary=\" \"",
        ("multipart/form-data; boundary=" LONGEST "1"),
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=a; boundary=a",
        "multipart/form-data; boundary=a b",
        "multipart/form-data; boundary=\"a",
        "multipart/form-data; boundary=\"a\\b\"",
        "multipart/form-data; boundary=a,b",
        "multipart/form-data; boundary=a@b",
        "multipart/form-data; boundary=a\x01",
        "multipart/form-data; boundary=\"a\tb\"",
        "multipart/form-data; boundary=\xc3\xa9",
        "multipart/form-data; boundary=a; broken",
        "multipart/form-data; boundary*=UTF-8''a",
        "multipart/form-data; boundary =a",
        "multipart/form-data; boundary=\"a\r\n--b\"",
        "multipart/form-data; boundary=*",
    };
    static const char *const other[] = {
        NULL,
        "",
        "multipart/mixed; boundary=x",
        "application/x-www-form-urlencoded",
        "multipart/form-datax; boundary=x",
        "multipart/form-data boundary=x",
        "multipart/form-data, boundary=x",
        "form-data; boundary=x",
        "; boundary=x",
    };
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
        expect_content_type(state, sound[i], LREG_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_content_type(state, bad[i], LREG_BAD_ARGUMENT);
    }
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        expect_content_type(state, other[i], LREG_UNSUPPORTED);
    }
}

static void test_http_multipart__limits_hold_exactly(void **state) {
    struct fixture *fixture = *state;
    static const char part[] = "\r\n" DASHES "\r\n" FIELD("a") "1";
    struct strbuf body;
    strbuf_init(&body, &fixture->hooks, 1 << 20);
    for (size_t i = 0; i < recorder_limits.max_parts; i++) {
        strbuf_append_text(&body, part);
    }
    size_t length = body.length;
    strbuf_append_text(&body, END);
    struct recording recording;
    struct cutter cutter = {.next = cut_nowhere};
    record(&fixture->hooks, CONTENT_TYPE, strbuf_text(&body), body.length, &cutter, &recording);
    assert_int_equal(recording.status, LREG_OK);
    strbuf_free(&recording.log);
    strbuf_shorten(&body, length);
    strbuf_append_text(&body, part);
    strbuf_append_text(&body, END);
    expect_refused_with(state, CONTENT_TYPE, strbuf_text(&body), body.length, LREG_TOO_LARGE, "too_many_parts");
    strbuf_free(&body);
}

/* A body whose only part has `fields` header fields with `bytes` in total, including the empty line. */
static void make_header_block(struct strbuf *body, size_t fields, size_t bytes) {
    strbuf_clear(body);
    strbuf_append_text(body, DASHES "\r\n");
    size_t start = body->length;
    strbuf_append_text(body, "Content-Disposition: form-data; name=a\r\n");
    for (size_t i = 2; i < fields; i++) {
        strbuf_append_text(body, "X: y\r\n");
    }
    strbuf_append_text(body, "Y: ");
    while (body->length - start + 4 < bytes) {
        strbuf_append_char(body, 'z');
    }
    strbuf_append_text(body, "\r\n\r\ndata" END);
}

static void test_http_multipart__header_limits_hold_exactly(void **state) {
    struct fixture *fixture = *state;
    struct strbuf body;
    struct recording recording;
    struct cutter cutter = {.next = cut_nowhere};
    strbuf_init(&body, &fixture->hooks, 1 << 20);
    make_header_block(&body, recorder_limits.max_part_headers, recorder_limits.max_part_header_bytes);
    record(&fixture->hooks, CONTENT_TYPE, strbuf_text(&body), body.length, &cutter, &recording);
    assert_int_equal(recording.status, LREG_OK);
    assert_string_equal(strbuf_text(&recording.log), "[a|-|8]data[/]");
    strbuf_free(&recording.log);
    make_header_block(&body, recorder_limits.max_part_headers + 1, recorder_limits.max_part_header_bytes);
    expect_refused_with(state, CONTENT_TYPE, strbuf_text(&body), body.length, LREG_HEADERS_TOO_LARGE,
                        "too_many_part_headers");
    make_header_block(&body, recorder_limits.max_part_headers, recorder_limits.max_part_header_bytes + 1);
    expect_refused_with(state, CONTENT_TYPE, strbuf_text(&body), body.length, LREG_HEADERS_TOO_LARGE,
                        "part_headers_too_large");
    make_header_block(&body, 2, 100000);
    expect_refused_with(state, CONTENT_TYPE, strbuf_text(&body), body.length, LREG_HEADERS_TOO_LARGE,
                        "part_headers_too_large");
    strbuf_free(&body);
}

struct slices {
    const char *start;
    size_t length;
    size_t calls;
    size_t total;
    bool inside;
};

static lreg_status ignore_begin(void *user, const char *name, const char *filename, const struct headers *headers,
                                struct error *err) {
    (void)user, (void)name, (void)filename, (void)headers, (void)err;
    return LREG_OK;
}

static lreg_status note_slice(void *user, const void *bytes, size_t length, struct error *err) {
    (void)err;
    struct slices *slices = user;
    slices->calls++;
    slices->total += length;
    slices->inside = slices->inside && (const char *)bytes >= slices->start &&
                     (const char *)bytes + length <= slices->start + slices->length;
    return LREG_OK;
}

static lreg_status ignore_end(void *user, struct error *err) {
    (void)user, (void)err;
    return LREG_OK;
}

static void test_http_multipart__contents_are_slices_of_the_input(void **state) {
    struct fixture *fixture = *state;
    static const char head[] = DASHES "\r\n" FIELD("a");
    enum {
        CONTENTS = 1 << 20
    };
    char *body = malloc(CONTENTS);
    assert_non_null(body);
    for (size_t i = 0; i < CONTENTS; i++) {
        body[i] = (char)(i * 7919 >> 4); /* contains CR, LF and '-' */
    }
    struct slices slices = {.start = body, .length = CONTENTS, .inside = true};
    const struct multipart_events events = {&slices, ignore_begin, note_slice, ignore_end};
    struct multipart *parser = NULL;
    assert_int_equal(multipart_new(&fixture->hooks, CONTENT_TYPE, &recorder_limits, &events, &parser, NULL), LREG_OK);
    assert_int_equal(multipart_write(parser, head, sizeof head - 1, NULL), LREG_OK);
    size_t calls = atomic_load(&fixture->memory.calls);
    assert_int_equal(multipart_write(parser, body, CONTENTS, NULL), LREG_OK);
    assert_int_equal(slices.total, CONTENTS);
    assert_int_equal(slices.calls, 1);
    assert_true(slices.inside);
    assert_int_equal(atomic_load(&fixture->memory.calls), calls);
    multipart_free(parser);
    free(body);
}

struct failing {
    const char *where;
    struct error *sets;
};

static lreg_status fail_when(void *user, const char *here, struct error *err) {
    struct failing *failing = user;
    return strcmp(failing->where, here) == 0 ? error_set(err, LREG_NO_SPACE, "full", "disk is full at %s", here)
                                             : LREG_OK;
}

static lreg_status fail_begin(void *user, const char *name, const char *filename, const struct headers *headers,
                              struct error *err) {
    (void)name, (void)filename, (void)headers;
    return fail_when(user, "begin", err);
}

static lreg_status fail_data(void *user, const void *bytes, size_t length, struct error *err) {
    (void)bytes, (void)length;
    return fail_when(user, "data", err);
}

static lreg_status fail_end(void *user, struct error *err) {
    struct failing *failing = user;
    if (strcmp(failing->where, "silent") == 0) {
        return LREG_HOST_STATUS;
    }
    return fail_when(user, "end", err);
}

static void test_http_multipart__failed_event_stops_for_good(void **state) {
    struct fixture *fixture = *state;
    static const char body[] = DASHES "\r\n" FIELD("a") "data" END;
    static const char *const places[] = {"begin", "data", "end", "silent"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct failing failing = {.where = places[i]};
        const struct multipart_events events = {&failing, fail_begin, fail_data, fail_end};
        lreg_status expected = i < 3 ? LREG_NO_SPACE : LREG_HOST_STATUS;
        struct multipart *parser = NULL;
        struct error err;
        assert_int_equal(multipart_new(&fixture->hooks, CONTENT_TYPE, &recorder_limits, &events, &parser, NULL),
                         LREG_OK);
        assert_int_equal(multipart_write(parser, body, sizeof body - 1, &err), expected);
        assert_int_equal(err.status, expected);
        assert_string_equal(err.code, i < 3 ? "full" : "");
        error_clear(&err);
        assert_int_equal(multipart_write(parser, "x", 1, &err), expected);
        assert_int_equal(multipart_write(parser, "", 0, NULL), expected);
        assert_int_equal(multipart_finish(parser, &err), expected);
        assert_int_equal(err.status, expected);
        multipart_free(parser);
    }
}

static void test_http_multipart__malformed_stays_malformed(void **state) {
    struct fixture *fixture = *state;
    static const char good[] = DASHES "\r\n" FIELD("a") "data" END;
    struct failing failing = {.where = ""};
    const struct multipart_events events = {&failing, fail_begin, fail_data, fail_end};
    struct multipart *parser = NULL;
    struct error err;
    assert_int_equal(multipart_new(&fixture->hooks, CONTENT_TYPE, &recorder_limits, &events, &parser, NULL), LREG_OK);
    assert_int_equal(multipart_write(parser, DASHES "\n", sizeof DASHES, NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(multipart_write(parser, good, sizeof good - 1, &err), LREG_BAD_ARGUMENT);
    assert_string_equal(err.code, "bad_multipart");
    assert_int_equal(multipart_finish(parser, NULL), LREG_BAD_ARGUMENT);
    multipart_free(parser);
    multipart_free(NULL);
}

static void test_http_multipart__every_failing_allocation_is_reported(void **state) {
    struct fixture *fixture = *state;
    static const char body[] =
        DASHES "\r\nX: y\r\n" FILE_FIELD("a", "filename=b") "data\r\n" DASHES "\r\n" FIELD("c") "d" END;
    struct failing failing = {.where = ""};
    const struct multipart_events events = {&failing, fail_begin, fail_data, fail_end};
    for (size_t n = 1;; n++) {
        struct multipart *parser = NULL;
        struct error err;
        error_clear(&err);
        failing_allocator_fail_at(&fixture->memory, n, false);
        lreg_status status = multipart_new(&fixture->hooks, CONTENT_TYPE, &recorder_limits, &events, &parser, &err);
        if (status == LREG_OK) {
            status = multipart_write(parser, body, sizeof body - 1, &err);
        }
        if (status == LREG_OK) {
            status = multipart_finish(parser, &err);
        }
        multipart_free(parser);
        assert_int_equal(failing_allocator_live_blocks(&fixture->memory), 0);
        if (!failing_allocator_failed(&fixture->memory)) {
            assert_int_equal(status, LREG_OK);
            assert_true(n > 2);
            break;
        }
        assert_int_equal(status, LREG_NO_MEMORY);
        assert_int_equal(err.status, LREG_NO_MEMORY);
    }
    failing_allocator_fail_at(&fixture->memory, 0, false);
}
