/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_ACCESS_H
#define CORE_ACCESS_H

#include "core/registry.h"

/* Finds out who holds `secret` (an API token or a registry token). LREG_UNAUTHENTICATED when it is unknown (code
 * "unknown_token"), mistyped ("malformed_token"), has ended ("expired_token", with the time in the message; *out is
 * then filled in all the same, so that an upload that it began can be recognised), or is a bearer, which is not all
 * that its holder is ("bearer_elsewhere"). Warm: no SQL. */
lreg_status core_authenticate(struct core *core, const char *secret, struct auth_principal *out, struct error *err);

/* Likewise of a bearer: its holder, who ends with it, and what was granted. Both decide, whoever asks: what the holder
 * may do, and what the bearer may do of that. */
lreg_status core_authenticate_bearer(struct core *core, const char *text, struct auth_principal *out,
                                     struct auth_bearer *out_bearer, struct error *err);

/* auth_decide() for a registry or (registry NULL) an organisation. */
lreg_status core_authorize(struct core *core, const struct auth_principal *principal, enum auth_action action,
                           const struct core_organization *organization, const struct core_registry *registry,
                           struct error *err);

#endif
