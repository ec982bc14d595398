/* SPDX-License-Identifier: Apache-2.0 */

/* The routes of the REST API, each with its action, and its errors: {"message": …}. */

#include "rest/rest_internal.h"

#define ORGANIZATION "/v2/organizations/{organization}"
#define REGISTRIES "/v2/packages/organizations/{organization}/registries"
#define REGISTRY REGISTRIES "/{registry}"
#define PACKAGES REGISTRY "/packages"
#define TOKENS REGISTRY "/tokens"
#define UPLOADS REGISTRY "/uploads"
#define AUDIT "/v2/packages/organizations/{organization}/audit"

/* Updates are POST in Buildkite's documentation; PUT and PATCH mean the same here. */
#define HTTP_UPDATE (HTTP_POST | HTTP_PUT | HTTP_PATCH)

#define PAGE "per_page after"
#define SETTINGS "name slug ecosystem description emoji color public allow_overwrite strict_names"
/* Browsers fill in the second one. */
#define FORM "file _charset_"

static const struct route routes[] = {
    {HTTP_GET, ORGANIZATION, AUTH_ACTION_READ_REGISTRIES, rest_organization_show, 0, NULL, NULL},
    {HTTP_GET, REGISTRIES, AUTH_ACTION_READ_REGISTRIES, rest_registries_list, ROUTE_LISTS, PAGE, NULL},
    {HTTP_POST, REGISTRIES, AUTH_ACTION_WRITE_REGISTRIES, rest_registries_create, 0, NULL, SETTINGS},
    {HTTP_GET, REGISTRY, AUTH_ACTION_READ_REGISTRIES, rest_registries_show, 0, NULL, NULL},
    {HTTP_UPDATE, REGISTRY, AUTH_ACTION_WRITE_REGISTRIES, rest_registries_update, 0, NULL, SETTINGS},
    {HTTP_DELETE, REGISTRY, AUTH_ACTION_DELETE_REGISTRIES, rest_registries_delete, 0, NULL, NULL},
    {HTTP_GET, PACKAGES, AUTH_ACTION_READ_PACKAGES, rest_packages_list, ROUTE_LISTS, PAGE " name", NULL},
    {HTTP_POST, PACKAGES, AUTH_ACTION_WRITE_PACKAGES, rest_packages_publish, 0, NULL, FORM},
    {HTTP_GET, PACKAGES "/{id}", AUTH_ACTION_READ_PACKAGES, rest_packages_show, 0, NULL, NULL},
    {HTTP_DELETE, PACKAGES "/{id}", AUTH_ACTION_DELETE_PACKAGES, rest_packages_delete, 0, NULL, NULL},
    /* the handler decides on the destination */
    {HTTP_POST, PACKAGES "/{id}/copy", AUTH_ACTION_READ_PACKAGES, rest_packages_copy, 0, "to", NULL},
    {HTTP_GET, TOKENS, AUTH_ACTION_READ_REGISTRIES, rest_tokens_list, ROUTE_LISTS, PAGE, NULL},
    {HTTP_POST, TOKENS, AUTH_ACTION_WRITE_REGISTRIES, rest_tokens_create, 0, NULL, "description"},
    {HTTP_GET, TOKENS "/{id}", AUTH_ACTION_READ_REGISTRIES, rest_tokens_show, ROUTE_LISTS, NULL, NULL},
    {HTTP_UPDATE, TOKENS "/{id}", AUTH_ACTION_WRITE_REGISTRIES, rest_tokens_update, 0, NULL, "description"},
    {HTTP_DELETE, TOKENS "/{id}", AUTH_ACTION_WRITE_REGISTRIES, rest_tokens_delete, 0, NULL, NULL},
    {HTTP_GET, UPLOADS, AUTH_ACTION_READ_REGISTRIES, rest_uploads_list, ROUTE_LISTS, PAGE, NULL},
    {HTTP_DELETE, UPLOADS "/{id}", AUTH_ACTION_WRITE_REGISTRIES, rest_uploads_cancel, 0, NULL, NULL},
    {HTTP_GET, AUDIT, AUTH_ACTION_READ_REGISTRIES, rest_audit_list, ROUTE_LISTS, "per_page before", NULL},
};

lreg_status rest_show_error(struct call *call, const struct error *failure, struct error *err) {
    if (failure->status == LREG_UNAUTHENTICATED) {
        lreg_status status = call_header(call, "WWW-Authenticate", "Bearer realm=\"Package registry\"", err);
        if (status != LREG_OK) {
            return status;
        }
    }
    return call_show_json_error(call, failure, err);
}

const struct surface surface_rest = {
    .name = "rest",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .show_error = rest_show_error,
    .harmless_query = "_", /* clients vary it to bypass caches */
};
