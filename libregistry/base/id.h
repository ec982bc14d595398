/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ID_H
#define BASE_ID_H

/* Identifiers: UUID version 7 (RFC 9562 section 5.7) in lower-case text, and slugs. */

#include "base/memory.h"

#define ID_TEXT 37 /* with NUL */

/* A new UUIDv7 from the instance's clock and randomness. */
lreg_status id_new(const struct hooks *hooks, char out[ID_TEXT], struct error *err);
/* The same for a time that the caller has read already. */
lreg_status id_new_at(const struct hooks *hooks, int64_t now_ms, char out[ID_TEXT], struct error *err);
/* Makes a new UUIDv7 sort after `last`. When it does not, because both are of one millisecond or the clock was set
 * back, it is replaced by one that follows `last` at a random distance (RFC 9562 section 6.2, method 2). Does nothing
 * when `last` is not a UUIDv7, such as "". */
void id_put_behind(char id[ID_TEXT], const char *last);
/* A new UUIDv4, which cannot be guessed: it has 122 random bits. */
lreg_status id_new_secret(const struct hooks *hooks, char out[ID_TEXT], struct error *err);

bool id_is_valid(const char *text); /* the lower-case 8-4-4-4-12 form, any version */

#define SLUG_MAX 100 /* bytes */

/* Makes a slug of a name: ASCII letters become lower case, digits are kept, and each run of other bytes becomes one
 * '-', except at the ends. Empty when nothing is left. "My Alpine packages" becomes "my-alpine-packages". */
void slug_from_name(const char *name, char out[SLUG_MAX + 1]);

/* Groups of [a-z0-9] separated by single '-', 1 to SLUG_MAX bytes. */
bool slug_is_valid(const char *slug);

#endif
