/* SPDX-License-Identifier: Apache-2.0 */
/* Options: what is refused, what is copied, and what happens to a storage that a host supplied. */
#include "component/fixture.h"
#include "component/host_storage.h"

static lreg_options *options;
static lreg_error *err;
static struct host_storage hosts[2]; /* may be freed with the options, in the teardown */

static int setup(void **state) {
    (void)state;
    err = NULL;
    host_storage_init(&hosts[0]);
    host_storage_init(&hosts[1]);
    return lreg_options_new(&options, NULL) == LREG_OK ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    lreg_options_free(options);
    return 0;
}

static void test_component_options__base_url_is_checked(void **state) {
    (void)state;
    static const char *const good[] = {"http://a",
                                       "https://packages.example.com",
                                       "https://example.com:8443/packages",
                                       "https://example.com/packages/",
                                       "http://[::1]:8080",
                                       "HTTP://a:0/b"};
    static const char *const bad[] = {
        "",           "example.com",       "ftp://example.com", "http://",    "https:///path",
        "http://a?b", "http://a#fragment", "http://a b",        "http://a\n", "http://\xff",
        "http://::1", "http://[::1",       "http://a:99999",    "http://a:",  "http://user@a",
        "http://:80", "http://a/b\"c",     "http://127.1/",     "http://a,b"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(lreg_options_set_base_url(options, good[i], &err), err);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        EXPECT(lreg_options_set_base_url(options, bad[i], &err), &err, LREG_BAD_ARGUMENT, "bad_base_url");
    }
    CHECK(lreg_options_set_base_url(options, NULL, &err), err);
}

static void test_component_options__what_of_proxies_counts_is_set(void **state) {
    (void)state;
    CHECK(lreg_options_set_forwarded_header(options, LREG_FORWARDED_HEADER_FORWARDED, &err), err);
    CHECK(lreg_options_set_forwarded_header(options, LREG_FORWARDED_HEADER_X_FORWARDED, &err), err);
    EXPECT(lreg_options_set_forwarded_header(options, 2, &err), &err, LREG_BAD_ARGUMENT, "");
    EXPECT(lreg_options_set_forwarded_header(options, -1, &err), &err, LREG_BAD_ARGUMENT, "");
    CHECK(lreg_options_set_forwarded_hops(options, 16, &err), err);
    EXPECT(lreg_options_set_forwarded_hops(options, 0, &err), &err, LREG_BAD_ARGUMENT, "");
    EXPECT(lreg_options_set_forwarded_hops(options, 17, &err), &err, LREG_BAD_ARGUMENT, "");
    static const char *const bad[] = {"", "h", "10.0.0.0/33", "[::1]", "10.0.0.0/8, ::1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        EXPECT(lreg_options_trust_forwarded(options, bad[i], &err), &err, LREG_BAD_ARGUMENT, "");
    }
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 32; i++) {
            CHECK(lreg_options_trust_forwarded(options, "10.0.0.0/8", &err), err);
        }
        EXPECT(lreg_options_trust_forwarded(options, "::1", &err), &err, LREG_BAD_ARGUMENT, "");
        CHECK(lreg_options_trust_forwarded(options, NULL, &err), err);
    }
    static const char *const texts[][2] = {{"forwarded-header", "forwarded"},
                                           {"forwarded-header", "x-forwarded"},
                                           {"forwarded-hops", "3"},
                                           {"trust-forwarded", "fd00::/8"}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CHECK(lreg_options_set(options, texts[i][0], texts[i][1], &err), err);
        assert_int_equal(lreg_options_set(options, texts[i][0], "x", NULL), LREG_BAD_ARGUMENT);
    }
}

static void test_component_options__numbers_out_of_range_are_refused(void **state) {
    (void)state;
    CHECK(lreg_options_set_busy_timeout_ms(options, 0, &err), err);
    EXPECT(lreg_options_set_busy_timeout_ms(options, -1, &err), &err, LREG_BAD_ARGUMENT, "");
    for (int32_t limit = LREG_LIMIT_PACKAGE_BYTES; limit <= LREG_SETTING_UPLOAD_IDLE_MS; limit++) {
        CHECK(lreg_options_set_number(options, limit, 1, &err), err);
        CHECK(lreg_options_set_number(options, limit, UINT64_C(1) << 53, &err), err);
        EXPECT(lreg_options_set_number(options, limit, 0, &err), &err, LREG_BAD_ARGUMENT, "");
        EXPECT(lreg_options_set_number(options, limit, (UINT64_C(1) << 53) + 1, &err), &err, LREG_BAD_ARGUMENT, "");
    }
    EXPECT(lreg_options_set_number(options, 0, 1, &err), &err, LREG_BAD_ARGUMENT, "");
    EXPECT(lreg_options_set_number(options, LREG_SETTING_UPLOAD_IDLE_MS + 1, 1, &err), &err, LREG_BAD_ARGUMENT, "");
    EXPECT(lreg_options_set_number(options, -1, 1, &err), &err, LREG_BAD_ARGUMENT, "");
}

static void test_component_options__directory_needs_a_name(void **state) {
    (void)state;
    EXPECT(lreg_options_set_directory(options, "", &err), &err, LREG_BAD_ARGUMENT, "");
    EXPECT(lreg_options_set_directory(options, "/tmp/\xff", &err), &err, LREG_BAD_ARGUMENT, "");
    CHECK(lreg_options_set_directory(options, NULL, &err), err);
}

static void test_component_options__limits_reach_the_instance(void **state) {
    (void)state;
    lreg_instance *instance = NULL;
    lreg_exchange *exchange = NULL;
    CHECK(lreg_options_set_number(options, LREG_LIMIT_TARGET_BYTES, 16, &err), err);
    CHECK(lreg_open(options, &instance, &err), err);
    CHECK(lreg_exchange_new(instance, &exchange, &err), err);
    CHECK(lreg_exchange_set_request(exchange, "GET", "/-/health?aaaaaaaaaaaaaaaaaaaa", &err), err);
    CHECK(lreg_exchange_begin(exchange, &err), err);
    assert_int_equal(lreg_exchange_status(exchange), 414);
    lreg_exchange_free(exchange);
    lreg_close(instance);
}

static void test_component_options__base_url_stands_in_answers(void **state) {
    (void)state;
    lreg_instance *instance = NULL;
    lreg_exchange *exchange = NULL;
    lreg_token *token = NULL;
    char bytes[4096];
    size_t got = 0;
    char authorization[160];
    CHECK(lreg_options_set_base_url(options, "https://packages.example.com/mine/", &err), err);
    CHECK(lreg_open(options, &instance, &err), err);
    lreg_registry_free(make_files(instance));
    CHECK(objects_token_create(instance, "acme", "x", "read_registries", 0, &token, &err), err);
    snprintf(authorization, sizeof authorization, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
    CHECK(lreg_exchange_new(instance, &exchange, &err), err);
    CHECK(lreg_exchange_set_request(exchange, "GET", "/v2/packages/organizations/acme/registries/files", &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Authorization", authorization, &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Host", "other.example.com", &err), err);
    CHECK(lreg_exchange_begin(exchange, &err), err);
    assert_int_equal(lreg_exchange_status(exchange), 200);
    CHECK(lreg_exchange_read(exchange, bytes, sizeof bytes - 1, &got, &err), err);
    bytes[got] = '\0';
    assert_non_null(strstr(bytes, "\"https://packages.example.com/mine/v2/"));
    assert_null(strstr(bytes, "other.example.com"));
    lreg_exchange_free(exchange);
    lreg_close(instance);
}

/* --- hooks --- */

static void *allocate(void *user, size_t bytes) {
    (*(int *)user)++;
    return malloc(bytes);
}

static void *reallocate(void *user, void *memory, size_t bytes) {
    (void)user;
    return realloc(memory, bytes);
}

static void release(void *user, void *memory) {
    (void)user;
    free(memory);
}

static int64_t stopped(void *user) {
    (void)user;
    return FIXTURE_NOW;
}

static lreg_status no_randomness(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    (void)bytes;
    (void)length;
    (void)user;
    return HOST_STATUS;
}

static void test_component_options__hooks_of_the_wrong_size_or_without_functions_are_refused(void **state) {
    (void)state;
    int calls = 0;
    lreg_allocator allocator = {sizeof allocator - 1, 0, &calls, allocate, reallocate, release};
    lreg_clock clock = {.size = sizeof clock};
    lreg_random source = {0, 0, NULL, no_randomness, NULL};
    lreg_log log = {sizeof log, LREG_LOG_INFO, NULL, NULL, NULL};
    lreg_executor executor = {sizeof executor, 0, NULL, NULL, NULL};
    EXPECT(lreg_options_set_allocator(options, &allocator, &err), &err, LREG_BAD_ARGUMENT, "");
    allocator = (lreg_allocator){sizeof allocator, 0, &calls, allocate, NULL, release};
    EXPECT(lreg_options_set_allocator(options, &allocator, &err), &err, LREG_BAD_ARGUMENT, "");
    EXPECT(lreg_options_set_clock(options, &clock, &err), &err, LREG_BAD_ARGUMENT, "");
    EXPECT(lreg_options_set_random(options, &source, &err), &err, LREG_BAD_ARGUMENT, "");
    source = (lreg_random){sizeof source, 0, NULL, NULL, NULL};
    EXPECT(lreg_options_set_random(options, &source, &err), &err, LREG_BAD_ARGUMENT, "");
    EXPECT(lreg_options_set_log(options, &log, &err), &err, LREG_BAD_ARGUMENT, "");
    EXPECT(lreg_options_set_executor(options, &executor, &err), &err, LREG_BAD_ARGUMENT, "");
    assert_int_equal(calls, 0);
}

/* A host compiled against a later version has a longer struct; only the known part is used. */
static void test_component_options__longer_hooks_are_taken(void **state) {
    (void)state;
    lreg_instance *instance = NULL;
    struct {
        lreg_clock clock;
        void (*later)(void);
    } longer = {.clock = {.size = sizeof longer, .now_ms = stopped}, .later = NULL};
    CHECK(lreg_options_set_clock(options, &longer.clock, &err), err);
    memset(&longer, 0, sizeof longer); /* never read again */
    CHECK(lreg_open(options, &instance, &err), err);
    lreg_registry *registry = make_files(instance);
    assert_true(lreg_registry_created_ms(registry) == FIXTURE_NOW);
    lreg_registry_free(registry);
    lreg_close(instance);
}

static void test_component_options__null_brings_the_default_back(void **state) {
    (void)state;
    lreg_instance *instance = NULL;
    int calls = 0;
    const lreg_allocator allocator = {sizeof allocator, 0, &calls, allocate, reallocate, release};
    const lreg_random source = {sizeof source, 0, NULL, no_randomness, NULL};
    CHECK(lreg_options_set_allocator(options, &allocator, &err), err);
    CHECK(lreg_options_set_allocator(options, NULL, &err), err);
    CHECK(lreg_options_set_random(options, &source, &err), err);
    CHECK(lreg_options_set_random(options, NULL, &err), err);
    CHECK(lreg_open(options, &instance, &err), err);
    lreg_registry_free(make_files(instance));
    lreg_close(instance);
    assert_int_equal(calls, 0);
}

static void test_component_options__failing_randomness_passes_through(void **state) {
    (void)state;
    lreg_instance *instance = NULL;
    const lreg_random source = {sizeof source, 0, NULL, no_randomness, NULL};
    CHECK(lreg_options_set_random(options, &source, &err), err);
    lreg_status status = lreg_open(options, &instance, &err);
    assert_int_equal(status, HOST_STATUS);
    assert_int_equal(lreg_error_status(err), HOST_STATUS);
    assert_null(instance);
    lreg_error_free(err);
}

/* --- a storage of the host: its destroy is called exactly once --- */

static void test_component_options__unused_storage_ends_with_the_options(void **state) {
    (void)state;
    const lreg_storage_backend table = host_storage_table();
    CHECK(lreg_options_set_storage(options, "host", &table, &hosts[0], &err), err);
    assert_int_equal(hosts[0].destroyed, 0);
    lreg_options_free(options);
    options = NULL;
    assert_int_equal(hosts[0].destroyed, 1);
}

static void test_component_options__another_storage_ends_the_one_before(void **state) {
    (void)state;
    const lreg_storage_backend table = host_storage_table();
    CHECK(lreg_options_set_storage(options, "host", &table, &hosts[0], &err), err);
    CHECK(lreg_options_set_storage(options, "host", &table, &hosts[1], &err), err);
    assert_int_equal(hosts[0].destroyed, 1);
    CHECK(lreg_options_set_memory_storage(options, &err), err);
    assert_int_equal(hosts[0].destroyed, 1);
    assert_int_equal(hosts[1].destroyed, 1);
}

static void test_component_options__refused_storage_is_ended_and_the_one_before_stays(void **state) {
    (void)state;
    lreg_storage_backend table = host_storage_table();
    CHECK(lreg_options_set_storage(options, "host", &table, &hosts[0], &err), err);
    table.object_read = NULL;
    EXPECT(lreg_options_set_storage(options, "host", &table, &hosts[1], &err), &err, LREG_BAD_ARGUMENT,
           "backend_entry");
    assert_int_equal(hosts[0].destroyed, 0);
    assert_int_equal(hosts[1].destroyed, 1);
    EXPECT(lreg_options_set_storage(NULL, "host", &table, &hosts[1], &err), &err, LREG_BAD_ARGUMENT, "null_argument");
    assert_int_equal(hosts[1].destroyed, 2);
}

static void test_component_options__storage_that_is_too_short_is_refused(void **state) {
    (void)state;
    lreg_storage_backend table = host_storage_table();
    table.size = offsetof(lreg_storage_backend, destroy);
    EXPECT(lreg_options_set_storage(options, "host", &table, &hosts[0], &err), &err, LREG_BAD_ARGUMENT, "backend_size");
    assert_int_equal(hosts[0].destroyed, 0); /* its table ends before that entry */
}

static void test_component_options__a_storage_needs_a_name_that_is_not_the_librarys(void **state) {
    (void)state;
    static const char *const bad[] = {
        NULL, "",    "local", "memory", "default",
        "A",  "a b", "a_b",   "ä",      "1234567890123456789012345678901234567890123456789012345678901234"};
    const lreg_storage_backend table = host_storage_table();
    int ended = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        EXPECT(lreg_options_set_storage(options, bad[i], &table, &hosts[0], &err), &err, LREG_BAD_ARGUMENT,
               "storage_name");
        assert_int_equal(hosts[0].destroyed, ++ended);
    }
    CHECK(lreg_options_set_storage(options, "s3-eu-1", &table, &hosts[1], &err), err);
}

static void test_component_options__storage_ends_with_the_last_handle(void **state) {
    (void)state;
    lreg_instance *instance = NULL;
    const lreg_storage_backend table = host_storage_table();
    CHECK(lreg_options_set_storage(options, "host", &table, &hosts[0], &err), err);
    CHECK(lreg_open(options, &instance, &err), err);
    lreg_options_free(options);
    options = NULL;
    lreg_registry *registry = make_files(instance);
    lreg_close(instance);
    assert_int_equal(hosts[0].destroyed, 0);
    lreg_registry_free(registry);
    assert_int_equal(hosts[0].destroyed, 1);
}

static void test_component_options__storage_opens_one_instance_only(void **state) {
    (void)state;
    lreg_instance *instance = NULL;
    lreg_instance *second = NULL;
    const lreg_storage_backend table = host_storage_table();
    CHECK(lreg_options_set_storage(options, "host", &table, &hosts[0], &err), err);
    CHECK(lreg_open(options, &instance, &err), err);
    EXPECT(lreg_open(options, &second, &err), &err, LREG_MISUSE, "storage_taken");
    lreg_close(instance);
    assert_int_equal(hosts[0].destroyed, 1);
    EXPECT(lreg_open(options, &second, &err), &err, LREG_MISUSE, "storage_taken");
    assert_int_equal(hosts[0].destroyed, 1);
}

static void test_component_options__storage_ends_when_the_instance_does_not_open(void **state) {
    (void)state;
    lreg_instance *instance = NULL;
    const lreg_storage_backend table = host_storage_table();
    CHECK(lreg_options_set_storage(options, "host", &table, &hosts[0], &err), err);
    CHECK(lreg_options_set_directory(options, "/nonexistent/below/nothing", &err), err);
    assert_int_not_equal(lreg_open(options, &instance, &err), LREG_OK);
    lreg_error_free(err);
    assert_int_equal(hosts[0].destroyed, 1);
}

/* Every allocation of opening fails, one at a time: the storage is destroyed exactly once each time. */
static void test_component_options__storage_ends_once_wherever_memory_runs_out(void **state) {
    (void)state;
    lreg_instance *instance = NULL;
    struct failing_allocator memory;
    failing_allocator_init(&memory);
    const lreg_allocator allocator = failing_allocator_hook(&memory);
    const lreg_storage_backend table = host_storage_table();
    CHECK(lreg_options_set_allocator(options, &allocator, &err), err);
    for (size_t n = 1; instance == NULL; n++) {
        host_storage_init(&hosts[0]);
        CHECK(lreg_options_set_storage(options, "host", &table, &hosts[0], &err), err);
        failing_allocator_fail_at(&memory, n, false);
        lreg_status status = lreg_open(options, &instance, &err);
        if (status != LREG_OK) {
            EXPECT(status, &err, LREG_NO_MEMORY, "");
        }
        lreg_close(instance);
        assert_int_equal(hosts[0].destroyed, 1);
        assert_int_equal(failing_allocator_live_blocks(&memory), 0);
    }
}
