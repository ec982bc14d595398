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
    int32_t cause; /* errno or SQLite result, 0 when there is none */
    const char *code; /* static storage, never NULL once set */
    char message[ERROR_MESSAGE_MAX];
    char operation[ERROR_OPERATION_MAX];
};

/* Sets `*err` and returns `status`, so that a failure is one line: `return error_set(err, LREG_NOT_FOUND, "", "no …")`.
 * `code` is a literal, "" when the status says all. The message becomes one line of valid UTF-8 whatever the arguments
 * hold: too long ones are cut between characters; control characters and ill-formed bytes become '?'. */
lreg_status error_set(struct error *err, lreg_status status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a failed system call: LREG_NO_SPACE for ENOSPC and EDQUOT, LREG_NO_MEMORY for ENOMEM, LREG_NOT_FOUND for
 * ENOENT, LREG_BUSY ("too_many_files") for EMFILE and ENFILE, LREG_IO else; `what` says what was tried, without paths
 * that the caller may not know. */
lreg_status error_set_errno(struct error *err, int number, const char *what);

/* Names what was being done, once: the innermost operation stays. Does nothing when `err` is NULL or holds no error. */
void error_operation(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

lreg_status error_no_memory(struct error *err);

void error_clear(struct error *err);

/* The HTTP status of a response that says `status`: 200 for LREG_OK, 500 for a host's and unknown ones. */
int32_t error_http_status(lreg_status status);

/* Such as "LREG_NOT_FOUND"; "LREG_HOST_STATUS" from that number on. Static storage, never NULL. */
const char *error_status_name(lreg_status status);

#ifdef __clang_analyzer__
/* The analyzer sees one file at a time: it has to be told that these return what they are given, a failure. */
static inline lreg_status error_returned(lreg_status unknown, lreg_status status) {
    (void)unknown;
    return status;
}
#define error_set(err, status, ...) error_returned(error_set(err, status, __VA_ARGS__), status)
#define error_no_memory(err) error_returned(error_no_memory(err), LREG_NO_MEMORY)
#endif

#endif
