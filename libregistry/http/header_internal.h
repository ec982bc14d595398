/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_HEADER_INTERNAL_H
#define HTTP_HEADER_INTERNAL_H

/* The grammar of field values (RFC 9110 section 5.6), shared by the files that parse them. */

#include "base/arena.h"
#include "base/text.h"

bool header_is_token(struct slice text); /* RFC 9110 section 5.6.2 */

/* One parameter (RFC 9110 section 5.6.6). A quoted `value` is the text between the quotes, with its escapes. */
struct header_parameter {
    struct slice name;
    struct slice value;
    bool is_quoted;
};

enum header_step {
    HEADER_STEP_FOUND,
    HEADER_STEP_END,
    HEADER_STEP_MALFORMED
};

/* Takes the next parameter from *rest, which is empty or begins with a ';'. An unquoted value may contain any visible
 * character or byte above ASCII except for '"', ';', ',' and '\': clients send boundaries and file names that way. */
enum header_step header_next_parameter(struct slice *rest, struct header_parameter *out);

/* A Content-Disposition value (RFC 6266 section 4.1, RFC 7578 section 4.2). */
struct header_disposition {
    struct slice type; /* borrowed from the value */
    const char *name; /* NULL when absent; in the arena */
    const char *filename; /* filename*, or else filename; NULL when absent; in the arena */
};

/* LREG_BAD_ARGUMENT ("bad_disposition") when the value is malformed, when a parameter occurs twice, and when a name has
 * control characters or is not UTF-8; LREG_NO_MEMORY. */
lreg_status header_parse_disposition(const char *value, struct arena *arena, struct header_disposition *out,
                                     struct error *err);

#endif
