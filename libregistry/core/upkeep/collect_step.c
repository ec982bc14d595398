/* SPDX-License-Identifier: Apache-2.0 */

/* What the steps of a collection share. */

#include "core/upkeep/collect_internal.h"

#include "core/content/stages.h"

void collect_note_failure(struct core_collection *run, lreg_status status, const struct error *failure) {
    if (run->status == LREG_OK) {
        run->status = status;
        run->error = *failure;
    }
}

/* A stage that can be claimed here has no writer in this process, and gets none while it is claimed. */
void collect_remove_stage(struct core_collection *run, const char *name, uint64_t *counter) {
    struct core_stage_claim claim;
    struct error failure = {0};
    if (!core_stage_claim(run->core, &claim, name)) {
        return;
    }
    lreg_status status = storage_stage_remove(run->core->storage, name, &failure);
    core_stage_release(run->core, &claim);
    if (status == LREG_BUSY) {
        return; /* another process writes to it */
    }
    if (status != LREG_OK) {
        collect_note_failure(run, status, &failure);
    } else if (counter != NULL) {
        (*counter)++;
    }
}
