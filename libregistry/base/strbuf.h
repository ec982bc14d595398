/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

/*
 * A growing byte buffer, created with its maximum. Errors are sticky: a failed append leaves the buffer unchanged, and
 * every later append fails too. So a writer can ignore the results and call strbuf_status() once at the end.
 */

#include "base/memory.h"

struct strbuf {
    const struct hooks *hooks;
    char *bytes; /* NUL-terminated; NULL before the first append */
    size_t length; /* without the NUL */
    size_t capacity;
    size_t max_length;
    lreg_status status; /* LREG_OK, LREG_NO_MEMORY or LREG_TOO_LARGE */
};

void strbuf_init(struct strbuf *buffer, const struct hooks *hooks, size_t max_length);
void strbuf_free(struct strbuf *buffer);
void strbuf_clear(struct strbuf *buffer); /* empties it, keeps its memory, and sets the status to LREG_OK */

/* The source must not be in the buffer itself, which may move. A NULL text appends nothing. */
void strbuf_append(struct strbuf *buffer, const void *bytes, size_t length);
void strbuf_append_text(struct strbuf *buffer, const char *text);
void strbuf_append_char(struct strbuf *buffer, char character);
void strbuf_append_format(struct strbuf *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends `length` bytes, which the caller fills in. NULL when the buffer has failed. */
char *strbuf_extend(struct strbuf *buffer, size_t length);

void strbuf_shorten(struct strbuf *buffer, size_t length); /* `length` is at most the current one */

lreg_status strbuf_status(const struct strbuf *buffer, struct error *err); /* sets err when the buffer has failed */

/* Moves the bytes to the caller, who owns them (memory_release), and leaves an empty buffer; "" when nothing was
 * appended. NULL when the buffer has failed or when out of memory; strbuf_status() then says which, and the buffer
 * keeps its bytes. `out_length` may be NULL. */
char *strbuf_detach(struct strbuf *buffer, size_t *out_length);

const char *strbuf_text(const struct strbuf *buffer); /* never NULL; borrowed until the next append */

#endif
