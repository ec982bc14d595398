/* SPDX-License-Identifier: Apache-2.0 */

/* The growing byte buffer. Every append goes through grow(), the only place that checks limits and allocates. */

#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_CAPACITY 64

void strbuf_init(struct strbuf *buffer, const struct hooks *hooks, size_t max_length) {
    /* At most SIZE_MAX - 1, so that there is always room for the NUL. */
    *buffer = (struct strbuf){.hooks = hooks, .max_length = max_length < SIZE_MAX ? max_length : SIZE_MAX - 1};
}

void strbuf_free(struct strbuf *buffer) {
    if (buffer == NULL || buffer->bytes == NULL) {
        return;
    }
    memory_release(buffer->hooks, buffer->bytes);
    buffer->bytes = NULL;
    buffer->length = 0;
    buffer->capacity = 0;
}

void strbuf_clear(struct strbuf *buffer) {
    strbuf_shorten(buffer, 0);
    buffer->status = LREG_OK;
}

/* The next capacity that holds `needed` bytes: doubled, but at most the maximum and its NUL. */
static size_t next_capacity(const struct strbuf *buffer, size_t needed) {
    size_t most = buffer->max_length + 1;
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : FIRST_CAPACITY;
    while (capacity < needed) {
        capacity = capacity <= most / 2 ? capacity * 2 : most;
    }
    return capacity < most ? capacity : most;
}

/* Makes room for `length` more bytes and a NUL. */
static bool grow(struct strbuf *buffer, size_t length) {
    if (buffer->status != LREG_OK) {
        return false;
    }
    if (length > buffer->max_length - buffer->length) {
        buffer->status = LREG_TOO_LARGE;
        return false;
    }
    size_t needed = buffer->length + length + 1;
    if (needed <= buffer->capacity) {
        return true;
    }
    size_t capacity = next_capacity(buffer, needed);
    char *bytes = memory_reallocate(buffer->hooks, buffer->bytes, capacity, 1);
    if (bytes == NULL) {
        buffer->status = LREG_NO_MEMORY;
        return false;
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    buffer->bytes[buffer->length] = '\0';
    return true;
}

char *strbuf_extend(struct strbuf *buffer, size_t length) {
    if (!grow(buffer, length)) {
        return NULL;
    }
    char *start = buffer->bytes + buffer->length;
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
    return start;
}

void strbuf_append(struct strbuf *buffer, const void *bytes, size_t length) {
    char *start = strbuf_extend(buffer, length);
    if (start != NULL && length > 0) {
        memcpy(start, bytes, length);
    }
}

void strbuf_append_text(struct strbuf *buffer, const char *text) {
    strbuf_append(buffer, text, text != NULL ? strlen(text) : 0);
}

void strbuf_append_char(struct strbuf *buffer, char character) {
    strbuf_append(buffer, &character, 1);
}

void strbuf_append_format(struct strbuf *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int needed = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (needed < 0) {
        /* Longer than INT_MAX: formats without wide characters cannot fail otherwise. */
        buffer->status = buffer->status == LREG_OK ? LREG_TOO_LARGE : buffer->status;
        return;
    }
    size_t length = (size_t)needed;
    char *start = strbuf_extend(buffer, length);
    if (start == NULL) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(start, length + 1, format, arguments);
    va_end(arguments);
}

void strbuf_shorten(struct strbuf *buffer, size_t length) {
    if (length <= buffer->length && buffer->bytes != NULL) {
        buffer->length = length;
        buffer->bytes[length] = '\0';
    }
}

lreg_status strbuf_status(const struct strbuf *buffer, struct error *err) {
    if (buffer->status == LREG_OK) {
        return LREG_OK;
    }
    if (buffer->status == LREG_NO_MEMORY) {
        return error_no_memory(err);
    }
    return error_set(err, buffer->status, "", "text is longer than its limit of %zu bytes", buffer->max_length);
}

char *strbuf_detach(struct strbuf *buffer, size_t *out_length) {
    if (!grow(buffer, 0)) {
        return NULL;
    }
    char *bytes = buffer->bytes;
    if (out_length != NULL) {
        *out_length = buffer->length;
    }
    buffer->bytes = NULL;
    buffer->length = 0;
    buffer->capacity = 0;
    return bytes;
}

const char *strbuf_text(const struct strbuf *buffer) {
    return buffer->bytes != NULL ? buffer->bytes : "";
}
