/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that fork: what a child may do with its parent's instance, and that it never disturbs the parent.
 * Labels: threaded */
#include "component/forks.h"
#include "support/http_script.h"

#include <pthread.h>
#include <semaphore.h>

/* What the parent has open at the fork. */
struct handles {
    struct fixture *fixture;
    lreg_publication *publication;
    lreg_exchange *exchange;
    lreg_registry *registry;
    lreg_package_reader *content;
};

static int use_of_parent(void *user) {
    struct handles *handles = user;
    struct fixture *fixture = handles->fixture;
    lreg_error *err = NULL;
    lreg_registry *registry = NULL;
    char byte = 0;
    size_t got = 0;
    EXIT_UNLESS(is_forked(objects_organization_create(fixture->instance, "other", NULL, NULL, &err), &err));
    EXIT_UNLESS(is_forked(lreg_registry_find(fixture->instance, "acme", "files", &registry, &err), &err));
    EXIT_UNLESS(is_forked(lreg_publication_write(handles->publication, "child", 5, &err), &err));
    EXIT_UNLESS(is_forked(lreg_exchange_begin(handles->exchange, &err), &err));
    EXIT_UNLESS(is_forked(lreg_exchange_work(handles->exchange, &err), &err));
    EXIT_UNLESS(is_forked(objects_collect(fixture->instance, 0, NULL, &err), &err));
    EXIT_UNLESS(is_forked(lreg_fork_begin(fixture->instance, &err), &err));
    EXIT_UNLESS(lreg_package_reader_read(handles->content, 0, &byte, 1, &got, NULL) == LREG_OK && byte == 'b');
    EXIT_UNLESS(strcmp(lreg_registry_slug(handles->registry), "files") == 0);
    lreg_publication_close(handles->publication);
    lreg_exchange_free(handles->exchange);
    lreg_package_reader_close(handles->content);
    lreg_registry_free(handles->registry);
    lreg_close(fixture->instance);
    EXIT_UNLESS(failing_allocator_live_blocks(&fixture->memory) == 0);

    EXIT_UNLESS(lreg_open(fixture->options, &fixture->instance, NULL) == LREG_OK);
    EXIT_UNLESS(has(fixture->instance, "before.txt"));
    EXIT_UNLESS(publishes(fixture->instance, "of-the-child.txt", "own"));
    lreg_close(fixture->instance);
    return 0;
}

static void test_component_fork__handles_of_the_parent_are_refused_and_can_be_ended(void **state) {
    (void)state;
    struct fixture fixture;
    struct handles handles = {.fixture = &fixture};
    lreg_error *err = NULL;
    fixture_open_folder(&fixture);
    handles.registry = make_files(fixture.instance);
    lreg_package *package = publish_text(fixture.instance, handles.registry, "before.txt", "before");
    CHECK(lreg_package_reader_open(fixture.instance, package, &handles.content, &err), err);
    CHECK(lreg_publication_open(fixture.instance, handles.registry, "parent.txt", &handles.publication, &err), err);
    CHECK(lreg_publication_write(handles.publication, "par", 3, &err), err);
    CHECK(lreg_exchange_new(fixture.instance, &handles.exchange, &err), err);
    CHECK(lreg_exchange_set_request(handles.exchange, "GET", "/-/health", &err), err);
    lreg_package_free(package);

    process_succeeds(process_start(use_of_parent, &handles));

    CHECK(lreg_publication_write(handles.publication, "ent", 3, &err), err);
    CHECK(lreg_publication_finish(handles.publication, NULL, NULL, &err), err);
    check_content(fixture.instance, handles.registry, "parent.txt", "parent", 6);
    check_content(fixture.instance, handles.registry, "of-the-child.txt", "own", 3);
    check_sound(fixture.instance);
    lreg_publication_close(handles.publication);
    lreg_exchange_free(handles.exchange);
    lreg_package_reader_close(handles.content);
    lreg_registry_free(handles.registry);
    fixture_close(&fixture);
}

/* --- under lreg_fork_begin() --- */

/* "Bearer …"; free() it. */
static char *make_authorization(lreg_instance *instance) {
    lreg_error *err = NULL;
    lreg_token *token = NULL;
    char *text = malloc(128);
    assert_non_null(text);
    CHECK(objects_token_create(instance, "acme", "all", "read_packages,write_packages", 0, &token, &err), err);
    snprintf(text, 128, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
    return text;
}

/* A PATCH of an upload whose body has not arrived yet. */
static lreg_exchange *begin_chunk(const struct http_script *script, const char *target) {
    lreg_error *err = NULL;
    lreg_exchange *exchange = NULL;
    CHECK(lreg_exchange_new(script->instance, &exchange, &err), err);
    CHECK(lreg_exchange_set_request(exchange, "PATCH", target, &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Host", "localhost", &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Authorization", script->authorization, &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Transfer-Encoding", "chunked", &err), err);
    CHECK(lreg_exchange_begin(exchange, &err), err);
    assert_int_equal(lreg_exchange_wants(exchange), LREG_WANTS_BODY);
    return exchange;
}

static void test_component_fork__begun_twice_is_refused(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    fixture_open_folder(&fixture);
    EXPECT(lreg_fork_begin(NULL, &err), &err, LREG_BAD_ARGUMENT, "null_argument");
    CHECK(lreg_fork_begin(fixture.instance, &err), err);
    EXPECT(lreg_fork_begin(fixture.instance, &err), &err, LREG_MISUSE, "fork_begun");
    lreg_fork_end(fixture.instance);
    CHECK(lreg_fork_begin(fixture.instance, &err), err);
    lreg_fork_end(fixture.instance);
    lreg_fork_end(NULL);
    make_organization(fixture.instance, "acme");
    fixture_close(&fixture);
}

/* The engine would mistake the parent's locks for the child's own, and what the child writes could be lost. */
static int open_beside(void *user) {
    struct fixture *fixture = user;
    lreg_error *err = NULL;
    lreg_instance *own = NULL;
    EXIT_UNLESS(is_forked(lreg_open(fixture->options, &own, &err), &err) && own == NULL);
    EXIT_UNLESS(is_forked(lreg_open(fixture->options, &own, &err), &err) && own == NULL);
    lreg_close(fixture->instance);
    EXIT_UNLESS(lreg_open(fixture->options, &own, NULL) == LREG_OK);
    EXIT_UNLESS(publishes(own, "child.txt", "child"));
    lreg_close(own);
    return 0;
}

static void test_component_fork__no_instance_beside_that_of_the_parent(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open_folder(&fixture);
    lreg_registry_free(make_files(fixture.instance));
    process_succeeds(process_start(open_beside, &fixture));
    assert_true(has(fixture.instance, "child.txt"));
    check_sound(fixture.instance);
    fixture_close(&fixture);
}

/* A chunk in progress at the fork ends in the parent; the next one must not find the upload in use because the child
 * has the same file open. */
static int wait_only(void *user) {
    struct process_gate *gate = user;
    process_gate_wait(gate);
    return 0;
}

static void test_component_fork__a_child_does_not_hold_uploads(void **state) {
    (void)state;
    struct fixture fixture;
    struct process_gate gate;
    lreg_error *err = NULL;
    lreg_collect_report report = {.size = sizeof report};
    fixture_open_folder(&fixture);
    lreg_registry_free(make_files(fixture.instance));
    lreg_registry *images = make_registry(fixture.instance, "acme", "images", "container");
    struct http_script script = {.instance = fixture.instance, .authorization = make_authorization(fixture.instance)};
    struct http_answer *answer =
        http_script_run(&script, "POST /v2/acme/images/app/blobs/uploads/\nHost: localhost\nContent-Length: 0\n\n");
    assert_int_equal(answer->status, 202);
    char *location = strdup(http_answer_header(answer, "Location"));
    char *target = strstr(location, "/v2/");
    http_answer_free(answer);
    lreg_exchange *exchange = begin_chunk(&script, target);
    CHECK(lreg_exchange_write(exchange, "one", 3, &err), err);
    process_gate_open(&gate);
    pid_t child = process_start(wait_only, &gate);
    CHECK(lreg_exchange_finish(exchange, &err), err);
    assert_int_equal(lreg_exchange_status(exchange), 202);
    lreg_exchange_free(exchange);
    exchange = begin_chunk(&script, target);
    CHECK(lreg_exchange_write(exchange, "two", 3, &err), err);
    CHECK(lreg_exchange_finish(exchange, &err), err);
    assert_int_equal(lreg_exchange_status(exchange), 202);
    lreg_exchange_free(exchange);
    CHECK(objects_collect(fixture.instance, 0, &report, &err), err);
    process_gate_let(&gate);
    process_succeeds(child);
    process_gate_close(&gate);
    free(location);
    free((char *)script.authorization);
    lreg_registry_free(images);
    fixture_close(&fixture);
}

/* A clock that blocks its caller. */
struct slow_clock {
    struct fixture *fixture;
    sem_t asked;
    sem_t answered;
    atomic_bool is_slow;
    atomic_bool is_over;
};

static int64_t ask_slow_clock(void *user) {
    struct slow_clock *clock = user;
    if (atomic_load(&clock->is_slow)) {
        (void)sem_post(&clock->asked);
        (void)sem_wait(&clock->answered);
    }
    return FIXTURE_NOW;
}

static void *publish_slowly(void *user) {
    struct slow_clock *clock = user;
    bool done = publishes(clock->fixture->instance, "slow.txt", "slow");
    atomic_store(&clock->is_over, true);
    (void)sem_post(&clock->asked);
    return done ? clock : NULL;
}

/* Blocks a publication at each call of the clock; some of these calls are within a transaction. */
static void test_component_fork__waits_for_transactions_and_gives_up(void **state) {
    (void)state;
    struct fixture fixture;
    struct slow_clock clock = {.fixture = &fixture};
    const lreg_clock hook = {.size = sizeof hook, .user = &clock, .now_ms = ask_slow_clock};
    lreg_error *err = NULL;
    pthread_t thread;
    void *done = NULL;
    size_t busy = 0;
    assert_int_equal(sem_init(&clock.asked, 0, 0), 0);
    assert_int_equal(sem_init(&clock.answered, 0, 0), 0);
    fixture_prepare(&fixture);
    fixture_make_folder(fixture.folder);
    CHECK(lreg_options_set_directory(fixture.options, fixture.folder, &err), err);
    CHECK(lreg_options_set_clock(fixture.options, &hook, &err), err);
    CHECK(lreg_options_set_busy_timeout_ms(fixture.options, 20, &err), err);
    fixture_open(&fixture);
    lreg_registry_free(make_files(fixture.instance));
    atomic_store(&clock.is_slow, true);
    assert_int_equal(pthread_create(&thread, NULL, publish_slowly, &clock), 0);
    for (;;) {
        assert_int_equal(sem_wait(&clock.asked), 0);
        if (atomic_load(&clock.is_over)) {
            break;
        }
        lreg_status status = lreg_fork_begin(fixture.instance, &err);
        if (status == LREG_OK) {
            lreg_fork_end(fixture.instance);
        } else {
            EXPECT(status, &err, LREG_BUSY, "database_busy");
            busy++;
        }
        assert_int_equal(sem_post(&clock.answered), 0);
    }
    assert_int_equal(pthread_join(thread, &done), 0);
    assert_non_null(done);
    assert_true(busy > 0);
    atomic_store(&clock.is_slow, false);
    assert_true(has(fixture.instance, "slow.txt"));
    assert_int_equal(sem_destroy(&clock.asked), 0);
    assert_int_equal(sem_destroy(&clock.answered), 0);
    fixture_close(&fixture);
}

/* In memory there is nothing that two processes could share. */
static int close_only(void *user) {
    struct fixture *fixture = user;
    lreg_error *err = NULL;
    lreg_fork_end(fixture->instance);
    EXIT_UNLESS(is_forked(objects_organization_create(fixture->instance, "other", NULL, NULL, &err), &err));
    lreg_close(fixture->instance);
    return 0;
}

static void test_component_fork__an_instance_in_memory_stays_the_parents(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    fixture_open_memory(&fixture);
    lreg_registry_free(make_files(fixture.instance));
    CHECK(lreg_fork_begin(fixture.instance, &err), err);
    pid_t child = process_start(close_only, &fixture);
    lreg_fork_end(fixture.instance);
    process_succeeds(child);
    assert_true(publishes(fixture.instance, "a.txt", "a"));
    assert_true(has(fixture.instance, "a.txt"));
    fixture_close(&fixture);
}

/* --- locks --- */

/* A child that keeps running, with or without a preparation, until it is told to publish. */
struct late_child {
    struct fixture *fixture;
    struct process_gate gate;
    bool is_prepared;
};

static int publish_late(void *user) {
    struct late_child *child = user;
    struct fixture *fixture = child->fixture;
    if (child->is_prepared) {
        lreg_fork_end(fixture->instance);
        EXIT_UNLESS(has(fixture->instance, "before.txt"));
    } else {
        lreg_close(fixture->instance);
        EXIT_UNLESS(lreg_open(fixture->options, &fixture->instance, NULL) == LREG_OK);
    }
    process_gate_tell(&child->gate);
    process_gate_wait(&child->gate);
    EXIT_UNLESS(publishes(fixture->instance, "late.txt", "late"));
    lreg_close(fixture->instance);
    return 0;
}

/* Opens and closes the directory: as the only user, it would remove the log. */
static int open_and_close(void *user) {
    const struct fixture *fixture = user;
    lreg_instance *own = NULL;
    EXIT_UNLESS(lreg_open(fixture->options, &own, NULL) == LREG_OK);
    EXIT_UNLESS(has(own, "before.txt"));
    lreg_close(own);
    return 0;
}

/* The parent and all other processes end. None of them may mistake the child for ended and remove its log. */
static void outlive_parent(bool is_prepared) {
    struct fixture fixture;
    struct late_child child = {.fixture = &fixture, .is_prepared = is_prepared};
    lreg_error *err = NULL;
    fixture_open_folder(&fixture);
    lreg_registry_free(make_files(fixture.instance));
    assert_true(publishes(fixture.instance, "before.txt", "before"));
    process_gate_open(&child.gate);
    if (is_prepared) {
        CHECK(lreg_fork_begin(fixture.instance, &err), err);
    }
    pid_t late = process_start(publish_late, &child);
    if (is_prepared) {
        lreg_fork_end(fixture.instance);
    }
    process_gate_hear(&child.gate);
    lreg_close(fixture.instance);
    fixture.instance = NULL;
    process_succeeds(process_start(open_and_close, &fixture));
    process_gate_let(&child.gate);
    process_succeeds(late);
    fixture_open(&fixture);
    assert_true(has(fixture.instance, "late.txt"));
    check_sound(fixture.instance);
    process_gate_close(&child.gate);
    fixture_close(&fixture);
}

static void test_component_fork__a_prepared_child_has_locks_of_its_own(void **state) {
    (void)state;
    outlive_parent(true);
}

static void test_component_fork__a_child_that_opens_anew_has_locks_of_its_own(void **state) {
    (void)state;
    outlive_parent(false);
}
