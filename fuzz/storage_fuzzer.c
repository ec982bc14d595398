/* SPDX-License-Identifier: Apache-2.0 */
/* Whole stories as in exchange_fuzzer.c, on a storage whose every answer is drawn from the input: from the bytes before
 * the first end of a request. For any answer of the storage, nothing is leaked or closed twice. As long as the storage
 * does not lie, acknowledged data is there, and the collector finds all leftovers. */
#include "support/fuzzer.h"
#include "support/hostile_backend.h"
#include "support/script.h"

static void set_faults(void *user, bool on) {
    struct hostile_backend *backend = user;
    backend->is_on = on;
}

static int64_t now_ms(void *user) {
    const struct script *script = user;
    return script->world.now_ms;
}

/* The collector uses the storage once more, now without faults. */
static void check_order(struct script *script, struct hostile_backend *backend) {
    lreg_verify_report report = {.size = sizeof report};
    (void)lreg_verify(script->world.instance, NULL, &report, NULL);
    const lreg_collect_options options = {.size = sizeof options, .grace_ms = -1};
    (void)lreg_collect(script->world.instance, &options, NULL, NULL);
    backend->is_on = false;
    lreg_exchange_reset(script->world.exchange);
    expect(lreg_collect(script->world.instance, &options, NULL, NULL) == LREG_OK || backend->has_lied);
    lreg_status status = lreg_verify(script->world.instance, NULL, &report, NULL);
    if (!backend->has_lied) {
        expect(status == LREG_OK && report.missing == 0 && report.damaged == 0 && report.unnamed_objects == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct script script;
    struct hostile_backend backend;
    struct hooks hooks;
    lreg_storage_backend table;
    const uint8_t *mark = size > 0 ? memmem(data, size, SCRIPT_END, strlen(SCRIPT_END)) : NULL;
    if (mark == NULL) {
        return 0;
    }
    hooks_default(&hooks);
    hooks.clock = (lreg_clock){.size = sizeof hooks.clock, .user = &script, .now_ms = now_ms, .uptime_ms = now_ms};
    hostile_backend_begin(&backend, &hooks, data, (size_t)(mark - data), &table);
    backend.is_on = false;
    script_begin(&script, &table, &backend);
    script.may_fail = true;
    script.is_lied_to = &backend.has_lied;
    script.set_faults = set_faults;
    script.user = &backend;
    backend.is_on = true;
    mark += strlen(SCRIPT_END);
    script_run(&script, mark, size - (size_t)(mark - data));
    check_order(&script, &backend);
    world_close(&script.world);
    expect(backend.open_handles == 0 && backend.destroyed == 1);
    script_end(&script);
    return 0;
}
