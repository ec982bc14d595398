/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_TABLE_H
#define ECOSYSTEMS_TABLE_H

#include "core/ecosystem.h"

/* All ecosystems of this build, terminated by NULL. */
extern const struct core_ecosystem *const ecosystem_table[];

#endif
