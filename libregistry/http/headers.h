/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_HEADERS_H
#define HTTP_HEADERS_H

/* A list of header fields in order (RFC 9110 section 5). Names compare without case. Strings live in the arena. */

#include "base/arena.h"
#include "base/text.h"

struct header {
    const char *name;
    const char *value;
};

struct headers {
    struct arena *arena;
    struct header *fields;
    size_t count;
    size_t capacity;
};

void headers_init(struct headers *headers, struct arena *arena);

/* Adds a field. The name must be a token (RFC 9110 section 5.6.2), the value without CR, LF and NUL: LREG_BAD_ARGUMENT
 * with code "bad_header" else. Blanks around the value are removed. Both are copied. */
lreg_status headers_add(struct headers *headers, const char *name, const char *value, struct error *err);
lreg_status headers_add_format(struct headers *headers, struct error *err, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Replaces all fields of that name by one. */
lreg_status headers_set(struct headers *headers, const char *name, const char *value, struct error *err);

/* First value; NULL when absent. */
const char *headers_find(const struct headers *headers, const char *name);

/* How many fields have that name. */
size_t headers_count(const struct headers *headers, const char *name);

/* Iterates over the members of all fields of that name, as if they were joined by commas (RFC 9110 section 5.3; quoted
 * strings are respected). Start with zeroed `*position`; false at the end. */
struct header_position {
    size_t field;
    size_t offset;
};
bool headers_next_member(const struct headers *headers, const char *name, struct header_position *position,
                         struct slice *out);

/* Splits "type/subtype; a=b; c=\"d\"": gives the part before the first ';' trimmed, in lower case, and looks a
 * parameter up. NULL when malformed, absent or there twice, or when memory is out. Result lives in the arena. */
const char *header_media_type(const char *value, struct arena *arena);
const char *header_parameter(const char *value, const char *name, struct arena *arena);

/* The quality 0..1000 that Accept fields give to "type/subtype" (RFC 9110 section 12.5.1); 1000 without the field. */
unsigned headers_accept_quality(const struct headers *headers, const char *type, const char *subtype);

/* A Content-Disposition value, "attachment; filename=…; filename*=…" (RFC 6266) for any UTF-8 name. */
char *header_content_disposition(const char *filename, struct arena *arena);

/* The file name of a Content-Disposition value: filename* (RFC 8187, UTF-8 only) before filename (quoted or token); in
 * multipart form data as browsers and curl write it (RFC 7578, with \" and %22 both undone). NULL when there is
 * none or the value is malformed. */
const char *header_disposition_filename(const char *value, struct arena *arena);

#endif
