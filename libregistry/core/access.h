/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_ACCESS_H
#define CORE_ACCESS_H

#include "core/registry.h"

/* Finds the principal that holds `secret` (an API token or a registry token). LREG_UNAUTHENTICATED when the secret is
 * unknown ("unknown_token"), mistyped ("malformed_token"), expired ("expired_token", with the time in the message;
 * `*out` is filled in nevertheless, so that an upload that it began can be recognized), or a bearer, which only has a
 * part of its holder's rights ("bearer_elsewhere"). Warm: no SQL. */
lreg_status core_authenticate(struct core *core, const char *secret, struct auth_principal *out, struct error *err);

/* The same for a bearer: returns its holder and what was granted. The bearer is valid only as long as its holder. The
 * caller must check both: what the holder may do, and which part of that the bearer may do. */
lreg_status core_authenticate_bearer(struct core *core, const char *text, struct auth_principal *out,
                                     struct auth_bearer *out_bearer, struct error *err);

/* LREG_UNAUTHENTICATED ("unknown_token") when the token of the principal was deleted since. Its expiry does not matter
 * here: what began in time may end. Warm: no SQL. */
lreg_status core_check_holder(struct core *core, const struct auth_principal *principal, struct error *err);

/* auth_decide() for a registry or (registry NULL) an organization. */
lreg_status core_authorize(struct core *core, const struct auth_principal *principal, enum auth_action action,
                           const struct core_organization *organization, const struct core_registry *registry,
                           struct error *err);

#endif
