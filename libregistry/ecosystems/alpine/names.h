/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_NAMES_H
#define ECOSYSTEMS_ALPINE_NAMES_H

/* Names, architectures and versions that may appear in addresses and indexes. Pure functions on text. */

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>

#define ALPINE_NOARCH "noarch"
#define ALPINE_ARCHITECTURE_MAX 64 /* bytes */
#define ALPINE_NAME_VERSION_MAX 240 /* bytes of name-version: clients use it, with a suffix, as a file name */

/* [A-Za-z0-9][A-Za-z0-9._+-]* */
bool alpine_name_is_valid(const char *name);

/* [a-z0-9_-], 1 to ALPINE_ARCHITECTURE_MAX bytes, so never a path. */
bool alpine_architecture_is_valid(const char *architecture);

/* True for the architectures that apk itself knows. */
bool alpine_architecture_is_known(const char *architecture);

/* Returns LREG_NOT_FOUND ("architecture_unknown"), for an architecture without an index. */
lreg_status alpine_architecture_unknown(struct error *err);

/* Whether a version can appear in an address. Clients install invalid versions too (only their order is undefined), but
 * cannot reliably escape some characters. Weaker than alpine_version_is_valid(). */
bool alpine_version_is_addressable(const char *version);

/* Checks all of the above for a package: LREG_UNPROCESSABLE with "bad_name", "bad_version" or "bad_architecture". */
lreg_status alpine_names_check(const char *name, const char *version, const char *architecture, struct error *err);

#endif
