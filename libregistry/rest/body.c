/* SPDX-License-Identifier: Apache-2.0 */

/* Reads what clients send: JSON objects and their members. */

#include "rest/rest_internal.h"

lreg_status rest_parse_object(struct call *call, const char *bytes, size_t length, const json_t *shown, json_t **out,
                              struct error *err) {
    lreg_status status = json_parse(bytes, length, core_limits_of(call->core)->max_json_depth, out, err);
    if (status == LREG_OK && !json_is_object(*out)) {
        status = error_set(err, LREG_BAD_ARGUMENT, "malformed_json", "the body must be a JSON object");
    }
    if (status == LREG_OK) {
        status = call_check_members(call, *out, shown, err);
    }
    if (status != LREG_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return status;
}
