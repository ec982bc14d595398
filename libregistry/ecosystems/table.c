/* SPDX-License-Identifier: Apache-2.0 */

/* The list of ecosystems. A new one is a line here. */

#include "ecosystems/table.h"

#include "ecosystems/alpine/alpine.h"
#include "ecosystems/files/files.h"
#include "ecosystems/oci/oci.h"

const struct core_ecosystem *const ecosystem_table[] = {
    &ecosystem_files,
    &ecosystem_alpine,
    &ecosystem_container,
    NULL,
};
