/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reads the generation once per request instead of once per look-up, because each read costs the engine several system
 * calls. Commits of other processes during the request may be missed, as if the request had come a moment earlier;
 * commits of this process are seen.
 */

#include "core/instance/state.h"

bool core_pins_init(struct core *core) {
    return pthread_key_create(&core->pin_key, NULL) == 0;
}

void core_pins_end(struct core *core) {
    (void)pthread_key_delete(core->pin_key);
}

void core_pin(struct core *core, struct core_pin *pin) {
    pin->is_known = false;
    (void)pthread_setspecific(core->pin_key, pin); /* without a pin, each look-up reads the generation */
}

void core_unpin(struct core *core) {
    (void)pthread_setspecific(core->pin_key, NULL);
}

lreg_status core_generation(struct core *core, uint64_t *out, struct error *err) {
    struct core_pin *pin = pthread_getspecific(core->pin_key);
    uint64_t commits = meta_commits(core->meta); /* read first, so that no commit falls in between */
    if (pin != NULL && pin->is_known && pin->commits == commits) {
        *out = pin->generation;
        return LREG_OK;
    }
    lreg_status status = meta_generation(core->meta, out, err);
    if (pin != NULL && status == LREG_OK) {
        *pin = (struct core_pin){.generation = *out, .commits = commits, .is_known = true};
    }
    return status;
}
