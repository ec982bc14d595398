/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

/* Our way of using jansson: bounded parsing with errors for people, and rendering into our buffer. */

#include "base/strbuf.h"

#include <jansson.h>

/* Parses one JSON text (RFC 8259, an object or array at the top, no duplicate keys, nothing behind it). Deeper than
 * `max_depth` levels or malformed: LREG_BAD_ARGUMENT with the place; LREG_NO_MEMORY. jansson takes its memory from the
 * system, not from the hooks. `*out` is owned (json_decref). */
lreg_status json_parse(const char *bytes, size_t length, size_t max_depth, json_t **out, struct error *err);

/* Appends the compact text of `value`, slashes not escaped, UTF-8 kept; on failure the buffer's text is as before. A
 * NULL `value`, which is how building one fails, is LREG_NO_MEMORY. */
lreg_status json_render(const json_t *value, struct strbuf *out, struct error *err);

/* What json_render once wrote and the database kept, an object; an empty text is an empty one. Owned; NULL when memory
 * is out. */
json_t *json_stored(const char *text);

/* Borrowed text of a member; NULL when absent or not a string. */
const char *json_member_text(const json_t *object, const char *name);

#endif
