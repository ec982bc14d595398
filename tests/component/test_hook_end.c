/* SPDX-License-Identifier: Apache-2.0 */
/* The user pointer of a hook is freed exactly once, when the hook can no longer be called. */
#include "component/fixture.h"

static lreg_options *options;
static lreg_error *err;

/* User data of the clocks in these tests. */
struct guest {
    int ended;
};

static int64_t standing(void *user) {
    const struct guest *guest = user;
    assert_int_equal(guest->ended, 0);
    return FIXTURE_NOW;
}

static void end_guest(void *user) {
    ((struct guest *)user)->ended++;
}

static lreg_clock clock_of(struct guest *guest) {
    return (lreg_clock){.size = sizeof(lreg_clock), .user = guest, .now_ms = standing, .destroy = end_guest};
}

static void give(struct guest *guest) {
    const lreg_clock clock = clock_of(guest);
    CHECK(lreg_options_set_clock(options, &clock, &err), err);
}

static int setup(void **state) {
    (void)state;
    err = NULL;
    return lreg_options_new(&options, NULL) == LREG_OK ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    lreg_options_free(options);
    return 0;
}

static void test_component_hook_end__with_options_that_opened_nothing(void **state) {
    (void)state;
    struct guest guest = {0};
    give(&guest);
    assert_int_equal(guest.ended, 0);
    lreg_options_free(options);
    options = NULL;
    assert_int_equal(guest.ended, 1);
}

static void test_component_hook_end__when_another_takes_its_place(void **state) {
    (void)state;
    struct guest first = {0};
    struct guest second = {0};
    give(&first);
    give(&second);
    assert_int_equal(first.ended, 1);
    CHECK(lreg_options_set_clock(options, NULL, &err), err);
    assert_int_equal(second.ended, 1);
}

static void test_component_hook_end__with_the_last_handle_of_all_instances(void **state) {
    (void)state;
    struct guest guest = {0};
    lreg_instance *instances[2] = {NULL, NULL};
    give(&guest);
    CHECK(lreg_open(options, &instances[0], &err), err);
    CHECK(lreg_open(options, &instances[1], &err), err);
    lreg_options_free(options);
    options = NULL;
    lreg_registry *registry = make_files(instances[1]);
    lreg_package_list *packages = NULL;
    CHECK(lreg_package_list_open(instances[1], registry, NULL, &packages, &err), err);
    lreg_registry_free(registry);
    lreg_close(instances[1]);
    assert_int_equal(guest.ended, 0);
    lreg_close(instances[0]);
    assert_int_equal(guest.ended, 0); /* the list keeps its instance */
    lreg_package_list_close(packages);
    assert_int_equal(guest.ended, 1);
}

static void test_component_hook_end__not_while_an_instance_has_it_that_options_have_no_longer(void **state) {
    (void)state;
    struct guest first = {0};
    struct guest second = {0};
    lreg_instance *instance = NULL;
    give(&first);
    CHECK(lreg_open(options, &instance, &err), err);
    give(&second);
    assert_int_equal(first.ended, 0);
    lreg_registry_free(make_files(instance)); /* asks the first */
    lreg_close(instance);
    assert_int_equal(first.ended, 1);
    assert_int_equal(second.ended, 0);
    lreg_options_free(options);
    options = NULL;
    assert_int_equal(second.ended, 1);
}

static void test_component_hook_end__with_options_of_which_no_instance_could_be_opened(void **state) {
    (void)state;
    struct guest guest = {0};
    lreg_instance *instance = NULL;
    give(&guest);
    CHECK(lreg_options_set_directory(options, "/dev/null/no/such/parent", &err), err);
    assert_int_not_equal(lreg_open(options, &instance, NULL), LREG_OK);
    assert_int_not_equal(lreg_open(options, &instance, NULL), LREG_OK);
    assert_int_equal(guest.ended, 0);
    lreg_options_free(options);
    options = NULL;
    assert_int_equal(guest.ended, 1);
}

static void test_component_hook_end__at_once_when_the_hook_is_refused(void **state) {
    (void)state;
    struct guest guests[3] = {{0}, {0}, {0}};
    lreg_clock clock = clock_of(&guests[0]);
    EXPECT(lreg_options_set_clock(NULL, &clock, &err), &err, LREG_BAD_ARGUMENT, "null_argument");
    assert_int_equal(guests[0].ended, 1);
    clock = clock_of(&guests[1]);
    clock.now_ms = NULL;
    EXPECT(lreg_options_set_clock(options, &clock, &err), &err, LREG_BAD_ARGUMENT, "");
    assert_int_equal(guests[1].ended, 1);
    clock = clock_of(&guests[2]);
    clock.size = offsetof(lreg_clock, destroy); /* so it cannot be known whether there is one */
    EXPECT(lreg_options_set_clock(options, &clock, &err), &err, LREG_BAD_ARGUMENT, "");
    assert_int_equal(guests[2].ended, 0);
}

static lreg_status fill_nothing(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    (void)user;
    memset(bytes, 0, length);
    return LREG_OK;
}

static void write_nowhere(void *user, int32_t level, const char *message) {
    (void)user, (void)level, (void)message;
}

static lreg_bool lend_none(void *user, void (*task)(void *argument), void *argument) {
    (void)user, (void)task, (void)argument;
    return 0;
}

static void test_component_hook_end__of_every_kind(void **state) {
    (void)state;
    struct guest guests[3] = {{0}, {0}, {0}};
    lreg_instance *instance = NULL;
    const lreg_random source = {sizeof source, 0, &guests[0], fill_nothing, end_guest};
    const lreg_log log = {sizeof log, LREG_LOG_DEBUG, &guests[1], write_nowhere, end_guest};
    const lreg_executor executor = {sizeof executor, 0, &guests[2], lend_none, end_guest};
    CHECK(lreg_options_set_random(options, &source, &err), err);
    CHECK(lreg_options_set_log(options, &log, &err), err);
    CHECK(lreg_options_set_executor(options, &executor, &err), err);
    CHECK(lreg_open(options, &instance, &err), err);
    lreg_options_free(options);
    options = NULL;
    assert_int_equal(guests[0].ended + guests[1].ended + guests[2].ended, 0);
    lreg_close(instance);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(guests[i].ended, 1);
    }
}
