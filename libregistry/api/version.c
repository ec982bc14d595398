/* SPDX-License-Identifier: Apache-2.0 */

/* The version of the library, and what this build of it has. */

#include <libregistry/abi.h>

#include "base/text.h"
#include "ecosystems/table.h"

const char *lreg_version_string(void) {
    return LREG_VERSION_STRING;
}

int32_t lreg_version_number(void) {
    return LREG_VERSION_NUMBER;
}

lreg_bool lreg_has_feature(const char *name) {
    static const char prefix[] = "ecosystem-";
    if (name == NULL || !slice_starts_with(slice_of(name), prefix)) {
        return 0;
    }
    for (size_t i = 0; ecosystem_table[i] != NULL; i++) {
        if (text_equals(name + sizeof prefix - 1, ecosystem_table[i]->name)) {
            return 1;
        }
    }
    return 0;
}
