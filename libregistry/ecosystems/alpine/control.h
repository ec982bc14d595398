/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_CONTROL_H
#define ECOSYSTEMS_ALPINE_CONTROL_H

/* Reads a tar segment that comes before the data: signatures, or the control data
 * with .PKGINFO. Pure, by libarchive. */

#include "base/strbuf.h"

struct alpine_control {
    bool is_signature; /* only signatures; there is then no .PKGINFO */
    struct strbuf package_info; /* the bytes of .PKGINFO; freed by the caller, also after a failure */
};

/* `segment` has passed a struct alpine_tar_walk. LREG_UNPROCESSABLE: "bad_tar", "bad_control", "no_pkginfo". */
lreg_status alpine_control_read(const struct hooks *hooks, const void *segment, size_t length,
                                struct alpine_control *out, struct error *err);

#endif
