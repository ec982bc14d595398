/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

/*
 * The rules of a registry, in one place: organizations, registries, packages, tokens, audit. The REST API, the
 * ecosystems and the C API all call these functions; they decide access first, by core_authorize(). The way of bytes in
 * and out is in core/content/, upkeep in core/upkeep/.
 *
 * Threads: any thread may use a `struct core` at any time. Snapshots are immutable and reference-counted, may be shared
 * by threads, and may outlive the instance.
 */

#include "core/access.h"
#include "core/audit.h"
#include "core/document.h"
#include "core/instance/cache.h"
#include "core/instance/downloads.h"
#include "core/instance/instance.h"
#include "core/metrics.h"
#include "core/organization.h"
#include "core/package.h"
#include "core/registry.h"
#include "core/registry_key.h"
#include "core/token.h"

#endif
