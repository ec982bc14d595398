/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_PACKAGE_INFO_H
#define ECOSYSTEMS_ALPINE_PACKAGE_INFO_H

/* The text of .PKGINFO: what a package says of itself. Pure. */

#include "base/arena.h"
#include "base/digest.h"

#define ALPINE_PACKAGE_INFO_MAX ((size_t)1024 * 1024) /* bytes of .PKGINFO */
#define ALPINE_INDEX_LINE_MAX \
    ((size_t)65535) /* bytes of a line of an index; clients give up on the whole index at 131,071 */

/* Texts are never NULL, have no NUL, line end or other control character but the tab, and are UTF-8. */
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
    const char *depends; /* lists: words parted by one blank, in the spelling of indexes */
    const char *provides;
    const char *install_if;
    uint64_t installed_bytes;
    int64_t build_unix_s; /* 0 when not given */
    uint32_t provider_priority;
    uint8_t data_sha256[DIGEST_SHA256_BYTES];
};

/* Reads as apk does: what apk does not see is not seen here either. LREG_UNPROCESSABLE when a package of this kind
 * must not be listed: "missing_field", "bad_value", "bad_name", "bad_version", "bad_architecture", "bad_dependency",
 * "bad_datahash", "index_line_too_long". Texts live in the arena. */
lreg_status alpine_package_info_parse(const char *text, size_t length, struct arena *arena,
                                      struct alpine_package_info *out, struct error *err);

#endif
