/* SPDX-License-Identifier: Apache-2.0 */
/* Image archives: published as files, for one platform and for several, and deleted, while each operation in turn
 * fails. */
#include "hostile/play.h"

#include "support/tar_builder.h"

#define IMAGES "/v2/acme/images"
#define PACKAGES "/v2/packages/organizations/acme/registries/images/packages"
#define AUTHORIZED "Authorization: ${token}\n"
#define LAYER "the bytes of a layer\n"
#define CONFIG "{\"architecture\":\"amd64\",\"os\":\"linux\"}"
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define INDEX_TYPE "application/vnd.oci.image.index.v1+json"

#define PUBLISH(filename, archive)                                                                  \
    "POST " PACKAGES "\n" AUTHORIZED "Content-Type: multipart/form-data; boundary=cut\n\n--cut\r\n" \
    "Content-Disposition: form-data; name=\"file\"; filename=\"" filename "\"\r\n\r\n" archive "\r\n--cut--\r\n"

static const struct play_step steps[] = {
    {.name = "publish an archive",
     .request = PUBLISH("single.tar", "${single}"),
     .status = 200,
     .again = 200,
     .keep = "id",
     .keep_from = "json:id"},
    {.name = "publish an archive of several platforms",
     .request = PUBLISH("multi.tar", "${multi}"),
     .status = 200,
     .again = 200,
     .keep = "multi_id",
     .keep_from = "json:id"},
    {.name = "publish one that lacks a layer", .request = PUBLISH("lost.tar", "${lost}"), .status = 422},
    {.name = "get the image", .request = "GET " IMAGES "/single/manifests/latest\n" AUTHORIZED "\n", .status = 200},
    {.name = "delete the image of several platforms",
     .request = "DELETE " PACKAGES "/${multi_id}\n" AUTHORIZED "\n",
     .status = 200,
     .again = 404},
    {.name = "delete the image", .request = "DELETE " PACKAGES "/${id}\n" AUTHORIZED "\n", .status = 200, .again = 404},
};

static const char *const probes[] = {
    "GET " PACKAGES "\n" AUTHORIZED "\n",
    "GET " IMAGES "/single/manifests/latest\n" AUTHORIZED "\n",
    "GET " IMAGES "/multi/manifests/latest\n" AUTHORIZED "\n",
    "GET " IMAGES "/lost/tags/list\n" AUTHORIZED "\n",
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
             "{\"schemaVersion\":2,\"mediaType\":\"" INDEX_TYPE "\",\"manifests\":[{\"mediaType\":\"" MANIFEST_TYPE
             "\",\"digest\":\"sha256:%s\",\"size\":%zu,\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}",
             variable(this, "image_hash"), strlen(variable(this, "image")));
    set_document(this, "index", "index_hash", text);
}

static void add_blob(const struct play_script *this, struct tar_builder *archive, const char *hash_name,
                     const char *content) {
    char name[128];
    snprintf(name, sizeof name, "blobs/sha256/%s", variable(this, hash_name));
    tar_builder_file(archive, name, content);
}

/* An archive of `type` whose top is the variable `top`, stored as the variable `name`. */
static void make_archive(struct play_script *this, const char *name, const char *type, const char *top, bool is_whole) {
    struct tar_builder archive = {NULL, 0};
    char index[512];
    char hash[32];
    snprintf(hash, sizeof hash, "%s_hash", top);
    snprintf(index, sizeof index,
             "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":%zu}]}", type,
             variable(this, hash), strlen(variable(this, top)));
    add_blob(this, &archive, "config_hash", CONFIG);
    if (is_whole) {
        add_blob(this, &archive, "layer_hash", LAYER);
    }
    add_blob(this, &archive, "image_hash", variable(this, "image"));
    add_blob(this, &archive, "index_hash", variable(this, "index"));
    tar_builder_file(&archive, "index.json", index);
    tar_builder_end(&archive);
    play_set(&this->variables, name, archive.bytes, archive.length);
    free(archive.bytes);
}

static void furnish(struct rig *rig, struct play_script *this) {
    const struct core_organization *organization = rig_organization(rig, "acme");
    char *authorization = rig_authorization(rig, organization, AUTH_ALL_SCOPES);
    rig_make_registry(rig, organization, "images", "container", false);
    play_set_text(&this->variables, "token", authorization);
    make_documents(this);
    make_archive(this, "single", MANIFEST_TYPE, "image", true);
    make_archive(this, "multi", INDEX_TYPE, "index", true);
    make_archive(this, "lost", MANIFEST_TYPE, "image", false);
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

static void test_hostile_faults_oci_archive__an_allocation_fails(void **state) {
    (void)state;
    play_with_failing_allocation(&script);
}

static void test_hostile_faults_oci_archive__allocations_fail_for_the_rest_of_a_request(void **state) {
    (void)state;
    play_with_failing_allocations(&script);
}

static void test_hostile_faults_oci_archive__the_storage_fails(void **state) {
    (void)state;
    play_with_failing_storage(&script);
}

static void test_hostile_faults_oci_archive__the_storage_has_no_space(void **state) {
    (void)state;
    play_with_full_storage(&script);
}

static void test_hostile_faults_oci_archive__the_database_fails(void **state) {
    (void)state;
    play_with_failing_database(&script);
}

static void test_hostile_faults_oci_archive__the_database_has_no_space(void **state) {
    (void)state;
    play_with_full_database(&script);
}

static void test_hostile_faults_oci_archive__the_database_is_busy(void **state) {
    (void)state;
    play_with_busy_database(&script);
}

static void test_hostile_faults_oci_archive__the_database_has_no_memory(void **state) {
    (void)state;
    play_with_forgetful_database(&script);
}
