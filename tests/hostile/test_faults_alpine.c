/* SPDX-License-Identifier: Apache-2.0 */
/* Alpine packages: published, indexed, fetched, overwritten and deleted, while each operation in turn fails. */
#include "hostile/play.h"

#include "support/apk_builder.h"

#define REGISTRY "/v2/packages/organizations/acme/registries/alpine"
#define MAIN "/acme/alpine/alpine_any/alpine_any/main"
#define AUTHORIZED "Authorization: ${token}\n"
#define PUBLISH(name, bytes)                                                                        \
    "POST " REGISTRY "/packages\n" AUTHORIZED "Content-Type: multipart/form-data; boundary=cut\n\n" \
    "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" name "\"\r\n\r\n" bytes "\r\n--cut--\r\n"

static const struct play_step steps[] = {
    {.name = "index of nothing", .request = "GET " MAIN "/x86_64/APKINDEX.tar.gz\n" AUTHORIZED "\n", .status = 200},
    {.name = "publish",
     .request = PUBLISH("hello-1.0-r0.apk", "${hello}"),
     .status = 200,
     .again = 200,
     .keep = "id",
     .keep_from = "json:id"},
    {.name = "index", .request = "GET " MAIN "/x86_64/APKINDEX.tar.gz\n" AUTHORIZED "\n", .status = 200},
    {.name = "index once more",
     .request = "GET " MAIN "/x86_64/APKINDEX.tar.gz\n" AUTHORIZED "\n",
     .status = 200,
     .keep = "etag",
     .keep_from = "header:ETag"},
    {.name = "ask whether it is new",
     .request = "GET " MAIN "/x86_64/APKINDEX.tar.gz\n" AUTHORIZED "If-None-Match: ${etag}\n\n",
     .status = 304},
    {.name = "publish for every architecture",
     .request = PUBLISH("data-2.0-r1.apk", "${data}"),
     .status = 200,
     .again = 200,
     .keep = "data_id",
     .keep_from = "json:id"},
    {.name = "publish the same", .request = PUBLISH("hello-1.0-r0.apk", "${hello}"), .status = 200},
    {.name = "publish other bytes", .request = PUBLISH("hello-1.0-r0.apk", "${changed}"), .status = 409},
    {.name = "publish what is no package", .request = PUBLISH("x.apk", "no package at all"), .status = 422},
    {.name = "publish a torn package", .request = PUBLISH("x.apk", "${torn}"), .status = 422},
    {.name = "fetch", .request = "GET " MAIN "/x86_64/hello-1.0-r0.apk\n" AUTHORIZED "\n", .status = 200},
    {.name = "fetch what every architecture has",
     .request = "GET " MAIN "/aarch64/data-2.0-r1.apk\n" AUTHORIZED "\n",
     .status = 200},
    {.name = "index of another architecture",
     .request = "GET " MAIN "/aarch64/APKINDEX.tar.gz\n" AUTHORIZED "\n",
     .status = 200},
    {.name = "fetch the key", .request = "GET /acme/alpine/rsakey\n" AUTHORIZED "\n", .status = 200},
    {.name = "fetch what is not there", .request = "GET " MAIN "/x86_64/no-1-r0.apk\n" AUTHORIZED "\n", .status = 404},
    {.name = "show", .request = "GET " REGISTRY "/packages/${id}\n" AUTHORIZED "\n", .status = 200},
    {.name = "allow overwriting",
     .request = "PATCH " REGISTRY "\n" AUTHORIZED "\n{\"allow_overwrite\": true}",
     .status = 200,
     .again = 200},
    {.name = "overwrite", .request = PUBLISH("hello-1.0-r0.apk", "${changed}"), .status = 200, .again = 200},
    {.name = "index what is new", .request = "GET " MAIN "/x86_64/APKINDEX.tar.gz\n" AUTHORIZED "\n", .status = 200},
    {.name = "delete",
     .request = "DELETE " REGISTRY "/packages/${data_id}\n" AUTHORIZED "\n",
     .status = 200,
     .again = 404},
    {.name = "index what is left", .request = "GET " MAIN "/x86_64/APKINDEX.tar.gz\n" AUTHORIZED "\n", .status = 200},
};

static const char *const probes[] = {
    "GET " REGISTRY "/packages\n" AUTHORIZED "\n",
    "GET /v2/packages/organizations/acme/audit\n" AUTHORIZED "\n",
    "GET " MAIN "/x86_64/hello-1.0-r0.apk\n" AUTHORIZED "\n",
    "GET " MAIN "/x86_64/data-2.0-r1.apk\n" AUTHORIZED "\n",
};

static struct play_script script = {
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .probes = probes,
    .probe_count = sizeof probes / sizeof probes[0],
};

static void set_package(struct play_script *this, const char *name, const struct apk_recipe *recipe, size_t cut) {
    struct apk_bytes package = {0};
    apk_build(&package, recipe);
    play_set(&this->variables, name, package.bytes, package.length - cut);
    apk_free(&package);
}

/* Makes the registry's key, which takes long. */
static void fetch_key(struct rig *rig, const char *authorization) {
    const struct http_script asking = {.instance = &rig->instance, .authorization = authorization};
    struct http_answer *answer = http_script_run(&asking, "GET /acme/alpine/rsakey\n\n");
    assert_int_equal(answer->status, 200);
    http_answer_free(answer);
}

static void furnish(struct rig *rig, struct play_script *this) {
    static const struct apk_recipe hello = {.content = "one", .content_length = 3};
    static const struct apk_recipe changed = {.content = "two", .content_length = 3};
    static const struct apk_recipe data = {.name = "data", .version = "2.0-r1", .architecture = "noarch"};
    const struct core_organization *organization = rig_organization(rig, "acme");
    char *authorization = rig_authorization(rig, organization, AUTH_ALL_SCOPES);
    rig_make_registry(rig, organization, "alpine", "alpine", false);
    fetch_key(rig, authorization);
    set_package(this, "hello", &hello, 0);
    set_package(this, "changed", &changed, 0);
    set_package(this, "data", &data, 0);
    set_package(this, "torn", &hello, 20);
    play_set_text(&this->variables, "token", authorization);
    free(authorization);
    core_organization_release(organization);
}

/* Making a key takes long, so it has a script of its own, in which no request is repeated after a failure. */
static void ask_no_more(struct play *play) {
    (void)play;
}

static const struct play_step key_steps[] = {
    {.name = "make the key",
     .request = "GET /acme/alpine/rsakey\n" AUTHORIZED "\n",
     .status = 200,
     .recover = ask_no_more},
};

static const char *const key_probes[] = {
    "GET " REGISTRY "/packages\n" AUTHORIZED "\n",
    "GET /v2/packages/organizations/acme/audit\n" AUTHORIZED "\n",
};

static struct play_script key_script = {
    .steps = key_steps,
    .step_count = sizeof key_steps / sizeof key_steps[0],
    .probes = key_probes,
    .probe_count = sizeof key_probes / sizeof key_probes[0],
};

static void furnish_without_key(struct rig *rig, struct play_script *this) {
    const struct core_organization *organization = rig_organization(rig, "acme");
    char *authorization = rig_authorization(rig, organization, AUTH_ALL_SCOPES);
    rig_make_registry(rig, organization, "alpine", "alpine", false);
    play_set_text(&this->variables, "token", authorization);
    free(authorization);
    core_organization_release(organization);
}

static int group_setup(void **state) {
    (void)state;
    rig_prepare_process();
    play_prepare(&script, furnish);
    play_prepare(&key_script, furnish_without_key);
    return 0;
}

static int group_teardown(void **state) {
    (void)state;
    play_end(&script);
    play_end(&key_script);
    return 0;
}

static void test_hostile_faults_alpine__an_allocation_fails(void **state) {
    (void)state;
    play_with_failing_allocation(&script);
}

static void test_hostile_faults_alpine__allocations_fail_for_the_rest_of_a_request(void **state) {
    (void)state;
    play_with_failing_allocations(&script);
}

static void test_hostile_faults_alpine__a_storage_call_fails(void **state) {
    (void)state;
    play_with_failing_storage(&script);
}

static void test_hostile_faults_alpine__the_storage_is_full(void **state) {
    (void)state;
    play_with_full_storage(&script);
}

static void test_hostile_faults_alpine__a_step_fails(void **state) {
    (void)state;
    play_with_failing_database(&script);
}

static void test_hostile_faults_alpine__the_database_is_full(void **state) {
    (void)state;
    play_with_full_database(&script);
}

static void test_hostile_faults_alpine__the_database_is_busy(void **state) {
    (void)state;
    play_with_busy_database(&script);
}

static void test_hostile_faults_alpine__sqlite_has_no_memory(void **state) {
    (void)state;
    play_with_forgetful_database(&script);
}

static void test_hostile_faults_alpine__the_key_is_made_though_things_fail(void **state) {
    (void)state;
    play_with_failing_allocation(&key_script);
    play_with_full_database(&key_script);
}
