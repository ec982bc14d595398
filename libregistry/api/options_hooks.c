/* SPDX-License-Identifier: Apache-2.0 */

/* Options that replace services of the operating system. */

#include "api/options_internal.h"
#include "base/hook_owner.h"

#include <stddef.h>
#include <string.h>

/* Flags that must not be ignored by a version that does not know them. None is defined yet. */
#define MANDATORY_FLAGS 0xffff0000u

static lreg_status refuse(const lreg_options *options, lreg_error **err, const char *message) {
    return api_refuse(&options->own, message, err);
}

lreg_status lreg_options_set_allocator(lreg_options *options, const lreg_allocator *allocator, lreg_error **err) {
    if (options == NULL) {
        return api_null(NULL, "options", err);
    }
    if (allocator == NULL) {
        options->hooks.allocator = options->own.allocator;
        return LREG_OK;
    }
    if (allocator->size < sizeof *allocator) {
        return refuse(options, err, "the struct is smaller than its first version");
    }
    if ((allocator->flags & MANDATORY_FLAGS) != 0) {
        return refuse(options, err, "the struct has flags that this version of the library does not know");
    }
    if (allocator->allocate == NULL || allocator->reallocate == NULL || allocator->release == NULL) {
        return refuse(options, err, "the allocator lacks a function");
    }
    options->hooks.allocator = *allocator;
    return LREG_OK;
}

/* The common beginning of the hooks that own their `user`: all of their first version. */
struct hook {
    uint32_t size;
    uint32_t word; /* flags; of a log, its level */
    void *user;
    void (*function)(void);
    void (*destroy)(void *user);
};

#define IS_A_HOOK(type, member)                                                                        \
    _Static_assert(sizeof(type) >= sizeof(struct hook), "the first version is the beginning");         \
    _Static_assert(offsetof(type, user) == offsetof(struct hook, user), "who is handed back");         \
    _Static_assert(offsetof(type, member) == offsetof(struct hook, function), "what the hook is for"); \
    _Static_assert(offsetof(type, destroy) == offsetof(struct hook, destroy), "what ends it")

IS_A_HOOK(lreg_clock, now_ms);
IS_A_HOOK(lreg_random, fill);
IS_A_HOOK(lreg_log, write);
IS_A_HOOK(lreg_executor, run);

static void *place_of(struct hooks *hooks, size_t which) {
    void *const places[HOOK_OWNERS] = {
        [HOOK_CLOCK] = &hooks->clock,
        [HOOK_RANDOM] = &hooks->random,
        [HOOK_LOG] = &hooks->log,
        [HOOK_EXECUTOR] = &hooks->executor,
    };
    return places[which];
}

static void replace(lreg_options *options, size_t which, const void *hook, struct hook_owner *owner) {
    memcpy(place_of(&options->hooks, which), hook, sizeof(struct hook));
    hook_owner_release(options->hooks.owners[which]);
    options->hooks.owners[which] = owner;
}

/* Of a struct that is too short only `size` is read. */
static lreg_status copy_hook(const lreg_options *options, const void *given, struct hook *out, lreg_error **err) {
    memcpy(&out->size, given, sizeof out->size);
    if (out->size < sizeof *out) {
        return options == NULL ? api_null(NULL, "options", err)
                               : refuse(options, err, "the struct is smaller than its first version");
    }
    memcpy(out, given, sizeof *out);
    return LREG_OK;
}

static const char *problem_of(size_t which, const struct hook *hook) {
    if (hook->function == NULL) {
        return "the hook lacks its function";
    }
    if (which != HOOK_LOG && (hook->word & MANDATORY_FLAGS) != 0) {
        return "the struct has flags that this version of the library does not know";
    }
    return NULL;
}

static lreg_status set_hook(lreg_options *options, size_t which, const void *given, lreg_error **err) {
    struct hook hook = {0};
    struct hook_owner *owner = NULL;
    struct hooks own; /* an owner may outlive the options */
    hooks_default(&own);
    if (given == NULL && options != NULL) {
        replace(options, which, place_of(&own, which), NULL);
        return LREG_OK;
    }
    if (given == NULL) {
        return api_null(NULL, "options", err);
    }
    lreg_status status = copy_hook(options, given, &hook, err);
    if (status != LREG_OK) {
        return status;
    }
    if (hook_owner_new(&own.allocator, hook.destroy, hook.user, &owner) != LREG_OK) {
        return api_no_memory(err);
    }
    const char *problem = problem_of(which, &hook);
    if (options == NULL || problem != NULL) {
        hook_owner_release(owner);
        return options == NULL ? api_null(NULL, "options", err) : refuse(options, err, problem);
    }
    replace(options, which, &hook, owner);
    return LREG_OK;
}

lreg_status lreg_options_set_clock(lreg_options *options, const lreg_clock *clock, lreg_error **err) {
    lreg_status status = set_hook(options, HOOK_CLOCK, clock, err);
    if (status == LREG_OK) {
        bool has_uptime = clock != NULL && clock->size >= sizeof *clock;
        options->hooks.clock.uptime_ms = has_uptime ? clock->uptime_ms : NULL;
    }
    return status;
}

lreg_status lreg_options_set_random(lreg_options *options, const lreg_random *random, lreg_error **err) {
    return set_hook(options, HOOK_RANDOM, random, err);
}

lreg_status lreg_options_set_log(lreg_options *options, const lreg_log *log, lreg_error **err) {
    return set_hook(options, HOOK_LOG, log, err);
}

lreg_status lreg_options_set_executor(lreg_options *options, const lreg_executor *executor, lreg_error **err) {
    return set_hook(options, HOOK_EXECUTOR, executor, err);
}
