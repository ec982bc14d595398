/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_HEADERS_H
#define HTTP_HEADERS_H

/* An ordered list of header fields (RFC 9110 section 5). Names compare without case. Strings live in the arena. */

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

/* Adds a field; name and value are copied. LREG_BAD_ARGUMENT ("bad_header") when the name is not a token (RFC 9110
 * section 5.6.2) or the value contains CR or LF. Blanks around the value are removed. */
lreg_status headers_add(struct headers *headers, const char *name, const char *value, struct error *err);
lreg_status headers_add_format(struct headers *headers, struct error *err, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Replaces all fields of that name with one. */
lreg_status headers_set(struct headers *headers, const char *name, const char *value, struct error *err);

/* The value of the first field of that name; NULL when absent. */
const char *headers_find(const struct headers *headers, const char *name);

/* How many fields have that name. */
size_t headers_count(const struct headers *headers, const char *name);

/* Iterates over the list members of all fields of that name, as if they were joined by commas (RFC 9110 section 5.3).
 * Commas in quoted strings do not separate. Start with a zeroed `*position`; false at the end. */
struct header_position {
    size_t field;
    size_t offset;
};
bool headers_next_member(const struct headers *headers, const char *name, struct header_position *position,
                         struct slice *out);

/* For values such as "type/subtype; a=b; c=\"d\"": the part before the first ';', trimmed and in lower case, and the
 * value of a parameter. NULL when it is malformed or absent, when the parameter occurs twice, and when out of memory.
 * The result lives in the arena. */
const char *header_media_type(const char *value, struct arena *arena);
const char *header_parameter(const char *value, const char *name, struct arena *arena);

/* The quality, 0 to 1000, that Accept fields give to "type/subtype" (RFC 9110 section 12.5.1). 1000 when no field has a
 * well-formed range. */
unsigned headers_accept_quality(const struct headers *headers, const char *type, const char *subtype);

/* The Content-Disposition value "attachment; filename=…; filename*=…" (RFC 6266) for any UTF-8 name; NULL when out of
 * memory. */
char *header_content_disposition(const char *filename, struct arena *arena);

/* The file name of a Content-Disposition value. filename* (RFC 8187, UTF-8 only) takes precedence over filename (quoted
 * or token). As browsers and curl write it in form data (RFC 7578), \" and %22 are both decoded. NULL when there is no
 * file name, or when the value is malformed. */
const char *header_disposition_filename(const char *value, struct arena *arena);

#endif
