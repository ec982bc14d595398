/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

/* Text without locale: ASCII classes, comparison, strict numbers, UTF-8. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes, not NUL-terminated. */
struct slice {
    const char *bytes;
    size_t length;
};

struct slice slice_of(const char *text); /* an empty slice for NULL */
bool slice_equals(struct slice a, const char *text);
bool slice_equals_ignoring_case(struct slice a, const char *text); /* ASCII only */
bool slice_starts_with(struct slice a, const char *prefix);
struct slice slice_trim(struct slice a); /* removes blanks and tabs at both ends (HTTP's OWS) */

/* Returns the part before the first `separator` and sets *rest to the part after it; without a separator, returns all
 * of *rest and leaves it empty. */
struct slice slice_cut(struct slice *rest, char separator);

bool text_equals_ignoring_case(const char *a, const char *b); /* ASCII only */
bool text_equals(const char *a, const char *b); /* NULL equals only NULL */
bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);

bool char_is_digit(char c);
bool char_is_alpha(char c);
bool char_is_alphanumeric(char c);
char char_to_lower(char c);

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool text_is_utf8(const char *bytes, size_t length);

/* True when the text contains a control character of Unicode: U+0000 to U+001F, U+007F to U+009F. It need not be
 * UTF-8. */
bool text_has_control(const char *bytes, size_t length);
/* The same, except for the bytes of `allowed`, such as "\n\t". */
bool text_has_control_beside(const char *bytes, size_t length, const char *allowed);

/* The length of the longest prefix of at most `max` bytes that does not cut a UTF-8 sequence. */
size_t text_utf8_prefix(const char *bytes, size_t length, size_t max);

/* Makes any bytes one line of valid UTF-8 of the same length: control characters (as above) and bytes that are not part
 * of a well-formed sequence become '?'. */
void text_make_printable(char *bytes, size_t length);

/* Parses one or more decimal digits, without sign and blanks. On other bytes and on overflow it returns false and
 * leaves *out unchanged. */
bool text_parse_u64(struct slice digits, uint64_t *out);

#endif
