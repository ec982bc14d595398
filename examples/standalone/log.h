/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_LOG_H
#define STANDALONE_LOG_H

/* What registryd writes down: complaints, the library's log, and a line for each request. */

#include <libregistry.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line on the standard error stream: "registryd: …". */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* Complains of a failed call of the library, and ends the error. */
void complain_of(const char *what, lreg_status status, lreg_error *error);

/* The library's log, on the standard error stream. */
lreg_log log_hook(const char *level);

struct access_log;

/* One request, as it is logged. All texts may be NULL. */
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

/* Lines on their way to the log. One thread writes into it. */
struct access_buffer {
    char *bytes;
    size_t length;
};

/* Opens a log; "-" is the standard output. NULL after a complaint. */
struct access_log *access_log_open(const char *path, bool is_json);

/* Opens its file again, after it was moved away. */
void access_log_reopen(struct access_log *log);

void access_log_close(struct access_log *log);

/* Puts a line into a buffer, which is written first when it is full. */
void access_log_add(struct access_log *log, struct access_buffer *buffer, const struct access_entry *entry);

/* Writes what a buffer holds. Threads: any, at once, each with its own buffer. */
void access_log_flush(struct access_log *log, struct access_buffer *buffer);

#endif
