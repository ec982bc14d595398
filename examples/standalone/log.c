/* SPDX-License-Identifier: Apache-2.0 */

/* Lines are built in a buffer of the thread. One call writes many of them, always whole. Text from clients is escaped,
 * so that it cannot end a line. */

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)32 * 1024)
#define LINE_BYTES ((size_t)8 * 1024)
#define TARGET_BYTES 4000 /* the most of a logged target or field; each byte may need two more */

struct access_log {
    pthread_mutex_t lock; /* guards the descriptor */
    int file;
    bool is_json;
    char *path; /* NULL: standard output */
};

void complain(const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, "registryd: %s\n", line);
}

void note(const struct options *options, const char *level, const char *format, ...) {
    lreg_log wanted = log_hook(options->log_level);
    lreg_log of_line = log_hook(level);
    if (of_line.level > wanted.level) {
        return;
    }
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    complain("%s: %s", level, line);
}

void complain_of(const char *what, lreg_status status, lreg_error *error) {
    const char *message = error != NULL ? lreg_error_message(error) : lreg_status_name(status);
    complain("%s: %s", what, message);
    lreg_error_free(error);
}

static void write_log_line(void *user, int32_t level, const char *message) {
    (void)user;
    static const char *const names[] = {"", "error", "warning", "info", "debug"};
    complain("%s: %s", level >= LREG_LOG_ERROR && level <= LREG_LOG_DEBUG ? names[level] : "note", message);
}

lreg_log log_hook(const char *level) {
    lreg_log hook = {.size = sizeof hook, .level = LREG_LOG_WARNING, .write = write_log_line};
    if (level != NULL) {
        hook.level = level[0] == 'e'
                         ? LREG_LOG_ERROR
                         : (level[0] == 'w' ? LREG_LOG_WARNING : (level[0] == 'i' ? LREG_LOG_INFO : LREG_LOG_DEBUG));
    }
    return hook;
}

static int open_file(const char *path) {
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

struct access_log *access_log_open(const char *path, bool is_json) {
    struct access_log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        complain("out of memory");
        return NULL;
    }
    log->is_json = is_json;
    log->file = STDOUT_FILENO;
    (void)pthread_mutex_init(&log->lock, NULL);
    if (strcmp(path, "-") != 0) {
        log->path = strdup(path);
        log->file = open_file(path);
    }
    if (log->file < 0 || (log->file != STDOUT_FILENO && log->path == NULL)) {
        complain("cannot open the access log %s: %s", path, strerror(errno));
        access_log_close(log);
        return NULL;
    }
    return log;
}

void access_log_reopen(struct access_log *log) {
    if (log == NULL || log->path == NULL) {
        return;
    }
    int file = open_file(log->path);
    if (file < 0) {
        complain("cannot open the access log %s: %s; going on with the old file", log->path, strerror(errno));
        return;
    }
    (void)pthread_mutex_lock(&log->lock);
    int old = log->file;
    log->file = file;
    (void)pthread_mutex_unlock(&log->lock);
    (void)close(old);
}

void access_log_close(struct access_log *log) {
    if (log == NULL) {
        return;
    }
    if (log->file >= 0 && log->file != STDOUT_FILENO) {
        (void)close(log->file);
    }
    (void)pthread_mutex_destroy(&log->lock);
    free(log->path);
    free(log);
}

/* A line while it is built; text that does not fit is left out. */
struct line {
    char *at;
    size_t left;
};

static void put(struct line *line, const char *text) {
    size_t length = strlen(text);
    length = length < line->left ? length : line->left;
    memcpy(line->at, text, length);
    line->at += length;
    line->left -= length;
}

static void put_number(struct line *line, uint64_t number) {
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    put(line, digits);
}

/* Text from a client, truncated, with everything escaped that could end a text or a line. */
static void put_escaped(struct line *line, const char *text, bool is_json) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; text[i] != '\0' && i < TARGET_BYTES && line->left > 512; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\') {
            *line->at++ = text[i];
            line->left--;
            continue;
        }
        put(line, is_json ? "\\u00" : "\\x");
        *line->at++ = digits[byte >> 4];
        *line->at++ = digits[byte & 15];
        line->left -= 2;
    }
}

static const char *or_else(const char *text, const char *otherwise) {
    return text != NULL && text[0] != '\0' ? text : otherwise;
}

/* In the combined log format, or as RFC 3339. */
static void put_time(struct line *line, bool is_json) {
    char text[64];
    struct tm parts;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    if (is_json) {
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    } else {
        (void)strftime(text, sizeof text, "%d/%b/%Y:%H:%M:%S +0000", &parts);
    }
    put(line, text);
}

static void put_text_line(struct line *line, const struct access_entry *entry) {
    char duration[32];
    put(line, or_else(entry->peer, "-"));
    put(line, " - - [");
    put_time(line, false);
    put(line, "] \"");
    put(line, or_else(entry->method, "-"));
    put(line, " ");
    put_escaped(line, or_else(entry->target, "-"), false);
    put(line, entry->http_minor > 0 ? " HTTP/1.1\" " : " HTTP/1.0\" ");
    put_number(line, (uint64_t)entry->status);
    put(line, " ");
    put_number(line, entry->sent_bytes);
    put(line, " \"");
    put_escaped(line, or_else(entry->referer, "-"), false);
    put(line, "\" \"");
    put_escaped(line, or_else(entry->user_agent, "-"), false);
    (void)snprintf(duration, sizeof duration, "\" %.6f ", (double)entry->duration_us / 1e6);
    put(line, duration);
    put(line, or_else(entry->request_id, "-"));
}

static void put_json_field(struct line *line, const char *name, const char *value) {
    put(line, ",\"");
    put(line, name);
    put(line, "\":\"");
    put_escaped(line, or_else(value, ""), true);
    put(line, "\"");
}

static void put_json_number(struct line *line, const char *name, uint64_t value) {
    put(line, ",\"");
    put(line, name);
    put(line, "\":");
    put_number(line, value);
}

static void put_json_line(struct line *line, const struct access_entry *entry) {
    put(line, "{\"time\":\"");
    put_time(line, true);
    put(line, "\"");
    put_json_field(line, "peer", entry->peer);
    put_json_field(line, "method", entry->method);
    put_json_field(line, "target", entry->target);
    put_json_number(line, "status", (uint64_t)entry->status);
    put_json_number(line, "received_bytes", entry->received_bytes);
    put_json_number(line, "sent_bytes", entry->sent_bytes);
    put_json_number(line, "duration_us", (uint64_t)entry->duration_us);
    put_json_field(line, "user_agent", entry->user_agent);
    put_json_field(line, "referer", entry->referer);
    put_json_field(line, "request_id", entry->request_id);
    put(line, "}");
}

void access_log_add(struct access_log *log, struct access_buffer *buffer, const struct access_entry *entry) {
    if (buffer->bytes == NULL) {
        buffer->bytes = malloc(BUFFER_BYTES);
    }
    if (buffer->bytes == NULL) {
        return;
    }
    if (BUFFER_BYTES - buffer->length < 2 * LINE_BYTES) {
        access_log_flush(log, buffer);
    }
    struct line line = {.at = buffer->bytes + buffer->length, .left = 2 * LINE_BYTES - 1};
    if (log->is_json) {
        put_json_line(&line, entry);
    } else {
        put_text_line(&line, entry);
    }
    *line.at++ = '\n';
    buffer->length = (size_t)(line.at - buffer->bytes);
}

void access_log_flush(struct access_log *log, struct access_buffer *buffer) {
    if (log == NULL || buffer->length == 0) {
        return;
    }
    (void)pthread_mutex_lock(&log->lock);
    size_t done = 0;
    while (done < buffer->length) {
        ssize_t wrote = write(log->file, buffer->bytes + done, buffer->length - done);
        if (wrote <= 0 && errno != EINTR) {
            break; /* a full disk must not end the service */
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    (void)pthread_mutex_unlock(&log->lock);
    buffer->length = 0;
}
