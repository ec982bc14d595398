/* SPDX-License-Identifier: Apache-2.0 */

/* The ecosystems that the instance was opened with. */

#include "core/ecosystem.h"

#include "core/instance/state.h"

#include <string.h>

const struct core_ecosystem *core_ecosystem_find(const struct core *core, const char *name) {
    if (core->ecosystems == NULL || name == NULL) {
        return NULL;
    }
    for (size_t i = 0; core->ecosystems[i] != NULL; i++) {
        if (strcmp(core->ecosystems[i]->name, name) == 0) {
            return core->ecosystems[i];
        }
    }
    return NULL;
}
