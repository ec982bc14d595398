/* SPDX-License-Identifier: Apache-2.0 */
/* Requests passed as CGI variables, and their results. Parsing is tested in unit/http. */
#include "component/fixture.h"

static struct fixture fixture;
static lreg_exchange *exchange;

static int setup(void **state) {
    (void)state;
    lreg_error *err = NULL;
    fixture_open_memory(&fixture);
    lreg_registry *registry = make_files(fixture.instance);
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "0123456789"));
    lreg_registry_free(registry);
    CHECK(lreg_exchange_new(fixture.instance, &exchange, &err), err);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    lreg_exchange_free(exchange);
    fixture_close(&fixture);
    return 0;
}

#define VARIABLES(...) ((const char *const[]){__VA_ARGS__, NULL})

static int32_t begin(const char *const *variables) {
    lreg_error *err = NULL;
    lreg_exchange_reset(exchange);
    CHECK(lreg_exchange_set_environment(exchange, variables, &err), err);
    CHECK(lreg_exchange_begin(exchange, &err), err);
    return lreg_exchange_status(exchange);
}

static const char *header(const char *wanted) {
    const char *name = NULL;
    const char *value = NULL;
    for (size_t i = 0; lreg_exchange_header_at(exchange, i, &name, &value); i++) {
        if (strcasecmp(name, wanted) == 0) {
            return value;
        }
    }
    return "";
}

/* "HTTP_AUTHORIZATION=Bearer …" with a token that may read and write. */
static const char *authorization(void) {
    static char variable[160];
    lreg_error *err = NULL;
    lreg_token *token = NULL;
    CHECK(objects_token_create(fixture.instance, "acme", "x", "read_packages,write_packages", 0, &token, &err), err);
    snprintf(variable, sizeof variable, "HTTP_AUTHORIZATION=Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
    return variable;
}

static void test_component_environment__is_a_whole_request(void **state) {
    (void)state;
    const char *right = authorization();
    assert_int_equal(begin(VARIABLES("REQUEST_METHOD=GET", "SCRIPT_NAME=/packages", "PATH_INFO=/acme/files/files/a.txt",
                                     right, "HTTP_RANGE=bytes=2-4", "PATH=/bin")),
                     206);
    assert_true(lreg_exchange_content_length(exchange) == 3);
    assert_int_equal(begin(VARIABLES("REQUEST_METHOD=HEAD", "REQUEST_URI=/p/acme/files/files/a.txt?x=1",
                                     "SCRIPT_NAME=/p", "PATH_INFO=/acme/files/files/a.txt", right)),
                     200);
    assert_int_equal(begin(VARIABLES("REQUEST_METHOD=GET", "REQUEST_URI=/acme/files/files/a.txt")), 401);
}

static void test_component_environment__answers_name_the_place_that_it_tells(void **state) {
    (void)state;
    assert_int_equal(begin(VARIABLES("REQUEST_METHOD=GET", "SCRIPT_NAME=/p", "PATH_INFO=/v2/", "HTTPS=on",
                                     "SERVER_NAME=example.com", "SERVER_PORT=8443")),
                     401);
    assert_non_null(strstr(header("WWW-Authenticate"), "realm=\"https://example.com:8443/p/"));
    lreg_error *err = NULL;
    lreg_exchange_reset(exchange);
    CHECK(lreg_exchange_set_environment(
              exchange, VARIABLES("REQUEST_METHOD=GET", "REQUEST_URI=/v2/", "HTTP_HOST=example.com"), &err),
          err);
    CHECK(lreg_exchange_set_scheme(exchange, "https", &err), err);
    CHECK(lreg_exchange_begin(exchange, &err), err);
    assert_non_null(strstr(header("WWW-Authenticate"), "realm=\"https://example.com/"));
}

static void publish(const char *length, const char *coding, int32_t status) {
    static const char body[] = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.txt\"\r\n\r\nnew\r\n"
                               "--b--\r\n";
    lreg_error *err = NULL;
    const char *const variables[] = {"REQUEST_METHOD=POST",
                                     "REQUEST_URI=/v2/packages/organizations/acme/registries/files/packages",
                                     "CONTENT_TYPE=multipart/form-data; boundary=b",
                                     authorization(),
                                     length,
                                     coding,
                                     NULL};
    (void)begin(variables);
    if (lreg_exchange_wants(exchange) == LREG_WANTS_BODY) {
        CHECK(lreg_exchange_write(exchange, body, sizeof body - 1, &err), err);
    }
    CHECK(lreg_exchange_finish(exchange, &err), err);
    assert_int_equal(lreg_exchange_status(exchange), status);
}

static void test_component_environment__decoded_bodies_may_still_name_their_coding(void **state) {
    (void)state;
    publish("CONTENT_LENGTH=", "HTTP_TRANSFER_ENCODING=", 422); /* no body at all: no file */
    publish("CONTENT_LENGTH=82", "HTTP_TRANSFER_ENCODING=chunked", 200);
    assert_true(lreg_exchange_may_keep_alive(exchange));
    publish("CONTENT_LENGTH=", "HTTP_TRANSFER_ENCODING=chunked", 200);
    assert_true(lreg_exchange_body_remaining(exchange) == 0);
    publish("CONTENT_LENGTH=1000", "HTTP_TRANSFER_ENCODING=", 400);
}

static lreg_status read_within(void *user, void *buffer, size_t capacity, size_t *out_got) {
    size_t *rest = user;
    assert_true(capacity > 0 && capacity <= *rest); /* a gateway's input may continue after the body */
    memset(buffer, '-', capacity);
    *out_got = capacity < 7 ? capacity : 7;
    *rest -= *out_got;
    return LREG_OK;
}

/* The same for an input that ends. */
static lreg_status read_all_of(void *user, void *buffer, size_t capacity, size_t *out_got) {
    const size_t *rest = user;
    *out_got = 0;
    return *rest > 0 ? read_within(user, buffer, capacity < *rest ? capacity : *rest, out_got) : LREG_OK;
}

static lreg_status drop_head(void *user, const lreg_exchange *answered) {
    (void)user;
    (void)answered;
    return LREG_OK;
}

static lreg_status drop_body(void *user, const void *bytes, size_t length) {
    (void)user;
    (void)bytes;
    (void)length;
    return LREG_OK;
}

/* Returns the status. `*rest` is the number of bytes after the body, and on return how many of them are unread. */
static int32_t refuse(size_t *rest, uint32_t flags, const char *length, const char *coding) {
    lreg_error *err = NULL;
    const lreg_dispatch_io io = {.size = sizeof io,
                                 .user = rest,
                                 .read = read_all_of,
                                 .write_head = drop_head,
                                 .write = drop_body,
                                 .flags = flags};
    lreg_exchange_reset(exchange);
    CHECK(lreg_exchange_set_environment(
              exchange,
              VARIABLES("REQUEST_METHOD=POST", "REQUEST_URI=/v2/packages/organizations/acme/registries/files/packages",
                        length, coding),
              &err),
          err);
    CHECK(lreg_exchange_run(exchange, &io, &err), err);
    return lreg_exchange_status(exchange);
}

static void test_component_environment__body_that_is_not_needed_is_read_on_demand(void **state) {
    (void)state;
    size_t rest = 100;
    assert_int_equal(refuse(&rest, 0, "CONTENT_LENGTH=100", "X=y"), 401);
    assert_int_equal(rest, 100);
    assert_int_equal(refuse(&rest, LREG_DISPATCH_READS_ALL, "CONTENT_LENGTH=60", "X=y"), 401);
    assert_int_equal(rest, 40);
    assert_int_equal(refuse(&rest, LREG_DISPATCH_READS_ALL, "X=y", "HTTP_TRANSFER_ENCODING=chunked"), 401);
    assert_int_equal(rest, 0);
    assert_int_equal(refuse(&rest, LREG_DISPATCH_READS_ALL, "X=y", "X=y"), 401);
}

static void test_component_environment__no_more_is_read_than_the_length(void **state) {
    (void)state;
    lreg_error *err = NULL;
    size_t rest = 100;
    const lreg_dispatch_io io = {
        .size = sizeof io, .user = &rest, .read = read_within, .write_head = drop_head, .write = drop_body};
    lreg_exchange_reset(exchange);
    assert_true(lreg_exchange_body_remaining(exchange) == -1);
    CHECK(lreg_exchange_set_environment(
              exchange,
              VARIABLES("REQUEST_METHOD=POST", "REQUEST_URI=/v2/packages/organizations/acme/registries/files/packages",
                        "CONTENT_TYPE=multipart/form-data; boundary=b", authorization(), "CONTENT_LENGTH=100"),
              &err),
          err);
    CHECK(lreg_exchange_run(exchange, &io, &err), err);
    assert_int_equal(rest, 0);
    assert_true(lreg_exchange_body_remaining(exchange) == 0);
}

static void test_component_environment__what_is_wrong_with_a_request_is_answered(void **state) {
    (void)state;
    static char uri[20000] = "REQUEST_URI=/";
    static const char *many[402] = {"REQUEST_METHOD=GET", "REQUEST_URI=/v2/"};
    memset(uri + strlen(uri), 'a', sizeof uri - strlen(uri) - 1);
    for (size_t i = 2; i < 401; i++) {
        many[i] = "HTTP_X=y";
    }
    assert_int_equal(begin(VARIABLES("REQUEST_METHOD=GET", uri)), 414);
    assert_int_equal(begin(many), 431);
    assert_int_equal(begin(VARIABLES("REQUEST_METHOD=G=T", "REQUEST_URI=/v2/")), 400);
    assert_int_equal(begin(VARIABLES("REQUEST_METHOD=GET", "REQUEST_URI=/v2/", "HTTP_X=a\r\nb")), 400);
    assert_int_equal(begin(VARIABLES("REQUEST_METHOD=GET", "REQUEST_URI=/v2/", "HTTP_BAD(NAME=a")), 400);
    assert_int_equal(begin(VARIABLES("REQUEST_METHOD=GET", "REQUEST_URI=/v2/", "HTTP_HOST=a b")), 400);
    assert_int_equal(begin(VARIABLES("REQUEST_METHOD=GET", "PATH_INFO=/a/../b")), 400);
    assert_int_equal(begin(VARIABLES("REQUEST_METHOD=PUT", "REQUEST_URI=/v2/", "CONTENT_LENGTH=-1")), 400);
    assert_int_equal(begin(VARIABLES("REQUEST_METHOD=PUT", "REQUEST_URI=/v2/", "HTTP_TRANSFER_ENCODING=gzip")), 501);
    static const char *const hosts[] = {"HTTP_HOST=::1",     "HTTP_HOST=[::1",   "HTTP_HOST=h:99999",
                                        "HTTP_HOST=h:80:80", "HTTP_HOST=user@h", "HTTP_HOST=:80"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        assert_int_equal(begin(VARIABLES("REQUEST_METHOD=GET", "REQUEST_URI=/v2/", hosts[i])), 400);
    }
}

static void test_component_environment__coded_bodies_are_refused_once_access_is_decided(void **state) {
    (void)state;
    const char *uri = "REQUEST_URI=/v2/packages/organizations/acme/registries/files/packages";
    const char *const *strange =
        VARIABLES("REQUEST_METHOD=POST", uri, "CONTENT_LENGTH=3", "HTTP_CONTENT_ENCODING=gzip");
    assert_int_equal(begin(strange), 401);
    assert_int_equal(
        begin(VARIABLES("REQUEST_METHOD=POST", uri, "CONTENT_LENGTH=3", "HTTP_CONTENT_ENCODING=gzip", authorization())),
        415);
}

/* Without and with trust: the start of the addresses in an answer. */
static void expect_base(const char *const *networks, const char *peer, const char *base) {
    lreg_error *err = NULL;
    lreg_options *options = NULL;
    lreg_instance *instance = NULL;
    lreg_exchange *asked = NULL;
    CHECK(lreg_options_new(&options, &err), err);
    for (; *networks != NULL; networks++) {
        CHECK(lreg_options_set(options, "trust-forwarded", *networks, &err), err);
    }
    CHECK(lreg_options_set(options, "forwarded-hops", "2", &err), err);
    CHECK(lreg_open(options, &instance, &err), err);
    lreg_options_free(options);
    CHECK(lreg_exchange_new(instance, &asked, &err), err);
    CHECK(lreg_exchange_set_environment(asked,
                                        VARIABLES("REQUEST_METHOD=GET", "REQUEST_URI=/v2/", "HTTP_HOST=inside", peer,
                                                  "HTTP_FORWARDED=host=evil.test",
                                                  "HTTP_X_FORWARDED_HOST=evil.test, outside.test, middle.test",
                                                  "HTTP_X_FORWARDED_PORT=8443", "HTTP_X_FORWARDED_PROTO=https"),
                                        &err),
          err);
    CHECK(lreg_exchange_begin(asked, &err), err);
    const char *name = NULL;
    const char *value = NULL;
    const char *realm = NULL;
    for (size_t i = 0; lreg_exchange_header_at(asked, i, &name, &value); i++) {
        realm = strcmp(name, "WWW-Authenticate") == 0 ? value : realm;
    }
    assert_non_null(realm);
    if (strstr(realm, base) == NULL) {
        fail_msg("%s gives %s", peer, realm);
    }
    lreg_exchange_free(asked);
    lreg_close(instance);
}

static void test_component_environment__proxies_of_a_trusted_network_are_believed(void **state) {
    (void)state;
    expect_base(VARIABLES("10.0.0.0/8"), "REMOTE_ADDR=10.1.2.3", "\"https://outside.test:8443/");
    expect_base(VARIABLES("fd00::/8"), "REMOTE_ADDR=fd00::7", "\"https://outside.test:8443/");
    expect_base(VARIABLES("10.0.0.0/8"), "REMOTE_ADDR=192.0.2.1", "\"http://inside/");
    expect_base(VARIABLES("10.0.0.0/8"), "REMOTE_ADDR=", "\"http://inside/");
}

static void test_component_environment__trusted_networks_are_a_list_that_nothing_empties(void **state) {
    (void)state;
    expect_base(VARIABLES("10.0.0.0/8", "fd00::/8"), "REMOTE_ADDR=10.1.2.3", "\"https://outside.test:8443/");
    expect_base(VARIABLES("10.0.0.0/8", ""), "REMOTE_ADDR=10.1.2.3", "\"http://inside/");
    expect_base(VARIABLES("10.0.0.0/8", "", "fd00::/8"), "REMOTE_ADDR=fd00::7", "\"https://outside.test:8443/");
}

static void test_component_environment__comes_once_and_from_a_gateway(void **state) {
    (void)state;
    lreg_error *err = NULL;
    const char *const *sound = VARIABLES("REQUEST_METHOD=GET", "REQUEST_URI=/v2/");
    EXPECT(lreg_exchange_set_environment(exchange, VARIABLES("PATH=/bin", "REQUEST_METHOD="), &err), &err,
           LREG_BAD_ARGUMENT, "bad_environment");
    CHECK(lreg_exchange_set_environment(exchange, sound, &err), err);
    EXPECT(lreg_exchange_set_environment(exchange, sound, &err), &err, LREG_MISUSE, "");
    CHECK(lreg_exchange_begin(exchange, &err), err);
    assert_int_equal(lreg_exchange_status(exchange), 401);
    EXPECT(lreg_exchange_set_environment(exchange, sound, &err), &err, LREG_MISUSE, "");
}

static void test_component_environment__exchange_fails_when_memory_is_out(void **state) {
    (void)state;
    size_t failures = 0;
    const char *const *variables = VARIABLES("REQUEST_METHOD=GET", "SCRIPT_NAME=/p", "PATH_INFO=/v2/",
                                             "SERVER_NAME=::1", "SERVER_PORT=8080", "HTTP_X=y", "QUERY_STRING=a");
    for (size_t n = 1;; n++) {
        lreg_error *err = NULL;
        lreg_exchange *fresh = NULL;
        CHECK(lreg_exchange_new(fixture.instance, &fresh, &err), err);
        failing_allocator_fail_at(&fixture.memory, n, true);
        lreg_status status = lreg_exchange_set_environment(fresh, variables, &err);
        bool failed = failing_allocator_failed(&fixture.memory);
        failing_allocator_fail_at(&fixture.memory, 0, false);
        assert_int_equal(status, failed ? LREG_NO_MEMORY : LREG_OK);
        lreg_error_free(err);
        assert_int_equal(lreg_exchange_begin(fresh, NULL), failed ? LREG_MISUSE : LREG_OK);
        lreg_exchange_free(fresh);
        if (!failed) {
            break;
        }
        failures++;
    }
    assert_true(failures > 0);
}
