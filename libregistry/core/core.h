/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

/*
 * The rules of a registry, once: organizations, registries, packages, tokens, audit. The REST API, the ecosystems and
 * the C API all call these functions; access is decided before, by core_authorize(). The way of bytes in and out is in
 * core/content/, upkeep in core/upkeep/.
 *
 * Threads: everything on `struct core` from any, at once. Snapshots are immutable, counted, may be shared by threads,
 * and may outlive the instance.
 */

#include "core/access.h"
#include "core/audit.h"
#include "core/document.h"
#include "core/instance/cache.h"
#include "core/instance/downloads.h"
#include "core/instance/instance.h"
#include "core/organization.h"
#include "core/package.h"
#include "core/registry.h"
#include "core/registry_key.h"
#include "core/token.h"

#endif
