/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_DEPENDENCY_H
#define ECOSYSTEMS_ALPINE_DEPENDENCY_H

/* One word of a dependency list: [!]name[operator version]. Pure. */

#include "base/strbuf.h"
#include "base/text.h"

#define ALPINE_DEPENDENCY_MAX 255 /* bytes; a longer one would damage the database of clients that install it */

enum alpine_dependency_role {
    ALPINE_DEPENDS, /* also install_if: an invalid version makes the package impossible to install */
    ALPINE_PROVIDES /* clients warn of an invalid version, and real packages have them */
};

/* Appends the word in the spelling of indexes ("==" is "=", "~=" and "=~" are "~"). LREG_UNPROCESSABLE
 * ("bad_dependency"). A failure of the buffer stays in the buffer. */
lreg_status alpine_dependency_append(struct strbuf *out, struct slice word, enum alpine_dependency_role role,
                                     struct error *err);

#endif
