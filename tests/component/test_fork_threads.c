/* SPDX-License-Identifier: Apache-2.0 */
/* Forks of a process with running threads. Does not run under the address sanitizer: that of clang 14 forks while other
 * threads hold the locks of its allocator, so its child waits for them forever. Labels: threaded release */
#include "component/forks.h"

#include <pthread.h>

#define THREADS 8
#define FORKS 6
#define ROUNDS 12

struct worker {
    struct fixture *fixture;
    pthread_t thread;
    unsigned number;
    bool failed;
};

static void *publish_all(void *user) {
    struct worker *worker = user;
    char name[32];
    for (int i = 0; i < ROUNDS && !worker->failed; i++) {
        snprintf(name, sizeof name, "thread-%u-%d.txt", worker->number, i);
        worker->failed = !publishes(worker->fixture->instance, name, name) || !has(worker->fixture->instance, name);
    }
    return NULL;
}

struct child {
    struct fixture *fixture;
    int number;
};

/* Uses both the inherited instance and one of its own. */
static int publish_twice(void *user) {
    struct child *child = user;
    lreg_instance *own = NULL;
    char name[32];
    lreg_fork_end(child->fixture->instance);
    snprintf(name, sizeof name, "child-%d-got.txt", child->number);
    EXIT_UNLESS(publishes(child->fixture->instance, name, name));
    EXIT_UNLESS(lreg_open(child->fixture->options, &own, NULL) == LREG_OK);
    EXIT_UNLESS(has(own, name));
    snprintf(name, sizeof name, "child-%d-own.txt", child->number);
    EXIT_UNLESS(publishes(own, name, name));
    lreg_close(own);
    EXIT_UNLESS(has(child->fixture->instance, name));
    lreg_close(child->fixture->instance);
    return 0;
}

static void test_component_fork_threads__both_go_on_while_threads_publish(void **state) {
    (void)state;
    struct fixture fixture;
    struct worker workers[THREADS];
    pid_t children[FORKS];
    lreg_error *err = NULL;
    fixture_open_folder(&fixture);
    lreg_registry_free(make_files(fixture.instance));
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.fixture = &fixture, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, publish_all, &workers[i]), 0);
    }
    for (int i = 0; i < FORKS; i++) {
        struct child child = {.fixture = &fixture, .number = i};
        CHECK(lreg_fork_begin(fixture.instance, &err), err);
        children[i] = process_start(publish_twice, &child);
        lreg_fork_end(fixture.instance);
    }
    for (int i = 0; i < FORKS; i++) {
        process_succeeds(children[i]);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_false(workers[i].failed);
    }
    lreg_registry *registry = find_files(fixture.instance);
    assert_int_equal(count_packages(fixture.instance, registry, NULL), THREADS * ROUNDS + 2 * FORKS);
    lreg_registry_free(registry);
    check_sound(fixture.instance);
    fixture_close(&fixture);
}

/* Not prepared, at any instant: the child's calls are refused, and the parent does not notice. */
static int end_at_once(void *user) {
    struct fixture *fixture = user;
    lreg_error *err = NULL;
    EXIT_UNLESS(is_forked(objects_organization_create(fixture->instance, "other", NULL, NULL, &err), &err));
    EXIT_UNLESS(is_forked(objects_collect(fixture->instance, 0, NULL, &err), &err));
    lreg_close(fixture->instance);
    return 0;
}

static void test_component_fork_threads__an_unprepared_child_does_not_disturb_threads(void **state) {
    (void)state;
    struct fixture fixture;
    struct worker workers[THREADS];
    fixture_open_folder(&fixture);
    lreg_registry_free(make_files(fixture.instance));
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.fixture = &fixture, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, publish_all, &workers[i]), 0);
    }
    for (int i = 0; i < 4 * FORKS; i++) {
        process_succeeds(process_start(end_at_once, &fixture));
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_false(workers[i].failed);
    }
    check_sound(fixture.instance);
    fixture_close(&fixture);
}
