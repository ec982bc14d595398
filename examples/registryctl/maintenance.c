/* SPDX-License-Identifier: Apache-2.0 */

/* registryctl init, verify, gc, upkeep, backup */

#include "registryctl.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Active writers are younger than this. */
#define GRACE_DEFAULT_S 3600

#define SECONDS_DEFAULT 300 /* of upkeep: how long a line in a crontab may take */
#define SECONDS_MAX 86400
#define CLOCK_AHEAD_MS ((int64_t)24 * 3600 * 1000) /* more than that is reported */

/* Opening the instance has made it. */
static int init(struct invocation *invocation) {
    if (invocation->json) {
        return print_json(json_pack("{s:s}", "data", invocation->data));
    }
    printf("%s is ready\n", invocation->data);
    return EXIT_DONE;
}

static lreg_status print_finding(void *user, const lreg_finding *finding) {
    json_t *findings = user;
    if (findings == NULL) {
        fprintf(stderr, "registryctl: %s\n", finding->message);
    } else {
        json_array_append_new(findings, json_string(finding->message));
    }
    return LREG_OK;
}

static int verify(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_verify_report report = {.size = sizeof report};
    json_t *findings = invocation->json ? json_array() : NULL;
    const lreg_verify_options options = {.size = sizeof options, .finding = print_finding, .user = findings};
    if (lreg_verify(invocation->instance, &options, &report, &error) != LREG_OK) {
        json_decref(findings);
        return fail_with(error);
    }
    int result = EXIT_DONE;
    if (invocation->json) {
        result = print_json(json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "blobs",
                                      (json_int_t)report.blobs, "blob_bytes", (json_int_t)report.blob_bytes,
                                      "documents", (json_int_t)report.documents, "missing", (json_int_t)report.missing,
                                      "damaged", (json_int_t)report.damaged, "unnamed_objects",
                                      (json_int_t)report.unnamed_objects, "dangling", (json_int_t)report.dangling,
                                      "unreadable", (json_int_t)report.unreadable, "findings", findings));
    } else {
        char size[SIZE_TEXT];
        printf("%llu blobs (%s), %llu documents: %llu missing, %llu damaged, %llu dangling, %llu not named\n",
               (unsigned long long)report.blobs, size_text(report.blob_bytes, size),
               (unsigned long long)report.documents, (unsigned long long)report.missing,
               (unsigned long long)report.damaged, (unsigned long long)report.dangling,
               (unsigned long long)report.unnamed_objects);
    }
    return report.missing + report.damaged + report.dangling + report.unreadable == 0 ? result : EXIT_FINDINGS;
}

static int print_report(const struct invocation *invocation, const lreg_upkeep_report *report) {
    if (invocation->json) {
        json_t *json =
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "uploads", (json_int_t)report->uploads, "stages",
                      (json_int_t)report->stages, "blobs", (json_int_t)report->blobs, "blob_bytes",
                      (json_int_t)report->blob_bytes, "objects", (json_int_t)report->objects, "audit_events",
                      (json_int_t)report->audit_events, "freed_bytes", (json_int_t)report->freed_bytes,
                      "clock_ahead_ms", (json_int_t)report->clock_ahead_ms, "next_ms", (json_int_t)report->next_ms);
        json_t *scrub =
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "scrubbed_blobs", (json_int_t)report->scrubbed_blobs,
                      "scrubbed_documents", (json_int_t)report->scrubbed_documents, "scrubbed_bytes",
                      (json_int_t)report->scrubbed_bytes, "missing", (json_int_t)report->missing, "damaged",
                      (json_int_t)report->damaged, "unreadable", (json_int_t)report->unreadable, "healed",
                      (json_int_t)report->healed);
        json_object_update(json, scrub);
        json_decref(scrub);
        return print_json(json);
    }
    char size[SIZE_TEXT];
    printf("removed %llu blobs (%s), %llu objects, %llu stages, %llu uploads, %llu audit events\n",
           (unsigned long long)report->blobs, size_text(report->blob_bytes, size), (unsigned long long)report->objects,
           (unsigned long long)report->stages, (unsigned long long)report->uploads,
           (unsigned long long)report->audit_events);
    if (report->freed_bytes > 0) {
        printf("the database gave back %s\n", size_text(report->freed_bytes, size));
    }
    if (report->clock_ahead_ms >= CLOCK_AHEAD_MS) {
        fprintf(stderr,
                "registryctl: the clock is %lld days ahead of the time that is known to have passed, so nothing is\n"
                "removed for its age by this clock; if the clock is right, use --trust-clock\n",
                (long long)(report->clock_ahead_ms / CLOCK_AHEAD_MS));
    }
    return EXIT_DONE;
}

static int collect(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_upkeep_report report = {.size = sizeof report};
    lreg_upkeep_options options = {.size = sizeof options, .flags = LREG_UPKEEP_COLLECT_NOW, .budget_ms = -1};
    int64_t grace_s = GRACE_DEFAULT_S;
    if (!option_number(invocation, "grace-seconds", &grace_s)) {
        return EXIT_USAGE;
    }
    options.grace_ms = grace_s > 0 ? grace_s * 1000 : -1;
    options.flags |= option_of(invocation, "trust-clock") != NULL ? LREG_UPKEEP_TRUST_CLOCK : 0;
    options.flags |= option_of(invocation, "compact") != NULL ? LREG_UPKEEP_COMPACT : 0;
    if (lreg_upkeep(invocation->instance, &options, &report, &error) != LREG_OK) {
        return fail_with(error);
    }
    return print_report(invocation, &report);
}

/* Adds the report of one call to the sum; members that are not counts are those of the last call. */
static void add_report(lreg_upkeep_report *sum, const lreg_upkeep_report *report) {
    sum->flags = report->flags;
    sum->next_ms = report->next_ms;
    sum->clock_ahead_ms = report->clock_ahead_ms;
    sum->uploads += report->uploads;
    sum->stages += report->stages;
    sum->blobs += report->blobs;
    sum->blob_bytes += report->blob_bytes;
    sum->objects += report->objects;
    sum->audit_events += report->audit_events;
    sum->freed_bytes += report->freed_bytes;
    sum->scrubbed_blobs += report->scrubbed_blobs;
    sum->scrubbed_documents += report->scrubbed_documents;
    sum->scrubbed_bytes += report->scrubbed_bytes;
    sum->missing += report->missing;
    sum->damaged += report->damaged;
    sum->unreadable += report->unreadable;
    sum->healed += report->healed;
}

static int64_t now_ms(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void rest(int64_t ms) {
    const struct timespec pause = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&pause, NULL);
}

/* Calls until nothing is due, another process has the lease, or the time is over. */
static lreg_status keep_up(struct invocation *invocation, const lreg_upkeep_options *options, int64_t seconds,
                           lreg_upkeep_report *sum, lreg_error **error) {
    int64_t until_ms = now_ms() + seconds * 1000;
    for (;;) {
        lreg_upkeep_report report = {.size = sizeof report};
        lreg_status status = lreg_upkeep(invocation->instance, options, &report, error);
        add_report(sum, &report);
        bool goes_on = (report.flags & LREG_UPKEEP_HAS_MORE) != 0 && now_ms() + report.next_ms < until_ms;
        if (status != LREG_OK || !goes_on) {
            return status;
        }
        rest(report.next_ms);
    }
}

static int upkeep(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_upkeep_report report = {.size = sizeof report};
    lreg_upkeep_options options = {.size = sizeof options};
    int64_t seconds = SECONDS_DEFAULT;
    int64_t rate = 0;
    if (!option_number(invocation, "seconds", &seconds) || !option_number(invocation, "scrub-rate", &rate)) {
        return EXIT_USAGE;
    }
    options.scrub_bytes_per_second = (uint64_t)rate;
    if (keep_up(invocation, &options, seconds < SECONDS_MAX ? seconds : SECONDS_MAX, &report, &error) != LREG_OK) {
        return fail_with(error);
    }
    int result = print_report(invocation, &report);
    if (!invocation->json) {
        char size[SIZE_TEXT];
        printf("read %llu blobs and %llu documents again (%s): %llu missing, %llu damaged, %llu whole again\n",
               (unsigned long long)report.scrubbed_blobs, (unsigned long long)report.scrubbed_documents,
               size_text(report.scrubbed_bytes, size), (unsigned long long)report.missing,
               (unsigned long long)report.damaged, (unsigned long long)report.healed);
    }
    return report.missing + report.damaged == 0 ? result : EXIT_FINDINGS;
}

static int backup(struct invocation *invocation) {
    lreg_error *error = NULL;
    bool is_linked = option_of(invocation, "link") != NULL;
    if (is_linked && option_of(invocation, "copy") != NULL) {
        fail_with_text("backup: --copy and --link exclude each other");
        return EXIT_USAGE;
    }
    const lreg_backup_options options = {.size = sizeof options, .flags = is_linked ? LREG_BACKUP_LINK : 0};
    if (lreg_backup(invocation->instance, invocation->words[0], &options, &error) != LREG_OK) {
        bool is_made = strcmp(lreg_error_code(error), "backup_incomplete") == 0;
        int result = fail_with(error);
        return is_made ? EXIT_FINDINGS : result;
    }
    if (invocation->json) {
        return print_json(json_pack("{s:s, s:s}", "backup", invocation->words[0], "kind", is_linked ? "link" : "copy"));
    }
    if (is_linked) {
        printf("linked to %s: packages are the same files under a second name\n", invocation->words[0]);
        return EXIT_DONE;
    }
    printf("copied to %s\n", invocation->words[0]);
    return EXIT_DONE;
}

const struct command maintenance_commands[] = {
    {"init", "", "create the data directory, if it does not exist", NULL, 0, 0, init, true},
    {"verify", "", "hash everything stored again, follow what it names, check the database", NULL, 0, 0, verify, false},
    {"gc", "[--grace-seconds N] [--trust-clock] [--compact]", "remove what nothing names any more",
     "grace-seconds=,trust-clock,compact", 0, 0, collect, false},
    {"upkeep", "[--seconds N] [--scrub-rate BYTES]", "do the upkeep that is due, in small steps, as servers do",
     "seconds=,scrub-rate=", 0, 0, upkeep, false},
    {"backup", "[--copy|--link] DIR", "make a consistent copy in a new directory, online", "copy,link", 1, 1, backup,
     false},
    {0},
};
