/* SPDX-License-Identifier: Apache-2.0 */
/* Options by name and from a file. */
#include "component/fixture.h"

static lreg_options *options;
static lreg_error *err;
static char folder[64];
static char path[96];

static int setup(void **state) {
    (void)state;
    fixture_make_folder(folder);
    snprintf(path, sizeof path, "%s/options.conf", folder);
    CHECK(lreg_options_new(&options, &err), err);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    lreg_options_free(options);
    fixture_remove_folder(folder);
    return 0;
}

static lreg_status read_file(const char *text, size_t length) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    return lreg_options_load(options, path, &err);
}

#define READ(text) read_file(text, strlen(text))

/* The status of a request with two fields. */
static int32_t status_of_two_fields(lreg_instance *instance) {
    lreg_exchange *exchange = NULL;
    CHECK(lreg_exchange_new(instance, &exchange, &err), err);
    CHECK(lreg_exchange_set_request(exchange, "GET", "/v2/", &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Host", "h", &err), err);
    CHECK(lreg_exchange_add_header(exchange, "X-Filler", "0123456789", &err), err);
    CHECK(lreg_exchange_begin(exchange, &err), err);
    int32_t status = lreg_exchange_status(exchange);
    lreg_exchange_free(exchange);
    return status;
}

static void test_component_options_text__file_sets_what_it_names(void **state) {
    (void)state;
    lreg_instance *instance = NULL;
    char text[256];
    snprintf(text, sizeof text,
             "# a comment\r\n\n  directory = %s/data  \n\tdurable=false\nbase-url = https://example.com/p\n"
             "busy-timeout-ms = 0\nheaders = 1",
             folder);
    CHECK(READ(text), err);
    CHECK(lreg_open(options, &instance, &err), err);
    assert_int_equal(status_of_two_fields(instance), 431);
    lreg_close(instance);
    snprintf(text, sizeof text, "%s/data/objects", folder);
    assert_int_equal(access(text, F_OK), 0);
}

static void test_component_options_text__error_names_the_line(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"durable = true\n\nlisten = x\n", "line 3 of the file of options: no option listen"},
        {"durable = yes", "line 1 of the file of options: the option durable wants true or false"},
        {"durable", "line 1 of the file of options: it is not \"name = value\""},
        {"= true", "line 1 of the file of options: no option "},
        {"package-bytes = -1", "line 1 of the file of options: the option package-bytes wants a number"},
        {"package-bytes = 0", "line 1 of the file of options: the setting is out of range: 1 to 2^53"},
        {"busy-timeout-ms = 4294967296",
         "line 1 of the file of options: the option busy-timeout-ms wants a number of milliseconds"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(READ(wrong[i][0]), LREG_BAD_ARGUMENT);
        assert_string_equal(lreg_error_message(err), wrong[i][1]);
        assert_string_equal(lreg_error_code(err), "bad_option");
        lreg_error_free(err);
        err = NULL;
    }
}

static void test_component_options_text__file_is_a_small_text(void **state) {
    (void)state;
    static char big[65 * 1024];
    memset(big, '#', sizeof big);
    EXPECT(read_file(big, sizeof big), &err, LREG_BAD_ARGUMENT, "bad_option");
    CHECK(read_file(big, (size_t)64 * 1024), err);
    EXPECT(read_file("a\0b", 3), &err, LREG_BAD_ARGUMENT, "bad_option");
    EXPECT(lreg_options_load(options, "/nonexistent/file", &err), &err, LREG_NOT_FOUND, "");
    assert_int_equal(lreg_options_load(options, folder, NULL), LREG_IO);
}

static void test_component_options_text__every_limit_has_a_name(void **state) {
    (void)state;
    static const char *const names[] = {"package-bytes",
                                        "token-uploads",
                                        "upload-idle-ms",
                                        "blob-bytes",
                                        "manifest-bytes",
                                        "json-bytes",
                                        "json-depth",
                                        "target-bytes",
                                        "header-bytes",
                                        "headers",
                                        "multipart-parts",
                                        "part-header-bytes",
                                        "uploads",
                                        "archive-entries",
                                        "unpacked-bytes",
                                        "upload-age-ms",
                                        "blob-grace-ms",
                                        "cache-bytes",
                                        "audit-keep-ms",
                                        "audit-keep-events",
                                        "bearer-lifetime-ms",
                                        "package-unpacked-bytes",
                                        "unpacked-ratio",
                                        "archive-manifest-bytes"};
    assert_int_equal(sizeof names / sizeof names[0], LREG_SETTING_UPLOAD_IDLE_MS);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CHECK(lreg_options_set(options, names[i], "100", &err), err);
    }
    EXPECT(lreg_options_set(options, "", "100", &err), &err, LREG_BAD_ARGUMENT, "option_unknown");
    EXPECT(lreg_options_set_number(options, LREG_SETTING_UPLOAD_IDLE_MS + 1, 1, &err), &err, LREG_BAD_ARGUMENT, "");
}
