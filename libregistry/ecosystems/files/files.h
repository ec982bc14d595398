/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_FILES_FILES_H
#define ECOSYSTEMS_FILES_FILES_H

#include "core/ecosystem.h"

extern const struct core_ecosystem ecosystem_files;

#endif
