/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_FILES_FILENAME_H
#define ECOSYSTEMS_FILES_FILENAME_H

/* File names of generic files: what is allowed, and the form {BASENAME}-{SEMVER}.{EXT}. Pure functions on text. */

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>

#define FILENAME_MAX_BYTES 255

/* The last component of a name that a client may have sent as a path of its own system ("C:\x\app.zip",
 * "/tmp/app.zip"). */
const char *filename_last_component(const char *name);

/* UTF-8, 1 to FILENAME_MAX_BYTES bytes, no control character, slash or backslash, not "." or "..": LREG_UNPROCESSABLE
 * ("bad_filename") else. */
lreg_status filename_check(const char *name, struct error *err);

struct filename_parts {
    struct slice name; /* {BASENAME}; the whole file name when it is not of the form */
    struct slice version; /* {SEMVER}; empty when it is not of the form */
};

/*
 * Splits "my-app-1.0.0.tar.gz" into "my-app" and "1.0.0". {SEMVER} is a version by semver.org 2.0.0; {BASENAME}
 * letters, digits and '-' (strictly; '.' and '_' too when `lenient`); {EXT} one or more dot-separated words of letters
 * and digits. The first '-' from the left behind which a version fits ends the base name. Where an extension could be
 * read as part of the version ("1.0.0-beta.1.bin"), the version takes all but the last word; known double endings
 * (".tar.gz") stay together. Gives false when the name is not of the form.
 */
bool filename_split(const char *name, bool lenient, struct filename_parts *out);

/* The media type that the ending suggests; "application/octet-stream" when it suggests none. Static storage. */
const char *filename_media_type(const char *name);

#endif
