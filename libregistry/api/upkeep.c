/* SPDX-License-Identifier: Apache-2.0 */

/* Upkeep: converts options and report between the ABI and core. */

#include "api/api_internal.h"
#include "core/upkeep/maintenance.h"

#include <string.h>

#define FLAGS                                                                                            \
    (LREG_UPKEEP_NO_COLLECT | LREG_UPKEEP_NO_SCRUB | LREG_UPKEEP_COLLECT_NOW | LREG_UPKEEP_TRUST_CLOCK | \
     LREG_UPKEEP_COMPACT)

static const struct api_struct options_kind = {"lreg_upkeep_options", sizeof(lreg_upkeep_options),
                                               sizeof(lreg_upkeep_options), FLAGS};
static const struct api_struct report_kind = {"lreg_upkeep_report", sizeof(lreg_upkeep_report),
                                              sizeof(lreg_upkeep_report), 0};

static bool is_interval(int64_t ms) {
    return ms >= 0 && ms <= CORE_GRACE_MAX_MS;
}

/* False when something is out of range. */
static bool take_options(const lreg_upkeep_options *given, struct core_upkeep_options *out) {
    core_upkeep_options_default(out);
    if (given->grace_ms > CORE_GRACE_MAX_MS || given->budget_ms > CORE_GRACE_MAX_MS ||
        !is_interval(given->collect_interval_ms) || !is_interval(given->scrub_interval_ms)) {
        return false;
    }
    out->collects = (given->flags & LREG_UPKEEP_NO_COLLECT) == 0;
    out->scrubs = (given->flags & LREG_UPKEEP_NO_SCRUB) == 0;
    out->collects_now = (given->flags & LREG_UPKEEP_COLLECT_NOW) != 0;
    out->trusts_clock = (given->flags & LREG_UPKEEP_TRUST_CLOCK) != 0;
    out->compacts = (given->flags & LREG_UPKEEP_COMPACT) != 0;
    out->budget_ms = given->budget_ms != 0 ? given->budget_ms : out->budget_ms;
    out->grace_ms = given->grace_ms < 0 ? 0 : given->grace_ms > 0 ? given->grace_ms : out->grace_ms;
    if (given->collect_interval_ms > 0) {
        out->collect_interval_ms = given->collect_interval_ms;
    }
    if (given->scrub_interval_ms > 0) {
        out->scrub_interval_ms = given->scrub_interval_ms;
    }
    if (given->scrub_bytes_per_second > 0) {
        out->scrub_bytes_per_second = given->scrub_bytes_per_second;
    }
    return true;
}

static void fill_in(lreg_upkeep_report *report, const struct core_upkeep_report *done) {
    const struct core_collect_report *collected = &done->collected;
    const struct core_scrub_report *scrubbed = &done->scrubbed;
    const lreg_upkeep_report filled = {
        .flags = (done->has_more ? LREG_UPKEEP_HAS_MORE : 0) | (done->is_elsewhere ? LREG_UPKEEP_ELSEWHERE : 0),
        .next_ms = done->next_ms,
        .clock_ahead_ms = done->clock_ahead_ms,
        .uploads = collected->uploads,
        .stages = collected->stages,
        .blobs = collected->blobs,
        .blob_bytes = collected->blob_bytes,
        .objects = collected->objects,
        .audit_events = collected->audit_events,
        .freed_bytes = collected->freed_bytes,
        .scrubbed_blobs = scrubbed->blobs,
        .scrubbed_documents = scrubbed->documents,
        .scrubbed_bytes = scrubbed->bytes,
        .missing = scrubbed->missing,
        .damaged = scrubbed->damaged,
        .unreadable = scrubbed->unreadable,
        .healed = scrubbed->healed,
    };
    api_fill_in(&report_kind, &filled, report);
}

lreg_status lreg_upkeep(lreg_instance *instance, const lreg_upkeep_options *options, lreg_upkeep_report *report,
                        lreg_error **err) {
    struct error failure = {0};
    struct core_upkeep_options inner;
    struct core_upkeep_report done = {0};
    lreg_upkeep_options taken;
    if (instance == NULL) {
        return api_null(NULL, "instance", err);
    }
    lreg_status status = api_take(api_hooks(instance), &options_kind, options, &taken, err);
    if (status == LREG_OK) {
        status = api_check_report(api_hooks(instance), &report_kind, report, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    if (!take_options(&taken, &inner)) {
        return api_refuse(api_hooks(instance), "an option of the upkeep is out of range", err);
    }
    status = core_upkeep(instance->core, &inner, &done, &failure);
    fill_in(report, &done);
    return api_result(api_hooks(instance), status, &failure, err);
}
