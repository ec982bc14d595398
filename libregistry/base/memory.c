/* SPDX-License-Identifier: Apache-2.0 */

/* Memory, clock, randomness and log through the instance's hooks, with the operating system's as defaults. */

#include "base/memory.h"

#include "base/failure.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define LOG_LINE_MAX 1024

static void *system_allocate(void *user, size_t bytes) {
    (void)user;
    return malloc(bytes);
}

static void *system_reallocate(void *user, void *memory, size_t bytes) {
    (void)user;
    return realloc(memory, bytes);
}

static void system_release(void *user, void *memory) {
    (void)user;
    free(memory);
}

static int64_t system_now_ms(void *user) {
    (void)user;
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static lreg_status system_random(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)user;
    unsigned char *at = bytes;
    while (length > 0) {
        ssize_t got = getrandom(at, length, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            lreg_failure_set_cause(failure, LREG_CAUSE_ERRNO, got < 0 ? errno : EIO);
            return LREG_IO;
        }
        at += got;
        length -= (size_t)got;
    }
    return LREG_OK;
}

void hooks_default(struct hooks *hooks) {
    *hooks = (struct hooks){
        .allocator = {.size = sizeof(lreg_allocator),
                      .allocate = system_allocate,
                      .reallocate = system_reallocate,
                      .release = system_release},
        .clock = {.size = sizeof(lreg_clock), .now_ms = system_now_ms},
        .random = {.size = sizeof(lreg_random), .fill = system_random},
        .log = {.size = sizeof(lreg_log), .level = LREG_LOG_WARNING},
    };
}

void *memory_allocate(const struct hooks *hooks, size_t bytes) {
    return hooks->allocator.allocate(hooks->allocator.user, bytes > 0 ? bytes : 1);
}

void *memory_allocate_zeroed(const struct hooks *hooks, size_t count, size_t bytes_each) {
    size_t bytes = 0;
    if (!size_multiply(count, bytes_each, &bytes)) {
        return NULL;
    }
    void *memory = memory_allocate(hooks, bytes);
    if (memory != NULL) {
        memset(memory, 0, bytes);
    }
    return memory;
}

void *memory_reallocate(const struct hooks *hooks, void *memory, size_t count, size_t bytes_each) {
    size_t bytes = 0;
    if (!size_multiply(count, bytes_each, &bytes)) {
        return NULL;
    }
    if (memory == NULL) {
        return memory_allocate(hooks, bytes);
    }
    return hooks->allocator.reallocate(hooks->allocator.user, memory, bytes > 0 ? bytes : 1);
}

void memory_release(const struct hooks *hooks, void *memory) {
    if (memory != NULL) {
        hooks->allocator.release(hooks->allocator.user, memory);
    }
}

char *memory_copy_text(const struct hooks *hooks, const char *text) {
    return text != NULL ? memory_copy_bytes(hooks, text, strlen(text)) : NULL;
}

void *memory_copy_bytes(const struct hooks *hooks, const void *bytes, size_t length) {
    size_t with_nul = 0;
    if (!size_add(length, 1, &with_nul)) {
        return NULL;
    }
    char *copy = memory_allocate(hooks, with_nul);
    if (copy == NULL) {
        return NULL;
    }
    if (length > 0) {
        memcpy(copy, bytes, length);
    }
    copy[length] = '\0';
    return copy;
}

void memory_wipe(void *memory, size_t bytes) {
    if (memory != NULL) {
        explicit_bzero(memory, bytes);
    }
}

bool memory_equal_constant_time(const void *a, const void *b, size_t length) {
    /* Volatile prevents the compiler from stopping the loop at the first difference. */
    const volatile unsigned char *left = a;
    const volatile unsigned char *right = b;
    unsigned char difference = 0;
    for (size_t i = 0; i < length; i++) {
        difference = (unsigned char)(difference | (left[i] ^ right[i]));
    }
    return difference == 0;
}

bool size_add(size_t a, size_t b, size_t *out) {
    if (a > SIZE_MAX - b) {
        return false;
    }
    *out = a + b;
    return true;
}

bool size_multiply(size_t a, size_t b, size_t *out) {
    if (b != 0 && a > SIZE_MAX / b) {
        return false;
    }
    *out = a * b;
    return true;
}

int64_t hooks_now_ms(const struct hooks *hooks) {
    return hooks->clock.now_ms(hooks->clock.user);
}

int64_t hooks_uptime_ms(const struct hooks *hooks) {
    if (hooks->clock.uptime_ms != NULL) {
        return hooks->clock.uptime_ms(hooks->clock.user);
    }
    struct timespec now = {0};
#ifdef CLOCK_BOOTTIME
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
#else
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
#endif
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A hook cannot make the library say that its caller did something wrong, or that nothing is there. */
static lreg_status hook_status(lreg_status status) {
    bool is_allowed = status == LREG_NO_MEMORY || status == LREG_UPSTREAM || status == LREG_TIMEOUT ||
                      status == LREG_CANCELLED || status >= LREG_HOST_STATUS;
    return is_allowed ? status : LREG_IO;
}

lreg_status hooks_random(const struct hooks *hooks, void *bytes, size_t length, struct error *err) {
    lreg_failure failure;
    failure_init(&failure);
    lreg_status status = hooks->random.fill(hooks->random.user, bytes, length, &failure);
    if (status == LREG_OK) {
        return LREG_OK;
    }
    return failure_report(&failure, err, hook_status(status), "the source of random bytes failed", "no_randomness",
                          "it gave no reason");
}

void hooks_log(const struct hooks *hooks, int32_t level, const char *format, ...) {
    if (!hooks_logs(hooks, level)) {
        return;
    }
    char line[LOG_LINE_MAX + 4]; /* four bytes after the cut show whether it splits a character */
    va_list arguments;
    va_start(arguments, format);
    int needed = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (needed < 0) {
        return;
    }
    size_t length = text_utf8_prefix(line, strlen(line), LOG_LINE_MAX - 1);
    text_make_printable(line, length); /* a name from a request must not start a new line of the log */
    line[length] = '\0';
    hooks->log.write(hooks->log.user, level, line);
}
