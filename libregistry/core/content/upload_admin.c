/* SPDX-License-Identifier: Apache-2.0 */

/* Upload sessions for the operator of a registry: those of all principals. */

#include "core/content/upload.h"

#include "base/text.h"
#include "core/access.h"
#include "core/audit.h"
#include "core/content/objects.h"
#include "core/content/stages.h"
#include "core/instance/state.h"

lreg_status core_upload_list(struct core *core, const struct core_registry *registry, const char *after_id,
                             size_t limit, struct arena *arena, struct meta_upload **out, size_t *out_count,
                             struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_upload_list(transaction, registry->row.id, after_id, limit, arena, out, out_count, err);
    meta_rollback(transaction);
    return status;
}

lreg_status core_upload_find_any(struct core *core, const struct core_registry *registry, const char *id,
                                 struct arena *arena, struct meta_upload *out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    if (!id_is_valid(id)) {
        return core_upload_unknown(err);
    }
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_upload_find(transaction, id, arena, out, err);
    meta_rollback(transaction);
    bool is_another = status == LREG_OK && !text_equals(out->registry_id, registry->row.id);
    return status == LREG_NOT_FOUND || is_another ? core_upload_unknown(err) : status;
}

static lreg_status delete_in(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                             const struct core_registry *registry, const struct meta_upload *upload,
                             struct error *err) {
    const struct meta_registry *row = &registry->row;
    lreg_status status = meta_upload_delete(transaction, upload->id, err);
    if (status == LREG_NOT_FOUND) {
        return core_upload_unknown(err);
    }
    return status == LREG_OK ? core_audit(core, transaction, actor, row->organization_id, row->id, "UploadDeletedEvent",
                                          upload->scope, NULL, err)
                             : status;
}

lreg_status core_upload_end(struct core *core, const struct core_actor *actor, const struct core_registry *registry,
                            const struct meta_upload *upload, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct storage *storage = NULL;
    lreg_status status = core_storage_find(core, upload->storage, &storage, err);
    if (status == LREG_OK) {
        status = meta_begin(core->meta, META_WRITE, &transaction, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    status = delete_in(core, transaction, actor, registry, upload, err);
    status = meta_end(transaction, status, err);
    if (status == LREG_OK) {
        core_metrics_count(core, CORE_COUNT_SESSIONS_CANCELLED, 1);
        core_upload_drop_stage(core, storage, upload->id);
    }
    return status;
}
