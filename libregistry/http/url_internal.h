/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_URL_INTERNAL_H
#define HTTP_URL_INTERNAL_H

/* Percent-decoding (RFC 3986 section 2.1), shared by targets, forms and file names. */

#include "base/text.h"

/* Decodes `text` into `out`, which has room for text.length bytes and a NUL. False for a '%' without two hexadecimal
 * digits. The caller checks the decoded bytes. */
bool url_decode(struct slice text, bool plus_is_blank, char *out, size_t *out_length);

#endif
