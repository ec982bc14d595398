/* SPDX-License-Identifier: Apache-2.0 */

/* The access decision, on plain values. */

#include "auth/auth.h"

#include "base/clock.h"

#include <string.h>

/* The relation of a principal to a target. */
enum relation {
    RELATION_STRANGER, /* may not know that the target exists, unless it is public */
    RELATION_READER, /* a registry token and its own registry */
    RELATION_INSIDER, /* a registry token and its organization: may know of it, but has no rights */
    RELATION_SCOPED /* an API token of the organization: its scopes decide */
};

/* The scopes that allow an action, each one alone; a refusal names the lowest bit. */
static uint32_t wanted_scopes(enum auth_action action) {
    switch (action) {
    case AUTH_ACTION_READ_PACKAGES:
        return AUTH_READ_PACKAGES;
    case AUTH_ACTION_PROBE_PACKAGES:
        return AUTH_READ_PACKAGES | AUTH_WRITE_PACKAGES;
    case AUTH_ACTION_WRITE_PACKAGES:
        return AUTH_WRITE_PACKAGES;
    case AUTH_ACTION_DELETE_PACKAGES:
        return AUTH_DELETE_PACKAGES;
    case AUTH_ACTION_READ_REGISTRIES:
        return AUTH_READ_REGISTRIES;
    case AUTH_ACTION_WRITE_REGISTRIES:
        return AUTH_WRITE_REGISTRIES;
    case AUTH_ACTION_DELETE_REGISTRIES:
        return AUTH_DELETE_REGISTRIES;
    case AUTH_ACTION_READ_METRICS:
        return AUTH_READ_METRICS;
    case AUTH_ACTION_NONE:
    case AUTH_ACTION_AUTHENTICATED:
        break;
    }
    return 0;
}

static bool reads_packages(enum auth_action action) {
    return action == AUTH_ACTION_READ_PACKAGES || action == AUTH_ACTION_PROBE_PACKAGES;
}

/* An empty id equals nothing. */
static bool same_id(const char *id, const char *other) {
    return id != NULL && other != NULL && id[0] != '\0' && strcmp(id, other) == 0;
}

static enum relation relation_of(const struct auth_principal *principal, const struct auth_target *target) {
    if (target == NULL || !same_id(principal->organization_id, target->organization_id)) {
        return RELATION_STRANGER;
    }
    if (principal->kind == AUTH_API_TOKEN) {
        return RELATION_SCOPED;
    }
    if (principal->kind != AUTH_REGISTRY_TOKEN) {
        return RELATION_STRANGER;
    }
    if (target->registry_id == NULL) {
        return RELATION_INSIDER;
    }
    return same_id(principal->registry_id, target->registry_id) ? RELATION_READER : RELATION_STRANGER;
}

static lreg_status refuse_scope(enum auth_action action, struct error *err) {
    uint32_t wanted = wanted_scopes(action);
    const char *text = auth_scope_text(wanted & (~wanted + 1u));
    return error_set(err, LREG_FORBIDDEN, "missing_scope", "this token lacks the scope %s",
                     text == NULL ? "that is needed" : text);
}

static lreg_status refuse_stranger(const struct auth_target *target, struct error *err) {
    if (target != NULL && target->is_public) {
        return error_set(err, LREG_FORBIDDEN, "not_a_member", "this token belongs elsewhere: here it may only read");
    }
    return error_set(err, LREG_NOT_FOUND, "not_found", "there is no such thing, or none that this token may see");
}

static lreg_status decide_for_token(const struct auth_principal *principal, enum auth_action action,
                                    const struct auth_target *target, struct error *err) {
    switch (relation_of(principal, target)) {
    case RELATION_SCOPED:
        return (principal->scopes & wanted_scopes(action)) != 0 ? LREG_OK : refuse_scope(action, err);
    case RELATION_READER:
        return reads_packages(action) ? LREG_OK : refuse_scope(action, err);
    case RELATION_INSIDER:
        return refuse_scope(action, err);
    case RELATION_STRANGER:
        break;
    }
    return refuse_stranger(target, err);
}

lreg_status auth_check_expiry(const struct auth_principal *principal, int64_t now_ms, struct error *err) {
    if (principal->expires_ms == 0 || now_ms < principal->expires_ms) {
        return LREG_OK;
    }
    char when[CLOCK_ISO_TEXT];
    clock_format_iso(principal->expires_ms, when);
    return error_set(err, LREG_UNAUTHENTICATED, "expired_token", "token expired at %s", when);
}

lreg_status auth_decide(const struct auth_principal *principal, enum auth_action action,
                        const struct auth_target *target, int64_t now_ms, struct error *err) {
    if (action == AUTH_ACTION_NONE || principal->kind == AUTH_HOST) {
        return LREG_OK;
    }
    lreg_status status = auth_check_expiry(principal, now_ms, err);
    if (status != LREG_OK) {
        return status;
    }
    if (target != NULL && target->is_public && reads_packages(action)) {
        return LREG_OK;
    }
    if (principal->kind == AUTH_NOBODY) {
        return error_set(err, LREG_UNAUTHENTICATED, "authentication_required", "a token is needed for this");
    }
    if (action == AUTH_ACTION_AUTHENTICATED) {
        return LREG_OK;
    }
    if (action == AUTH_ACTION_READ_METRICS) {
        bool may = principal->kind == AUTH_API_TOKEN && (principal->scopes & AUTH_READ_METRICS) != 0;
        return may ? LREG_OK : refuse_scope(action, err);
    }
    return decide_for_token(principal, action, target, err);
}
