/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_APK_BUILDER_H
#define SUPPORT_APK_BUILDER_H

/*
 * Builds Alpine packages byte by byte, without code of the library that reads them: tar headers, gzip members of stored
 * blocks, SHA-256. Ends the test program when memory is out.
 */

#include <stddef.h>
#include <stdint.h>

struct apk_bytes {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
};

void apk_append(struct apk_bytes *out, const void *bytes, size_t length);
void apk_free(struct apk_bytes *bytes);

/* A ustar header, the contents and their padding. */
void apk_tar_entry(struct apk_bytes *out, const char *name, char type, const void *content, size_t length);
void apk_tar_end(struct apk_bytes *out); /* the two zero blocks */

/* One gzip member with all of `content`. */
void apk_gzip(struct apk_bytes *out, const struct apk_bytes *content);
/* The same, with repeated bytes compressed: 158 to 1 at most. */
void apk_gzip_runs(struct apk_bytes *out, const struct apk_bytes *content);

void apk_sha256(const void *bytes, size_t length, uint8_t out[32]);

/* The content of a package. NULL and 0 select the defaults. */
struct apk_recipe {
    const char *name; /* "hello" */
    const char *version; /* "1.0-r0" */
    const char *architecture; /* "x86_64" */
    const char *more; /* further lines of .PKGINFO */
    const char *info; /* the whole .PKGINFO, where "@" stands for the datahash */
    const char *control_name; /* ".PKGINFO" */
    const void *content; /* of its one file */
    size_t content_length;
    int has_no_files;
    int packs_runs; /* the data by apk_gzip_runs() */
};

void apk_build(struct apk_bytes *out, const struct apk_recipe *recipe);

#endif
