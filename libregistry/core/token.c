/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Tokens. The secret of an API token is shown once, at its creation, and kept as a hash. The secret of a registry token
 * can be shown again, so it is also kept sealed, with the id of its row as context.
 */

#include "core/token.h"

#include "base/clock.h"
#include "core/audit.h"
#include "core/instance/state.h"
#include "core/rules.h"

#include <string.h>

#define ARENA_MAX ((size_t)1 << 20)

/* A snapshot with room for its secret. */
struct token_object {
    struct core_token token;
    char secret[AUTH_SECRET_TEXT];
};

void core_token_retain(const struct core_token *token) {
    core_shared_retain(token->shared);
}

void core_token_release(const struct core_token *token) {
    if (token != NULL) {
        core_shared_release(token->shared);
    }
}

static lreg_status token_unknown(const char *id, struct error *err) {
    return error_set(err, LREG_NOT_FOUND, "token_unknown", "no token %.36s", id);
}

/* Registry tokens are for reading a private registry. They are not accessible while their registry is public, and valid
 * again when it is private. `registry_id` NULL: an API token. */
static lreg_status check_not_hidden(struct meta_transaction *transaction, const char *registry_id, struct arena *arena,
                                    struct error *err) {
    struct meta_registry registry;
    if (registry_id == NULL) {
        return LREG_OK;
    }
    lreg_status status = meta_registry_find_by_id(transaction, registry_id, arena, &registry, err);
    if (status == LREG_OK && registry.is_public) {
        return error_set(err, LREG_NOT_FOUND, "tokens_hidden",
                         "the tokens of %s/%s are not accessible while it is public: make it private first",
                         registry.organization_slug, registry.slug);
    }
    return status == LREG_NOT_FOUND ? LREG_OK : status; /* the tokens of a deleted registry are not found anyway */
}

/* --- reading --- */

/* The token, and the owner that it must have. */
struct token_key {
    const char *id;
    const char *organization_id;
    const char *registry_id; /* NULL: an API token */
    bool opens; /* the secret of a registry token */
};

static bool belongs(const struct meta_token *row, const struct token_key *key) {
    if (strcmp(row->organization_id, key->organization_id) != 0) {
        return false;
    }
    if (row->registry_id == NULL || key->registry_id == NULL) {
        return row->registry_id == key->registry_id;
    }
    return strcmp(row->registry_id, key->registry_id) == 0;
}

static lreg_status open_secret(struct core *core, struct token_object *object, struct error *err) {
    const struct meta_token *row = &object->token.row;
    void *plain = NULL;
    size_t length = 0;
    lreg_status status =
        auth_unseal(&core->hooks, &core->keys, row->id, row->sealed_secret, row->sealed_length, &plain, &length, err);
    if (status != LREG_OK) {
        return status;
    }
    if (length >= sizeof(object->secret)) {
        status = error_set(err, LREG_CORRUPT, "", "the secret of token %s is too long", row->id);
    } else {
        memcpy(object->secret, plain, length + 1);
    }
    memory_wipe(plain, length);
    memory_release(&core->hooks, plain);
    return status;
}

static lreg_status read_token(struct core *core, struct meta_transaction *transaction, const void *arguments,
                              struct core_shared *shared, struct error *err) {
    const struct token_key *key = arguments;
    struct token_object *object = core_shared_object(shared);
    struct meta_token *row = &object->token.row;
    object->token.shared = shared;
    object->token.secret = object->secret;
    lreg_status status = check_not_hidden(transaction, key->registry_id, core_shared_arena(shared), err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_token_find(transaction, key->id, core_shared_arena(shared), row, err);
    if (status == LREG_NOT_FOUND || (status == LREG_OK && !belongs(row, key))) {
        return token_unknown(key->id, err);
    }
    if (status == LREG_OK && key->opens) {
        status = open_secret(core, object, err);
    }
    return status;
}

static void wipe_token(void *object) {
    struct token_object *token = object;
    memory_wipe(token->secret, sizeof(token->secret));
}

static const struct core_lookup token_lookup = {
    .object_bytes = sizeof(struct token_object),
    .destroy = wipe_token,
    .read = read_token,
};

/* A registry implies its organization when none is given. */
static const char *owner_id(const struct core_organization *organization, const struct core_registry *registry) {
    if (organization != NULL) {
        return organization->row.id;
    }
    return registry != NULL ? registry->row.organization_id : "";
}

lreg_status core_token_find(struct core *core, const struct core_organization *organization,
                            const struct core_registry *registry, const char *id, const struct core_token **out,
                            struct error *err) {
    struct core_shared *shared = NULL;
    struct token_key key = {.id = id,
                            .organization_id = owner_id(organization, registry),
                            .registry_id = registry == NULL ? NULL : registry->row.id};
    *out = NULL;
    if (!id_is_valid(id)) {
        return token_unknown(id, err);
    }
    lreg_status status = core_read_object(core, &token_lookup, NULL, &key, &shared, err);
    if (status == LREG_OK) {
        *out = core_shared_object(shared);
    }
    return status;
}

lreg_status core_token_list(struct core *core, const struct core_organization *organization,
                            const struct core_registry *registry, const char *after_id, size_t limit,
                            struct arena *arena, struct meta_token **out, size_t *out_count, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    const char *registry_id = registry == NULL ? NULL : registry->row.id;
    status = check_not_hidden(transaction, registry_id, arena, err);
    if (status == LREG_OK) {
        status = meta_token_list(transaction, owner_id(organization, registry), registry_id, after_id,
                                 core_page_limit(limit), arena, out, out_count, err);
    }
    meta_rollback(transaction);
    return status;
}

/* --- the audit log --- */

enum change {
    CREATED,
    UPDATED,
    DELETED,
    REVEALED
};

static const char *event_type(const struct meta_token *row, enum change change) {
    static const char *const types[2][4] = {
        {"APIAccessTokenCreatedEvent", "APIAccessTokenUpdatedEvent", "APIAccessTokenDeletedEvent", ""},
        {"RegistryTokenCreatedEvent", "RegistryTokenUpdatedEvent", "RegistryTokenDeletedEvent",
         "RegistryTokenRevealedEvent"}};
    return types[row->registry_id == NULL ? 0 : 1][change];
}

/* The caller owns it; NULL when out of memory. */
static json_t *scope_list(uint32_t scopes) {
    json_t *list = json_array();
    for (uint32_t bit = 1; list != NULL && bit <= AUTH_ALL_SCOPES; bit <<= 1) {
        if ((scopes & bit) != 0 && json_array_append_new(list, json_string(auth_scope_text(bit))) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *describe(const struct meta_token *row) {
    json_t *object = json_pack("{s:s, s:s}", "id", row->id, "description", row->description);
    bool complete = object != NULL;
    if (complete && row->registry_id == NULL) {
        complete = json_object_set_new(object, "scopes", scope_list(row->scopes)) == 0;
    }
    if (complete && row->expires_ms != 0) {
        char when[CLOCK_ISO_TEXT];
        clock_format_iso(row->expires_ms, when);
        complete = json_object_set_new(object, "expires_at", json_string(when)) == 0;
    }
    if (!complete) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* Takes ownership of `data`; NULL means out of memory. */
static lreg_status audit(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                         const struct meta_token *row, enum change change, json_t *data, struct error *err) {
    struct arena arena;
    const char *text = NULL;
    arena_init(&arena, &core->hooks, ARENA_MAX);
    lreg_status status = core_audit_data(core, data, &arena, &text, err);
    if (status == LREG_OK) {
        const char *subject = row->description[0] == '\0' ? row->id : row->description;
        status = core_audit(core, transaction, actor, row->organization_id, row->registry_id, event_type(row, change),
                            subject, text, err);
    }
    arena_free(&arena);
    return status;
}

/* --- creation --- */

/* A token that is being created. */
struct new_token {
    const struct core_organization *organization; /* API tokens; otherwise NULL */
    const struct core_registry *registry; /* registry tokens; otherwise NULL */
    struct meta_token row;
    char id[ID_TEXT];
    char secret[AUTH_SECRET_TEXT];
    void *sealed;
};

static lreg_status check_owner(struct meta_transaction *transaction, const struct new_token *token, struct arena *arena,
                               struct error *err) {
    struct meta_organization organization;
    struct meta_registry registry;
    if (token->registry == NULL) {
        return core_organization_reread(transaction, token->organization, arena, &organization, err);
    }
    lreg_status status = core_registry_reread(transaction, token->registry, arena, &registry, err);
    return status == LREG_OK ? check_not_hidden(transaction, registry.id, arena, err) : status;
}

/* The id is greater than the others of its list, including those of the same millisecond. */
static lreg_status make_id(struct core *core, struct meta_transaction *transaction, struct new_token *token,
                           struct error *err) {
    char newest[ID_TEXT];
    lreg_status status = id_new_at(&core->hooks, token->row.created_ms, token->id, err);
    if (status == LREG_OK) {
        status = meta_token_newest(transaction, token->row.organization_id, token->row.registry_id, newest, err);
    }
    if (status == LREG_OK) {
        id_put_behind(token->id, newest);
        token->row.id = token->id;
    }
    return status;
}

/* Makes the secret, and seals it if it can be shown again. */
static lreg_status make_secret(struct core *core, struct new_token *token, struct error *err) {
    bool is_api = token->registry == NULL;
    lreg_status status =
        auth_secret_new(&core->hooks, is_api ? AUTH_SECRET_API : AUTH_SECRET_REGISTRY, token->secret, err);
    if (status != LREG_OK) {
        return status;
    }
    auth_secret_hash(token->secret, token->row.secret_sha256);
    if (is_api) {
        return LREG_OK;
    }
    status = auth_seal(&core->hooks, &core->keys, token->id, token->secret, strlen(token->secret), &token->sealed,
                       &token->row.sealed_length, err);
    token->row.sealed_secret = token->sealed;
    return status;
}

static lreg_status create_in(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                             struct new_token *token, struct core_shared **out, struct error *err) {
    struct arena arena;
    arena_init(&arena, &core->hooks, ARENA_MAX);
    lreg_status status = check_owner(transaction, token, &arena, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = make_id(core, transaction, token, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = make_secret(core, token, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = meta_token_insert(transaction, &token->row, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = audit(core, transaction, actor, &token->row, CREATED, describe(&token->row), err);
    if (status != LREG_OK) {
        goto out;
    }
    struct token_key key = {token->id, token->row.organization_id, token->row.registry_id, false};
    status = core_read_object(core, &token_lookup, transaction, &key, out, err);
    if (status != LREG_OK) {
        goto out;
    }
    struct token_object *object = core_shared_object(*out);
    memcpy(object->secret, token->secret, sizeof(object->secret));

out:
    arena_free(&arena);
    return status;
}

/* Fills in what all new tokens have, and writes the row. */
static lreg_status create(struct core *core, const struct core_actor *actor, struct new_token *token,
                          const struct core_token **out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct core_shared *shared = NULL;
    token->row.created_by = actor->principal->label;
    token->row.created_ms = hooks_now_ms(&core->hooks);
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = create_in(core, transaction, actor, token, &shared, err);
    status = meta_end(transaction, status, err);
    if (status != LREG_OK) {
        goto out;
    }
    *out = core_shared_object(shared);
    shared = NULL;

out:
    core_shared_release(shared);
    memory_wipe(token->secret, sizeof(token->secret));
    memory_release(&core->hooks, token->sealed);
    return status;
}

lreg_status core_token_create_api(struct core *core, const struct core_actor *actor,
                                  const struct core_organization *organization, const char *description,
                                  uint32_t scopes, int64_t expires_ms, const struct core_token **out,
                                  struct error *err) {
    struct new_token token = {.organization = organization};
    *out = NULL;
    token.row.organization_id = organization->row.id;
    token.row.description = description == NULL ? "" : description;
    token.row.scopes = scopes;
    token.row.expires_ms = expires_ms;
    if (scopes == 0 || (scopes & ~AUTH_ALL_SCOPES) != 0) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_scopes", "an API token needs scopes, and only known ones");
    }
    if (expires_ms != 0 && expires_ms <= hooks_now_ms(&core->hooks)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_expiry", "the token would have expired already");
    }
    lreg_status status = core_check_line("description", token.row.description, CORE_DESCRIPTION_MAX, err);
    return status == LREG_OK ? create(core, actor, &token, out, err) : status;
}

lreg_status core_token_create_registry(struct core *core, const struct core_actor *actor,
                                       const struct core_registry *registry, const char *description,
                                       const struct core_token **out, struct error *err) {
    struct new_token token = {.registry = registry};
    *out = NULL;
    token.row.organization_id = registry->row.organization_id;
    token.row.registry_id = registry->row.id;
    token.row.description = description == NULL ? "" : description;
    token.row.scopes = AUTH_READ_PACKAGES;
    lreg_status status = core_check_line("description", token.row.description, CORE_DESCRIPTION_MAX, err);
    return status == LREG_OK ? create(core, actor, &token, out, err) : status;
}

/* --- showing --- */

/* `transaction` NULL: one for reading alone. */
static lreg_status open_in(struct core *core, struct meta_transaction *transaction, const struct core_token *token,
                           struct core_shared **out, struct error *err) {
    const struct meta_token *row = &token->row;
    const struct token_key key = {row->id, row->organization_id, row->registry_id, true};
    if (row->registry_id == NULL) {
        return error_set(err, LREG_UNSUPPORTED, "secret_missing",
                         "the secret of an API access token was shown at its creation, and is not stored");
    }
    return core_read_object(core, &token_lookup, transaction, &key, out, err);
}

lreg_status core_token_open(struct core *core, const struct core_token *token, const struct core_token **out,
                            struct error *err) {
    struct core_shared *shared = NULL;
    *out = NULL;
    lreg_status status = open_in(core, NULL, token, &shared, err);
    if (status == LREG_OK) {
        *out = core_shared_object(shared);
    }
    return status;
}

static lreg_status reveal_in(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                             const struct core_token *token, struct core_shared **out, struct error *err) {
    lreg_status status = open_in(core, transaction, token, out, err);
    if (status != LREG_OK) {
        return status;
    }
    const struct token_object *object = core_shared_object(*out);
    return audit(core, transaction, actor, &object->token.row, REVEALED, describe(&object->token.row), err);
}

/* Ends the transaction. The event is durable before the secret is shown. `shared` is taken; may be NULL. */
static lreg_status end_revealing(struct meta_transaction *transaction, lreg_status status, struct core_shared *shared,
                                 const struct core_token **out, struct error *err) {
    status = meta_end(transaction, status, err);
    if (status == LREG_OK) {
        *out = core_shared_object(shared);
    } else {
        core_shared_release(shared);
    }
    return status;
}

lreg_status core_token_reveal(struct core *core, const struct core_actor *actor, const struct core_token *token,
                              const struct core_token **out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct core_shared *shared = NULL;
    *out = NULL;
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = reveal_in(core, transaction, actor, token, &shared, err);
    return end_revealing(transaction, status, shared, out, err);
}

/* --- change and deletion --- */

/* The token as it is now; `known` may be older than its registry's change to public. */
static lreg_status find_in_reach(struct meta_transaction *transaction, const struct meta_token *known,
                                 struct arena *arena, struct meta_token *out, struct error *err) {
    lreg_status status = check_not_hidden(transaction, known->registry_id, arena, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_token_find(transaction, known->id, arena, out, err);
    return status == LREG_NOT_FOUND ? token_unknown(known->id, err) : status;
}

static lreg_status describe_in(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                               const struct meta_token *known, const char *description, struct error *err) {
    struct meta_token row;
    struct arena arena;
    arena_init(&arena, &core->hooks, ARENA_MAX);
    lreg_status status = find_in_reach(transaction, known, &arena, &row, err);
    if (status != LREG_OK || strcmp(row.description, description) == 0) {
        goto out;
    }
    json_t *data =
        json_pack("{s:s, s:{s:s, s:s}}", "id", row.id, "description", "from", row.description, "to", description);
    row.description = description;
    status = audit(core, transaction, actor, &row, UPDATED, data, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = meta_token_set_description(transaction, row.id, description, err);

out:
    arena_free(&arena);
    return status;
}

lreg_status core_token_set_description(struct core *core, const struct core_actor *actor,
                                       const struct core_token *token, const char *description,
                                       const struct core_token **out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct core_shared *shared = NULL;
    *out = NULL;
    lreg_status status = core_check_line("description", description, CORE_DESCRIPTION_MAX, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = describe_in(core, transaction, actor, &token->row, description, err);
    if (status == LREG_OK) {
        status = reveal_in(core, transaction, actor, token, &shared, err);
    }
    return end_revealing(transaction, status, shared, out, err);
}

static lreg_status delete_in(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                             const struct meta_token *known, struct error *err) {
    struct meta_token row;
    struct arena arena;
    arena_init(&arena, &core->hooks, ARENA_MAX);
    lreg_status status = find_in_reach(transaction, known, &arena, &row, err);
    if (status == LREG_OK) {
        status = meta_token_delete(transaction, row.id, err);
    }
    if (status == LREG_OK) {
        status = audit(core, transaction, actor, &row, DELETED, describe(&row), err);
    }
    arena_free(&arena);
    return status;
}

lreg_status core_token_delete(struct core *core, const struct core_actor *actor, const struct core_token *token,
                              struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = delete_in(core, transaction, actor, &token->row, err);
    return meta_end(transaction, status, err);
}
