/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

/*
 * Allocation through the instance's allocator, and what else an instance takes from outside: clock, randomness, log,
 * threads.
 * One `struct hooks` lives as long as its instance and is handed down to every room; nothing here is global.
 */

#include "base/error.h"
#include <libregistry/sys/hooks.h>

#include <stdbool.h>

struct process_mark; /* base/process.h */
struct hook_owner; /* base/hook_owner.h */

/* Which hooks a host may have given something with that has to be ended. */
enum {
    HOOK_CLOCK,
    HOOK_RANDOM,
    HOOK_LOG,
    HOOK_EXECUTOR,
    HOOK_OWNERS
};

struct hooks {
    lreg_allocator allocator;
    lreg_clock clock;
    lreg_random random;
    lreg_log log; /* log.write may be NULL: no log */
    lreg_executor executor; /* executor.run may be NULL: no threads but the caller's */
    const struct process_mark *process; /* of the instance; NULL before there is one */
    struct hook_owner *owners[HOOK_OWNERS]; /* NULL: nothing to end */
};

/* The operating system's memory, clock and randomness (getrandom), no log. */
void hooks_default(struct hooks *hooks);

/* Memory functions give NULL when there is none, or when a product would overflow. Zero bytes give a unique pointer. */
void *memory_allocate(const struct hooks *hooks, size_t bytes);
void *memory_allocate_zeroed(const struct hooks *hooks, size_t count, size_t bytes_each);
void *memory_reallocate(const struct hooks *hooks, void *memory, size_t count, size_t bytes_each);
void memory_release(const struct hooks *hooks, void *memory);

char *memory_copy_text(const struct hooks *hooks, const char *text); /* NULL text gives NULL */
void *memory_copy_bytes(const struct hooks *hooks, const void *bytes, size_t length); /* a NUL follows the bytes */

/* Overwrites in a way that no compiler removes. */
void memory_wipe(void *memory, size_t bytes);

/* True when equal; its time depends on `length` alone. */
bool memory_equal_constant_time(const void *a, const void *b, size_t length);

/* Checked size arithmetic: false on overflow, and *out is unchanged. */
bool size_add(size_t a, size_t b, size_t *out);
bool size_multiply(size_t a, size_t b, size_t *out);

int64_t hooks_now_ms(const struct hooks *hooks);
/* Time that passes evenly, whatever the wall clock does; the same for all processes on the machine, also over sleep. It
 * begins anew with the machine. */
int64_t hooks_uptime_ms(const struct hooks *hooks);
lreg_status hooks_random(const struct hooks *hooks, void *bytes, size_t length, struct error *err);
void hooks_log(const struct hooks *hooks, int32_t level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
