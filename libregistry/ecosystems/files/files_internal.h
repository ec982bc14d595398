/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_FILES_FILES_INTERNAL_H
#define ECOSYSTEMS_FILES_FILES_INTERNAL_H

#include "ecosystems/files/files.h"
#include "surface/surface.h"

/* GET /{organization}/{registry}/files/{filename} */
extern const struct surface surface_files;

#endif
