/* SPDX-License-Identifier: Apache-2.0 */
/* Container images: blobs go up in all ways, manifests and tags are pushed, read, listed and deleted, while one thing
 * after the other fails. */
#include "hostile/play.h"

#include "support/tar_builder.h"

#define APP "/v2/acme/images/app"
#define OTHER "/v2/acme/images/team/other"
#define PACKAGES "/v2/packages/organizations/acme/registries/images/packages"
#define AUTHORIZED "Authorization: ${token}\n"
#define LAYER "the bytes of a layer\n"
#define CONFIG "{\"architecture\":\"amd64\",\"os\":\"linux\"}"
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define INDEX_TYPE "application/vnd.oci.image.index.v1+json"
#define PUT_IMAGE(path) "PUT " path "\n" AUTHORIZED "Content-Type: " MANIFEST_TYPE "\n\n"

static const struct play_step steps[] = {
    {.name = "ask for a challenge", .request = "GET /v2/\n\n", .status = 401},
    {.name = "push a blob at once",
     .request = "POST " APP "/blobs/uploads/?digest=sha256:${config_hash}\n" AUTHORIZED "\n" CONFIG,
     .status = 201,
     .again = 201},
    {.name = "begin an upload",
     .request = "POST " APP "/blobs/uploads/\n" AUTHORIZED "Content-Length: 0\n\n",
     .status = 202,
     .again = 202,
     .keep = "upload",
     .keep_from = "header:Location"},
    {.name = "push a chunk",
     .request = "PATCH ${upload}\n" AUTHORIZED "Content-Range: 0-9\n\nthe bytes ",
     .status = 202,
     .again = 416,
     .back = 1},
    {.name = "look at the upload", .request = "GET ${upload}\n" AUTHORIZED "\n", .status = 204},
    {.name = "end the upload",
     .request = "PUT ${upload}?digest=sha256:${layer_hash}\n" AUTHORIZED "\nof a layer\n",
     .status = 201,
     .again = 404,
     .back = 3},
    {.name = "ask for the blob", .request = "HEAD " APP "/blobs/sha256:${layer_hash}\n" AUTHORIZED "\n", .status = 200},
    {.name = "get the blob", .request = "GET " APP "/blobs/sha256:${layer_hash}\n" AUTHORIZED "\n", .status = 200},
    {.name = "mount the blob",
     .request = "POST " OTHER "/blobs/uploads/?mount=sha256:${layer_hash}&from=acme/images/app\n" AUTHORIZED "\n",
     .status = 201,
     .again = 201},
    {.name = "push wrong bytes",
     .request = "POST " APP "/blobs/uploads/?digest=sha256:${layer_hash}\n" AUTHORIZED "\nwrong",
     .status = 400},
    {.name = "push a manifest that names too much",
     .request = PUT_IMAGE(OTHER "/manifests/v1") "${image}",
     .status = 400},
    {.name = "push a manifest", .request = PUT_IMAGE(APP "/manifests/v1") "${image}", .status = 201, .again = 201},
    {.name = "push it again", .request = PUT_IMAGE(APP "/manifests/v1") "${image}", .status = 201},
    {.name = "push a signature",
     .request = PUT_IMAGE(APP "/manifests/sha256:${signature_hash}") "${signature}",
     .status = 201,
     .again = 201},
    {.name = "push an index",
     .request = "PUT " APP "/manifests/multi\n" AUTHORIZED "Content-Type: " INDEX_TYPE "\n\n${index}",
     .status = 201,
     .again = 201},
    {.name = "get the manifest", .request = "GET " APP "/manifests/v1\n" AUTHORIZED "\n", .status = 200},
    {.name = "ask for the index", .request = "HEAD " APP "/manifests/multi\n" AUTHORIZED "\n", .status = 200},
    {.name = "list the tags", .request = "GET " APP "/tags/list?n=1\n" AUTHORIZED "\n", .status = 200},
    {.name = "list the referrers",
     .request = "GET " APP "/referrers/sha256:${image_hash}\n" AUTHORIZED "\n",
     .status = 200},
    {.name = "publish an archive",
     .request = "POST " PACKAGES "\n" AUTHORIZED "Content-Type: multipart/form-data; boundary=cut\n\n--cut\r\n"
                "Content-Disposition: form-data; name=\"file\"; filename=\"archived.tar\"\r\n\r\n${archive}\r\n"
                "--cut--\r\n",
     .status = 200,
     .again = 200},
    {.name = "delete a tag", .request = "DELETE " APP "/manifests/v1\n" AUTHORIZED "\n", .status = 202, .again = 404},
    {.name = "delete the index",
     .request = "DELETE " APP "/manifests/sha256:${index_hash}\n" AUTHORIZED "\n",
     .status = 202,
     .again = 404},
    {.name = "delete a blob",
     .request = "DELETE " OTHER "/blobs/sha256:${layer_hash}\n" AUTHORIZED "\n",
     .status = 202,
     .again = 404},
};

static const char *const probes[] = {
    "GET " PACKAGES "\n" AUTHORIZED "\n",
    "GET /v2/packages/organizations/acme/audit\n" AUTHORIZED "\n",
    "GET " APP "/tags/list\n" AUTHORIZED "\n",
    "GET " APP "/manifests/v1\n" AUTHORIZED "\n",
    "GET /v2/acme/images/archived/manifests/latest\n" AUTHORIZED "\n",
    "GET " APP "/manifests/multi\n" AUTHORIZED "\n",
    "GET " APP "/manifests/sha256:${image_hash}\n" AUTHORIZED "\n",
    "GET " APP "/referrers/sha256:${image_hash}\n" AUTHORIZED "\n",
    "GET " APP "/blobs/sha256:${layer_hash}\n" AUTHORIZED "\n",
    "GET " APP "/blobs/sha256:${config_hash}\n" AUTHORIZED "\n",
    "GET " OTHER "/blobs/sha256:${layer_hash}\n" AUTHORIZED "\n",
};

static struct play_script script = {
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .probes = probes,
    .probe_count = sizeof probes / sizeof probes[0],
};

static const char *variable(const struct play_script *this, const char *name) {
    for (size_t i = 0; i < this->variables.count; i++) {
        if (strcmp(this->variables.all[i].name, name) == 0) {
            return this->variables.all[i].bytes;
        }
    }
    fail_msg("no variable %s", name);
    return "";
}

static void set_document(struct play_script *this, const char *name, const char *hash_name, const char *text) {
    play_set_text(&this->variables, name, text);
    play_set_hash(&this->variables, hash_name, text, strlen(text));
}

static void make_documents(struct play_script *this) {
    char text[2048];
    char config[512];
    play_set_hash(&this->variables, "config_hash", CONFIG, strlen(CONFIG));
    play_set_hash(&this->variables, "layer_hash", LAYER, strlen(LAYER));
    snprintf(config, sizeof config,
             "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:%s\","
             "\"size\":%zu}",
             variable(this, "config_hash"), strlen(CONFIG));
    snprintf(text, sizeof text,
             "{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE "\",%s,\"layers\":[{\"mediaType\":\"application/"
             "vnd.oci.image.layer.v1.tar\",\"digest\":\"sha256:%s\",\"size\":%zu}],\"annotations\":{\"a\":\"b\"}}",
             config, variable(this, "layer_hash"), strlen(LAYER));
    set_document(this, "image", "image_hash", text);
    snprintf(text, sizeof text,
             "{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE "\",%s,\"layers\":[],\"artifactType\":\"a/b\","
             "\"annotations\":{\"signed\":\"yes\"},\"subject\":{\"mediaType\":\"" MANIFEST_TYPE
             "\",\"digest\":\"sha256:%s\",\"size\":5}}",
             config, variable(this, "image_hash"));
    set_document(this, "signature", "signature_hash", text);
    snprintf(text, sizeof text,
             "{\"schemaVersion\":2,\"mediaType\":\"" INDEX_TYPE "\",\"manifests\":[{\"mediaType\":\"" MANIFEST_TYPE
             "\",\"digest\":\"sha256:%s\",\"size\":5,\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}",
             variable(this, "image_hash"));
    set_document(this, "index", "index_hash", text);
}

static void add_blob(const struct play_script *this, struct tar_builder *archive, const char *hash_name,
                     const char *content) {
    char name[128];
    snprintf(name, sizeof name, "blobs/sha256/%s", variable(this, hash_name));
    tar_builder_file(archive, name, content);
}

static void make_archive(struct play_script *this) {
    struct tar_builder archive = {NULL, 0};
    char index[512];
    snprintf(index, sizeof index,
             "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" MANIFEST_TYPE
             "\",\"digest\":\"sha256:%s\",\"size\":1}]}",
             variable(this, "image_hash"));
    add_blob(this, &archive, "config_hash", CONFIG);
    add_blob(this, &archive, "layer_hash", LAYER);
    add_blob(this, &archive, "image_hash", variable(this, "image"));
    tar_builder_file(&archive, "index.json", index);
    tar_builder_end(&archive);
    play_set(&this->variables, "archive", archive.bytes, archive.length);
    free(archive.bytes);
}

static void furnish(struct rig *rig, struct play_script *this) {
    const struct core_organization *organization = rig_organization(rig, "acme");
    char *authorization = rig_authorization(rig, organization, AUTH_ALL_SCOPES);
    rig_make_registry(rig, organization, "images", "container", false);
    play_set_text(&this->variables, "token", authorization);
    make_documents(this);
    make_archive(this);
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

static void test_hostile_faults_oci__an_allocation_fails(void **state) {
    (void)state;
    play_with_failing_allocation(&script);
}

static void test_hostile_faults_oci__allocations_fail_for_the_rest_of_a_request(void **state) {
    (void)state;
    play_with_failing_allocations(&script);
}

static void test_hostile_faults_oci__the_storage_fails(void **state) {
    (void)state;
    play_with_failing_storage(&script);
}

static void test_hostile_faults_oci__the_storage_has_no_space(void **state) {
    (void)state;
    play_with_full_storage(&script);
}

static void test_hostile_faults_oci__the_database_fails(void **state) {
    (void)state;
    play_with_failing_database(&script);
}

static void test_hostile_faults_oci__the_database_has_no_space(void **state) {
    (void)state;
    play_with_full_database(&script);
}

static void test_hostile_faults_oci__the_database_is_busy(void **state) {
    (void)state;
    play_with_busy_database(&script);
}

static void test_hostile_faults_oci__the_database_has_no_memory(void **state) {
    (void)state;
    play_with_forgetful_database(&script);
}
