/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Decides whether a request is admitted: credentials become a principal, the path's names become organization and
 * registry, and one decision is made by the route's action. A thing that the caller may not know of gets the same
 * answer whether it exists or not.
 */

#include "exchange/exchange_internal.h"

#include "http/authorization.h"

#include <string.h>

static bool is_expired(const struct error *err) {
    return err->status == LREG_UNAUTHENTICATED && text_equals(err->code, "expired_token");
}

/* Overwrites the copies of the credentials that the request holds. */
static void wipe_credentials(struct exchange *exchange, struct authorization *authorization) {
    struct headers *headers = &exchange->call.headers;
    for (size_t i = 0; i < headers->count; i++) {
        if (text_equals_ignoring_case(headers->fields[i].name, "Authorization")) {
            const char *value = headers->fields[i].value; /* our own copy, in the arena */
            memory_wipe((void *)value, strlen(value));
        }
    }
    if (authorization->secret != NULL) {
        memory_wipe((void *)authorization->secret, strlen(authorization->secret)); /* our own copy too */
        authorization->secret = NULL;
    }
}

static lreg_status identify_bearer(struct call *call, const char *text, struct error *err) {
    struct auth_bearer *bearer = arena_allocate(call->arena, sizeof *bearer);
    if (bearer == NULL) {
        return error_no_memory(err);
    }
    call->bearer = bearer;
    return core_authenticate_bearer(call->core, text, &call->principal, bearer, err);
}

static lreg_status identify(struct call *call, const char *secret, struct error *err) {
    bool takes_bearer = (call->route->flags & ROUTE_TAKES_BEARER) != 0;
    if (takes_bearer && auth_secret_classify(secret) == AUTH_SECRET_BEARER) {
        return identify_bearer(call, secret, err);
    }
    return core_authenticate(call->core, secret, &call->principal, err);
}

static lreg_status authenticate_by(struct exchange *exchange, const struct authorization *authorization,
                                   struct error *err) {
    struct call *call = &exchange->call;
    switch (authorization->scheme) {
    case AUTHORIZATION_NONE:
        return LREG_OK;
    case AUTHORIZATION_BASIC:
    case AUTHORIZATION_BEARER:
        return identify(call, authorization->secret, err);
    case AUTHORIZATION_OTHER:
    case AUTHORIZATION_MALFORMED:
        break;
    }
    return error_set(err, LREG_UNAUTHENTICATED, "malformed_credentials",
                     "the credentials are malformed or of an unknown scheme: Basic and Bearer are known");
}

/* Wrong credentials are an error even where none are needed, so that people notice them. */
static lreg_status authenticate(struct exchange *exchange, struct error *err) {
    struct call *call = &exchange->call;
    call->principal = (struct auth_principal){.kind = AUTH_NOBODY};
    const char *value = headers_find(&call->headers, "Authorization");
    if (value == NULL) {
        return LREG_OK;
    }
    if (headers_count(&call->headers, "Authorization") > 1) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_credentials", "the field Authorization is there twice");
    }
    struct authorization authorization = {.scheme = AUTHORIZATION_NONE};
    lreg_status status = authorization_parse(value, call->arena, &authorization, err);
    if (status == LREG_OK) {
        status = authenticate_by(exchange, &authorization, err);
    }
    wipe_credentials(exchange, &authorization);
    return status;
}

static lreg_status resolve(struct exchange *exchange, const struct compiled_route *route, struct error *err) {
    struct call *call = &exchange->call;
    if (route->organization == ROUTE_NO_PARAMETER) {
        return LREG_OK;
    }
    const char *organization = call->parameters[route->organization];
    lreg_status status = core_organization_find(call->core, organization, &call->organization, err);
    if (status != LREG_OK || route->registry == ROUTE_NO_PARAMETER) {
        return status;
    }
    return core_registry_find(call->core, organization, call->parameters[route->registry], &call->registry, err);
}

static bool is_at_home(const struct call *call) {
    return call->organization != NULL && call->principal.organization_id[0] != '\0' &&
           text_equals(call->principal.organization_id, call->organization->row.id);
}

/* Something on the path does not exist. A caller without a token is asked for one, as for a path that exists. */
static lreg_status conceal(const struct call *call, struct error *err) {
    struct error hidden;
    lreg_status status = auth_decide(&call->principal, call->route->action, NULL, hooks_now_ms(call->hooks), &hidden);
    if (status == LREG_OK || status == LREG_NOT_FOUND) {
        return LREG_NOT_FOUND;
    }
    *err = hidden;
    return status;
}

/* The one answer to callers of other organizations, whether the organization, the registry or the permission is
 * missing. An API token of the organization itself gets the precise reason. */
static lreg_status unknown(const struct call *call, const struct compiled_route *route, struct error *err) {
    if (route->organization == ROUTE_NO_PARAMETER || (call->principal.kind == AUTH_API_TOKEN && is_at_home(call))) {
        return LREG_NOT_FOUND;
    }
    const char *organization = call->parameters[route->organization];
    if (route->registry == ROUTE_NO_PARAMETER) {
        return error_set(err, LREG_NOT_FOUND, "organization_unknown", "no organization %s", organization);
    }
    return error_set(err, LREG_NOT_FOUND, "registry_unknown", "no registry %s/%s", organization,
                     call->parameters[route->registry]);
}

/* --- Grants of a bearer --- */

/* What everyone may do needs no grant. */
static bool is_open(const struct call *call) {
    struct auth_principal nobody = {.kind = AUTH_NOBODY};
    return call->registry != NULL && core_authorize(call->core, &nobody, call->route->action, call->organization,
                                                    call->registry, NULL) == LREG_OK;
}

/* The grants for the path's repository; all of them without a bearer, and when none is needed. LREG_UNAUTHENTICATED
 * ("insufficient_scope") when the bearer was not requested for it, whether the repository exists or not. */
static lreg_status find_grants(const struct call *call, uint32_t *out, struct error *err) {
    *out = AUTH_ALL_GRANTS;
    const char *image = call_parameter(call, "image");
    if (call->bearer == NULL || image[0] == '\0' || is_open(call)) {
        return LREG_OK;
    }
    const char *repository = arena_format(call->arena, "%s/%s/%s", call_parameter(call, "organization"),
                                          call_parameter(call, "registry"), image);
    if (repository == NULL) {
        return error_no_memory(err);
    }
    return auth_bearer_find(call->bearer, repository, out) ? LREG_OK : auth_bearer_insufficient(err);
}

static lreg_status check_grants(const struct call *call, uint32_t grants, struct error *err) {
    enum auth_action action = call->route->action;
    bool is_for_all = call->bearer == NULL || action == AUTH_ACTION_NONE || action == AUTH_ACTION_AUTHENTICATED;
    return is_for_all || (grants & auth_grants_for(action)) != 0 ? LREG_OK : auth_bearer_insufficient(err);
}

static lreg_status decide(const struct call *call, struct error *err) {
    enum auth_action action = call->route->action;
    if (action == AUTH_ACTION_NONE) {
        return LREG_OK;
    }
    if (action == AUTH_ACTION_READ_METRICS) {
        return core_metrics_authorize(call->core, &call->principal, err);
    }
    if (call->organization == NULL) {
        return auth_decide(&call->principal, action, NULL, hooks_now_ms(call->hooks), err);
    }
    return core_authorize(call->core, &call->principal, action, call->organization, call->registry, err);
}

/* Called after the decision: a caller who gets here may know of the registry. */
static lreg_status check_ecosystem(const struct call *call, struct error *err) {
    const char *wanted = call->surface->ecosystem;
    if (wanted == NULL || call->registry == NULL || text_equals(call->registry->row.ecosystem, wanted)) {
        return LREG_OK;
    }
    return error_set(err, LREG_NOT_FOUND, "registry_unknown", "no registry %s/%s of the ecosystem %s",
                     call->organization->row.slug, call->registry->row.slug, wanted);
}

static lreg_status admit_current(struct exchange *exchange, const struct compiled_route *route, struct error *err) {
    struct call *call = &exchange->call;
    uint32_t grants = 0;
    lreg_status resolved = resolve(exchange, route, err);
    if (resolved != LREG_OK && resolved != LREG_NOT_FOUND) {
        return resolved;
    }
    struct error insufficient;
    lreg_status status = find_grants(call, &grants, &insufficient);
    if (status != LREG_OK) {
        *err = insufficient;
        return status;
    }
    status = resolved == LREG_OK ? decide(call, err) : conceal(call, err);
    if (status == LREG_NOT_FOUND) {
        return unknown(call, route, err);
    }
    if (status == LREG_OK) {
        status = check_grants(call, grants, err);
    }
    return status == LREG_OK ? check_ecosystem(call, err) : status;
}

/* A token that expired during an upload, on a route that continues one: the handler checks whether the token began this
 * upload. For another organization, the answer is only that the token has expired. */
static lreg_status admit_expired(struct exchange *exchange, const struct compiled_route *route, struct error *err) {
    struct call *call = &exchange->call;
    struct error expired = *err;
    lreg_status status = resolve(exchange, route, err);
    uint32_t grants = 0;
    bool may_go_on = status == LREG_OK && is_at_home(call) && find_grants(call, &grants, NULL) == LREG_OK &&
                     check_grants(call, grants, NULL) == LREG_OK;
    if (may_go_on) {
        return check_ecosystem(call, err);
    }
    if (status == LREG_OK || status == LREG_NOT_FOUND) {
        *err = expired;
        status = expired.status;
    }
    return status;
}

lreg_status access_admit(struct exchange *exchange, const struct compiled_route *route, struct error *err) {
    lreg_status status = authenticate(exchange, err);
    if (status == LREG_OK) {
        return admit_current(exchange, route, err);
    }
    if (is_expired(err) && (route->route->flags & ROUTE_RESUMES) != 0) {
        return admit_expired(exchange, route, err);
    }
    exchange->call.principal = (struct auth_principal){.kind = AUTH_NOBODY};
    return status;
}
