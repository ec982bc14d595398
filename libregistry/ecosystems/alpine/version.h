/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_VERSION_H
#define ECOSYSTEMS_ALPINE_VERSION_H

/* Version numbers of apk: NUMBER(.NUMBER)*[a-z]?(_SUFFIX NUMBER?)*(~HEX)?(-rNUMBER)?, as apk 3 reads them. Pure. */

#include "base/text.h"

#include <stdbool.h>

bool alpine_version_is_valid(struct slice version);

/* Below 0 when `a` is older, 0 when equal ("1" and "01" are), above 0 when newer. A version that is invalid from some
 * point on counts as a little older than one that ends there. */
int alpine_version_compare(struct slice a, struct slice b);

#endif
