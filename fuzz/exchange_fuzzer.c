/* SPDX-License-Identifier: Apache-2.0 */
/* Whole stories: requests one after the other, of all three ecosystems and of their management. Each gets a sound
 * response that is no internal error and is true, and in the end nothing is missing or damaged. A story that is told
 * again, as one in sixteen is, gets the same answers to the last byte. The language is that of support/script.h. */
#include "support/fuzzer.h"
#include "support/script.h"

static uint64_t tell(const uint8_t *data, size_t size) {
    struct script script;
    lreg_verify_report report = {.size = sizeof report};
    script_begin(&script, NULL, NULL);
    script_run(&script, data, size);
    expect(lreg_verify(script.world.instance, NULL, NULL, &report, NULL) == LREG_OK);
    expect(report.missing == 0 && report.damaged == 0);
    world_close(&script.world);
    script_end(&script);
    return script.told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t told = tell(data, size);
    expect(size % 16 != 0 || told == tell(data, size));
    return 0;
}
