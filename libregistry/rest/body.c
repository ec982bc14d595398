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

lreg_status rest_member_text(const json_t *object, const char *name, const char **out, struct error *err) {
    const json_t *member = json_object_get(object, name);
    if (member == NULL) {
        return LREG_OK;
    }
    if (!json_is_string(member)) {
        return error_set(err, LREG_UNPROCESSABLE, "wrong_type", "\"%s\" must be a string", name);
    }
    *out = json_string_value(member);
    return LREG_OK;
}

lreg_status rest_member_optional_text(const json_t *object, const char *name, const char **out, struct error *err) {
    if (json_is_null(json_object_get(object, name))) {
        *out = "";
        return LREG_OK;
    }
    return rest_member_text(object, name, out, err);
}

lreg_status rest_member_switch(const json_t *object, const char *name, int *out, struct error *err) {
    const json_t *member = json_object_get(object, name);
    if (member == NULL) {
        return LREG_OK;
    }
    if (!json_is_boolean(member)) {
        return error_set(err, LREG_UNPROCESSABLE, "wrong_type", "\"%s\" must be true or false", name);
    }
    *out = json_is_true(member) ? 1 : 0;
    return LREG_OK;
}
