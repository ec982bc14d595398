/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_FILES_FILENAME_H
#define ECOSYSTEMS_FILES_FILENAME_H

/* File names of generic files: what is allowed, and the form {BASENAME}-{SEMVER}.{EXT}. Pure functions on text. */

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>

#define FILENAME_MAX_BYTES 255

/* The last component of a name that a client may have sent as a path of its system ("C:\x\app.zip", "/tmp/app.zip"). */
const char *filename_last_component(const char *name);

/* Requires UTF-8, 1 to FILENAME_MAX_BYTES bytes, no control character, slash or backslash, and not "." or "..".
 * LREG_UNPROCESSABLE ("bad_filename"). */
lreg_status filename_check(const char *name, struct error *err);

struct filename_parts {
    struct slice name; /* {BASENAME}; the whole file name when it does not have the form */
    struct slice version; /* {SEMVER}; empty when the name does not have the form */
};

/*
 * Splits "my-app-1.0.0.tar.gz" into "my-app" and "1.0.0". {SEMVER} is a version of semver.org 2.0.0; {BASENAME} has
 * letters, digits and '-' ('.' and '_' too when `lenient`); {EXT} is one or more words of letters and digits, separated
 * by dots. The base name ends at the first '-' that a version follows. Where an extension could be read as part of the
 * version ("1.0.0-beta.1.bin"), the version takes all but the last word; known double extensions (".tar.gz") stay
 * together. Returns false when the name does not have the form.
 */
bool filename_split(const char *name, bool lenient, struct filename_parts *out);

/* The media type for the ending; "application/octet-stream" for an unknown ending. Static storage. */
const char *filename_media_type(const char *name);

#endif
