/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_LOG_H
#define STANDALONE_LOG_H

/* The output of registryd: complaints, the library's log, and a line for each request. */

#include "options.h"

#include <libregistry.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes one line to standard error: "registryd: …". */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* Writes one line of that level, if --log-level wants it: "registryd: info: …". */
__attribute__((format(printf, 3, 4))) void note(const struct options *options, const char *level, const char *format,
                                                ...);

/* Complains about a failed call of the library, and frees the error. */
void complain_of(const char *what, lreg_status status, lreg_error *error);

/* The library's log, on standard error. */
lreg_log log_hook(const char *level);

struct access_log;

/* A request in the access log. All texts may be NULL. */
struct access_entry {
    const char *peer;
    const char *method;
    const char *target;
    int http_minor;
    int status;
    uint64_t received_bytes; /* of the body */
    uint64_t sent_bytes; /* of the body */
    int64_t duration_us;
    const char *user_agent;
    const char *referer;
    const char *request_id;
};

/* Lines that are not written yet. Used by one thread. */
struct access_buffer {
    char *bytes;
    size_t length;
};

/* Opens a log; "-" is standard output. NULL after a complaint. */
struct access_log *access_log_open(const char *path, bool is_json);

/* Opens its file again, after log rotation. */
void access_log_reopen(struct access_log *log);

void access_log_close(struct access_log *log);

/* Adds a line to a buffer. A full buffer is written first. */
void access_log_add(struct access_log *log, struct access_buffer *buffer, const struct access_entry *entry);

/* Writes the content of a buffer. Threads: any, at once, each with its own buffer. */
void access_log_flush(struct access_log *log, struct access_buffer *buffer);

#endif
