/* SPDX-License-Identifier: Apache-2.0 */
/* Container images: pushed in chunks and at once, mounted, tagged, pulled and deleted, while each operation in turn
 * fails. */
#include "hostile/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGISTRY "/v2/packages/organizations/acme/registries/images"
#define APP "/v2/acme/images/app"
#define OTHER "/v2/acme/images/base/other"
#define AUTHORIZED "Authorization: ${token}\n"
#define AS_BEARER "Authorization: Bearer ${bearer}\n"
#define OF_IMAGE "Content-Type: application/vnd.oci.image.manifest.v1+json\n"
#define OF_INDEX "Content-Type: application/vnd.oci.image.index.v1+json\n"

#define LAYER_BYTES 100000
#define CUT 60000 /* where the first chunk of the layer ends */

/* --- An interrupted push resumes at the offset that the registry reports --- */

static void ask_for(struct play *play, const char *request, int status) {
    struct http_answer *answer = play_ask(play, request);
    if (answer->status != status) {
        fail_msg("%s gives %d: %s", request, answer->status, answer->body);
    }
    const char *location = http_answer_header(answer, "Location");
    if (location != NULL) {
        play_keep(play, "location", location);
    }
    http_answer_free(answer);
}

/* Returns how many bytes the upload has, according to its address; begins a new one when it is gone. */
static size_t find_upload(struct play *play) {
    struct http_answer *answer = play_ask(play, "GET ${location}\n" AUTHORIZED "\n");
    int status = answer->status;
    const char *range = http_answer_header(answer, "Range");
    size_t received = range != NULL && strncmp(range, "0-", 2) == 0 ? strtoul(range + 2, NULL, 10) + 1 : 0;
    http_answer_free(answer);
    if (status == 404) {
        ask_for(play, "POST " APP "/blobs/uploads/\n" AUTHORIZED "\n", 202);
        return 0;
    }
    assert_int_equal(status, 204);
    return received;
}

/* Brings the upload to `wanted` bytes of the layer. */
static void go_on_with_upload(struct play *play, size_t wanted) {
    size_t received = find_upload(play);
    char range[64];
    /* An upload without bytes reports "0-0", as one with one byte does; no chunk here ends there. */
    received = received == 1 ? 0 : received;
    assert_true(received <= wanted);
    if (received == wanted) {
        return;
    }
    (void)snprintf(range, sizeof range, "%zu-%zu", received, wanted - 1);
    play_keep(play, "range", range);
    play_keep_bytes(play, "chunk", play_text(play, "layer") + received, wanted - received);
    ask_for(play, "PATCH ${location}\n" AUTHORIZED "Content-Range: ${range}\n\n${chunk}", 202);
}

static void go_on_with_first_chunk(struct play *play) {
    go_on_with_upload(play, CUT);
}

static void go_on_with_second_chunk(struct play *play) {
    go_on_with_upload(play, LAYER_BYTES);
}

/* If the bytes were lost with the failed request, and this could not be recorded either, the closing request reports
 * it. The client then begins again. */
static void go_on_with_end(struct play *play) {
    static const char end[] = "PUT ${location}?digest=sha256:${layer_hash}\n" AUTHORIZED "\n";
    go_on_with_upload(play, LAYER_BYTES);
    struct http_answer *answer = play_ask(play, end);
    int status = answer->status;
    http_answer_free(answer);
    if (status == 404) {
        ask_for(play, "POST " APP "/blobs/uploads/\n" AUTHORIZED "\n", 202);
        go_on_with_upload(play, LAYER_BYTES);
        ask_for(play, end, 201);
    } else {
        assert_int_equal(status, 201);
    }
}

/* --- The script --- */

static const struct play_step steps[] = {
    {.name = "ask for the version", .request = "GET /v2/\n" AUTHORIZED "\n", .status = 200},
    {.name = "ask as a stranger", .request = "GET /v2/\n\n", .status = 401},
    {.name = "get a bearer",
     .request = "GET /-/token?service=localhost&scope=repository:acme/images/app:pull,push\n" AUTHORIZED "\n",
     .status = 200,
     .keep = "bearer",
     .keep_from = "json:token"},
    {.name = "ask for a layer", .request = "HEAD " APP "/blobs/sha256:${layer_hash}\n" AS_BEARER "\n", .status = 404},
    {.name = "begin an upload",
     .request = "POST " APP "/blobs/uploads/\n" AUTHORIZED "\n",
     .status = 202,
     .keep = "location",
     .keep_from = "header:Location"},
    {.name = "send the first chunk",
     .request = "PATCH ${location}\n" AUTHORIZED "Content-Range: ${first_range}\n\n${first_chunk}",
     .status = 202,
     .keep = "location",
     .keep_from = "header:Location",
     .recover = go_on_with_first_chunk},
    {.name = "send it out of order",
     .request = "PATCH ${location}\n" AUTHORIZED "Content-Range: ${first_range}\n\n${first_chunk}",
     .status = 416},
    {.name = "send the second chunk",
     .request = "PATCH ${location}\n" AUTHORIZED "Content-Range: ${second_range}\n\n${second_chunk}",
     .status = 202,
     .keep = "location",
     .keep_from = "header:Location",
     .recover = go_on_with_second_chunk},
    {.name = "ask how far it is", .request = "GET ${location}\n" AUTHORIZED "\n", .status = 204},
    {.name = "end the upload",
     .request = "PUT ${location}?digest=sha256:${layer_hash}\n" AUTHORIZED "\n",
     .status = 201,
     .again = 404,
     .recover = go_on_with_end},
    {.name = "upload the configuration at once",
     .request = "POST " APP "/blobs/uploads/?digest=sha256:${config_hash}\n" AUTHORIZED "\n${config}",
     .status = 201,
     .again = 201},
    {.name = "upload what is there",
     .request = "POST " APP "/blobs/uploads/?digest=sha256:${config_hash}\n" AUTHORIZED "\n${config}",
     .status = 201},
    {.name = "upload with a wrong digest",
     .request = "POST " APP "/blobs/uploads/?digest=sha256:${layer_hash}\n" AUTHORIZED "\n${config}",
     .status = 400},
    {.name = "push the manifest",
     .request = "PUT " APP "/manifests/v1\n" AUTHORIZED OF_IMAGE "\n${manifest}",
     .status = 201,
     .again = 201},
    {.name = "push an index",
     .request = "PUT " APP "/manifests/multi\n" AUTHORIZED OF_INDEX "\n${index}",
     .status = 201,
     .again = 201},
    {.name = "push what is there",
     .request = "PUT " APP "/manifests/v1\n" AUTHORIZED OF_IMAGE "\n${manifest}",
     .status = 201},
    {.name = "push without its blobs",
     .request = "PUT " OTHER "/manifests/v1\n" AUTHORIZED OF_IMAGE "\n${manifest}",
     .status = 400},
    {.name = "push what is no manifest",
     .request = "PUT " APP "/manifests/v1\n" AUTHORIZED OF_IMAGE "\n{\"schemaVersion\": 2}",
     .status = 400},
    {.name = "ask for the manifest", .request = "HEAD " APP "/manifests/v1\n" AS_BEARER "\n", .status = 200},
    {.name = "get the manifest", .request = "GET " APP "/manifests/v1\n" AS_BEARER "\n", .status = 200},
    {.name = "get it by its digest",
     .request = "GET " APP "/manifests/sha256:${manifest_hash}\n" AUTHORIZED "\n",
     .status = 200},
    {.name = "get what is not there", .request = "GET " APP "/manifests/v9\n" AUTHORIZED "\n", .status = 404},
    {.name = "pull the layer", .request = "GET " APP "/blobs/sha256:${layer_hash}\n" AUTHORIZED "\n", .status = 200},
    {.name = "pull a part",
     .request = "GET " APP "/blobs/sha256:${layer_hash}\n" AUTHORIZED "Range: bytes=70000-\n\n",
     .status = 206},
    {.name = "ask for the layer",
     .request = "HEAD " APP "/blobs/sha256:${layer_hash}\n" AUTHORIZED "\n",
     .status = 200},
    {.name = "list the tags", .request = "GET " APP "/tags/list?n=1\n" AUTHORIZED "\n", .status = 200},
    {.name = "list the referrers",
     .request = "GET " APP "/referrers/sha256:${manifest_hash}\n" AUTHORIZED "\n",
     .status = 200},
    {.name = "mount the layer",
     .request = "POST " OTHER "/blobs/uploads/?mount=sha256:${layer_hash}&from=acme/images/app\n" AUTHORIZED "\n",
     .status = 201,
     .again = 201},
    {.name = "mount the configuration",
     .request = "POST " OTHER "/blobs/uploads/?mount=sha256:${config_hash}&from=acme/images/app\n" AUTHORIZED "\n",
     .status = 201,
     .again = 201},
    {.name = "push the mounted image",
     .request = "PUT " OTHER "/manifests/v1\n" AUTHORIZED OF_IMAGE "\n${manifest}",
     .status = 201,
     .again = 201},
    {.name = "move a tag",
     .request = "PUT " APP "/manifests/v1\n" AUTHORIZED OF_IMAGE "\n${manifest_two}",
     .status = 201,
     .again = 201},
    {.name = "push what refers to it",
     .request = "PUT " APP "/manifests/sha256:${signature_hash}\n" AUTHORIZED OF_IMAGE "\n${signature}",
     .status = 201,
     .again = 201},
    {.name = "begin another upload",
     .request = "POST " APP "/blobs/uploads/\n" AUTHORIZED "\n",
     .status = 202,
     .keep = "location",
     .keep_from = "header:Location"},
    {.name = "give it up", .request = "DELETE ${location}\n" AUTHORIZED "\n", .status = 204, .again = 404},
    {.name = "find a package",
     .request = "GET " REGISTRY "/packages?name=app\n" AUTHORIZED "\n",
     .status = 200,
     .keep = "id",
     .keep_from = "json:id"},
    {.name = "show it", .request = "GET " REGISTRY "/packages/${id}\n" AUTHORIZED "\n", .status = 200},
    {.name = "delete what an index names",
     .request = "DELETE " APP "/manifests/sha256:${manifest_hash}\n" AUTHORIZED "\n",
     .status = 405},
    {.name = "delete a blob in use",
     .request = "DELETE " APP "/blobs/sha256:${layer_hash}\n" AUTHORIZED "\n",
     .status = 405},
    {.name = "delete the index by its tag",
     .request = "DELETE " APP "/manifests/multi\n" AUTHORIZED "\n",
     .status = 202,
     .again = 404},
    {.name = "delete a manifest that has a tag",
     .request = "DELETE " OTHER "/manifests/sha256:${manifest_hash}\n" AUTHORIZED "\n",
     .status = 202,
     .again = 404},
    {.name = "delete a blob",
     .request = "DELETE " OTHER "/blobs/sha256:${layer_hash}\n" AUTHORIZED "\n",
     .status = 202,
     .again = 404},
};

static const char *const probes[] = {
    "GET " REGISTRY "/packages\n" AUTHORIZED "\n",
    "GET /v2/packages/organizations/acme/audit\n" AUTHORIZED "\n",
    "GET " APP "/tags/list\n" AUTHORIZED "\n",
    "GET " OTHER "/tags/list\n" AUTHORIZED "\n",
    "GET " APP "/manifests/v1\n" AUTHORIZED "\n",
    "GET " APP "/manifests/multi\n" AUTHORIZED "\n",
    "GET " APP "/manifests/sha256:${manifest_hash}\n" AUTHORIZED "\n",
    "GET " APP "/referrers/sha256:${manifest_two_hash}\n" AUTHORIZED "\n",
    "GET " APP "/blobs/sha256:${layer_hash}\n" AUTHORIZED "\n",
    "GET " APP "/blobs/sha256:${config_hash}\n" AUTHORIZED "\n",
    "GET " OTHER "/manifests/v1\n" AUTHORIZED "\n",
};

static struct play_script script = {
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .probes = probes,
    .probe_count = sizeof probes / sizeof probes[0],
};

static void set_hashed(struct play_variables *variables, const char *name, const char *hash_name, const char *text) {
    play_set_text(variables, name, text);
    play_set_hash(variables, hash_name, text, strlen(text));
}

/* An image manifest of the layer and the configuration, distinguished by a note. */
static void set_manifest(struct play_variables *variables, const char *name, const char *hash_name, const char *note,
                         const char *subject) {
    static const char format[] =
        "{\"schemaVersion\": 2, \"mediaType\": \"application/vnd.oci.image.manifest.v1+json\", \"config\": "
        "{\"mediaType\": \"application/vnd.oci.image.config.v1+json\", \"digest\": \"sha256:%s\", \"size\": %zu}, "
        "\"layers\": [{\"mediaType\": \"application/vnd.oci.image.layer.v1.tar\", \"digest\": \"sha256:%s\", "
        "\"size\": %d}], \"annotations\": {\"note\": \"%s\"}%s}";
    char text[2048];
    (void)snprintf(text, sizeof text, format, play_variable(variables, "config_hash"),
                   strlen(play_variable(variables, "config")), play_variable(variables, "layer_hash"), LAYER_BYTES,
                   note, subject);
    set_hashed(variables, name, hash_name, text);
}

static void set_index(struct play_variables *variables) {
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{\"schemaVersion\": 2, \"mediaType\": \"application/vnd.oci.image.index.v1+json\", \"manifests\": "
                   "[{\"mediaType\": \"application/vnd.oci.image.manifest.v1+json\", \"digest\": \"sha256:%s\", "
                   "\"size\": %zu, \"platform\": {\"architecture\": \"amd64\", \"os\": \"linux\"}}]}",
                   play_variable(variables, "manifest_hash"), strlen(play_variable(variables, "manifest")));
    play_set_text(variables, "index", text);
}

static void set_signature(struct play_variables *variables) {
    char subject[512];
    (void)snprintf(subject, sizeof subject,
                   ", \"subject\": {\"mediaType\": \"application/vnd.oci.image.manifest.v1+json\", \"digest\": "
                   "\"sha256:%s\", \"size\": %zu}",
                   play_variable(variables, "manifest_two_hash"), strlen(play_variable(variables, "manifest_two")));
    set_manifest(variables, "signature", "signature_hash", "signature", subject);
}

static void furnish(struct rig *rig, struct play_script *this) {
    static char layer[LAYER_BYTES];
    struct play_variables *variables = &this->variables;
    const struct core_organization *organization = rig_organization(rig, "acme");
    char *authorization = rig_authorization(rig, organization, AUTH_ALL_SCOPES);
    rig_make_registry(rig, organization, "images", "container", false);
    for (size_t i = 0; i < sizeof layer; i++) {
        layer[i] = (char)(i * i >> 5);
    }
    play_set_text(variables, "token", authorization);
    play_set(variables, "layer", layer, sizeof layer);
    play_set_hash(variables, "layer_hash", layer, sizeof layer);
    play_set(variables, "first_chunk", layer, CUT);
    play_set(variables, "second_chunk", layer + CUT, sizeof layer - CUT);
    play_set_text(variables, "first_range", "0-59999");
    play_set_text(variables, "second_range", "60000-99999");
    set_hashed(variables, "config", "config_hash",
               "{\"architecture\": \"amd64\", \"os\": \"linux\", \"created\": \"2026-01-02T03:04:05Z\"}");
    set_manifest(variables, "manifest", "manifest_hash", "one", "");
    set_manifest(variables, "manifest_two", "manifest_two_hash", "two", "");
    set_signature(variables);
    set_index(variables);
    free(authorization);
    core_organization_release(organization);
}

static int group_setup(void **state) {
    (void)state;
    rig_prepare_process();
    play_prepare(&script, furnish);
    return 0;
}

static int group_teardown(void **state) {
    (void)state;
    play_end(&script);
    return 0;
}

static void test_hostile_faults_container__an_allocation_fails(void **state) {
    (void)state;
    play_with_failing_allocation(&script);
}

static void test_hostile_faults_container__allocations_fail_for_the_rest_of_a_request(void **state) {
    (void)state;
    play_with_failing_allocations(&script);
}

static void test_hostile_faults_container__a_storage_call_fails(void **state) {
    (void)state;
    play_with_failing_storage(&script);
}

static void test_hostile_faults_container__the_storage_is_full(void **state) {
    (void)state;
    play_with_full_storage(&script);
}

static void test_hostile_faults_container__a_step_fails(void **state) {
    (void)state;
    play_with_failing_database(&script);
}

static void test_hostile_faults_container__the_database_is_full(void **state) {
    (void)state;
    play_with_full_database(&script);
}

static void test_hostile_faults_container__the_database_is_busy(void **state) {
    (void)state;
    play_with_busy_database(&script);
}

static void test_hostile_faults_container__sqlite_has_no_memory(void **state) {
    (void)state;
    play_with_forgetful_database(&script);
}
