/* SPDX-License-Identifier: Apache-2.0 */

/*
 * GET /v2/. Its answer decides how clients authenticate in all that follows. Without credentials it is a challenge,
 * even if everything is public. Any valid credential is accepted, whichever registry it is for.
 */

#include "ecosystems/oci/oci_internal.h"

/* The principal of an anonymous bearer also has the kind AUTH_NOBODY, but has an expiry. */
static bool has_credentials(const struct auth_principal *principal) {
    return principal->kind != AUTH_NOBODY || principal->expires_ms != 0;
}

lreg_status oci_api_check(struct call *call, struct error *err) {
    if (!has_credentials(&call->principal)) {
        return error_set(err, LREG_UNAUTHENTICATED, "authentication_required",
                         "ask the token endpoint for a token, with or without credentials");
    }
    lreg_status status = call_header(call, "Docker-Distribution-Api-Version", "registry/2.0", err);
    return status == LREG_OK ? call_respond_text(call, 200, "application/json; charset=utf-8", "{}", err) : status;
}
