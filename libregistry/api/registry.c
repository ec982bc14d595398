/* SPDX-License-Identifier: Apache-2.0 */

/* Registries of the public API. */

#include "api/api_internal.h"

#include <string.h>

#define TEXTS (LREG_REGISTRY_ECOSYSTEM + 1)
#define SWITCHES (LREG_REGISTRY_STRICT_NAMES + 1)

/* Settings are made without an instance, so they use the memory of the operating system. */
struct lreg_registry_settings {
    struct hooks hooks;
    char *texts[TEXTS];
    int switches[SWITCHES];
};

struct lreg_registry_list {
    struct api_pager pager;
    const struct core_organization *organization;
    struct meta_registry *rows;
};

lreg_status lreg_registry_settings_new(lreg_registry_settings **out, lreg_error **err) {
    struct hooks hooks;
    hooks_default(&hooks);
    if (out == NULL) {
        return api_null(&hooks, "out", err);
    }
    *out = memory_allocate_zeroed(&hooks, 1, sizeof **out);
    if (*out == NULL) {
        return api_no_memory(err);
    }
    (*out)->hooks = hooks;
    for (size_t i = 0; i < SWITCHES; i++) {
        (*out)->switches[i] = CORE_UNCHANGED;
    }
    return LREG_OK;
}

lreg_status lreg_registry_settings_set_text(lreg_registry_settings *settings, int32_t text, const char *value,
                                            lreg_error **err) {
    if (settings == NULL || value == NULL) {
        return api_null(NULL, settings == NULL ? "settings" : "value", err);
    }
    if (text < LREG_REGISTRY_NAME || text >= TEXTS) {
        return api_refuse(&settings->hooks, "there is no such setting", err);
    }
    if (!text_is_utf8(value, strlen(value))) {
        return api_refuse(&settings->hooks, "the value is not UTF-8", err);
    }
    char *copy = memory_copy_text(&settings->hooks, value);
    if (copy == NULL) {
        return api_no_memory(err);
    }
    memory_release(&settings->hooks, settings->texts[text]);
    settings->texts[text] = copy;
    return LREG_OK;
}

lreg_status lreg_registry_settings_set_switch(lreg_registry_settings *settings, int32_t which, lreg_bool value,
                                              lreg_error **err) {
    if (settings == NULL) {
        return api_null(NULL, "settings", err);
    }
    if (which < LREG_REGISTRY_PUBLIC || which >= SWITCHES) {
        return api_refuse(&settings->hooks, "there is no such switch", err);
    }
    settings->switches[which] = value != 0;
    return LREG_OK;
}

void lreg_registry_settings_free(lreg_registry_settings *settings) {
    if (settings != NULL) {
        for (size_t i = 0; i < TEXTS; i++) {
            memory_release(&settings->hooks, settings->texts[i]);
        }
        memory_release(&settings->hooks, settings);
    }
}

static struct core_registry_settings inner_settings(const lreg_registry_settings *settings) {
    return (struct core_registry_settings){
        .name = settings->texts[LREG_REGISTRY_NAME],
        .slug = settings->texts[LREG_REGISTRY_SLUG],
        .description = settings->texts[LREG_REGISTRY_DESCRIPTION],
        .emoji = settings->texts[LREG_REGISTRY_EMOJI],
        .color = settings->texts[LREG_REGISTRY_COLOR],
        .ecosystem = settings->texts[LREG_REGISTRY_ECOSYSTEM],
        .is_public = settings->switches[LREG_REGISTRY_PUBLIC],
        .allow_overwrite = settings->switches[LREG_REGISTRY_ALLOW_OVERWRITE],
        .strict_names = settings->switches[LREG_REGISTRY_STRICT_NAMES],
    };
}

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
    struct core_registry_settings inner = inner_settings(settings);
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

lreg_status lreg_registry_list_open(lreg_instance *instance, const char *organization, lreg_registry_list **out,
                                    lreg_error **err) {
    struct error failure = {0};
    const struct core_organization *owner = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || organization == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, organization and out", err);
    }
    lreg_status status = core_organization_find(instance->core, organization, &owner, &failure);
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

static lreg_status next_page(lreg_registry_list *list, struct error *failure) {
    struct api_pager *pager = &list->pager;
    const char *cursor = pager->row_count > 0 ? list->rows[pager->row_count - 1].slug : NULL;
    lreg_status status = api_pager_turn(pager, cursor, failure);
    if (status == LREG_OK) {
        status = core_registry_list(pager->core, list->organization, pager->after, API_PAGE, &pager->arena, &list->rows,
                                    &pager->row_count, failure);
        api_pager_filled(pager, status);
    }
    return status;
}

lreg_status lreg_registry_list_next(lreg_registry_list *list, lreg_registry **out, lreg_error **err) {
    struct error failure = {0};
    const struct core_registry *snapshot = NULL;
    lreg_status status = LREG_OK;
    if (out != NULL) {
        *out = NULL;
    }
    if (list == NULL || out == NULL) {
        return api_null(NULL, "list and out", err);
    }
    struct api_pager *pager = &list->pager;
    while (status == LREG_OK && *out == NULL) {
        if (pager->row == pager->row_count) {
            if (pager->is_at_end) {
                break;
            }
            status = next_page(list, &failure);
            continue;
        }
        status = core_registry_find(pager->core, list->organization->row.slug, list->rows[pager->row].slug, &snapshot,
                                    &failure);
        if (status == LREG_OK) {
            status = api_registry_new(pager->core, snapshot, out, &failure);
        } else if (status == LREG_NOT_FOUND) {
            status = LREG_OK; /* deleted since the page was read */
        }
        pager->row += status == LREG_OK ? 1 : 0;
    }
    return api_result(core_hooks(pager->core), status, &failure, err);
}

void lreg_registry_list_free(lreg_registry_list *list) {
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
    struct core_registry_settings inner = inner_settings(settings);
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
