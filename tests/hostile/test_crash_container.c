/* SPDX-License-Identifier: Apache-2.0 */
/* Images: pushed at once, in chunks and by mounting, tagged and deleted by a process that is killed, then by another;
 * then the power fails. */
#include "hostile/crash.h"

#include "protocol/oci_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGISTRIES "/v2/packages/organizations/acme/registries"
#define OLD "/v2/acme/images/old"
#define NEW "/v2/acme/images/new"
#define CONTENT_TYPE "Content-Type: " MANIFEST_TYPE "\n\n"

static void furnish(struct crash_client *client) {
    static const char *const requests[] = {
        "POST " OLD "/blobs/uploads/?digest=" CONFIG_DIGEST "\n\n" CONFIG,
        "POST " OLD "/blobs/uploads/?digest=" LAYER_DIGEST "\n\n" LAYER,
        "PUT " OLD "/manifests/1.0\n" CONTENT_TYPE IMAGE,
        "POST /v2/acme/images/spare/blobs/uploads/?digest=" LAYER_DIGEST "\n\n" LAYER,
    };
    http_answer_free(
        crash_ask(client, 200, "POST " REGISTRIES "\n\n{\"name\":\"images\",\"ecosystem\":\"container\"}"));
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        http_answer_free(crash_ask(client, 201, requests[i]));
    }
}

/* --- Pushing in chunks --- */

/* The first request of a session and its first chunk; records the address. */
static int push_chunk(struct crash_client *client) {
    char request[2 * CRASH_ROOM];
    struct http_answer *answer = crash_ask(client, 0, "POST " NEW "/blobs/uploads/\nContent-Length: 0\n\n");
    const char *location = http_answer_header(answer, "Location");
    const char *target = location != NULL ? strstr(location, "/v2/") : NULL;
    int status = answer->status;
    if (status == 202 && target != NULL) {
        (void)snprintf(client->note, CRASH_ROOM, "%s", target);
        (void)snprintf(request, sizeof request, "PATCH %s\n\n%.5s", target, SIGNATURE);
        status = crash_status(client, request);
    }
    http_answer_free(answer);
    return status;
}

static void check_chunk(struct crash_client *client) {
    char request[2 * CRASH_ROOM];
    (void)snprintf(request, sizeof request, "GET %s\n\n", client->note);
    struct http_answer *answer = crash_ask(client, 204, request);
    const char *range = http_answer_header(answer, "Range");
    if (range == NULL || strcmp(range, "0-4") != 0) {
        fprintf(stderr, "the upload stands at %s\n", range != NULL ? range : "nothing");
        abort();
    }
    http_answer_free(answer);
}

static int push_in_chunks(struct crash_client *client) {
    char request[4 * CRASH_ROOM];
    int status = push_chunk(client);
    if (status != 202) {
        return status;
    }
    (void)snprintf(request, sizeof request, "PUT %s?digest=" SIGNATURE_DIGEST "\n\n%s", client->note, &SIGNATURE[5]);
    return crash_status(client, request);
}

/* --- Whole images --- */

static int ask_in_turn(struct crash_client *client, const char *const *requests, size_t count) {
    int status = 201;
    for (size_t i = 0; i < count && status == 201; i++) {
        status = crash_status(client, requests[i]);
    }
    return status;
}

static int push_image(struct crash_client *client) {
    static const char *const requests[] = {
        "POST " NEW "/blobs/uploads/?mount=" CONFIG_DIGEST "&from=acme/images/old\n\n",
        "POST " NEW "/blobs/uploads/?digest=" LAYER_DIGEST "\n\n" LAYER,
        "PUT " NEW "/manifests/1.0\n" CONTENT_TYPE IMAGE,
        "PUT " NEW "/manifests/signed\n" CONTENT_TYPE SIGNATURE,
    };
    return ask_in_turn(client, requests, sizeof requests / sizeof requests[0]);
}

static void check_image(struct crash_client *client) {
    static const char *const requests[] = {
        "GET " NEW "/manifests/1.0\n\n",
        "GET " NEW "/manifests/signed\n\n",
        "GET " NEW "/blobs/" CONFIG_DIGEST "\n\n",
        "GET " NEW "/blobs/" LAYER_DIGEST "\n\n",
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        http_answer_free(crash_ask(client, 200, requests[i]));
    }
}

static const struct crash_operation operations[] = {
    {.name = "push a blob",
     .request = "POST " NEW "/blobs/uploads/?digest=" BILL_DIGEST "\n\n" BILL,
     .probe = "GET " NEW "/blobs/" BILL_DIGEST "\n\n",
     .probe_status = 200,
     .probe_text = BILL},
    {.name = "push a chunk", .act = push_chunk, .check = check_chunk, .is_not_backed_up = true},
    {.name = "push in chunks",
     .act = push_in_chunks,
     .probe = "GET " NEW "/blobs/" SIGNATURE_DIGEST "\n\n",
     .probe_status = 200,
     .probe_text = SIGNATURE},
    {.name = "mount a blob",
     .request = "POST " NEW "/blobs/uploads/?mount=" LAYER_DIGEST "&from=acme/images/old\n\n",
     .probe = "GET " NEW "/blobs/" LAYER_DIGEST "\n\n",
     .probe_status = 200,
     .probe_text = LAYER},
    {.name = "push an image", .act = push_image, .check = check_image},
    {.name = "tag once more",
     .request = "PUT " OLD "/manifests/2.0\n" CONTENT_TYPE IMAGE,
     .probe = "GET " OLD "/manifests/2.0\n\n",
     .probe_status = 200,
     .probe_text = IMAGE},
    {.name = "delete a tag",
     .request = "DELETE " OLD "/manifests/1.0\n\n",
     .ends = true,
     .probe = "GET " OLD "/manifests/1.0\n\n",
     .probe_status = 404},
    {.name = "delete an image",
     .request = "DELETE " OLD "/manifests/" IMAGE_DIGEST "\n\n",
     .ends = true,
     .probe = "GET " OLD "/manifests/1.0\n\n",
     .probe_status = 404},
    {.name = "delete a blob",
     .request = "DELETE /v2/acme/images/spare/blobs/" LAYER_DIGEST "\n\n",
     .ends = true,
     .probe = "GET /v2/acme/images/spare/blobs/" LAYER_DIGEST "\n\n",
     .probe_status = 404},
};

static void test_hostile_crash_container__what_was_acknowledged_survives_a_kill_and_a_power_cut(void **state) {
    (void)state;
    crash_campaign(furnish, operations, sizeof operations / sizeof operations[0]);
}
