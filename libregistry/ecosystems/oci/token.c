/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The token endpoint: credentials in, a short-lived bearer token out. The token stands for its holder, and each
 * request that comes with it is decided anew; so the scopes that clients ask for change nothing. Nobody gets one for
 * nobody.
 */

#include "ecosystems/oci/oci_internal.h"

#include "base/clock.h"

#include <string.h>

#define FORM_BYTES_MAX ((size_t)16 * 1024)

static lreg_status respond(struct call *call, const char *bearer, int64_t now_ms, int64_t end_ms, struct error *err) {
    char issued[CLOCK_ISO_TEXT];
    clock_format_iso(now_ms, issued);
    json_t *document = json_pack("{s:s, s:s, s:I, s:s}", "token", bearer, "access_token", bearer, "expires_in",
                                 (json_int_t)((end_ms - now_ms) / 1000), "issued_at", issued);
    if (document == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = call_header(call, "Cache-Control", "no-store", err);
    if (status == LREG_OK) {
        status = call_respond_json(call, 200, document, err);
    }
    json_decref(document);
    return status;
}

static lreg_status issue(struct call *call, const struct auth_principal *principal, struct error *err) {
    char bearer[AUTH_BEARER_TEXT];
    int64_t now_ms = hooks_now_ms(call->hooks);
    int64_t end_ms = now_ms + core_limits_of(call->core)->bearer_lifetime_ms;
    if (principal->expires_ms != 0 && principal->expires_ms < end_ms) {
        end_ms = principal->expires_ms;
    }
    lreg_status status = auth_bearer_issue(core_keys(call->core), principal, end_ms, bearer, err);
    if (status == LREG_OK) {
        status = respond(call, bearer, now_ms, end_ms, err);
    }
    memory_wipe(bearer, sizeof bearer);
    return status;
}

/* Credentials are those of the request's Authorization, which were looked at on the way here. */
lreg_status oci_token_get(struct call *call, struct error *err) {
    return issue(call, &call->principal, err);
}

/* --- The form of RFC 6749, which some clients try first --- */

struct form {
    struct url_parameter *parameters;
    size_t count;
};

static const char *form_value(const struct form *form, const char *name) {
    for (size_t i = 0; i < form->count; i++) {
        if (text_equals(form->parameters[i].name, name)) {
            return form->parameters[i].value;
        }
    }
    return NULL;
}

/* Our own copies of what the form held, in the arena. */
static void wipe(const struct form *form) {
    for (size_t i = 0; i < form->count; i++) {
        char *value = (char *)form->parameters[i].value;
        memory_wipe(value, strlen(value));
    }
}

static lreg_status find_secret(const struct form *form, const char **out, struct error *err) {
    const char *type = form_value(form, "grant_type");
    bool is_password = text_equals(type, "password");
    if (type != NULL && !is_password && !text_equals(type, "refresh_token")) {
        return error_set(err, LREG_UNSUPPORTED, "bad_grant",
                         "the grant type is not known: password and refresh_token are");
    }
    *out = form_value(form, type == NULL || is_password ? "password" : "refresh_token");
    return LREG_OK;
}

static lreg_status issue_by_form(struct call *call, const struct form *form, struct error *err) {
    struct auth_principal principal = call->principal;
    const char *secret = NULL;
    lreg_status status = find_secret(form, &secret, err);
    if (status == LREG_OK && secret != NULL && secret[0] != '\0') {
        status = core_authenticate(call->core, secret, &principal, err);
    }
    return status == LREG_OK ? issue(call, &principal, err) : status;
}

static lreg_status form_collected(struct call *call, void *user, const char *bytes, size_t length, struct error *err) {
    (void)user;
    struct form form = {NULL, 0};
    if (memchr(bytes, '\0', length) != NULL) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_form", "the form holds a NUL");
    }
    lreg_status status = url_parse_parameters(bytes, call->arena, &form.parameters, &form.count, err);
    if (status == LREG_OK) {
        status = issue_by_form(call, &form, err);
        wipe(&form);
    }
    memory_wipe((char *)bytes, length); /* collected for us, and ours to write to until it is freed */
    return status;
}

lreg_status oci_token_post(struct call *call, struct error *err) {
    const char *content_type = headers_find(&call->headers, "Content-Type");
    const char *type = content_type != NULL ? header_media_type(content_type, call->arena) : NULL;
    if (call->has_body && !text_equals(type, "application/x-www-form-urlencoded")) {
        return error_set(err, LREG_UNSUPPORTED, "bad_form",
                         "the body is to be a form, application/x-www-form-urlencoded");
    }
    return call_collect_body(call, FORM_BYTES_MAX, form_collected, NULL, err);
}
