/* SPDX-License-Identifier: Apache-2.0 */
/* Replacements of operating system services by the host: runs repeat exactly, memory may run out anywhere, threads may
 * be lent. Labels: threaded */
#include "component/fixture.h"
#include "support/lent_threads.h"

/* A source of randomness that returns the same bytes in every run. */
static lreg_status count_up(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    unsigned char *next = user;
    for (size_t i = 0; i < length; i++) {
        ((unsigned char *)bytes)[i] = (*next)++;
    }
    return LREG_OK;
}

/* Runs a few changes and records their random results: ids, a secret. */
static void run_and_note(char *note, size_t size) {
    struct fixture fixture;
    lreg_error *err = NULL;
    lreg_token *token = NULL;
    unsigned char next = 0;
    const lreg_random source = {.size = sizeof source, .user = &next, .fill = count_up};
    fixture_prepare(&fixture);
    CHECK(lreg_options_set_random(fixture.options, &source, &err), err);
    fixture_open(&fixture);
    lreg_registry *registry = make_files(fixture.instance);
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "content");
    CHECK(objects_token_create(fixture.instance, "acme", "x", "read_packages", 0, &token, &err), err);
    snprintf(note, size, "%s %s %s %s", lreg_registry_id(registry), lreg_package_id(package), lreg_token_id(token),
             lreg_token_secret(token));
    lreg_token_free(token);
    lreg_package_free(package);
    lreg_registry_free(registry);
    fixture_close(&fixture);
}

static void test_component_hooks__same_clock_and_randomness_give_the_same_ids(void **state) {
    (void)state;
    char first[512];
    char second[512];
    run_and_note(first, sizeof first);
    run_and_note(second, sizeof second);
    assert_string_equal(first, second);
}

/* UUID version 7 begins with the milliseconds: RFC 9562 section 5.7. */
static void test_component_hooks__ids_carry_the_time_of_the_clock(void **state) {
    (void)state;
    struct fixture fixture;
    char wanted[16];
    fixture_open_memory(&fixture);
    lreg_registry *registry = make_files(fixture.instance);
    snprintf(wanted, sizeof wanted, "%08llx-%04llx-7", (unsigned long long)FIXTURE_NOW >> 16,
             (unsigned long long)FIXTURE_NOW & 0xffff);
    assert_memory_equal(lreg_registry_id(registry), wanted, strlen(wanted));
    lreg_registry_free(registry);
    fixture_close(&fixture);
}

struct lines {
    atomic_int count;
    atomic_int worst;
};

static void note_line(void *user, int32_t level, const char *message) {
    struct lines *lines = user;
    atomic_fetch_add(&lines->count, 1);
    if (level < LREG_LOG_ERROR || level > LREG_LOG_WARNING || message[0] == '\0' || strchr(message, '\n') != NULL) {
        atomic_store(&lines->worst, level);
    }
}

/* An intact store logs no warnings. */
static void test_component_hooks__log_stays_quiet_below_its_level(void **state) {
    (void)state;
    struct fixture fixture;
    struct lines lines = {0};
    lreg_error *err = NULL;
    const lreg_log log = {.size = sizeof log, .level = LREG_LOG_WARNING, .user = &lines, .write = note_line};
    fixture_prepare(&fixture);
    CHECK(lreg_options_set_log(fixture.options, &log, &err), err);
    fixture_open(&fixture);
    lreg_registry *registry = make_files(fixture.instance);
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "content"));
    CHECK(objects_collect(fixture.instance, 0, NULL, &err), err);
    lreg_registry_free(registry);
    fixture_close(&fixture);
    assert_int_equal(atomic_load(&lines.count), 0);
    assert_int_equal(atomic_load(&lines.worst), 0);
}

/* --- threads of the host --- */

static void test_component_hooks__digests_are_the_same_with_threads_of_the_host(void **state) {
    (void)state;
    enum {
        LENGTH = 3000000
    };
    struct fixture fixtures[2];
    struct lent_threads lent;
    lreg_error *err = NULL;
    lreg_package *packages[2] = {NULL, NULL};
    const lreg_executor executor = lent_threads_hook(&lent, 20);
    char *bytes = malloc(LENGTH);
    assert_non_null(bytes);
    for (size_t i = 0; i < LENGTH; i++) {
        bytes[i] = (char)(i * 7 + (i >> 9));
    }
    for (int i = 0; i < 2; i++) {
        fixture_prepare(&fixtures[i]);
        CHECK(lreg_options_set_executor(fixtures[i].options, i == 0 ? &executor : NULL, &err), err);
        fixture_open(&fixtures[i]);
        lreg_registry *registry = make_files(fixtures[i].instance);
        CHECK(try_publish(fixtures[i].instance, registry, "big.bin", bytes, LENGTH, &packages[i], NULL, &err), err);
        lreg_registry_free(registry);
    }
    assert_true(lent.lent > 0);
    assert_string_equal(lreg_package_digest(packages[0], "sha256"), lreg_package_digest(packages[1], "sha256"));
    assert_string_equal(lreg_package_digest(packages[0], "md5"), lreg_package_digest(packages[1], "md5"));
    for (int i = 0; i < 2; i++) {
        lreg_package_free(packages[i]);
        fixture_close(&fixtures[i]);
    }
    lent_threads_join(&lent);
    free(bytes);
}

/* --- memory runs out --- */

/* A step may fail for lack of memory and then must return nothing; any other failure ends the test. */
static bool went(lreg_status status, lreg_error **err, const void *out) {
    if (status == LREG_OK) {
        return true;
    }
    EXPECT(status, err, LREG_NO_MEMORY, "");
    assert_null(out);
    return false;
}

/* Calls one of everything, as far as memory lasts. True when it completed. */
static bool run_all(struct fixture *fixture) {
    lreg_error *err = NULL;
    lreg_registry_settings *settings = settings_of("files", "files");
    lreg_registry_settings *change = settings_of("Files", NULL);
    lreg_organization *organization = NULL;
    lreg_organization_list *organizations = NULL;
    lreg_registry *registry = NULL;
    lreg_publication *publication = NULL;
    lreg_package *package = NULL;
    lreg_package_list *packages = NULL;
    lreg_package *listed = NULL;
    lreg_package_reader *content = NULL;
    lreg_registry *changed = NULL;
    lreg_registry *found = NULL;
    lreg_registry_list *registries = NULL;
    lreg_token *token = NULL;
    lreg_token *shown = NULL;
    lreg_token_list *tokens = NULL;
    lreg_audit_event_list *events = NULL;
    lreg_audit_event *event = NULL;
    lreg_exchange *exchange = NULL;
    lreg_verify_report report = {.size = sizeof report};
    char bytes[8];
    size_t got = 0;
    lreg_instance *i = NULL;
    bool done =
        went(lreg_open(fixture->options, &fixture->instance, &err), &err, fixture->instance) &&
        (i = fixture->instance) != NULL &&
        went(objects_organization_create(i, "acme", NULL, &organization, &err), &err, organization) &&
        went(lreg_organization_list_open(i, NULL, &organizations, &err), &err, organizations) &&
        went(lreg_registry_create(i, "acme", settings, &registry, &err), &err, registry) &&
        went(lreg_publication_open(i, registry, "a.txt", &publication, &err), &err, publication) &&
        went(lreg_publication_write(publication, "content", 7, &err), &err, NULL) &&
        went(lreg_publication_finish(publication, &package, NULL, &err), &err, package) &&
        went(lreg_package_list_open(i, registry,
                                    &(lreg_package_filter){.size = sizeof(lreg_package_filter), .name_contains = "a"},
                                    &packages, &err),
             &err, packages) &&
        went(lreg_package_list_next(packages, &listed, &err), &err, listed) &&
        went(lreg_package_reader_open(i, package, &content, &err), &err, content) &&
        went(lreg_package_reader_read(content, 0, bytes, sizeof bytes, &got, &err), &err, NULL) &&
        went(objects_registry_token_create(i, registry, "x", &token, &err), &err, token) &&
        went(lreg_registry_token_list_open(i, registry, NULL, &tokens, &err), &err, tokens) &&
        went(lreg_token_list_next(tokens, &shown, &err), &err, shown) &&
        went(lreg_registry_update(i, registry, change, &changed, &err), &err, changed) &&
        went(lreg_registry_list_open(i, "acme", NULL, &registries, &err), &err, registries) &&
        went(lreg_registry_list_next(registries, &found, &err), &err, found) &&
        went(lreg_exchange_new(i, &exchange, &err), &err, exchange) &&
        went(lreg_token_delete(i, token, &err), &err, NULL) &&
        went(lreg_audit_event_list_open(i, "acme", NULL, &events, &err), &err, events) &&
        went(lreg_audit_event_list_next(events, &event, &err), &err, event) &&
        went(lreg_package_delete(i, package, &err), &err, NULL) &&
        went(lreg_verify(i, NULL, &report, &err), &err, NULL) && went(objects_collect(i, 0, NULL, &err), &err, NULL) &&
        went(lreg_registry_delete(i, registry, &err), &err, NULL) &&
        went(objects_organization_delete(i, "acme", &err), &err, NULL);
    lreg_exchange_free(exchange);
    lreg_audit_event_free(event);
    lreg_audit_event_list_close(events);
    lreg_token_list_close(tokens);
    lreg_token_free(shown);
    lreg_token_free(token);
    lreg_registry_list_close(registries);
    lreg_registry_free(found);
    lreg_registry_free(changed);
    lreg_package_reader_close(content);
    lreg_package_free(listed);
    lreg_package_list_close(packages);
    lreg_package_free(package);
    lreg_publication_close(publication);
    lreg_registry_free(registry);
    lreg_organization_list_close(organizations);
    lreg_organization_free(organization);
    lreg_registry_settings_free(change);
    lreg_registry_settings_free(settings);
    lreg_close(fixture->instance);
    fixture->instance = NULL;
    return done;
}

static void test_component_hooks__any_allocation_may_fail(void **state) {
    (void)state;
    struct fixture fixture;
    bool done = false;
    fixture_prepare(&fixture);
    for (size_t n = 1; !done; n++) {
        failing_allocator_fail_at(&fixture.memory, n, false);
        done = run_all(&fixture) && !failing_allocator_failed(&fixture.memory);
        assert_int_equal(failing_allocator_live_blocks(&fixture.memory), 0);
        assert_true(n < 20000);
    }
    fixture_close(&fixture);
}

/* A creation that succeeded is never reported as failed for lack of memory: a second attempt would conflict with the
 * first. */
static void test_component_hooks__out_of_memory_leaves_nothing_half_created(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    lreg_registry *registry = NULL;
    lreg_token *token = NULL;
    lreg_token_list *tokens = NULL;
    lreg_registry_settings *settings = settings_of("files", "files");
    fixture_open_memory(&fixture);
    make_organization(fixture.instance, "acme");
    for (size_t n = 1; registry == NULL; n++) {
        failing_allocator_fail_at(&fixture.memory, n, false);
        (void)went(lreg_registry_create(fixture.instance, "acme", settings, &registry, &err), &err, registry);
    }
    for (size_t n = 1; token == NULL; n++) {
        failing_allocator_fail_at(&fixture.memory, n, false);
        (void)went(objects_token_create(fixture.instance, "acme", "x", "read_packages", 0, &token, &err), &err, token);
    }
    failing_allocator_fail_at(&fixture.memory, 0, false);
    lreg_token_free(token);
    CHECK(lreg_token_list_open(fixture.instance, "acme", NULL, &tokens, &err), err);
    CHECK(lreg_token_list_next(tokens, &token, &err), err);
    lreg_token_free(token);
    CHECK(lreg_token_list_next(tokens, &token, &err), err);
    assert_null(token); /* one was made, not two */
    lreg_token_list_close(tokens);
    lreg_registry_settings_free(settings);
    lreg_registry_free(registry);
    fixture_close(&fixture);
}
