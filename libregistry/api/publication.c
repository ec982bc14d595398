/* SPDX-License-Identifier: Apache-2.0 */

/* Publishing through the C API, with the same vtable as the REST API. */

#include "api/api_internal.h"

#include <string.h>

struct lreg_publication {
    struct core *core;
    struct core_publication context; /* this struct owns what it points to */
    char *filename;
    void *state; /* of the ecosystem */
    bool is_finished; /* finished or failed: it can only be freed */
};

static lreg_status begin(lreg_publication *publication, struct error *failure) {
    const struct core_registry *registry = publication->context.registry;
    lreg_status status = core_check_process(publication->core, failure);
    if (status != LREG_OK) {
        return status;
    }
    if (registry->ecosystem == NULL) {
        return error_set(failure, LREG_NOT_IMPLEMENTED, "ecosystem_unsupported", "this build has no ecosystem \"%s\"",
                         registry->row.ecosystem);
    }
    return registry->ecosystem->publish_begin(&publication->context, &publication->state, failure);
}

lreg_status lreg_publication_open(lreg_instance *instance, const lreg_registry *registry, const char *filename,
                                  lreg_publication **out, lreg_error **err) {
    struct error failure = {0};
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || registry == NULL || filename == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance, registry, filename and out", err);
    }
    lreg_publication *publication = api_handle_new(instance->core, sizeof *publication);
    char *name = memory_copy_text(api_hooks(instance), filename);
    if (publication == NULL || name == NULL) {
        memory_release(api_hooks(instance), name);
        lreg_publication_close(publication);
        return api_no_memory(err);
    }
    core_registry_retain(registry->snapshot);
    publication->filename = name;
    publication->context = (struct core_publication){
        .core = instance->core,
        .registry = registry->snapshot,
        .actor = &core_actor_host,
        .filename = name,
    };
    lreg_status status = begin(publication, &failure);
    if (status != LREG_OK) {
        lreg_publication_close(publication);
        return api_result(api_hooks(instance), status, &failure, err);
    }
    *out = publication;
    return LREG_OK;
}

static lreg_status misuse(const lreg_publication *publication, lreg_error **err) {
    struct error failure = {0};
    lreg_status status =
        error_set(&failure, LREG_MISUSE, "publication_ended", "the publication was finished, or has failed");
    return api_result(core_hooks(publication->core), status, &failure, err);
}

lreg_status lreg_publication_write(lreg_publication *publication, const void *bytes, size_t length, lreg_error **err) {
    struct error failure = {0};
    size_t taken = 0; /* always `length`, because there is no turn */
    if (publication == NULL || (bytes == NULL && length > 0)) {
        return api_null(NULL, publication == NULL ? "publication" : "bytes", err);
    }
    if (publication->is_finished) {
        return misuse(publication, err);
    }
    if (length == 0) {
        return LREG_OK;
    }
    lreg_status status = core_check_process(publication->core, &failure);
    if (status == LREG_OK) {
        status = publication->context.registry->ecosystem->publish_write(publication->state, bytes, length, &taken,
                                                                         &failure);
    }
    publication->is_finished = status != LREG_OK;
    return api_result(core_hooks(publication->core), status, &failure, err);
}

lreg_status lreg_publication_finish(lreg_publication *publication, lreg_package **out, lreg_bool *out_created,
                                    lreg_error **err) {
    struct error failure = {0};
    const struct core_package *snapshot = NULL;
    bool created = false;
    if (out != NULL) {
        *out = NULL;
    }
    if (publication == NULL) {
        return api_null(NULL, "publication", err);
    }
    if (publication->is_finished) {
        return misuse(publication, err);
    }
    publication->is_finished = true;
    lreg_status status = core_check_process(publication->core, &failure);
    if (status == LREG_OK) {
        const struct core_ecosystem *ecosystem = publication->context.registry->ecosystem;
        status = ecosystem->publish_finish(publication->state, &snapshot, &created, &failure);
    }
    if (status != LREG_OK) {
        return api_result(core_hooks(publication->core), status, &failure, err);
    }
    if (out_created != NULL) {
        *out_created = created;
    }
    if (out == NULL) {
        core_package_release(snapshot);
        return LREG_OK;
    }
    status = api_package_new(publication->core, snapshot, out, &failure);
    return api_result(core_hooks(publication->core), status, &failure, err);
}

void lreg_publication_close(lreg_publication *publication) {
    if (publication == NULL) {
        return;
    }
    struct core *core = publication->core;
    const struct core_registry *registry = publication->context.registry;
    if (publication->state != NULL) {
        registry->ecosystem->publish_free(publication->state);
    }
    core_registry_release(registry);
    memory_release(core_hooks(core), publication->filename);
    memory_release(core_hooks(core), publication);
    core_release(core);
}
