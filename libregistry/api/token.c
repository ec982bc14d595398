/* SPDX-License-Identifier: Apache-2.0 */

/* Tokens of the public API. */

#include "api/api_internal.h"

#include <stdio.h>

#define SCOPES_TEXT 128 /* all words with their commas, and the NUL */

struct lreg_token {
    struct core *core;
    const struct core_token *snapshot;
    char scopes[SCOPES_TEXT];
};

struct lreg_token_list {
    struct api_pager pager;
    const struct core_organization *organization; /* of API access tokens; otherwise NULL */
    const struct core_registry *registry; /* of registry tokens; otherwise NULL */
};

static const struct api_struct filter_kind = {"lreg_token_filter", sizeof(lreg_token_filter), sizeof(lreg_token_filter),
                                              0};

/* Writes the words of the scopes. A registry token has none: it can only read. */
static void write_scopes(lreg_token *token) {
    const struct meta_token *row = &token->snapshot->row;
    size_t length = 0;
    for (uint32_t bit = 1; row->registry_id == NULL && bit <= AUTH_ALL_SCOPES; bit <<= 1) {
        if ((row->scopes & bit) != 0 && length < sizeof token->scopes) {
            int written = snprintf(token->scopes + length, sizeof token->scopes - length, "%s%s", length > 0 ? "," : "",
                                   auth_scope_text(bit));
            length += written > 0 ? (size_t)written : 0;
        }
    }
}

/* Returns a new token in `*out`, or ends it after a failure. Takes it. */
static lreg_status hand_over(lreg_status status, lreg_token *token, lreg_token **out) {
    if (status == LREG_OK) {
        write_scopes(token);
        *out = token;
    } else {
        lreg_token_free(token);
    }
    return status;
}

/* Takes the snapshot, also on failure. */
static lreg_status token_new(struct core *core, const struct core_token *snapshot, lreg_token **out,
                             struct error *failure) {
    lreg_token *token = api_handle_new(core, sizeof *token);
    if (token == NULL) {
        core_token_release(snapshot);
        return error_no_memory(failure);
    }
    token->snapshot = snapshot;
    write_scopes(token);
    *out = token;
    return LREG_OK;
}

lreg_status lreg_token_create(lreg_instance *instance, const char *organization, const lreg_token_settings *settings,
                              lreg_token **out, lreg_error **err) {
    struct error failure = {0};
    const struct core_organization *owner = NULL;
    uint32_t bits = 0;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || organization == NULL || settings == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, organization, settings and out", err);
    }
    lreg_token *token = api_handle_new(instance->core, sizeof *token);
    if (token == NULL) { /* allocated first, so that no token is created whose secret is lost */
        return api_no_memory(err);
    }
    lreg_status status = settings->scopes == NULL ? LREG_OK : auth_scopes_parse(settings->scopes, &bits, &failure);
    if (status == LREG_OK) {
        status = core_organization_find(instance->core, organization, &owner, &failure);
    }
    if (status == LREG_OK) {
        status = core_token_create_api(instance->core, &core_actor_host, owner, settings->description, bits,
                                       settings->expires_ms, &token->snapshot, &failure);
    }
    core_organization_release(owner);
    status = hand_over(status, token, out);
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_registry_token_create(lreg_instance *instance, const lreg_registry *registry,
                                       const lreg_token_settings *settings, lreg_token **out, lreg_error **err) {
    struct error failure = {0};
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || registry == NULL || settings == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, registry, settings and out", err);
    }
    if (settings->scopes != NULL || settings->expires_ms != 0) {
        return api_refuse(api_hooks(instance),
                          "a registry token reads its registry and does not expire: set no scopes and no expiry", err);
    }
    lreg_token *token = api_handle_new(instance->core, sizeof *token);
    if (token == NULL) {
        return api_no_memory(err);
    }
    lreg_status status = core_token_create_registry(instance->core, &core_actor_host, registry->snapshot,
                                                    settings->description, &token->snapshot, &failure);
    status = hand_over(status, token, out);
    return api_result(api_hooks(instance), status, &failure, err);
}

/* Takes the organization, also on failure; retains the registry. One of them is NULL. */
static lreg_status list_new(struct core *core, const struct core_organization *organization,
                            const struct core_registry *registry, lreg_token_list **out, lreg_error **err) {
    lreg_token_list *list = api_handle_new(core, sizeof *list);
    if (list == NULL) {
        core_organization_release(organization);
        return api_no_memory(err);
    }
    api_pager_init(&list->pager, core);
    list->organization = organization;
    if (registry != NULL) {
        core_registry_retain(registry);
        list->registry = registry;
    }
    *out = list;
    return LREG_OK;
}

lreg_status lreg_token_list_open(lreg_instance *instance, const char *organization, const lreg_token_filter *filter,
                                 lreg_token_list **out, lreg_error **err) {
    struct error failure = {0};
    const struct core_organization *owner = NULL;
    lreg_token_filter taken;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || organization == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, organization and out", err);
    }
    lreg_status status = api_take(api_hooks(instance), &filter_kind, filter, &taken, err);
    if (status != LREG_OK) {
        return status;
    }
    status = core_organization_find(instance->core, organization, &owner, &failure);
    return status == LREG_OK ? list_new(instance->core, owner, NULL, out, err)
                             : api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_registry_token_list_open(lreg_instance *instance, const lreg_registry *registry,
                                          const lreg_token_filter *filter, lreg_token_list **out, lreg_error **err) {
    lreg_token_filter taken;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || registry == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, registry and out", err);
    }
    lreg_status status = api_take(api_hooks(instance), &filter_kind, filter, &taken, err);
    return status == LREG_OK ? list_new(instance->core, NULL, registry->snapshot, out, err) : status;
}

static lreg_status read_page(struct api_pager *pager, struct error *failure) {
    const lreg_token_list *list = (lreg_token_list *)pager;
    struct meta_token *rows = NULL;
    lreg_status status = core_token_list(pager->core, list->organization, list->registry, pager->after, API_PAGE,
                                         &pager->arena, &rows, &pager->row_count, failure);
    pager->rows = rows;
    return status;
}

static lreg_status make_token(const struct api_pager *pager, const void *row, void **out, struct error *failure) {
    const lreg_token_list *list = (const lreg_token_list *)pager;
    const struct meta_token *listed = row;
    const struct core_token *snapshot = NULL;
    lreg_token *token = NULL;
    lreg_status status =
        core_token_find(pager->core, list->organization, list->registry, listed->id, &snapshot, failure);
    if (status == LREG_NOT_FOUND && text_equals(failure->code, "token_unknown")) {
        return LREG_OK; /* deleted since the page was read */
    }
    if (status == LREG_OK) {
        status = token_new(pager->core, snapshot, &token, failure);
    }
    *out = token;
    return status;
}

static const struct api_listing listing = {
    .row_bytes = sizeof(struct meta_token),
    .cursor_at = offsetof(struct meta_token, id),
    .read_page = read_page,
    .make_handle = make_token,
};

lreg_status lreg_token_list_next(lreg_token_list *list, lreg_token **out, lreg_error **err) {
    void *next = NULL;
    lreg_status status = api_pager_next(&listing, list == NULL ? NULL : &list->pager, out == NULL ? NULL : &next, err);
    if (out != NULL) {
        *out = next;
    }
    return status;
}

void lreg_token_list_close(lreg_token_list *list) {
    if (list != NULL) {
        struct core *core = list->pager.core;
        core_organization_release(list->organization);
        core_registry_release(list->registry);
        api_pager_free(&list->pager);
        memory_release(core_hooks(core), list);
        core_release(core);
    }
}

lreg_status lreg_token_find(lreg_instance *instance, const char *organization, const char *id, lreg_token **out,
                            lreg_error **err) {
    struct error failure = {0};
    const struct core_organization *owner = NULL;
    const struct core_token *snapshot = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || organization == NULL || id == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, organization, id and out", err);
    }
    lreg_status status = core_organization_find(instance->core, organization, &owner, &failure);
    if (status == LREG_OK) {
        status = core_token_find(instance->core, owner, NULL, id, &snapshot, &failure);
    }
    if (status == LREG_OK) {
        status = token_new(instance->core, snapshot, out, &failure);
    }
    core_organization_release(owner);
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_registry_token_find(lreg_instance *instance, const lreg_registry *registry, const char *id,
                                     lreg_token **out, lreg_error **err) {
    struct error failure = {0};
    const struct core_token *snapshot = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || registry == NULL || id == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, registry, id and out", err);
    }
    lreg_status status = core_token_find(instance->core, NULL, registry->snapshot, id, &snapshot, &failure);
    if (status == LREG_OK) {
        status = token_new(instance->core, snapshot, out, &failure);
    }
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_token_reveal(lreg_instance *instance, const lreg_token *token, lreg_token **out, lreg_error **err) {
    struct error failure = {0};
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || token == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, token and out", err);
    }
    lreg_token *shown = api_handle_new(instance->core, sizeof *shown);
    if (shown == NULL) { /* allocated first, so that the audit log has no showing that did not happen */
        return api_no_memory(err);
    }
    lreg_status status =
        core_token_reveal(instance->core, &core_actor_host, token->snapshot, &shown->snapshot, &failure);
    status = hand_over(status, shown, out);
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_token_delete(lreg_instance *instance, const lreg_token *token, lreg_error **err) {
    struct error failure = {0};
    if (instance == NULL || token == NULL) {
        return api_null(api_hooks(instance), "instance and token", err);
    }
    lreg_status status = core_token_delete(instance->core, &core_actor_host, token->snapshot, &failure);
    return api_result(api_hooks(instance), status, &failure, err);
}

const char *lreg_token_id(const lreg_token *token) {
    return token == NULL ? "" : token->snapshot->row.id;
}

const char *lreg_token_registry_id(const lreg_token *token) {
    return token == NULL || token->snapshot->row.registry_id == NULL ? "" : token->snapshot->row.registry_id;
}

const char *lreg_token_description(const lreg_token *token) {
    return token == NULL ? "" : token->snapshot->row.description;
}

const char *lreg_token_scopes(const lreg_token *token) {
    return token == NULL ? "" : token->scopes;
}

const char *lreg_token_secret(const lreg_token *token) {
    return token == NULL ? "" : token->snapshot->secret;
}

int64_t lreg_token_expires_ms(const lreg_token *token) {
    return token == NULL ? 0 : token->snapshot->row.expires_ms;
}

int64_t lreg_token_created_ms(const lreg_token *token) {
    return token == NULL ? 0 : token->snapshot->row.created_ms;
}

void lreg_token_free(lreg_token *token) {
    if (token != NULL) {
        struct core *core = token->core;
        core_token_release(token->snapshot);
        memory_release(core_hooks(core), token);
        core_release(core);
    }
}
