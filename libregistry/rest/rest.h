/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REST_REST_H
#define REST_REST_H

/* The management REST API, compatible with Buildkite's packages API, and the addresses for operating an instance. */

#include "surface/surface.h"

extern const struct surface surface_rest; /* /v2/packages/organizations/… */
extern const struct surface surface_operations; /* /-/health, /-/ready, /-/metrics */

#endif
