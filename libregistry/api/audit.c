/* SPDX-License-Identifier: Apache-2.0 */

/* The audit log of the public API. */

#include "api/api_internal.h"

#include <string.h>

/* One event with its texts. */
#define EVENT_BYTES_MAX ((size_t)256 * 1024)

struct lreg_audit_event {
    struct core *core;
    struct arena arena;
    struct meta_audit_event row;
};

struct lreg_audit_event_list {
    struct api_pager pager;
    char organization_id[ID_TEXT];
};

static const struct api_struct filter_kind = {"lreg_audit_event_filter", sizeof(lreg_audit_event_filter),
                                              sizeof(lreg_audit_event_filter), 0};

/* The id of the organization that is meant: by its slug, or the filter's. */
static lreg_status find_id(struct core *core, const char *slug, const lreg_audit_event_filter *filter,
                           char out[ID_TEXT], struct error *failure) {
    const struct core_organization *organization = NULL;
    if ((slug == NULL) == (filter->organization_id == NULL)) {
        return error_set(failure, LREG_BAD_ARGUMENT, "organization_invalid",
                         "pass either the slug of an organization, or its id in the filter");
    }
    if (slug == NULL && !id_is_valid(filter->organization_id)) {
        return error_set(failure, LREG_BAD_ARGUMENT, "organization_invalid", "the organization_id is no UUID");
    }
    lreg_status status = slug == NULL ? LREG_OK : core_organization_find(core, slug, &organization, failure);
    if (status == LREG_OK) {
        memcpy(out, slug == NULL ? filter->organization_id : organization->row.id, ID_TEXT);
    }
    core_organization_release(organization);
    return status;
}

lreg_status lreg_audit_event_list_open(lreg_instance *instance, const char *organization,
                                       const lreg_audit_event_filter *filter, lreg_audit_event_list **out,
                                       lreg_error **err) {
    struct error failure = {0};
    lreg_audit_event_filter taken;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || out == NULL || (organization == NULL && filter == NULL)) {
        return api_null(api_hooks(instance), "instance, out, and both organization and filter", err);
    }
    lreg_status status = api_take(api_hooks(instance), &filter_kind, filter, &taken, err);
    if (status != LREG_OK) {
        return status;
    }
    lreg_audit_event_list *list = api_handle_new(instance->core, sizeof *list);
    if (list == NULL) {
        return api_no_memory(err);
    }
    api_pager_init(&list->pager, instance->core);
    status = find_id(instance->core, organization, &taken, list->organization_id, &failure);
    if (status == LREG_OK) {
        *out = list;
    } else {
        lreg_audit_event_list_close(list);
    }
    return api_result(api_hooks(instance), status, &failure, err);
}

static lreg_status read_page(struct api_pager *pager, struct error *failure) {
    const lreg_audit_event_list *list = (lreg_audit_event_list *)pager;
    struct meta_audit_event *rows = NULL;
    lreg_status status = core_audit_list(pager->core, list->organization_id, pager->after, API_PAGE, &pager->arena,
                                         &rows, &pager->row_count, failure);
    pager->rows = rows;
    return status;
}

static lreg_status event_of_row(struct core *core, const struct meta_audit_event *row, lreg_audit_event **out,
                                struct error *failure) {
    lreg_audit_event *event = api_handle_new(core, sizeof *event);
    if (event == NULL) {
        return error_no_memory(failure);
    }
    arena_init(&event->arena, core_hooks(core), EVENT_BYTES_MAX);
    event->row.at_ms = row->at_ms;
    event->row.type = arena_copy_text(&event->arena, row->type);
    event->row.actor = arena_copy_text(&event->arena, row->actor);
    event->row.subject = arena_copy_text(&event->arena, row->subject);
    event->row.data = arena_copy_text(&event->arena, row->data[0] == '\0' ? "{}" : row->data);
    if (event->row.type == NULL || event->row.actor == NULL || event->row.subject == NULL || event->row.data == NULL) {
        lreg_audit_event_free(event);
        return error_no_memory(failure);
    }
    *out = event;
    return LREG_OK;
}

static lreg_status make_event(const struct api_pager *pager, const void *row, void **out, struct error *failure) {
    lreg_audit_event *event = NULL;
    lreg_status status = event_of_row(pager->core, row, &event, failure);
    *out = event;
    return status;
}

static const struct api_listing listing = {
    .row_bytes = sizeof(struct meta_audit_event),
    .cursor_at = offsetof(struct meta_audit_event, id),
    .read_page = read_page,
    .make_handle = make_event,
};

lreg_status lreg_audit_event_list_next(lreg_audit_event_list *list, lreg_audit_event **out, lreg_error **err) {
    void *next = NULL;
    lreg_status status = api_pager_next(&listing, list == NULL ? NULL : &list->pager, out == NULL ? NULL : &next, err);
    if (out != NULL) {
        *out = next;
    }
    return status;
}

void lreg_audit_event_list_close(lreg_audit_event_list *list) {
    if (list != NULL) {
        struct core *core = list->pager.core;
        api_pager_free(&list->pager);
        memory_release(core_hooks(core), list);
        core_release(core);
    }
}

const char *lreg_audit_event_type(const lreg_audit_event *event) {
    return event == NULL ? "" : event->row.type;
}

const char *lreg_audit_event_actor(const lreg_audit_event *event) {
    return event == NULL ? "" : event->row.actor;
}

const char *lreg_audit_event_subject(const lreg_audit_event *event) {
    return event == NULL ? "" : event->row.subject;
}

const char *lreg_audit_event_data(const lreg_audit_event *event) {
    return event == NULL ? "{}" : event->row.data;
}

int64_t lreg_audit_event_occurred_ms(const lreg_audit_event *event) {
    return event == NULL ? 0 : event->row.at_ms;
}

void lreg_audit_event_free(lreg_audit_event *event) {
    if (event != NULL) {
        struct core *core = event->core;
        arena_free(&event->arena);
        memory_release(core_hooks(core), event);
        core_release(core);
    }
}
