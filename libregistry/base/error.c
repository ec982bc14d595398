/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Errors as plain values. Messages are formatted into a scratch buffer first, so that an argument may point into the
 * error itself, and so that a long message can be cut between characters.
 */

#include "base/error.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct status_entry {
    const char *name;
    int32_t http_status;
};

/* Indexed by status. */
static const struct status_entry statuses[] = {
    [LREG_OK] = {"LREG_OK", 200},
    [LREG_BAD_ARGUMENT] = {"LREG_BAD_ARGUMENT", 400},
    [LREG_UNAUTHENTICATED] = {"LREG_UNAUTHENTICATED", 401},
    [LREG_FORBIDDEN] = {"LREG_FORBIDDEN", 403},
    [LREG_NOT_FOUND] = {"LREG_NOT_FOUND", 404},
    [LREG_METHOD_NOT_ALLOWED] = {"LREG_METHOD_NOT_ALLOWED", 405},
    [LREG_CONFLICT] = {"LREG_CONFLICT", 409},
    [LREG_LENGTH_REQUIRED] = {"LREG_LENGTH_REQUIRED", 411},
    [LREG_PRECONDITION_FAILED] = {"LREG_PRECONDITION_FAILED", 412},
    [LREG_TOO_LARGE] = {"LREG_TOO_LARGE", 413},
    [LREG_URI_TOO_LONG] = {"LREG_URI_TOO_LONG", 414},
    [LREG_UNSUPPORTED] = {"LREG_UNSUPPORTED", 415},
    [LREG_RANGE] = {"LREG_RANGE", 416},
    [LREG_UNPROCESSABLE] = {"LREG_UNPROCESSABLE", 422},
    [LREG_TOO_MANY] = {"LREG_TOO_MANY", 429},
    [LREG_HEADERS_TOO_LARGE] = {"LREG_HEADERS_TOO_LARGE", 431},
    [LREG_NO_MEMORY] = {"LREG_NO_MEMORY", 503},
    [LREG_BUSY] = {"LREG_BUSY", 503},
    [LREG_NO_SPACE] = {"LREG_NO_SPACE", 507},
    [LREG_IO] = {"LREG_IO", 500},
    [LREG_CORRUPT] = {"LREG_CORRUPT", 500},
    [LREG_MISUSE] = {"LREG_MISUSE", 500},
    [LREG_INTERNAL] = {"LREG_INTERNAL", 500},
    [LREG_NOT_IMPLEMENTED] = {"LREG_NOT_IMPLEMENTED", 501},
    [LREG_UPSTREAM] = {"LREG_UPSTREAM", 502},
    [LREG_TIMEOUT] = {"LREG_TIMEOUT", 504},
    [LREG_CANCELLED] = {"LREG_CANCELLED", 503},
    [LREG_PENDING] = {"LREG_PENDING", 500},
};

#define STATUS_COUNT ((lreg_status)(sizeof statuses / sizeof statuses[0]))

struct errno_entry {
    int number;
    lreg_status status;
    const char *text;
};

/* strerror() is not used because it depends on the locale. Other numbers are LREG_IO and appear in the message. */
static const struct errno_entry errnos[] = {
    {ENOENT, LREG_NOT_FOUND, "no such file or directory"},
    {ENOSPC, LREG_NO_SPACE, "no space left on the device"},
    {EDQUOT, LREG_NO_SPACE, "the disk quota is used up"},
    {ENOMEM, LREG_NO_MEMORY, "out of memory"},
    {EACCES, LREG_IO, "permission denied"},
    {EPERM, LREG_IO, "operation not permitted"},
    {EEXIST, LREG_IO, "file exists"},
    {ENOTDIR, LREG_IO, "not a directory"},
    {EISDIR, LREG_IO, "is a directory"},
    {EMFILE, LREG_BUSY, "too many open files in this process"},
    {ENFILE, LREG_BUSY, "too many open files in this system"},
    {EROFS, LREG_IO, "read-only file system"},
    {EFBIG, LREG_IO, "file too large"},
    {EIO, LREG_IO, "input/output error"},
};

/* Bytes after the cut that are formatted too; they show whether the cut splits a character. */
#define LOOK_AHEAD 4

static void format_into(char *out, size_t capacity, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
static void set_error(struct error *err, lreg_status status, const char *code, const char *format, va_list arguments)
    __attribute__((format(printf, 4, 0)));

static void format_into(char *out, size_t capacity, const char *format, va_list arguments) {
    char scratch[ERROR_MESSAGE_MAX + LOOK_AHEAD];
    int needed = vsnprintf(scratch, sizeof scratch, format, arguments);
    if (needed < 0) {
        scratch[0] = '\0';
    }
    size_t length = text_utf8_prefix(scratch, strlen(scratch), capacity - 1);
    text_make_printable(scratch, length);
    memcpy(out, scratch, length);
    out[length] = '\0';
}

static void set_error(struct error *err, lreg_status status, const char *code, const char *format, va_list arguments) {
    size_t length = code != NULL ? strnlen(code, ERROR_CODE_MAX) : 0;
    format_into(err->message, sizeof err->message, format, arguments);
    err->status = status;
    err->cause_domain = LREG_CAUSE_NONE;
    err->cause = 0;
    err->retry_ms = 0;
    memmove(err->code, code != NULL ? code : "", length); /* it may be the error's own */
    err->code[length] = '\0';
    err->operation[0] = '\0';
}

lreg_status(error_set)(struct error *err, lreg_status status, const char *code, const char *format, ...) {
    if (err != NULL) {
        va_list arguments;
        va_start(arguments, format);
        set_error(err, status, code, format, arguments);
        va_end(arguments);
    }
    return status;
}

static lreg_status set_cause(struct error *err, lreg_status status, int number) {
    if (err != NULL) {
        err->cause_domain = LREG_CAUSE_ERRNO;
        err->cause = number;
    }
    return status;
}

lreg_status error_set_errno(struct error *err, int number, const char *what) {
    for (size_t i = 0; i < sizeof errnos / sizeof errnos[0]; i++) {
        if (errnos[i].number == number) {
            const char *code = errnos[i].status == LREG_BUSY ? "too_many_files" : "";
            lreg_status status = error_set(err, errnos[i].status, code, "%s: %s", what, errnos[i].text);
            return set_cause(err, status, number);
        }
    }
    return set_cause(err, error_set(err, LREG_IO, "", "%s: system error %d", what, number), number);
}

void error_operation(struct error *err, const char *format, ...) {
    if (err == NULL || err->status == LREG_OK || err->operation[0] != '\0') {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    format_into(err->operation, sizeof err->operation, format, arguments);
    va_end(arguments);
}

lreg_status(error_no_memory)(struct error *err) {
    return error_set(err, LREG_NO_MEMORY, "", "out of memory");
}

void error_clear(struct error *err) {
    if (err != NULL) {
        memset(err, 0, sizeof *err);
    }
}

int32_t error_http_status(lreg_status status) {
    return status >= 0 && status < STATUS_COUNT ? statuses[status].http_status : 500;
}

const char *error_status_name(lreg_status status) {
    if (status >= LREG_HOST_STATUS) {
        return "LREG_HOST_STATUS";
    }
    return status >= 0 && status < STATUS_COUNT ? statuses[status].name : "unknown status";
}
