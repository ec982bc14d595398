/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_NAMES_H
#define ECOSYSTEMS_ALPINE_NAMES_H

/* Names, architectures and versions as they may stand in addresses and indexes. Pure functions on text. */

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>

#define ALPINE_NOARCH "noarch"
#define ALPINE_ARCHITECTURE_MAX 64 /* bytes */
#define ALPINE_NAME_VERSION_MAX 240 /* bytes of name-version: clients append to it and keep it as a file name */

/* [A-Za-z0-9][A-Za-z0-9._+-]* */
bool alpine_name_is_valid(const char *name);

/* [a-z0-9_-], 1 to ALPINE_ARCHITECTURE_MAX bytes, so never a path. */
bool alpine_architecture_is_valid(const char *architecture);

/* True for the architectures that apk itself has a name for. */
bool alpine_architecture_is_known(const char *architecture);

/* LREG_NOT_FOUND, "architecture_unknown": what a registry says of one that it has no index for. */
lreg_status alpine_architecture_unknown(struct error *err);

/* Whether a version can stand in an address: clients install invalid versions too (only their order is undefined), but
 * escape some characters in no way that could be undone. Weaker than alpine_version_is_valid(). */
bool alpine_version_is_addressable(const char *version);

/* All of the above for a package: LREG_UNPROCESSABLE with "bad_name", "bad_version" or "bad_architecture". */
lreg_status alpine_names_check(const char *name, const char *version, const char *architecture, struct error *err);

#endif
