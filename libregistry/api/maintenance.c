/* SPDX-License-Identifier: Apache-2.0 */

/* Verification, collection and backups: converts options and reports between the ABI and core. */

#include "api/api_internal.h"
#include "core/upkeep/maintenance.h"

#define GRACE_DEFAULT_MS 3600000

static const struct api_struct verify_options = {"lreg_verify_options", sizeof(lreg_verify_options),
                                                 sizeof(lreg_verify_options), 0};
static const struct api_struct verify_report = {"lreg_verify_report", sizeof(lreg_verify_report),
                                                sizeof(lreg_verify_report), 0};
static const struct api_struct collect_options = {"lreg_collect_options", sizeof(lreg_collect_options),
                                                  sizeof(lreg_collect_options), 0};
static const struct api_struct collect_report = {"lreg_collect_report", sizeof(lreg_collect_report),
                                                 sizeof(lreg_collect_report), 0};
static const struct api_struct backup_options = {"lreg_backup_options", sizeof(lreg_backup_options),
                                                 sizeof(lreg_backup_options), 0};

static lreg_status pass_finding(void *user, const char *message) {
    const lreg_verify_options *options = user;
    const lreg_finding finding = {.size = sizeof finding, .message = message};
    return options->finding == NULL ? LREG_OK : options->finding(options->user, &finding);
}

lreg_status lreg_verify(lreg_instance *instance, const lreg_verify_options *options, lreg_verify_report *report,
                        lreg_error **err) {
    struct error failure = {0};
    struct core_verify_report found = {0};
    lreg_verify_options taken;
    if (instance == NULL) {
        return api_null(NULL, "instance", err);
    }
    lreg_status status = api_take(api_hooks(instance), &verify_options, options, &taken, err);
    if (status == LREG_OK) {
        status = api_check_report(api_hooks(instance), &verify_report, report, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    status = core_verify(instance->core, pass_finding, &taken, &found, &failure);
    if (status != LREG_OK) {
        return api_result(api_hooks(instance), status, &failure, err);
    }
    const lreg_verify_report filled = {
        .blobs = found.blobs,
        .blob_bytes = found.blob_bytes,
        .documents = found.documents,
        .missing = found.missing,
        .damaged = found.damaged,
        .unnamed_objects = found.unnamed_objects,
        .dangling = found.dangling,
        .unreadable = found.unreadable,
    };
    api_fill_in(&verify_report, &filled, report);
    return LREG_OK;
}

lreg_status lreg_collect(lreg_instance *instance, const lreg_collect_options *options, lreg_collect_report *report,
                         lreg_error **err) {
    struct error failure = {0};
    struct core_collect_report done = {0};
    lreg_collect_options taken;
    if (instance == NULL) {
        return api_null(NULL, "instance", err);
    }
    lreg_status status = api_take(api_hooks(instance), &collect_options, options, &taken, err);
    if (status == LREG_OK) {
        status = api_check_report(api_hooks(instance), &collect_report, report, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    int64_t grace_ms = taken.grace_ms == 0 ? GRACE_DEFAULT_MS : taken.grace_ms;
    status = core_collect(instance->core, grace_ms < 0 ? 0 : grace_ms, &done, &failure);
    const lreg_collect_report filled = {
        .flags = status == LREG_OK ? 0 : LREG_COLLECT_HAS_MORE,
        .uploads = done.uploads,
        .stages = done.stages,
        .blobs = done.blobs,
        .blob_bytes = done.blob_bytes,
        .objects = done.objects,
        .audit_events = done.audit_events,
    };
    api_fill_in(&collect_report, &filled, report);
    return api_result(api_hooks(instance), status, &failure, err);
}

lreg_status lreg_backup(lreg_instance *instance, const char *directory, const lreg_backup_options *options,
                        lreg_error **err) {
    struct error failure = {0};
    lreg_backup_options taken;
    if (instance == NULL || directory == NULL) {
        return api_null(api_hooks(instance), instance == NULL ? "instance" : "directory", err);
    }
    lreg_status status = api_take(api_hooks(instance), &backup_options, options, &taken, err);
    if (status != LREG_OK) {
        return status;
    }
    status = core_backup(instance->core, directory, (taken.flags & LREG_BACKUP_LINK) != 0, &failure);
    return api_result(api_hooks(instance), status, &failure, err);
}
