/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FORMATS_GZIP_H
#define FORMATS_GZIP_H

/* Writes one gzip member. Its bytes depend on its content alone: it has no name and no time. */

#include "base/strbuf.h"

#include <zlib.h>

/* Must not be moved between begin and end. */
struct alpine_gzip {
    const struct hooks *hooks;
    struct strbuf *out;
    z_stream stream;
};

/* Starts a member that is appended to `out`, which must outlive the writer. */
lreg_status alpine_gzip_begin(struct alpine_gzip *gzip, struct strbuf *out, struct error *err);
lreg_status alpine_gzip_write(struct alpine_gzip *gzip, const void *bytes, size_t length, struct error *err);
lreg_status alpine_gzip_finish(struct alpine_gzip *gzip, struct error *err);
void alpine_gzip_end(struct alpine_gzip *gzip); /* frees the writer; required also after a failed begin */

#endif
