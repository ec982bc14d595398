/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_ALPINE_ALPINE_H
#define ECOSYSTEMS_ALPINE_ALPINE_H

#include "core/ecosystem.h"

extern const struct core_ecosystem ecosystem_alpine;

#endif
