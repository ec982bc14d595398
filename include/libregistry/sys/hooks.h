/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_SYS_HOOKS_H
#define LIBREGISTRY_SYS_HOOKS_H

/**
 * @file
 * Replacements for services of the operating system: memory, clock, randomness, log; and threads of the host.
 *
 * Second tier: for programs that extend or test the library. The structs grow only at their end. A setter of the
 * options copies min(size, its own size) bytes, and the library does not read the caller's struct after that. The code
 * of the functions must stay loaded until the last handle has ended.
 *
 * Each hook is called with `user` as its first argument, from any thread that calls the library, without a lock held.
 * It must not call the library, except for the functions of <libregistry/sys/failure.h>. `user` is taken: `destroy`,
 * which is optional, ends it exactly once, when no options, instance or handle needs the hook any more. `destroy` is
 * also called when the setter fails, unless the struct is too short to have one. It is called in the process that
 * called the setter, never in a forked child.
 *
 * Of what was set on the same options, storages end first, then the executor, the source of randomness, the clock, and
 * the log last, so that each may still log.
 *
 * `flags` is for properties that later versions define; 0 now. Unknown bits from 0 to 15 are ignored, and those from 16
 * to 31 are refused (LREG_BAD_ARGUMENT).
 *
 * An allocator has no `destroy`, because errors may use it after everything else: its `user` must live until the last
 * error has ended.
 */

#include <libregistry/sys/failure.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Memory of one instance. The semantics are those of C's malloc, realloc and free. All three are needed. Since: 0.1 */
typedef struct lreg_allocator {
    uint32_t size; /**< sizeof(lreg_allocator), set by the host */
    uint32_t flags; /**< 0 */
    void *user; /**< borrowed until the options, the last handle and the last error have ended */
    void *(*allocate)(void *user, size_t bytes); /**< NULL when memory is out */
    void *(*reallocate)(void *user, void *memory, size_t bytes); /**< NULL leaves `memory` as it was */
    void (*release)(void *user, void *memory); /**< NULL is allowed and does nothing */
} lreg_allocator;

/** Clocks. Timestamps are wall time. With the uptime the library detects that the wall clock was changed: content is
 * not removed as too old when only the wall clock says so. Since: 0.1 */
typedef struct lreg_clock {
    uint32_t size;
    uint32_t flags; /**< 0 */
    void *user;
    int64_t (*now_ms)(void *user); /**< milliseconds since 1970-01-01T00:00:00Z */
    void (*destroy)(void *user); /**< optional */
    /** Optional, may lie beyond `size`: milliseconds since a moment that is the same for all processes on the
     * directory, such as the start of the machine. It never decreases while the machine runs. NULL: the uptime of the
     * operating system. */
    int64_t (*uptime_ms)(void *user);
} lreg_clock;

/** Source of random bytes for ids, tokens and keys. Outside tests it must be cryptographically secure. Since: 0.1 */
typedef struct lreg_random {
    uint32_t size;
    uint32_t flags; /**< 0 */
    void *user;
    /** LREG_OK only when it has written all bytes. */
    lreg_status (*fill)(void *user, void *bytes, size_t length, lreg_failure *failure);
    void (*destroy)(void *user); /**< optional */
} lreg_random;

#define LREG_LOG_ERROR 1
#define LREG_LOG_WARNING 2
#define LREG_LOG_INFO 3
#define LREG_LOG_DEBUG 4

/** Receiver of log lines. The library writes messages nowhere else. Since: 0.1 */
typedef struct lreg_log {
    uint32_t size;
    int32_t level; /**< messages above this level are not formatted */
    void *user;
    /** One line without its end; borrowed for the call. */
    void (*write)(void *user, int32_t level, const char *message);
    void (*destroy)(void *user); /**< optional */
} lreg_log;

/** Threads of the host. The library starts none. With an executor it hashes long pieces of an upload on another thread
 * while it writes them, and waits for both before the call returns. Without one it first writes and then hashes.
 * Since: 0.1 */
typedef struct lreg_executor {
    uint32_t size;
    uint32_t flags; /**< 0 */
    void *user;
    /** Returns 1 when `task(argument)` will run once, soon, on another thread; 0 when no thread is free. It must not
     * return 1 when the task could wait for a thread that is inside the library, because that thread may be waiting for
     * the task. It must not block. */
    lreg_bool (*run)(void *user, void (*task)(void *argument), void *argument);
    void (*destroy)(void *user); /**< optional */
} lreg_executor;

#ifdef __cplusplus
}
#endif

#endif
