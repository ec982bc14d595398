/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

/* JSON by jansson: bounded parsing with readable errors, and rendering into a strbuf. */

#include "base/strbuf.h"

#include <jansson.h>

/* Parses one JSON text (RFC 8259): an object or array at the top, no duplicate keys, nothing after it.
 * LREG_BAD_ARGUMENT, with the place in the message, when it is malformed or deeper than `max_depth` levels;
 * LREG_NO_MEMORY. jansson takes its memory from the system, not from the hooks. The caller owns `*out`
 * (json_decref). */
lreg_status json_parse(const char *bytes, size_t length, size_t max_depth, json_t **out, struct error *err);

/* Appends the compact text of `value`. Slashes and UTF-8 are not escaped. On failure the buffer's text is unchanged.
 * LREG_NO_MEMORY also when `value` is NULL, because that is how building one fails. */
lreg_status json_render(const json_t *value, struct strbuf *out, struct error *err);

/* Parses an object that json_render() wrote to the database; an empty text is an empty object. The caller owns it. NULL
 * when out of memory, and when the text is malformed. */
json_t *json_stored(const char *text);

/* Borrowed text of a member; NULL when absent or not a string. */
const char *json_member_text(const json_t *object, const char *name);

/* Reads a member that must be a string: borrowed from the object. When it is absent, *out is unchanged.
 * LREG_UNPROCESSABLE ("wrong_type") for other types, and for null: it would look like a request to remove the text,
 * which cannot be removed. */
lreg_status json_read_text(const json_t *object, const char *name, const char **out, struct error *err);
/* The same, but null removes the text: *out is "". */
lreg_status json_read_optional_text(const json_t *object, const char *name, const char **out, struct error *err);
/* Reads a member that must be true or false, as 1 or 0. When it is absent, *out is unchanged. LREG_UNPROCESSABLE for
 * other types. */
lreg_status json_read_switch(const json_t *object, const char *name, int *out, struct error *err);

#endif
