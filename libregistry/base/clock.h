/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* Points in time (milliseconds since the epoch, UTC) as text, independent of locale and time zone. */

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_ISO_TEXT 25 /* "2026-11-21T03:04:05.678Z" with NUL */
#define CLOCK_HTTP_TEXT 30 /* "Sat, 21 Nov 2026 03:04:05 GMT" with NUL */

void clock_format_iso(int64_t unix_ms, char out[CLOCK_ISO_TEXT]); /* RFC 3339 */
void clock_format_http(int64_t unix_ms, char out[CLOCK_HTTP_TEXT]); /* RFC 9110 section 5.6.7, IMF-fixdate */

/* All three forms of RFC 9110 section 5.6.7. False when malformed. */
bool clock_parse_http(const char *text, int64_t *out_unix_ms);

/* Nanoseconds since a fixed moment, for measuring durations within one process. The clock of the system, not that of
 * the host: nothing is decided by it. */
int64_t clock_monotonic_ns(void);

#endif
