/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_MOUNT_H
#define HTTP_MOUNT_H

/* Where in a server's paths we are. */

#include "base/text.h"

/* Whether a text may be a mount: empty, or a path of letters, digits, "-._~+@:" and percent escapes, that begins with a
 * slash, does not end with one, and has no empty segment and no segment of dots. An escape stands for no slash, no
 * backslash and no control character. */
bool mount_is_sound(const char *text);

/* What follows the mount in a path (maybe with a query): empty, or it begins with '/' or '?'. Escapes in both are
 * undone before they are compared. NULL when the path is not below the mount. */
const char *mount_take_off(const char *mount, const char *path);

#endif
