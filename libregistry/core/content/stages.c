/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The stages that this process has open. Two requests that write to one upload session at once would mix their bytes
 * under a digest that fits neither, and a collector without a grace period would remove a stage that is being written.
 * Both claim the stage first.
 */

#include "core/content/stages.h"

#include <string.h>

static bool is_claimed(const struct core_stages *stages, const char *name) {
    for (const struct core_stage_claim *claim = stages->first; claim != NULL; claim = claim->next) {
        if (strcmp(claim->name, name) == 0) {
            return true;
        }
    }
    return false;
}

bool core_stage_claim(struct core *core, struct core_stage_claim *claim, const char *name) {
    struct core_stages *stages = &core->stages;
    size_t length = strlen(name);
    *claim = (struct core_stage_claim){0};
    if (length >= sizeof claim->name) {
        return false;
    }
    memcpy(claim->name, name, length + 1);
    (void)pthread_mutex_lock(&stages->mutex);
    bool free = !is_claimed(stages, name);
    if (free) {
        claim->next = stages->first;
        claim->link = &stages->first;
        if (claim->next != NULL) {
            claim->next->link = &claim->next;
        }
        stages->first = claim;
    }
    (void)pthread_mutex_unlock(&stages->mutex);
    return free;
}

void core_stage_release(struct core *core, struct core_stage_claim *claim) {
    if (process_is_foreign(&core->hooks)) {
        return; /* another thread of the parent may have been changing the list */
    }
    (void)pthread_mutex_lock(&core->stages.mutex);
    if (claim->link != NULL) {
        *claim->link = claim->next;
        if (claim->next != NULL) {
            claim->next->link = claim->link;
        }
        claim->link = NULL;
    }
    (void)pthread_mutex_unlock(&core->stages.mutex);
}
