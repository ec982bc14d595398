/* SPDX-License-Identifier: Apache-2.0 */
/* Generic files from publishing to deletion, and every way to request one. */
#include "support/protocol_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKAGES(registry) "/v2/packages/organizations/my-organization/registries/" registry "/packages"
#define FIELDS " HTTP/1.1\nHost: packages.test\n"
#define FORM "Content-Type: multipart/form-data; boundary=XX\n\n"
#define FILE_PART(filename, content) \
    "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" filename "\"\r\n\r\n" content "\r\n"
#define PUBLISH(registry, filename, content) \
    "POST " PACKAGES(registry) FIELDS FORM FILE_PART(filename, content) "--XX--\r\n"
#define FILE_PATH "/my-organization/my-files/files/app-1.0.0.zip"
#define DIGEST "2cd4837c7726f70047c8fdafb52801dbfef2cb4f7bc4cfb2e0441980f9d4a3b8" /* of PROTOCOL_CONTENT */
#define MODIFIED "Sat, 21 Nov 2026 03:04:05 GMT" /* PROTOCOL_NOW */

static int setup(void **state) {
    return protocol_setup(state);
}

static int teardown(void **state) {
    return protocol_teardown(state);
}

static void expect_field(struct http_answer *answer, const char *name, const char *value) {
    const char *got = http_answer_header(answer, name);
    if (got == NULL || strcmp(got, value) != 0) {
        fail_msg("%s is %s, not %s", name, got == NULL ? "absent" : got, value);
    }
}

static void test_protocol_files__publishing_answers_with_the_package(void **state) {
    struct http_answer *answer =
        protocol_expect(*state, WHO_PUBLISHER, PUBLISH("my-files", "new-2.0.0.tar.gz", "data"), 200);
    expect_field(answer, "Content-Type", "application/json; charset=utf-8");
    protocol_expect_member(answer, "name", "new");
    protocol_expect_member(answer, "version", "2.0.0");
    protocol_expect_member(answer, "filename", "new-2.0.0.tar.gz");
    protocol_expect_member(answer, "created_at", "2026-11-21T03:04:05.678Z");
    protocol_expect_member(answer, "slug", "my-organization"); /* the first: of the organization */
    protocol_expect_member(answer, "md5", "8d777f385d3dfec8815d20f7496026dc");
    protocol_expect_member(answer, "sha1", "a17c9aaa61e80a1bf71d0d850af4e5baa9800bbd");
    protocol_expect_member(answer, "sha256", "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7");
    protocol_expect_member(answer, "download_url",
                           "http://packages.test/my-organization/my-files/files/new-2.0.0.tar.gz");
    assert_non_null(strstr(answer->body, "\"size\":4,"));
    char *id = protocol_member(answer, "id");
    char url[256];
    (void)snprintf(url, sizeof url, "http://packages.test" PACKAGES("my-files") "/%s", id);
    protocol_expect_member(answer, "url", url);
    (void)snprintf(url, sizeof url,
                   "http://packages.test/organizations/my-organization/packages/registries/my-files/packages/%s", id);
    protocol_expect_member(answer, "web_url", url);
    free(id);
    http_answer_free(answer);
}

static void test_protocol_files__the_file_may_stand_anywhere_in_the_form(void **state) {
    static const char note[] = "--XX\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nhello\r\n";
    static const struct {
        const char *before;
        const char *behind;
    } cases[] = {{"", ""}, {note, ""}, {"", note}, {note, note}, {"preamble\r\n", ""}};
    char request[2048];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)snprintf(request, sizeof request, "POST " PACKAGES("my-files") FIELDS FORM "%s%s%s--XX--\r\nepilogue",
                       cases[i].before, FILE_PART("any-1.0.0.bin", "data"), cases[i].behind);
        http_answer_free(protocol_expect(*state, WHO_OWNER, request, 200));
    }
}

static void test_protocol_files__any_bytes_come_back_as_they_were(void **state) {
    struct protocol_world *world = *state;
    struct http_script script = {.instance = world->instance, .authorization = world->authorization[WHO_OWNER]};
    static const char head[] = "POST " PACKAGES("my-files") FIELDS FORM
        "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"bytes.bin\"\r\n\r\n";
    static const char tail[] = "\r\n--XX--\r\n";
    char content[60000]; /* several pieces for any buffer size */
    for (size_t i = 0; i < sizeof content; i++) {
        content[i] = (char)(i * i >> 3); /* all byte values */
    }
    memcpy(content + 100, "\r\n--X\r\n--", 9); /* bytes that look like a boundary */
    size_t length = sizeof head - 1 + sizeof content + sizeof tail - 1;
    char *request = malloc(length);
    memcpy(request, head, sizeof head - 1);
    memcpy(request + sizeof head - 1, content, sizeof content);
    memcpy(request + sizeof head - 1 + sizeof content, tail, sizeof tail - 1);
    struct http_answer *answer = http_script_run_bytes(&script, request, length);
    assert_int_equal(answer->status, 200);
    http_answer_free(answer);
    free(request);

    for (int by_pieces = 0; by_pieces < 2; by_pieces++) {
        script.reads_by_pieces = by_pieces != 0;
        answer = http_script_run(&script, "GET /my-organization/my-files/files/bytes.bin\n\n");
        assert_int_equal(answer->status, 200);
        assert_int_equal(answer->content_length, sizeof content);
        assert_int_equal(answer->body_length, sizeof content);
        assert_memory_equal(answer->body, content, sizeof content);
        http_answer_free(answer);
    }
}

static void test_protocol_files__an_empty_file_is_a_file(void **state) {
    http_answer_free(protocol_expect(*state, WHO_OWNER, PUBLISH("my-files", "empty.txt", ""), 200));
    struct http_answer *answer =
        protocol_expect(*state, WHO_OWNER, "GET /my-organization/my-files/files/empty.txt\n\n", 200);
    assert_int_equal(answer->content_length, 0);
    assert_int_equal(answer->body_length, 0);
    http_answer_free(answer);
}

static void test_protocol_files__names_keep_their_characters(void **state) {
    static const struct {
        const char *filename; /* in the form */
        const char *path;
        const char *disposition;
    } cases[] = {
        {"my file (1).txt", "my%20file%20(1).txt", "attachment; filename=\"my file (1).txt\""},
        {"r\xc3\xa9sum\xc3\xa9.pdf", "r%C3%A9sum%C3%A9.pdf",
         "attachment; filename=\"r_sum_.pdf\"; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf"},
        {"a+b&c=d;e.bin", "a+b&c=d;e.bin", "attachment; filename=\"a+b&c=d;e.bin\""},
        {"100%.bin", "100%25.bin", "attachment; filename=\"100_.bin\"; filename*=UTF-8''100%25.bin"},
        {"say \\\"hi\\\".txt", "say%20%22hi%22.txt",
         "attachment; filename=\"say _hi_.txt\"; filename*=UTF-8''say%20%22hi%22.txt"},
        {"...", "...", "attachment; filename=\"...\""},
        {"<b>.html", "%3Cb%3E.html", "attachment; filename=\"<b>.html\""},
        {"C:\\\\Users\\\\me\\\\tool.exe", "tool.exe", "attachment; filename=\"tool.exe\""},
        {"../../etc/passwd", "passwd", "attachment; filename=\"passwd\""},
    };
    char request[1024];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)snprintf(
            request, sizeof request,
            "POST " PACKAGES("my-files") FIELDS FORM
            "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\n%zu\r\n--XX--\r\n",
            cases[i].filename, i);
        http_answer_free(protocol_expect(*state, WHO_OWNER, request, 200));
        (void)snprintf(request, sizeof request, "GET /my-organization/my-files/files/%s" FIELDS "\n", cases[i].path);
        struct http_answer *answer = protocol_expect(*state, WHO_OWNER, request, 200);
        expect_field(answer, "Content-Disposition", cases[i].disposition);
        assert_int_equal(strtoul(answer->body, NULL, 10), i);
        http_answer_free(answer);
    }
}

static void test_protocol_files__the_extended_name_counts_before_the_plain_one(void **state) {
    struct http_answer *answer = protocol_expect(
        *state, WHO_OWNER, PUBLISH("my-files", "plain.txt\"; filename*=UTF-8''%e2%82%ac-1.0.0.txt; a=\"", "x"), 200);
    protocol_expect_member(answer, "filename", "\xe2\x82\xac-1.0.0.txt");
    http_answer_free(answer);
}

static void test_protocol_files__the_same_bytes_again_are_the_same_package(void **state) {
    struct protocol_world *world = *state;
    char *before = protocol_state(world);
    struct http_answer *answer =
        protocol_expect(world, WHO_OWNER, PUBLISH("my-files", "app-1.0.0.zip", PROTOCOL_CONTENT), 200);
    protocol_expect_member(answer, "id", world->package_id);
    http_answer_free(answer);
    char *after = protocol_state(world);
    assert_string_equal(after, before);
    free(after);
    free(before);
}

static void test_protocol_files__other_bytes_replace_where_that_is_allowed(void **state) {
    struct http_answer *first = protocol_expect(*state, WHO_OWNER, PUBLISH("loose-files", "app-1.0.0.zip", "old"), 200);
    struct http_answer *second =
        protocol_expect(*state, WHO_OWNER, PUBLISH("loose-files", "app-1.0.0.zip", "new"), 200);
    char *id = protocol_member(first, "id");
    protocol_expect_member(second, "id", id);
    struct http_answer *file =
        protocol_expect(*state, WHO_OWNER, "GET /my-organization/loose-files/files/app-1.0.0.zip" FIELDS "\n", 200);
    assert_string_equal(file->body, "new");
    http_answer_free(file);
    http_answer_free(second);
    http_answer_free(first);
    free(id);
}

#define REPLACED "/my-organization/loose-files/files/app-1.0.0.zip" FIELDS

static void expect_replaced(struct protocol_world *world, const char *fields, int status, const char *body,
                            const char *modified) {
    char request[512];
    (void)snprintf(request, sizeof request, "GET " REPLACED "%s\n", fields);
    struct http_answer *answer = protocol_expect(world, WHO_OWNER, request, status);
    assert_string_equal(answer->body, body);
    if (modified != NULL) {
        expect_field(answer, "Last-Modified", modified);
    } else {
        assert_null(http_answer_header(answer, "Last-Modified"));
    }
    http_answer_free(answer);
}

/* A conditional request with the date of one content never gets the other: neither within the same second, nor after
 * the clock was set back. */
static void test_protocol_files__replaced_content_has_a_date_of_its_own(void **state) {
    static const char next[] = "Sat, 21 Nov 2026 03:04:06 GMT";
    struct protocol_world *world = *state;
    http_answer_free(protocol_expect(world, WHO_OWNER, PUBLISH("loose-files", "app-1.0.0.zip", "old"), 200));
    expect_replaced(world, "", 200, "old", MODIFIED);
    http_answer_free(protocol_expect(world, WHO_OWNER, PUBLISH("loose-files", "app-1.0.0.zip", "new"), 200));
    expect_replaced(world, "If-Modified-Since: " MODIFIED "\n", 200, "new", NULL);
    expect_replaced(world, "Range: bytes=1-\nIf-Range: " MODIFIED "\n", 200, "new", NULL);

    world->now_ms += 1000;
    expect_replaced(world, "Range: bytes=1-\nIf-Range: Sat, 21 Nov 2026 03:04:06 GMT\n", 206, "ew", next);
    expect_replaced(world, "If-Modified-Since: Sat, 21 Nov 2026 03:04:06 GMT\n", 304, "", next);
    world->now_ms -= 3600 * 1000;
    http_answer_free(protocol_expect(world, WHO_OWNER, PUBLISH("loose-files", "app-1.0.0.zip", "newer"), 200));
    expect_replaced(world, "If-Modified-Since: Sat, 21 Nov 2026 03:04:06 GMT\n", 200, "newer", NULL);
}

static void test_protocol_files__strict_registries_take_the_documented_form(void **state) {
    struct http_answer *answer =
        protocol_expect(*state, WHO_OWNER, PUBLISH("strict-files", "firmware-2.3.1-beta.1.bin", "x"), 200);
    protocol_expect_member(answer, "name", "firmware");
    protocol_expect_member(answer, "version", "2.3.1-beta.1");
    http_answer_free(answer);
}

static void test_protocol_files__a_download_tells_all_about_the_file(void **state) {
    struct http_answer *answer = protocol_expect(*state, WHO_REGISTRY_TOKEN, "GET " FILE_PATH FIELDS "\n", 200);
    assert_string_equal(answer->body, PROTOCOL_CONTENT);
    assert_int_equal(answer->content_length, strlen(PROTOCOL_CONTENT));
    assert_true(answer->may_keep_alive);
    expect_field(answer, "Content-Type", "application/zip");
    expect_field(answer, "Content-Disposition", "attachment; filename=\"app-1.0.0.zip\"");
    expect_field(answer, "ETag", "\"" DIGEST "\"");
    expect_field(answer, "Last-Modified", MODIFIED);
    expect_field(answer, "Accept-Ranges", "bytes");
    expect_field(answer, "Cache-Control", "private, no-cache");
    expect_field(answer, "X-Content-Type-Options", "nosniff");
    http_answer_free(answer);
}

static void encode_base64(const char *text, char *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i += 3) {
        unsigned group = (unsigned)(unsigned char)text[i] << 16;
        group |= i + 1 < length ? (unsigned)(unsigned char)text[i + 1] << 8 : 0;
        group |= i + 2 < length ? (unsigned)(unsigned char)text[i + 2] : 0;
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = i + 1 < length ? digits[group >> 6 & 63] : '=';
        *out++ = i + 2 < length ? digits[group & 63] : '=';
    }
    *out = '\0';
}

/* As curl -u, wget, netrc files and apk send them: any user name, the token as password. */
static void test_protocol_files__every_kind_of_credentials_opens_a_private_file(void **state) {
    static const enum protocol_who all[] = {WHO_OWNER, WHO_READER, WHO_REGISTRY_TOKEN};
    static const char *const users[] = {"buildkite", "", "j\xc3\xb6rg"};
    struct protocol_world *world = *state;
    char plain[128];
    char encoded[256];
    char request[512];
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const char *secret = world->authorization[all[i]] + strlen("Bearer ");
        http_answer_free(protocol_expect(world, all[i], "GET " FILE_PATH FIELDS "\n", 200));
        (void)snprintf(request, sizeof request, "GET " FILE_PATH FIELDS "authorization: bearer  %s\n\n", secret);
        http_answer_free(protocol_expect(world, WHO_NOBODY, request, 200));
        (void)snprintf(plain, sizeof plain, "%s:%s", users[i], secret);
        encode_base64(plain, encoded);
        (void)snprintf(request, sizeof request, "GET " FILE_PATH FIELDS "Authorization: Basic %s\n\n", encoded);
        http_answer_free(protocol_expect(world, WHO_NOBODY, request, 200));
    }
}

static void test_protocol_files__a_public_file_needs_no_token(void **state) {
    http_answer_free(protocol_expect(*state, WHO_OWNER, PUBLISH("public-files", "a.txt", "open"), 200));
    static const enum protocol_who all[] = {WHO_NOBODY, WHO_STRANGER, WHO_READER, WHO_OTHER_REGISTRY_TOKEN};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct http_answer *answer =
            protocol_expect(*state, all[i], "GET /my-organization/public-files/files/a.txt" FIELDS "\n", 200);
        assert_string_equal(answer->body, "open");
        expect_field(answer, "Cache-Control", "public, no-cache");
        http_answer_free(answer);
    }
    http_answer_free(protocol_expect(*state, WHO_NOBODY, "GET " PACKAGES("public-files") FIELDS "\n", 200));
}

static void test_protocol_files__head_is_get_without_its_body(void **state) {
    struct http_answer *get = protocol_expect(*state, WHO_OWNER, "GET " FILE_PATH FIELDS "\n", 200);
    struct http_answer *head = protocol_expect(*state, WHO_OWNER, "HEAD " FILE_PATH FIELDS "\n", 200);
    assert_string_equal(head->head, get->head);
    assert_int_equal(head->content_length, get->content_length);
    assert_int_equal(head->body_length, 0);
    http_answer_free(head);
    http_answer_free(get);
    head = protocol_expect(*state, WHO_OWNER, "HEAD /my-organization/my-files/files/nothing" FIELDS "\n", 404);
    assert_int_equal(head->body_length, 0);
    assert_true(head->content_length > 0);
    http_answer_free(head);
}

static void test_protocol_files__ranges_give_parts(void **state) {
    static const struct {
        const char *range;
        int status;
        const char *content_range;
        const char *body;
    } cases[] = {
        {"bytes=0-4", 206, "bytes 0-4/13", "first"},
        {"bytes=6-", 206, "bytes 6-12/13", "content"},
        {"bytes=-7", 206, "bytes 6-12/13", "content"},
        {"bytes=0-0", 206, "bytes 0-0/13", "f"},
        {"bytes=12-99", 206, "bytes 12-12/13", "t"},
        {"bytes=-99", 206, "bytes 0-12/13", PROTOCOL_CONTENT},
        {"bytes=13-", 416, "bytes */13", "the range lies outside the 13 bytes of the content\n"},
        {"bytes=99-100", 416, "bytes */13", "the range lies outside the 13 bytes of the content\n"},
        {"bytes=-0", 416, "bytes */13", "the range lies outside the 13 bytes of the content\n"},
        {"bytes=5-2", 416, "bytes */13", "the range lies outside the 13 bytes of the content\n"},
        {"bytes=0-1,4-5", 200, NULL, PROTOCOL_CONTENT},
        {"bytes=x", 200, NULL, PROTOCOL_CONTENT},
        {"lines=1-2", 200, NULL, PROTOCOL_CONTENT},
    };
    char request[512];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)snprintf(request, sizeof request, "GET " FILE_PATH FIELDS "Range: %s\n\n", cases[i].range);
        struct http_answer *answer = protocol_expect(*state, WHO_OWNER, request, cases[i].status);
        assert_string_equal(answer->body, cases[i].body);
        assert_int_equal(answer->content_length, strlen(cases[i].body));
        if (cases[i].content_range != NULL) {
            expect_field(answer, "Content-Range", cases[i].content_range);
        } else {
            assert_null(http_answer_header(answer, "Content-Range"));
        }
        http_answer_free(answer);
    }
}

static void test_protocol_files__conditions_are_judged(void **state) {
    static const struct {
        const char *fields;
        int status;
    } cases[] = {
        {"If-None-Match: \"" DIGEST "\"\n", 304},
        {"If-None-Match: W/\"" DIGEST "\"\n", 304},
        {"If-None-Match: \"other\", \"" DIGEST "\"\n", 304},
        {"If-None-Match: *\n", 304},
        {"If-None-Match: \"other\"\n", 200},
        {"If-Match: \"" DIGEST "\"\n", 200},
        {"If-Match: *\n", 200},
        {"If-Match: \"other\"\n", 412},
        {"If-Match: W/\"" DIGEST "\"\n", 412},
        {"If-Modified-Since: " MODIFIED "\n", 304},
        {"If-Modified-Since: Sat, 21 Nov 2026 03:04:04 GMT\n", 200},
        {"If-Modified-Since: yesterday\n", 200},
        {"If-Unmodified-Since: " MODIFIED "\n", 200},
        {"If-Unmodified-Since: Sat, 21 Nov 2026 03:04:04 GMT\n", 412},
        {"If-None-Match: \"other\"\nIf-Modified-Since: " MODIFIED "\n", 200},
        {"Range: bytes=0-4\nIf-Range: \"" DIGEST "\"\n", 206},
        {"Range: bytes=0-4\nIf-Range: \"other\"\n", 200},
        {"Range: bytes=99-\nIf-None-Match: \"" DIGEST "\"\n", 304},
    };
    char request[512];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)snprintf(request, sizeof request, "GET " FILE_PATH FIELDS "%s\n", cases[i].fields);
        struct http_answer *answer = protocol_expect(*state, WHO_OWNER, request, cases[i].status);
        if (cases[i].status == 304) {
            expect_field(answer, "ETag", "\"" DIGEST "\"");
            assert_int_equal(answer->content_length, -1);
            assert_int_equal(answer->body_length, 0);
        }
        http_answer_free(answer);
    }
}

static void expect_downloads(struct protocol_world *world, const char *count) {
    char wanted[64];
    struct http_answer *answer =
        protocol_expect(world, WHO_OWNER, "GET " PACKAGES("my-files") "/<<package>>" FIELDS "\n", 200);
    (void)snprintf(wanted, sizeof wanted, "\"downloads\":%s,", count);
    assert_non_null(strstr(answer->body, wanted));
    http_answer_free(answer);
}

/* Closing writes the pending counts. */
static void reopen(struct protocol_world *world) {
    lreg_error *err = NULL;
    lreg_close(world->instance);
    world->instance = NULL;
    assert_int_equal(lreg_open(world->options, &world->instance, &err), LREG_OK);
}

static void test_protocol_files__downloads_from_the_start_are_counted(void **state) {
    struct protocol_world *world = *state;
    http_answer_free(protocol_expect(world, WHO_OWNER, "GET " FILE_PATH FIELDS "\n", 200));
    http_answer_free(protocol_expect(world, WHO_OWNER, "GET " FILE_PATH FIELDS "Range: bytes=0-4\n\n", 206));
    http_answer_free(protocol_expect(world, WHO_OWNER, "GET " FILE_PATH FIELDS "Range: bytes=5-\n\n", 206));
    http_answer_free(protocol_expect(world, WHO_OWNER, "GET " FILE_PATH FIELDS "Range: bytes=50-\n\n", 416));
    http_answer_free(protocol_expect(world, WHO_OWNER, "GET " FILE_PATH FIELDS "If-None-Match: *\n\n", 304));
    http_answer_free(protocol_expect(world, WHO_OWNER, "HEAD " FILE_PATH FIELDS "\n", 200));
    reopen(world);
    expect_downloads(world, "2");
}

static void test_protocol_files__a_deleted_file_is_gone_and_may_come_back_different(void **state) {
    struct protocol_world *world = *state;
    struct http_answer *answer =
        protocol_expect(world, WHO_OWNER, "DELETE " PACKAGES("my-files") "/<<package>>" FIELDS "\n", 200);
    assert_int_equal(answer->body_length, 0);
    http_answer_free(answer);
    http_answer_free(protocol_expect(world, WHO_OWNER, "GET " FILE_PATH FIELDS "\n", 404));
    http_answer_free(protocol_expect(world, WHO_OWNER, "GET " PACKAGES("my-files") "/<<package>>" FIELDS "\n", 404));
    http_answer_free(protocol_expect(world, WHO_OWNER, "DELETE " PACKAGES("my-files") "/<<package>>" FIELDS "\n", 404));
    http_answer_free(protocol_expect(world, WHO_OWNER, PUBLISH("my-files", "app-1.0.0.zip", "other"), 200));
    answer = protocol_expect(world, WHO_OWNER, "GET " FILE_PATH FIELDS "\n", 200);
    assert_string_equal(answer->body, "other");
    http_answer_free(answer);
}

static void test_protocol_files__errors_are_text_unless_json_is_preferred(void **state) {
    struct http_answer *answer =
        protocol_expect(*state, WHO_OWNER, "GET /my-organization/my-files/files/x" FIELDS "\n", 404);
    expect_field(answer, "Content-Type", "text/plain; charset=utf-8");
    http_answer_free(answer);
    answer = protocol_expect(*state, WHO_OWNER,
                             "GET /my-organization/my-files/files/x" FIELDS "Accept: application/json\n\n", 404);
    expect_field(answer, "Content-Type", "application/json; charset=utf-8");
    protocol_expect_member(answer, "message", "there is no such package in the registry");
    protocol_expect_member(answer, "code", "package_unknown");
    http_answer_free(answer);
}
