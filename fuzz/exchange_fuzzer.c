/* SPDX-License-Identifier: Apache-2.0 */
/* Whole stories: sequences of requests in all three ecosystems and in management. Each request gets a well-formed, true
 * response that is not an internal error, and at the end nothing is missing or damaged. One story in sixteen is played
 * twice and must get byte-identical answers. support/script.h defines the language. */
#include "support/fuzzer.h"
#include "support/script.h"

static uint64_t tell(const uint8_t *data, size_t size) {
    struct script script;
    lreg_verify_report report = {.size = sizeof report};
    script_begin(&script, NULL, NULL);
    script_run(&script, data, size);
    expect(lreg_verify(script.world.instance, NULL, &report, NULL) == LREG_OK);
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
