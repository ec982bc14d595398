/* SPDX-License-Identifier: Apache-2.0 */

/* Upload sessions of the public API. */

#include "api/api_internal.h"

#define UPLOAD_BYTES_MAX ((size_t)64 * 1024)

struct lreg_upload {
    struct core *core;
    const struct core_registry *registry;
    struct meta_upload row; /* texts in the arena; without the state of the digest */
    struct arena arena;
};

struct lreg_upload_list {
    struct api_pager pager;
    const struct core_registry *registry;
};

static const struct api_struct filter_kind = {"lreg_upload_filter", sizeof(lreg_upload_filter),
                                              sizeof(lreg_upload_filter), 0};

static lreg_status upload_of_row(struct core *core, const struct core_registry *registry, const struct meta_upload *row,
                                 lreg_upload **out, struct error *failure) {
    lreg_upload *upload = api_handle_new(core, sizeof *upload);
    if (upload == NULL) {
        return error_no_memory(failure);
    }
    arena_init(&upload->arena, core_hooks(core), UPLOAD_BYTES_MAX);
    core_registry_retain(registry);
    upload->registry = registry;
    upload->row = (struct meta_upload){
        .id = arena_copy_text(&upload->arena, row->id),
        .registry_id = registry->row.id,
        .storage = arena_copy_text(&upload->arena, row->storage),
        .scope = arena_copy_text(&upload->arena, row->scope),
        .principal = arena_copy_text(&upload->arena, row->principal),
        .received_bytes = row->received_bytes,
        .created_ms = row->created_ms,
        .updated_ms = row->updated_ms,
    };
    if (upload->row.id == NULL || upload->row.storage == NULL || upload->row.scope == NULL ||
        upload->row.principal == NULL) {
        lreg_upload_free(upload);
        return error_no_memory(failure);
    }
    *out = upload;
    return LREG_OK;
}

lreg_status lreg_upload_list_open(lreg_instance *instance, const lreg_registry *registry,
                                  const lreg_upload_filter *filter, lreg_upload_list **out, lreg_error **err) {
    lreg_upload_filter taken;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || registry == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, registry and out", err);
    }
    lreg_status status = api_take(api_hooks(instance), &filter_kind, filter, &taken, err);
    if (status != LREG_OK) {
        return status;
    }
    lreg_upload_list *list = api_handle_new(instance->core, sizeof *list);
    if (list == NULL) {
        return api_no_memory(err);
    }
    api_pager_init(&list->pager, instance->core);
    core_registry_retain(registry->snapshot);
    list->registry = registry->snapshot;
    *out = list;
    return LREG_OK;
}

static lreg_status read_page(struct api_pager *pager, struct error *failure) {
    const lreg_upload_list *list = (lreg_upload_list *)pager;
    struct meta_upload *rows = NULL;
    lreg_status status = core_upload_list(pager->core, list->registry, pager->after, API_PAGE, &pager->arena, &rows,
                                          &pager->row_count, failure);
    pager->rows = rows;
    return status;
}

static lreg_status make_upload(const struct api_pager *pager, const void *row, void **out, struct error *failure) {
    const lreg_upload_list *list = (const lreg_upload_list *)pager;
    lreg_upload *upload = NULL;
    lreg_status status = upload_of_row(pager->core, list->registry, row, &upload, failure);
    *out = upload;
    return status;
}

static const struct api_listing listing = {
    .row_bytes = sizeof(struct meta_upload),
    .cursor_at = offsetof(struct meta_upload, id),
    .read_page = read_page,
    .make_handle = make_upload,
};

lreg_status lreg_upload_list_next(lreg_upload_list *list, lreg_upload **out, lreg_error **err) {
    void *next = NULL;
    lreg_status status = api_pager_next(&listing, list == NULL ? NULL : &list->pager, out == NULL ? NULL : &next, err);
    if (out != NULL) {
        *out = next;
    }
    return status;
}

void lreg_upload_list_close(lreg_upload_list *list) {
    if (list != NULL) {
        struct core *core = list->pager.core;
        core_registry_release(list->registry);
        api_pager_free(&list->pager);
        memory_release(core_hooks(core), list);
        core_release(core);
    }
}

lreg_status lreg_upload_find(lreg_instance *instance, const lreg_registry *registry, const char *id, lreg_upload **out,
                             lreg_error **err) {
    struct error failure = {0};
    struct meta_upload row;
    struct arena arena;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || registry == NULL || id == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, registry, id and out", err);
    }
    arena_init(&arena, core_hooks(instance->core), UPLOAD_BYTES_MAX);
    lreg_status status = core_upload_find_any(instance->core, registry->snapshot, id, &arena, &row, &failure);
    if (status == LREG_OK) {
        status = upload_of_row(instance->core, registry->snapshot, &row, out, &failure);
    }
    arena_free(&arena);
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_upload_cancel(lreg_instance *instance, const lreg_upload *upload, lreg_error **err) {
    struct error failure = {0};
    if (instance == NULL || upload == NULL) {
        return api_null(api_hooks(instance), "instance and upload", err);
    }
    lreg_status status = core_upload_end(instance->core, &core_actor_host, upload->registry, &upload->row, &failure);
    return api_result(api_hooks(instance), status, &failure, err);
}

const char *lreg_upload_id(const lreg_upload *upload) {
    return upload == NULL ? "" : upload->row.id;
}

const char *lreg_upload_image(const lreg_upload *upload) {
    return upload == NULL ? "" : upload->row.scope;
}

const char *lreg_upload_principal(const lreg_upload *upload) {
    return upload == NULL ? "" : upload->row.principal;
}

uint64_t lreg_upload_received_bytes(const lreg_upload *upload) {
    return upload == NULL ? 0 : upload->row.received_bytes;
}

int64_t lreg_upload_created_ms(const lreg_upload *upload) {
    return upload == NULL ? 0 : upload->row.created_ms;
}

int64_t lreg_upload_updated_ms(const lreg_upload *upload) {
    return upload == NULL ? 0 : upload->row.updated_ms;
}

void lreg_upload_free(lreg_upload *upload) {
    if (upload != NULL) {
        struct core *core = upload->core;
        core_registry_release(upload->registry);
        arena_free(&upload->arena);
        memory_release(core_hooks(core), upload);
        core_release(core);
    }
}
