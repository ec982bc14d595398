/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/*
 * The error inside the library: a plain value that the outermost caller keeps on its stack, so that reporting a failure
 * never allocates, never leaks and cannot itself fail. The api room copies it into a public lreg_error at the border.
 *
 * Convention, everywhere: `lreg_status f(..., struct error *err)`, `err` may be NULL. The line that detects a failure
 * sets the error; everyone above passes the status on, or adds the operation.
 */

#include <libregistry/error.h>

#include <stdarg.h>

#define ERROR_MESSAGE_MAX 480
#define ERROR_OPERATION_MAX 160

struct error {
    lreg_status status;
    int32_t cause;    /* errno or SQLite result, 0 when there is none */
    const char *code; /* static storage, never NULL once set */
    char message[ERROR_MESSAGE_MAX];
    char operation[ERROR_OPERATION_MAX];
};

/* Sets `*err` and returns `status`, so that a failure is one line: `return error_set(err, LREG_NOT_FOUND, "", "no …")`.
 * `code` is a literal, "" when the status says all. Long messages are cut at a UTF-8 boundary. */
lreg_status error_set(struct error *err, lreg_status status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a failed system call: LREG_NO_SPACE for ENOSPC and EDQUOT, LREG_NO_MEMORY for ENOMEM, LREG_NOT_FOUND for
 * ENOENT, LREG_IO else; `what` says what was tried, without paths that the caller may not know. */
lreg_status error_set_errno(struct error *err, int number, const char *what);

/* Names what was being done, once: the innermost operation stays. Returns err->status (LREG_OK when err is NULL). */
void error_operation(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

lreg_status error_no_memory(struct error *err);

void error_clear(struct error *err);

#endif
