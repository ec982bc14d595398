/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

/*
 * The hooks of an instance: allocator, clock, randomness, log and threads. One `struct hooks` lives as long as its
 * instance and is passed to every room; there is no global state.
 */

#include "base/error.h"
#include <libregistry/sys/hooks.h>

#include <stdbool.h>

struct process_mark; /* base/process.h */
struct hook_owner; /* base/hook_owner.h */

/* The hooks that may have an owner, in the order in which they end. */
enum {
    HOOK_EXECUTOR,
    HOOK_RANDOM,
    HOOK_CLOCK,
    HOOK_LOG,
    HOOK_OWNERS
};

struct hooks {
    lreg_allocator allocator;
    lreg_clock clock;
    lreg_random random;
    lreg_log log; /* log.write may be NULL: no log */
    lreg_executor executor; /* executor.run may be NULL: only the caller's threads */
    const struct process_mark *process; /* of the instance; NULL before it is opened */
    struct hook_owner *owners[HOOK_OWNERS]; /* NULL when the hook has no destroy */
};

/* Sets the operating system's memory, clock and randomness (getrandom), and no log. */
void hooks_default(struct hooks *hooks);

/* Memory functions return NULL when out of memory, and when a product would overflow. Zero bytes are a valid size and
 * return a pointer that is not NULL. */
void *memory_allocate(const struct hooks *hooks, size_t bytes);
void *memory_allocate_zeroed(const struct hooks *hooks, size_t count, size_t bytes_each);
void *memory_reallocate(const struct hooks *hooks, void *memory, size_t count, size_t bytes_each);
void memory_release(const struct hooks *hooks, void *memory);

char *memory_copy_text(const struct hooks *hooks, const char *text); /* NULL for NULL */
void *memory_copy_bytes(const struct hooks *hooks, const void *bytes, size_t length); /* a NUL follows the bytes */

/* Overwrites memory in a way that compilers do not remove. */
void memory_wipe(void *memory, size_t bytes);

/* True when equal. The time it takes depends only on `length`. */
bool memory_equal_constant_time(const void *a, const void *b, size_t length);

/* Checked arithmetic. On overflow they return false and leave *out unchanged. */
bool size_add(size_t a, size_t b, size_t *out);
bool size_multiply(size_t a, size_t b, size_t *out);

int64_t hooks_now_ms(const struct hooks *hooks);
/* Milliseconds since a fixed moment, such as the start of the machine; sleep counts where the system has a clock that
 * counts it. Not affected by changes of the wall clock, and the same for all processes of the machine. */
int64_t hooks_uptime_ms(const struct hooks *hooks);
lreg_status hooks_random(const struct hooks *hooks, void *bytes, size_t length, struct error *err);
/* Whether the host wants lines of this level: a check for callers that would compute something for the line. */
static inline bool hooks_logs(const struct hooks *hooks, int32_t level) {
    return hooks->log.write != NULL && level <= hooks->log.level;
}
/* Writes a line of the log. Never a secret: no token, no query of a target, no field of a request. */
void hooks_log(const struct hooks *hooks, int32_t level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
