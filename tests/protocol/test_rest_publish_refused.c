/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing by a form that must be refused: truncated, malformed, without a file or with two, badly named, too large.
 * */
#include "support/protocol_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH(registry) "/v2/packages/organizations/my-organization/registries/" registry "/packages"
#define HEAD_TO(registry) "POST " PATH(registry) " HTTP/1.1\nHost: localhost\n"
#define HEAD HEAD_TO("my-files")
#define FORM_TO(registry) HEAD_TO(registry) "Content-Type: multipart/form-data; boundary=XX\n\n"
#define FORM FORM_TO("my-files")
#define FILE_PART(filename) \
    "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" filename "\"\r\n\r\ndata\r\n"
#define OTHER_PART(name) "--XX\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\nvalue\r\n"
#define CLOSE "--XX--\r\n"
#define WHOLE FILE_PART("new-1.0.0.zip") CLOSE
#define MALFORMED(why) 400, "bad_multipart", "malformed multipart body: " why
#define BAD_BOUNDARY 400, "bad_multipart", "the boundary of the multipart body is missing or malformed"
#define TORN MALFORMED("it ends before the closing boundary")
#define NAMED(name, filename, ...) \
    { name, WHO_OWNER, FORM FILE_PART(filename) CLOSE, 0, __VA_ARGS__ }
#define STRICT(name, filename)                                                                      \
    {                                                                                               \
        name, WHO_OWNER, FORM_TO("strict-files") FILE_PART(filename) CLOSE, 0, 422, "bad_filename", \
            "Invalid filename format. Expected: {BASENAME}-{SEMVER}.{EXT}"                          \
    }

static int group_setup(void **state) {
    return protocol_setup(state);
}

static int group_teardown(void **state) {
    return protocol_teardown(state);
}

static void run(void **state, const struct protocol_case *cases, size_t count) {
    protocol_check_cases(*state, cases, count);
}

static void test_protocol_rest_publish__a_body_that_is_no_form_is_refused(void **state) {
    static const char no_form[] = "the body is not multipart/form-data";
    static const struct protocol_case cases[] = {
        {"no body", WHO_OWNER, HEAD "\n", 0, 422, "missing_file", "the request has no body; with curl: -F file=@PATH"},
        {"empty body", WHO_OWNER, HEAD "Content-Length: 0\n\n", 0, 422, "missing_file",
         "the request has no body; with curl: -F file=@PATH"},
        {"no content type", WHO_OWNER, HEAD "\n" WHOLE, 0, 415, "not_multipart", no_form},
        {"json", WHO_OWNER, HEAD "Content-Type: application/json\n\n{}", 0, 415, "not_multipart", no_form},
        {"raw bytes", WHO_OWNER, HEAD "Content-Type: application/zip\n\nPK", 0, 415, "not_multipart", no_form},
        {"urlencoded form", WHO_OWNER, HEAD "Content-Type: application/x-www-form-urlencoded\n\nfile=x", 0, 415,
         "not_multipart", no_form},
        {"another multipart", WHO_OWNER, HEAD "Content-Type: multipart/mixed; boundary=XX\n\n" WHOLE, 0, 415,
         "not_multipart", no_form},
        {"malformed content type", WHO_OWNER, HEAD "Content-Type: ;boundary=XX\n\n" WHOLE, 0, 415, "not_multipart",
         no_form},
        {"a coded part", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"new-1.0.0.zip\"\r\n"
              "Content-Encoding: gzip\r\n\r\ndata\r\n" CLOSE,
         0, 415, "content_coding_unsupported",
         "a part of the form has the field Content-Encoding: send it without a coding"},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_rest_publish__a_bad_boundary_is_refused(void **state) {
    static const struct protocol_case cases[] = {
        {"none", WHO_OWNER, HEAD "Content-Type: multipart/form-data\n\n" WHOLE, 0, BAD_BOUNDARY},
        {"empty", WHO_OWNER, HEAD "Content-Type: multipart/form-data; boundary=\n\n" WHOLE, 0, BAD_BOUNDARY},
        {"empty in quotes", WHO_OWNER, HEAD "Content-Type: multipart/form-data; boundary=\"\"\n\n" WHOLE, 0,
         BAD_BOUNDARY},
        {"quote not closed", WHO_OWNER, HEAD "Content-Type: multipart/form-data; boundary=\"XX\n\n" WHOLE, 0,
         BAD_BOUNDARY},
        {"too long", WHO_OWNER, HEAD "Content-Type: multipart/form-data; boundary=<<X*71>>\n\n" WHOLE, 0, BAD_BOUNDARY},
        {"character that cannot be", WHO_OWNER, HEAD "Content-Type: multipart/form-data; boundary=\"X*X\"\n\n" WHOLE, 0,
         BAD_BOUNDARY},
        {"blank at its end", WHO_OWNER, HEAD "Content-Type: multipart/form-data; boundary=\"XX \"\n\n" WHOLE, 0,
         BAD_BOUNDARY},
        {"two", WHO_OWNER, HEAD "Content-Type: multipart/form-data; boundary=XX; boundary=XX\n\n" WHOLE, 0,
         BAD_BOUNDARY},
        {"not the one of the body", WHO_OWNER, HEAD "Content-Type: multipart/form-data; boundary=YY\n\n" WHOLE, 0,
         TORN},
        {"other case than in the body", WHO_OWNER, HEAD "Content-Type: multipart/form-data; boundary=xx\n\n" WHOLE, 0,
         TORN},
        {"longer than in the body", WHO_OWNER, HEAD "Content-Type: multipart/form-data; boundary=XXZ\n\n" WHOLE, 0,
         TORN},
        {"shorter than in the body", WHO_OWNER, HEAD "Content-Type: multipart/form-data; boundary=X\n\n" WHOLE, 0,
         TORN},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_rest_publish__a_malformed_form_is_refused(void **state) {
    static const struct protocol_case cases[] = {
        {"garbage", WHO_OWNER, FORM "garbage", 0, TORN},
        {"only NUL", WHO_OWNER, PROTOCOL_BYTES(FORM "\0\0\0\0"), TORN},
        {"preamble alone", WHO_OWNER, FORM "preamble\r\n", 0, TORN},
        {"line ends without CR", WHO_OWNER,
         FORM "--XX\nContent-Disposition: form-data; name=\"file\"; filename=\"new-1.0.0.zip\"\n\ndata\n--XX--\n", 0,
         MALFORMED("a boundary line does not end with CR LF")},
        {"bytes behind a boundary and a blank", WHO_OWNER, FORM "--XX junk\r\n", 0,
         MALFORMED("a boundary line does not end with CR LF")},
        {"CR behind a boundary without LF", WHO_OWNER, FORM "--XX\rjunk", 0,
         MALFORMED("a boundary line does not end with CR LF")},
        {"one dash of two at the end", WHO_OWNER, FORM FILE_PART("new-1.0.0.zip") "--XX-\r\n", 0, TORN},
        {"bytes behind the closing boundary", WHO_OWNER, FORM FILE_PART("new-1.0.0.zip") "--XX-- x", 0,
         MALFORMED("a boundary line does not end with CR LF")},
        {"no disposition", WHO_OWNER, FORM "--XX\r\nContent-Type: text/plain\r\n\r\ndata\r\n" CLOSE, 0,
         MALFORMED("a part does not have one Content-Disposition")},
        {"no header at all", WHO_OWNER, FORM "--XX\r\n\r\ndata\r\n" CLOSE, 0,
         MALFORMED("a part does not have one Content-Disposition")},
        {"two dispositions", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n"
              "Content-Disposition: form-data; name=\"file\"; filename=\"b\"\r\n\r\ndata\r\n" CLOSE,
         0, MALFORMED("a part does not have one Content-Disposition")},
        {"an attachment", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: attachment; filename=\"new-1.0.0.zip\"\r\n\r\ndata\r\n" CLOSE, 0,
         MALFORMED("a part is not form-data")},
        {"no name", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: form-data; filename=\"new-1.0.0.zip\"\r\n\r\ndata\r\n" CLOSE, 0,
         MALFORMED("a part has no name")},
        {"an empty name", WHO_OWNER, FORM "--XX\r\nContent-Disposition: form-data; name=\"\"\r\n\r\ndata\r\n" CLOSE, 0,
         MALFORMED("a part has no name")},
        {"no disposition type", WHO_OWNER, FORM "--XX\r\nContent-Disposition: ; name=\"file\"\r\n\r\ndata\r\n" CLOSE, 0,
         MALFORMED("Content-Disposition has no type")},
        {"quote not closed", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: form-data; name=\"file; filename=x\r\n\r\ndata\r\n" CLOSE, 0,
         MALFORMED("Content-Disposition is malformed")},
        {"name twice", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: form-data; name=\"file\"; name=\"file\"\r\n\r\ndata\r\n" CLOSE, 0,
         MALFORMED("Content-Disposition has a parameter twice")},
        {"file name twice", WHO_OWNER,
         FORM
         "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"; filename=\"b\"\r\n\r\nx\r\n" CLOSE,
         0, MALFORMED("Content-Disposition has a parameter twice")},
        {"base64", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"new-1.0.0.zip\"\r\n"
              "Content-Transfer-Encoding: base64\r\n\r\nZGF0YQ==\r\n" CLOSE,
         0, MALFORMED("a part has a Content-Transfer-Encoding")},
        {"a header line without colon", WHO_OWNER, FORM "--XX\r\nContent-Disposition\r\n\r\ndata\r\n" CLOSE, 0,
         MALFORMED("a part has a header line without a colon")},
        {"a header line that ends with LF", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: form-data; name=\"file\"\n\r\ndata\r\n" CLOSE, 0,
         MALFORMED("a header line does not end with CR LF")},
        {"a blank in a header name", WHO_OWNER, FORM "--XX\r\nContent Disposition: form-data\r\n\r\ndata\r\n" CLOSE, 0,
         MALFORMED("a part has a malformed header field")},
        {"a folded header line", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: form-data;\r\n name=\"file\"\r\n\r\ndata\r\n" CLOSE, 0,
         MALFORMED("a part has a header line without a colon")},
        {"a control character in a header", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\x01.zip\"\r\n\r\ndata\r\n" CLOSE, 0,
         MALFORMED("a part has a control character in a header field")},
        {"NUL in a header", WHO_OWNER,
         PROTOCOL_BYTES(FORM "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\0.zip\"\r\n\r\n"
                             "data\r\n" CLOSE),
         MALFORMED("a part has a control character in a header field")},
        {"a header that is too large", WHO_OWNER,
         FORM "--XX\r\nX-Long: <<x*17000>>\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ndata\r\n" CLOSE, 0,
         431, "part_headers_too_large", "a part of the multipart body has more than 16384 bytes of header fields"},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_rest_publish__the_form_has_one_file(void **state) {
    static const char none[] = "the form has no part \"file\"; with curl: -F file=@PATH";
    static const char nameless[] = "the part \"file\" has no file name; with curl: -F file=@PATH";
    static const struct protocol_case cases[] = {
        {"no part", WHO_OWNER, FORM CLOSE, 0, 422, "missing_file", none},
        {"another field", WHO_OWNER, FORM OTHER_PART("package") CLOSE, 0, 422, "unknown_field",
         "the form field \"package\" is not known here: known are file, _charset_"},
        {"a harmless field alone", WHO_OWNER, FORM OTHER_PART("_charset_") CLOSE, 0, 422, "missing_file", none},
        {"a file in another field", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"a-1.0.0.zip\"\r\n\r\nx\r\n" CLOSE, 0,
         422, "unknown_field", NULL},
        {"the field in capitals", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: form-data; name=\"File\"; filename=\"a-1.0.0.zip\"\r\n\r\nx\r\n" CLOSE, 0,
         422, "unknown_field", NULL},
        {"no file name", WHO_OWNER, FORM OTHER_PART("file") CLOSE, 0, 422, "missing_filename", nameless},
        {"empty file name", WHO_OWNER, FORM FILE_PART("") CLOSE, 0, 422, "missing_filename", nameless},
        {"two files", WHO_OWNER, FORM FILE_PART("a-1.0.0.zip") FILE_PART("b-1.0.0.zip") CLOSE, 0, 422, "several_files",
         "the form has more than one part \"file\""},
        {"the same file twice", WHO_OWNER, FORM FILE_PART("a-1.0.0.zip") FILE_PART("a-1.0.0.zip") CLOSE, 0, 422,
         "several_files", "the form has more than one part \"file\""},
        {"a file and a value", WHO_OWNER, FORM FILE_PART("a-1.0.0.zip") OTHER_PART("file") CLOSE, 0, 422,
         "several_files", "the form has more than one part \"file\""},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_rest_publish__bad_file_names_are_refused(void **state) {
    static const char path[] = "the file name is a path";
    static const char nothing[] = "the file has no name";
    static const struct protocol_case cases[] = {
        NAMED("dot", ".", 422, "bad_filename", path),
        NAMED("dots", "..", 422, "bad_filename", path),
        NAMED("path to dots", "a/..", 422, "bad_filename", path),
        NAMED("path of another system to dots", "C:\\\\a\\\\..", 422, "bad_filename", path),
        NAMED("folder", "folder/", 422, "bad_filename", nothing),
        NAMED("folder of another system", "C:\\\\folder\\\\", 422, "bad_filename", nothing),
        NAMED("root", "/", 422, "bad_filename", nothing),
        NAMED("256 bytes", "<<a*256>>", 422, "bad_filename", "the file name is longer than 255 bytes"),
        NAMED("not UTF-8", "a\xff.zip", MALFORMED("Content-Disposition has a name that is not UTF-8")),
        NAMED("overlong UTF-8", "\xc0\xaf.zip", MALFORMED("Content-Disposition has a name that is not UTF-8")),
        NAMED("a surrogate", "\xed\xa0\x80.zip", MALFORMED("Content-Disposition has a name that is not UTF-8")),
        NAMED("cut UTF-8", "a\xc3", MALFORMED("Content-Disposition has a name that is not UTF-8")),
        NAMED("a command to a terminal",
              "a\xc2\x9b"
              "31m.zip",
              MALFORMED("a part has a control character in a header field")),
        NAMED("extended, a command to a terminal", "x\"; filename*=UTF-8''a%C2%9B31m; a=\"",
              MALFORMED("Content-Disposition has a control character in a name")),
        NAMED("extended, NUL", "x\"; filename*=UTF-8''a%00b; a=\"",
              MALFORMED("Content-Disposition has a control character in a name")),
        NAMED("extended, line end", "x\"; filename*=UTF-8''a%0D%0Ab; a=\"",
              MALFORMED("Content-Disposition has a control character in a name")),
        NAMED("extended, not UTF-8", "x\"; filename*=UTF-8''a%ff; a=\"",
              MALFORMED("Content-Disposition has a name that is not UTF-8")),
        NAMED("extended, bad escape", "x\"; filename*=UTF-8''a%zz; a=\"",
              MALFORMED("Content-Disposition has a malformed percent escape in filename*")),
        NAMED("extended, other charset", "x\"; filename*=ISO-8859-1''a%e9; a=\"",
              MALFORMED("Content-Disposition has a filename* that is not in UTF-8")),
        NAMED("extended, no charset", "x\"; filename*=a; a=\"",
              MALFORMED("Content-Disposition has a malformed filename*")),
        NAMED("extended, path to dots", "x\"; filename*=UTF-8''..%2F..; a=\"", 422, "bad_filename", path),
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_rest_publish__strict_registries_take_only_versioned_names(void **state) {
    static const struct protocol_case cases[] = {
        STRICT("no version", "app.zip"),
        STRICT("two numbers", "app-1.0.zip"),
        STRICT("leading zero", "app-01.0.0.zip"),
        STRICT("no extension", "app-1.0.0"),
        STRICT("empty extension", "app-1.0.0."),
        STRICT("no base name", "-1.0.0.zip"),
        STRICT("underscore in the base name", "my_app-1.0.0.zip"),
        STRICT("v in front of the version", "app-v1.0.0.zip"),
        STRICT("empty pre-release", "app-1.0.0-.zip"),
        STRICT("blank", "my app-1.0.0.zip"),
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_rest_publish__other_content_under_a_taken_name_is_a_conflict(void **state) {
    static const struct protocol_case cases[] = {
        NAMED("other bytes", "app-1.0.0.zip", 409, "package_exists",
              "the registry has a package \"app-1.0.0.zip\" already, with other content"),
        NAMED("by a path", "/tmp/app-1.0.0.zip", 409, "package_exists",
              "the registry has a package \"app-1.0.0.zip\" already, with other content"),
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_rest_publish__over_a_limit_the_limit_is_named(void **state) {
    static const struct protocol_case cases[] = {
        {"the head says too much", WHO_OWNER,
         HEAD "Content-Type: multipart/form-data; boundary=XX\nContent-Length: 9000000000000000000\n\n--XX", 0, 413,
         "package_too_large", "larger than the limit of 65536 bytes"},
        {"too many bytes come", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a-1.0.0.zip\"\r\n\r\n<<a*65537>>"
              "\r\n" CLOSE,
         0, 413, "package_too_large", "larger than the limit of 65536 bytes"},
        {"a field that does not end", WHO_OWNER,
         FORM "--XX\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\n<<n*541000>>\r\n" FILE_PART(
             "a-1.0.0.zip") CLOSE,
         0, 413, "form_too_large", "the form has more than 540672 bytes beside the file"},
        {"a preamble that does not end", WHO_OWNER, FORM "<<p*541000>>\r\n" FILE_PART("a-1.0.0.zip") CLOSE, 0, 413,
         "form_too_large", "the form has more than 540672 bytes beside the file"},
        {"an epilogue that does not end", WHO_OWNER, FORM FILE_PART("a-1.0.0.zip") CLOSE "<<e*541000>>", 0, 413,
         "form_too_large", "the form has more than 540672 bytes beside the file"},
        {"too many bytes come in chunks", WHO_OWNER,
         HEAD "Content-Type: multipart/form-data; boundary=XX\nTransfer-Encoding: chunked\n\n--XX\r\n"
              "Content-Disposition: form-data; name=\"file\"; filename=\"a-1.0.0.zip\"\r\n\r\n<<a*70000>>\r\n" CLOSE,
         0, 413, "package_too_large", "larger than the limit of 65536 bytes"},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

/* `head`, then `count` times `item`, and nothing after it. */
static void repeat(char *out, size_t size, const char *head, const char *item, int count) {
    int used = snprintf(out, size, "%s", head);
    for (int i = 0; i < count; i++) {
        used += snprintf(out + used, size - (size_t)used, "%s", item);
    }
}

static void test_protocol_rest_publish__parts_and_their_headers_are_counted(void **state) {
    char request[16384];
    repeat(request, sizeof request, FORM, OTHER_PART("_charset_"), 33);
    const struct protocol_case parts = {
        "parts", WHO_OWNER, request, 0, 413, "too_many_parts", "the multipart body has more than 32 parts"};
    run(state, &parts, 1);
    repeat(request, sizeof request, FORM "--XX\r\n", "X-Many: 1\r\n", 201);
    const struct protocol_case headers = {"headers",
                                          WHO_OWNER,
                                          request,
                                          0,
                                          431,
                                          "too_many_part_headers",
                                          "a part of the multipart body has more than 200 header fields"};
    run(state, &headers, 1);
}

static void test_protocol_rest_publish__lying_lengths_are_refused(void **state) {
    static const char bad[] = "Content-Length is malformed or contradictory";
#define WITH_LENGTH(field) HEAD "Content-Type: multipart/form-data; boundary=XX\n" field "\n\n" WHOLE
    static const struct protocol_case cases[] = {
        {"longer than the body", WHO_OWNER, WITH_LENGTH("Content-Length: 5000"), 0, 400, "body_truncated",
         "the body is shorter than Content-Length says"},
        {"by one", WHO_OWNER, HEAD "Content-Type: multipart/form-data; boundary=XX\nContent-Length: 94\n\n" WHOLE, 0,
         400, "body_truncated", "the body is shorter than Content-Length says"},
        {"shorter than the body", WHO_OWNER, WITH_LENGTH("Content-Length: 20"), 0, 400, "body_too_long",
         "the body is longer than Content-Length says"},
        {"letters", WHO_OWNER, WITH_LENGTH("Content-Length: many"), 0, 400, "bad_content_length", bad},
        {"negative", WHO_OWNER, WITH_LENGTH("Content-Length: -1"), 0, 400, "bad_content_length", bad},
        {"with a sign", WHO_OWNER, WITH_LENGTH("Content-Length: +93"), 0, 400, "bad_content_length", bad},
        {"hexadecimal", WHO_OWNER, WITH_LENGTH("Content-Length: 0x5d"), 0, 400, "bad_content_length", bad},
        {"empty", WHO_OWNER, WITH_LENGTH("Content-Length: "), 0, 400, "bad_content_length", bad},
        {"a list", WHO_OWNER, WITH_LENGTH("Content-Length: 93, 93"), 0, 400, "bad_content_length", bad},
        {"more than 63 bits", WHO_OWNER, WITH_LENGTH("Content-Length: 9223372036854775808"), 0, 400,
         "bad_content_length", bad},
        {"more than 64 bits", WHO_OWNER, WITH_LENGTH("Content-Length: 18446744073709551725"), 0, 400,
         "bad_content_length", bad},
        {"two different", WHO_OWNER, WITH_LENGTH("Content-Length: 93\nContent-Length: 20"), 0, 400,
         "bad_content_length", bad},
    };
#undef WITH_LENGTH
    run(state, cases, sizeof cases / sizeof cases[0]);
}

/* Every prefix of a form counts as truncated, until its closing boundary is there. */
static void test_protocol_rest_publish__a_form_torn_anywhere_leaves_nothing(void **state) {
    static const char form[] = "preamble\r\n" OTHER_PART("_charset_") FILE_PART("new-1.0.0.zip") "--XX--";
    struct protocol_world *world = *state;
    struct http_script script = {.instance = world->instance, .authorization = world->authorization[WHO_OWNER]};
    char request[1024];
    size_t head = strlen(HEAD "Content-Type: multipart/form-data; boundary=XX\nTransfer-Encoding: chunked\n\n");
    memcpy(request, HEAD "Content-Type: multipart/form-data; boundary=XX\nTransfer-Encoding: chunked\n\n", head);
    char *before = protocol_state(world);
    for (size_t length = 0; length < sizeof form - 1; length++) {
        memcpy(request + head, form, length);
        struct http_answer *answer = http_script_run_bytes(&script, request, head + length);
        char *message = protocol_member(answer, "message");
        char *after = protocol_state(world);
        assert_int_equal(answer->status, 400);
        assert_string_equal(message, "malformed multipart body: it ends before the closing boundary");
        assert_string_equal(after, before);
        free(after);
        free(message);
        http_answer_free(answer);
    }
    free(before);
}

/* The client disconnects: the exchange is dropped at any point. */
static void test_protocol_rest_publish__an_upload_that_breaks_off_anywhere_leaves_nothing(void **state) {
    static const char form[] = OTHER_PART("_charset_") FILE_PART("new-1.0.0.zip") CLOSE;
    struct protocol_world *world = *state;
    lreg_exchange *exchange = NULL;
    lreg_error *err = NULL;
    char *before = protocol_state(world);
    assert_int_equal(lreg_exchange_new(world->instance, &exchange, &err), LREG_OK);
    for (size_t length = 0; length < sizeof form; length++) {
        lreg_exchange_set_request(exchange, "POST", PATH("my-files"), &err);
        lreg_exchange_add_header(exchange, "Authorization", world->authorization[WHO_OWNER], &err);
        lreg_exchange_add_header(exchange, "Content-Type", "multipart/form-data; boundary=XX", &err);
        lreg_exchange_add_header(exchange, "Transfer-Encoding", "chunked", &err);
        assert_int_equal(lreg_exchange_begin(exchange, &err), LREG_OK);
        assert_int_equal(lreg_exchange_wants(exchange), LREG_WANTS_BODY);
        assert_int_equal(lreg_exchange_write(exchange, form, length, &err), LREG_OK);
        lreg_exchange_reset(exchange);
        char *after = protocol_state(world);
        assert_string_equal(after, before);
        free(after);
    }
    lreg_exchange_free(exchange);
    free(before);
}
