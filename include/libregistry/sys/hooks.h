/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_SYS_HOOKS_H
#define LIBREGISTRY_SYS_HOOKS_H

/**
 * @file
 * What a host may put in place of the operating system: memory, clock, randomness, log; and threads, when it lends
 * some.
 *
 * Second tier: for those who extend or test the library. The structs grow only at their end; the library copies
 * min(size, its own size) bytes when an options object takes them and never looks at the caller's again. The code of
 * the functions has to live until the last handle has ended.
 *
 * Each hook is called with `user` first, from any thread that calls the library, without a lock held, and must not call
 * the library. `user` is taken: `destroy`, which is optional, ends it, exactly once, when neither the options nor an
 * instance, nor a handle that came from one, needs the hook any more; also when the function that was given the hook
 * fails, unless the struct is too short to have a `destroy`. In a forked child it ends the child's copy.
 *
 * An allocator has no `destroy`: errors use it after everything else, so its `user` lives until the last of them.
 */

#include <libregistry/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Memory of one instance. Semantics of C's malloc, realloc and free; all three are needed. Since: 0.1 */
typedef struct lreg_allocator {
    uint32_t size; /**< sizeof(lreg_allocator), set by the host */
    uint32_t reserved;
    void *user; /**< borrowed until the options, the last handle and the last error have ended */
    void *(*allocate)(void *user, size_t bytes); /**< NULL when there is none */
    void *(*reallocate)(void *user, void *memory, size_t bytes); /**< NULL leaves `memory` as it was */
    void (*release)(void *user, void *memory); /**< NULL is allowed and does nothing */
} lreg_allocator;

/** Clocks. Wall time is what events are stamped with. Uptime is how the library tells time that passed from a wall
 * clock that leapt: nothing is removed for its age alone when only the wall clock says that it is old. Since: 0.1 */
typedef struct lreg_clock {
    uint32_t size;
    uint32_t reserved;
    void *user;
    int64_t (*now_ms)(void *user); /**< milliseconds since 1970-01-01T00:00:00Z */
    void (*destroy)(void *user); /**< optional */
    /** Optional, may be behind `size`: milliseconds since some moment, the same one for all processes on the directory,
     * such as the start of the machine. Never goes back while that is up. NULL: the one of the operating system. */
    int64_t (*uptime_ms)(void *user);
} lreg_clock;

/** Source of random bytes for ids, tokens and keys. Must be fit for cryptography outside tests. Since: 0.1 */
typedef struct lreg_random {
    uint32_t size;
    uint32_t reserved;
    void *user;
    lreg_status (*fill)(void *user, void *bytes, size_t length); /**< LREG_OK only when all bytes were written */
    void (*destroy)(void *user); /**< optional */
} lreg_random;

#define LREG_LOG_ERROR 1
#define LREG_LOG_WARNING 2
#define LREG_LOG_INFO 3
#define LREG_LOG_DEBUG 4

/** Receiver of log lines. The library writes nowhere else. Since: 0.1 */
typedef struct lreg_log {
    uint32_t size;
    int32_t level; /**< messages above this level are not made */
    void *user;
    /** One line without its end; borrowed for the call. */
    void (*write)(void *user, int32_t level, const char *message);
    void (*destroy)(void *user); /**< optional */
} lreg_log;

/** Threads of the host. The library starts none; with an executor it has long pieces of an upload hashed on another
 * thread while it writes them, and waits for both before its call returns. Without one it does the same, one after the
 * other. Since: 0.1 */
typedef struct lreg_executor {
    uint32_t size;
    uint32_t reserved;
    void *user;
    /** 1: `task(argument)` runs once, soon, on another thread; 0: there is none to spare. Never 1 when the task could
     * wait for a thread that is inside the library, because that one may be waiting for the task. Does not block. */
    lreg_bool (*run)(void *user, void (*task)(void *argument), void *argument);
    void (*destroy)(void *user); /**< optional */
} lreg_executor;

#ifdef __cplusplus
}
#endif

#endif
