/* SPDX-License-Identifier: Apache-2.0 */

/* Organizations of the public API. */

#include "api/api_internal.h"

struct lreg_organization_list {
    struct api_pager pager;
};

static const struct api_struct filter_kind = {"lreg_organization_filter", sizeof(lreg_organization_filter),
                                              sizeof(lreg_organization_filter), 0};

/* Takes the snapshot, also on failure. */
static lreg_status organization_new(struct core *core, const struct core_organization *snapshot,
                                    lreg_organization **out, struct error *failure) {
    lreg_organization *organization = api_handle_new(core, sizeof *organization);
    if (organization == NULL) {
        core_organization_release(snapshot);
        return error_no_memory(failure);
    }
    organization->snapshot = snapshot;
    *out = organization;
    return LREG_OK;
}

/* Returns the handle in `*out`, or ends it after a failure or without `out`. Takes it. */
static void hand_over(lreg_status status, lreg_organization *organization, lreg_organization **out) {
    if (status == LREG_OK && out != NULL) {
        *out = organization;
    } else {
        lreg_organization_free(organization);
    }
}

static struct core_organization_settings inner_settings(const lreg_organization_settings *settings) {
    return (struct core_organization_settings){.slug = settings->slug, .name = settings->name};
}

lreg_status lreg_organization_create(lreg_instance *instance, const lreg_organization_settings *settings,
                                     lreg_organization **out, lreg_error **err) {
    struct error failure = {0};
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || settings == NULL) {
        return api_null(api_hooks(instance), "instance and settings", err);
    }
    lreg_organization *organization = api_handle_new(instance->core, sizeof *organization);
    if (organization == NULL) { /* allocated first, so that nothing fails after the organization was created */
        return api_no_memory(err);
    }
    struct core_organization_settings inner = inner_settings(settings);
    lreg_status status =
        core_organization_create(instance->core, &core_actor_host, &inner, &organization->snapshot, &failure);
    hand_over(status, organization, out);
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_organization_update(lreg_instance *instance, const lreg_organization *organization,
                                     const lreg_organization_settings *settings, lreg_organization **out,
                                     lreg_error **err) {
    struct error failure = {0};
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || organization == NULL || settings == NULL) {
        return api_null(api_hooks(instance), "instance, organization and settings", err);
    }
    lreg_organization *changed = api_handle_new(instance->core, sizeof *changed);
    if (changed == NULL) {
        return api_no_memory(err);
    }
    struct core_organization_settings inner = inner_settings(settings);
    lreg_status status = core_organization_update(instance->core, &core_actor_host, organization->snapshot, &inner,
                                                  &changed->snapshot, &failure);
    hand_over(status, changed, out);
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_organization_find(lreg_instance *instance, const char *slug, lreg_organization **out,
                                   lreg_error **err) {
    struct error failure = {0};
    const struct core_organization *snapshot = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || slug == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, slug and out", err);
    }
    lreg_status status = core_organization_find(instance->core, slug, &snapshot, &failure);
    if (status == LREG_OK) {
        status = organization_new(instance->core, snapshot, out, &failure);
    }
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_organization_list_open(lreg_instance *instance, const lreg_organization_filter *filter,
                                        lreg_organization_list **out, lreg_error **err) {
    lreg_organization_filter taken;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance and out", err);
    }
    lreg_status status = api_take(api_hooks(instance), &filter_kind, filter, &taken, err);
    if (status != LREG_OK) {
        return status;
    }
    *out = api_handle_new(instance->core, sizeof **out);
    if (*out == NULL) {
        return api_no_memory(err);
    }
    api_pager_init(&(*out)->pager, instance->core);
    return LREG_OK;
}

static lreg_status read_page(struct api_pager *pager, struct error *failure) {
    struct meta_organization *rows = NULL;
    lreg_status status =
        core_organization_list(pager->core, pager->after, API_PAGE, &pager->arena, &rows, &pager->row_count, failure);
    pager->rows = rows;
    return status;
}

static lreg_status make_organization(const struct api_pager *pager, const void *row, void **out,
                                     struct error *failure) {
    const struct meta_organization *listed = row;
    const struct core_organization *snapshot = NULL;
    lreg_organization *organization = NULL;
    lreg_status status = core_organization_find(pager->core, listed->slug, &snapshot, failure);
    if (status == LREG_NOT_FOUND) {
        return LREG_OK; /* deleted since the page was read */
    }
    if (status == LREG_OK) {
        status = organization_new(pager->core, snapshot, &organization, failure);
    }
    *out = organization;
    return status;
}

static const struct api_listing listing = {
    .row_bytes = sizeof(struct meta_organization),
    .cursor_at = offsetof(struct meta_organization, slug),
    .read_page = read_page,
    .make_handle = make_organization,
};

lreg_status lreg_organization_list_next(lreg_organization_list *list, lreg_organization **out, lreg_error **err) {
    void *next = NULL;
    lreg_status status = api_pager_next(&listing, list == NULL ? NULL : &list->pager, out == NULL ? NULL : &next, err);
    if (out != NULL) {
        *out = next;
    }
    return status;
}

void lreg_organization_list_close(lreg_organization_list *list) {
    if (list != NULL) {
        struct core *core = list->pager.core;
        api_pager_free(&list->pager);
        memory_release(core_hooks(core), list);
        core_release(core);
    }
}

lreg_status lreg_organization_delete(lreg_instance *instance, const lreg_organization *organization, lreg_error **err) {
    struct error failure = {0};
    if (instance == NULL || organization == NULL) {
        return api_null(api_hooks(instance), "instance and organization", err);
    }
    lreg_status status = core_organization_delete(instance->core, &core_actor_host, organization->snapshot, &failure);
    return api_result(api_hooks(instance), status, &failure, err);
}

const char *lreg_organization_id(const lreg_organization *organization) {
    return organization == NULL ? "" : organization->snapshot->row.id;
}

const char *lreg_organization_slug(const lreg_organization *organization) {
    return organization == NULL ? "" : organization->snapshot->row.slug;
}

const char *lreg_organization_name(const lreg_organization *organization) {
    return organization == NULL ? "" : organization->snapshot->row.name;
}

int64_t lreg_organization_created_ms(const lreg_organization *organization) {
    return organization == NULL ? 0 : organization->snapshot->row.created_ms;
}

void lreg_organization_free(lreg_organization *organization) {
    if (organization != NULL) {
        struct core *core = organization->core;
        core_organization_release(organization->snapshot);
        memory_release(core_hooks(core), organization);
        core_release(core);
    }
}
