/* SPDX-License-Identifier: Apache-2.0 */

/* Packages of the public API: finding, listing, deleting, and the accessors. */

#include "api/api_internal.h"

#include "base/encoding.h"

#include <string.h>

/* For the path of a package: its parts are bounded, and percent-encoding makes three bytes of one. */
#define PACKAGE_ARENA_MAX ((size_t)16 * 1024)

struct lreg_package_list {
    struct api_pager pager;
    const struct core_registry *registry;
    char *name_contains;
};

static const struct api_struct filter_kind = {"lreg_package_filter", sizeof(lreg_package_filter),
                                              sizeof(lreg_package_filter), 0};

static const char *const digest_names[] = {"md5", "sha1", "sha256", "sha512"};

static void write_digests(lreg_package *package) {
    const struct digest_set *digests = &package->snapshot->row.digests;
    if ((digests->algorithms & DIGEST_MD5) != 0) {
        hex_encode(digests->md5, sizeof digests->md5, package->digests[0]);
    }
    if ((digests->algorithms & DIGEST_SHA1) != 0) {
        hex_encode(digests->sha1, sizeof digests->sha1, package->digests[1]);
    }
    if ((digests->algorithms & DIGEST_SHA256) != 0) {
        hex_encode(digests->sha256, sizeof digests->sha256, package->digests[2]);
    }
    if ((digests->algorithms & DIGEST_SHA512) != 0) {
        hex_encode(digests->sha512, sizeof digests->sha512, package->digests[3]);
    }
}

lreg_status api_package_new(struct core *core, const struct core_package *snapshot, lreg_package **out,
                            struct error *failure) {
    const struct core_ecosystem *ecosystem = snapshot->registry->ecosystem;
    lreg_package *package = api_handle_new(core, sizeof *package);
    if (package == NULL) {
        core_package_release(snapshot);
        return error_no_memory(failure);
    }
    package->snapshot = snapshot;
    arena_init(&package->arena, core_hooks(core), PACKAGE_ARENA_MAX);
    write_digests(package);
    package->path =
        ecosystem == NULL ? "" : ecosystem->package_path(snapshot->registry, &snapshot->row, &package->arena);
    if (package->path == NULL) {
        lreg_package_free(package);
        return error_no_memory(failure);
    }
    *out = package;
    return LREG_OK;
}

lreg_status lreg_package_find_by_id(lreg_instance *instance, const lreg_registry *registry, const char *id,
                                    lreg_package **out, lreg_error **err) {
    struct error failure = {0};
    const struct core_package *snapshot = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || registry == NULL || id == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, registry, id and out", err);
    }
    lreg_status status = core_package_find(instance->core, registry->snapshot, id, &snapshot, &failure);
    if (status == LREG_OK) {
        status = api_package_new(instance->core, snapshot, out, &failure);
    }
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_package_find(lreg_instance *instance, const lreg_registry *registry, const char *reference,
                              lreg_package **out, lreg_error **err) {
    struct error failure = {0};
    const struct core_package *snapshot = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || registry == NULL || reference == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, registry, reference and out", err);
    }
    lreg_status status =
        core_package_find_by_filename(instance->core, registry->snapshot, reference, &snapshot, &failure);
    if (status == LREG_OK) {
        status = api_package_new(instance->core, snapshot, out, &failure);
    }
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_package_list_open(lreg_instance *instance, const lreg_registry *registry,
                                   const lreg_package_filter *filter, lreg_package_list **out, lreg_error **err) {
    lreg_package_filter taken;
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
    if (taken.name_contains != NULL && !text_is_utf8(taken.name_contains, strlen(taken.name_contains))) {
        return api_refuse(api_hooks(instance), "name_contains is not UTF-8", err);
    }
    lreg_package_list *list = api_handle_new(instance->core, sizeof *list);
    if (list == NULL) {
        return api_no_memory(err);
    }
    api_pager_init(&list->pager, instance->core);
    core_registry_retain(registry->snapshot);
    list->registry = registry->snapshot;
    list->name_contains = memory_copy_text(api_hooks(instance), taken.name_contains);
    if (taken.name_contains != NULL && list->name_contains == NULL) {
        lreg_package_list_close(list);
        return api_no_memory(err);
    }
    *out = list;
    return LREG_OK;
}

static lreg_status read_page(struct api_pager *pager, struct error *failure) {
    const lreg_package_list *list = (lreg_package_list *)pager;
    struct meta_package *rows = NULL;
    const struct meta_package_query query = {
        .registry_id = list->registry->row.id,
        .order = META_BY_TIME,
        .name_contains = list->name_contains,
        .after_id = pager->after,
        .limit = API_PAGE,
    };
    lreg_status status = core_package_list(pager->core, &query, &pager->arena, &rows, &pager->row_count, failure);
    pager->rows = rows;
    return status;
}

static lreg_status make_package(const struct api_pager *pager, const void *row, void **out, struct error *failure) {
    const lreg_package_list *list = (const lreg_package_list *)pager;
    const struct core_package *snapshot = NULL;
    lreg_package *package = NULL;
    lreg_status status = core_package_snapshot(pager->core, list->registry, row, &snapshot, failure);
    if (status == LREG_OK) {
        status = api_package_new(pager->core, snapshot, &package, failure);
    }
    *out = package;
    return status;
}

static const struct api_listing listing = {
    .row_bytes = sizeof(struct meta_package),
    .cursor_at = offsetof(struct meta_package, id),
    .read_page = read_page,
    .make_handle = make_package,
};

lreg_status lreg_package_list_next(lreg_package_list *list, lreg_package **out, lreg_error **err) {
    void *next = NULL;
    lreg_status status = api_pager_next(&listing, list == NULL ? NULL : &list->pager, out == NULL ? NULL : &next, err);
    if (out != NULL) {
        *out = next;
    }
    return status;
}

void lreg_package_list_close(lreg_package_list *list) {
    if (list != NULL) {
        struct core *core = list->pager.core;
        core_registry_release(list->registry);
        memory_release(core_hooks(core), list->name_contains);
        api_pager_free(&list->pager);
        memory_release(core_hooks(core), list);
        core_release(core);
    }
}

lreg_status lreg_package_delete(lreg_instance *instance, const lreg_package *package, lreg_error **err) {
    struct error failure = {0};
    if (instance == NULL || package == NULL) {
        return api_null(api_hooks(instance), "instance and package", err);
    }
    lreg_status status = core_package_delete(instance->core, &core_actor_host, package->snapshot, &failure);
    return api_result(api_hooks(instance), status, &failure, err);
}

const char *lreg_package_id(const lreg_package *package) {
    return package == NULL ? "" : package->snapshot->row.id;
}

const char *lreg_package_name(const lreg_package *package) {
    return package == NULL ? "" : package->snapshot->row.name;
}

const char *lreg_package_version(const lreg_package *package) {
    return package == NULL ? "" : package->snapshot->row.version;
}

const char *lreg_package_architecture(const lreg_package *package) {
    return package == NULL ? "" : package->snapshot->row.qualifier;
}

const char *lreg_package_reference(const lreg_package *package) {
    return package == NULL ? "" : package->snapshot->row.filename;
}

const char *lreg_package_filename(const lreg_package *package) {
    const char *reference = lreg_package_reference(package);
    const char *slash = strrchr(reference, '/');
    return slash == NULL ? reference : slash + 1;
}

const char *lreg_package_path(const lreg_package *package) {
    return package == NULL ? "" : package->path;
}

uint64_t lreg_package_size_bytes(const lreg_package *package) {
    return package == NULL ? 0 : package->snapshot->row.size_bytes;
}

const char *lreg_package_digest(const lreg_package *package, const char *algorithm) {
    for (size_t i = 0; package != NULL && i < sizeof digest_names / sizeof digest_names[0]; i++) {
        if (text_equals(algorithm, digest_names[i])) {
            return package->digests[i];
        }
    }
    return "";
}

const char *lreg_package_attributes(const lreg_package *package) {
    if (package == NULL || package->snapshot->row.attributes[0] == '\0') {
        return "{}";
    }
    return package->snapshot->row.attributes;
}

uint64_t lreg_package_downloads(const lreg_package *package) {
    return package == NULL ? 0 : package->snapshot->row.downloads;
}

int64_t lreg_package_created_ms(const lreg_package *package) {
    return package == NULL ? 0 : package->snapshot->row.created_ms;
}

void lreg_package_free(lreg_package *package) {
    if (package != NULL) {
        struct core *core = package->core;
        core_package_release(package->snapshot);
        arena_free(&package->arena);
        memory_release(core_hooks(core), package);
        core_release(core);
    }
}
