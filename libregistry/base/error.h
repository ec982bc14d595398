/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/*
 * The error inside the library: a plain value on the stack of the outermost caller. So reporting a failure allocates
 * nothing, leaks nothing and cannot fail. The api room copies it into a public lreg_error.
 *
 * The convention is `lreg_status f(..., struct error *err)`, where `err` may be NULL. The function that detects a
 * failure sets the error; its callers return the status, and may add the operation.
 */

#include <libregistry/error.h>

#include <stdarg.h>

#define ERROR_CODE_MAX 63 /* longest code */
#define ERROR_MESSAGE_MAX 480
#define ERROR_OPERATION_MAX 160

struct error {
    lreg_status status;
    int32_t cause_domain; /* LREG_CAUSE_…: what the cause is */
    int64_t cause; /* 0 when there is none */
    int64_t retry_ms; /* after which the same call may succeed; 0: not known */
    char code[ERROR_CODE_MAX + 1];
    char message[ERROR_MESSAGE_MAX];
    char operation[ERROR_OPERATION_MAX];
};

/* Sets `*err` and returns `status`, so that a failure is one line: `return error_set(err, LREG_NOT_FOUND, "", "no …")`.
 * `code` is "" or NULL when the status suffices. The message is always one line of valid UTF-8: a long one is cut
 * between characters, and control characters and ill-formed bytes become '?'. */
lreg_status error_set(struct error *err, lreg_status status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a failed system call: LREG_NO_SPACE for ENOSPC and EDQUOT, LREG_NO_MEMORY for ENOMEM, LREG_NOT_FOUND for
 * ENOENT, LREG_BUSY ("too_many_files") for EMFILE and ENFILE, otherwise LREG_IO. `what` says what failed, without paths
 * that the caller may not know. */
lreg_status error_set_errno(struct error *err, int number, const char *what);

/* Names the operation that failed. The innermost name is kept: the function does nothing when there is one already,
 * when `err` is NULL, or when it holds no error. */
void error_operation(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

lreg_status error_no_memory(struct error *err);

void error_clear(struct error *err);

/* The HTTP status for a status: 200 for LREG_OK, 500 for a host's own and unknown ones. */
int32_t error_http_status(lreg_status status);

/* The name of a status, such as "LREG_NOT_FOUND"; "LREG_HOST_STATUS" from that number on. Static, never NULL. */
const char *error_status_name(lreg_status status);

#ifdef __clang_analyzer__
/* The analyzer sees one file at a time and does not know that these functions return the given status. */
static inline lreg_status error_returned(lreg_status unknown, lreg_status status) {
    (void)unknown;
    return status;
}
#define error_set(err, status, ...) error_returned(error_set(err, status, __VA_ARGS__), status)
#define error_no_memory(err) error_returned(error_no_memory(err), LREG_NO_MEMORY)
#endif

#endif
