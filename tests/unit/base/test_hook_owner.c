/* SPDX-License-Identifier: Apache-2.0 */
/* The last user of a hook ends its user pointer. */
#include "base/hook_owner.h"

static void count(void *user) {
    (*(int *)user)++;
}

static void test_base_hook_owner__last_one_ends_it(void **state) {
    (void)state;
    int ended = 0;
    struct hooks hooks;
    hooks_default(&hooks);
    assert_int_equal(hook_owner_new(&hooks.allocator, count, &ended, &hooks.owners[HOOK_LOG]), LREG_OK);
    hooks_retain(&hooks);
    struct hooks copy = hooks;
    hooks_retain(&copy);
    hooks_release(&hooks);
    hook_owner_release(hooks.owners[HOOK_LOG]);
    assert_int_equal(ended, 0);
    hooks_release(&copy);
    assert_int_equal(ended, 1);
}

static void test_base_hook_owner__without_an_end_there_is_no_owner(void **state) {
    (void)state;
    int ended = 0;
    struct hook_owner *owner = NULL;
    struct hooks hooks;
    hooks_default(&hooks);
    assert_int_equal(hook_owner_new(&hooks.allocator, NULL, &ended, &owner), LREG_OK);
    assert_null(owner);
    hook_owner_release(NULL);
    assert_int_equal(ended, 0);
}

static void *no_memory(void *user, size_t bytes) {
    (void)user, (void)bytes;
    return NULL;
}

static void test_base_hook_owner__without_memory_it_is_ended_at_once(void **state) {
    (void)state;
    int ended = 0;
    struct hook_owner *owner = NULL;
    const lreg_allocator allocator = {.size = sizeof allocator, .allocate = no_memory};
    assert_int_equal(hook_owner_new(&allocator, count, &ended, &owner), LREG_NO_MEMORY);
    assert_null(owner);
    assert_int_equal(ended, 1);
}
