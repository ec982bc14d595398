/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The token endpoint: credentials in, a short-lived bearer out (distribution, "Token Authentication Specification").
 * The bearer holds the actions that were requested and are permitted now, by repository. Each request with it is
 * decided again: its holder must have the permission at that time, and the bearer the grant. An anonymous client gets a
 * bearer for what everyone may do.
 */

#include "ecosystems/oci/oci_internal.h"

#include "base/clock.h"
#include "ecosystems/oci/token_scope.h"

#include <string.h>

#define FORM_BYTES_MAX ((size_t)16 * 1024)

/* The scopes of a request, from all parameters of that name, and the result. */
struct request {
    struct call *call;
    const struct auth_principal *principal;
    size_t count;
    struct auth_bearer bearer;
    struct strbuf granted; /* scopes separated by spaces, for the answer */
};

#define GRANTED_BYTES_MAX ((size_t)64 * 1024)

static lreg_status respond(struct request *request, const char *bearer, int64_t now_ms, struct error *err) {
    struct call *call = request->call;
    char issued[CLOCK_ISO_TEXT];
    clock_format_iso(now_ms, issued);
    json_t *document = json_pack("{s:s, s:s, s:I, s:s, s:s}", "token", bearer, "access_token", bearer, "expires_in",
                                 (json_int_t)((request->bearer.expires_ms - now_ms) / 1000), "issued_at", issued,
                                 "scope", strbuf_text(&request->granted));
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

/* The requested actions that the principal may take in a registry. */
static uint32_t allowed_in(const struct request *request, const struct core_registry *registry, uint32_t asked) {
    static const struct {
        uint32_t grant;
        enum auth_action action;
    } actions[] = {{AUTH_PULL, AUTH_ACTION_READ_PACKAGES},
                   {AUTH_PUSH, AUTH_ACTION_WRITE_PACKAGES},
                   {AUTH_DELETE, AUTH_ACTION_DELETE_PACKAGES}};
    uint32_t allowed = 0;
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        bool is_allowed =
            (asked & actions[i].grant) != 0 &&
            core_authorize(request->call->core, request->principal, actions[i].action, NULL, registry, NULL) == LREG_OK;
        allowed |= is_allowed ? actions[i].grant : 0;
    }
    return allowed;
}

/* A repository that does not exist is recorded too, without actions. Requests for it are then answered by the decision,
 * not by a demand for a larger scope. */
static lreg_status decide_repository(const struct request *request, const char *name, uint32_t asked,
                                     uint32_t *out_allowed, struct error *err) {
    const struct call *call = request->call;
    const struct core_registry *registry = NULL;
    struct slice rest = slice_of(name);
    struct slice organization = slice_cut(&rest, '/');
    struct slice slug = slice_cut(&rest, '/');
    const char *organization_text = arena_copy_bytes(call->arena, organization.bytes, organization.length);
    const char *slug_text = arena_copy_bytes(call->arena, slug.bytes, slug.length);
    *out_allowed = 0;
    if (organization_text == NULL || slug_text == NULL) {
        return error_no_memory(err);
    }
    if (rest.length == 0 || !slug_is_valid(organization_text) || !slug_is_valid(slug_text)) {
        return LREG_OK;
    }
    lreg_status status = core_registry_find(call->core, organization_text, slug_text, &registry, err);
    if (status != LREG_OK) {
        return status == LREG_NOT_FOUND ? LREG_OK : status;
    }
    if (text_equals(registry->row.ecosystem, call->surface->ecosystem)) {
        *out_allowed = allowed_in(request, registry, asked);
    }
    core_registry_release(registry);
    return LREG_OK;
}

static lreg_status take_scope(struct request *request, struct slice text, struct error *err) {
    struct oci_scope scope;
    uint32_t allowed = 0;
    if (++request->count > AUTH_GRANTS_MAX) { /* each may cost a look-up */
        return error_set(err, LREG_BAD_ARGUMENT, "too_many_scopes", "at most %d scopes can be asked for at once",
                         AUTH_GRANTS_MAX);
    }
    lreg_status status = oci_scope_parse(text, &scope, err);
    if (status != LREG_OK || scope.repository.length == 0) {
        return status;
    }
    const char *name = arena_copy_bytes(request->call->arena, scope.repository.bytes, scope.repository.length);
    if (name == NULL) {
        return error_no_memory(err);
    }
    status = decide_repository(request, name, scope.actions, &allowed, err);
    if (status == LREG_OK) {
        status = auth_bearer_grant(&request->bearer, name, allowed, err);
    }
    if (status == LREG_OK && allowed != 0) {
        char words[OCI_ACTIONS_TEXT];
        oci_scope_format_actions(allowed, words);
        strbuf_append_format(&request->granted, "%srepository:%s:%s", request->granted.length > 0 ? " " : "", name,
                             words);
    }
    return status;
}

/* "scope" may occur several times, and hold several scopes. */
static lreg_status take_scopes(struct request *request, const struct url_parameter *parameters, size_t count,
                               struct error *err) {
    lreg_status status = LREG_OK;
    for (size_t i = 0; i < count && status == LREG_OK; i++) {
        struct slice list = slice_of(text_equals(parameters[i].name, "scope") ? parameters[i].value : "");
        struct slice scope;
        while (status == LREG_OK && oci_scope_next(&list, &scope)) {
            status = take_scope(request, scope, err);
        }
    }
    return status;
}

static lreg_status issue(struct request *request, int64_t now_ms, struct error *err) {
    char bearer[AUTH_BEARER_TEXT];
    lreg_status status = strbuf_status(&request->granted, err);
    if (status == LREG_OK) {
        status = auth_bearer_issue(core_keys(request->call->core), &request->bearer, bearer, err);
    }
    if (status == LREG_OK) {
        status = respond(request, bearer, now_ms, err);
    }
    memory_wipe(bearer, sizeof bearer);
    return status;
}

/* `parameters` are those of a form; those of the target count too. */
static lreg_status answer(struct call *call, const struct auth_principal *principal,
                          const struct url_parameter *parameters, size_t count, struct error *err) {
    struct request request = {.call = call, .principal = principal};
    int64_t now_ms = hooks_now_ms(call->hooks);
    auth_bearer_init(&request.bearer, principal, now_ms + core_limits_of(call->core)->bearer_lifetime_ms);
    strbuf_init(&request.granted, call->hooks, GRANTED_BYTES_MAX);
    lreg_status status = take_scopes(&request, call->url.parameters, call->url.parameter_count, err);
    if (status == LREG_OK) {
        status = take_scopes(&request, parameters, count, err);
    }
    if (status == LREG_OK) {
        status = issue(&request, now_ms, err);
    }
    strbuf_free(&request.granted);
    return status;
}

/* The credentials are those of Authorization, which the dispatcher has checked. */
lreg_status oci_token_get(struct call *call, struct error *err) {
    return answer(call, &call->principal, NULL, 0, err);
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

/* Overwrites the form's values, which are our own copies in the arena. */
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
                         "the grant type is unknown; password and refresh_token are supported");
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
    return status == LREG_OK ? answer(call, &principal, form->parameters, form->count, err) : status;
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
    memory_wipe((char *)bytes, length); /* collected for us; ours to write to until it is freed */
    return status;
}

lreg_status oci_token_post(struct call *call, struct error *err) {
    const char *content_type = headers_find(&call->headers, "Content-Type");
    const char *type = content_type != NULL ? header_media_type(content_type, call->arena) : NULL;
    if (call->has_body && !text_equals(type, "application/x-www-form-urlencoded")) {
        return error_set(err, LREG_UNSUPPORTED, "bad_form",
                         "the body must be a form, application/x-www-form-urlencoded");
    }
    return call_read_body(call, FORM_BYTES_MAX, form_collected, NULL, err);
}
