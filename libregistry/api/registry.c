/* SPDX-License-Identifier: Apache-2.0 */

/* Registries of the public API. */

#include "api/api_internal.h"

struct lreg_registry_list {
    struct api_pager pager;
    const struct core_organization *organization;
};

static const struct api_struct filter_kind = {"lreg_registry_filter", sizeof(lreg_registry_filter),
                                              sizeof(lreg_registry_filter), 0};

lreg_status api_registry_new(struct core *core, const struct core_registry *snapshot, lreg_registry **out,
                             struct error *failure) {
    lreg_registry *registry = api_handle_new(core, sizeof *registry);
    if (registry == NULL) {
        core_registry_release(snapshot);
        return error_no_memory(failure);
    }
    registry->snapshot = snapshot;
    *out = registry;
    return LREG_OK;
}

/* Returns the handle in `*out`, or ends it after a failure or without `out`. Takes it. */
static void hand_over(lreg_status status, lreg_registry *registry, lreg_registry **out) {
    if (status == LREG_OK && out != NULL) {
        *out = registry;
    } else {
        lreg_registry_free(registry);
    }
}

lreg_status lreg_registry_create(lreg_instance *instance, const char *organization,
                                 const lreg_registry_settings *settings, lreg_registry **out, lreg_error **err) {
    struct error failure = {0};
    const struct core_organization *owner = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || organization == NULL || settings == NULL) {
        return api_null(api_hooks(instance), "instance, organization and settings", err);
    }
    lreg_registry *registry = api_handle_new(instance->core, sizeof *registry);
    if (registry == NULL) { /* allocated first, so that nothing fails after the registry was created */
        return api_no_memory(err);
    }
    struct core_registry_settings inner = api_registry_settings(settings);
    lreg_status status = core_organization_find(instance->core, organization, &owner, &failure);
    if (status == LREG_OK) {
        status = core_registry_create(instance->core, &core_actor_host, owner, &inner, &registry->snapshot, &failure);
    }
    core_organization_release(owner);
    hand_over(status, registry, out);
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_registry_find(lreg_instance *instance, const char *organization, const char *slug, lreg_registry **out,
                               lreg_error **err) {
    struct error failure = {0};
    const struct core_registry *snapshot = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || organization == NULL || slug == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, organization, slug and out", err);
    }
    lreg_status status = core_registry_find(instance->core, organization, slug, &snapshot, &failure);
    if (status == LREG_OK) {
        status = api_registry_new(instance->core, snapshot, out, &failure);
    }
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_registry_list_open(lreg_instance *instance, const char *organization,
                                    const lreg_registry_filter *filter, lreg_registry_list **out, lreg_error **err) {
    struct error failure = {0};
    lreg_registry_filter taken;
    const struct core_organization *owner = NULL;
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
    if (status != LREG_OK) {
        return api_result(api_hooks(instance), status, &failure, err);
    }
    lreg_registry_list *list = api_handle_new(instance->core, sizeof *list);
    if (list == NULL) {
        core_organization_release(owner);
        return api_no_memory(err);
    }
    api_pager_init(&list->pager, instance->core);
    list->organization = owner;
    *out = list;
    return LREG_OK;
}

static lreg_status read_page(struct api_pager *pager, struct error *failure) {
    const lreg_registry_list *list = (lreg_registry_list *)pager;
    struct meta_registry *rows = NULL;
    lreg_status status = core_registry_list(pager->core, list->organization, pager->after, API_PAGE, &pager->arena,
                                            &rows, &pager->row_count, failure);
    pager->rows = rows;
    return status;
}

static lreg_status make_registry(const struct api_pager *pager, const void *row, void **out, struct error *failure) {
    const struct core_registry *snapshot = NULL;
    lreg_registry *registry = NULL;
    lreg_status status = core_registry_read(pager->core, row, &snapshot, failure);
    if (status == LREG_NOT_FOUND) {
        return LREG_OK; /* deleted since the page was read */
    }
    if (status == LREG_OK) {
        status = api_registry_new(pager->core, snapshot, &registry, failure);
    }
    *out = registry;
    return status;
}

static const struct api_listing listing = {
    .row_bytes = sizeof(struct meta_registry),
    .cursor_at = offsetof(struct meta_registry, slug),
    .read_page = read_page,
    .make_handle = make_registry,
};

lreg_status lreg_registry_list_next(lreg_registry_list *list, lreg_registry **out, lreg_error **err) {
    void *next = NULL;
    lreg_status status = api_pager_next(&listing, list == NULL ? NULL : &list->pager, out == NULL ? NULL : &next, err);
    if (out != NULL) {
        *out = next;
    }
    return status;
}

void lreg_registry_list_close(lreg_registry_list *list) {
    if (list != NULL) {
        struct core *core = list->pager.core;
        core_organization_release(list->organization);
        api_pager_free(&list->pager);
        memory_release(core_hooks(core), list);
        core_release(core);
    }
}

lreg_status lreg_registry_update(lreg_instance *instance, const lreg_registry *registry,
                                 const lreg_registry_settings *settings, lreg_registry **out, lreg_error **err) {
    struct error failure = {0};
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || registry == NULL || settings == NULL) {
        return api_null(api_hooks(instance), "instance, registry and settings", err);
    }
    lreg_registry *changed = api_handle_new(instance->core, sizeof *changed);
    if (changed == NULL) {
        return api_no_memory(err);
    }
    struct core_registry_settings inner = api_registry_settings(settings);
    lreg_status status = core_registry_update(instance->core, &core_actor_host, registry->snapshot, &inner,
                                              &changed->snapshot, &failure);
    hand_over(status, changed, out);
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_registry_delete(lreg_instance *instance, const lreg_registry *registry, lreg_error **err) {
    struct error failure = {0};
    if (instance == NULL || registry == NULL) {
        return api_null(api_hooks(instance), "instance and registry", err);
    }
    lreg_status status = core_registry_delete(instance->core, &core_actor_host, registry->snapshot, &failure);
    return api_result(api_hooks(instance), status, &failure, err);
}
