/* SPDX-License-Identifier: Apache-2.0 */

/* registryctl upload … */

#include "registryctl.h"

#include <stdio.h>

static json_t *json_of(const lreg_upload *upload) {
    char created[TIME_TEXT];
    char updated[TIME_TEXT];
    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "id", lreg_upload_id(upload), "image", lreg_upload_image(upload),
                     "principal", lreg_upload_principal(upload), "received_bytes",
                     (json_int_t)lreg_upload_received_bytes(upload), "created_at",
                     time_text(lreg_upload_created_ms(upload), created), "updated_at",
                     time_text(lreg_upload_updated_ms(upload), updated));
}

static void print_row(const lreg_upload *upload) {
    char updated[TIME_TEXT];
    char size[SIZE_TEXT];
    printf("%s  %s  %s  %s  %s\n", lreg_upload_id(upload), time_text(lreg_upload_updated_ms(upload), updated),
           size_text(lreg_upload_received_bytes(upload), size), lreg_upload_image(upload),
           lreg_upload_principal(upload));
}

static int list(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_registry *registry = NULL;
    lreg_upload_list *uploads = NULL;
    lreg_upload *upload = NULL;
    json_t *values = json_array();
    lreg_status status =
        lreg_registry_find(invocation->instance, invocation->words[0], invocation->words[1], &registry, &error);
    if (status == LREG_OK) {
        status = lreg_upload_list_open(invocation->instance, registry, NULL, &uploads, &error);
    }
    while (status == LREG_OK) {
        status = lreg_upload_list_next(uploads, &upload, &error);
        if (upload == NULL) {
            break;
        }
        if (invocation->json) {
            json_array_append_new(values, json_of(upload));
        } else {
            print_row(upload);
        }
        lreg_upload_free(upload);
        upload = NULL;
    }
    lreg_upload_list_close(uploads);
    lreg_registry_free(registry);
    return end_listing(invocation, status, values, error);
}

static int cancel(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_registry *registry = NULL;
    lreg_upload *upload = NULL;
    const char *id = invocation->words[2];
    lreg_status status =
        lreg_registry_find(invocation->instance, invocation->words[0], invocation->words[1], &registry, &error);
    if (status == LREG_OK) {
        status = lreg_upload_find(invocation->instance, registry, id, &upload, &error);
    }
    if (status == LREG_OK) {
        status = lreg_upload_cancel(invocation->instance, upload, &error);
    }
    lreg_upload_free(upload);
    lreg_registry_free(registry);
    return status == LREG_OK ? print_deleted(invocation, id) : fail_with(error);
}

const struct command upload_commands[] = {
    {"upload list", "ORG REGISTRY", "list upload sessions of container clients", NULL, 2, 2, list, false},
    {"upload cancel", "ORG REGISTRY ID", "end an upload session, with its bytes", NULL, 3, 3, cancel, false},
    {0},
};
