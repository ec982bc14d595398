/* SPDX-License-Identifier: Apache-2.0 */

/* Registries over REST: list, create, show, update, delete. The rules are in core/. */

#include "rest/rest_internal.h"

lreg_status rest_registries_list(struct call *call, struct error *err) {
    struct meta_registry *rows = NULL;
    struct rest_page page;
    size_t count = 0;
    lreg_status status = rest_page_read(call, "after", REST_PAGE_BY_SLUG, REST_PAGE_MAX, &page, err);
    if (status == LREG_OK) {
        status = core_registry_list(call->core, call->organization, page.behind, page.size + 1, call->arena, &rows,
                                    &count, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    rest_page_take(&page, count);
    status = rest_page_link(call, &page, page.count == 0 ? "" : rows[page.count - 1].slug, err);
    if (status != LREG_OK) {
        return status;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < page.count && list != NULL; i++) {
        if (json_array_append_new(list, rest_registry(call, &rows[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return rest_respond(call, list, err);
}

static lreg_status respond_registry(struct call *call, const struct core_registry *registry, struct error *err) {
    return rest_respond(call, rest_registry(call, &registry->row), err);
}

/* `shown` is taken; NULL means out of memory. The texts are borrowed from *body, which the caller owns. */
static lreg_status read_settings(struct call *call, const char *bytes, size_t length, json_t *shown, json_t **body,
                                 struct core_registry_settings *out, struct error *err) {
    if (shown == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = rest_parse_object(call, bytes, length, shown, body, err);
    json_decref(shown);
    return status == LREG_OK ? core_registry_settings_read(*body, out, err) : status;
}

static lreg_status create(struct call *call, void *user, const char *bytes, size_t length, struct error *err) {
    (void)user;
    struct core_registry_settings settings;
    const struct core_registry *registry = NULL;
    json_t *body = NULL;
    json_t *shown = json_pack("{s:n}", "oidc_policy"); /* of every new registry */
    lreg_status status = read_settings(call, bytes, length, shown, &body, &settings, err);
    if (status == LREG_OK && (settings.name == NULL || settings.ecosystem == NULL)) {
        status = error_set(err, LREG_UNPROCESSABLE, "missing_member", "\"%s\" is needed",
                           settings.name == NULL ? "name" : "ecosystem");
    }
    if (status == LREG_OK) {
        status = core_registry_create(call->core, &call->actor, call->organization, &settings, &registry, err);
    }
    if (status == LREG_OK) {
        status = respond_registry(call, registry, err);
    }
    core_registry_release(registry);
    json_decref(body);
    return status;
}

lreg_status rest_registries_create(struct call *call, struct error *err) {
    return call_read_body(call, core_limits_of(call->core)->max_json_bytes, create, NULL, err);
}

lreg_status rest_registries_show(struct call *call, struct error *err) {
    return respond_registry(call, call->registry, err);
}

static lreg_status update(struct call *call, void *user, const char *bytes, size_t length, struct error *err) {
    (void)user;
    struct core_registry_settings settings;
    const struct core_registry *registry = NULL;
    json_t *body = NULL;
    json_t *shown = rest_registry(call, &call->registry->row);
    lreg_status status = read_settings(call, bytes, length, shown, &body, &settings, err);
    if (status == LREG_OK) {
        status = core_registry_update(call->core, &call->actor, call->registry, &settings, &registry, err);
    }
    if (status == LREG_OK) {
        status = respond_registry(call, registry, err);
    }
    core_registry_release(registry);
    json_decref(body);
    return status;
}

lreg_status rest_registries_update(struct call *call, struct error *err) {
    return call_read_body(call, core_limits_of(call->core)->max_json_bytes, update, NULL, err);
}

lreg_status rest_registries_delete(struct call *call, struct error *err) {
    lreg_status status = core_registry_delete(call->core, &call->actor, call->registry, err);
    return status == LREG_OK ? call_respond(call, 200, err) : status;
}
