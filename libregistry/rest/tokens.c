/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Registry tokens over REST. Unlike other tokens they can be shown again, to callers who may change the registry and so
 * could make one; each showing is an event of the audit log. Callers who may only read the registry see the tokens
 * without their secrets.
 */

#include "rest/rest_internal.h"

static lreg_status respond_token(struct call *call, const struct core_token *token, struct error *err) {
    return rest_respond(call, rest_registry_token(call, &token->row, token->secret), err);
}

lreg_status rest_tokens_list(struct call *call, struct error *err) {
    struct meta_token *rows = NULL;
    struct rest_page page;
    size_t count = 0;
    lreg_status status = rest_page_read(call, "after", REST_PAGE_BY_ID, REST_PAGE_MAX, &page, err);
    if (status == LREG_OK) {
        status = core_token_list(call->core, NULL, call->registry, page.behind, page.size + 1, call->arena, &rows,
                                 &count, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    rest_page_take(&page, count);
    status = rest_page_link(call, &page, page.count == 0 ? "" : rows[page.count - 1].id, err);
    if (status != LREG_OK) {
        return status;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < page.count && list != NULL; i++) {
        if (json_array_append_new(list, rest_registry_token(call, &rows[i], NULL)) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return rest_respond(call, list, err);
}

/* Reads {"description": …}; the other members must be as in `shown`, the token now (NULL: there is none yet). The text
 * is borrowed from *body, which the caller owns. */
static lreg_status read_description(struct call *call, const char *bytes, size_t length, const json_t *shown,
                                    json_t **body, const char **description, struct error *err) {
    lreg_status status = rest_parse_object(call, bytes, length, shown, body, err);
    if (status == LREG_OK) {
        status = json_read_text(*body, "description", description, err);
    }
    if (status == LREG_OK && *description == NULL) {
        return error_set(err, LREG_UNPROCESSABLE, "missing_member", "\"description\" is needed");
    }
    return status;
}

static lreg_status create(struct call *call, void *user, const char *bytes, size_t length, struct error *err) {
    (void)user;
    const struct core_token *token = NULL;
    const char *description = NULL;
    json_t *body = NULL;
    lreg_status status = read_description(call, bytes, length, NULL, &body, &description, err);
    if (status == LREG_OK) {
        status = core_token_create_registry(call->core, &call->actor, call->registry, description, &token, err);
    }
    if (status == LREG_OK) {
        status = respond_token(call, token, err);
    }
    core_token_release(token);
    json_decref(body);
    return status;
}

lreg_status rest_tokens_create(struct call *call, struct error *err) {
    return call_read_body(call, core_limits_of(call->core)->max_json_bytes, create, NULL, err);
}

static lreg_status find(struct call *call, const struct core_token **out, struct error *err) {
    return core_token_find(call->core, NULL, call->registry, call_parameter(call, "id"), out, err);
}

static bool may_see_secret(struct call *call) {
    return core_authorize(call->core, &call->principal, AUTH_ACTION_WRITE_REGISTRIES, call->organization,
                          call->registry, NULL) == LREG_OK;
}

/* Answers with the token and its secret. */
static lreg_status reveal(struct call *call, const struct core_token *token, struct error *err) {
    const struct core_token *shown = NULL;
    lreg_status status = core_token_reveal(call->core, &call->actor, token, &shown, err);
    if (status == LREG_OK) {
        status = respond_token(call, shown, err);
    }
    core_token_release(shown);
    return status;
}

/* The same answer for HEAD, which shows nothing of it but its length. */
static lreg_status measure(struct call *call, const struct core_token *token, struct error *err) {
    const struct core_token *opened = NULL;
    lreg_status status = core_token_open(call->core, token, &opened, err);
    if (status == LREG_OK) {
        status = respond_token(call, opened, err);
    }
    core_token_release(opened);
    return status;
}

lreg_status rest_tokens_show(struct call *call, struct error *err) {
    const struct core_token *token = NULL;
    lreg_status status = find(call, &token, err);
    if (status == LREG_OK && may_see_secret(call)) {
        status = call->method == HTTP_HEAD ? measure(call, token, err) : reveal(call, token, err);
    } else if (status == LREG_OK) {
        status = rest_respond(call, rest_registry_token(call, &token->row, NULL), err);
    }
    core_token_release(token);
    return status;
}

/* The members of the token as a caller knows them, who may send them back unchanged. */
static lreg_status known_members(struct call *call, const struct core_token *token, json_t **out, struct error *err) {
    const struct core_token *opened = NULL;
    lreg_status status = core_token_open(call->core, token, &opened, err);
    if (status == LREG_OK) {
        *out = rest_registry_token(call, &opened->row, opened->secret);
        status = *out == NULL ? error_no_memory(err) : LREG_OK;
    }
    core_token_release(opened);
    return status;
}

static lreg_status update(struct call *call, void *user, const char *bytes, size_t length, struct error *err) {
    (void)user;
    const struct core_token *token = NULL;
    const struct core_token *changed = NULL;
    const char *description = NULL;
    json_t *shown = NULL;
    json_t *body = NULL;
    lreg_status status = find(call, &token, err);
    if (status == LREG_OK) {
        status = known_members(call, token, &shown, err);
    }
    if (status == LREG_OK) {
        status = read_description(call, bytes, length, shown, &body, &description, err);
    }
    if (status == LREG_OK) {
        status = core_token_set_description(call->core, &call->actor, token, description, &changed, err);
    }
    if (status == LREG_OK) {
        status = respond_token(call, changed, err);
    }
    core_token_release(changed);
    core_token_release(token);
    json_decref(shown);
    json_decref(body);
    return status;
}

lreg_status rest_tokens_update(struct call *call, struct error *err) {
    return call_read_body(call, core_limits_of(call->core)->max_json_bytes, update, NULL, err);
}

lreg_status rest_tokens_delete(struct call *call, struct error *err) {
    const struct core_token *token = NULL;
    lreg_status status = find(call, &token, err);
    if (status == LREG_OK) {
        status = core_token_delete(call->core, &call->actor, token, err);
    }
    if (status == LREG_OK) {
        status = call_respond(call, 200, err);
    }
    core_token_release(token);
    return status;
}
