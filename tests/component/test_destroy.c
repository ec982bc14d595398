/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which what a host gave ends: each once, storages first, the log last, and nothing in a forked child. */
#include "component/forks.h"
#include "component/host_storage.h"

#include <sys/wait.h>
#include <unistd.h>

static lreg_options *options;
static lreg_error *err;
static struct host_storage host;
static char ended[16]; /* a letter for each call of a destroy */
static size_t ended_count;

static void note(char kind) {
    if (ended_count + 1 < sizeof ended) {
        ended[ended_count++] = kind;
        ended[ended_count] = '\0';
    }
}

static void end_hook(void *user) {
    note(*(const char *)user);
}

static void end_storage(void *state) {
    note('s');
    host_destroy(state);
}

static int64_t now_ms(void *user) {
    (void)user;
    return FIXTURE_NOW;
}

static lreg_status fill(void *user, void *bytes, size_t length, lreg_failure *failure) {
    static unsigned next;
    (void)user;
    (void)failure;
    for (size_t i = 0; i < length; i++) {
        ((unsigned char *)bytes)[i] = (unsigned char)(next++ * 37 >> 3);
    }
    return LREG_OK;
}

static void drop_line(void *user, int32_t level, const char *message) {
    (void)user;
    (void)level;
    (void)message;
}

static lreg_bool run_nothing(void *user, void (*task)(void *argument), void *argument) {
    (void)user;
    (void)task;
    (void)argument;
    return 0;
}

static int setup(void **state) {
    (void)state;
    err = NULL;
    ended_count = 0;
    ended[0] = '\0';
    host_storage_init(&host);
    return lreg_options_new(&options, NULL) == LREG_OK ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    lreg_options_free(options);
    options = NULL;
    return 0;
}

/* All hooks and a storage, set in another order than that in which they end. */
static void give_all(void) {
    static char letters[] = "lcre";
    const lreg_log log = {.size = sizeof log, .user = &letters[0], .write = drop_line, .destroy = end_hook};
    const lreg_clock clock = {.size = sizeof clock, .user = &letters[1], .now_ms = now_ms, .destroy = end_hook};
    const lreg_random random = {.size = sizeof random, .user = &letters[2], .fill = fill, .destroy = end_hook};
    const lreg_executor executor = {
        .size = sizeof executor, .user = &letters[3], .run = run_nothing, .destroy = end_hook};
    lreg_storage_backend table = host_storage_table();
    table.destroy = end_storage;
    CHECK(lreg_options_set_log(options, &log, &err), err);
    CHECK(lreg_options_set_clock(options, &clock, &err), err);
    CHECK(lreg_options_set_random(options, &random, &err), err);
    CHECK(lreg_options_set_executor(options, &executor, &err), err);
    CHECK(lreg_options_set_storage(options, "host", &table, &host, &err), err);
}

static void free_options(void) {
    lreg_options_free(options);
    options = NULL;
}

static void test_component_destroy__options_alone(void **state) {
    (void)state;
    give_all();
    free_options();
    assert_string_equal(ended, "sercl");
}

static void test_component_destroy__the_options_last(void **state) {
    (void)state;
    lreg_instance *instance = NULL;
    give_all();
    CHECK(lreg_open(options, &instance, &err), err);
    lreg_close(instance);
    assert_string_equal(ended, "s");
    free_options();
    assert_string_equal(ended, "sercl");
}

static void test_component_destroy__a_handle_last(void **state) {
    (void)state;
    lreg_instance *instance = NULL;
    give_all();
    CHECK(lreg_open(options, &instance, &err), err);
    lreg_registry *registry = make_files(instance);
    free_options();
    lreg_close(instance);
    assert_string_equal(ended, "");
    lreg_registry_free(registry);
    assert_string_equal(ended, "sercl");
}

/* A child ends all its handles, in one of three orders. */
static void check_child(int order, lreg_instance *instance, lreg_registry *registry) {
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (order == 0) {
            free_options();
        }
        lreg_close(instance);
        lreg_registry_free(registry);
        if (order == 1) {
            free_options();
        }
        _exit(ended_count == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_component_destroy__nothing_in_a_forked_child(void **state) {
    (void)state;
    lreg_instance *instance = NULL;
    give_all();
    CHECK(lreg_open(options, &instance, &err), err);
    lreg_registry *registry = make_files(instance);
    for (int order = 0; order < 3; order++) {
        check_child(order, instance, registry);
    }
    CHECK(lreg_fork_begin(instance, &err), err);
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        lreg_fork_end(instance);
        lreg_close(instance);
        lreg_registry_free(registry);
        free_options();
        _exit(ended_count == 0 ? 0 : 1);
    }
    lreg_fork_end(instance);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    lreg_registry_free(registry);
    lreg_close(instance);
    free_options();
    assert_string_equal(ended, "sercl");
}

static void test_component_destroy__options_that_opened_nothing_in_a_child(void **state) {
    (void)state;
    int status = 0;
    give_all();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        free_options();
        _exit(ended_count == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    free_options();
    assert_string_equal(ended, "sercl");
}

/* --- Flags of structs --- */

#define REFUSES(set, type, ...)                                                          \
    do {                                                                                 \
        for (unsigned bit = 0; bit < 32; bit++) {                                        \
            type hook = {.size = sizeof hook, .flags = UINT32_C(1) << bit, __VA_ARGS__}; \
            lreg_status status = set(options, &hook, &err);                              \
            assert_int_equal(status, bit < 16 ? LREG_OK : LREG_BAD_ARGUMENT);            \
            lreg_error_free(err);                                                        \
            err = NULL;                                                                  \
        }                                                                                \
    } while (0)

static void *no_memory(void *user, size_t bytes) {
    (void)user;
    (void)bytes;
    return NULL;
}

static void *no_more(void *user, void *memory, size_t bytes) {
    (void)user;
    (void)memory;
    (void)bytes;
    return NULL;
}

static void release(void *user, void *memory) {
    (void)user;
    (void)memory;
}

static void test_component_destroy__flags_that_must_not_be_overlooked_are_refused(void **state) {
    (void)state;
    REFUSES(lreg_options_set_clock, lreg_clock, .now_ms = now_ms);
    REFUSES(lreg_options_set_random, lreg_random, .fill = fill);
    REFUSES(lreg_options_set_executor, lreg_executor, .run = run_nothing);
    REFUSES(lreg_options_set_allocator, lreg_allocator, .allocate = no_memory, .reallocate = no_more,
            .release = release);
    for (unsigned bit = 0; bit < 32; bit++) {
        lreg_storage_backend table = host_storage_table();
        table.flags = UINT32_C(1) << bit;
        assert_int_equal(lreg_options_set_storage(options, "host", &table, &host, &err),
                         bit < 16 ? LREG_OK : LREG_BAD_ARGUMENT);
        lreg_error_free(err);
        err = NULL;
    }
}
