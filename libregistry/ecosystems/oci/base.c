/* SPDX-License-Identifier: Apache-2.0 */

/*
 * GET /v2/: its answer settles how clients authenticate for everything that follows. Without credentials it is a
 * challenge, also where all is public; any credential that is valid here is welcome, whichever registry it is for.
 */

#include "ecosystems/oci/oci_internal.h"

/* A token of ours for nobody has an end; who sent nothing at all is nobody without one. */
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
