/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_SYS_HOOKS_H
#define LIBREGISTRY_SYS_HOOKS_H

/**
 * @file
 * What a host may put in place of the operating system: memory, clock, randomness, log; and threads, when it lends
 * some.
 *
 * Second tier: for those who extend or test the library. The structs grow only at their end; the library copies
 * min(size, its own size) bytes when an options object takes them and never looks at the caller's again. What `user`
 * points to, and the code of the functions, have to live until the options and the last handle of their instances have
 * ended; those of an allocator also until the last error.
 * Each hook is called from any thread that calls the library, without a lock held, and must not call the library.
 */

#include <libregistry/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Memory of one instance. Semantics of C's malloc, realloc and free; all three are needed. Since: 0.1 */
typedef struct lreg_allocator {
    uint32_t size; /**< sizeof(lreg_allocator), set by the host */
    uint32_t reserved;
    void *user; /**< handed back in every call */
    void *(*allocate)(size_t bytes, void *user); /**< NULL when there is none */
    void *(*reallocate)(void *memory, size_t bytes, void *user); /**< NULL leaves `memory` as it was */
    void (*release)(void *memory, void *user); /**< NULL is allowed and does nothing */
} lreg_allocator;

/** Wall clock. Since: 0.1 */
typedef struct lreg_clock {
    uint32_t size;
    uint32_t reserved;
    void *user;
    int64_t (*now_ms)(void *user); /**< milliseconds since 1970-01-01T00:00:00Z */
} lreg_clock;

/** Source of random bytes for ids, tokens and keys. Must be fit for cryptography outside tests. Since: 0.1 */
typedef struct lreg_random {
    uint32_t size;
    uint32_t reserved;
    void *user;
    lreg_status (*fill)(void *bytes, size_t length, void *user); /**< LREG_OK only when all bytes were written */
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
    void (*write)(int32_t level, const char *message,
                  void *user); /**< one line without its end; borrowed for the call */
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
    lreg_bool (*run)(void (*task)(void *argument), void *argument, void *user);
} lreg_executor;

#ifdef __cplusplus
}
#endif

#endif
