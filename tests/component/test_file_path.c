/* SPDX-License-Identifier: Apache-2.0 */
/* Responses whose body a front server sends as a file (X-Sendfile). */
#include "component/fixture.h"

#define TARGET "/acme/files/files/a.txt"

static struct fixture fixture;
static lreg_exchange *exchange;

static void open_with(bool in_memory) {
    lreg_error *err = NULL;
    if (in_memory) {
        fixture_open_memory(&fixture);
    } else {
        fixture_open_folder(&fixture);
    }
    lreg_registry_settings *settings = settings_of("files", "files");
    make_organization(fixture.instance, "acme");
    CHECK(lreg_registry_settings_set_public(settings, 1, &err), err);
    CHECK(lreg_registry_create(fixture.instance, "acme", settings, NULL, &err), err);
    lreg_registry_settings_free(settings);
    lreg_registry *registry = find_files(fixture.instance);
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "0123456789"));
    lreg_registry_free(registry);
    CHECK(lreg_exchange_new(fixture.instance, &exchange, &err), err);
}

static int teardown(void **state) {
    (void)state;
    lreg_exchange_free(exchange);
    fixture_close(&fixture);
    return 0;
}

/* Makes a request with one more field; returns the path. */
static const char *path_of(const char *method, const char *name, const char *value, int32_t status) {
    lreg_error *err = NULL;
    lreg_exchange_reset(exchange);
    CHECK(lreg_exchange_set_sends_files(exchange, 1, &err), err);
    CHECK(lreg_exchange_set_request(exchange, method, TARGET, &err), err);
    CHECK(lreg_exchange_add_header(exchange, name, value, &err), err);
    assert_string_equal(lreg_exchange_file_path(exchange), "");
    CHECK(lreg_exchange_begin(exchange, &err), err);
    assert_int_equal(lreg_exchange_status(exchange), status);
    return lreg_exchange_file_path(exchange);
}

static void test_component_file_path__is_that_of_the_whole_content(void **state) {
    (void)state;
    char path[256];
    char bytes[32];
    open_with(false);
    const char *below = path_of("GET", "Range", "bytes=2-4", 200); /* the front server handles ranges */
    assert_int_equal(strncmp(below, "objects/", 8), 0);
    assert_int_equal(strspn(below, "abcdefghijklmnopqrstuvwxyz0123456789-/"), strlen(below));
    assert_true(lreg_exchange_content_length(exchange) == 10);
    snprintf(path, sizeof path, "%s/%s", fixture.folder, below);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), 10);
    assert_memory_equal(bytes, "0123456789", 10);
    (void)fclose(file);
}

static void test_component_file_path__is_none_where_no_content_is_sent(void **state) {
    (void)state;
    open_with(false);
    assert_string_equal(path_of("HEAD", "Accept", "text/html", 200), "");
    assert_string_equal(path_of("GET", "If-None-Match", "*", 304), "");
    assert_string_equal(path_of("GET", "If-Match", "\"x\"", 412), "");
    assert_string_equal(path_of("DELETE", "Accept", "text/html", 405), "");
}

static void test_component_file_path__is_none_without_a_file(void **state) {
    (void)state;
    open_with(true);
    assert_string_equal(path_of("GET", "Range", "bytes=2-4", 206), "");
    assert_string_equal(path_of("GET", "Accept", "text/html", 200), "");
}

static void test_component_file_path__is_none_unless_it_is_wanted(void **state) {
    (void)state;
    lreg_error *err = NULL;
    open_with(false);
    CHECK(lreg_exchange_set_request(exchange, "GET", TARGET, &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Range", "bytes=2-4", &err), err);
    CHECK(lreg_exchange_begin(exchange, &err), err);
    assert_int_equal(lreg_exchange_status(exchange), 206);
    assert_string_equal(lreg_exchange_file_path(exchange), "");
    EXPECT(lreg_exchange_set_sends_files(exchange, 1, &err), &err, LREG_MISUSE, "");
}

/* --- in one call --- */

struct conversation {
    size_t heads;
    size_t bytes;
    size_t files;
};

static lreg_status take_head(void *user, const lreg_exchange *answered) {
    struct conversation *conversation = user;
    (void)answered;
    conversation->heads++;
    return LREG_OK;
}

static lreg_status take_body(void *user, const void *bytes, size_t length) {
    struct conversation *conversation = user;
    (void)bytes;
    conversation->bytes += length;
    return LREG_OK;
}

static lreg_status take_file(void *user, const lreg_exchange *answered, const char *path) {
    struct conversation *conversation = user;
    assert_string_equal(path, lreg_exchange_file_path(answered));
    conversation->files++;
    return LREG_HOST_STATUS + 3;
}

static lreg_status run(const char *target, uint32_t size, struct conversation *conversation) {
    const lreg_dispatch_io io = {
        .size = size, .user = conversation, .write_head = take_head, .write = take_body, .send_file = take_file};
    *conversation = (struct conversation){.heads = 0};
    return lreg_dispatch(fixture.instance, "GET", target, NULL, &io, NULL);
}

static void test_component_file_path__run_leaves_the_file_to_the_host(void **state) {
    (void)state;
    struct conversation conversation;
    open_with(false);
    assert_int_equal(run(TARGET, sizeof(lreg_dispatch_io), &conversation), LREG_HOST_STATUS + 3);
    assert_int_equal(conversation.files, 1);
    assert_int_equal(conversation.heads + conversation.bytes, 0);
    assert_int_equal(run("/nothing", sizeof(lreg_dispatch_io), &conversation), LREG_OK);
    assert_int_equal(conversation.files, 0);
    assert_int_equal(conversation.heads, 1);
}

static void test_component_file_path__table_of_the_first_version_has_no_file(void **state) {
    (void)state;
    struct conversation conversation;
    open_with(false);
    assert_int_equal(run(TARGET, offsetof(lreg_dispatch_io, send_file), &conversation), LREG_OK);
    assert_int_equal(conversation.files, 0);
    assert_int_equal(conversation.heads, 1);
    assert_int_equal(conversation.bytes, 10);
}
