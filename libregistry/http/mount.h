/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_MOUNT_H
#define HTTP_MOUNT_H

/* Mounts: the path under which a server serves the library. */

#include "base/text.h"

/* Whether a text is a valid mount: empty, or a path of letters, digits, "-._~+@:" and percent escapes that begins with
 * a slash, does not end with one, and has no empty segment and no segment "." or "..". Escapes of slashes, backslashes
 * and control characters are not allowed. False for NULL. */
bool mount_is_sound(const char *text);

/* The part of a path, which may have a query, after the mount: empty, or it begins with '/' or '?'. Escapes in both are
 * decoded for the comparison. NULL when the path is not below the mount. */
const char *mount_take_off(const char *mount, const char *path);

#endif
