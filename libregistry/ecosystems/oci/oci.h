/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECOSYSTEMS_OCI_OCI_H
#define ECOSYSTEMS_OCI_OCI_H

#include "core/ecosystem.h"

extern const struct core_ecosystem ecosystem_container;

#endif
