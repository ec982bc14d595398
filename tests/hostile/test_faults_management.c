/* SPDX-License-Identifier: Apache-2.0 */
/* Managing an instance, over REST and through the C API: organizations, tokens, registries, the audit log, verification
 * and collection, while each operation in turn fails. */
#include "hostile/play.h"
#include "support/objects.h"

#include <libregistry.h>

#define ORGANIZATION "/v2/packages/organizations/acme"
#define REGISTRIES ORGANIZATION "/registries"
#define FILES REGISTRIES "/files"
#define AUTHORIZED "Authorization: ${token}\n"
#define FORM "Content-Type: multipart/form-data; boundary=cut\n"
#define PUBLISH(name)                                                                                       \
    "POST " FILES "/packages\n" AUTHORIZED FORM                                                             \
    "\n--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" name "\"\r\n\r\nbytes of " name \
    "\r\n--cut--\r\n"

/* --- Through the C API --- */

static lreg_status create_organization(struct play *play, lreg_instance *instance, lreg_error **err) {
    (void)play;
    return objects_organization_create(instance, "other", "Other", NULL, err);
}

static lreg_status delete_organization(struct play *play, lreg_instance *instance, lreg_error **err) {
    (void)play;
    return objects_organization_delete(instance, "other", err);
}

static lreg_status create_token(struct play *play, lreg_instance *instance, lreg_error **err) {
    lreg_token *token = NULL;
    lreg_status status =
        objects_token_create(instance, "acme", "Deploy", "read_packages,write_packages", 0, &token, err);
    assert_true((status == LREG_OK) == (token != NULL));
    if (token != NULL) {
        play_keep(play, "api_token", lreg_token_secret(token));
        play_keep(play, "api_token_id", lreg_token_id(token));
    }
    lreg_token_free(token);
    return status;
}

static lreg_status delete_token(struct play *play, lreg_instance *instance, lreg_error **err) {
    lreg_token *token = NULL;
    lreg_status status = lreg_token_find(instance, "acme", play_text(play, "api_token_id"), &token, err);
    if (status == LREG_OK) {
        status = lreg_token_delete(instance, token, err);
    }
    lreg_token_free(token);
    return status;
}

/* A listing that breaks off can continue where it was; here it is abandoned. */
static lreg_status list_registries(struct play *play, lreg_instance *instance, lreg_error **err) {
    lreg_registry_list *list = NULL;
    lreg_registry *registry = NULL;
    size_t count = 0;
    (void)play;
    lreg_status status = lreg_registry_list_open(instance, "acme", NULL, &list, err);
    do {
        lreg_registry_free(registry);
        registry = NULL;
        if (status == LREG_OK) {
            status = lreg_registry_list_next(list, &registry, err);
        }
        count += registry != NULL ? 1 : 0;
    } while (registry != NULL);
    lreg_registry_list_close(list);
    if (status == LREG_OK) {
        assert_int_equal(count, 2);
    }
    return status;
}

static lreg_status publish(struct play *play, lreg_instance *instance, lreg_error **err) {
    static const char text[] = "published through the C API";
    lreg_registry *registry = NULL;
    lreg_publication *publication = NULL;
    lreg_package *package = NULL;
    lreg_bool created = 0;
    (void)play;
    lreg_status status = lreg_registry_find(instance, "acme", "files", &registry, err);
    if (status == LREG_OK) {
        status = lreg_publication_open(instance, registry, "direct.txt", &publication, err);
    }
    if (status == LREG_OK) {
        status = lreg_publication_write(publication, text, strlen(text), err);
    }
    if (status == LREG_OK) {
        status = lreg_publication_finish(publication, &package, &created, err);
    }
    lreg_package_free(package);
    lreg_publication_close(publication);
    lreg_registry_free(registry);
    return status;
}

static lreg_status read_content(struct play *play, lreg_instance *instance, lreg_error **err) {
    char bytes[64] = "";
    size_t got = 0;
    lreg_registry *registry = NULL;
    lreg_package *package = NULL;
    lreg_package_reader *content = NULL;
    (void)play;
    lreg_status status = lreg_registry_find(instance, "acme", "files", &registry, err);
    if (status == LREG_OK) {
        status = lreg_package_find(instance, registry, "direct.txt", &package, err);
    }
    if (status == LREG_OK) {
        status = lreg_package_reader_open(instance, package, &content, err);
    }
    if (status == LREG_OK) {
        status = lreg_package_reader_read(content, 0, bytes, sizeof bytes - 1, &got, err);
    }
    if (status == LREG_OK) {
        assert_string_equal(bytes, "published through the C API");
    }
    lreg_package_reader_close(content);
    lreg_package_free(package);
    lreg_registry_free(registry);
    return status;
}

/* Content that could not be read counts as damaged; nothing else was requested. */
static lreg_status verify(struct play *play, lreg_instance *instance, lreg_error **err) {
    lreg_verify_report report = {.size = sizeof report};
    (void)play;
    lreg_status status = lreg_verify(instance, NULL, &report, err);
    if (status == LREG_OK) {
        assert_int_equal(report.missing, 0);
    }
    return status;
}

static lreg_status collect(struct play *play, lreg_instance *instance, lreg_error **err) {
    lreg_collect_report report = {.size = sizeof report};
    (void)play;
    return objects_collect(instance, 0, &report, err);
}

/* --- The script --- */

static const struct play_step steps[] = {
    {.name = "create an organization", .act = create_organization, .status = 200, .again = 409},
    {.name = "create it again", .act = create_organization, .status = 409},
    {.name = "create an API token", .act = create_token, .status = 200},
    {.name = "use the API token",
     .request = "GET " FILES "/packages\nAuthorization: Bearer ${api_token}\n\n",
     .status = 200},
    {.name = "ask for more than it may",
     .request = "DELETE " FILES "\nAuthorization: Bearer ${api_token}\n\n",
     .status = 403},
    {.name = "show the organization", .request = "GET /v2/organizations/acme\n" AUTHORIZED "\n", .status = 200},
    {.name = "create a registry token",
     .request = "POST " FILES "/tokens\n" AUTHORIZED "\n{\"description\": \"for the machines that build\"}",
     .status = 200,
     .keep = "id",
     .keep_from = "json:id"},
    {.name = "show the registry token",
     .request = "GET " FILES "/tokens/${id}\n" AUTHORIZED "\n",
     .status = 200,
     .keep = "secret",
     .keep_from = "json:token"},
    {.name = "list the registry tokens", .request = "GET " FILES "/tokens\n" AUTHORIZED "\n", .status = 200},
    {.name = "describe the registry token",
     .request = "PATCH " FILES "/tokens/${id}\n" AUTHORIZED "\n{\"description\": \"for the machines that deploy\"}",
     .status = 200,
     .again = 200},
    {.name = "publish", .request = PUBLISH("one.txt"), .status = 200, .again = 200},
    {.name = "publish directly", .act = publish, .status = 200, .again = 200},
    {.name = "read directly", .act = read_content, .status = 200},
    {.name = "download with the registry token",
     .request = "GET /acme/files/files/one.txt\nAuthorization: Basic ${basic}\n\n",
     .status = 401},
    {.name = "download as bearer",
     .request = "GET /acme/files/files/one.txt\nAuthorization: Bearer ${secret}\n\n",
     .status = 200},
    {.name = "update the registry",
     .request =
         "POST " FILES "\n" AUTHORIZED
         "\n{\"name\": \"All our files\", \"description\": \"what we build\", \"emoji\": \":package:\", \"color\": "
         "\"#00FF00\", \"public\": true}",
     .status = 200,
     .again = 200},
    {.name = "download as anybody", .request = "GET /acme/files/files/one.txt\n\n", .status = 200},
    {.name = "list tokens that are hidden", .request = "GET " FILES "/tokens\n" AUTHORIZED "\n", .status = 404},
    {.name = "make the registry private",
     .request = "PUT " FILES "\n" AUTHORIZED "\n{\"public\": false}",
     .status = 200,
     .again = 200},
    {.name = "update it wrongly", .request = "POST " FILES "\n" AUTHORIZED "\n{\"color\": \"green\"}", .status = 400},
    {.name = "list registries", .request = "GET " REGISTRIES "\n" AUTHORIZED "\n", .status = 200},
    {.name = "list registries directly", .act = list_registries, .status = 200},
    {.name = "read the audit log", .request = "GET " ORGANIZATION "/audit?per_page=3\n" AUTHORIZED "\n", .status = 200},
    {.name = "verify", .act = verify, .status = 200},
    {.name = "ask whether it is ready", .request = "GET /-/ready\n\n", .status = 200},
    {.name = "ask for what there is not", .request = "GET /nothing/at/all\n\n", .status = 404},
    {.name = "delete the registry token",
     .request = "DELETE " FILES "/tokens/${id}\n" AUTHORIZED "\n",
     .status = 200,
     .again = 404},
    {.name = "use what was deleted", .request = "GET " FILES "\nAuthorization: Bearer ${secret}\n\n", .status = 401},
    {.name = "delete the API token", .act = delete_token, .status = 200, .again = 404},
    {.name = "delete a registry with packages",
     .request = "DELETE " FILES "\n" AUTHORIZED "\n",
     .status = 200,
     .again = 404},
    {.name = "collect", .act = collect, .status = 200},
    {.name = "verify what is left", .act = verify, .status = 200},
    {.name = "delete the organization", .act = delete_organization, .status = 200, .again = 404},
};

static const char *const probes[] = {
    "GET " REGISTRIES "\n" AUTHORIZED "\n",
    "GET " FILES "/packages\n" AUTHORIZED "\n",
    "GET " FILES "/tokens\n" AUTHORIZED "\n",
    "GET " ORGANIZATION "/audit\n" AUTHORIZED "\n",
    "GET /acme/files/files/one.txt\n" AUTHORIZED "\n",
};

static struct play_script script = {
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .probes = probes,
    .probe_count = sizeof probes / sizeof probes[0],
};

static void furnish(struct rig *rig, struct play_script *this) {
    const struct core_organization *organization = rig_organization(rig, "acme");
    char *authorization = rig_authorization(rig, organization, AUTH_ALL_SCOPES);
    rig_make_registry(rig, organization, "files", "files", false);
    rig_make_registry(rig, organization, "more", "files", false);
    play_set_text(&this->variables, "token", authorization);
    play_set_text(&this->variables, "basic", "YnVpbGRraXRlOmxyZ3JfMTIz");
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

static void test_hostile_faults_management__an_allocation_fails(void **state) {
    (void)state;
    play_with_failing_allocation(&script);
}

static void test_hostile_faults_management__allocations_fail_for_the_rest_of_a_request(void **state) {
    (void)state;
    play_with_failing_allocations(&script);
}

static void test_hostile_faults_management__a_storage_call_fails(void **state) {
    (void)state;
    play_with_failing_storage(&script);
}

static void test_hostile_faults_management__the_storage_is_full(void **state) {
    (void)state;
    play_with_full_storage(&script);
}

static void test_hostile_faults_management__a_step_fails(void **state) {
    (void)state;
    play_with_failing_database(&script);
}

static void test_hostile_faults_management__the_database_is_full(void **state) {
    (void)state;
    play_with_full_database(&script);
}

static void test_hostile_faults_management__the_database_is_busy(void **state) {
    (void)state;
    play_with_busy_database(&script);
}

static void test_hostile_faults_management__sqlite_has_no_memory(void **state) {
    (void)state;
    play_with_forgetful_database(&script);
}
