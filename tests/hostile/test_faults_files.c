/* SPDX-License-Identifier: Apache-2.0 */
/* Generic files: a registry is created, files are published, read in all ways, overwritten and deleted, while each
 * operation in turn fails. */
#include "hostile/play.h"

#define REGISTRIES "/v2/packages/organizations/acme/registries"
#define FILES REGISTRIES "/files"
#define AUTHORIZED "Authorization: ${token}\n"
#define FORM "Content-Type: multipart/form-data; boundary=cut\n"
#define FILE_PART(name, bytes) \
    "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" name "\"\r\n\r\n" bytes "\r\n--cut--\r\n"
#define PUBLISH(name, bytes) "POST " FILES "/packages\n" AUTHORIZED FORM "\n" FILE_PART(name, bytes)
#define TEXT "some text that is published\n"

static const struct play_step steps[] = {
    {.name = "create the registry",
     .request = "POST " REGISTRIES "\n" AUTHORIZED "\n{\"name\": \"Files\", \"ecosystem\": \"files\"}",
     .status = 200,
     .again = 409},
    {.name = "create it again",
     .request = "POST " REGISTRIES "\n" AUTHORIZED "\n{\"name\": \"Files\", \"ecosystem\": \"files\"}",
     .status = 409},
    {.name = "publish",
     .request = PUBLISH("notes-1.0.0.txt", TEXT),
     .status = 200,
     .again = 200,
     .keep = "id",
     .keep_from = "json:id"},
    {.name = "publish in a second part",
     .request =
         "POST " FILES "/packages\n" AUTHORIZED FORM
         "\n--cut\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nx\r\n" FILE_PART("blob.bin", "${blob}"),
     .status = 200,
     .again = 200,
     .keep = "blob_id",
     .keep_from = "json:id"},
    {.name = "publish the same", .request = PUBLISH("notes-1.0.0.txt", TEXT), .status = 200},
    {.name = "publish the same bytes elsewhere",
     .request = PUBLISH("copy-1.0.0.txt", TEXT),
     .status = 200,
     .again = 200,
     .keep = "copy_id",
     .keep_from = "json:id"},
    {.name = "publish other bytes", .request = PUBLISH("notes-1.0.0.txt", "other"), .status = 409},
    {.name = "list", .request = "GET " FILES "/packages?per_page=2\n" AUTHORIZED "\n", .status = 200},
    {.name = "show", .request = "GET " FILES "/packages/${id}\n" AUTHORIZED "\n", .status = 200},
    {.name = "download", .request = "GET /acme/files/files/notes-1.0.0.txt\n" AUTHORIZED "\n", .status = 200},
    {.name = "download much", .request = "GET /acme/files/files/blob.bin\n" AUTHORIZED "\n", .status = 200},
    {.name = "download a part",
     .request = "GET /acme/files/files/blob.bin\n" AUTHORIZED "Range: bytes=70000-70009\n\n",
     .status = 206},
    {.name = "ask for a part behind the end",
     .request = "GET /acme/files/files/blob.bin\n" AUTHORIZED "Range: bytes=99999999-\n\n",
     .status = 416},
    {.name = "ask for the head", .request = "HEAD /acme/files/files/blob.bin\n" AUTHORIZED "\n", .status = 200},
    {.name = "ask whether it is new",
     .request = "GET /acme/files/files/notes-1.0.0.txt\n" AUTHORIZED "If-None-Match: \"${text_hash}\"\n\n",
     .status = 304},
    {.name = "ask for what is not there",
     .request = "GET /acme/files/files/nothing.txt\n" AUTHORIZED "\n",
     .status = 404},
    {.name = "ask as a stranger", .request = "GET /acme/files/files/notes-1.0.0.txt\n\n", .status = 401},
    {.name = "allow overwriting",
     .request = "PATCH " FILES "\n" AUTHORIZED "\n{\"allow_overwrite\": true}",
     .status = 200,
     .again = 200},
    {.name = "overwrite", .request = PUBLISH("notes-1.0.0.txt", "other"), .status = 200, .again = 200},
    {.name = "download what is new",
     .request = "GET /acme/files/files/notes-1.0.0.txt\n" AUTHORIZED "\n",
     .status = 200},
    {.name = "delete the copy",
     .request = "DELETE " FILES "/packages/${copy_id}\n" AUTHORIZED "\n",
     .status = 200,
     .again = 404},
    {.name = "delete much",
     .request = "DELETE " FILES "/packages/${blob_id}\n" AUTHORIZED "\n",
     .status = 200,
     .again = 404},
    {.name = "delete it again", .request = "DELETE " FILES "/packages/${blob_id}\n" AUTHORIZED "\n", .status = 404},
};

static const char *const probes[] = {
    "GET " REGISTRIES "\n" AUTHORIZED "\n",
    "GET " FILES "/packages\n" AUTHORIZED "\n",
    "GET /v2/packages/organizations/acme/audit\n" AUTHORIZED "\n",
    "GET /acme/files/files/notes-1.0.0.txt\n" AUTHORIZED "\n",
    "GET /acme/files/files/copy-1.0.0.txt\n" AUTHORIZED "\n",
    "GET /acme/files/files/blob.bin\n" AUTHORIZED "\n",
};

static struct play_script script = {
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .probes = probes,
    .probe_count = sizeof probes / sizeof probes[0],
};

static void furnish(struct rig *rig, struct play_script *this) {
    static char blob[100000];
    const struct core_organization *organization = rig_organization(rig, "acme");
    char *authorization = rig_authorization(rig, organization, AUTH_ALL_SCOPES);
    for (size_t i = 0; i < sizeof blob; i++) {
        blob[i] = (char)(i * i >> 3);
    }
    play_set(&this->variables, "blob", blob, sizeof blob);
    play_set_text(&this->variables, "token", authorization);
    play_set_hash(&this->variables, "text_hash", TEXT, strlen(TEXT));
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

static void test_hostile_faults_files__an_allocation_fails(void **state) {
    (void)state;
    play_with_failing_allocation(&script);
}

static void test_hostile_faults_files__allocations_fail_for_the_rest_of_a_request(void **state) {
    (void)state;
    play_with_failing_allocations(&script);
}

static void test_hostile_faults_files__a_storage_call_fails(void **state) {
    (void)state;
    play_with_failing_storage(&script);
}

static void test_hostile_faults_files__the_storage_is_full(void **state) {
    (void)state;
    play_with_full_storage(&script);
}

static void test_hostile_faults_files__a_step_fails(void **state) {
    (void)state;
    play_with_failing_database(&script);
}

static void test_hostile_faults_files__the_database_is_full(void **state) {
    (void)state;
    play_with_full_database(&script);
}

static void test_hostile_faults_files__the_database_is_busy(void **state) {
    (void)state;
    play_with_busy_database(&script);
}

static void test_hostile_faults_files__sqlite_has_no_memory(void **state) {
    (void)state;
    play_with_forgetful_database(&script);
}
