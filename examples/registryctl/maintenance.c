/* SPDX-License-Identifier: Apache-2.0 */

/* registryctl init, verify, gc, backup */

#include "registryctl.h"

#include <stdio.h>

/* Writers at work are younger than this. */
#define GRACE_DEFAULT_S 3600

/* Opening the instance has made it. */
static int init(struct invocation *invocation) {
    if (invocation->json) {
        return print_json(json_pack("{s:s}", "data", invocation->data));
    }
    printf("%s is ready\n", invocation->data);
    return EXIT_DONE;
}

static lreg_status print_finding(void *user, const char *message) {
    json_t *findings = user;
    if (findings == NULL) {
        fprintf(stderr, "registryctl: %s\n", message);
    } else {
        json_array_append_new(findings, json_string(message));
    }
    return LREG_OK;
}

static int verify(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_verify_report report = {.size = sizeof report};
    json_t *findings = invocation->json ? json_array() : NULL;
    if (lreg_verify(invocation->instance, print_finding, findings, &report, &error) != LREG_OK) {
        json_decref(findings);
        return fail_with(error);
    }
    int result = EXIT_DONE;
    if (invocation->json) {
        result = print_json(json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "blobs", (json_int_t)report.blobs,
                                      "blob_bytes", (json_int_t)report.blob_bytes, "documents",
                                      (json_int_t)report.documents, "missing", (json_int_t)report.missing, "damaged",
                                      (json_int_t)report.damaged, "unnamed_objects", (json_int_t)report.unnamed_objects,
                                      "dangling", (json_int_t)report.dangling, "findings", findings));
    } else {
        char size[SIZE_TEXT];
        printf("%llu blobs (%s), %llu documents: %llu missing, %llu damaged, %llu dangling, %llu not named\n",
               (unsigned long long)report.blobs, size_text(report.blob_bytes, size),
               (unsigned long long)report.documents, (unsigned long long)report.missing,
               (unsigned long long)report.damaged, (unsigned long long)report.dangling,
               (unsigned long long)report.unnamed_objects);
    }
    return report.missing + report.damaged + report.dangling == 0 ? result : EXIT_FINDINGS;
}

static int collect(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_collect_report report = {.size = sizeof report};
    int64_t grace_s = GRACE_DEFAULT_S;
    if (!option_number(invocation, "grace-seconds", &grace_s)) {
        return EXIT_USAGE;
    }
    if (lreg_collect(invocation->instance, grace_s * 1000, &report, &error) != LREG_OK) {
        return fail_with(error);
    }
    if (invocation->json) {
        return print_json(json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "uploads", (json_int_t)report.uploads, "stages",
                                    (json_int_t)report.stages, "blobs", (json_int_t)report.blobs, "blob_bytes",
                                    (json_int_t)report.blob_bytes, "objects", (json_int_t)report.objects,
                                    "audit_events", (json_int_t)report.audit_events));
    }
    char size[SIZE_TEXT];
    printf("removed %llu blobs (%s), %llu objects, %llu stages, %llu uploads, %llu audit events\n",
           (unsigned long long)report.blobs, size_text(report.blob_bytes, size), (unsigned long long)report.objects,
           (unsigned long long)report.stages, (unsigned long long)report.uploads,
           (unsigned long long)report.audit_events);
    return EXIT_DONE;
}

static int backup(struct invocation *invocation) {
    lreg_error *error = NULL;
    bool is_linked = option_of(invocation, "link") != NULL;
    if (is_linked && option_of(invocation, "copy") != NULL) {
        fail_with_text("backup: --copy and --link exclude each other");
        return EXIT_USAGE;
    }
    int32_t kind = is_linked ? LREG_BACKUP_LINK : LREG_BACKUP_COPY;
    if (lreg_backup(invocation->instance, invocation->words[0], kind, &error) != LREG_OK) {
        return fail_with(error);
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
    {"init", "", "make the data directory, if it is not there", NULL, 0, 0, init, true},
    {"verify", "", "hash everything stored again, follow what it names, check the database", NULL, 0, 0, verify, false},
    {"gc", "[--grace-seconds N]", "remove what nothing names any more", "grace-seconds=", 0, 0, collect, false},
    {"backup", "[--copy|--link] DIR", "make a consistent copy in a new directory, online", "copy,link", 1, 1, backup,
     false},
    {0},
};
