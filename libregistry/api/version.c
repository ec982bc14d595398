/* SPDX-License-Identifier: Apache-2.0 */

/* The version of the library. */

#include <libregistry/abi.h>

const char *lreg_version_string(void) {
    return LREG_VERSION_STRING;
}

int32_t lreg_version_number(void) {
    return LREG_VERSION_MAJOR * 1000000 + LREG_VERSION_MINOR * 1000 + LREG_VERSION_PATCH;
}
