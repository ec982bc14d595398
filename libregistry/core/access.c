/* SPDX-License-Identifier: Apache-2.0 */

/* Which principal a secret belongs to, and what that principal may do. */

#include "core/access.h"

#include "base/encoding.h"
#include "base/text.h"
#include "core/instance/state.h"
#include "core/rules.h"

#include <stdio.h>
#include <string.h>

/* --- who holds a secret --- */

/* How a token is looked up: by the hash of its secret, or by its id. */
struct token_key {
    const uint8_t *secret_sha256; /* NULL: by id */
    const char *id;
};

static void copy_id(char out[ID_TEXT], const char *id) {
    size_t length = id == NULL ? 0 : strnlen(id, ID_TEXT - 1);
    memcpy(out, id == NULL ? "" : id, length);
    out[length] = '\0';
}

/* "API token Deploy"; without a description "API token <id>". */
static void set_label(struct auth_principal *principal, const struct meta_token *row) {
    const char *kind = principal->kind == AUTH_API_TOKEN ? "API token " : "Registry token ";
    const char *described = row->description[0] == '\0' ? row->id : row->description;
    size_t prefix = strlen(kind);
    size_t length = text_utf8_prefix(described, strlen(described), AUTH_LABEL_MAX - 1 - prefix);
    memcpy(principal->label, kind, prefix);
    memcpy(principal->label + prefix, described, length);
    principal->label[prefix + length] = '\0';
}

static lreg_status read_principal(struct core *core, struct meta_transaction *transaction, const void *arguments,
                                  struct core_shared *shared, struct error *err) {
    const struct token_key *key = arguments;
    struct auth_principal *principal = core_shared_object(shared);
    struct arena *arena = core_shared_arena(shared);
    struct meta_token row;
    (void)core;
    lreg_status status = key->secret_sha256 != NULL
                             ? meta_token_find_by_secret(transaction, key->secret_sha256, arena, &row, err)
                             : meta_token_find(transaction, key->id, arena, &row, err);
    if (status != LREG_OK) {
        return status;
    }
    if (key->secret_sha256 != NULL &&
        !memory_equal_constant_time(key->secret_sha256, row.secret_sha256, DIGEST_SHA256_BYTES)) {
        return error_set(err, LREG_NOT_FOUND, "", "no such token");
    }
    principal->kind = row.registry_id == NULL ? AUTH_API_TOKEN : AUTH_REGISTRY_TOKEN;
    principal->scopes = row.registry_id == NULL ? row.scopes : 0;
    principal->expires_ms = row.expires_ms;
    copy_id(principal->token_id, row.id);
    copy_id(principal->organization_id, row.organization_id);
    copy_id(principal->registry_id, row.registry_id);
    set_label(principal, &row);
    return LREG_OK;
}

static const struct core_lookup principal_lookup = {
    .object_bytes = sizeof(struct auth_principal),
    .read = read_principal,
};

static lreg_status find_principal(struct core *core, const char *cache_key, const struct token_key *key,
                                  struct auth_principal *out, struct error *err) {
    struct core_shared *shared = NULL;
    lreg_status status = core_find_cached(core, &principal_lookup, cache_key, key, &shared, err);
    if (status == LREG_NOT_FOUND) {
        return error_set(err, LREG_UNAUTHENTICATED, "unknown_token", "this token is not known, or no longer");
    }
    if (status == LREG_OK) {
        *out = *(const struct auth_principal *)core_shared_object(shared);
    }
    core_shared_release(shared);
    return status;
}

static lreg_status find_by_secret(struct core *core, const char *secret, struct auth_principal *out,
                                  struct error *err) {
    uint8_t hash[DIGEST_SHA256_BYTES];
    char text[DIGEST_SHA256_TEXT];
    char cache_key[16 + DIGEST_SHA256_TEXT];
    auth_secret_hash(secret, hash);
    hex_encode(hash, sizeof(hash), text);
    snprintf(cache_key, sizeof(cache_key), "token\n%s", text);
    return find_principal(core, cache_key, &(struct token_key){.secret_sha256 = hash}, out, err);
}

/* The principal that a bearer was issued to. */
static lreg_status find_holder(struct core *core, const char *token_id, struct auth_principal *out, struct error *err) {
    char cache_key[16 + ID_TEXT];
    if (token_id[0] == '\0') {
        return LREG_OK;
    }
    snprintf(cache_key, sizeof(cache_key), "token id\n%s", token_id);
    return find_principal(core, cache_key, &(struct token_key){.id = token_id}, out, err);
}

lreg_status core_check_holder(struct core *core, const struct auth_principal *principal, struct error *err) {
    struct auth_principal now;
    return find_holder(core, principal->token_id, &now, err);
}

static const struct auth_principal anonymous = {.kind = AUTH_NOBODY, .label = "anonymous"};

lreg_status core_authenticate(struct core *core, const char *secret, struct auth_principal *out, struct error *err) {
    *out = anonymous;
    lreg_status status = LREG_OK;
    switch (auth_secret_classify(secret)) {
    case AUTH_SECRET_API:
    case AUTH_SECRET_REGISTRY:
        status = find_by_secret(core, secret, out, err);
        break;
    case AUTH_SECRET_BEARER:
        status = error_set(err, LREG_UNAUTHENTICATED, "bearer_elsewhere",
                           "a bearer of the token endpoint is valid only for images below /v2/: send the token itself");
        break;
    case AUTH_SECRET_UNKNOWN:
        status = error_set(err, LREG_UNAUTHENTICATED, "malformed_token",
                           "this is not a token of this registry: it is mistyped, cut off, or from elsewhere");
        break;
    }
    return status == LREG_OK ? auth_check_expiry(out, hooks_now_ms(&core->hooks), err) : status;
}

lreg_status core_authenticate_bearer(struct core *core, const char *text, struct auth_principal *out,
                                     struct auth_bearer *out_bearer, struct error *err) {
    *out = anonymous;
    *out_bearer = (struct auth_bearer){.grant_count = 0};
    lreg_status status = auth_bearer_read(&core->keys, text, out_bearer, err);
    if (status == LREG_OK) {
        status = find_holder(core, out_bearer->token_id, out, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    if (out->expires_ms == 0 || out_bearer->expires_ms < out->expires_ms) {
        out->expires_ms = out_bearer->expires_ms;
    }
    return auth_check_expiry(out, hooks_now_ms(&core->hooks), err);
}

/* --- what a principal may do --- */

lreg_status core_authorize(struct core *core, const struct auth_principal *principal, enum auth_action action,
                           const struct core_organization *organization, const struct core_registry *registry,
                           struct error *err) {
    struct auth_target target = {0};
    if (registry != NULL) {
        target = (struct auth_target){.organization_id = registry->row.organization_id,
                                      .registry_id = registry->row.id,
                                      .is_public = registry->row.is_public};
    } else if (organization != NULL) {
        target.organization_id = organization->row.id;
    }
    const struct auth_target *on = registry == NULL && organization == NULL ? NULL : &target;
    lreg_status status = auth_decide(principal, action, on, hooks_now_ms(&core->hooks), err);
    if (status != LREG_NOT_FOUND) {
        return status;
    }
    /* The same error as for something that does not exist, so that the two cannot be distinguished. */
    if (registry != NULL) {
        return core_registry_unknown(registry->row.organization_slug, registry->row.slug, err);
    }
    return organization != NULL ? core_organization_unknown(organization->row.slug, err) : status;
}
