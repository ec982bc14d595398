/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_PACKAGE_INFO_H
#define ECOSYSTEMS_ALPINE_PACKAGE_INFO_H

/* The text of .PKGINFO, a package's description of itself. Pure. */

#include "base/arena.h"
#include "base/digest.h"

#define ALPINE_PACKAGE_INFO_MAX ((size_t)1024 * 1024) /* bytes of .PKGINFO */
#define ALPINE_INDEX_LINE_MAX \
    ((size_t)65535) /* bytes of a line of an index; clients give up on the whole index at 131,071 */

/* Texts are never NULL, are UTF-8, and have no NUL, line end or other control character except the tab. */
struct alpine_package_info {
    const char *name;
    const char *version;
    const char *architecture;
    const char *description;
    const char *url;
    const char *license;
    const char *origin;
    const char *maintainer;
    const char *commit;
    const char *depends; /* lists: words separated by one space, spelled as in indexes */
    const char *provides;
    const char *install_if;
    uint64_t installed_bytes;
    int64_t build_unix_s; /* 0 when not given */
    uint32_t provider_priority;
    uint8_t data_sha256[DIGEST_SHA256_BYTES];
};

/* Reads as apk does: what apk ignores is ignored here too. LREG_UNPROCESSABLE when the package must not be listed:
 * "missing_field", "bad_value", "bad_name", "bad_version", "bad_architecture", "bad_dependency", "bad_datahash",
 * "index_line_too_long". Texts live in the arena. */
lreg_status alpine_package_info_parse(const char *text, size_t length, struct arena *arena,
                                      struct alpine_package_info *out, struct error *err);

#endif
